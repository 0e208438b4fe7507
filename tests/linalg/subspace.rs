//! Claims T36 and T38: how fast filtered subspace iteration contracts, and what a warm start saves.

use ndarray::{Array2, s};
use pal::kernel::{Exponential, gram};
use pal::linalg::{Filter, SpectralFactor, SubspaceIteration, count_above, leading_eigenpairs, random_block};
use proptest::prelude::*;
use rand::RngExt;

use crate::instances::{
    assert_leading, gapped_values, largest_tangent, max_abs, orthonormal_columns, with_spectrum,
};
use crate::support::{cases, gaussian, random_graph, rng};

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn t36_contraction(seed in any::<u64>()) {
        let (n, k) = (30, 3);
        let mut rng = rng(seed);
        let values = gapped_values(n, k, 2.0, &mut rng);
        let (a, q) = with_spectrum(&values, &mut rng);
        let (wanted, unwanted, lowest) = (values[k - 1], values[k], values[n - 1]);
        let start = orthonormal_columns(gaussian(n, k, &mut rng));
        let tangent = largest_tangent(&q, &start);
        // Measured by the squares of cosines, tangents beyond are not good to 1e-6.
        prop_assume!(tangent < 1e4);

        for shift in [-lowest, -(lowest + unwanted) / 2.0] {
            let factor = (unwanted + shift) / (wanted + shift);
            let mut x = start.clone();
            for step in 1..=7 {
                x = Filter::ShiftedPower { shift }.step(&a.view(), x.view()).unwrap();
                prop_assert!(max_abs(&(x.t().dot(&x) - Array2::<f64>::eye(k))) < 1e-13);
                prop_assert!(largest_tangent(&q, &x) <= factor.powi(step) * tangent * (1.0 + 1e-6) + 1e-11);
            }
        }

        let degree = 8;
        let at = (2.0 * wanted - lowest - unwanted) / (unwanted - lowest);
        let factor = 1.0 / (f64::from(degree) * at.acosh()).cosh();
        let filter = Filter::Chebyshev { degree: 8, low: lowest, high: unwanted };
        let mut x = start.clone();
        for step in 1..=2 {
            x = filter.step(&a.view(), x.view()).unwrap();
            prop_assert!(largest_tangent(&q, &x) <= factor.powi(step) * tangent * (1.0 + 1e-6) + 1e-11);
        }

        // Degree 1 is the power step with the best shift.
        let chebyshev = Filter::Chebyshev { degree: 1, low: lowest, high: unwanted }.step(&a.view(), start.view()).unwrap();
        let power = Filter::ShiftedPower { shift: -(lowest + unwanted) / 2.0 }.step(&a.view(), start.view()).unwrap();
        prop_assert!(max_abs(&(chebyshev - power)) < 1e-12);
    }

    #[test]
    fn subspace_iteration_finds_the_leading_pairs(a in random_graph(), k in 1..=4_usize, degree in 1..=12_usize, seed in any::<u64>()) {
        let n = a.nrows();
        let start = random_block(n, (k + 2).min(n), &mut rng(seed));
        let options = SubspaceIteration { degree, tolerance: 1e-13, most_steps: 20_000, ..SubspaceIteration::default() };
        let mut found = options.leading(&a.view(), k, start.view()).unwrap();
        prop_assert!(found.pairs.next.is_none());
        prop_assert!(max_abs(&(found.block.t().dot(&found.block) - Array2::<f64>::eye(start.ncols()))) < 1e-13);
        let certificate = found.pairs.certify(&a.view()).unwrap();
        prop_assert!(certificate.residuals.iter().all(|&residual| residual < 1e-11));
        let dense = leading_eigenpairs(a.view(), k).unwrap();
        found.pairs.next = dense.next;
        assert_leading("subspace iteration", &a, &found.pairs, k);
        // Starting from the answer takes no step, unless a guard that has not converged ties with it and is mixed in.
        let again = SubspaceIteration { tolerance: 1e-12, ..options }.leading(&a.view(), k, found.block.view()).unwrap();
        let tied = dense.next.is_some_and(|next| dense.values[k - 1] - next < 1e-3);
        prop_assert!(tied || again.steps == 0);
    }
}

