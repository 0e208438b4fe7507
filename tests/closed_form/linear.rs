//! Claims T28 and T30: representations linear in the inputs.

use ndarray::Array2;
use pal::closed_form::{LinearRegime, free};
use pal::graph::SimilarityGraph;
use pal::loss::SpectralLoss;
use proptest::prelude::*;
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use crate::matrices::orthonormal_columns;
use crate::objectives::{barlow_twins_optimum, laplacian, loss_value, positive_squares, with_slope, within};
use crate::support::definitions::{matrix_power, simclr2, squared_norm, vic2};
use crate::support::descent::best_descent;
use crate::support::{cases, gaussian, jacobi, rel, rng, spectrum, symmetric};

const SIMCLR2: SpectralLoss = SpectralLoss::SimClr2;
const BARLOW_TWINS2: SpectralLoss = SpectralLoss::BarlowTwins2;

/// Samples, inputs and their rank: tall, tall and deficient, square.
const SHAPES: [(usize, usize, usize); 3] = [(12, 5, 5), (12, 5, 3), (8, 8, 8)];

/// Inputs of a given rank with singular values in [0.5, 2].
fn inputs((n, p, rank): (usize, usize, usize), rng: &mut impl Rng) -> Array2<f64> {
    let left = orthonormal_columns(gaussian(n, rank, rng));
    let right = orthonormal_columns(gaussian(p, rank, rng));
    let sigma: ndarray::Array1<f64> = (0..rank).map(|_| rng.random_range(0.5..2.0)).collect();
    (&left * &sigma).dot(&right.t())
}

/// A graph of the default family over `n` samples.
fn graph(n: usize, kind: usize, rng: &mut impl Rng) -> Array2<f64> {
    match kind {
        0 => symmetric(n, || rng.sample(StandardNormal), |entry| entry),
        1 => symmetric(n, || f64::from(u8::from(rng.random_bool(0.3))), |_| 1.0),
        _ => symmetric(n, || f64::from(rng.random_range(-1..=1)), |_| 1.0),
    }
}

fn instance() -> impl Strategy<Value = (Array2<f64>, Array2<f64>, usize, usize, u64)> {
    (0..3_usize, 0..3_usize, 1..=4_usize, any::<u64>()).prop_map(|(shape, kind, k, seed)| {
        let mut rng = rng(seed);
        let x = inputs(SHAPES[shape], &mut rng);
        let g = graph(x.nrows(), kind, &mut rng);
        (x, g, k, SHAPES[shape].2, seed)
    })
}

fn symmetrised(a: &Array2<f64>) -> Array2<f64> {
    (a + &a.t()) * 0.5
}

/// `H Xᵀ A X H` with `H = (XᵀX)^{+1/2}`, and the projector on the row space.
fn whitened(x: &Array2<f64>, a: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
    let moment = x.t().dot(x);
    let h = matrix_power(&moment, -0.5);
    (symmetrised(&h.dot(&x.t()).dot(a).dot(x).dot(&h)), matrix_power(&moment, 0.0))
}

