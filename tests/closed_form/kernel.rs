//! Claims T29, T31, T47 and T48: functions of an RKHS.

use ndarray::{Array2, Axis, s};
use pal::closed_form::{KernelRegime, free};
use pal::data::Labels;
use pal::graph::SimilarityGraph;
use pal::kernel::{Exponential, Gaussian};
use pal::loss::SpectralLoss;
use pal::probe::LinearProbe;
use proptest::prelude::*;
use rand::{Rng, RngExt};

use crate::instances::labels_of_sizes;
use crate::matrices::{angles, orthonormal_columns};
use crate::objectives::{
    barlow_twins_optimum, loss_value, penalised, penalty, positive_squares, vic2_matrix, with_slope, within,
};
use crate::support::definitions::{matrix_power, simclr2, squared_norm, vic2};
use crate::support::descent::best_descent;
use crate::support::{cases, gaussian, jacobi, random_graph, rel, rng, spectrum};

const SIMCLR2: SpectralLoss = SpectralLoss::SimClr2;
const BARLOW_TWINS2: SpectralLoss = SpectralLoss::BarlowTwins2;
pub(crate) const SIGMA: f64 = 0.8;

fn distances(y: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
    Array2::from_shape_fn((y.nrows(), x.nrows()), |(i, j)| {
        let difference = &y.row(i) - &x.row(j);
        difference.dot(&difference).sqrt()
    })
}

/// Points in the plane whose exponential Gram matrix is well conditioned, and that matrix.
pub(crate) fn points(n: usize, rng: &mut impl Rng) -> (Array2<f64>, Array2<f64>) {
    loop {
        let x = gaussian(n, 2, rng) * 2.0;
        let apart = distances(&x, &x) + Array2::<f64>::eye(n);
        if apart.iter().all(|&distance| distance > 0.05) {
            return (x.clone(), exponential(&x, &x));
        }
    }
}

/// `exp(−‖y_i − x_j‖ / σ)`.
pub(crate) fn exponential(y: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
    distances(y, x).mapv(|distance| (-distance / SIGMA).exp())
}

fn symmetrised(a: &Array2<f64>) -> Array2<f64> {
    (a + &a.t()) * 0.5
}

fn regime(beta: f64) -> KernelRegime<Exponential> {
    KernelRegime::new(Exponential { sigma: SIGMA }, beta)
}

