//! Matrices that break eigensolvers.

use ndarray::{Array1, Array2, Axis, s};
use pal::linalg::{PartialEigensolver, count_above, symmetric_eigen};
use rand::RngExt;

use crate::instances::{assert_leading_against, max_abs, with_spectrum};
use crate::support::{gaussian, jacobi, rng, symmetric};

fn check(what: &str, a: &Array2<f64>) {
    let n = a.nrows();
    let reference = jacobi(a);
    let mut solver = PartialEigensolver::default();
    for k in [1, 2, 3, 5, n / 4, n.saturating_sub(1), n] {
        if (1..=n).contains(&k) {
            let pairs = solver.leading(a.view(), k).unwrap();
            assert_leading_against(what, a, &pairs, k, &reference);
        }
    }
}

fn tridiagonal(diagonal: &[f64], off_diagonal: &[f64]) -> Array2<f64> {
    Array2::from_shape_fn((diagonal.len(), diagonal.len()), |(i, j)| match i.abs_diff(j) {
        0 => diagonal[i],
        1 => off_diagonal[i.min(j)],
        _ => 0.0,
    })
}

#[test]
fn zero_identity_diagonal_and_rank_one() {
    for n in [1, 2, 3, 8, 9, 21, 40] {
        check("zero", &Array2::zeros((n, n)));
        check("identity", &Array2::eye(n));
        check("−identity", &-Array2::<f64>::eye(n));
        check("ones", &Array2::ones((n, n)));
        let diagonal =
            Array2::from_diag(&(0..n).map(|i| ((7 * i) % 5) as f64 - 2.0).collect::<Array1<f64>>());
        check("diagonal", &diagonal);
        let x = gaussian(n, 1, &mut rng(n as u64));
        check("rank one", &x.dot(&x.t()));
        check("−rank one", &-x.dot(&x.t()));
        check(
            "one entry",
            &Array2::from_shape_fn((n, n), |(i, j)| if i + j == 2 * n - 2 { 3.0 } else { 0.0 }),
        );
        check(
            "anti-diagonal",
            &Array2::from_shape_fn((n, n), |(i, j)| if i + j == n - 1 { 1.0 } else { 0.0 }),
        );
    }
}

/// The zero matrix has the eigenvalue 0, not a small number.
#[test]
fn zero_is_exact() {
    let pairs = PartialEigensolver::default().leading(Array2::zeros((12, 12)).view(), 3).unwrap();
    assert_eq!((pairs.values.to_vec(), pairs.next), (vec![0.0; 3], Some(0.0)));
}

#[test]
fn label_graphs_with_exactly_multiple_eigenvalues() {
    for (classes, size) in [(4, 25), (10, 4), (30, 2), (60, 1), (1, 50)] {
        let n = classes * size;
        let same = |i: usize, j: usize| i % classes == j % classes;
        check("labels", &Array2::from_shape_fn((n, n), |(i, j)| f64::from(u8::from(same(i, j)))));
        check("contrastive", &Array2::from_shape_fn((n, n), |(i, j)| if same(i, j) { 1.0 } else { -1.0 }));
    }
}

#[test]
fn clusters() {
    for gap in [1e-5, 1e-10, 1e-13, 1e-15] {
        for n in [24, 60] {
            let value = |i: usize| if i < 8 { 1.0 - gap * i as f64 } else { -(i as f64) / n as f64 };
            let values: Vec<f64> = (0..n).map(value).collect();
            check("cluster at the top", &with_spectrum(&values, &mut rng(1)).0);
            let values: Vec<f64> =
                (0..n).map(|i| 2.0 - (i / 6) as f64 * 0.1 - gap * (i % 6) as f64).collect();
            check("clusters of six", &with_spectrum(&values, &mut rng(2)).0);
        }
    }
}

