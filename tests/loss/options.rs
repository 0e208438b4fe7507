//! Statistics of each view, penalties, and mini-batches.

use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate, s};
use pal::graph::SimilarityGraph;
use pal::loss::{BarlowTwins, Loss, NtXent, Penalised, SpectralLoss, Statistics, VicReg};
use proptest::prelude::*;
use rand::RngExt;

use crate::support::definitions::{
    FLATTEST, barlow_twins2, redundancy, slope_is_right, squared_norm, standard_deviations, vicreg,
};
use crate::support::{cases, gaussian, random_graph_and_z, rng};

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + b.abs())
}

fn covariances(view: ArrayView2<f64>) -> f64 {
    let n = view.nrows() as f64;
    let centred = &view - &view.mean_axis(Axis(0)).unwrap();
    let mut covariance = centred.t().dot(&centred) / (n - 1.0);
    covariance.diag_mut().fill(0.0);
    squared_norm(&covariance)
}

/// `indices` of every subset of `size` of `0..n`.
fn subsets(n: usize, size: usize) -> Vec<Vec<usize>> {
    let members = |set: usize| (0..n).filter(move |i| set >> i & 1 == 1).collect::<Vec<_>>();
    (0..1_usize << n).map(members).filter(|set| set.len() == size).collect()
}

/// Views of different location and scale, so that pooled statistics are others.
fn unequal_views(samples: usize, views: usize, k: usize, seed: u64) -> Array2<f64> {
    let mut rng = rng(seed);
    let mut z = gaussian(samples * views, k, &mut rng);
    for (i, mut row) in z.rows_mut().into_iter().enumerate() {
        let view = (i % views) as f64;
        row *= 0.4 + 1.5 * view;
        row += view;
    }
    z
}

/// Whether no column is nearly constant on a view.
fn is_spread(z: &Array2<f64>, views: usize) -> bool {
    (0..views).all(|view| z.slice(s![view..;views, ..]).std_axis(Axis(0), 0.0).iter().all(|&s| s > FLATTEST))
}

