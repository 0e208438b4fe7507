//! Bad input is an error that names the argument.

use ndarray::{Array2, array, s};
use pal::Error;
use pal::linalg::{
    PartialEigensolver, SpectralFactor, SubspaceIteration, cholesky, count_above, leading_eigenpairs,
    least_squares, solve_lower, solve_lower_transposed, symmetric_eigen,
};
use rand::RngExt;

use crate::support::{gaussian, rng, symmetric};

fn matrix(n: usize) -> Array2<f64> {
    let mut rng = rng(n as u64);
    symmetric(n, || rng.random_range(-1.0..1.0), |entry| entry)
}

fn lower_leading(a: &Array2<f64>, k: usize) -> pal::Result<pal::linalg::Eigenpairs> {
    PartialEigensolver::default().leading(a.view(), k)
}

#[test]
fn not_finite_anywhere_in_the_lower_triangle() {
    let n = 18;
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for i in 0..n {
            for j in 0..=i {
                let mut a = matrix(n);
                a[[i, j]] = bad;
                for k in [1, 4, 5, n] {
                    match lower_leading(&a, k) {
                        Err(Error::NotFinite { argument: "a", index, .. }) => assert_eq!(index, [i, j]),
                        other => panic!("{bad} at ({i}, {j}), k = {k}: {other:?}"),
                    }
                }
                a[[j, i]] = bad;
                let refused = |result: Result<_, Error>| matches!(result, Err(Error::NotFinite { .. }));
                assert!(refused(leading_eigenpairs(a.view(), 1).map(|_| ())));
                assert!(refused(symmetric_eigen(a.view()).map(|_| ())));
                assert!(refused(count_above(a.view(), 0.0).map(|_| ())));
                assert!(refused(cholesky(a.view()).map(|_| ())));
            }
        }
    }
}

/// What stands above the diagonal is not read, at any scale and for any `k`.
#[test]
fn the_upper_triangle_is_not_read() {
    for scale in [1.0, 1e200, 1e-200] {
        for n in [1, 2, 3, 7, 8, 9, 17, 30] {
            let a = matrix(n) * scale;
            for junk in [f64::NAN, f64::INFINITY, 1e300, 0.0] {
                let lower = Array2::from_shape_fn((n, n), |(i, j)| if j <= i { a[[i, j]] } else { junk });
                for k in [1, n.div_ceil(4), n] {
                    assert_eq!(lower_leading(&lower, k).unwrap(), lower_leading(&a, k).unwrap());
                }
            }
        }
    }
}

#[test]
fn shapes_counts_and_asymmetry() {
    let a = matrix(9);
    for k in [0, 10, usize::MAX] {
        let message = lower_leading(&a, k).unwrap_err().to_string();
        assert!(message.starts_with("k = "), "{message}");
        assert!(matches!(leading_eigenpairs(a.view(), k), Err(Error::Domain { argument: "k", .. })));
    }
    let empty = Array2::<f64>::zeros((0, 0));
    assert!(matches!(lower_leading(&empty, 1), Err(Error::Empty { argument: "a", .. })));
    assert!(matches!(leading_eigenpairs(empty.view(), 1), Err(Error::Empty { .. })));
    assert!(matches!(symmetric_eigen(empty.view()), Err(Error::Empty { .. })));
    assert!(matches!(count_above(empty.view(), 0.0), Err(Error::Empty { .. })));
    assert!(matches!(cholesky(empty.view()), Err(Error::Empty { .. })));
    assert!(matches!(SpectralFactor::new(empty.view(), 0.0), Err(Error::Empty { .. })));
    assert!(matches!(least_squares(empty.view(), empty.view()), Err(Error::Empty { .. })));

    let wide = a.slice(s![..3, ..]);
    assert!(matches!(lower_leading(&wide.to_owned(), 1), Err(Error::Shape { .. })));
    assert!(matches!(symmetric_eigen(wide), Err(Error::Shape { .. })));
    assert!(matches!(count_above(wide, 0.0), Err(Error::Shape { .. })));
    assert!(matches!(cholesky(wide), Err(Error::Shape { .. })));
    assert!(matches!(least_squares(a.view(), wide), Err(Error::Shape { argument: "b", .. })));

    let mut skew = a.clone();
    skew[[7, 2]] += 1e-6;
    assert!(matches!(leading_eigenpairs(skew.view(), 1), Err(Error::Asymmetric { row: 7, column: 2, .. })));
    assert!(matches!(symmetric_eigen(skew.view()), Err(Error::Asymmetric { .. })));
    assert!(matches!(count_above(skew.view(), 0.0), Err(Error::Asymmetric { .. })));
    assert!(matches!(cholesky(skew.view()), Err(Error::Asymmetric { .. })));
    assert!(matches!(count_above(a.view(), f64::NAN), Err(Error::Domain { argument: "mu", .. })));
    assert!(matches!(SpectralFactor::new(a.view(), -1.0), Err(Error::Domain { argument: "cutoff", .. })));
}

