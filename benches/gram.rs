//! Gram matrices of training sets, and the kernel between them and a test set.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use pal::Result;
use pal::data::{circles, circles_sweep};
use pal::kernel::{Exponential, cross_gram, gram};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const KERNEL: Exponential = Exponential { sigma: 0.2 };
const TEST_POINTS: usize = 1000;

fn main() -> Result<()> {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let test = circles_sweep(TEST_POINTS, 0.0, &mut rng)?;
    let mut group = criterion.benchmark_group("gram");
    for n in [100, 150, 300, 400, 1000] {
        let train = circles(n, 0.0, &mut rng)?;
        group.throughput(Throughput::Elements((n * n) as u64));
        group.bench_function(BenchmarkId::new("gram", n), |bencher| {
            bencher.iter(|| gram(&KERNEL, black_box(train.inputs.view())));
        });
        group.throughput(Throughput::Elements((TEST_POINTS * n) as u64));
        group.bench_function(BenchmarkId::new("cross_gram", n), |bencher| {
            bencher.iter(|| cross_gram(&KERNEL, black_box(test.inputs.view()), train.inputs.view()));
        });
    }
    group.finish();
    criterion.final_summary();
    Ok(())
}
