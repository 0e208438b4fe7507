//! Claims T18–T22 and T47 where `Z` is free.

use ndarray::{Array1, Array2, Axis, s};
use pal::closed_form::free;
use pal::graph::SimilarityGraph;
use pal::linalg::thin_svd;
use pal::loss::SpectralLoss;
use proptest::prelude::*;
use rand::RngExt;

use crate::instances::labels_of_sizes;
use crate::matrices::{angles, orthonormal_columns, with_spectrum};
use crate::objectives::{
    barlow_twins_optimum, laplacian, loss_value, penalised, positive_squares, vic2_matrix, with_slope, within,
};
use crate::support::definitions::{barlow_twins2, simclr2, squared_norm, vic2};
use crate::support::descent::{best_descent, descend, is_found};
use crate::support::{cases, gaussian, jacobi, random_graph, rel, rng, spectrum};

const SIMCLR2: SpectralLoss = SpectralLoss::SimClr2;
const BARLOW_TWINS2: SpectralLoss = SpectralLoss::BarlowTwins2;

fn dense(g: &Array2<f64>) -> SimilarityGraph {
    SimilarityGraph::dense(g.clone()).unwrap()
}

fn gram(z: &Array2<f64>) -> Array2<f64> {
    z.dot(&z.t())
}

/// Singular values of `z`, descending.
fn singular_values(z: &Array2<f64>) -> Vec<f64> {
    thin_svd(z.view()).unwrap().singular_values.to_vec()
}

/// The orthogonal `Q` for which `a Q` is nearest to `b`.
fn procrustes(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    let svd = thin_svd(a.t().dot(b).view()).unwrap();
    svd.u.dot(&svd.vt)
}

fn leading_modes(vectors: &Array2<f64>, k: usize, scales: impl Iterator<Item = f64>) -> Array2<f64> {
    &vectors.slice(s![.., ..k]) * &scales.take(k).collect::<Array1<f64>>()
}

