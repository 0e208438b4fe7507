//! Pseudo-inverses and roots (claim T31), least squares of least norm, Cholesky factors.

use ndarray::{Array2, s};
use pal::Error;
use pal::linalg::{
    SpectralFactor, cholesky, leading_eigenpairs, least_squares, sine_between, solve_lower,
    solve_lower_transposed, thin_svd,
};
use proptest::prelude::*;
use rand::RngExt;

use crate::instances::{max_abs, orthonormal_columns, with_spectrum};
use crate::support::{cases, gaussian, jacobi, rel, rng};

/// A matrix `(m, p)` of rank `r` with singular values in `[1, 10]`.
fn of_rank(m: usize, p: usize, r: usize, seed: u64) -> Array2<f64> {
    let mut rng = rng(seed);
    let left = orthonormal_columns(gaussian(m, r, &mut rng));
    let right = orthonormal_columns(gaussian(p, r, &mut rng));
    let values =
        Array2::from_diag(&(0..r).map(|_| rng.random_range(1.0..10.0)).collect::<ndarray::Array1<f64>>());
    left.dot(&values).dot(&right.t())
}

proptest! {
    #![proptest_config(cases(100))]

    /// `W = A⁺B` by Penrose's conditions: the residual is normal to the columns, the solution lies in the row space.
    #[test]
    fn least_squares_of_least_norm(
        m in 1..=20_usize, p in 1..=20_usize, c in 0..4_usize, short in 0.0..1.0_f64, seed in any::<u64>(),
    ) {
        let most = m.min(p);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let r = most - (short * most as f64) as usize;
        let a = of_rank(m, p, r, seed);
        let b = gaussian(m, c, &mut rng(seed ^ 1));
        let w = least_squares(a.view(), b.view()).unwrap();
        prop_assert_eq!(w.dim(), (p, c));
        prop_assert!(max_abs(&a.t().dot(&(a.dot(&w) - &b))) < 1e-11);
        let (values, vectors) = jacobi(&a.t().dot(&a));
        let null = values.iter().filter(|&&value| value < 0.5).count();
        prop_assert_eq!(null, p - r);
        prop_assert!(max_abs(&vectors.slice(s![.., p - null..]).t().dot(&w)) < 1e-12);
        // The same from the normal equations, by the eigenvectors of AᵀA.
        let kept = vectors.slice(s![.., ..r]);
        let inverse = (&kept / &values.slice(s![..r])).dot(&kept.t());
        prop_assert!(rel(&w, &inverse.dot(&a.t().dot(&b))) < 1e-11);
    }

    #[test]
    fn cholesky_factor_and_its_solves(n in 1..=25_usize, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let values: Vec<f64> = (0..n).map(|_| rng.random_range(0.1..10.0)).collect();
        let a = with_spectrum(&values, &mut rng).0;
        let r = cholesky(a.view()).unwrap();
        prop_assert!(max_abs(&(r.dot(&r.t()) - &a)) < 1e-13 * 100.0);
        prop_assert!(r.indexed_iter().all(|((i, j), &entry)| i >= j || entry == 0.0));
        prop_assert!(r.diag().iter().all(|&pivot| pivot > 0.0));
        let b = gaussian(n, 3, &mut rng);
        let x = solve_lower_transposed(r.view(), solve_lower(r.view(), b.view()).unwrap().view()).unwrap();
        prop_assert!(rel(&a.dot(&x), &b) < 1e-11);
        let reversed = a.slice(s![..;-1, ..;-1]);
        let factor = cholesky(reversed).unwrap();
        prop_assert!(max_abs(&(factor.dot(&factor.t()) - reversed)) < 1e-11);
    }

    /// Powers of a semi-definite matrix on its range: Penrose's conditions, the root's square, the dropped directions.
    #[test]
    fn t31_spectral_factor(n in 1..=20_usize, short in 0..20_usize, seed in any::<u64>()) {
        let rank = n - short % n;
        let mut rng = rng(seed);
        let mut values: Vec<f64> = (0..n).map(|_| rng.random_range(0.5..5.0)).collect();
        values[rank..].fill(1e-9);
        let a = with_spectrum(&values, &mut rng).0;
        let factor = SpectralFactor::new(a.view(), 1e-6).unwrap();
        prop_assert_eq!((factor.values.len(), factor.vectors.dim(), factor.dropped), (rank, (n, rank), n - rank));
        prop_assert!(factor.values.iter().zip(factor.values.iter().skip(1)).all(|(a, b)| a >= b));
        let inverse = factor.power(-1.0);
        prop_assert!(max_abs(&(a.dot(&inverse).dot(&a) - &a)) < 1e-8);
        prop_assert!(max_abs(&(inverse.dot(&a).dot(&inverse) - &inverse)) < 1e-8);
        let root = factor.power(0.5);
        prop_assert!(max_abs(&(root.dot(&root) - &a)) < 1e-8);
        prop_assert!(max_abs(&(factor.power(-0.5).dot(&root) - factor.power(0.0))) < 1e-8);
        prop_assert!(SpectralFactor::new(a.view(), 0.0).unwrap().dropped == 0);
    }
}

