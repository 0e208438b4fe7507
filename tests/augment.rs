//! Augmentations against index arithmetic and moments.

use ndarray::{Array2, Array3, ArrayView1, Axis, s};
use pal::data::augment::{Augmentation, Change, ImageShape};
use pal::data::views_by_noise;
use pal::{Error, Scalar};
use proptest::prelude::*;
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

mod support;

use support::chance::{plausible_count, plausible_mean};
use support::{gaussian, refused, rng};

fn shape() -> impl Strategy<Value = ImageShape> {
    (1..7_usize, 1..7_usize, 1..4_usize).prop_map(|(height, width, channels)| ImageShape {
        height,
        width,
        channels,
    })
}

/// `n` images of standard normal pixels.
fn images(n: usize, shape: ImageShape, seed: u64) -> Array2<f64> {
    gaussian(n, shape.len(), &mut rng(seed))
}

fn changed<F: Scalar>(
    rows: &Array2<F>,
    shape: ImageShape,
    changes: impl IntoIterator<Item = Change>,
    rng: &mut impl Rng,
) -> Array2<F> {
    let mut out = rows.clone();
    Augmentation::new(shape, changes).unwrap().apply(out.view_mut(), rng).unwrap();
    out
}

/// The row as `(height, width, channels)`.
fn image(row: ArrayView1<f64>, shape: ImageShape) -> Array3<f64> {
    let dim = (shape.height, shape.width, shape.channels);
    Array3::from_shape_vec(dim, row.to_vec()).unwrap()
}

/// The pixel, or zero outside.
fn pixel(image: &Array3<f64>, row: i64, column: i64, channel: usize) -> f64 {
    let index = usize::try_from(row).ok().zip(usize::try_from(column).ok());
    index.and_then(|(row, column)| image.get([row, column, channel]).copied()).unwrap_or(0.0)
}

/// Bilinear interpolation as a double sum over all pixels, each a tent of one pixel's reach.
fn tents(image: &Array3<f64>, row: f64, column: f64, channel: usize) -> f64 {
    let tent = |distance: f64| (1.0 - distance.abs()).max(0.0);
    image
        .index_axis(Axis(2), channel)
        .indexed_iter()
        .map(|((i, j), pixel)| tent(row - i as f64) * tent(column - j as f64) * pixel)
        .sum()
}

fn close(a: &Array3<f64>, b: &Array3<f64>) -> bool {
    a.dim() == b.dim() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12)
}

fn every_change(shape: ImageShape) -> Vec<Change> {
    vec![
        Change::Shift { down: -1..=1, right: -2..=2 },
        Change::Rotate { turns: -0.1..=0.1 },
        Change::Crop { side: 0.5..=0.9 },
        Change::Erase { height: 1..=shape.height, width: 0..=shape.width },
        Change::Noise { std: 0.1 },
        Change::Scale { factor: 0.5..=2.0 },
        Change::Dropout { rate: 0.3 },
    ]
}

