//! The pure-Rust backend.

use faer::{Mat, Side};
use ndarray::{Array1, Array2, ArrayView2};

use super::{BlockDiagonal, ThinSvd};
use crate::error::{Error, Result};

/// The backend's name in provenance records.
pub(in crate::linalg) const NAME: &str = "faer";

/// Eigenvalues (descending) and eigenvectors (columns) of a symmetric matrix; `O(n³)`.
pub(in crate::linalg) fn symmetric_eigen(a: ArrayView2<f64>) -> Result<(Array1<f64>, Array2<f64>)> {
    let n = a.nrows();
    let eigen =
        copy(a).self_adjoint_eigen(Side::Lower).map_err(|_| not_converged("symmetric eigenvalues"))?;
    let (values, vectors) = (eigen.S().column_vector(), eigen.U());
    Ok((
        Array1::from_shape_fn(n, |k| values[n - 1 - k]),
        Array2::from_shape_fn((n, n), |(i, k)| vectors[(i, n - 1 - k)]),
    ))
}

/// Thin singular value decomposition; `O(m n min(m, n))`.
pub(in crate::linalg) fn thin_svd(a: ArrayView2<f64>) -> Result<ThinSvd> {
    let svd = copy(a).thin_svd().map_err(|_| not_converged("singular values"))?;
    let (u, s, v) = (svd.U(), svd.S().column_vector(), svd.V());
    Ok(ThinSvd {
        u: Array2::from_shape_fn((u.nrows(), u.ncols()), |(i, k)| u[(i, k)]),
        singular_values: Array1::from_shape_fn(s.nrows(), |k| s[k]),
        vt: Array2::from_shape_fn((v.ncols(), v.nrows()), |(k, j)| v[(j, k)]),
    })
}

/// Lower triangular `R` with `A = R Rᵀ`, or `None` if `a` is not numerically positive definite; `n³/3` flops.
pub(in crate::linalg) fn cholesky(a: ArrayView2<f64>) -> Option<Array2<f64>> {
    let factor = copy(a).llt(Side::Lower).ok()?;
    let l = factor.L();
    Some(Array2::from_shape_fn(a.dim(), |(i, j)| if j <= i { l[(i, j)] } else { 0.0 }))
}

/// The block-diagonal factor of Bunch and Kaufman's factorisation; `n³/3` flops.
#[expect(clippy::unnecessary_wraps, reason = "the other backend's twin can fail")]
pub(in crate::linalg) fn block_diagonal(a: ArrayView2<f64>) -> Result<BlockDiagonal> {
    let factor = copy(a).lblt(Side::Lower);
    let n = a.nrows();
    let (diagonal, off_diagonal) = (factor.B_diag().column_vector(), factor.B_subdiag().column_vector());
    Ok(BlockDiagonal {
        diagonal: (0..n).map(|i| diagonal[i]).collect(),
        off_diagonal: (0..n.saturating_sub(1)).map(|i| off_diagonal[i]).collect(),
    })
}

fn copy(a: ArrayView2<f64>) -> Mat<f64> {
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| a[[i, j]])
}

fn not_converged(solver: &'static str) -> Error {
    Error::NotConverged { solver, iterations: 0, residual: f64::NAN, tolerance: f64::EPSILON }
}