proptest! {
    #![proptest_config(cases(60))]

    /// min ‖ZZᵀ − G‖² = ‖G‖² − Σ_{k≤K} (g_k)₊².
    #[test]
    fn t18_simclr2_free_optimum(g in random_graph(), k in 1..=6_usize, seed in any::<u64>()) {
        let best = free(SIMCLR2, &dense(&g), k, 0.0).unwrap();
        let values = spectrum(&g);
        let optimum = squared_norm(&g) - positive_squares(&values, k);
        prop_assert_eq!(best.z.dim(), (g.nrows(), k));
        prop_assert!(within(1e-9, simclr2(&best.z, &g), optimum));
        prop_assert!(within(1e-9, best.value, optimum));
        prop_assert!(rel(&best.eigenvalues, &values[..k]) < 1e-9);
        prop_assert!(best.next.is_none_or(|next| within(1e-9, next, values[k])));
        // Any rotation is as good, any other point no better.
        let q = orthonormal_columns(gaussian(k, k, &mut rng(seed)));
        prop_assert!(within(1e-9, simclr2(&best.z.dot(&q), &g), optimum));
        let nearby = &best.z + &(gaussian(g.nrows(), k, &mut rng(seed)) * 0.1);
        prop_assert!(simclr2(&nearby, &g) >= optimum - 1e-9 * (1.0 + optimum));
    }

    /// VIC² loses Σ_{k≤K} [1 − (1 − λl_k/2)₊²], l ascending.
    #[test]
    fn t19_vic2_free_optimum(g in random_graph(), k in 1..=6_usize, large in any::<bool>()) {
        let lambda = if large { 2.0 } else { 0.3 };
        let best = free(SpectralLoss::Vic2 { lambda }, &dense(&g), k, 0.0).unwrap();
        let scales: Vec<f64> = spectrum(&laplacian(&g)).iter().rev().map(|l| 1.0 - 0.5 * lambda * l).collect();
        let optimum = k as f64 - positive_squares(&scales, k);
        // Modes of signed graphs cancel in the value as they do in the loss.
        let scale = 1e-9 * (1.0 + positive_squares(&scales, k));
        prop_assert!((vic2(&best.z, &g, lambda) - optimum).abs() <= scale);
        prop_assert!((best.value - optimum).abs() <= scale);
        let expected: Vec<f64> = scales[..k].iter().map(|a| a.max(0.0).sqrt()).collect();
        prop_assert!(rel(&singular_values(&best.z), &expected) < 1e-6);
        let (_, vectors) = jacobi(&vic2_matrix(&g, lambda));
        if scales[k - 1] > 1e-3 && scales[k - 1] - scales.get(k).unwrap_or(&f64::NEG_INFINITY) > 1e-3 {
            let z = leading_modes(&vectors, k, expected.into_iter());
            prop_assert!(rel(&gram(&best.z), &gram(&z)) < 1e-9);
        }
    }

    /// The identity itself, whatever Z: ‖ZᵀZ − I‖² + λ Tr(ZᵀLZ) = ‖ZZᵀ − A‖² + K − ‖A‖².
    #[test]
    fn t19_master_identity(g in random_graph(), k in 1..=5_usize, seed in any::<u64>()) {
        let z = gaussian(g.nrows(), k, &mut rng(seed));
        for lambda in [0.3, 2.0] {
            let a = vic2_matrix(&g, lambda);
            let expected = simclr2(&z, &a) + k as f64 - squared_norm(&a);
            prop_assert!((vic2(&z, &g, lambda) - expected).abs() <= 1e-9 * (1.0 + simclr2(&z, &a)));
            // So the two closed forms are the same problem.
            let here = free(SpectralLoss::Vic2 { lambda }, &dense(&g), k, 0.0).unwrap();
            let there = free(SIMCLR2, &dense(&a), k, 0.0).unwrap();
            prop_assert!((here.value - (there.value + k as f64 - squared_norm(&a))).abs() <= 1e-9 * (1.0 + squared_norm(&a)));
            prop_assert!(rel(&here.eigenvalues, &there.eigenvalues) < 1e-9);
        }
    }

    /// D = cI and λ = 2/c: VIC² on G and SimCLR² on G/c have the same minimisers.
    #[test]
    fn t20_regular_graphs(n in 6..=16_usize, k in 1..=4_usize, weights in prop::array::uniform3(0.1..2.0_f64), seed in any::<u64>()) {
        // A circulant graph: every row has the same sum.
        let g = Array2::from_shape_fn((n, n), |(i, j)| {
            let distance = (i + n - j) % n;
            *weights.get(distance.min(n - distance)).unwrap_or(&0.0)
        });
        let c = g.row(0).sum();
        let scaled = &g / c;
        let z = gaussian(n, k, &mut rng(seed));
        let constant = k as f64 - squared_norm(&scaled);
        prop_assert!(within(1e-9, vic2(&z, &g, 2.0 / c), simclr2(&z, &scaled) + constant));
        let here = free(SpectralLoss::Vic2 { lambda: 2.0 / c }, &dense(&g), k, 0.0).unwrap();
        let there = free(SIMCLR2, &dense(&scaled), k, 0.0).unwrap();
        prop_assert!(within(1e-9, here.value, there.value + constant));
        prop_assert_eq!(here.is_unique(), there.is_unique());
        if here.is_unique() && here.eigenvalues[k - 1] - here.next.unwrap() > 1e-4 {
            prop_assert!(rel(&gram(&here.z), &gram(&there.z)) < 1e-9);
        }
    }

    /// On the normalised graph and Laplacian the equivalence needs no regularity.
    #[test]
    fn t20_normalised_graphs(n in 6..=16_usize, k in 1..=4_usize, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let g = crate::support::symmetric(n, || rng.random_range(0.0..1.0), |entry| entry);
        let normalised = dense(&g).normalised().unwrap();
        let gn = normalised.to_dense();
        let best = free(SIMCLR2, &normalised, k, 0.0).unwrap();
        let whitening = |z: &Array2<f64>| squared_norm(&(z.t().dot(z) - Array2::<f64>::eye(k)));
        let vic2_normalised = |z: &Array2<f64>| {
            let ln = Array2::<f64>::eye(n) - &gn;
            whitening(z) + 2.0 * (z * &ln.dot(z)).sum()
        };
        let constant = k as f64 - squared_norm(&gn);
        let z = gaussian(n, k, &mut rng);
        prop_assert!(within(1e-9, vic2_normalised(&z), simclr2(&z, &gn) + constant));
        prop_assert!(within(1e-9, vic2_normalised(&best.z), best.value + constant));
    }

    /// (K − p)₊, and the least norm among those that attain it.
    #[test]
    fn t21_barlow_twins2_free_optimum(g in random_graph(), k in 1..=6_usize) {
        let values = spectrum(&g);
        prop_assume!(values.iter().all(|value| value.abs() < 1e-11 || value.abs() > 1e-3));
        let positive = values.iter().filter(|&&value| value > 1e-3).count();
        let best = free(BARLOW_TWINS2, &dense(&g), k, 0.0).unwrap();
        let optimum = k.saturating_sub(positive) as f64;
        prop_assert!((barlow_twins2(&best.z, &g) - optimum).abs() < 1e-9);
        prop_assert!((best.value - optimum).abs() < 1e-9);
        prop_assert_eq!(best.rank(), k.min(positive));
        let norm: f64 = values.iter().take(k.min(positive)).map(|value| value.recip()).sum();
        prop_assert!(within(1e-9, squared_norm(&best.z), norm));
    }

    /// Every K-dimensional positive subspace attains 0: rotations of all positive modes, mixtures with negative ones,
    /// anything added from the kernel. "Barlow Twins finds the top eigenvectors" needs the least norm.
    #[test]
    fn t21_other_minimisers(n in 8..=16_usize, k in 1..=3_usize, t in 0.2..1.5_f64, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let mut values: Vec<f64> = (0..5).map(|_| rng.random_range(0.5..4.0)).collect();
        values.sort_by(|a, b| b.total_cmp(a));
        values.extend(vec![0.0; n - 7]);
        values.extend([-1.5, -2.5]);
        let (g, modes) = with_spectrum(&values, &mut rng);
        let best = free(BARLOW_TWINS2, &dense(&g), k, 0.0).unwrap();
        let least = squared_norm(&best.z);
        prop_assert!(within(1e-9, least, values[..k].iter().map(|value| value.recip()).sum()));

        let scaled = leading_modes(&modes, 5, values.iter().map(|value| value.abs().sqrt().recip()));
        let rotated = scaled.dot(&orthonormal_columns(gaussian(5, k, &mut rng)));
        let mut hyperbolic = scaled.slice(s![.., ..k]).to_owned();
        let negative = &modes.column(n - 1) / 2.5_f64.sqrt();
        let mixed = &scaled.column(k - 1) * t.cosh() + negative * t.sinh();
        hyperbolic.column_mut(k - 1).assign(&mixed);
        let kernel = &best.z + &modes.slice(s![.., 5..n - 2]).dot(&gaussian(n - 7, k, &mut rng));
        let bottom = scaled.slice(s![.., 5 - k..]).to_owned();
        for other in [rotated, hyperbolic, kernel, bottom] {
            prop_assert!(barlow_twins2(&other, &g) < 1e-9);
            prop_assert!(squared_norm(&other) >= least - 1e-9);
            prop_assert!(rel(&gram(&other), &gram(&best.z)) > 1e-6); // not the same representation
        }
    }

    /// BT² + 2β‖Z‖²: the top eigenvectors, q_k = (g_k − β)₊ / g_k².
    #[test]
    fn t47_penalised_barlow_twins2(g in random_graph(), k in 1..=6_usize, beta in 0.05..2.0_f64) {
        let (values, vectors) = jacobi(&g);
        let values = values.to_vec();
        let best = free(BARLOW_TWINS2, &dense(&g), k, beta).unwrap();
        let optimum = barlow_twins_optimum(&values, k, beta);
        let by_definition = barlow_twins2(&best.z, &g) + 2.0 * beta * squared_norm(&best.z);
        prop_assert!(within(1e-9, by_definition, optimum) && within(1e-9, best.value, optimum));
        let modes = values.iter().map(|g| (g - beta).max(0.0).sqrt() / g.max(beta));
        let last = values.get(k).copied().unwrap_or(f64::NEG_INFINITY);
        if values[k - 1] - last > 1e-3 || values[k - 1] < beta - 1e-3 {
            prop_assert!(best.is_unique());
            prop_assert!(rel(&gram(&best.z), &gram(&leading_modes(&vectors, k, modes))) < 1e-9);
        }
    }

    /// With a penalty, all three: the closed form's value is the loss's and what its matrix says.
    #[test]
    fn t47_every_loss_with_a_penalty(g in random_graph(), k in 1..=5_usize, beta in 0.0..1.0_f64, lambda in 0.1..2.0_f64) {
        let n = g.nrows();
        let eye = Array2::<f64>::eye(n);
        for (loss, matrix, at_zero) in [
            (SIMCLR2, g.clone(), squared_norm(&g)),
            (SpectralLoss::Vic2 { lambda }, vic2_matrix(&g, lambda), k as f64),
        ] {
            let best = free(loss, &dense(&g), k, beta).unwrap();
            let values = spectrum(&(matrix - &eye * beta));
            let gain = positive_squares(&values, k);
            prop_assert!((best.value - (at_zero - gain)).abs() <= 1e-9 * (1.0 + at_zero + gain));
            let by_definition = loss_value(loss, &best.z, &g) + 2.0 * beta * squared_norm(&best.z);
            prop_assert!((best.value - by_definition).abs() <= 1e-9 * (1.0 + at_zero + gain));
        }
    }

    /// As many singular values differ from zero as modes carry something.
    #[test]
    fn t22_collapse(g in random_graph(), k in 4..=6_usize, beta in 0.5..3.0_f64, lambda in 0.3..2.0_f64) {
        let cases = [
            (SIMCLR2, 0.0, spectrum(&g), 0.0),
            (SpectralLoss::Vic2 { lambda }, 0.0, spectrum(&vic2_matrix(&g, lambda)), 0.0),
            (BARLOW_TWINS2, beta, spectrum(&g), beta),
        ];
        for (loss, beta, values, threshold) in cases {
            if values.iter().take(k).any(|value| (1e-11..1e-4).contains(&(value - threshold).abs())) {
                continue;
            }
            let carried = values.iter().take(k).filter(|&&value| value > threshold + 1e-5).count();
            let best = free(loss, &dense(&g), k, beta).unwrap();
            prop_assert_eq!(best.rank(), carried);
            prop_assert_eq!(singular_values(&best.z).iter().filter(|&&sigma| sigma > 1e-7).count(), carried);
            prop_assert!(best.z.slice(s![.., carried..]).iter().all(|&entry| entry == 0.0));
        }
    }

    /// ZZᵀ is the only optimal one iff the mode after the last is smaller, or the last carries nothing.
    #[test]
    fn t18_uniqueness(values in prop::collection::vec(-2..=3_i32, 6..=10), seed in any::<u64>()) {
        let mut values: Vec<f64> = values.into_iter().map(f64::from).collect();
        values.sort_by(|a, b| b.total_cmp(a));
        let (g, _) = with_spectrum(&values, &mut rng(seed));
        for k in 1..=values.len() {
            let last = values[k - 1];
            let separated = k == values.len() || last > values[k];
            let best = free(SIMCLR2, &dense(&g), k, 0.0).unwrap();
            prop_assert_eq!(best.is_unique(), separated || last <= 0.0, "SimCLR², k = {}", k);
            prop_assert_eq!(best.rank(), values[..k].iter().filter(|&&value| value > 0.0).count());
            let best = free(BARLOW_TWINS2, &dense(&g), k, 1.0).unwrap();
            prop_assert_eq!(best.is_unique(), separated || last <= 1.0, "Barlow Twins², k = {}", k);
        }
    }
}

