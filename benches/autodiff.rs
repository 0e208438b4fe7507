//! One step of training through the tape: a network of two layers, and a convolution.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use ndarray::{ArcArray2, Array2};
use pal::autodiff::{ColumnTable, Gradients, Tape};
use pal::{Result, Scalar};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

const BATCH: usize = 256;
/// Inputs, hidden units and outputs.
const WIDTHS: [usize; 3] = [784, 512, 128];
/// Side of the images and of the kernel, channels, filters.
const CONVOLUTION: [usize; 4] = [16, 3, 8, 16];

fn main() -> Result<()> {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    layers::<f32>(&mut criterion);
    layers::<f64>(&mut criterion);
    convolution(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}

fn gaussian<F: Scalar>(rows: usize, columns: usize) -> ArcArray2<F> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    Array2::from_shape_simple_fn((rows, columns), || F::of(rng.sample(StandardNormal))).into_shared()
}

/// `relu(X W₁ + b) W₂` and its gradients: five products of matrices, three in the first layer's size but one.
fn layers<F: Scalar>(criterion: &mut Criterion) {
    let [inputs, hidden, outputs] = WIDTHS;
    let x = gaussian::<F>(BATCH, inputs);
    let parameters = [gaussian::<F>(inputs, hidden), gaussian(1, hidden), gaussian(hidden, outputs)];
    let mut group = criterion.benchmark_group("layers");
    group.throughput(Throughput::Elements((BATCH * hidden * (2 * inputs + 3 * outputs)) as u64));
    group.bench_function(F::NAME, |bencher| {
        bencher.iter(|| -> Result<Gradients<F>> {
            let tape = Tape::new();
            let [w, b, v] = [0, 1, 2].map(|i| tape.leaf(parameters[i].clone()));
            let hidden = (tape.constant(x.clone()).matmul(w)? + b)?.relu();
            tape.backward(black_box(hidden.matmul(v)?.square().mean()?))
        });
    });
    group.finish();
}

fn convolution(criterion: &mut Criterion) -> Result<()> {
    let [side, window, channels, filters] = CONVOLUTION;
    let mut sources = Vec::new();
    for place in 0..side * side {
        for offset in 0..window * window {
            let (i, j) = (place / side + offset / window, place % side + offset % window);
            for channel in 0..channels {
                let inside = (1..=side).contains(&i) && (1..=side).contains(&j);
                sources.push(inside.then(|| ((i - 1) * side + j - 1) * channels + channel));
            }
        }
    }
    let patches = ColumnTable::new(side * side * channels, &sources)?;
    let (x, kernel) =
        (gaussian::<f32>(BATCH, patches.inputs()), gaussian(window * window * channels, filters));
    let mut group = criterion.benchmark_group("convolution");
    group.throughput(Throughput::Elements((BATCH * patches.outputs() * filters * 3) as u64));
    group.bench_function("f32", |bencher| {
        bencher.iter(|| -> Result<Gradients<f32>> {
            let tape = Tape::new();
            let (x, kernel) = (tape.leaf(x.clone()), tape.leaf(kernel.clone()));
            let patches = x.gather_columns(&patches)?;
            let patches = patches.reshape((BATCH * side * side, window * window * channels))?;
            tape.backward(black_box(patches.matmul(kernel)?.relu().mean()?))
        });
    });
    group.finish();
    Ok(())
}