proptest! {
    #![proptest_config(cases(40))]

    /// (a), (b): the penalty moves the matrix by βK⁻¹, and the closed form takes its leading modes.
    #[test]
    fn t29_penalised_losses(
        g in random_graph(), k in 1..=5_usize, beta in 1e-3..0.5_f64, lambda in 0.1..2.0_f64, seed in any::<u64>(),
    ) {
        let mut rng = rng(seed);
        let (x, gram) = points(g.nrows(), &mut rng);
        let inverse = matrix_power(&gram, -1.0);
        let z = gaussian(g.nrows(), k, &mut rng);
        let graph = SimilarityGraph::dense(g.clone()).unwrap();
        let fitted = regime(beta).on(x.view()).unwrap();
        let t = symmetrised(&(&g - &(&inverse * beta)));
        let a = symmetrised(&(vic2_matrix(&g, lambda) - &inverse * beta));
        let scale = 1.0 + simclr2(&z, &t);
        let by_square = simclr2(&z, &t) + squared_norm(&g) - squared_norm(&t);
        prop_assert!((simclr2(&z, &g) + penalty(&z, &inverse, beta) - by_square).abs() <= 1e-9 * scale);
        // Claim T29 (b) at twice its weight: β Tr(·) there is 2β Tr(·) here.
        let by_square = simclr2(&z, &a) + k as f64 - squared_norm(&a);
        let scale = 1.0 + simclr2(&z, &a);
        prop_assert!((vic2(&z, &g, lambda) + penalty(&z, &inverse, beta) - by_square).abs() <= 1e-9 * scale);

        for (loss, matrix, at_zero) in
            [(SIMCLR2, t, squared_norm(&g)), (SpectralLoss::Vic2 { lambda }, a, k as f64)]
        {
            let best = fitted.minimise(loss, &graph, k).unwrap();
            let values = spectrum(&matrix);
            let gain = positive_squares(&values, k);
            let scale = 1.0 + at_zero + gain;
            prop_assert!(rel(&best.eigenvalues, &values[..k]) < 1e-9);
            prop_assert!((best.value - (at_zero - gain)).abs() <= 1e-9 * scale);
            let by_definition = loss_value(loss, &best.z, &g) + penalty(&best.z, &inverse, beta);
            prop_assert!((best.value - by_definition).abs() <= 1e-9 * scale);
            prop_assert!(rel(&best.map.embed(x.view()).unwrap(), &best.z) < 1e-8);
        }
    }

    /// (c): over ZᵀZ = I the leading unit eigenvectors of T are the best, kept whatever their eigenvalues' signs.
    #[test]
    fn t29_unit_eigenvectors(g in random_graph(), k in 1..=5_usize, beta in 1e-3..5.0_f64, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let n = g.nrows();
        let (x, gram) = points(n, &mut rng);
        let inverse = matrix_power(&gram, -1.0);
        let fitted = regime(beta).on(x.view()).unwrap();
        let (pairs, map) = fitted.leading(&SimilarityGraph::dense(g.clone()).unwrap(), k).unwrap();
        let worth = |z: &Array2<f64>| (z * &g.dot(z)).sum() - beta * (z * &inverse.dot(z)).sum();
        let values = spectrum(&symmetrised(&(&g - &(&inverse * beta))));
        let optimum: f64 = values[..k].iter().sum();
        prop_assert!(rel(&pairs.values, &values[..k]) < 1e-9);
        prop_assert!(within(1e-9, worth(&pairs.vectors), optimum));
        prop_assert!(rel(&pairs.vectors.t().dot(&pairs.vectors), &Array2::<f64>::eye(k)) < 1e-12);
        for _ in 0..20 {
            let z = orthonormal_columns(gaussian(n, k, &mut rng));
            prop_assert!(worth(&z) <= optimum + 1e-9 * (1.0 + optimum.abs()));
        }

        // (d): α = K⁻¹v = (Gv − tv)/β, φ(x_i) = v_i, φ(x) = k(x, X) α.
        let alpha = (g.dot(&pairs.vectors) - &pairs.vectors * &pairs.values) / beta;
        prop_assert!(rel(map.coefficients(), &alpha) < 1e-7);
        prop_assert!(rel(&map.embed(x.view()).unwrap(), &pairs.vectors) < 1e-7);
        let new = gaussian(9, 2, &mut rng) * 2.0;
        let expected = exponential(&new, &x).dot(&inverse).dot(&pairs.vectors);
        prop_assert!(rel(&map.embed(new.view()).unwrap(), &expected) < 1e-9);
        let lift = fitted.lift(new.view()).unwrap();
        prop_assert!(rel(&lift.embed(pairs.vectors.view()).unwrap(), &expected) < 1e-9);
        prop_assert!(rel(&lift.multiplied().multiplied().embed(pairs.vectors.view()).unwrap(), &expected) < 1e-9);
        let by_alpha = exponential(&new, &x).dot(&alpha);
        prop_assert!(rel(&by_alpha, &expected) < 1e-7);
    }

    /// The function of least norm through any values: ‖f‖² = Tr(αᵀKα) = Tr(ZᵀK⁻¹Z).
    #[test]
    fn t29_least_norm_interpolation(n in 6..=20_usize, k in 1..=4_usize, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let (x, gram) = points(n, &mut rng);
        let z = gaussian(n, k, &mut rng);
        let fitted = regime(0.1).on(x.view()).unwrap();
        let map = fitted.expand(z.view()).unwrap();
        prop_assert!(rel(&map.embed(x.view()).unwrap(), &z) < 1e-9);
        let alpha = map.coefficients().to_owned();
        let norm = (&alpha * &gram.dot(&alpha)).sum();
        prop_assert!(within(1e-9, norm, penalty(&z, &matrix_power(&gram, -1.0), 0.5)));
        prop_assert!(rel(fitted.kernel_spectrum().unwrap(), &spectrum(&gram)) < 1e-9);
    }

    /// BT² + 2β Tr(ZᵀK⁻¹Z): claim T47's formula with the eigenpairs of K^{1/2} G K^{1/2}.
    #[test]
    fn t47_kernel_regime(g in random_graph(), k in 1..=5_usize, beta in 1e-2..0.5_f64, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let (x, gram) = points(g.nrows(), &mut rng);
        let inverse = matrix_power(&gram, -1.0);
        let root = matrix_power(&gram, 0.5);
        let (values, modes) = jacobi(&symmetrised(&root.dot(&g).dot(&root)));
        let values = values.to_vec();
        let optimum = barlow_twins_optimum(&values, k, beta);
        let fitted = regime(beta).on(x.view()).unwrap();
        let best = fitted.minimise(BARLOW_TWINS2, &SimilarityGraph::dense(g.clone()).unwrap(), k).unwrap();
        prop_assert!(rel(&best.eigenvalues, &values[..k]) < 1e-9);
        prop_assert!(within(1e-9, best.value, optimum));
        let by_definition = loss_value(BARLOW_TWINS2, &best.z, &g) + penalty(&best.z, &inverse, beta);
        prop_assert!(within(1e-9, by_definition, optimum));
        let last = values[k - 1];
        if last - values.get(k).unwrap_or(&f64::NEG_INFINITY) > 1e-3 && last > beta + 1e-3 {
            let scales: ndarray::Array1<f64> = values[..k].iter().map(|g| (g - beta).sqrt() / g).collect();
            let z = root.dot(&(&modes.slice(s![.., ..k]) * &scales));
            prop_assert!(rel(&best.z.dot(&best.z.t()), &z.dot(&z.t())) < 1e-8);
        }
    }

    /// T48: with G = I spec(T) = 1 − β/κ; scaled features change no prediction; names of classes change no graph.
    #[test]
    fn t48_facts_of_the_experiments(n in 8..=20_usize, beta in 1e-3..0.1_f64, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let (x, gram) = points(n, &mut rng);
        let fitted = regime(beta).on(x.view()).unwrap();
        let (pairs, _) = fitted.leading(&SimilarityGraph::identity(n).unwrap(), 5).unwrap();
        let (kappa, directions) = jacobi(&gram);
        prop_assert!(rel(&pairs.values, &kappa.slice(s![..5]).mapv(|kappa| 1.0 - beta / kappa)) < 1e-9);
        if kappa[4] - kappa[5] > 1e-2 {
            let top = directions.slice(s![.., ..5]);
            prop_assert!(rel(&pairs.vectors.dot(&pairs.vectors.t()), &top.dot(&top.t())) < 1e-8);
        }

        let labels = labels_of_sizes(&[n / 3, n / 4, n - n / 3 - n / 4], &mut rng);
        let shifted = Labels::new(labels.iter().map(|class| class.unwrap() + 1).collect(), 5).unwrap();
        let graph = SimilarityGraph::contrastive_labels(&labels);
        let renamed = SimilarityGraph::contrastive_labels(&shifted);
        prop_assert_eq!(graph.to_dense(), renamed.to_dense());
        let (pairs, map) = fitted.leading(&graph, 3).unwrap();
        let new = gaussian(30, 2, &mut rng) * 2.0;
        let (own, features) = (map.embed(x.view()).unwrap(), map.embed(new.view()).unwrap());
        prop_assert!(rel(&own, &pairs.vectors) < 1e-9);
        let classes = |scale: f64| {
            LinearProbe::fit((&own * scale).view(), &labels).unwrap().predict((&features * scale).view()).unwrap()
        };
        prop_assert_eq!(classes(beta), classes(1.0));
    }
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn t29_by_descent(g in random_graph(), k in 1..=4_usize, beta in 0.02..0.3_f64, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let (x, gram) = points(g.nrows(), &mut rng);
        let root = matrix_power(&gram, 0.5);
        let fitted = regime(beta).on(x.view()).unwrap();
        let graph = SimilarityGraph::dense(g.clone()).unwrap();
        let losses = [SIMCLR2, SpectralLoss::Vic2 { lambda: 0.7 }, BARLOW_TWINS2];
        for loss in losses {
            let optimum = fitted.minimise(loss, &graph, k).unwrap().value;
            // In Z = K^{1/2} W the penalty is 2β‖W‖².
            let objective = |w: &Array2<f64>| {
                let (value, slope) = with_slope(loss, &root.dot(w), &g);
                (value + 2.0 * beta * squared_norm(w), root.dot(&slope) + w * (4.0 * beta))
            };
            let (w, value) = best_descent(&objective, (g.nrows(), k), &mut rng);
            let scale = 1.0 + optimum.abs();
            prop_assert!(value >= optimum - 1e-7 * scale && value <= optimum + 1e-4 * scale, "{loss:?} {value} {optimum}");
            let inverse = matrix_power(&gram, -1.0);
            prop_assert!(within(1e-7, penalised(loss, &root.dot(&w), &g, &inverse, beta).0, value));
        }
    }
}

