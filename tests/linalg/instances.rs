//! Random matrices of known spectra, angles between subspaces, and what leading eigenpairs must satisfy.

use ndarray::{Array1, Array2, Axis, s};
use pal::linalg::Eigenpairs;
use rand::{Rng, RngExt};

use crate::support::{gaussian, jacobi, spectrum};

pub(crate) fn max_abs(a: &Array2<f64>) -> f64 {
    a.iter().fold(0.0, |largest, entry| if entry.is_nan() { f64::INFINITY } else { entry.abs().max(largest) })
}

/// Orthonormal columns by Gram–Schmidt, twice.
pub(crate) fn orthonormal_columns(mut x: Array2<f64>) -> Array2<f64> {
    for j in 0..x.ncols() {
        for _ in 0..2 {
            for i in 0..j {
                let along = x.column(i).dot(&x.column(j));
                let earlier = x.column(i).to_owned();
                x.column_mut(j).scaled_add(-along, &earlier);
            }
            let norm = x.column(j).dot(&x.column(j)).sqrt();
            x.column_mut(j).mapv_inplace(|entry| entry / norm);
        }
    }
    x
}

/// `Q diag(values) Qᵀ` for a random orthogonal `Q`, and `Q`.
pub(crate) fn with_spectrum(values: &[f64], rng: &mut impl Rng) -> (Array2<f64>, Array2<f64>) {
    let n = values.len();
    let q = orthonormal_columns(gaussian(n, n, rng));
    let a = (&q * &Array1::from_vec(values.to_vec())).dot(&q.t());
    ((&a + &a.t()) * 0.5, q)
}

/// `k` descending values, at least `gap` above `n − k` descending ones in `[−10, 10]`.
pub(crate) fn gapped_values(n: usize, k: usize, gap: f64, rng: &mut impl Rng) -> Vec<f64> {
    let mut rest: Vec<f64> = (k..n).map(|_| rng.random_range(-10.0..10.0)).collect();
    rest.sort_by(|a, b| b.total_cmp(a));
    let mut values: Vec<f64> = (0..k).map(|_| rest[0] + gap + rng.random_range(0.0..5.0)).collect();
    values.sort_by(|a, b| b.total_cmp(a));
    values.extend(rest);
    values
}

/// Sines and cosines of the angles between the span of the orthonormal `x` and that of the first columns of the
/// orthogonal `q`: `(‖sin‖₂, ‖sin‖_F, smallest cosine)`.
pub(crate) fn angles(q: &Array2<f64>, x: &Array2<f64>) -> (f64, f64, f64) {
    let k = x.ncols();
    let inside = q.slice(s![.., ..k]).t().dot(x);
    let outside = q.slice(s![.., k..]).t().dot(x);
    let (cosines, sines) = (spectrum(&inside.t().dot(&inside)), spectrum(&outside.t().dot(&outside)));
    let frobenius = outside.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
    (sines[0].max(0.0).sqrt(), frobenius, cosines[k - 1].max(0.0).sqrt())
}

pub(crate) fn largest_tangent(q: &Array2<f64>, x: &Array2<f64>) -> f64 {
    let (sine, _, cosine) = angles(q, x);
    sine / cosine
}

/// The `k` leading pairs of `a` as its solver must return them; the reference is Jacobi's.
pub(crate) fn assert_leading(what: &str, a: &Array2<f64>, pairs: &Eigenpairs, k: usize) {
    assert_leading_against(what, a, pairs, k, &jacobi(a));
}

pub(crate) fn assert_leading_against(
    what: &str,
    a: &Array2<f64>,
    pairs: &Eigenpairs,
    k: usize,
    (values, vectors): &(Array1<f64>, Array2<f64>),
) {
    let n = a.nrows();
    let norm = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let at = format!("{what}, n = {n}, k = {k}");
    assert_eq!((pairs.values.len(), pairs.vectors.dim()), (k, (n, k)), "{at}");
    for (rank, (value, expected)) in pairs.values.iter().zip(values).enumerate() {
        assert!(
            (value - expected).abs() <= 1e-12 * norm,
            "{at}: value {rank} is {value:e}, not {expected:e}"
        );
    }
    assert!(pairs.values.iter().zip(pairs.values.iter().skip(1)).all(|(a, b)| a >= b), "{at}: order");
    match pairs.next {
        Some(next) => assert!((next - values[k]).abs() <= 1e-12 * norm, "{at}: next {next:e}"),
        None => assert_eq!(k, n, "{at}: next"),
    }
    let residual = max_abs(&(a.dot(&pairs.vectors) - &pairs.vectors * &pairs.values));
    assert!(residual <= 1e-12 * norm, "{at}: residual {residual:e}");
    let orthogonality = max_abs(&(pairs.vectors.t().dot(&pairs.vectors) - Array2::<f64>::eye(k)));
    assert!(orthogonality <= 1e-13, "{at}: orthogonality {orthogonality:e}");
    if k < n && values[k - 1] - values[k] > 1e-3 * norm {
        let expected = vectors.select(Axis(1), &(0..k).collect::<Vec<_>>());
        let difference = max_abs(&(pairs.vectors.dot(&pairs.vectors.t()) - expected.dot(&expected.t())));
        assert!(difference <= 1e-11, "{at}: projector {difference:e}");
    }
}
