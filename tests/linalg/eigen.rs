//! The partial eigensolver on random matrices, against Jacobi rotations and the full decomposition.

use ndarray::{Array2, ShapeBuilder, s};
use pal::linalg::{Eigenpairs, PartialEigensolver, leading_eigenpairs, symmetric_eigen};
use proptest::prelude::*;
use rand::RngExt;

use crate::instances::{assert_leading, assert_leading_against, with_spectrum};
use crate::support::{cases, gaussian, jacobi, rng, symmetric};

/// Gaussian, label graph, {−1, 0, 1}, low rank, negative definite, positive definite of condition 1e8.
fn matrix(kind: usize, n: usize, seed: u64) -> Array2<f64> {
    let mut rng = rng(seed);
    match kind {
        0 => symmetric(n, || rng.random_range(-1.0..1.0), |entry| entry),
        1 => {
            let class: Vec<u8> = (0..n).map(|_| rng.random_range(0..5)).collect();
            Array2::from_shape_fn((n, n), |(i, j)| f64::from(u8::from(class[i] == class[j])))
        }
        2 => symmetric(n, || f64::from(rng.random_range(-1..=1)), |_| 1.0),
        3 => {
            let factor = gaussian(n, 2, &mut rng);
            factor.dot(&factor.t())
        }
        4 => {
            let factor = gaussian(n, n, &mut rng);
            -factor.dot(&factor.t()) - Array2::<f64>::eye(n)
        }
        _ => {
            let values: Vec<f64> = (0..n).map(|_| 10.0_f64.powf(rng.random_range(-8.0..0.0))).collect();
            with_spectrum(&values, &mut rng).0
        }
    }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn leading_pairs_of_random_matrices_for_every_k(kind in 0..6_usize, n in 1..=60_usize, seed in any::<u64>()) {
        let a = matrix(kind, n, seed);
        let reference = jacobi(&a);
        let mut solver = PartialEigensolver::default();
        for k in 1..=n {
            let pairs = solver.leading(a.view(), k).unwrap();
            assert_leading_against(&format!("kind {kind}"), &a, &pairs, k, &reference);
        }
        let all = symmetric_eigen(a.view()).unwrap();
        assert_leading_against("all", &a, &all, n, &reference);
    }

    /// A solver that has seen other matrices answers to the last bit like a fresh one.
    #[test]
    fn reuse_changes_nothing(cases in prop::collection::vec((0..6_usize, 1..=40_usize, any::<u64>()), 2..6)) {
        let mut used = PartialEigensolver::default();
        for (kind, n, seed) in cases {
            let a = matrix(kind, n, seed);
            for k in [1, n.div_ceil(4)] {
                let fresh = PartialEigensolver::default().leading(a.view(), k).unwrap();
                prop_assert_eq!(used.leading(a.view(), k).unwrap(), fresh);
            }
        }
    }
}

#[test]
fn leading_pairs_of_larger_matrices_equal_the_full_decomposition() {
    for (kind, n) in [(0, 100), (1, 128), (2, 201), (3, 257), (5, 300)] {
        let a = matrix(kind, n, 7);
        let Eigenpairs { values, vectors, .. } = symmetric_eigen(a.view()).unwrap();
        for k in [1, 5, 24] {
            let pairs = leading_eigenpairs(a.view(), k).unwrap();
            assert_leading_against("larger", &a, &pairs, k, &(values.clone(), vectors.clone()));
        }
    }
    let a = matrix(0, 120, 8);
    assert_leading("larger", &a, &leading_eigenpairs(a.view(), 30).unwrap(), 30);
}

/// Every memory layout of the same numbers gives the same bits.
#[test]
fn layouts_change_nothing() {
    let n = 26;
    let a = matrix(0, n, 3);
    let mut wide = Array2::from_elem((2 * n, 3 * n), f64::NAN);
    wide.slice_mut(s![..;2, ..;3]).assign(&a);
    let mut backwards = Array2::zeros((n, n));
    backwards.slice_mut(s![..;-1, ..;-1]).assign(&a);
    let mut columns = Array2::zeros((n, n).f());
    columns.assign(&a);
    for k in [3, n] {
        let expected = leading_eigenpairs(a.view(), k).unwrap();
        for view in [wide.slice(s![..;2, ..;3]), backwards.slice(s![..;-1, ..;-1]), columns.view(), a.t()] {
            assert_eq!(leading_eigenpairs(view, k).unwrap(), expected);
            assert_eq!(PartialEigensolver::default().leading(view, k).unwrap(), expected);
        }
    }
}
