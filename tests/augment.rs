//! Augmentations against index arithmetic, moments, and a slow definition that draws the same numbers.

use std::f64::consts::TAU;
use std::ops::RangeInclusive;

use ndarray::{Array2, Array3, ArrayView1, Axis, s};
use pal::data::augment::{Augmentation, Change, ImageShape};
use pal::data::views_by_noise;
use pal::{Error, Scalar};
use proptest::prelude::*;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, RngExt, SeedableRng};
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

/// Changes of a row that look at no other row.
fn every_change(shape: ImageShape) -> Vec<Change> {
    vec![
        Change::Shift { down: -1..=1, right: -2..=2 },
        Change::Rotate { turns: -0.1..=0.1 },
        Change::Zoom { factor: 0.7..=1.5 },
        Change::Flip { left_right: 0.5, up_down: 0.5 },
        Change::Crop { side: 0.5..=0.9, aspect: 0.5..=2.0 },
        Change::Erase { height: 1..=shape.height, width: 0..=shape.width },
        Change::Elastic { strength: 0.3..=1.0, spacing: 3 },
        Change::Colour { brightness: -0.5..=0.5, contrast: 0.5..=1.5, saturation: 0.0..=2.0 },
        Change::Elastic { strength: 0.5..=0.5, spacing: 1 },
        Change::Noise { std: 0.1 },
        Change::Scale { factor: 0.5..=2.0 },
        Change::Dropout { rate: 0.3 },
        Change::Sometimes { probability: 0.5, change: Box::new(Change::Rotate { turns: 0.2..=0.3 }) },
        Change::Sometimes { probability: 0.5, change: Box::new(Change::Scale { factor: 0.5..=2.0 }) },
    ]
}

/// Mixing, surely or now and then.
fn mixing() -> [Change; 2] {
    let mix = Change::Mix { share: 0.1..=0.4 };
    [mix.clone(), Change::Sometimes { probability: 0.5, change: Box::new(mix) }]
}

/// A cubic B-spline as the fourth difference of cubes.
fn bump(distance: f64) -> f64 {
    let cubes = [1.0, -4.0, 6.0, -4.0, 1.0].iter().enumerate();
    cubes.map(|(k, binomial)| binomial * (distance + 2.0 - k as f64).max(0.0).powi(3)).sum::<f64>() / 6.0
}

/// The displacement of every pixel, down and to the right.
fn displacement(shape: ImageShape, strength: f64, spacing: usize, rng: &mut impl Rng) -> Array3<f64> {
    let (rows, columns) = ((shape.height - 1) / spacing + 4, (shape.width - 1) / spacing + 4);
    let deviates = Array3::from_shape_simple_fn((2, rows, columns), || rng.sample::<f64, _>(StandardNormal));
    Array3::from_shape_fn((shape.height, shape.width, 2), |(row, column, axis)| {
        let along = |pixel: usize, node: usize| bump(pixel as f64 / spacing as f64 - (node as f64 - 1.0));
        let nodes = deviates.index_axis(Axis(0), axis);
        let terms = nodes.indexed_iter().map(|((i, j), deviate)| along(row, i) * along(column, j) * deviate);
        2.0 * strength * terms.sum::<f64>()
    })
}

/// From a place `(y, x)` to another.
type Map = Box<dyn Fn(f64, f64) -> (f64, f64)>;

/// One row's changes by definition: geometric ones are maps of places, kept until another change, or a second elastic one,
/// wants to see their image.
struct ByDefinition<'a, R> {
    shape: ImageShape,
    image: Array3<f64>,
    maps: Vec<Map>,
    has_displacement: bool,
    inputs: &'a Array2<f64>,
    own: usize,
    rng: R,
}

