//! Claims T10, T12–T16, T19 and T20.

use ndarray::{Array1, Array2, Axis, concatenate, s};
use pal::data::Labels;
use pal::graph::SimilarityGraph;
use pal::linalg::thin_svd;
use pal::loss::{BarlowTwins, Loss, NtXent, Ridge, SpectralLoss, VicReg, cross_entropy};
use proptest::prelude::*;
use rand::RngExt;

use crate::instances::{any_graph, partial_labels};
use crate::support::definitions::{
    FLATTEST, barlow_twins2, by_differences, edge_correlations, matrix_power, pair_distances, redundancy,
    ridge, ridge_weights, simclr2, slope_is_right, squared_norm, standard_deviations, vic2, vicreg,
};
use crate::support::{cases, gaussian, jacobi, random_graph_and_z, rel, rng, symmetric};

const SIMCLR2: SpectralLoss = SpectralLoss::SimClr2;
const BARLOW_TWINS2: SpectralLoss = SpectralLoss::BarlowTwins2;

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + b.abs())
}

fn rotation(k: usize, seed: u64) -> Array2<f64> {
    thin_svd(gaussian(k, k, &mut rng(seed)).view()).unwrap().u
}

fn labels(n: usize, classes: usize, seed: u64) -> Labels {
    let mut rng = rng(seed);
    Labels::new((0..n).map(|_| rng.random_range(0..classes)).collect(), classes).unwrap()
}