proptest! {
    #[test]
    fn identity_parameters_change_nothing(shape in shape(), n in 0..4_usize, seed: u64) {
        let rows = images(n, shape, seed);
        let identities = [
            Change::Shift { down: 0..=0, right: 0..=0 },
            Change::Rotate { turns: 0.0..=0.0 },
            Change::Crop { side: 1.0..=1.0 },
            Change::Erase { height: 0..=0, width: 0..=shape.width },
            Change::Erase { height: 0..=shape.height, width: 0..=0 },
            Change::Noise { std: 0.0 },
            Change::Scale { factor: 1.0..=1.0 },
            Change::Dropout { rate: 0.0 },
        ];
        for change in identities.clone() {
            prop_assert_eq!(&changed(&rows, shape, [change.clone()], &mut rng(seed)), &rows, "{:?}", change);
        }
        prop_assert_eq!(&changed(&rows, shape, identities, &mut rng(seed)), &rows);
        prop_assert_eq!(&changed(&rows, shape, [], &mut rng(seed)), &rows);
    }

    #[test]
    fn whole_pixels_shift_the_index(shape in shape(), down in -7..=7_i32, right in -7..=7_i32, seed: u64) {
        let rows = images(3, shape, seed);
        let change = Change::Shift { down: down..=down, right: right..=right };
        let out = changed(&rows, shape, [change], &mut rng(seed));
        for (old, new) in rows.rows().into_iter().zip(out.rows()) {
            let (old, new) = (image(old, shape), image(new, shape));
            for ((row, column, channel), &value) in new.indexed_iter() {
                let source = (row as i64 - i64::from(down), column as i64 - i64::from(right));
                prop_assert_eq!(value, pixel(&old, source.0, source.1, channel));
            }
        }
    }

    /// A quarter counter-clockwise brings the right column to the top row.
    #[test]
    fn quarter_turns_permute_a_square(side in 1..7_usize, channels in 1..4_usize, seed: u64) {
        let shape = ImageShape { height: side, width: side, channels };
        let rows = images(2, shape, seed);
        let turned = |turns: f64| changed(&rows, shape, [Change::Rotate { turns: turns..=turns }], &mut rng(seed));
        let (quarter, half, back) = (turned(0.25), turned(-0.5), turned(-0.25));
        for i in 0..2 {
            let old = image(rows.row(i), shape);
            let permuted = |index: &dyn Fn(usize, usize) -> (usize, usize)| {
                Array3::from_shape_fn(old.dim(), |(row, column, channel)| {
                    let (row, column) = index(row, column);
                    old[[row, column, channel]]
                })
            };
            let end = side - 1;
            prop_assert!(close(&image(quarter.row(i), shape), &permuted(&|row, column| (column, end - row))));
            prop_assert!(close(&image(half.row(i), shape), &permuted(&|row, column| (end - row, end - column))));
            prop_assert!(close(&image(back.row(i), shape), &permuted(&|row, column| (end - column, row))));
        }
    }

    #[test]
    fn rotation_is_bilinear_about_the_centre(shape in shape(), turns in -1.0..=1.0_f64, seed: u64) {
        let rows = images(1, shape, seed);
        let out = changed(&rows, shape, [Change::Rotate { turns: turns..=turns }], &mut rng(seed));
        let (old, new) = (image(rows.row(0), shape), image(out.row(0), shape));
        let (middle, centre) = ((shape.height as f64 - 1.0) / 2.0, (shape.width as f64 - 1.0) / 2.0);
        let angle = std::f64::consts::TAU * turns;
        let expected = Array3::from_shape_fn(old.dim(), |(row, column, channel)| {
            // x to the right and y up from the centre, turned back.
            let (x, y) = (column as f64 - centre, middle - row as f64);
            let (x, y) = (x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin());
            tents(&old, middle - y, centre + x, channel)
        });
        prop_assert!(close(&new, &expected));
    }

    /// A crop of an image that is linear in row and column is linear, flatter by the side, within the image's range.
    #[test]
    fn crops_of_ramps_are_ramps(height in 2..8_usize, width in 2..8_usize, side in 0.1..=1.0_f64, seed: u64) {
        let shape = ImageShape { height, width, channels: 2 };
        let mut ramp = Array2::zeros((1, shape.len()));
        for ((row, column, channel), value) in
            ramp.view_mut().into_shape_with_order((height, width, 2)).unwrap().indexed_iter_mut()
        {
            *value = if channel == 0 { row as f64 } else { column as f64 };
        }
        let out = changed(&ramp, shape, [Change::Crop { side: side..=side }], &mut rng(seed));
        let out = image(out.row(0), shape);
        let (top, left) = (out[[0, 0, 0]], out[[0, 0, 1]]);
        for ((row, column, channel), &value) in out.indexed_iter() {
            let expected = if channel == 0 { top + side * row as f64 } else { left + side * column as f64 };
            prop_assert!((value - expected).abs() < 1e-12);
        }
        for (start, length) in [(top, height), (left, width)] {
            let last = (length - 1) as f64;
            prop_assert!(start >= -1e-12 && start + side * last <= last + 1e-12);
        }
    }

    #[test]
    fn erasing_zeroes_one_rectangle(shape in shape(), h in 0.0..=1.0_f64, w in 0.0..=1.0_f64, seed: u64) {
        let part = |fraction: f64, length: usize| (fraction * length as f64).round() as usize;
        let (height, width) = (part(h, shape.height), part(w, shape.width));
        let rows = images(4, shape, seed);
        let change = Change::Erase { height: height..=height, width: width..=width };
        let out = changed(&rows, shape, [change], &mut rng(seed));
        for (old, new) in rows.rows().into_iter().zip(out.rows()) {
            let (old, new) = (image(old, shape), image(new, shape));
            let erased: Vec<_> = new.indexed_iter().filter(|(_, pixel)| **pixel == 0.0).map(|(at, _)| at).collect();
            prop_assert_eq!(erased.len(), height * width * shape.channels);
            prop_assert!(new.indexed_iter().all(|(at, &pixel)| pixel == 0.0 || pixel == old[at]));
            if let (Some(first), Some(last)) = (erased.first(), erased.last()) {
                prop_assert_eq!((last.0 - first.0 + 1, last.1 - first.1 + 1), (height, width));
            }
        }
    }

    #[test]
    fn scaling_is_by_one_factor_a_sample(n in 1..5_usize, p in 1..6_usize, seed: u64) {
        let shape = ImageShape::vector(p);
        let rows = images(n, shape, seed);
        let out = changed(&rows, shape, [Change::Scale { factor: 0.5..=2.0 }], &mut rng(seed));
        let factors: Vec<f64> = (0..n).map(|i| out[[i, 0]] / rows[[i, 0]]).collect();
        prop_assert!(factors.iter().all(|factor| (0.5..=2.0).contains(factor)));
        prop_assert!((1..n).all(|i| factors[i] != factors[0]));
        for ((i, j), &value) in out.indexed_iter() {
            prop_assert!((value - factors[i] * rows[[i, j]]).abs() < 1e-12);
        }
    }

    #[test]
    fn the_same_generator_makes_the_same_views(shape in shape(), n in 1..4_usize, views in 1..4_usize, seed: u64) {
        let rows = images(n, shape, seed);
        let augmentation = Augmentation::new(shape, every_change(shape)).unwrap();
        let once = augmentation.views(rows.view(), views, &mut rng(seed)).unwrap();
        prop_assert_eq!(once.dim(), (n * views, shape.len()));
        prop_assert_eq!(&augmentation.views(rows.view(), views, &mut rng(seed)).unwrap(), &once);
        // Views are changed copies, side by side.
        let mut copies = Array2::zeros((n * views, shape.len()));
        for (row, mut copy) in copies.rows_mut().into_iter().enumerate() {
            copy.assign(&rows.row(row / views));
        }
        prop_assert_eq!(&changed(&copies, shape, every_change(shape), &mut rng(seed)), &once);
    }

    /// The changes of a row do not depend on the memory order, or on what stands below it.
    #[test]
    fn rows_are_changed_one_after_another(shape in shape(), n in 1..5_usize, seed: u64) {
        let rows = images(n, shape, seed);
        let augmentation = Augmentation::new(shape, every_change(shape)).unwrap();
        let whole = changed(&rows, shape, every_change(shape), &mut rng(seed));
        let mut columns = rows.t().as_standard_layout().reversed_axes().to_owned();
        augmentation.apply(columns.view_mut(), &mut rng(seed)).unwrap();
        prop_assert_eq!(&columns, &whole);
        let (mut one_by_one, mut same) = (rows, rng(seed));
        for i in 0..n {
            augmentation.apply(one_by_one.slice_mut(s![i..=i, ..]), &mut same).unwrap();
        }
        prop_assert_eq!(&one_by_one, &whole);
    }

    #[test]
    fn changes_compose_in_order(shape in shape(), seed: u64) {
        let rows = images(1, shape, seed);
        let changes = every_change(shape);
        let mut in_turn = rows.clone();
        let mut same = rng(seed);
        for change in changes.clone() {
            in_turn = changed(&in_turn, shape, [change], &mut same);
        }
        prop_assert_eq!(changed(&rows, shape, changes, &mut rng(seed)), in_turn);
    }

    #[test]
    fn single_precision_follows_double(shape in shape(), n in 1..4_usize, seed: u64) {
        let rows = images(n, shape, seed);
        let double = changed(&rows, shape, every_change(shape), &mut rng(seed));
        let single = changed(&rows.mapv(f32::of), shape, every_change(shape), &mut rng(seed));
        prop_assert!(double.iter().zip(&single).all(|(a, b)| (a - b.as_f64()).abs() < 1e-5));
    }

    /// The stream of random numbers is the one of the definition: `x + noise · N(0, 1)`, coordinate after coordinate.
    #[test]
    fn views_by_noise_are_the_definition(n in 1..5_usize, p in 1..5_usize, views in 1..4_usize, noise in 0.0..2.0_f64, seed: u64) {
        let inputs = gaussian(n, p, &mut rng(seed));
        let mut same = rng(seed);
        let expected = Array2::from_shape_fn((views * n, p), |(row, column)| {
            inputs[[row / views, column]] + noise * same.sample::<f64, _>(StandardNormal)
        });
        prop_assert_eq!(views_by_noise(inputs.view(), views, noise, &mut rng(seed)).unwrap(), expected);
    }
}

