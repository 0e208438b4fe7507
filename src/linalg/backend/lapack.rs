//! LAPACK on the system's OpenBLAS, through `ndarray-linalg`.

use ndarray::{Array1, Array2, ArrayView2, s};
use ndarray_linalg::{Cholesky, Eigh, FactorizeHInto, JobSvd, SVDDC, UPLO, error::LinalgError};

use super::{BlockDiagonal, ThinSvd};
use crate::error::{Error, Result};

/// The backend's name in provenance records.
pub(in crate::linalg) const NAME: &str = "lapack";

/// Eigenvalues (descending) and eigenvectors (columns) of a symmetric matrix; `O(n³)`.
pub(in crate::linalg) fn symmetric_eigen(a: ArrayView2<f64>) -> Result<(Array1<f64>, Array2<f64>)> {
    let (values, vectors) =
        a.as_standard_layout().eigh(UPLO::Lower).map_err(|error| not_converged("symmetric eigenvalues", &error))?;
    Ok((values.slice(s![..;-1]).to_owned(), vectors.slice(s![.., ..;-1]).to_owned()))
}

/// Thin singular value decomposition; `O(m n min(m, n))`.
pub(in crate::linalg) fn thin_svd(a: ArrayView2<f64>) -> Result<ThinSvd> {
    let failed = |error: &LinalgError| not_converged("singular values", error);
    match a.as_standard_layout().svddc(JobSvd::Some).map_err(|error| failed(&error))? {
        (Some(u), singular_values, Some(vt)) => Ok(ThinSvd { u, singular_values, vt }),
        _ => Err(Error::NotConverged {
            solver: "singular values",
            iterations: 0,
            residual: f64::NAN,
            tolerance: f64::EPSILON,
        }),
    }
}

/// Lower triangular `R` with `A = R Rᵀ`, or `None` if `a` is not numerically positive definite; `n³/3` flops.
pub(in crate::linalg) fn cholesky(a: ArrayView2<f64>) -> Option<Array2<f64>> {
    a.as_standard_layout().cholesky(UPLO::Lower).ok()
}

/// The block-diagonal factor of Bunch and Kaufman's factorisation; `n³/3` flops.
pub(in crate::linalg) fn block_diagonal(a: ArrayView2<f64>) -> BlockDiagonal {
    todo!()
}
