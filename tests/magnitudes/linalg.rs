//! Decompositions, solvers and certificates.

use ndarray::{Array1, Array2, ArrayView2, s};
use pal::linalg::{
    Eigenpairs, Filter, KernelShiftInvert, LeadingPairs, Lobpcg, Method, Operator, SpectralFactor,
    SubspaceIteration, ThickRestartLanczos, Woodbury, cholesky, count_above, leading_eigenpairs,
    leading_eigenpairs_of_update, least_squares, sine_between, solve_lower, solve_lower_transposed,
    symmetric_eigen, thin_svd,
};
use proptest::prelude::*;

use crate::support::{gaussian, jacobi, rng};
use crate::{all_near, entries, magnitudes, near, numbers};

fn of_pairs(pairs: Eigenpairs) -> Vec<f64> {
    let mut all = entries(&pairs.vectors);
    all.extend(pairs.values);
    all.extend(pairs.next);
    all
}

proptest! {
    #[test]
    fn numbers_from_eigensolvers(of in magnitudes(), n in 2..12_usize) {
        let a = of.symmetric(1, n);
        numbers("symmetric_eigen", symmetric_eigen(a.view()), of_pairs)?;
        for k in [1, n] {
            numbers("leading_eigenpairs", leading_eigenpairs(a.view(), k), of_pairs)?;
        }
        let (values, w, core) = (of.matrix::<f64>(2, n, 1), of.matrix::<f64>(3, n, 2), of.symmetric(4, 2));
        let updated = leading_eigenpairs_of_update(values.column(0), w.view(), core.view(), 1);
        numbers("leading_eigenpairs_of_update", updated, of_pairs)?;
        let start = of.matrix::<f64>(5, n, 2);
        let iteration = SubspaceIteration { most_steps: 5, lowest: None, ..SubspaceIteration::default() };
        let found = iteration.leading(&a.view(), 1, start.view());
        numbers("SubspaceIteration", found, |found| [of_pairs(found.pairs), entries(&found.block)].concat())?;
        let lanczos = ThickRestartLanczos { most_steps: 5, ..ThickRestartLanczos::default() };
        let found = lanczos.leading(&a.view(), 1, Some(start.view()));
        numbers("ThickRestartLanczos", found, |found| [of_pairs(found.pairs), entries(&found.block)].concat())?;
        let found = Lobpcg { most_steps: 5, ..Lobpcg::default() }.leading(&a.view(), None, 1, start.view());
        numbers("Lobpcg", found, |found| [of_pairs(found.pairs), entries(&found.block)].concat())?;
        for method in [Method::Dense, Method::Chebyshev, Method::Lanczos, Method::Lobpcg] {
            let problem = LeadingPairs { method, most_steps: 5, ..LeadingPairs::default() };
            numbers("LeadingPairs", problem.of(&a.view()), |found| {
                [of_pairs(found.pairs), entries(&found.block), found.bounds.to_vec()].concat()
            })?;
        }
        let (low, high) = (-of.number(6), of.number(7));
        for filter in [Filter::ShiftedPower { shift: low }, Filter::Chebyshev { degree: 3, low, high }] {
            numbers("Filter::step", filter.step(&a.view(), start.view()), |block| entries(&block))?;
        }
        let pairs = Eigenpairs {
            values: of.matrix::<f64>(8, 2, 1).into_iter().collect(),
            vectors: of.matrix(9, n, 2),
            next: Some(of.number(10)),
        };
        numbers("pair_bound", pairs.pair_bound((0, 1), of.number(11)), |bound| bound)?;
        numbers("certify", pairs.certify(&a.view()), |found| {
            let mut all = found.residuals.to_vec();
            all.extend(pairs.value_bounds(&found).unwrap());
            all.extend([found.residual_norm, found.orthogonality]);
            all.extend(found.gap);
            all.extend(found.subspace_bound());
            all
        })?;
        numbers("count_above", count_above(a.view(), of.number(12)), |count| [count as f64])?;
    }

    #[test]
    fn numbers_from_decompositions(of in magnitudes(), m in 2..9_usize, p in 2..9_usize) {
        let (a, b) = (of.matrix::<f64>(1, m, p), of.matrix::<f64>(2, m, 2));
        numbers("thin_svd", thin_svd(a.view()), |svd| {
            [entries(&svd.u), svd.singular_values.to_vec(), entries(&svd.vt), vec![svd.rank() as f64]].concat()
        })?;
        numbers("sine_between", sine_between(a.view(), b.view(), 1), |sine| [sine])?;
        numbers("least_squares", least_squares(a.view(), b.view()), |solution| entries(&solution))?;
        let square = of.symmetric(3, m);
        let right = of.matrix::<f64>(4, m, 2);
        numbers("solve_lower", solve_lower(square.view(), right.view()), |x| entries(&x))?;
        numbers("solve_lower_transposed", solve_lower_transposed(square.view(), right.view()), |x| entries(&x))?;
        // Positive definite, of any scale in each row.
        let scales = of.matrix::<f64>(5, m, 1).mapv(|scale| scale.abs().sqrt());
        let positive = Array2::from_shape_fn((m, m), |(i, j)| {
            scales[[i, 0]] * scales[[j, 0]] * if i == j { 1.0 } else { 0.3 }
        });
        numbers("cholesky", cholesky(positive.view()), |root| entries(&root))?;
        numbers("SpectralFactor", SpectralFactor::new(positive.view(), 0.0), |factor| factor.values.to_vec())?;
        let inverse = SpectralFactor::inverse_of_full_rank(positive.view(), of.number(6));
        numbers("inverse_of_full_rank", inverse, |inverse| inverse.map_or(vec![], |inverse| entries(&inverse)))?;
        let inverse = SpectralFactor::inverse_of_full_rank(positive.view(), 0.0);
        numbers("inverse_of_full_rank", inverse, |inverse| inverse.map_or(vec![], |inverse| entries(&inverse)))?;
        let (identity, u, c) = (Array2::<f64>::eye(m), of.matrix::<f64>(7, m, 2), of.symmetric(8, 2));
        let woodbury = Woodbury::new(identity.view(), u.view(), c.view());
        numbers("Woodbury", woodbury, |_| [])?;
        let inverse = KernelShiftInvert::new(&identity.view(), positive.view(), of.number(9));
        let inverse = inverse.and_then(|inverse| inverse.apply(identity.view()));
        numbers("KernelShiftInvert", inverse, |inverse| entries(&inverse))?;
    }

    /// Eigenpairs of `c A`: `c` times the values, and the same vectors.
    #[test]
    fn eigenpairs_scale(exponent in -290.0..300.0_f64, n in 5..30_usize, seed in any::<u64>()) {
        let half = gaussian(n, n, &mut rng(seed));
        let a = &half + &half.t();
        let (scale, (expected, _)) = (10_f64.powf(exponent), jacobi(&a));
        let scaled = &a * scale;
        let close = |found: &Eigenpairs| {
            let v = &found.vectors;
            let residual = a.dot(v) - v * &(&found.values / scale);
            found.values.iter().zip(&expected).all(|(found, value)| (found / scale - value).abs() < 1e-10)
                && residual.iter().all(|entry| entry.abs() < 1e-8)
        };
        prop_assert!(close(&leading_eigenpairs(scaled.view(), 1).unwrap()));
        prop_assert!(close(&symmetric_eigen(scaled.view()).unwrap()));
        prop_assert_eq!(count_above(scaled.view(), 0.0).unwrap(), expected.iter().filter(|&&e| e > 0.0).count());
        for method in [Method::Lanczos, Method::Lobpcg] {
            let found = LeadingPairs { method, ..LeadingPairs::default() }.of(&scaled.view()).unwrap();
            prop_assert!(close(&found.pairs));
        }
        // A filter amplifies: nearer the largest number its products are no numbers, and it says so.
        if exponent > 285.0 {
            return Ok(());
        }
        let start = gaussian(n, n.min(4), &mut rng(seed + 1));
        let iteration = SubspaceIteration { most_steps: 5000, ..SubspaceIteration::default() };
        let found = iteration.leading(&scaled.view(), 1, start.view()).unwrap();
        prop_assert!(close(&found.pairs));
        let certificate = found.pairs.certify(&scaled.view()).unwrap();
        prop_assert!(certificate.residual_norm / scale < 1e-8);
    }

    /// `diag(cλ) + W (cC) Wᵀ`, and the same with the scale in the factor.
    #[test]
    fn updates_scale(exponent in -200.0..200.0_f64, n in 5..20_usize, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let values: Array1<f64> = gaussian(n, 1, &mut rng).column(0).to_owned();
        let (w, core) = (gaussian(n, 2, &mut rng), ndarray::array![[1.0, 0.3], [0.3, -2.0]]);
        let scale = 10_f64.powf(exponent);
        // Where eigenvalues almost coincide it may give up, at any scale.
        let update = |values: &Array1<f64>, w: &Array2<f64>, core: &Array2<f64>| {
            match leading_eigenpairs_of_update(values.view(), w.view(), core.view(), 2) {
                Err(pal::Error::NotConverged { .. }) => None,
                found => Some(found.unwrap().values),
            }
        };
        let Some(expected) = update(&values, &w, &core) else { return Ok(()) };
        let close = |found: &Option<Array1<f64>>| {
            found.as_ref().is_none_or(|found| {
                found.iter().zip(&expected).all(|(a, b)| (a / scale - b).abs() < 1e-10)
            })
        };
        prop_assert!(close(&update(&(&values * scale), &w, &(&core * scale))));
        if exponent.abs() < 140.0 {
            prop_assert!(close(&update(&(&values * scale), &(&w * scale), &(&core / scale))));
        }
    }

    /// `W` for `(a A, b B)` is `b / a` times that for `(A, B)`.
    #[test]
    fn least_squares_scale(of_a in -290.0..300.0_f64, ratio in -300.0..300.0_f64, p in 2..5_usize, seed in any::<u64>()) {
        let (a, b) = (gaussian(9, p, &mut rng(seed)), gaussian(9, 2, &mut rng(seed + 1)));
        let ratio = ratio.clamp(-290.0 - of_a, 300.0 - of_a).clamp(-290.0, 300.0);
        let (scale, ratio) = (10_f64.powf(of_a), 10_f64.powf(ratio));
        let expected = least_squares(a.view(), b.view()).unwrap();
        let found = least_squares((&a * scale).view(), (&b * (scale * ratio)).view()).unwrap();
        prop_assert!(all_near(&(found / ratio), &expected, 1e-9));
    }

    /// Singular values, roots and inverses of `c A`.
    #[test]
    fn decompositions_scale(exponent in -290.0..300.0_f64, seed in any::<u64>()) {
        let (a, scale) = (gaussian(7, 5, &mut rng(seed)), 10_f64.powf(exponent));
        let values = |a: ArrayView2<f64>| thin_svd(a).unwrap().singular_values;
        let (found, expected) = (values((&a * scale).view()), values(a.view()));
        prop_assert!(found.iter().zip(&expected).all(|(a, b)| near(a / scale, *b, 1e-10)));
        let positive = a.t().dot(&a);
        let root = cholesky((&positive * scale).view()).unwrap() / scale.sqrt();
        prop_assert!(all_near(&root, &cholesky(positive.view()).unwrap(), 1e-9));
        if let Some(inverse) = SpectralFactor::inverse_of_full_rank(positive.view(), 0.0).unwrap() {
            let found = SpectralFactor::inverse_of_full_rank((&positive * scale).view(), 0.0).unwrap().unwrap();
            prop_assert!(all_near(&(found * scale), &inverse, 1e-7));
        }
        let sine = sine_between((&a * scale).view(), a.slice(s![.., ..]), 2).unwrap();
        prop_assert!(sine < 1e-10);
    }
}