/// Mean and standard deviation.
fn moments(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let values: Vec<f64> = values.into_iter().collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64;
    (mean, variance.sqrt())
}

/// False alarm below 1e-11 for a fresh seed: 19 means.
#[test]
fn noise_is_normal_and_independent() {
    let (n, std) = (10_000_usize, 0.3);
    let noise =
        changed(&Array2::<f64>::zeros((n, 4)), ImageShape::grey(2, 2), [Change::Noise { std }], &mut rng(1));
    let root = (4.0 * n as f64).sqrt();
    let (mean, deviation) = moments(noise.iter().copied());
    assert!(
        plausible_mean(mean, 0.0, std / root) && plausible_mean(deviation, std, std / 2.0_f64.sqrt() / root)
    );
    // Fourth powers have the variance 105 − 9.
    let fourth = moments(noise.iter().map(|value| (value / std).powi(4))).0;
    assert!(plausible_mean(fourth, 3.0, 96.0_f64.sqrt() / root), "{fourth}");
    let correlation = noise.t().dot(&noise) / (n as f64 * std * std);
    let off_diagonal = correlation - Array2::<f64>::eye(4);
    assert!(off_diagonal.iter().all(|&entry| plausible_mean(entry, 0.0, (2.0 / n as f64).sqrt())));
}