proptest! {
    #![proptest_config(cases(24))]

    /// Descent finds the closed form, its ZZᵀ where an eigengap defines it, and its Z up to a rotation.
    #[test]
    fn t18_simclr2_by_descent(g in random_graph(), k in 1..=5_usize, seed in any::<u64>()) {
        let best = free(SIMCLR2, &dense(&g), k, 0.0).unwrap();
        let objective = |z: &Array2<f64>| with_slope(SIMCLR2, z, &g);
        let (found, value) = best_descent(&objective, (g.nrows(), k), &mut rng(seed));
        prop_assert!(is_found(best.value, value), "{value} against {}", best.value);
        // There are no other local minima: a single start finds it as well.
        let (_, value) = descend(&objective, gaussian(g.nrows(), k, &mut rng(seed.wrapping_add(1))));
        prop_assert!(is_found(best.value, value), "{value} against {}", best.value);
        let (last, next) = (best.eigenvalues[k - 1], best.next.unwrap());
        if last - next >= 0.1 && last >= 0.1 {
            prop_assert!(rel(&gram(&found), &gram(&best.z)) < 1e-4);
            prop_assert!(rel(&best.z.dot(&procrustes(&best.z, &found)), &found) < 1e-4);
        }
    }

    #[test]
    fn t19_vic2_by_descent(g in random_graph(), k in 1..=5_usize, large in any::<bool>(), seed in any::<u64>()) {
        let loss = SpectralLoss::Vic2 { lambda: if large { 2.0 } else { 0.3 } };
        let best = free(loss, &dense(&g), k, 0.0).unwrap();
        let objective = |z: &Array2<f64>| with_slope(loss, z, &g);
        let (_, value) = best_descent(&objective, (g.nrows(), k), &mut rng(seed));
        prop_assert!(is_found(best.value, value), "{value} against {}", best.value);
    }

    #[test]
    fn t47_by_descent(g in random_graph(), k in 1..=5_usize, beta in 0.05..1.0_f64, seed in any::<u64>()) {
        let eye = Array2::<f64>::eye(g.nrows());
        for loss in [SIMCLR2, SpectralLoss::Vic2 { lambda: 0.7 }, BARLOW_TWINS2] {
            let best = free(loss, &dense(&g), k, beta).unwrap();
            let objective = |z: &Array2<f64>| penalised(loss, z, &g, &eye, beta);
            let (_, value) = best_descent(&objective, (g.nrows(), k), &mut rng(seed));
            prop_assert!(is_found(best.value, value), "{loss:?}: {value} against {}", best.value);
        }
    }

    /// Descent's surplus columns vanish too, once no mode sits near the threshold.
    #[test]
    fn t22_collapse_by_descent(positive in 1..=3_usize, k in 4..=5_usize, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let mut values: Vec<f64> = (0..positive).map(|_| rng.random_range(1.0..3.0)).collect();
        values.sort_by(|a, b| b.total_cmp(a));
        values.extend((positive..10).map(|m| -0.2 - 0.1 * m as f64));
        let (g, _) = with_spectrum(&values, &mut rng);
        let eye = Array2::<f64>::eye(10);
        for (loss, beta) in [(SIMCLR2, 0.0), (BARLOW_TWINS2, 0.5)] {
            let start = gaussian(10, k, &mut rng);
            let (z, _) = descend(&|z| penalised(loss, z, &g, &eye, beta), start);
            prop_assert_eq!(singular_values(&z).iter().filter(|&&sigma| sigma > 1e-2).count(), positive, "{:?}", loss);
        }
    }
}