/// Rounding makes singular values of what should be zero: none of them counts, not even rarely.
#[test]
fn rank_of_products_of_thin_factors() {
    let mut rng = rng(1);
    for _ in 0..20_000 {
        let a = gaussian(8, 3, &mut rng).dot(&gaussian(3, 15, &mut rng));
        let svd = thin_svd(a.view()).unwrap();
        assert_eq!(svd.rank(), 3, "{}", svd.singular_values);
    }
}

#[test]
fn least_squares_at_the_edges() {
    let zero = least_squares(Array2::zeros((3, 2)).view(), Array2::ones((3, 1)).view()).unwrap();
    assert_eq!(zero, Array2::<f64>::zeros((2, 1)));
    let mut bad = Array2::<f64>::ones((3, 2));
    bad[[1, 1]] = f64::NAN;
    let fine = Array2::<f64>::ones((3, 1));
    assert!(matches!(least_squares(bad.view(), fine.view()), Err(Error::NotFinite { argument: "a", .. })));
    assert!(matches!(least_squares(fine.view(), bad.view()), Err(Error::NotFinite { argument: "b", .. })));
    for scale in [1e150, 1e-150] {
        let a = of_rank(6, 4, 4, 1);
        let w = least_squares((&a * scale).view(), a.view()).unwrap();
        assert!(max_abs(&(w * scale - Array2::<f64>::eye(4))) < 1e-12, "scale {scale:e}");
    }
}

/// The error grows like the condition, not like its square, on either side of where the normal equations are given up.
#[test]
fn least_squares_of_nearly_dependent_columns() {
    for distance in [1.0, 1e-1, 1e-2, 3e-3, 1e-3, 1e-4, 1e-6] {
        for seed in 0..20 {
            let mut a = gaussian(40, 3, &mut rng(seed));
            let near = &a.column(0) + &(&a.column(2) * distance);
            a.column_mut(2).assign(&near);
            let w = gaussian(3, 2, &mut rng(seed ^ 7));
            let found = least_squares(a.view(), a.dot(&w).view()).unwrap();
            let error = max_abs(&(found - &w));
            assert!(error < 1e-14 / distance, "columns {distance:e} apart: {error:e}");
        }
    }
}

#[test]
fn not_positive_definite() {
    for values in [vec![1.0, 2.0, -1e-3], vec![-1.0; 3], vec![0.0; 3]] {
        let a = with_spectrum(&values, &mut rng(2)).0;
        match cholesky(a.view()) {
            Err(Error::Singular { argument: "a", value, .. }) => {
                let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
                assert!((value - smallest).abs() < 1e-12);
            }
            other => panic!("{other:?}"),
        }
    }
    let negative = -Array2::<f64>::eye(3);
    assert!(matches!(SpectralFactor::new(negative.view(), 0.0), Err(Error::Singular { .. })));
    assert!(matches!(SpectralFactor::new(Array2::zeros((3, 3)).view(), 0.0), Err(Error::Singular { .. })));
}

