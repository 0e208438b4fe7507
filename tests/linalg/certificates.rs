//! Claims T33 and T34: residual certificates and inertia counts.

use ndarray::{Array1, Array2, s};
use pal::linalg::{Eigenpairs, count_above, symmetric_eigen};
use proptest::prelude::*;
use rand::RngExt;

use crate::instances::{angles, gapped_values, max_abs, orthonormal_columns, with_spectrum};
use crate::support::{cases, gaussian, jacobi, random_graph, rng, spectrum, symmetric};

/// Ritz pairs of `a` on the span of its first eigenvectors, each perturbed.
fn perturbed_pairs(a: &Array2<f64>, q: &Array2<f64>, k: usize, noise: f64, seed: u64) -> Eigenpairs {
    let n = a.nrows();
    let v = q.slice(s![.., ..k]).to_owned() + noise * gaussian(n, k, &mut rng(seed));
    let v = orthonormal_columns(v);
    let (values, rotation) = jacobi(&v.t().dot(a).dot(&v));
    Eigenpairs { values, vectors: v.dot(&rotation), next: None }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn t33_residual_certificates(seed in any::<u64>()) {
        let (n, k) = (20, 3);
        let mut rng = rng(seed);
        let values = gapped_values(n, k, 3.0, &mut rng);
        let (a, q) = with_spectrum(&values, &mut rng);
        let mut pairs = perturbed_pairs(&a, &q, k, 0.05, seed);
        pairs.next = Some(values[k]);
        let certificate = pairs.certify(&a.view()).unwrap();

        // The certificate's numbers are what they say.
        let residual = a.dot(&pairs.vectors) - pairs.vectors.dot(&Array2::from_diag(&pairs.values));
        for (j, &r) in certificate.residuals.iter().enumerate() {
            prop_assert!((r - residual.column(j).dot(&residual.column(j)).sqrt()).abs() < 1e-12);
        }
        let total = residual.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
        prop_assert!((certificate.residual_norm - total).abs() < 1e-12);
        prop_assert!(certificate.orthogonality < 1e-13);
        let spectral_norm = spectrum(&residual.t().dot(&residual))[0].sqrt();

        for (j, (&theta, &r)) in pairs.values.iter().zip(&certificate.residuals).enumerate() {
            // (a)
            let distance = |i: &usize| (values[*i] - theta).abs();
            let nearest = (0..n).min_by(|i, j| distance(i).total_cmp(&distance(j))).unwrap();
            prop_assert!(distance(&nearest) <= r * (1.0 + 1e-9) + 1e-12);
            let gap = (0..n).filter(|&i| i != nearest).map(|i| distance(&i)).fold(f64::INFINITY, f64::min);
            let along = q.column(nearest).dot(&pairs.vectors.column(j));
            let sine = (&pairs.vectors.column(j) - &(&q.column(nearest) * along)).mapv(|e| e * e).sum().sqrt();
            prop_assert!(sine <= r / gap * (1.0 + 1e-9) + 1e-12);
            prop_assert!(distance(&nearest) <= r * r / gap * (1.0 + 1e-9) + 1e-12);
            // (b)
            prop_assert!((values[j] - theta).abs() <= spectral_norm * (1.0 + 1e-9) + 1e-12);
        }
        // (c)
        let delta = pairs.values[k - 1] - values[k];
        prop_assert!((certificate.gap.unwrap() - delta).abs() < 1e-12);
        let (sine, sine_frobenius, _) = angles(&q, &pairs.vectors);
        match certificate.subspace_bound() {
            Some(bound) => {
                prop_assert!((bound - total / delta).abs() < 1e-9 * bound);
                prop_assert!(sine_frobenius <= bound * (1.0 + 1e-9) + 1e-12);
                prop_assert!(sine <= spectral_norm / delta * (1.0 + 1e-9) + 1e-12);
            }
            None => prop_assert!(delta <= 0.0),
        }
    }

    #[test]
    fn t34_inertia_count(a in random_graph(), at in 0.0..1.0_f64) {
        let values = spectrum(&a);
        let mu = values[values.len() - 1] + at * (values[0] - values[values.len() - 1]);
        prop_assume!(values.iter().all(|value| (value - mu).abs() > 1e-9));
        prop_assert_eq!(count_above(a.view(), mu).unwrap(), values.iter().filter(|&&value| value > mu).count());
    }

    /// Zero diagonals force 2×2 blocks.
    #[test]
    fn t34_inertia_count_with_zero_diagonal(n in 2..30_usize, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let a = symmetric(n, || rng.random_range(-1.0..1.0), |_| 0.0);
        let values = spectrum(&a);
        prop_assume!(values.iter().all(|value| value.abs() > 1e-9));
        prop_assert_eq!(count_above(a.view(), 0.0).unwrap(), values.iter().filter(|&&value| value > 0.0).count());
    }
}

/// Good residuals do not show that the pairs are the leading ones; the count does.
#[test]
fn t33_needs_t34() {
    let mut rng = rng(4);
    let values = [5.0, 4.0, 3.0, 1.0, 0.0, -1.0];
    let (a, q) = with_spectrum(&values, &mut rng);
    let missed = Eigenpairs {
        values: Array1::from(vec![5.0, 3.0]),
        vectors: q.select(ndarray::Axis(1), &[0, 2]),
        next: Some(1.0),
    };
    let certificate = missed.certify(&a.view()).unwrap();
    assert!(certificate.residual_norm < 1e-13 && certificate.subspace_bound().unwrap() < 1e-13);
    assert_eq!(count_above(a.view(), 2.0).unwrap(), 3);
}

/// An eigenvalue at the shift itself is not above it where the arithmetic is exact.
#[test]
fn t34_exact_shifts() {
    for n in 1..6 {
        let eye = Array2::<f64>::eye(n);
        assert_eq!(count_above(eye.view(), 1.0).unwrap(), 0);
        assert_eq!(count_above(eye.view(), 1.0 - 1e-15).unwrap(), n);
        assert_eq!(count_above(eye.view(), 1.0 + 1e-15).unwrap(), 0);
        assert_eq!(count_above(Array2::<f64>::zeros((n, n)).view(), 0.0).unwrap(), 0);
    }
    let exchange = ndarray::array![[0.0, 1.0], [1.0, 0.0]];
    assert_eq!(count_above(exchange.view(), 0.0).unwrap(), 1);
    assert_eq!(count_above((-&exchange).view(), 0.0).unwrap(), 1);
    // A label graph with classes of 2, 3 and 5, around each of its eigenvalues.
    let class = |i: usize| usize::from(i >= 2) + usize::from(i >= 5);
    let graph = Array2::from_shape_fn((10, 10), |(i, j)| f64::from(u8::from(class(i) == class(j))));
    for (mu, above) in [(5.0, 0..=1), (3.0, 1..=2), (2.0, 2..=3), (0.0, 3..=10)] {
        assert!(above.contains(&count_above(graph.view(), mu).unwrap()));
        assert_eq!(count_above(graph.view(), mu + 1e-9).unwrap(), *above.start());
        assert_eq!(count_above(graph.view(), mu - 1e-9).unwrap(), *above.end());
    }
}

#[test]
fn certify_refuses_another_order() {
    let pairs = symmetric_eigen(Array2::eye(4).view()).unwrap();
    let other = Array2::<f64>::eye(5);
    assert!(matches!(pairs.certify(&other.view()), Err(pal::Error::Shape { argument: "operator", .. })));
    assert!(max_abs(&pairs.vectors) <= 1.0);
}
