//! The five leading eigenpairs of the matrices that the experiments meet, beside all eigenpairs; on one thread.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion};
use ndarray::Array2;
use pal::Result;
use pal::data::circles;
use pal::graph::SimilarityGraph;
use pal::kernel::{Exponential, gram};
use pal::linalg::{PartialEigensolver, SpectralFactor, symmetric_eigen};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const WIDTH: usize = 5;
const BETA: f64 = 1e-3;

fn main() -> Result<()> {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let mut group = criterion.benchmark_group("eigen");
    for n in [100, 150, 300, 400, 1000] {
        let matrix = matrix(n)?;
        let mut solver = PartialEigensolver::default();
        solver.leading(matrix.view(), WIDTH)?;
        group.bench_function(BenchmarkId::new("partial", n), |bencher| {
            bencher.iter(|| solver.leading(black_box(matrix.view()), WIDTH));
        });
        symmetric_eigen(matrix.view())?;
        group.bench_function(BenchmarkId::new("full", n), |bencher| {
            bencher.iter(|| symmetric_eigen(black_box(matrix.view())));
        });
    }
    group.finish();
    criterion.final_summary();
    Ok(())
}

/// `T = G − βK⁻¹` of circles of which every other label is known.
fn matrix(n: usize) -> Result<Array2<f64>> {
    let train = circles(n, 0.0, &mut ChaCha8Rng::seed_from_u64(n as u64))?;
    let is_known = |i: usize| i.is_multiple_of(2);
    let known = SimilarityGraph::contrastive_labels(&train.labels.reveal(is_known));
    let others = (0..n).filter(|&i| !is_known(i)).map(|i| (i, i, 1.0));
    let graph = SimilarityGraph::mixture([(1.0, known), (1.0, SimilarityGraph::pairs(n, others)?)])?;
    let gram = gram(&Exponential { sigma: 0.2 }, train.inputs.view())?;
    Ok(graph.to_dense() - BETA * SpectralFactor::new(gram.view(), 0.0)?.power(-1.0))
}
