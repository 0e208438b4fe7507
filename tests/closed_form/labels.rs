//! Claims T23–T26: what the closed forms make of labels.

use ndarray::{Array1, Array2, Axis, concatenate, s};
use pal::Error;
use pal::closed_form::{free, supervised};
use pal::data::Labels;
use pal::graph::SimilarityGraph;
use pal::linalg::{leading_eigenpairs, least_squares};
use pal::loss::SpectralLoss;
use proptest::prelude::*;

use crate::instances::labels_of_sizes;
use crate::matrices::orthonormal_columns;
use crate::objectives::{loss_value, within};
use crate::support::definitions::{ridge, ridge_weights, squared_norm};
use crate::support::descent::{best_descent, is_found};
use crate::support::{cases, gaussian, rel, rng};

const SIMCLR2: SpectralLoss = SpectralLoss::SimClr2;
const BARLOW_TWINS2: SpectralLoss = SpectralLoss::BarlowTwins2;

/// The weight of a class's block in `ZZᵀ`, from its size.
type ScaleOfClass = fn(f64) -> f64;

fn class_sizes(classes: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1..=8_usize, classes)
}

/// `Y diag(scale(n_c)) Yᵀ`.
fn blocks(labels: &Labels, scale: impl Fn(f64) -> f64) -> Array2<f64> {
    let y = labels.one_hot();
    let scales: Array1<f64> = labels.counts().iter().map(|&size| scale(size as f64)).collect();
    (&y * &scales).dot(&y.t())
}

fn descending(sizes: &[usize]) -> Vec<f64> {
    let mut sizes: Vec<f64> = sizes.iter().map(|&size| size as f64).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    sizes
}

