//! What the test files share: an eigensolver that owes nothing to the crate, the default family of random graphs, the
//! losses by definition, descent, what may be chance, the number of cases of a property, and how to expect an error.
#![allow(dead_code, unused_imports, unused_macros)] // each test file uses a part

pub(crate) mod chance;
pub(crate) mod definitions;
pub(crate) mod descent;

use ndarray::{Array1, Array2, ArrayViewMut2, s};
use proptest::prelude::*;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// Asserts that a call returns an error of the given pattern.
macro_rules! refused {
    ($call:expr, $error:pat) => {
        match $call {
            Err($error) => {}
            other => panic!("{}: {other:?}", stringify!($call)),
        }
    };
}
pub(crate) use refused;

/// Eigenvalues (descending) and eigenvectors (columns, same order) of a symmetric matrix, by cyclic Jacobi rotations.
pub(crate) fn jacobi(a: &Array2<f64>) -> (Array1<f64>, Array2<f64>) {
    let n = a.nrows();
    // One entry more a row: columns of a power of two would share few lines of the cache.
    let mut padded = Array2::zeros((n, n + 1));
    padded.slice_mut(s![.., ..n]).assign(a);
    let mut a = padded.slice_mut(s![.., ..n]);
    let mut vectors = Array2::eye(n); // one eigenvector a row, until the end
    let norm = a.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
    for _sweep in 0..60 {
        let mut largest = 0.0_f64;
        for p in 0..n {
            for q in p + 1..n {
                let off = a[[p, q]];
                largest = largest.max(off.abs());
                if off.abs() <= 1e-17 * norm {
                    continue;
                }
                let theta = (a[[q, q]] - a[[p, p]]) / (2.0 * off);
                let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                let s = t * c;
                rotate_rows(a.view_mut(), p, q, c, s);
                rotate_rows(a.view_mut().reversed_axes(), p, q, c, s);
                rotate_rows(vectors.view_mut(), p, q, c, s);
            }
        }
        if largest <= 1e-15 * norm {
            let mut order: Vec<usize> = (0..n).collect();
            order.sort_by(|&i, &j| a[[j, j]].total_cmp(&a[[i, i]]));
            let values = order.iter().map(|&i| a[[i, i]]).collect();
            return (values, vectors.select(ndarray::Axis(0), &order).reversed_axes());
        }
    }
    panic!("Jacobi rotations did not converge");
}

fn rotate_rows(a: ArrayViewMut2<f64>, p: usize, q: usize, c: f64, s: f64) {
    let (mut upper, mut lower) = a.split_at(ndarray::Axis(0), q);
    ndarray::Zip::from(upper.row_mut(p)).and(lower.row_mut(0)).for_each(|x, y| {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    });
}

/// The eigenvalues of a symmetric matrix, descending.
pub(crate) fn spectrum(a: &Array2<f64>) -> Vec<f64> {
    jacobi(a).0.to_vec()
}

/// `max|a − b| / (1 + max|b|)`, infinite if the lengths differ.
pub(crate) fn rel<'a>(a: impl IntoIterator<Item = &'a f64>, b: impl IntoIterator<Item = &'a f64>) -> f64 {
    let (a, b): (Vec<_>, Vec<_>) = (a.into_iter().collect(), b.into_iter().collect());
    if a.len() != b.len() {
        return f64::INFINITY;
    }
    let difference = a.iter().zip(&b).fold(0.0_f64, |largest, (a, b)| {
        let difference = (**a - **b).abs();
        if difference.is_nan() { f64::INFINITY } else { largest.max(difference) }
    });
    difference / (1.0 + b.iter().fold(0.0_f64, |largest, b| largest.max(b.abs())))
}

/// So many cases of a property that is too dear for proptest's 256, unless `PROPTEST_CASES` asks for another number.
pub(crate) fn cases(number: u32) -> ProptestConfig {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(number),
    }
}

/// A generator for one random instance.
pub(crate) fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Standard normal entries.
pub(crate) fn gaussian(rows: usize, columns: usize, rng: &mut (impl Rng + ?Sized)) -> Array2<f64> {
    Array2::from_shape_simple_fn((rows, columns), || rng.sample(StandardNormal))
}

/// A symmetric matrix with entries `entry` for `i < j` and `diagonal` for `i = j`.
pub(crate) fn symmetric(
    n: usize,
    mut entry: impl FnMut() -> f64,
    mut diagonal: impl FnMut(f64) -> f64,
) -> Array2<f64> {
    let mut matrix = Array2::zeros((n, n));
    for i in 0..n {
        for j in i..n {
            let value = if i == j { diagonal(entry()) } else { entry() };
            matrix[[i, j]] = value;
            matrix[[j, i]] = value;
        }
    }
    matrix
}

/// Symmetric matrices of the default family, N ∈ [6, 25]: real Gaussian; {0, 1} with edge probability 0.3 and unit
/// diagonal; {−1, 0, 1} uniform with unit diagonal.
pub(crate) fn random_graph() -> impl Strategy<Value = Array2<f64>> {
    (6..=25_usize, 0..3, any::<u64>()).prop_map(|(n, kind, seed)| {
        let mut rng = rng(seed);
        match kind {
            0 => symmetric(n, || rng.sample(StandardNormal), |entry| entry),
            1 => symmetric(n, || f64::from(u8::from(rng.random_bool(0.3))), |_| 1.0),
            _ => symmetric(n, || f64::from(rng.random_range(-1..=1)), |_| 1.0),
        }
    })
}

/// A graph of the default family and standard normal representations `Z` over it, K ∈ [1, 5].
pub(crate) fn random_graph_and_z() -> impl Strategy<Value = (Array2<f64>, Array2<f64>)> {
    (random_graph(), 1..=5_usize, any::<u64>()).prop_map(|(graph, k, seed)| {
        let z = gaussian(graph.nrows(), k, &mut rng(seed));
        (graph, z)
    })
}
