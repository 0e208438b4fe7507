//! Eigenpairs of dense symmetric matrices: all of them, or the leading few without the full decomposition.
//!
//! [`leading_eigenpairs`] reduces the matrix to tridiagonal form (`4n³/3` flops, one cache-friendly sweep a column),
//! isolates the wanted eigenvalues by vectorised bisection, finds them and their vectors by inverse iteration (`O(nk²)`),
//! and transforms back (`2n²k`). For `k ≪ n` that is several times cheaper than the `≈ 9n³` of a full decomposition.
//! Every residual is checked before anything is returned; where one fails, the full decomposition takes over.

mod bisection;
mod counted;
mod inverse_iteration;
mod low_rank_update;
mod reduction;
mod tridiagonal;
mod updated_diagonal;

use ndarray::{Array1, Array2, ArrayView2, ShapeBuilder, s};

pub use self::low_rank_update::leading_eigenpairs_of_update;

use self::counted::Counted;
use self::reduction::HouseholderReduction;
use self::tridiagonal::Tridiagonal;
use super::backend;
use super::scale::{SAFE, largest, safe_scale};
use crate::Observer;
use crate::error::{Error, Result, check};

/// Some eigenpairs of a symmetric matrix, eigenvalues descending.
#[derive(Clone, Debug, PartialEq)]
pub struct Eigenpairs {
    /// `k` eigenvalues, descending.
    pub values: Array1<f64>,
    /// `(n, k)` orthonormal eigenvectors, one column each; signs are arbitrary.
    pub vectors: Array2<f64>,
    /// The eigenvalue after the last one wanted, unless there is none or the solver does not know it.
    pub next: Option<f64>,
}

/// All eigenpairs of the symmetric matrix `a` of shape `(n, n)`; `O(n³)`.
///
/// # Errors
/// [`Error::Empty`], [`Error::Shape`], [`Error::NotFinite`] or [`Error::Asymmetric`] for a bad `a`,
/// [`Error::NotConverged`] if the backend gives up, [`Error::Domain`] if an eigenvalue overflows.
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
    observer: Observer,
    reduction: HouseholderReduction,
    vectors: Vec<f64>,
}

/// A solver with the same observer and empty buffers: there is nothing else to copy.
impl Clone for PartialEigensolver {
    fn clone(&self) -> Self {
        Self::default().observed_by(self.observer.clone())
    }
}

/// Beyond this fraction of the spectrum (`k > n / 4`) the full decomposition is cheaper.
const LARGEST_PART: usize = 4;

impl PartialEigensolver {
    /// The same solver, which tells `observer` of every column that is reduced to tridiagonal form: most of the work. It tells
    /// nothing of a full decomposition.
    #[must_use]
    pub fn observed_by(self, observer: Observer) -> Self {
        Self { observer, ..self }
    }

    /// The `k` leading eigenpairs of `a`, of which **only the lower triangle is read**.
    ///
    /// Eigenvalues are exact to a few `ε‖A‖`; vectors are orthonormal to `ε` and their residuals are `O(ε‖A‖)`.
    /// Cost `4n³/3 + 2n²k + O(nk²)` flops for `k ≤ n/4`, a full decomposition otherwise; no allocation beyond the
    /// result once the buffers have grown.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Shape`] or [`Error::NotFinite`] for a bad `a`, [`Error::Domain`] unless
    /// `1 ≤ k ≤ n` or if an eigenvalue overflows, [`Error::NotConverged`] if the backend gives up.
    pub fn leading(&mut self, a: ArrayView2<f64>, k: usize) -> Result<Eigenpairs> {
        check_matrix(a)?;
        let n = a.nrows();
        check::count("k", k, n, "at least 1 and at most the order of the matrix")?;
        if k * LARGEST_PART > n {
            return full(a, k);
        }
        match self.partial(a, k) {
            Err(Error::NotConverged { .. }) => full(a, k),
            done => done,
        }
    }