fn largest(row: ndarray::ArrayView1<f64>) -> usize {
    (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap()
}

proptest! {
    #![proptest_config(cases(60))]

    /// Supervised learning is self-supervised learning on the label graph, balanced or not.
    #[test]
    fn t23_supervised_is_spectral(
        sizes in class_sizes(1..=4), ridge_weight in 1e-3..1.0_f64, lambda in 0.05..2.0_f64, seed in any::<u64>(),
    ) {
        let mut rng = rng(seed);
        let labels = labels_of_sizes(&sizes, &mut rng);
        let (n, classes) = (labels.len(), sizes.len());
        let graph = SimilarityGraph::labels(&labels);
        let y = labels.one_hot();
        let targets = gaussian(n, 2, &mut rng);
        let shift = n as f64 * ridge_weight;
        let cases: [(SpectralLoss, ScaleOfClass); 3] = [
            (SIMCLR2, |_| 1.0),
            (SpectralLoss::Vic2 { lambda }, |size| 1.0 / size),
            (BARLOW_TWINS2, |size| 1.0 / (size * size)),
        ];
        for (loss, scale) in cases {
            let z = free(loss, &graph, classes, 0.0).unwrap().z;
            prop_assert!(rel(&z.dot(&z.t()), &blocks(&labels, scale)) < 1e-9, "{loss:?}");
            // A class block of ZZᵀ has the eigenvalue scale · n_c; the ridge predictor follows.
            let predicted = z.dot(&ridge_weights(&z, &y, ridge_weight));
            let strengths: Array1<f64> = sizes.iter().map(|&size| {
                let sigma = scale(size as f64) * size as f64;
                sigma / (sigma + shift)
            }).collect();
            prop_assert!(rel(&predicted, &(&y * &strengths)) < 1e-9, "{loss:?}");
            for (row, class) in predicted.rows().into_iter().zip(labels.iter()) {
                prop_assert_eq!(Some(largest(row)), class);
            }
            // The least-squares probe sees the span alone: Y diag(1/n_c) Yᵀ, for any targets.
            let probe = z.dot(&least_squares(z.view(), targets.view()).unwrap());
            prop_assert!(rel(&probe, &blocks(&labels, f64::recip).dot(&targets)) < 1e-9, "{loss:?}");
        }
    }

    /// If ZᵀZ = I the ridge regression's value is ‖Y‖² − Tr(ZᵀYYᵀZ)/(1 + Nλ), over N.
    #[test]
    fn t24_supervised_under_whitening(
        sizes in class_sizes(2..=4), k in 1..=4_usize, lambda in 1e-3..1.0_f64, seed in any::<u64>(),
    ) {
        let mut rng = rng(seed);
        let labels = labels_of_sizes(&sizes, &mut rng);
        let n = labels.len();
        let k = k.min(n);
        let y = labels.one_hot();
        let shrink = 1.0 / (1.0 + n as f64 * lambda);
        let whitened = |z: &Array2<f64>| (squared_norm(&y) - shrink * squared_norm(&y.t().dot(z))) / n as f64;
        let kept: f64 = descending(&sizes).iter().take(k).sum();
        let optimum = 1.0 - kept * shrink / n as f64;
        for _ in 0..5 {
            let z = orthonormal_columns(gaussian(n, k, &mut rng));
            let value = ridge(&z, &y, lambda);
            prop_assert!(within(1e-9, value, whitened(&z)));
            prop_assert!(value >= optimum - 1e-12);
        }
        let best = leading_eigenpairs(SimilarityGraph::labels(&labels).to_dense().view(), k).unwrap().vectors;
        prop_assert!(within(1e-9, ridge(&best, &y, lambda), optimum));
        // Without the constraint there is no minimiser, only ever smaller values.
        prop_assert!(ridge(&(&y * 1e5), &y, lambda) < 1e-9);
        prop_assert!(ridge(&(&y * 1e2), &y, lambda) > ridge(&(&y * 1e3), &y, lambda));
    }

    /// K < C: SimCLR² keeps the K largest classes, unique iff the next is smaller; VIC² is degenerate.
    #[test]
    fn t26_fewer_columns_than_classes(sizes in class_sizes(2..=5), lambda in 0.1..2.0_f64, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let labels = labels_of_sizes(&sizes, &mut rng);
        let graph = SimilarityGraph::labels(&labels);
        let sorted = descending(&sizes);
        let y = labels.one_hot();
        let directions = &y / &labels.counts().iter().map(|&size| (size as f64).sqrt()).collect::<Array1<f64>>();
        for k in 1..sizes.len() {
            let best = free(SIMCLR2, &graph, k, 0.0).unwrap();
            prop_assert_eq!(best.is_unique(), sorted[k - 1] > sorted[k]);
            if best.is_unique() {
                let kept = |size: f64| if size >= sorted[k - 1] { 1.0 } else { 0.0 };
                prop_assert!(rel(&best.z.dot(&best.z.t()), &blocks(&labels, kept)) < 1e-9);
            }
            let vic2 = SpectralLoss::Vic2 { lambda };
            let degenerate = free(vic2, &graph, k, 0.0).unwrap();
            prop_assert!(!degenerate.is_unique());
            let other = directions.dot(&orthonormal_columns(gaussian(sizes.len(), k, &mut rng)));
            prop_assert!(within(1e-9, loss_value(vic2, &other, &graph.to_dense()), degenerate.value));
        }
    }

    /// K > C: VIC² leaks n_c − 1 directions of every class with λn_c < 2, of weight 1 − λn_c/2; SimCLR² none.
    #[test]
    fn t26_more_columns_than_classes(sizes in class_sizes(1..=4), lambda in 0.1..2.0_f64, seed in any::<u64>()) {
        let labels = labels_of_sizes(&sizes, &mut rng(seed));
        let graph = SimilarityGraph::labels(&labels);
        let n = labels.len();
        prop_assume!(sizes.iter().all(|&size| (lambda * size as f64 - 2.0).abs() > 1e-6));
        let best = free(SpectralLoss::Vic2 { lambda }, &graph, n, 0.0).unwrap();
        let leaks = sizes.iter().filter(|&&size| lambda * (size as f64) < 2.0).map(|&size| size - 1).sum::<usize>();
        prop_assert_eq!(best.rank(), sizes.len() + leaks);
        let weights = sizes.iter().flat_map(|&size| {
            let weight = (1.0 - 0.5 * lambda * size as f64).max(0.0);
            vec![weight * weight; size - 1]
        });
        let optimum = (n - sizes.len()) as f64 - weights.sum::<f64>();
        prop_assert!(within(1e-9, best.value, optimum));
        prop_assert_eq!(free(SIMCLR2, &graph, n, 0.0).unwrap().rank(), sizes.len());
    }
}

#[test]
fn t26_leaks_of_three_classes() {
    let graph = SimilarityGraph::labels(&labels_of_sizes(&[6, 4, 3], &mut rng(26)));
    for (lambda, rank) in [(1.0, 3), (0.4, 8)] {
        assert_eq!(free(SpectralLoss::Vic2 { lambda }, &graph, 13, 0.0).unwrap().rank(), rank);
    }
}

/// The singular values left of Y: (√n_c − N√(λμ))₊.
fn surviving(sizes: &[usize], lambda: f64, mu: f64) -> Vec<f64> {
    let n = sizes.iter().sum::<usize>() as f64;
    sizes.iter().map(|&size| ((size as f64).sqrt() - n * (lambda * mu).sqrt()).max(0.0)).collect()
}

/// min_M ‖M − Y‖²/N + 2√(λμ) ‖M‖_*, by thresholding the singular values of Y.
fn nuclear_optimum(sizes: &[usize], lambda: f64, mu: f64) -> f64 {
    let n = sizes.iter().sum::<usize>() as f64;
    let of_class =
        |(&size, s): (&usize, f64)| ((size as f64).sqrt() - s).powi(2) / n + 2.0 * (lambda * mu).sqrt() * s;
    sizes.iter().zip(surviving(sizes, lambda, mu)).map(of_class).sum()
}

/// With a norm on Z small classes vanish; the value is that of joint descent in Z and W.
#[test]
fn t25_minority_collapse() {
    let sizes = [9, 4, 2];
    let mut rng = rng(25);
    let labels = labels_of_sizes(&sizes, &mut rng);
    let (n, y) = (labels.len(), labels.one_hot());
    for (lambda, mu, survivors) in [(0.05, 0.02, 3), (0.11, 0.11, 2), (0.17, 0.17, 1), (0.25, 0.25, 0)] {
        let s = surviving(&sizes, lambda, mu);
        assert_eq!(s.iter().filter(|&&s| s > 0.0).count(), survivors);
        let optimum = nuclear_optimum(&sizes, lambda, mu);
        let closed = supervised(&labels, lambda, mu).unwrap();
        assert!(rel(&closed.strengths, &s) < 1e-12 && within(1e-12, closed.value, optimum));
        assert!(within(1e-9, ridge(&closed.z, &y, lambda) + mu * squared_norm(&closed.z), optimum));

        // Z and W side by side, one above the other.
        let joint = |both: &Array2<f64>| {
            let (z, w) = (both.slice(s![..n, ..]), both.slice(s![n.., ..]));
            let misfit = (z.dot(&w) - &y) / (n as f64).sqrt();
            let value = squared_norm(&misfit)
                + lambda * squared_norm(&w.to_owned())
                + mu * squared_norm(&z.to_owned());
            let misfit = misfit * (2.0 / (n as f64).sqrt());
            let slope_z = misfit.dot(&w.t()) + &z * (2.0 * mu);
            let slope_w = z.t().dot(&misfit) + &w * (2.0 * lambda);
            (value, concatenate![Axis(0), slope_z, slope_w])
        };
        let (both, value) = best_descent(&joint, (n + 3, 3), &mut rng);
        assert!(
            is_found(optimum, value) && (value - optimum).abs() <= 1e-6 * (1.0 + optimum),
            "{value} {optimum}"
        );
        let left = pal::linalg::thin_svd(both.slice(s![..n, ..])).unwrap().singular_values;
        assert_eq!(left.iter().filter(|&&sigma| sigma > 1e-2).count(), survivors, "{left}");
    }
}

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn t25_norm_on_z_by_descent(
        sizes in class_sizes(1..=3), lambda in 0.01..0.3_f64, mu in 0.01..0.3_f64, seed in any::<u64>(),
    ) {
        let labels = labels_of_sizes(&sizes, &mut rng(seed));
        let y = labels.one_hot();
        // W is the ridge regression's at every Z: descend in Z alone.
        let objective = |z: &Array2<f64>| {
            let w = ridge_weights(z, &y, lambda);
            let slope = (z.dot(&w) - &y).dot(&w.t()) * (2.0 / y.nrows() as f64) + z * (2.0 * mu);
            (ridge(z, &y, lambda) + mu * squared_norm(z), slope)
        };
        let (_, value) = best_descent(&objective, y.dim(), &mut rng(seed));
        let optimum = nuclear_optimum(&sizes, lambda, mu);
        prop_assert!((value - optimum).abs() <= 1e-6 * (1.0 + optimum), "{value} {optimum}");
    }
}