/// False alarm below 1e-12 for a fresh seed: two counts.
#[test]
fn dropout_is_at_its_rate_and_leaves_the_others() {
    let ones = Array2::<f64>::ones((5000, 4));
    let dropped = |rate: f64| changed(&ones, ImageShape::vector(4), [Change::Dropout { rate }], &mut rng(2));
    let some = dropped(0.3);
    assert!(some.iter().all(|&value| value == 0.0 || value == 1.0));
    let kept = some.iter().filter(|&&value| value == 1.0).count();
    assert!(plausible_count(kept, some.len(), 0.7));
    let both = some.rows().into_iter().filter(|row| row[0] + row[1] == 0.0).count();
    assert!(plausible_count(both, 5000, 0.09), "coordinates are independent");
    assert!(dropped(1.0).iter().all(|&value| value == 0.0));
}

/// Whether so many values may be uniform between `low` and `high`: their mean and their deviation, whose variance is
/// `(high − low)²/12/5/n` in the limit.
fn plausibly_even(values: impl IntoIterator<Item = f64>, low: f64, high: f64) -> bool {
    let values: Vec<f64> = values.into_iter().collect();
    let (mean, deviation) = moments(values.iter().copied());
    let expected = (high - low) / 12.0_f64.sqrt();
    let root = (values.len() as f64).sqrt();
    plausible_mean(mean, f64::midpoint(low, high), expected / root)
        && plausible_mean(deviation, expected, expected / 5.0_f64.sqrt() / root)
}

