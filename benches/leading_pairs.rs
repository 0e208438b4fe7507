//! The ten leading eigenpairs of normalised neighbour graphs by every iterative solver: of clusters, whose eigenvalues lie apart,
//! and of a circle, where they do not.
//!
//! ```sh
//! cargo bench --bench leading_pairs
//! ```

use std::time::Duration;

use criterion::{BenchmarkId, Criterion};
use ndarray::Array2;
use pal::Result;
use pal::graph::SimilarityGraph;
use pal::linalg::{LeadingPairs, Method};
use pal::random::stream;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

const PAIRS: usize = 10;
const NEIGHBOURS: usize = 10;
const TOLERANCE: f64 = 1e-6;

fn main() -> Result<()> {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let mut group = criterion.benchmark_group("leading_pairs");
    for (name, n) in [("clusters", 2000), ("clusters", 10_000), ("circle", 2000)] {
        let graph = SimilarityGraph::neighbours(points(name, n).view(), NEIGHBOURS)?.normalised()?;
        for method in [Method::Chebyshev, Method::Lanczos, Method::Lobpcg] {
            let problem = LeadingPairs {
                k: PAIRS,
                method,
                tolerance: TOLERANCE,
                most_steps: 20_000,
                ..LeadingPairs::default()
            };
            group.bench_function(BenchmarkId::new(format!("{name}/{method:?}"), n), |bencher| {
                bencher.iter(|| problem.of(&graph));
            });
        }
    }
    group.finish();
    criterion.final_summary();
    Ok(())
}

/// Ten clusters in four dimensions, or a noisy circle.
fn points(name: &str, n: usize) -> Array2<f64> {
    let mut rng = stream(0, 0);
    let mut normal = |rows: usize, columns: usize| {
        Array2::from_shape_simple_fn((rows, columns), || -> f64 { StandardNormal.sample(&mut rng) })
    };
    if name == "clusters" {
        let (centres, noise) = (normal(10, 4), normal(n, 4));
        return Array2::from_shape_fn((n, 4), |(i, axis)| centres[[i % 10, axis]] + 0.35 * noise[[i, axis]]);
    }
    let noise = normal(n, 2);
    let turns: Vec<f64> = (0..n).map(|_| rng.random_range(0.0..std::f64::consts::TAU)).collect();
    Array2::from_shape_fn((n, 2), |(i, axis)| {
        0.02 * noise[[i, axis]] + if axis == 0 { turns[i].cos() } else { turns[i].sin() }
    })
}