/// Balanced classes make the ridge predictors multiples of each other; others do not.
#[test]
fn t23_needs_balance_for_proportional_ridge_predictors() {
    let mut rng = rng(23);
    for (sizes, proportional) in [([4, 4, 4], true), ([7, 3, 2], false)] {
        let labels = labels_of_sizes(&sizes, &mut rng);
        let graph = SimilarityGraph::labels(&labels);
        let y = labels.one_hot();
        let predict = |loss| {
            let z = free(loss, &graph, 3, 0.0).unwrap().z;
            z.dot(&ridge_weights(&z, &y, 0.1))
        };
        let (one, other) = (predict(SIMCLR2), predict(SpectralLoss::Vic2 { lambda: 1.0 }));
        let factor = (&one * &other).sum() / squared_norm(&other);
        assert_eq!(rel(&one, &(other * factor)) < 1e-9, proportional);
    }
}

#[test]
fn supervised_learning_needs_every_label_and_both_penalties() {
    let labels = Labels::new(vec![0, 1, 0], 3).unwrap();
    // A class without members changes nothing.
    let closed = supervised(&labels, 0.01, 0.01).unwrap();
    assert!(closed.strengths[2] == 0.0 && closed.z.column(2).iter().all(|&entry| entry == 0.0));
    for (lambda, mu, name) in [(0.0, 0.1, "lambda"), (0.1, -1.0, "mu"), (0.1, f64::NAN, "mu")] {
        let refused = supervised(&labels, lambda, mu);
        assert!(matches!(refused, Err(Error::Domain { argument, .. }) if argument == name));
    }
    let some = labels.reveal(|sample| sample != 1);
    assert!(matches!(supervised(&some, 0.1, 0.1), Err(Error::Domain { value, .. }) if value == 1.0));
}