/// Dependent, zero and too few independent start columns are replaced; a start that is the whole space is exact.
#[test]
fn any_start_will_do() {
    let a = with_spectrum(&gapped_values(20, 3, 2.0, &mut rng(1)), &mut rng(2)).0;
    let dense = leading_eigenpairs(a.view(), 3).unwrap();
    let mut repeated = gaussian(20, 5, &mut rng(3));
    let first = repeated.column(0).to_owned();
    (1..5).for_each(|j| repeated.column_mut(j).assign(&first));
    for start in [repeated, Array2::zeros((20, 5)), Array2::ones((20, 4)), Array2::eye(20)] {
        let found = SubspaceIteration::default().leading(&a.view(), 3, start.view()).unwrap();
        assert!(
            max_abs(
                &(found.pairs.vectors.dot(&found.pairs.vectors.t()) - dense.vectors.dot(&dense.vectors.t()))
            ) < 1e-8
        );
        assert_eq!(found.steps == 0, start.ncols() == 20);
    }
}

/// Multiples of the identity, the zero operator, and a bound on the spectrum that is far off.
#[test]
fn degenerate_operators_and_bounds() {
    let start = random_block(10, 4, &mut rng(1));
    for factor in [0.0, 1.0, -3.0, 1e100] {
        let a = Array2::<f64>::eye(10) * factor;
        let found = SubspaceIteration::default().leading(&a.view(), 2, start.view()).unwrap();
        assert!(found.pairs.values.iter().all(|value| (value - factor).abs() <= 1e-14 * factor.abs()));
    }
    let values = gapped_values(40, 2, 3.0, &mut rng(2));
    let a = with_spectrum(&values, &mut rng(3)).0;
    for lowest in [-1e4, -20.0, values[39], 0.0, 100.0] {
        let options =
            SubspaceIteration { lowest: Some(lowest), most_steps: 20_000, ..SubspaceIteration::default() };
        let found = options.leading(&a.view(), 2, random_block(40, 4, &mut rng(4)).view()).unwrap();
        assert!(
            (&found.pairs.values - &ndarray::arr1(&values[..2])).iter().all(|error| error.abs() < 1e-9),
            "{lowest}"
        );
    }
}

/// High degrees on a cluster beside well separated pairs: without locking and a bound on the amplification, rounding of
/// the leading pairs would swallow the cluster.
#[test]
fn t38_high_degrees_do_not_wipe_out_a_cluster() {
    let n = 80;
    let mut values = vec![60.0, 40.0, 25.0, 1.0, 1.0 - 1e-4, 1.0 - 3e-4];
    values.extend((6..n).map(|i| 0.999 - 0.5 * (i as f64) / n as f64));
    let (a, q) = with_spectrum(&values, &mut rng(5));
    let start = random_block(n, 9, &mut rng(6));
    for degree in [1, 8, 50, 400] {
        let options =
            SubspaceIteration { degree, tolerance: 1e-9, most_steps: 30_000, ..SubspaceIteration::default() };
        let found = options.leading(&a.view(), 5, start.view()).unwrap();
        assert!((&found.pairs.values - &ndarray::arr1(&values[..5])).iter().all(|error| error.abs() < 1e-9));
        assert!(largest_tangent(&q, &found.pairs.vectors) < 1e-3, "degree {degree}");
        assert_eq!(count_above(a.view(), 1.0 - 2e-4).unwrap(), 5);
    }
}