#[test]
fn triangular_solves() {
    let r = array![[2.0, f64::NAN], [1.0, 4.0]];
    let b = array![[2.0], [9.0]];
    assert_eq!(solve_lower(r.view(), b.view()).unwrap(), array![[1.0], [2.0]]);
    assert_eq!(solve_lower_transposed(r.view(), b.view()).unwrap(), array![[-0.125], [2.25]]);
    let singular = array![[1.0, 0.0], [1.0, 0.0]];
    assert!(matches!(solve_lower(singular.view(), b.view()), Err(Error::Singular { argument: "r", .. })));
    assert!(matches!(solve_lower(r.view(), r.slice(s![..1, ..])), Err(Error::Shape { argument: "b", .. })));
    let bad = array![[f64::NAN], [0.0]];
    assert!(matches!(solve_lower_transposed(r.view(), bad.view()), Err(Error::NotFinite { .. })));
}

#[test]
fn subspace_iteration() {
    let a = matrix(12);
    let start = gaussian(12, 4, &mut rng(1));
    let run =
        |options: SubspaceIteration, k, start: &Array2<f64>| options.leading(&a.view(), k, start.view());
    let domain =
        |argument| move |error: Error| matches!(error, Error::Domain { argument: a, .. } if a == argument);
    let default = SubspaceIteration::default;
    assert!(run(default(), 0, &start).is_err_and(domain("k")));
    assert!(run(default(), 5, &start).is_err_and(domain("k")));
    assert!(run(SubspaceIteration { degree: 0, ..default() }, 2, &start).is_err_and(domain("degree")));
    assert!(
        run(SubspaceIteration { tolerance: 0.0, ..default() }, 2, &start).is_err_and(domain("tolerance"))
    );
    assert!(
        run(SubspaceIteration { lowest: Some(f64::NAN), ..default() }, 2, &start)
            .is_err_and(domain("lowest"))
    );
    assert!(matches!(
        run(default(), 2, &Array2::zeros((11, 3))),
        Err(Error::Shape { argument: "start", .. })
    ));
    assert!(matches!(
        run(default(), 1, &Array2::zeros((12, 0))),
        Err(Error::Empty { argument: "start", .. })
    ));
    assert!(run(default(), 2, &Array2::zeros((12, 13))).is_err());
    let mut bad = start.clone();
    bad[[3, 1]] = f64::NAN;
    assert!(matches!(run(default(), 2, &bad), Err(Error::NotFinite { argument: "start", .. })));

    // Too few steps are an error with the residual, not a wrong answer.
    match run(SubspaceIteration { most_steps: 1, degree: 1, ..default() }, 2, &start) {
        Err(Error::NotConverged { iterations: 1, residual, tolerance, .. }) => assert!(residual > tolerance),
        other => panic!("{other:?}"),
    }
    let mut broken = a.clone();
    broken[[5, 5]] = f64::NAN;
    assert!(default().leading(&broken.view(), 2, start.view()).is_err());
}
