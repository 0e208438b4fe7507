//! Augmentations of a batch of 256 images of 8 × 8 pixels, a change at a time.

use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput};
use pal::data::augment::{Augmentation, Change};
use pal::data::{DIGITS_SHAPE, digits};
use pal::{Result, Scalar};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const BATCH: usize = 256;

fn main() -> Result<()> {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let (batch, _) = digits()?.split_at(BATCH)?;
    let batch = batch.inputs.mapv(f32::of);
    let mut group = criterion.benchmark_group("augment");
    group.throughput(Throughput::Elements(BATCH as u64));
    for (name, change) in [
        ("shift", Change::Shift { down: -1..=1, right: -1..=1 }),
        ("rotate", Change::Rotate { turns: -0.05..=0.05 }),
        ("crop", Change::Crop { side: 0.7..=1.0 }),
        ("erase", Change::Erase { height: 1..=4, width: 1..=4 }),
        ("noise", Change::Noise { std: 0.1 }),
        ("scale", Change::Scale { factor: 0.8..=1.25 }),
        ("dropout", Change::Dropout { rate: 0.1 }),
    ] {
        let augmentation = Augmentation::new(DIGITS_SHAPE, [change])?;
        group.bench_function(name, |bencher| {
            bencher.iter_batched_ref(
                || batch.clone(),
                |rows| augmentation.apply(rows.view_mut(), &mut rng),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
    criterion.final_summary();
    Ok(())
}