/// What is drawn is uniform on its range, both ends included. False alarm below 1e-11 for fresh seeds: 40 counts and 12
/// moments.
#[test]
fn ranges_are_drawn_uniformly() {
    let n = 20_000;
    let shape = ImageShape::grey(5, 7);
    // A single pixel in the middle tells the shift.
    let mut rows = Array2::<f64>::zeros((n, 35));
    rows.column_mut(2 * 7 + 3).fill(1.0);
    let shifted = changed(&rows, shape, [Change::Shift { down: -1..=2, right: -3..=0 }], &mut rng(3));
    let mut counts = Array2::<usize>::zeros((5, 7));
    for row in shifted.rows() {
        let place = row.iter().position(|&pixel| pixel == 1.0).unwrap();
        counts[[place / 7, place % 7]] += 1;
    }
    for ((row, column), &count) in counts.indexed_iter() {
        let p = if (1..=4).contains(&row) && column <= 3 { 1.0 / 16.0 } else { 0.0 };
        assert!(plausible_count(count, n, p));
    }

    // How often a pixel is erased tells size and place: rows 1 or 2, columns 7 or none.
    let ones = Array2::<f64>::ones((n, 35));
    let erased = changed(&ones, shape, [Change::Erase { height: 1..=2, width: 7..=7 }], &mut rng(4));
    for row in 0..5 {
        let covering_two = if row == 0 || row == 4 { 1.0 } else { 2.0 };
        let p = (1.0 / 5.0 + covering_two / 4.0) / 2.0;
        for column in 0..7 {
            let count = erased.column(7 * row + column).iter().filter(|&&pixel| pixel == 0.0).count();
            assert!(plausible_count(count, n, p));
        }
    }

    let factors = changed(
        &ones.slice(s![.., ..1]).to_owned(),
        ImageShape::vector(1),
        [Change::Scale { factor: 1.0..=3.0 }],
        &mut rng(5),
    );
    assert!(plausibly_even(factors, 1.0, 3.0));

    // The place of a crop, from the top left value of a ramp.
    let ramp = ImageShape { height: 3, width: 3, channels: 2 };
    let mut rows = Array2::<f64>::zeros((n, 18));
    for (index, mut column) in rows.columns_mut().into_iter().enumerate() {
        let pixel = index / 2;
        column.fill(if index % 2 == 0 { pixel / 3 } else { pixel % 3 } as f64);
    }
    let cropped = changed(&rows, ramp, [Change::Crop { side: 0.5..=0.5 }], &mut rng(6));
    for channel in 0..2 {
        // Uniform on [0, (1 − 0.5) · 2].
        assert!(plausibly_even(cropped.column(channel).iter().copied(), 0.0, 1.0));
    }
    // A product of two uniform numbers has the variance 1/9 − 1/16.
    let product = moments(cropped.column(0).iter().zip(cropped.column(1)).map(|(a, b)| a * b)).0;
    assert!(plausible_mean(product, 0.25, (7.0 / 144.0 / n as f64).sqrt()), "row and column are independent");
    let cropped = changed(&rows, ramp, [Change::Crop { side: 0.4..=1.0 }], &mut rng(7));
    assert!(plausibly_even(cropped.rows().into_iter().map(|row| row[3] - row[1]), 0.4, 1.0), "the side");

    // The angle: the pixel right of the centre shows how far below the centre it comes from.
    let square = ImageShape::grey(5, 5);
    let mut rows = Array2::<f64>::zeros((n, 25));
    for (pixel, mut column) in rows.columns_mut().into_iter().enumerate() {
        column.fill((pixel / 5) as f64 - 2.0);
    }
    let turned = changed(&rows, square, [Change::Rotate { turns: -0.1..=0.2 }], &mut rng(8));
    let turns = turned.column(2 * 5 + 3).mapv(|below| below.asin() / std::f64::consts::TAU);
    assert!(plausibly_even(turns, -0.1, 0.2));
}