/// Truncated directions carry no penalty and lead the spectrum, but their features vanish.
#[test]
fn t31_truncated_directions_lead_with_vanishing_features() {
    let (n, beta) = (30, 1e-3);
    let mut rng = rng(3);
    let x: Vec<f64> = (0..n).map(|_| rng.random_range(-1.0..1.0)).collect();
    let gram = Array2::from_shape_fn((n, n), |(i, j)| (-(x[i] - x[j]).powi(2)).exp());
    let factor = SpectralFactor::new(gram.view(), 1e-5 / n as f64).unwrap();
    let dropped = factor.dropped;
    assert!(dropped > 5 && dropped < n);
    let t = Array2::<f64>::eye(n) - beta * factor.power(-1.0);
    let top = leading_eigenpairs(t.view(), dropped).unwrap();
    assert!(top.values.iter().all(|value| (value - 1.0).abs() < 1e-9));
    assert!(top.next.unwrap() < 1.0 - 1e-7);
    assert!(max_abs(&gram.dot(&factor.power(-1.0)).dot(&top.vectors)) < 1e-6);
    let restricted = Array2::eye(n - dropped) - Array2::from_diag(&factor.values.mapv(|kappa| beta / kappa));
    let best = leading_eigenpairs(restricted.view(), 1).unwrap().values[0];
    assert!((best - (1.0 - beta / factor.values[0])).abs() < 1e-12);
}

/// Squares of these entries leave the number range; the decomposition does not.
#[test]
fn singular_values_at_the_ends_of_the_number_range() {
    let a = gaussian(8, 3, &mut rng(0));
    let svd = thin_svd(a.view()).unwrap();
    for exponent in [-1000, -500, 500, 1000] {
        let scale = 2.0_f64.powi(exponent);
        let far = thin_svd((&a * scale).view()).unwrap();
        assert!(rel(&(far.singular_values / scale), &svd.singular_values) < 1e-14);
        assert!(rel(&far.u, &svd.u) < 1e-13 && rel(&far.vt, &svd.vt) < 1e-13);
    }
}

/// Spans turned against each other by known angles in separate planes: the largest counts, tiny ones to their last digits.
#[test]
fn the_largest_principal_angle() {
    let mut rng = rng(31);
    let q = orthonormal_columns(gaussian(12, 6, &mut rng));
    for angles in [[0.3, 1.2, 0.0], [1e-9, 0.0, 0.0], [0.0, 0.0, std::f64::consts::FRAC_PI_2]] {
        let a = q.slice(s![.., ..3]).to_owned();
        let mut b = a.clone();
        for (i, angle) in angles.iter().enumerate() {
            let turned = &q.column(i) * f64::cos(*angle) + &q.column(3 + i) * f64::sin(*angle);
            b.column_mut(i).assign(&turned);
        }
        let mixing = gaussian(3, 3, &mut rng);
        let sine = sine_between(a.dot(&mixing).view(), b.dot(&mixing.t()).view(), 3).unwrap();
        let expected = angles.iter().fold(0.0_f64, |largest, angle| largest.max(angle.sin()));
        assert!((sine - expected).abs() < 1e-11, "{sine} against {expected}");
    }
    let z = gaussian(5, 2, &mut rng);
    assert!(matches!(sine_between(z.view(), z.view(), 0), Err(Error::Domain { argument: "rank", .. })));
    assert!(matches!(sine_between(z.view(), z.view(), 3), Err(Error::Domain { argument: "rank", .. })));
    assert!(matches!(
        sine_between(z.view(), z.slice(s![1.., ..]), 1),
        Err(Error::Shape { argument: "b", .. })
    ));
}