/// Graphs without negative entries: an isolated sample (its diagonal too, or not), and weights or ones elsewhere.
pub(crate) fn non_negative_graph(n: usize, weighted: bool, loop_of_first: f64, seed: u64) -> Array2<f64> {
    let mut rng = rng(seed);
    let entry = || match (rng.random_bool(0.4), weighted) {
        (false, _) => 0.0,
        (true, false) => 1.0,
        (true, true) => rng.random_range(0.1..3.0),
    };
    let mut g = symmetric(n, entry, |_| 1.0);
    g.row_mut(0).fill(0.0);
    g.column_mut(0).fill(0.0);
    g[[0, 0]] = loop_of_first;
    // At least one edge.
    g[[1, 2]] = 1.0;
    g[[2, 1]] = 1.0;
    g
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn t10_vicreg(
        (g, z) in random_graph_and_z(), weights in prop::array::uniform3(0.0..30.0_f64), seed in any::<u64>(),
    ) {
        // Deviations on both sides of γ, and away from it.
        let mut rng = rng(seed);
        let z = z.clone() * (0..z.ncols()).map(|_| [0.2, 4.0][rng.random_range(0..2)]).collect::<Array1<f64>>();
        prop_assume!(standard_deviations(&z).iter().all(|s| (s - 1.0).abs() > 1e-3));
        let [variance, covariance, invariance] = weights;
        let loss = VicReg { variance, covariance, invariance, ..VicReg::default() };
        let graph = SimilarityGraph::dense(g.clone()).unwrap();
        prop_assert!(close(loss.value(z.view(), &graph).unwrap(), vicreg(&z, &g, weights)));
        prop_assert!(slope_is_right(&loss, &z, &graph));
    }

    /// The invariance term alone does not see rotations; the other terms do.
    #[test]
    fn t10_invariance_term_under_rotation((g, z) in random_graph_and_z(), seed in any::<u64>()) {
        let graph = SimilarityGraph::dense(g).unwrap();
        let rotated = z.dot(&rotation(z.ncols(), seed));
        let loss = VicReg { variance: 0.0, covariance: 0.0, ..VicReg::default() };
        prop_assert!(close(loss.value(rotated.view(), &graph).unwrap(), loss.value(z.view(), &graph).unwrap()));
        if z.ncols() > 1 {
            let loss = VicReg { invariance: 0.0, ..loss };
            let loss = VicReg { covariance: 1.0, ..loss };
            prop_assert!(!close(loss.value(rotated.view(), &graph).unwrap(), loss.value(z.view(), &graph).unwrap()));
        }
    }

    #[test]
    fn t12_barlow_twins(
        n in 6..=20_usize, k in 1..=5_usize, weighted in any::<bool>(), isolated_loop in 0..2_usize, lambda in 0.0..2.0_f64,
        seed in any::<u64>(),
    ) {
        let g = non_negative_graph(n, weighted, isolated_loop as f64, seed);
        let z = gaussian(n, k, &mut rng(seed.wrapping_add(1)));
        let graph = SimilarityGraph::dense(g.clone()).unwrap();
        let loss = BarlowTwins { lambda, ..BarlowTwins::default() };
        let (correlations, deviations) = edge_correlations(&z, &g);
        prop_assume!(deviations.iter().all(|&deviation| deviation > FLATTEST));
        prop_assert!(correlations.iter().all(|c| c.abs() <= 1.0 + 1e-12));
        prop_assert!(close(loss.value(z.view(), &graph).unwrap(), redundancy(&correlations, lambda)));
        prop_assert!(slope_is_right(&loss, &z, &graph));
    }

    /// Two views, no diagonal: the symmetrised cross-correlation of the views, standardised over both together.
    #[test]
    fn t12_pooled_over_two_views(samples in 4..=12_usize, k in 1..=4_usize, seed in any::<u64>()) {
        let views = SimilarityGraph::views(samples, 2).unwrap();
        let diagonal = SimilarityGraph::identity(2 * samples).unwrap();
        let graph = SimilarityGraph::mixture([(1.0, views), (-1.0, diagonal)]).unwrap();
        let z = gaussian(2 * samples, k, &mut rng(seed));
        let u = (&z - &z.mean_axis(Axis(0)).unwrap()) / z.std_axis(Axis(0), 0.0);
        let (a, b) = (u.slice(s![..;2, ..]), u.slice(s![1..;2, ..]));
        let correlations = (a.t().dot(&b) + b.t().dot(&a)) / (2 * samples) as f64;
        let value = BarlowTwins { lambda: 0.7, ..BarlowTwins::default() }.value(z.view(), &graph).unwrap();
        prop_assert!(close(value, redundancy(&correlations, 0.7)));
    }

    #[test]
    fn t12_columns_may_move_and_scale(
        n in 6..=20_usize, k in 1..=4_usize, logs in prop::collection::vec(-200.0..200.0_f64, 4), seed in any::<u64>(),
    ) {
        let graph = SimilarityGraph::dense(non_negative_graph(n, true, 1.0, seed)).unwrap();
        let z = gaussian(n, k, &mut rng(seed.wrapping_add(1)));
        let loss = BarlowTwins::default();
        let value = loss.value(z.view(), &graph).unwrap();
        let scales: Array1<f64> = logs[..k].iter().map(|log| 10.0_f64.powf(*log)).collect();
        prop_assert!(close(loss.value((&z * &scales).view(), &graph).unwrap(), value));
        let shifts: Array1<f64> = logs[..k].iter().copied().collect();
        prop_assert!(close(loss.value((z + shifts).view(), &graph).unwrap(), value));
    }

    #[test]
    fn t13_squared_losses((g, z) in random_graph_and_z(), lambda in 0.0..3.0_f64, seed in any::<u64>()) {
        let graph = SimilarityGraph::dense(g.clone()).unwrap();
        let rotated = z.dot(&rotation(z.ncols(), seed));
        for (loss, expected) in [
            (SIMCLR2, simclr2(&z, &g)),
            (SpectralLoss::Vic2 { lambda }, vic2(&z, &g, lambda)),
            (BARLOW_TWINS2, barlow_twins2(&z, &g)),
        ] {
            prop_assert!(close(loss.value(z.view(), &graph).unwrap(), expected), "{loss:?}");
            prop_assert!(slope_is_right(&loss, &z, &graph), "{loss:?}");
            prop_assert!(close(loss.value(rotated.view(), &graph).unwrap(), expected), "{loss:?}");
        }
    }

    /// The three forms of the value, for any targets; only `Y Yᵀ` matters.
    #[test]
    fn t14_ridge(
        n in 6..=20_usize, k in 1..=8_usize, c in 1..=4_usize, lambda in 0.001..1.0_f64, seed in any::<u64>(),
    ) {
        let z = gaussian(n, k, &mut rng(seed));
        let y = gaussian(n, c, &mut rng(seed.wrapping_add(1)));
        let of_targets = |y: Array2<f64>| SimilarityGraph::low_rank(y, Array1::ones(c)).unwrap();
        let (loss, graph) = (Ridge { lambda }, of_targets(y.clone()));
        let value = loss.value(z.view(), &graph).unwrap();
        let shift = n as f64 * lambda;
        let w = ridge_weights(&z, &y, lambda);
        prop_assert!(close(value, ridge(&z, &y, lambda)));
        let m_inverse = matrix_power(&(z.dot(&z.t()) + Array2::<f64>::eye(n) * shift), -1.0);
        prop_assert!(close(value, lambda * m_inverse.dot(&y.dot(&y.t())).diag().sum()));
        prop_assert!(close(loss.value(z.view(), &of_targets(y.dot(&rotation(c, seed)))).unwrap(), value));
        prop_assert!(slope_is_right(&loss, &z, &graph));
        let envelope = (z.dot(&w) - &y).dot(&w.t()) * (2.0 / n as f64);
        prop_assert!(rel(&loss.value_and_gradient(z.view(), &graph).unwrap().1, &envelope) < 1e-9);
    }

    /// Also for graphs that are no `Y Yᵀ`, and more columns than samples.
    #[test]
    fn t14_slope_on_any_graph(
        (g, _) in random_graph_and_z(), n in 2..=10_usize, k in 1..=15_usize, seed in any::<u64>(),
    ) {
        let n = n.min(g.nrows());
        let g = g.slice(s![..n, ..n]).to_owned();
        let z = gaussian(n, k, &mut rng(seed));
        let loss = Ridge { lambda: 0.05 };
        prop_assert!(slope_is_right(&loss, &z, &SimilarityGraph::dense(g).unwrap()));
    }

    #[test]
    fn t15_cross_entropy(n in 2..=12_usize, k in 1..=4_usize, classes in 1..=4_usize, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let (z, w) = (gaussian(n, k, &mut rng), gaussian(k, classes, &mut rng));
        let labels = partial_labels(n, classes, &mut rng);
        prop_assume!(labels.iter().any(|class| class.is_some()));
        let by_definition = |z: &Array2<f64>, w: &Array2<f64>| {
            let outputs = z.dot(w);
            let of_row = |(i, class): (usize, Option<usize>)| {
                class.map(|class| outputs.row(i).mapv(f64::exp).sum().ln() - outputs[[i, class]])
            };
            let losses: Vec<f64> = labels.iter().enumerate().filter_map(of_row).collect();
            losses.iter().sum::<f64>() / losses.len() as f64
        };
        let loss = cross_entropy(z.view(), w.view(), &labels).unwrap();
        prop_assert!(close(loss.value, by_definition(&z, &w)));
        prop_assert!(rel(&loss.gradient_z, &by_differences(&z, |z| by_definition(z, &w))) < 1e-6);
        prop_assert!(rel(&loss.gradient_weights, &by_differences(&w, |w| by_definition(&z, w))) < 1e-6);
        let renamed = Labels::partial(labels.iter().map(|c| c.map(|c| classes - 1 - c)).collect(), classes).unwrap();
        let renamed_loss = cross_entropy(z.view(), w.slice(s![.., ..;-1]), &renamed).unwrap();
        prop_assert!(close(renamed_loss.value, loss.value));
    }

    /// Every form of a graph gives what its matrix gives, value and slope, without forming it.
    #[test]
    fn t16_every_form(instance in any_graph(), k in 1..=5_usize, seed in any::<u64>()) {
        let z = gaussian(instance.graph.len(), k, &mut rng(seed));
        let dense = SimilarityGraph::dense(instance.dense.clone()).unwrap();
        let losses: [&dyn Loss; 5] = [
            &SIMCLR2,
            &SpectralLoss::Vic2 { lambda: 0.7 },
            &BARLOW_TWINS2,
            &VicReg::default(),
            &Ridge { lambda: 0.1 },
        ];
        for loss in losses {
            let (value, gradient) = loss.value_and_gradient(z.view(), &instance.graph).unwrap();
            let (expected, slope) = loss.value_and_gradient(z.view(), &dense).unwrap();
            prop_assert!(close(value, expected));
            prop_assert!(rel(&gradient, &slope) < 1e-9);
        }
        prop_assert!(close(SIMCLR2.value(z.view(), &instance.graph).unwrap(), simclr2(&z, &instance.dense)));
        let energy = vic2(&z, &instance.dense, 2.0) - vic2(&z, &instance.dense, 0.0);
        prop_assert!(close(energy, pair_distances(&z, &instance.dense)));
    }

    /// Labels or views alone, of any weight, give what their matrix gives to every loss: some labels unknown, and columns past
    /// a vector's width.
    #[test]
    fn t16_weighted_blocks(weight in 0.1..3.0_f64, k in 1..=20_usize, of_views in any::<bool>(), seed in any::<u64>()) {
        let (n, mut rng) = (40, rng(seed));
        let blocks = if of_views {
            SimilarityGraph::views(n / 4, 4).unwrap()
        } else {
            SimilarityGraph::labels(&partial_labels(n, 3, &mut rng))
        };
        let graph = SimilarityGraph::mixture([(weight, blocks)]).unwrap();
        let dense = SimilarityGraph::dense(graph.to_dense()).unwrap();
        let z = gaussian(n, k, &mut rng);
        let losses: [&dyn Loss; 6] = [
            &SIMCLR2,
            &SpectralLoss::Vic2 { lambda: 0.7 },
            &BARLOW_TWINS2,
            &VicReg::default(),
            &BarlowTwins { lambda: 0.7, ..BarlowTwins::default() },
            &NtXent { temperature: 0.5 },
        ];
        for loss in losses {
            let (value, gradient) = loss.value_and_gradient(z.view(), &graph).unwrap();
            let (expected, slope) = loss.value_and_gradient(z.view(), &dense).unwrap();
            prop_assert!(close(value, expected));
            prop_assert!(rel(&gradient, &slope) < 1e-9);
        }
    }

    /// Near a perfect fit the factors keep relative accuracy; the expansion keeps an absolute one.
    #[test]
    fn t16_near_a_perfect_fit(classes in 1..=4_usize, size in 3..=10_usize, seed in any::<u64>()) {
        let n = classes * size;
        let labels = Labels::new((0..n).map(|i| i / size).collect(), classes).unwrap();
        let graph = SimilarityGraph::labels(&labels);
        let noise = gaussian(n, classes, &mut rng(seed)) * 1e-6;
        let y = labels.one_hot();
        let z = &y + &noise;
        // ZZᵀ − YYᵀ = YEᵀ + EYᵀ + EEᵀ, without cancellation.
        let cross = y.dot(&noise.t());
        let exact = squared_norm(&(&cross + &cross.t() + noise.dot(&noise.t())));
        let value = SIMCLR2.value(z.view(), &graph).unwrap();
        prop_assert!((value - exact).abs() <= 1e-5 * exact, "{value:e} {exact:e}");
        let pairs = y.dot(&y.t()).indexed_iter().map(|((i, j), &g)| (i, j, g)).collect::<Vec<_>>();
        let expanded = SIMCLR2.value(z.view(), &SimilarityGraph::pairs(n, pairs).unwrap()).unwrap();
        prop_assert!(expanded >= 0.0 && (expanded - exact).abs() <= 1e-12 * graph.frobenius_squared());
    }

    /// The same for factors of either sign, perfect fits included.
    #[test]
    fn t16_signed_factors(n in 8..=20_usize, r in 1..=3_usize, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let b = gaussian(n, r, &mut rng);
        let weak = gaussian(n, 1, &mut rng) * 1e-4;
        let factor = concatenate![Axis(1), b, weak];
        let mut weights = Array1::ones(r + 1);
        weights[r] = -0.5;
        let graph = SimilarityGraph::low_rank(factor.clone(), weights).unwrap();
        let exact = (1.5 * weak.iter().map(|entry| entry * entry).sum::<f64>()).powi(2);
        let value = SIMCLR2.value(factor.view(), &graph).unwrap();
        prop_assert!((value - exact).abs() <= 1e-5 * exact, "{value:e} {exact:e}");
        let own = SimilarityGraph::low_rank(b.clone(), Array1::ones(r)).unwrap();
        let scale = own.frobenius_squared();
        prop_assert!(SIMCLR2.value(b.view(), &own).unwrap() <= 1e-24 * scale);
    }

    /// L_VIC²(Z) = ‖ZZᵀ − A‖² + K − ‖A‖², A = I − (λ/2)L.
    #[test]
    fn t19_master_identity((g, z) in random_graph_and_z()) {
        let graph = SimilarityGraph::dense(g.clone()).unwrap();
        for lambda in [0.3, 2.0] {
            let laplacian = Array2::from_diag(&g.sum_axis(Axis(1))) - &g;
            let a = Array2::<f64>::eye(g.nrows()) - laplacian * (0.5 * lambda);
            let expected = simclr2(&z, &a) + z.ncols() as f64 - squared_norm(&a);
            // The right-hand side cancels numbers of the size of ‖A‖².
            let vic2 = SpectralLoss::Vic2 { lambda }.value(z.view(), &graph).unwrap();
            prop_assert!((vic2 - expected).abs() < 1e-9 * (1.0 + vic2.abs()) + 1e-14 * squared_norm(&a));
            let on_a = SIMCLR2.value(z.view(), &SimilarityGraph::dense(a.clone()).unwrap()).unwrap();
            prop_assert!(close(on_a + z.ncols() as f64 - squared_norm(&a), expected));
        }
    }

    /// For D = cI and λ = 2/c, VIC² is SimCLR² on G/c up to a constant.
    #[test]
    fn t20_regular_graphs(samples in 3..=8_usize, views in 1..=4_usize, k in 1..=4_usize, seed in any::<u64>()) {
        let graph = SimilarityGraph::views(samples, views).unwrap();
        let scaled = SimilarityGraph::mixture([(1.0 / views as f64, graph.clone())]).unwrap();
        let z = gaussian(samples * views, k, &mut rng(seed));
        let vic2 = SpectralLoss::Vic2 { lambda: 2.0 / views as f64 }.value(z.view(), &graph).unwrap();
        let simclr2 = SIMCLR2.value(z.view(), &scaled).unwrap();
        prop_assert!(close(vic2, simclr2 + k as f64 - scaled.frobenius_squared()));
    }

    /// Without regularity they differ by a function of Z; on the normalised graph they never do.
    #[test]
    fn t20_irregular_graphs(n in 6..=20_usize, k in 1..=4_usize, seed in any::<u64>()) {
        let labels = labels(n, 3, seed);
        let graph = SimilarityGraph::labels(&labels);
        let z = gaussian(n, k, &mut rng(seed.wrapping_add(1)));
        let constant = k as f64 - graph.frobenius_squared();
        let vic2 = SpectralLoss::Vic2 { lambda: 2.0 }.value(z.view(), &graph).unwrap();
        let simclr2 = SIMCLR2.value(z.view(), &graph).unwrap();
        let squares = z.map_axis(Axis(1), |row| row.dot(&row));
        let excess = 2.0 * (graph.degrees() - 1.0).dot(&squares);
        prop_assert!(close(vic2 - simclr2, excess + constant));
        prop_assert!(excess > 1e-3); // some class has two members

        let normalised = graph.normalised().unwrap();
        let laplacian = graph.laplacian().normalised().unwrap();
        let whitening = SpectralLoss::Vic2 { lambda: 0.0 }.value(z.view(), &graph).unwrap();
        let vic2 = whitening + 2.0 * laplacian.energy(z.view()).unwrap();
        let simclr2 = SIMCLR2.value(z.view(), &normalised).unwrap();
        prop_assert!(close(vic2, simclr2 + k as f64 - normalised.frobenius_squared()));

        // HaoChen et al.: populations w_i, edges w_ij.
        let g = graph.to_dense();
        let edges = &g / g.sum();
        let w = edges.sum_axis(Axis(1));
        let f = &z / &w.mapv(f64::sqrt).insert_axis(Axis(1));
        let products = f.dot(&f.t());
        let spectral: f64 = products
            .indexed_iter()
            .map(|((i, j), product)| w[i] * w[j] * product * product - 2.0 * edges[[i, j]] * product)
            .sum();
        prop_assert!(close(simclr2, spectral + normalised.frobenius_squared()));
    }
}