/// The span of claim T47's minimiser is not that of the top eigenvectors of T (claim T29).
#[test]
fn t47_span_differs_from_the_experiments_form() {
    for seed in 0..20 {
        let mut rng = rng(seed);
        let (x, _) = points(15, &mut rng);
        let graph = SimilarityGraph::dense({
            let factor = gaussian(15, 5, &mut rng);
            symmetrised(&factor.dot(&factor.t()))
        })
        .unwrap();
        let fitted = regime(0.1).on(x.view()).unwrap();
        let best = fitted.minimise(BARLOW_TWINS2, &graph, 3).unwrap();
        assert_eq!(best.rank(), 3);
        let (all, _) = fitted.leading(&graph, 15).unwrap();
        let (sine, _, _) = angles(&all.vectors, &orthonormal_columns(best.z));
        assert!(sine > 1e-3, "seed {seed}: {sine}");
    }
}

/// (d) needs the exact eigenpair: an error of v comes back as one of φ, larger by about 1/β.
#[test]
fn t29_errors_of_eigenvectors_grow() {
    let mut rng = rng(29);
    let (x, gram) = points(12, &mut rng);
    let beta = 1e-4;
    let g = Array2::<f64>::ones((12, 12));
    let fitted = regime(beta).on(x.view()).unwrap();
    let (pairs, _) = fitted.leading(&SimilarityGraph::dense(g.clone()).unwrap(), 1).unwrap();
    let noise = gaussian(12, 1, &mut rng) * 1e-8;
    let features = |v: &Array2<f64>| gram.dot(&((g.dot(v) - v * &pairs.values) / beta));
    let shift = features(&(&pairs.vectors + &noise)) - features(&pairs.vectors);
    let growth = (squared_norm(&shift) / squared_norm(&noise)).sqrt();
    assert!(growth > 0.1 / beta, "{growth}");
    // Through K⁻¹ nothing grows at the samples.
    let embedded = fitted.expand((&pairs.vectors + &noise).view()).unwrap().embed(x.view()).unwrap();
    assert!(rel(&embedded, &(&pairs.vectors + &noise)) < 1e-11);
}