    fn partial(&mut self, a: ArrayView2<f64>, k: usize) -> Result<Eigenpairs> {
        let n = a.nrows();
        let Self { observer, reduction, vectors } = self;
        let mut scale = 1.0;
        reduction.reduce(a, scale, observer);
        let mut tridiagonal = Tridiagonal::new(&reduction.diagonal, &reduction.off_diagonal);
        if !SAFE.contains(&tridiagonal.bound()) {
            let largest = largest_entry(a)?;
            if largest == 0.0 {
                return full(a, k);
            }
            scale = safe_scale(largest);
            reduction.reduce(a, scale, observer);
            tridiagonal = Tridiagonal::new(&reduction.diagonal, &reduction.off_diagonal);
        }
        let stride = reduction.padded();
        let (values, next) = leading(&mut tridiagonal, k, stride, vectors)?;
        reduction.back_transform(vectors);
        let vectors = Array2::from_shape_fn((n, k).f(), |(i, j)| vectors[j * stride + i]);
        unscaled(values.into(), vectors, next, scale)
    }
}

/// The `k` leading eigenvalues and the one after them, and into `vectors` the eigenvectors, one every `stride` entries.
fn leading<M: Counted>(
    matrix: &mut M,
    k: usize,
    stride: usize,
    vectors: &mut Vec<f64>,
) -> Result<(Vec<f64>, Option<f64>)> {
    let with_next = (k + 1).min(matrix.order());
    let brackets = bisection::isolate(matrix, with_next, M::APART);
    if let Ok(mut values) = inverse_iteration::eigenpairs(matrix, &brackets, stride, vectors) {
        vectors.truncate(k * stride);
        let next = values.get(k).copied();
        values.truncate(k);
        return Ok((values, next));
    }
    // To the last bit, where the vectors do not tell.
    let brackets = bisection::isolate(matrix, with_next, f64::INFINITY);
    let values = inverse_iteration::eigenpairs(matrix, &brackets[..k], stride, vectors)?;
    Ok((values, brackets.get(k).map(|next| next.middle())))
}

/// The leading pairs by the full decomposition; reads the lower triangle only.
fn full(a: ArrayView2<f64>, k: usize) -> Result<Eigenpairs> {
    let scale = safe_scale(largest_entry(a)?);
    let whole = Array2::from_shape_fn(a.dim(), |(i, j)| scale * a[[i.max(j), i.min(j)]]);
    let (values, vectors) = backend::symmetric_eigen(whole.view())?;
    let next = values.get(k).copied();
    unscaled(values.slice_move(s![..k]), vectors.slice(s![.., ..k]).to_owned(), next, scale)
}

/// Eigenpairs of a matrix from those of `scale` times it.
///
/// # Errors
/// [`Error::Domain`] if an eigenvalue overflows: it may be `n` times as large as the largest entry.
fn unscaled(values: Array1<f64>, vectors: Array2<f64>, next: Option<f64>, scale: f64) -> Result<Eigenpairs> {
    let values = values / scale;
    let next = next.map(|value| value / scale);
    let must = "finite: the entries of the matrix are too large";
    check::in_range("eigenvalue", &values, must)?;
    check::in_range("eigenvalue", &ndarray::aview1(next.as_slice()), must)?;
    Ok(Eigenpairs { values, vectors, next })
}

/// Modulus of the largest entry of the lower triangle.
///
/// # Errors
/// [`Error::NotFinite`] naming its first entry that is not finite.
fn largest_entry(a: ArrayView2<f64>) -> Result<f64> {
    check::lower_triangle_finite("a", a)?;
    let rows = a.rows().into_iter().enumerate();
    Ok(rows.fold(0.0, |most, (i, row)| most.max(largest(row.iter().take(i + 1)))))
}

fn check_matrix(a: ArrayView2<f64>) -> Result<()> {
    if a.is_empty() {
        return Err(Error::Empty { argument: "a", expected: "row" });
    }
    check::shape("a", &[a.nrows(), a.nrows()], a.shape())
}