/// A negative eigenvalue of `L` makes VICReg unbounded below along its eigenvector.
#[test]
fn t10_signed_graphs_have_no_lower_bound() {
    let labels = Labels::new(vec![0, 0, 1, 1, 2, 2], 3).unwrap();
    let graph = SimilarityGraph::contrastive_labels(&labels);
    let (values, vectors) = jacobi(&graph.laplacian().to_dense());
    assert!(values[5] < -1.0);
    let values: Vec<f64> = [10.0, 100.0, 1000.0]
        .iter()
        .map(|t| {
            let mut z = Array2::zeros((6, 2));
            z.column_mut(0).assign(&(&vectors.column(5) * *t));
            VicReg::default().value(z.view(), &graph).unwrap()
        })
        .collect();
    assert!(values[0] < 0.0 && values[1] < 50.0 * values[0] && values[2] < 50.0 * values[1], "{values:?}");
}

/// On samples whose views lie in two blocks of rows, few and many, and columns far from zero whose moments are those of several
/// blocks.
#[test]
fn t2_views_across_blocks_are_their_dense_graph() {
    for (samples, views) in [(200, 3), (20, 30)] {
        let k = 4;
        let noise = gaussian(samples * views, k, &mut rng(2));
        let z = noise + &Array1::from_iter((0..k).map(|column| 10.0 * column as f64));
        let graph = SimilarityGraph::views(samples, views).unwrap();
        let g = graph.to_dense();
        let dense = SimilarityGraph::dense(g.clone()).unwrap();
        let barlow_twins = BarlowTwins { lambda: 0.7, ..BarlowTwins::default() };
        let vic2 = SpectralLoss::Vic2 { lambda: 0.3 };
        let losses: [&dyn Loss; 5] = [&SIMCLR2, &BARLOW_TWINS2, &vic2, &VicReg::default(), &barlow_twins];
        for loss in losses {
            let (value, gradient) = loss.value_and_gradient(z.view(), &graph).unwrap();
            let (expected, slope) = loss.value_and_gradient(z.view(), &dense).unwrap();
            assert!(close(value, expected) && rel(&gradient, &slope) < 1e-9);
        }
        let u = (&z - &z.mean_axis(Axis(0)).unwrap()) / z.std_axis(Axis(0), 0.0);
        let correlations = u.t().dot(&g).dot(&u) / g.sum();
        assert!(close(barlow_twins.value(z.view(), &graph).unwrap(), redundancy(&correlations, 0.7)));
    }
}