/// A Gaussian kernel on close points is singular. The pseudo-inverse leaves the dropped directions unpenalised: they
/// lead with features of zero. The regime restricts to the range instead.
#[test]
fn t31_truncated_directions_do_not_lead() {
    let n = 30;
    let x = Array2::from_shape_fn((n, 1), |(i, _)| 2.0 * i as f64 / (n - 1) as f64 - 1.0);
    let kernel = Gaussian { sigma: 1.0 };
    let fitted = KernelRegime { kernel, beta: 1e-3, cutoff: 1e-9 }.on(x.view()).unwrap();
    let gram = distances(&x, &x).mapv(|distance| (-distance * distance).exp());
    let (kappa, u) = jacobi(&gram);
    let smallest = 1e-9 + n as f64 * f64::EPSILON * kappa[0];
    let rank = kappa.iter().filter(|&&value| value > smallest).count();
    assert!(rank < n);
    assert_eq!(fitted.kernel_spectrum().unwrap().len(), rank);

    // What the restriction avoids.
    let kept = u.slice(s![.., ..rank]);
    let inverse = (&kept / &kappa.slice(s![..rank])).dot(&kept.t());
    let (values, vectors) = jacobi(&symmetrised(&(Array2::<f64>::eye(n) - &inverse * 1e-3)));
    let features = gram.dot(&inverse).dot(&vectors);
    for m in 0..n - rank {
        assert!((values[m] - 1.0).abs() < 1e-6);
        assert!(features.column(m).iter().all(|feature| feature.abs() < 1e-6));
    }
    assert!(values[n - rank] < 1.0 - 1e-4 / n as f64);

    let identity = SimilarityGraph::identity(n).unwrap();
    let k = 4;
    let (pairs, map) = fitted.leading(&identity, k).unwrap();
    let expected = kappa.slice(s![..k]).mapv(|kappa| 1.0 - 1e-3 / kappa);
    assert!(rel(&pairs.values, &expected) < 1e-9);
    assert!(rel(&map.embed(x.view()).unwrap(), &pairs.vectors) < 1e-6);
    // So do the penalised losses, whose other directions would cost nothing.
    let best = fitted.minimise(SIMCLR2, &identity, k).unwrap();
    assert!(rel(&best.eigenvalues, &expected) < 1e-9);
    assert!(best.value > free(SIMCLR2, &identity, k, 0.0).unwrap().value);
    assert!(rel(&best.map.embed(x.view()).unwrap(), &best.z) < 1e-6);
}

