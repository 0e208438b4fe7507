//! Eigenpairs of dense symmetric matrices: all of them, or the leading few without the full decomposition.
//!
//! [`leading_eigenpairs`] reduces the matrix to tridiagonal form (`4n³/3` flops, one cache-friendly sweep a column),
//! finds the wanted eigenvalues by vectorised bisection and their vectors by inverse iteration (`O(nk²)`), and
//! transforms back (`2n²k`). For `k ≪ n` that is several times cheaper than the `≈ 9n³` of a full decomposition.
//! Residuals and orthogonality are checked before anything is returned; where they fail, the full decomposition
//! takes over.

mod bisection;
mod inverse_iteration;
mod tridiagonal;

use ndarray::{Array1, Array2, ArrayView2, s};

use self::tridiagonal::Tridiagonal;
use super::backend;
use crate::error::{Error, Result, check};

/// Some eigenpairs of a symmetric matrix, eigenvalues descending.
#[derive(Clone, Debug, PartialEq)]
pub struct Eigenpairs {
    /// `k` eigenvalues, descending.
    pub values: Array1<f64>,
    /// `(n, k)` orthonormal eigenvectors, one column each; signs are arbitrary.
    pub vectors: Array2<f64>,
    /// The eigenvalue after the last one wanted, unless there is none.
    pub next: Option<f64>,
}

/// All eigenpairs of the symmetric matrix `a` of shape `(n, n)`; `O(n³)`.
///
/// # Errors
/// [`Error::Empty`], [`Error::Shape`], [`Error::NotFinite`] or [`Error::Asymmetric`] for a bad `a`,
/// [`Error::NotConverged`] if the backend gives up.
pub fn symmetric_eigen(a: ArrayView2<f64>) -> Result<Eigenpairs> {
    check_matrix(a)?;
    check::symmetric("a", a)?;
    full(a, a.nrows())
}

/// The `k` largest eigenvalues and their eigenvectors of the symmetric matrix `a` of shape `(n, n)`.
///
/// ```
/// use ndarray::array;
/// let a = array![[2.0, 1.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, -5.0]];
/// let top = pal::linalg::leading_eigenpairs(a.view(), 2)?;
/// assert!((top.values[0] - 3.0).abs() < 1e-14 && (top.values[1] - 1.0).abs() < 1e-14);
/// # Ok::<(), pal::Error>(())
/// ```
///
/// # Errors
/// As [`symmetric_eigen`]; [`Error::Domain`] unless `1 ≤ k ≤ n`.
pub fn leading_eigenpairs(a: ArrayView2<f64>, k: usize) -> Result<Eigenpairs> {
    check_matrix(a)?;
    check::symmetric("a", a)?;
    PartialEigensolver::default().leading(a, k)
}

/// The solver behind [`leading_eigenpairs`] with its buffers, for a caller with many matrices.
#[derive(Debug, Default)]
pub struct PartialEigensolver {
    tridiagonal: Tridiagonal,
    vectors: Vec<f64>,
}

/// Beyond this fraction of the spectrum (`k > n / 4`) the full decomposition is cheaper.
const LARGEST_PART: usize = 4;
/// Squares of entries beyond these would overflow, or vanish, in a norm.
const SAFE_NORMS: std::ops::Range<f64> = 1e-120..1e120;

impl PartialEigensolver {
    /// The `k` leading eigenpairs of `a`, of which **only the lower triangle is read**.
    ///
    /// Eigenvalues are exact to a few `ε‖A‖`; vectors are orthonormal to `ε` and their residuals are `O(ε‖A‖)`.
    /// Cost `4n³/3 + 2n²k + O(nk²)` flops for `k ≤ n/4`, a full decomposition otherwise; no allocation beyond the
    /// result once the buffers have grown.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Shape`] or [`Error::NotFinite`] for a bad `a`, [`Error::Domain`] unless
    /// `1 ≤ k ≤ n`, [`Error::NotConverged`] if the backend gives up.
    pub fn leading(&mut self, a: ArrayView2<f64>, k: usize) -> Result<Eigenpairs> {
        check_matrix(a)?;
        let n = a.nrows();
        check::count("k", k, n, "at least 1 and at most the order of the matrix")?;
        if k * LARGEST_PART > n {
            check::finite("a", &a)?;
            return full(a, k);
        }
        match self.partial(a, k) {
            Err(Error::NotConverged { .. }) => full(a, k),
            done => done,
        }
    }

    fn partial(&mut self, a: ArrayView2<f64>, k: usize) -> Result<Eigenpairs> {
        let n = a.nrows();
        let mut scale = 1.0;
        self.tridiagonal.reduce(a, scale);
        let mut bound = self.norm_bound();
        if !SAFE_NORMS.contains(&bound) {
            check::finite("a", &a)?;
            let largest = a.iter().fold(0.0_f64, |largest, entry| largest.max(entry.abs()));
            if largest > 0.0 {
                // A power of two, so that scaling rounds nothing.
                scale = (-largest.log2().floor().clamp(-1000.0, 1000.0)).exp2();
                self.tridiagonal.reduce(a, scale);
            }
            bound = self.norm_bound().max(f64::MIN_POSITIVE);
        }
        let Tridiagonal { diagonal, off_diagonal, .. } = &self.tridiagonal;
        let mut values = bisection::leading_eigenvalues(diagonal, off_diagonal, bound, k + 1);
        let next = values.pop().map(|value| value / scale);
        let stride = self.tridiagonal.padded();
        inverse_iteration::eigenvectors(diagonal, off_diagonal, &values, bound, stride, &mut self.vectors)?;
        self.tridiagonal.back_transform(&mut self.vectors);
        Ok(Eigenpairs {
            values: values.iter().map(|value| value / scale).collect(),
            vectors: Array2::from_shape_fn((n, k), |(i, j)| self.vectors[j * stride + i]),
            next,
        })
    }

    /// Gershgorin's bound on the norm of the tridiagonal matrix; NaN if anything is not finite.
    fn norm_bound(&self) -> f64 {
        let Tridiagonal { diagonal, off_diagonal, .. } = &self.tridiagonal;
        let beside = |i: usize| off_diagonal.get(i).map_or(0.0, |e| e.abs());
        let mut bound = 0.0;
        for (i, d) in diagonal.iter().enumerate() {
            let disc = d.abs() + beside(i) + if i > 0 { beside(i - 1) } else { 0.0 };
            // Not `f64::max`, which drops NaN.
            bound = if disc > bound || disc.is_nan() { disc } else { bound };
            if bound.is_nan() {
                break;
            }
        }
        bound
    }
}

fn full(a: ArrayView2<f64>, k: usize) -> Result<Eigenpairs> {
    let (values, vectors) = backend::symmetric_eigen(a)?;
    Ok(Eigenpairs {
        next: values.get(k).copied(),
        values: values.slice(s![..k]).to_owned(),
        vectors: vectors.slice(s![.., ..k]).to_owned(),
    })
}

fn check_matrix(a: ArrayView2<f64>) -> Result<()> {
    if a.is_empty() {
        return Err(Error::Empty { argument: "a", expected: "row" });
    }
    check::shape("a", &[a.nrows(), a.nrows()], a.shape())
}