proptest! {
    #![proptest_config(cases(32))]

    /// VICReg as in the paper, for any number of views.
    #[test]
    fn t10_statistics_of_each_view(samples in 3..=10_usize, views in 2..=3_usize, k in 1..=4_usize, seed in any::<u64>()) {
        let z = unequal_views(samples, views, k, seed);
        let of_views = || (0..views).map(|view| z.slice(s![view..;views, ..]));
        prop_assume!(of_views().all(|z| standard_deviations(&z.to_owned()).iter().all(|s| (s - 1.0).abs() > 1e-3)));
        let graph = SimilarityGraph::views(samples, views).unwrap();
        let loss = VicReg { variance: 3.0, covariance: 2.0, invariance: 5.0, statistics: Statistics::EachView };
        let of_view = |z: ArrayView2<f64>| {
            let hinges = standard_deviations(&z.to_owned()).iter().map(|s| (1.0 - s).max(0.0)).sum::<f64>();
            (3.0 * hinges + 2.0 * covariances(z)) / k as f64
        };
        let invariance = vicreg(&z, &graph.to_dense(), [0.0, 0.0, 5.0]);
        let expected = of_views().map(of_view).sum::<f64>() + invariance;
        prop_assert!(close(loss.value(z.view(), &graph).unwrap(), expected));
        prop_assert!(slope_is_right(&loss, &z, &graph));
    }

    /// Barlow Twins with each view standardised alone: the symmetrised cross-correlation of two views.
    #[test]
    fn t12_statistics_of_each_view(samples in 4..=10_usize, k in 1..=4_usize, seed in any::<u64>()) {
        let z = unequal_views(samples, 2, k, seed);
        prop_assume!(is_spread(&z, 2));
        let standardised = |view: ArrayView2<f64>| {
            (&view - &view.mean_axis(Axis(0)).unwrap()) / view.std_axis(Axis(0), 0.0)
        };
        let (a, b) = (standardised(z.slice(s![..;2, ..])), standardised(z.slice(s![1..;2, ..])));
        let correlations = (a.t().dot(&b) + b.t().dot(&a)) / (2 * samples) as f64;
        let diagonal = SimilarityGraph::identity(2 * samples).unwrap();
        let views = SimilarityGraph::views(samples, 2).unwrap();
        let graph = SimilarityGraph::mixture([(1.0, views), (-1.0, diagonal)]).unwrap();
        let loss = BarlowTwins { lambda: 0.7, statistics: Statistics::EachView };
        prop_assert!(close(loss.value(z.view(), &graph).unwrap(), redundancy(&correlations, 0.7)));
        prop_assert!(slope_is_right(&loss, &z, &graph));
        // Each view may move and scale alone.
        let mut moved = z.clone();
        moved.slice_mut(s![1..;2, ..]).mapv_inplace(|entry| 3.0 * entry - 2.0);
        prop_assert!(close(loss.value(moved.view(), &graph).unwrap(), loss.value(z.view(), &graph).unwrap()));
    }

    /// Three views, the diagonal included.
    #[test]
    fn t12_slope_with_three_views(samples in 3..=6_usize, k in 1..=3_usize, seed in any::<u64>()) {
        let z = unequal_views(samples, 3, k, seed);
        prop_assume!(is_spread(&z, 3));
        let loss = BarlowTwins { lambda: 0.7, statistics: Statistics::EachView };
        prop_assert!(slope_is_right(&loss, &z, &SimilarityGraph::views(samples, 3).unwrap()));
    }

    #[test]
    fn t47_penalised((g, z) in random_graph_and_z(), beta in 0.0..2.0_f64) {
        let graph = SimilarityGraph::dense(g.clone()).unwrap();
        let loss = Penalised { loss: SpectralLoss::BarlowTwins2, beta };
        let expected = barlow_twins2(&z, &g) + 2.0 * beta * squared_norm(&z);
        prop_assert!(close(loss.value(z.view(), &graph).unwrap(), expected));
        prop_assert!(slope_is_right(&loss, &z, &graph));
    }

    /// The penalty is that of the closed form: its value there, and a slope of zero.
    #[test]
    fn t47_stationary_at_the_closed_form(n in 4..=10_usize, seed in any::<u64>()) {
        let b = gaussian(n, 3, &mut rng(seed));
        let graph = SimilarityGraph::low_rank(b, Array1::ones(3)).unwrap();
        let loss = SpectralLoss::BarlowTwins2;
        let best = pal::closed_form::free(loss, &graph, 2, 0.1).unwrap();
        let loss = Penalised { loss, beta: 0.1 };
        let (value, slope) = loss.value_and_gradient(best.z.view(), &graph).unwrap();
        prop_assert!(close(value, best.value));
        prop_assert!(slope.iter().all(|entry| entry.abs() < 1e-7));
    }

    /// Over all batches of samples with their views, the invariance term and scaled energies have the full ones as mean.
    #[test]
    fn batches_of_views_leave_energies_unbiased(views in 2..=3_usize, size in 1..=4_usize, seed in any::<u64>()) {
        let samples = 5;
        let z = gaussian(samples * views, 2, &mut rng(seed));
        let graph = SimilarityGraph::views(samples, views).unwrap();
        let invariance = VicReg { variance: 0.0, covariance: 0.0, ..VicReg::default() };
        let (mut energy, mut term) = (Vec::new(), Vec::new());
        for batch in subsets(samples, size) {
            let rows: Vec<usize> = batch.iter().flat_map(|&i| i * views..(i + 1) * views).collect();
            let (graph, z) = (graph.restrict(&rows).unwrap(), z.select(Axis(0), &rows));
            energy.push(graph.laplacian().energy(z.view()).unwrap());
            term.push(invariance.value(z.view(), &graph).unwrap());
        }
        let scaled = mean(&energy) * samples as f64 / size as f64;
        prop_assert!(close(scaled, graph.laplacian().energy(z.view()).unwrap()));
        prop_assert!(close(mean(&term), invariance.value(z.view(), &graph).unwrap()));
    }

    /// Over all batches of single rows, energies of any graph are unbiased after the scale of pairs.
    #[test]
    fn batches_of_rows_leave_energies_unbiased(size in 2..=6_usize, seed in any::<u64>()) {
        let n = 7;
        let mut rng = rng(seed);
        let z = gaussian(n, 2, &mut rng);
        let pairs: Vec<_> =
            (0..n).flat_map(|i| (i..n).map(move |j| (i, j))).map(|(i, j)| (i, j, rng.random_range(-1.0..1.0))).collect();
        let graph = SimilarityGraph::pairs(n, pairs).unwrap();
        let of_batch = |rows: &Vec<usize>| {
            graph.restrict(rows).unwrap().laplacian().energy(z.select(Axis(0), rows).view()).unwrap()
        };
        let energies: Vec<f64> = subsets(n, size).iter().map(of_batch).collect();
        let scale = (n * (n - 1)) as f64 / (size * (size - 1)) as f64;
        prop_assert!(close(scale * mean(&energies), graph.laplacian().energy(z.view()).unwrap()));
    }

    /// Fewer negatives: on batches of samples with their views NT-Xent is less on average, the more so the smaller they are.
    #[test]
    fn batches_bias_nt_xent(seed in any::<u64>()) {
        let samples = 6;
        let z = gaussian(2 * samples, 3, &mut rng(seed));
        let graph = SimilarityGraph::views(samples, 2).unwrap();
        let loss = NtXent { temperature: 0.5 };
        let of_size = |size: usize| {
            let of_batch = |batch: &Vec<usize>| {
                let rows: Vec<usize> = batch.iter().flat_map(|&i| [2 * i, 2 * i + 1]).collect();
                loss.value(z.select(Axis(0), &rows).view(), &graph.restrict(&rows).unwrap()).unwrap()
            };
            mean(&subsets(samples, size).iter().map(of_batch).collect::<Vec<_>>())
        };
        let means: Vec<f64> = (1..=samples).map(of_size).collect();
        prop_assert!(means.windows(2).all(|pair| pair[0] + 0.01 < pair[1]), "{means:?}");
        prop_assert!(close(means[samples - 1], loss.value(z.view(), &graph).unwrap()));
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// A batch with its copies: what is drawn twice counts twice.
#[test]
fn batches_with_replacement() {
    let z = gaussian(4, 2, &mut rng(1));
    let graph = SimilarityGraph::views(2, 2).unwrap();
    let twice = graph.restrict(&[0, 1, 0, 1]).unwrap();
    let rows = z.slice(s![..2, ..]);
    let energy = twice.laplacian().energy(concatenate![Axis(0), rows, rows].view()).unwrap();
    let once = graph.restrict(&[0, 1]).unwrap().laplacian().energy(rows).unwrap();
    assert!(close(energy, 4.0 * once));
}