proptest! {
    #![proptest_config(cases(60))]

    /// ‖XΘΘᵀXᵀ − G‖² is ‖ΦΦᵀ − S_G‖² up to a constant, Φ = (XᵀX)^{1/2} Θ; likewise VIC².
    #[test]
    fn t28_identities((x, g, k, _, seed) in instance(), lambda in 0.1..2.0_f64) {
        let theta = gaussian(x.ncols(), k, &mut rng(seed.wrapping_add(1)));
        let (z, phi) = (x.dot(&theta), matrix_power(&x.t().dot(&x), 0.5).dot(&theta));
        let (s_g, _) = whitened(&x, &g);
        let expected = simclr2(&phi, &s_g) + squared_norm(&g) - squared_norm(&s_g);
        prop_assert!(within(1e-7, simclr2(&z, &g), expected));
        let (s_l, projector) = whitened(&x, &laplacian(&g));
        let a = projector - s_l * (0.5 * lambda);
        let expected = simclr2(&phi, &a) + k as f64 - squared_norm(&a);
        prop_assert!(within(1e-7, vic2(&z, &g, lambda), expected));
    }

    #[test]
    fn t28_linear_optimum((x, g, k, rank, seed) in instance(), lambda in 0.1..2.0_f64) {
        let regime = LinearRegime::new(x.view(), 0.0).unwrap();
        let graph = SimilarityGraph::dense(g.clone()).unwrap();
        let (s_g, projector) = whitened(&x, &g);
        let (s_l, _) = whitened(&x, &laplacian(&g));
        let vic = SpectralLoss::Vic2 { lambda };
        for (loss, matrix, at_zero) in
            [(SIMCLR2, s_g, squared_norm(&g)), (vic, &projector - &(s_l * (0.5 * lambda)), k as f64)]
        {
            let best = regime.minimise(loss, &graph, k).unwrap();
            // Eigenvalues outside the row space are zero and carry nothing.
            let optimum = at_zero - positive_squares(&spectrum(&matrix), k);
            let scale = 1.0 + at_zero + positive_squares(&spectrum(&matrix), k);
            prop_assert!((best.value - optimum).abs() <= 1e-9 * scale);
            prop_assert!((loss_value(loss, &best.z, &g) - optimum).abs() <= 1e-9 * scale);
            prop_assert!(best.eigenvalues.len() == k.min(rank));
            prop_assert!(best.next.is_some() == (k < rank));
            let theta = &best.map.theta;
            prop_assert!(rel(&x.dot(theta), &best.z) < 1e-9);
            prop_assert!(rel(&projector.dot(theta), theta) < 1e-9); // the one of least norm
            let new = gaussian(7, x.ncols(), &mut rng(seed.wrapping_add(2)));
            prop_assert!(rel(&best.map.embed(new.view()).unwrap(), &new.dot(theta)) < 1e-12);
            prop_assert!(rel(&best.map.embed(x.view()).unwrap(), &best.z) < 1e-9);
        }
        // Positive modes solve XᵀGXθ = g XᵀXθ.
        let best = regime.minimise(SIMCLR2, &graph, k).unwrap();
        let theta = &best.map.theta;
        for (mode, &eigenvalue) in theta.columns().into_iter().zip(&best.eigenvalues).take(best.rank()) {
            let left = x.t().dot(&g.dot(&x.dot(&mode)));
            let right = x.t().dot(&x.dot(&mode)) * eigenvalue;
            prop_assert!(rel(&left, &right) < 1e-9);
        }
        // With as many dimensions as samples nothing is constrained.
        if rank == x.nrows() {
            prop_assert!(within(1e-9, best.value, free(SIMCLR2, &graph, k, 0.0).unwrap().value));
        } else {
            prop_assert!(best.value >= free(SIMCLR2, &graph, k, 0.0).unwrap().value - 1e-9);
        }
    }

    /// The ridge 2β‖Θ‖²: (ΦᵀGΦ − βI) θ = t ΦᵀΦ θ on the features Φ = X.
    #[test]
    fn t30_features_with_ridge((x, g, k, rank, _) in instance(), beta in 0.01..0.5_f64, lambda in 0.1..2.0_f64) {
        let regime = LinearRegime::new(x.view(), beta).unwrap();
        let graph = SimilarityGraph::dense(g.clone()).unwrap();
        let moment_inverse = matrix_power(&x.t().dot(&x), -1.0);
        let (s_g, projector) = whitened(&x, &g);
        let (s_l, _) = whitened(&x, &laplacian(&g));
        let vic = SpectralLoss::Vic2 { lambda };
        for (loss, matrix, at_zero) in [
            (SIMCLR2, &s_g - &(&moment_inverse * beta), squared_norm(&g)),
            (vic, &projector - &(s_l * (0.5 * lambda)) - &(&moment_inverse * beta), k as f64),
        ] {
            let best = regime.minimise(loss, &graph, k).unwrap();
            let gain = positive_squares(&spectrum(&symmetrised(&matrix)), k);
            let scale = 1.0 + at_zero + gain;
            prop_assert!((best.value - (at_zero - gain)).abs() <= 1e-9 * scale);
            let by_definition = loss_value(loss, &best.z, &g) + 2.0 * beta * squared_norm(&best.map.theta);
            prop_assert!((best.value - by_definition).abs() <= 1e-9 * scale);
        }
        let best = regime.minimise(SIMCLR2, &graph, k).unwrap();
        let theta = &best.map.theta;
        for (mode, &t) in theta.columns().into_iter().zip(&best.eigenvalues).take(best.rank()) {
            let left = x.t().dot(&g.dot(&x.dot(&mode))) - &mode * beta;
            prop_assert!(rel(&left, &(x.t().dot(&x.dot(&mode)) * t)) < 1e-9);
        }
        // The linear kernel K = XXᵀ, of rank below N: the spectrum of UᵀGU − βΛ⁻¹ on its range.
        let (kappa, u) = jacobi(&x.dot(&x.t()));
        let u = u.slice(ndarray::s![.., ..rank]).to_owned();
        let penalties = Array2::from_diag(&kappa.slice(ndarray::s![..rank]).mapv(|kappa| beta / kappa));
        let restricted = spectrum(&(symmetrised(&u.t().dot(&g).dot(&u)) - penalties));
        prop_assert!(rel(&best.eigenvalues, &restricted[..k.min(rank)]) < 1e-9);
    }

    /// BT² + 2β‖Θ‖²: the formula of claim T47 with the eigenvalues of X Xᵀ's root around G.
    #[test]
    fn t47_linear((x, g, k, _, _) in instance(), beta in 0.01..1.0_f64) {
        let regime = LinearRegime::new(x.view(), beta).unwrap();
        let best = regime.minimise(BARLOW_TWINS2, &SimilarityGraph::dense(g.clone()).unwrap(), k).unwrap();
        let values = spectrum(&symmetrised(&x.t().dot(&g).dot(&x)));
        let optimum = barlow_twins_optimum(&values, k, beta);
        prop_assert!(within(1e-9, best.value, optimum));
        let by_definition = loss_value(BARLOW_TWINS2, &best.z, &g) + 2.0 * beta * squared_norm(&best.map.theta);
        prop_assert!(within(1e-9, by_definition, optimum));
    }
}