/// Spectrum (3, 2, 2, −1, −1, −2): K = 2 has two optima, K = 5 one, of rank 3.
#[test]
fn t18_a_tie_at_the_cut() {
    let (g, modes) = with_spectrum(&[3.0, 2.0, 2.0, -1.0, -1.0, -2.0], &mut rng(18));
    let best = |k| free(SIMCLR2, &dense(&g), k, 0.0).unwrap();
    assert!(best(1).is_unique() && !best(2).is_unique() && best(3).is_unique() && best(4).is_unique());
    assert!(best(5).is_unique() && best(6).is_unique());
    assert_eq!((best(5).rank(), singular_values(&best(5).z).iter().filter(|&&s| s > 1e-7).count()), (3, 3));
    let [one, other] = [1, 2].map(|second| {
        let pair = modes.select(Axis(1), &[0, second]);
        pair * Array1::from(vec![3.0_f64.sqrt(), 2.0_f64.sqrt()])
    });
    for z in [&one, &other] {
        assert!((simclr2(z, &g) - best(2).value).abs() < 1e-9 && (best(2).value - 10.0).abs() < 1e-9);
    }
    assert!(rel(&gram(&one), &gram(&other)) > 0.1);
}

/// Signed graphs: a negative Laplacian eigenvalue gives singular values above 1 and a negative value.
#[test]
fn t19_signed_graphs() {
    let labels = labels_of_sizes(&[5, 3, 2], &mut rng(19));
    let best =
        free(SpectralLoss::Vic2 { lambda: 0.5 }, &SimilarityGraph::contrastive_labels(&labels), 2, 0.0)
            .unwrap();
    // spec(L) holds −N twice: 1 + N/4 = 3.5 each.
    assert!((best.value - (2.0 - 2.0 * 3.5 * 3.5)).abs() < 1e-9);
    assert!(rel(&singular_values(&best.z), &[3.5_f64.sqrt(), 3.5_f64.sqrt()]) < 1e-9);
    // Modes with λl ≥ 2 vanish: all those within classes, where l = n_c ≥ 2 and λ = 1.
    let graph = SimilarityGraph::labels(&labels);
    let vanishing = free(SpectralLoss::Vic2 { lambda: 1.0 }, &graph, 6, 0.0).unwrap();
    assert_eq!(vanishing.rank(), 3);
    assert!(vanishing.is_unique());
}