impl<R: Rng> ByDefinition<'_, R> {
    fn draw(&mut self, range: &RangeInclusive<f64>) -> f64 {
        self.rng.random_range(range.clone())
    }

    fn finish(&mut self) {
        let maps = std::mem::take(&mut self.maps);
        self.has_displacement = false;
        if maps.is_empty() {
            return;
        }
        self.image = Array3::from_shape_fn(self.image.dim(), |(row, column, channel)| {
            let place = maps.iter().rev().fold((row as f64, column as f64), |(y, x), map| map(y, x));
            tents(&self.image, place.0, place.1, channel)
        });
    }

    fn change(&mut self, change: &Change) {
        let (height, width) = (self.shape.height, self.shape.width);
        let (last_y, last_x) = ((height - 1) as f64, (width - 1) as f64);
        let (middle, centre) = (last_y / 2.0, last_x / 2.0);
        let map: Map = match change {
            Change::Sometimes { probability, change } => {
                if self.rng.random_bool(*probability) {
                    self.change(change);
                }
                return;
            }
            Change::Shift { down, right } => {
                let down = f64::from(self.rng.random_range(down.clone()));
                let right = f64::from(self.rng.random_range(right.clone()));
                Box::new(move |y, x| (y - down, x - right))
            }
            Change::Rotate { turns } => {
                let angle = TAU * self.draw(turns);
                Box::new(move |y, x| {
                    let (up, right) = (middle - y, x - centre);
                    let radius = up.hypot(right);
                    let before = up.atan2(right) - angle;
                    (middle - radius * before.sin(), centre + radius * before.cos())
                })
            }
            Change::Zoom { factor } => {
                let factor = self.draw(factor);
                Box::new(move |y, x| (middle + (y - middle) / factor, centre + (x - centre) / factor))
            }
            Change::Flip { left_right, up_down } => {
                let flips = (self.rng.random_bool(*left_right), self.rng.random_bool(*up_down));
                Box::new(move |y, x| {
                    (if flips.1 { last_y - y } else { y }, if flips.0 { last_x - x } else { x })
                })
            }
            Change::Crop { side, aspect } => {
                let side = self.draw(side);
                let aspect = self.rng.random_range(aspect.start().ln()..=aspect.end().ln()).exp();
                let (high, wide) = ((side / aspect.sqrt()).min(1.0), (side * aspect.sqrt()).min(1.0));
                let (top, left): (f64, f64) = (self.rng.random(), self.rng.random());
                Box::new(move |y, x| {
                    (top * (1.0 - high) * last_y + high * y, left * (1.0 - wide) * last_x + wide * x)
                })
            }
            Change::Elastic { strength, spacing } => {
                let strength = self.draw(strength);
                if self.has_displacement {
                    self.finish();
                }
                self.has_displacement = true;
                let field = displacement(self.shape, strength, *spacing, &mut self.rng);
                Box::new(move |y, x| {
                    let (inside_y, inside_x) = (y.clamp(0.0, last_y), x.clamp(0.0, last_x));
                    (y + tents(&field, inside_y, inside_x, 0), x + tents(&field, inside_y, inside_x, 1))
                })
            }
            other => {
                self.finish();
                return self.change_pixels(other);
            }
        };
        self.maps.push(map);
    }

    fn change_pixels(&mut self, change: &Change) {
        let (height, width) = (self.shape.height, self.shape.width);
        match change {
            Change::Erase { height: rows, width: columns } => {
                let (rows, columns) =
                    (self.rng.random_range(rows.clone()), self.rng.random_range(columns.clone()));
                let top = self.rng.random_range(0..=height - rows);
                let left = self.rng.random_range(0..=width - columns);
                self.image.slice_mut(s![top..top + rows, left..left + columns, ..]).fill(0.0);
            }
            Change::Colour { brightness, contrast, saturation } => {
                let (brightness, contrast) = (self.draw(brightness), self.draw(contrast));
                let saturation = self.draw(saturation);
                let grey = self.image.mean_axis(Axis(2)).unwrap().insert_axis(Axis(2));
                let saturated = &grey + saturation * (&self.image - &grey);
                let mean = saturated.mean().unwrap();
                self.image = saturated.mapv(|value| mean + contrast * (value - mean) + brightness);
            }
            Change::Noise { std } => {
                let rng = &mut self.rng;
                self.image.iter_mut().for_each(|value| *value += std * rng.sample::<f64, _>(StandardNormal));
            }
            Change::Scale { factor } => {
                let factor = self.draw(factor);
                self.image *= factor;
            }
            Change::Dropout { rate } => {
                let rng = &mut self.rng;
                self.image.mapv_inplace(|value| if rng.random_bool(*rate) { 0.0 } else { value });
            }
            Change::Mix { share } => {
                let share = self.draw(share);
                let others: Vec<usize> = (0..self.inputs.nrows()).filter(|&row| row != self.own).collect();
                if !others.is_empty() {
                    let other = self.inputs.row(others[self.rng.random_range(0..others.len())]);
                    self.image = (1.0 - share) * &self.image + share * &image(other, self.shape);
                }
            }
            geometric => panic!("{geometric:?}"),
        }
    }
}