#[test]
fn bad_parameters_are_named() {
    let shape = ImageShape::grey(3, 4);
    let nan = f64::NAN;
    #[allow(clippy::reversed_empty_ranges)] // that is the mistake
    let bad = [
        ("down", Change::Shift { down: 1..=0, right: 0..=0 }),
        ("right", Change::Shift { down: 0..=0, right: 1..=-1 }),
        ("turns", Change::Rotate { turns: 0.2..=0.1 }),
        ("turns", Change::Rotate { turns: -1.1..=0.0 }),
        ("turns", Change::Rotate { turns: 0.0..=f64::INFINITY }),
        ("turns", Change::Rotate { turns: nan..=0.0 }),
        ("side", Change::Crop { side: 0.0..=1.0 }),
        ("side", Change::Crop { side: 0.5..=1.1 }),
        ("side", Change::Crop { side: 0.9..=0.8 }),
        ("side", Change::Crop { side: 0.5..=nan }),
        ("height", Change::Erase { height: 0..=4, width: 0..=4 }),
        ("width", Change::Erase { height: 0..=3, width: 0..=5 }),
        ("height", Change::Erase { height: 2..=1, width: 0..=4 }),
        ("width", Change::Erase { height: 0..=3, width: 2..=1 }),
        ("std", Change::Noise { std: -0.1 }),
        ("std", Change::Noise { std: nan }),
        ("std", Change::Noise { std: f64::INFINITY }),
        ("factor", Change::Scale { factor: 0.0..=1.0 }),
        ("factor", Change::Scale { factor: 1.0..=f64::INFINITY }),
        ("factor", Change::Scale { factor: 2.0..=1.0 }),
        ("rate", Change::Dropout { rate: -0.1 }),
        ("rate", Change::Dropout { rate: 1.1 }),
        ("rate", Change::Dropout { rate: nan }),
    ];
    for (name, change) in bad {
        match Augmentation::new(shape, [Change::Noise { std: 0.1 }, change.clone()]) {
            Err(Error::Domain { argument, .. }) => assert_eq!(argument, name, "{change:?}"),
            other => panic!("{change:?}: {other:?}"),
        }
    }
    // A range that was iterated to its end is empty.
    let mut used = 0..=0;
    used.next();
    refused!(
        Augmentation::new(shape, [Change::Shift { down: used, right: 0..=0 }]),
        Error::Domain { argument: "down", .. }
    );
    for (height, width, channels) in [(0, 2, 2), (2, 0, 2), (2, 2, 0)] {
        refused!(
            Augmentation::new(ImageShape { height, width, channels }, []),
            Error::Empty { argument: "shape", .. }
        );
    }
}

#[test]
fn bad_samples_stay_as_they_are() {
    let augmentation = Augmentation::new(ImageShape::grey(2, 2), [Change::Noise { std: 0.1 }]).unwrap();
    let clean = Array2::<f64>::ones((3, 4));
    let mut narrow = clean.slice(s![.., ..3]).to_owned();
    refused!(augmentation.apply(narrow.view_mut(), &mut rng(0)), Error::Shape { argument: "rows", .. });
    assert!(narrow.iter().all(|&value| value == 1.0));
    refused!(augmentation.views(narrow.view(), 2, &mut rng(0)), Error::Shape { argument: "inputs", .. });
    refused!(augmentation.views(clean.view(), 0, &mut rng(0)), Error::Empty { argument: "views", .. });
    let none = Array2::<f64>::zeros((0, 4));
    refused!(augmentation.views(none.view(), 2, &mut rng(0)), Error::Empty { argument: "inputs", .. });
    for bad in [f64::NAN, f64::INFINITY] {
        let mut rows = clean.clone();
        rows[[2, 3]] = bad;
        refused!(augmentation.apply(rows.view_mut(), &mut rng(0)), Error::NotFinite { argument: "rows", .. });
        assert!(rows.slice(s![..2, ..]).iter().all(|&value| value == 1.0));
        refused!(
            augmentation.views(rows.view(), 2, &mut rng(0)),
            Error::NotFinite { argument: "inputs", .. }
        );
    }
    // A shape larger than memory is refused at the first sample, not allocated.
    // The second one has four pixels if their number is counted in 64 bits.
    for height in [usize::MAX, usize::MAX / 2 + 3] {
        let huge = ImageShape { height, width: 2, channels: 1 };
        let augmentation = Augmentation::new(huge, [Change::Noise { std: 0.1 }]).unwrap();
        refused!(augmentation.views(clean.view(), 1, &mut rng(0)), Error::Shape { argument: "inputs", .. });
    }
}
