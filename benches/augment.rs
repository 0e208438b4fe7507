//! Augmentations of a batch of 256 images of 8 × 8 pixels, a change at a time, and of 512 images of 28 × 28 pixels by what a
//! step of training makes.

use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput};
use ndarray::Array2;
use pal::data::augment::{Augmentation, Change, ImageShape};
use pal::data::{DIGITS_SHAPE, digits};
use pal::{Result, Scalar};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const BATCH: usize = 256;
const LARGE_BATCH: usize = 512;
const LARGE_SHAPE: ImageShape = ImageShape::grey(28, 28);

fn main() -> Result<()> {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let (batch, _) = digits()?.split_at(BATCH)?;
    let batch = batch.inputs.mapv(f32::of);
    let shift = Change::Shift { down: -1..=1, right: -1..=1 };
    let rotate = Change::Rotate { turns: -0.05..=0.05 };
    let zoom = Change::Zoom { factor: 0.8..=1.25 };
    let elastic = Change::Elastic { strength: 0.5..=1.0, spacing: 4 };
    let noise = Change::Noise { std: 0.1 };
    let changes = [
        ("shift", shift.clone()),
        ("rotate", rotate.clone()),
        ("zoom", zoom.clone()),
        ("flip", Change::Flip { left_right: 0.5, up_down: 0.0 }),
        ("crop", Change::Crop { side: 0.7..=1.0, aspect: 0.75..=1.333 }),
        ("elastic", elastic.clone()),
        ("erase", Change::Erase { height: 1..=4, width: 1..=4 }),
        ("colour", Change::Colour { brightness: -0.2..=0.2, contrast: 0.8..=1.25, saturation: 1.0..=1.0 }),
        ("noise", noise.clone()),
        ("scale", Change::Scale { factor: 0.8..=1.25 }),
        ("dropout", Change::Dropout { rate: 0.1 }),
        ("mix", Change::Mix { share: 0.0..=0.2 }),
    ];
    measure(
        &mut criterion,
        "augment",
        DIGITS_SHAPE,
        &batch,
        changes.map(|(name, change)| (name, vec![change])),
        &mut rng,
    )?;

    let batch = Array2::from_shape_fn((LARGE_BATCH, LARGE_SHAPE.len()), |_| rng.random());
    let erase = Change::Erase { height: 4..=10, width: 4..=10 };
    let affine = [rotate, zoom, shift];
    let recipes = [
        ("affine", affine.to_vec()),
        ("elastic", vec![elastic.clone()]),
        ("noise", vec![noise.clone()]),
        ("affine, erase, noise", [&affine[..], &[erase.clone(), noise.clone()]].concat()),
        ("elastic, erase, noise", vec![elastic.clone(), erase.clone(), noise.clone()]),
        ("elastic, affine, erase, noise", [&[elastic], &affine[..], &[erase, noise]].concat()),
    ];
    measure(&mut criterion, "augment 28x28", LARGE_SHAPE, &batch, recipes, &mut rng)?;
    criterion.final_summary();
    Ok(())
}

fn measure(
    criterion: &mut Criterion,
    group: &str,
    shape: ImageShape,
    batch: &Array2<f32>,
    recipes: impl IntoIterator<Item = (&'static str, Vec<Change>)>,
    rng: &mut ChaCha8Rng,
) -> Result<()> {
    let mut group = criterion.benchmark_group(group);
    group.throughput(Throughput::Elements(batch.nrows() as u64));
    for (name, changes) in recipes {
        let augmentation = Augmentation::new(shape, changes)?;
        group.bench_function(name, |bencher| {
            bencher.iter_batched_ref(
                || batch.clone(),
                |rows| augmentation.apply(rows.view_mut(), rng),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
    Ok(())
}