/// N = 120 points of four circles, 60 of them known, ten more pairs answered one by one.
#[test]
fn t38_warm_starts_save_steps() {
    let (n, known, k, beta) = (120, 60, 3, 1e-3);
    for degree in [1, 2, 8] {
        let (mut cold_steps, mut warm_steps) = (0, 0);
        for seed in 0..3 {
            let mut rng = rng(seed);
            let class: Vec<usize> = (0..n).map(|_| rng.random_range(0..4)).collect();
            let noise = 0.1 * gaussian(n, 2, &mut rng);
            let x = Array2::from_shape_fn((n, 2), |(i, axis)| {
                let angle = std::f64::consts::TAU * (i as f64 * 0.618_034).fract();
                (class[i] + 1) as f64 * if axis == 0 { angle.cos() } else { angle.sin() } + noise[[i, axis]]
            });
            let truth = |i: usize, j: usize| if class[i] == class[j] { 1.0 } else { -1.0 };
            let mut graph = Array2::from_shape_fn((n, n), |(i, j)| {
                if i == j {
                    1.0
                } else if i < known && j < known {
                    truth(i, j)
                } else {
                    0.0
                }
            });
            let gram = gram(&Exponential { sigma: 0.2 }, x.view()).unwrap();
            let penalty = beta * SpectralFactor::new(gram.view(), 0.0).unwrap().power(-1.0);

            let options = SubspaceIteration { degree, tolerance: 1e-8, ..SubspaceIteration::default() };
            let start = random_block(n, k + 2, &mut rng);
            let mut warm = options.leading(&(&graph - &penalty).view(), k, start.view()).unwrap().block;
            for _update in 0..10 {
                let (i, j) = (rng.random_range(known..n), rng.random_range(0..known));
                graph[[i, j]] = truth(i, j);
                graph[[j, i]] = truth(i, j);
                let t = &graph - &penalty;
                let dense = leading_eigenpairs(t.view(), k).unwrap();
                let from_cold =
                    options.leading(&t.view(), k, random_block(n, k + 2, &mut rng).view()).unwrap();
                let from_warm = options.leading(&t.view(), k, warm.view()).unwrap();
                for found in [&from_cold, &from_warm] {
                    let error = &found.pairs.values - &dense.values;
                    assert!(error.iter().all(|error| error.abs() < 1e-9), "degree {degree}: {error}");
                    let middle = 0.5 * (dense.values[k - 1] + dense.next.unwrap());
                    assert_eq!(count_above(t.view(), middle).unwrap(), k);
                }
                cold_steps += from_cold.steps;
                warm_steps += from_warm.steps;
                warm = from_warm.block;
            }
        }
        assert!(warm_steps < cold_steps, "degree {degree}: {warm_steps} warm, {cold_steps} cold");
    }
}

#[test]
fn filters_refuse_bad_parameters() {
    let a = Array2::<f64>::eye(4);
    let x = gaussian(4, 2, &mut rng(1));
    let bad = |filter: Filter| matches!(filter.step(&a.view(), x.view()), Err(pal::Error::Domain { .. }));
    assert!(bad(Filter::ShiftedPower { shift: f64::NAN }));
    assert!(bad(Filter::Chebyshev { degree: 0, low: 0.0, high: 1.0 }));
    assert!(bad(Filter::Chebyshev { degree: 3, low: 1.0, high: 1.0 }));
    assert!(bad(Filter::Chebyshev { degree: 3, low: f64::NAN, high: 1.0 }));
    assert!(bad(Filter::Chebyshev { degree: 3, low: 0.0, high: f64::INFINITY }));
    // So high a degree overflows: an error, not infinities.
    assert!(bad(Filter::Chebyshev { degree: 2000, low: 0.0, high: 0.5 }));
    let wide = gaussian(4, 5, &mut rng(1));
    assert!(Filter::ShiftedPower { shift: 0.0 }.step(&a.view(), wide.view()).is_err());
    let filtered = Filter::ShiftedPower { shift: 0.0 }.step(&a.view(), x.slice(s![.., ..1])).unwrap();
    assert_eq!(filtered.dim(), (4, 1));
}