proptest! {
    #![proptest_config(cases(16))]

    /// Descent in Θ; ill-conditioned inputs slow it, so its slack is 1e-3 above and nothing below.
    #[test]
    fn t28_by_descent((x, g, k, _, seed) in instance(), penalised in any::<bool>()) {
        let beta = if penalised { 0.1 } else { 0.0 };
        let regime = LinearRegime::new(x.view(), beta).unwrap();
        let graph = SimilarityGraph::dense(g.clone()).unwrap();
        let mut losses = vec![SIMCLR2, SpectralLoss::Vic2 { lambda: 0.7 }];
        if penalised {
            losses.push(BARLOW_TWINS2);
        }
        for loss in losses {
            let optimum = regime.minimise(loss, &graph, k).unwrap().value;
            let objective = |theta: &Array2<f64>| {
                let (value, slope) = with_slope(loss, &x.dot(theta), &g);
                (value + 2.0 * beta * squared_norm(theta), x.t().dot(&slope) + theta * (4.0 * beta))
            };
            let (_, value) = best_descent(&objective, (x.ncols(), k), &mut rng(seed));
            let scale = 1.0 + optimum.abs();
            prop_assert!(value >= optimum - 1e-7 * scale && value <= optimum + 1e-3 * scale, "{loss:?} {value} {optimum}");
        }
    }
}

/// More columns than the inputs have dimensions: the surplus is zero.
#[test]
fn t28_more_columns_than_the_rank() {
    let mut rng = rng(28);
    let x = inputs((12, 5, 3), &mut rng);
    let g = Array2::<f64>::eye(12);
    let regime = LinearRegime::new(x.view(), 0.0).unwrap();
    let best = regime.minimise(SIMCLR2, &SimilarityGraph::identity(12).unwrap(), 9).unwrap();
    assert_eq!((best.z.dim(), best.map.theta.dim(), best.rank()), ((12, 9), (5, 9), 3));
    assert!(best.is_unique() && best.next.is_none());
    assert!(within(1e-9, simclr2(&best.z, &g), 9.0) && within(1e-9, best.value, 9.0));
}