/// `views` of every row.
fn by_definition(
    inputs: &Array2<f64>,
    views: usize,
    shape: ImageShape,
    changes: &[Change],
    rng: &mut impl Rng,
) -> Array2<f64> {
    let seed = rng.random();
    let mut out = Array2::zeros((views * inputs.nrows(), inputs.ncols()));
    for (row, mut view) in out.rows_mut().into_iter().enumerate() {
        let mut stream = pal::random::stream(seed, row as u64);
        let mut changed = ByDefinition {
            shape,
            image: image(inputs.row(row / views), shape),
            maps: Vec::new(),
            has_displacement: false,
            inputs,
            own: row / views,
            rng: Xoshiro256PlusPlus::from_rng(&mut stream),
        };
        changes.iter().for_each(|change| changed.change(change));
        changed.finish();
        view.iter_mut().zip(&changed.image).for_each(|(value, &changed)| *value = changed);
    }
    out
}

proptest! {
    #[test]
    fn identity_parameters_change_nothing(shape in shape(), n in 0..4_usize, seed: u64) {
        let rows = images(n, shape, seed);
        let identities = [
            Change::Shift { down: 0..=0, right: 0..=0 },
            Change::Rotate { turns: 0.0..=0.0 },
            Change::Zoom { factor: 1.0..=1.0 },
            Change::Flip { left_right: 0.0, up_down: 0.0 },
            Change::Crop { side: 1.0..=1.0, aspect: 1.0..=1.0 },
            Change::Elastic { strength: 0.0..=0.0, spacing: 2 },
            Change::Colour { brightness: 0.0..=0.0, contrast: 1.0..=1.0, saturation: 1.0..=1.0 },
            Change::Mix { share: 0.0..=0.0 },
            Change::Sometimes { probability: 0.0, change: Box::new(Change::Scale { factor: 2.0..=2.0 }) },
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
        let angle = TAU * turns;
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
    fn crops_of_ramps_are_ramps(
        (height, width) in (2..8_usize, 2..8_usize),
        side in 0.1..=1.0_f64,
        aspect in prop_oneof![Just(1.0), 0.25..=4.0_f64],
        seed: u64,
    ) {
        let shape = ImageShape { height, width, channels: 2 };
        let mut ramp = Array2::zeros((1, shape.len()));
        for ((row, column, channel), value) in
            ramp.view_mut().into_shape_with_order((height, width, 2)).unwrap().indexed_iter_mut()
        {
            *value = if channel == 0 { row as f64 } else { column as f64 };
        }
        let out = changed(&ramp, shape, [Change::Crop { side: side..=side, aspect: aspect..=aspect }], &mut rng(seed));
        let out = image(out.row(0), shape);
        let (top, left) = (out[[0, 0, 0]], out[[0, 0, 1]]);
        let (high, wide) = ((side / aspect.sqrt()).min(1.0), (side * aspect.sqrt()).min(1.0));
        for ((row, column, channel), &value) in out.indexed_iter() {
            let expected = if channel == 0 { top + high * row as f64 } else { left + wide * column as f64 };
            prop_assert!((value - expected).abs() < 1e-12);
        }
        for (start, side, length) in [(top, high, height), (left, wide, width)] {
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

    /// The changes of a row do not depend on the memory order, or on what other rows hold.
    #[test]
    fn rows_are_changed_by_their_number(shape in shape(), n in 1..5_usize, seed: u64) {
        let rows = images(n, shape, seed);
        let augmentation = Augmentation::new(shape, every_change(shape)).unwrap();
        let whole = changed(&rows, shape, every_change(shape), &mut rng(seed));
        let mut columns = rows.t().as_standard_layout().reversed_axes().to_owned();
        augmentation.apply(columns.view_mut(), &mut rng(seed)).unwrap();
        prop_assert_eq!(&columns, &whole);
        let mut others = images(n, shape, !seed);
        others.row_mut(n - 1).assign(&rows.row(n - 1));
        augmentation.apply(others.view_mut(), &mut rng(seed)).unwrap();
        prop_assert_eq!(others.row(n - 1), whole.row(n - 1));
    }

    /// Any changes in any order; those that mix see what was handed in.
    #[test]
    fn changes_are_the_definition(
        shape in shape(),
        (n, views) in (1..4_usize, 1..3_usize),
        order in prop::collection::vec(0..16_usize, 0..7),
        seed: u64,
    ) {
        let inputs = images(n, shape, seed);
        let all = [every_change(shape), mixing().to_vec()].concat();
        let changes: Vec<Change> = order.into_iter().map(|index| all[index].clone()).collect();
        let augmentation = Augmentation::new(shape, changes.clone()).unwrap();
        let expected = by_definition(&inputs, views, shape, &changes, &mut rng(seed));
        let found = augmentation.views(inputs.view(), views, &mut rng(seed)).unwrap();
        prop_assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9), "{:?}", changes);
        let expected = by_definition(&inputs, 1, shape, &changes, &mut rng(seed));
        let found = changed(&inputs, shape, changes, &mut rng(seed));
        prop_assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9));
    }

    /// Maps that undo each other leave the image, exactly where they are whole, though parts of it were outside for a while.
    #[test]
    fn images_are_interpolated_once(shape in shape(), far in -9..=9_i32, turns in -1.0..=1.0_f64, seed: u64) {
        let rows = images(3, shape, seed);
        let shift = |pixels: i32| Change::Shift { down: pixels..=pixels, right: -pixels..=-pixels };
        let flip = Change::Flip { left_right: 1.0, up_down: 1.0 };
        let whole = [shift(far), flip.clone(), shift(far), flip];
        prop_assert_eq!(&changed(&rows, shape, whole, &mut rng(seed)), &rows);
        let rotate = |turns: f64| Change::Rotate { turns: turns..=turns };
        let zoom = |factor: f64| Change::Zoom { factor: factor..=factor };
        let out = changed(&rows, shape, [rotate(turns), zoom(0.3), zoom(1.0 / 0.3), rotate(-turns)], &mut rng(seed));
        prop_assert!(out.iter().zip(&rows).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn flips_reverse_the_index(shape in shape(), seed: u64) {
        let rows = images(2, shape, seed);
        for (left_right, up_down) in [(1.0, 0.0), (0.0, 1.0)] {
            let out = changed(&rows, shape, [Change::Flip { left_right, up_down }], &mut rng(seed));
            for (old, new) in rows.rows().into_iter().zip(out.rows()) {
                let mut flipped = image(old, shape);
                flipped.invert_axis(Axis(if left_right > 0.0 { 1 } else { 0 }));
                prop_assert_eq!(image(new, shape), flipped);
            }
        }
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

#[test]
fn threads_do_not_show() {
    // Enough rows for many tasks.
    let shape = ImageShape { height: 9, width: 8, channels: 3 };
    let rows = images(500, shape, 9);
    let changes = [every_change(shape), mixing().to_vec()].concat();
    let augmentation = Augmentation::new(shape, changes).unwrap();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let views = augmentation.views(rows.view(), 2, &mut rng(9)).unwrap();
            let mut changed = rows.clone();
            augmentation.apply(changed.view_mut(), &mut rng(9)).unwrap();
            (views, changed)
        })
    };
    let one = on(1);
    assert!(on(2) == one && on(3) == one);
}

/// Others are mixed in equally often, the sample itself never, and its other views neither. False alarm below 1e-11 for a
/// fresh seed: six counts.
#[test]
fn any_other_sample_is_mixed_in() {
    let (samples, views) = (4, 5000);
    let augmentation =
        Augmentation::new(ImageShape::vector(samples), [Change::Mix { share: 1.0..=1.0 }]).unwrap();
    let mixed = augmentation.views(Array2::<f64>::eye(samples).view(), views, &mut rng(12)).unwrap();
    for sample in 0..samples {
        let counts = mixed.slice(s![sample * views..(sample + 1) * views, ..]).sum_axis(Axis(0));
        for (other, &count) in counts.iter().enumerate() {
            let probability = if other == sample { 0.0 } else { 1.0 / 3.0 };
            assert!(plausible_count(count as usize, views, probability));
        }
    }
}

/// The displacement at a node, read from a ramp, is normal of the stated strength, and smaller in the middle of a cell.
/// False alarm below 1e-11 for a fresh seed: eight means.
#[test]
fn displacements_are_as_strong_as_stated() {
    let (n, strength) = (20_000, 0.5);
    let shape = ImageShape { height: 17, width: 17, channels: 2 };
    let mut ramp = Array2::<f64>::zeros((n, shape.len()));
    for (index, mut column) in ramp.columns_mut().into_iter().enumerate() {
        let pixel = index / 2;
        column.fill(if index % 2 == 0 { pixel / 17 } else { pixel % 17 } as f64 - 8.0);
    }
    let change = Change::Elastic { strength: strength..=strength, spacing: 4 };
    let out = changed(&ramp, shape, [change], &mut rng(13));
    for (row, share) in [(8, 1.0), (10, 2.0 * 2.0 * (1.0 + 23.0 * 23.0) / 48.0_f64.powi(2))] {
        for axis in 0..2 {
            let at = 2 * (17 * row + row) + axis;
            let displacement = out.column(at).mapv(|place| place - (row as f64 - 8.0));
            let (mean, deviation) = moments(displacement.iter().copied());
            let expected = strength * share;
            let root = (n as f64).sqrt();
            assert!(plausible_mean(mean, 0.0, expected / root));
            assert!(plausible_mean(deviation, expected, expected / 2.0_f64.sqrt() / root));
        }
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
    let cropped = changed(&rows, ramp, [Change::Crop { side: 0.5..=0.5, aspect: 1.0..=1.0 }], &mut rng(6));
    for channel in 0..2 {
        // Uniform on [0, (1 − 0.5) · 2].
        assert!(plausibly_even(cropped.column(channel).iter().copied(), 0.0, 1.0));
    }
    // A product of two uniform numbers has the variance 1/9 − 1/16.
    let product = moments(cropped.column(0).iter().zip(cropped.column(1)).map(|(a, b)| a * b)).0;
    assert!(plausible_mean(product, 0.25, (7.0 / 144.0 / n as f64).sqrt()), "row and column are independent");
    let cropped = changed(&rows, ramp, [Change::Crop { side: 0.4..=1.0, aspect: 1.0..=1.0 }], &mut rng(7));
    assert!(plausibly_even(cropped.rows().into_iter().map(|row| row[3] - row[1]), 0.4, 1.0), "the side");

    // The angle: the pixel right of the centre shows how far below the centre it comes from.
    let square = ImageShape::grey(5, 5);
    let mut rows = Array2::<f64>::zeros((n, 25));
    for (pixel, mut column) in rows.columns_mut().into_iter().enumerate() {
        column.fill((pixel / 5) as f64 - 2.0);
    }
    let turned = changed(&rows, square, [Change::Rotate { turns: -0.1..=0.2 }], &mut rng(8));
    let turns = turned.column(2 * 5 + 3).mapv(|below| below.asin() / TAU);
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
        ("factor", Change::Zoom { factor: 0.0..=1.0 }),
        ("factor", Change::Zoom { factor: 1.0..=1001.0 }),
        ("factor", Change::Zoom { factor: nan..=1.0 }),
        ("left_right", Change::Flip { left_right: -0.1, up_down: 0.0 }),
        ("up_down", Change::Flip { left_right: 0.0, up_down: nan }),
        ("side", Change::Crop { side: 0.0..=1.0, aspect: 1.0..=1.0 }),
        ("side", Change::Crop { side: 0.5..=1.1, aspect: 1.0..=1.0 }),
        ("side", Change::Crop { side: 0.9..=0.8, aspect: 1.0..=1.0 }),
        ("side", Change::Crop { side: 0.5..=nan, aspect: 1.0..=1.0 }),
        ("aspect", Change::Crop { side: 1.0..=1.0, aspect: 0.0..=1.0 }),
        ("aspect", Change::Crop { side: 1.0..=1.0, aspect: 2.0..=1.0 }),
        ("strength", Change::Elastic { strength: -1.0..=1.0, spacing: 1 }),
        ("strength", Change::Elastic { strength: 0.0..=f64::INFINITY, spacing: 1 }),
        ("spacing", Change::Elastic { strength: 0.0..=1.0, spacing: 0 }),
        ("brightness", Change::Colour { brightness: nan..=0.0, contrast: 1.0..=1.0, saturation: 1.0..=1.0 }),
        ("contrast", Change::Colour { brightness: 0.0..=0.0, contrast: -1.0..=1.0, saturation: 1.0..=1.0 }),
        ("saturation", Change::Colour { brightness: 0.0..=0.0, contrast: 1.0..=1.0, saturation: 1.0..=0.0 }),
        ("share", Change::Mix { share: 0.0..=1.1 }),
        ("share", Change::Mix { share: 0.2..=0.1 }),
        ("probability", Change::Sometimes { probability: 1.1, change: Box::new(Change::Noise { std: 0.1 }) }),
        ("std", Change::Sometimes { probability: 0.1, change: Box::new(Change::Noise { std: -0.1 }) }),
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
    let many = usize::MAX / 2;
    refused!(augmentation.views(clean.view(), many, &mut rng(0)), Error::Domain { argument: "views", .. });
    refused!(views_by_noise(clean.view(), many, 0.1, &mut rng(0)), Error::Domain { argument: "views", .. });
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