/// Samples that coincide: no function tells them apart, whatever the graph says.
#[test]
fn t31_coincident_points() {
    let mut rng = rng(31);
    let (x, _) = points(12, &mut rng);
    let x = ndarray::concatenate![Axis(0), x, x.slice(s![..4, ..])];
    let fitted = KernelRegime { kernel: Exponential { sigma: SIGMA }, beta: 1e-2, cutoff: 1e-10 }
        .on(x.view())
        .unwrap();
    assert_eq!(fitted.kernel_spectrum().unwrap().len(), 12);
    let graph = crate::support::symmetric(16, || rng.random_range(-1.0..1.0), |_| 1.0);
    let graph = SimilarityGraph::dense(graph).unwrap();
    let (pairs, _) = fitted.leading(&graph, 5).unwrap();
    let best = fitted.minimise(SIMCLR2, &graph, 5).unwrap();
    for z in [&pairs.vectors, &best.z] {
        assert!(rel(z.slice(s![12.., ..]), z.slice(s![..4, ..])) < 1e-9);
    }
    let (kappa, u) = jacobi(&exponential(&x, &x));
    let u = u.slice(s![.., ..12]).to_owned();
    let penalties = Array2::from_diag(&kappa.slice(s![..12]).mapv(|kappa| 1e-2 / kappa));
    let restricted = spectrum(&symmetrised(&(u.t().dot(&graph.to_dense()).dot(&u) - penalties)));
    assert!(rel(&pairs.values, &restricted[..5]) < 1e-9 && rel(&best.eigenvalues, &restricted[..5]) < 1e-9);
}