/// Without regularity the two losses have different minimisers.
#[test]
fn t20_irregular_graphs_differ() {
    for seed in 0..20 {
        let labels = labels_of_sizes(&[6, 3, 1], &mut rng(seed));
        let graph = SimilarityGraph::labels(&labels);
        let g = graph.to_dense();
        let z = gaussian(10, 2, &mut rng(seed + 100));
        let degrees = g.sum_axis(Axis(1));
        let squares = z.map_axis(Axis(1), |row| row.dot(&row));
        let excess = 2.0 * (degrees - 1.0).dot(&squares);
        let difference = vic2(&z, &g, 2.0) - simclr2(&z, &g);
        assert!(within(1e-9, difference, excess + 2.0 - squared_norm(&g)) && excess > 1e-3);

        let here = free(SpectralLoss::Vic2 { lambda: 2.0 }, &graph, 3, 0.0).unwrap();
        let there = free(SIMCLR2, &graph, 3, 0.0).unwrap();
        assert!(simclr2(&here.z, &g) > there.value + 1e-3);
        assert!(vic2(&there.z, &g, 2.0) > here.value + 1e-3);
    }
}

/// Without the penalty the minimiser of Barlow Twins² is not the top eigenspace; with any penalty it is.
#[test]
fn t47_the_penalty_breaks_the_tie() {
    let (g, modes) = with_spectrum(&[4.0, 3.0, 2.0, 1.0, -1.0, -2.0], &mut rng(47));
    let start = gaussian(6, 2, &mut rng(48));
    let sine = |z: &Array2<f64>| angles(&modes, &orthonormal_columns(z.clone())).0;
    let (anything, value) = descend(&|z| with_slope(BARLOW_TWINS2, z, &g), start.clone());
    assert!(value < 1e-9 && sine(&anything) > 1e-2);
    let eye = Array2::<f64>::eye(6);
    let (top, _) = descend(&|z| penalised(BARLOW_TWINS2, z, &g, &eye, 0.1), start);
    assert!(sine(&top) < 1e-4);
}