#[test]
fn wilkinson_and_glued_wilkinson() {
    let w21: Vec<f64> = (-10..=10).map(|i| f64::from(i).abs()).collect();
    check("W21+", &tridiagonal(&w21, &[1.0; 20]));
    for glue in [0.0, 1e-14, 1e-8, 1e-4, 1.0] {
        let diagonal: Vec<f64> = w21.iter().copied().cycle().take(105).collect();
        let mut off_diagonal = vec![1.0; 104];
        (1..5).for_each(|block| off_diagonal[21 * block - 1] = glue);
        check("glued W21+", &tridiagonal(&diagonal, &off_diagonal));
    }
}

#[test]
fn graded_matrices() {
    for n in [9, 20, 48] {
        let mut rng = rng(n as u64);
        for ascending in [1.0, -1.0] {
            let grade = |i: usize| 10.0_f64.powf(ascending * (16.0 * i as f64 / (n - 1) as f64 - 8.0));
            let mut a = symmetric(n, || rng.random_range(-1.0..1.0), |entry| entry);
            a.indexed_iter_mut().for_each(|((i, j), entry)| *entry *= (grade(i) * grade(j)).sqrt());
            check("graded", &a);
        }
    }
}

/// Columns whose squares vanish, or lose their digits, beside others of order one.
#[test]
fn blocks_of_vanishing_squares() {
    for exponent in [-130, -141, -155, -158, -160, -161, -162, -200, -300] {
        let tiny = 10.0_f64.powi(exponent);
        let mut rng = rng(5);
        let mut a = symmetric(24, || rng.random_range(-1.0..1.0), |entry| entry);
        a.slice_mut(s![2.., ..]).mapv_inplace(|entry| entry * tiny);
        a.slice_mut(s![..2, 2..]).mapv_inplace(|entry| entry * tiny);
        check("tiny block", &a);
        check("tiny block last", &a.slice(s![..;-1, ..;-1]).to_owned());
    }
}

/// Scaling by a power of two scales the answer, whatever the size.
#[test]
fn huge_and_tiny_scales() {
    for n in [1, 2, 3, 5, 30] {
        let mut rng = rng(n as u64);
        let a = symmetric(n, || rng.random_range(-1.0..1.0), |entry| entry);
        let reference = jacobi(&a);
        for exponent in [-1000, -664, -500, -350, 350, 500, 664, 1000] {
            let scale = 2.0_f64.powi(exponent);
            let scaled = &a * scale;
            for k in [1, n / 4, n] {
                if k == 0 {
                    continue;
                }
                let mut pairs = PartialEigensolver::default().leading(scaled.view(), k).unwrap();
                pairs.values /= scale;
                pairs.next = pairs.next.map(|next| next / scale);
                assert_leading_against(&format!("2^{exponent}"), &a, &pairs, k, &reference);
            }
            let mut pairs = symmetric_eigen(scaled.view()).unwrap();
            pairs.values /= scale;
            assert_leading_against(&format!("all, 2^{exponent}"), &a, &pairs, n, &reference);
            for mu in [-0.3, 0.0, 0.4] {
                let above = reference.0.iter().filter(|&&value| value > mu).count();
                assert_eq!(count_above(scaled.view(), mu * scale).unwrap(), above, "2^{exponent}");
            }
        }
        check("subnormal", &(&a * 0.0 + Array2::<f64>::eye(n)));
    }
}

#[test]
fn subnormal_entries() {
    let a = Array2::from_shape_fn((16, 16), |(i, j)| if i == j { 5e-324 * (i + 1) as f64 } else { 0.0 });
    let pairs = PartialEigensolver::default().leading(a.view(), 2).unwrap();
    assert_eq!(pairs.values.to_vec(), [16.0 * 5e-324, 15.0 * 5e-324]);
    let rows = pairs.vectors.select(Axis(0), &[15, 14]);
    assert!(max_abs(&(rows.mapv(f64::abs) - Array2::<f64>::eye(2))) < 1e-12);
}
