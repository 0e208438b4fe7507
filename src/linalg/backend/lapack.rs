//! LAPACK on the system's `OpenBLAS`, through `ndarray-linalg`.

use std::ops::Range;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, NdFloat, s};
use ndarray_linalg::{Cholesky, Eigh, FactorizeH, InverseC, JobSvd, SVDDC, UPLO};

use super::{BlockDiagonal, ThinSvd};
use crate::error::{Error, Result};
use crate::scalar::Multiply;

/// The backend's name in provenance records.
pub(in crate::linalg) const NAME: &str = "lapack";

/// Eigenvalues (descending) and eigenvectors (columns) of a symmetric matrix; `O(n³)`.
pub(in crate::linalg) fn symmetric_eigen(a: ArrayView2<f64>) -> Result<(Array1<f64>, Array2<f64>)> {
    let (values, vectors) =
        a.as_standard_layout().eigh(UPLO::Lower).map_err(|_| not_converged("symmetric eigenvalues"))?;
    Ok((values.slice(s![..;-1]).to_owned(), vectors.slice(s![.., ..;-1]).to_owned()))
}

/// Thin singular value decomposition; `O(m n min(m, n))`.
pub(in crate::linalg) fn thin_svd(a: ArrayView2<f64>) -> Result<ThinSvd> {
    match a.as_standard_layout().svddc(JobSvd::Some) {
        Ok((Some(u), singular_values, Some(vt))) => Ok(ThinSvd { u, singular_values, vt }),
        _ => Err(not_converged("singular values")),
    }
}

/// Lower triangular `R` with `A = R Rᵀ`, or `None` if `a` is not numerically positive definite; `n³/3` flops.
pub(in crate::linalg) fn cholesky(a: ArrayView2<f64>) -> Option<Array2<f64>> {
    a.as_standard_layout().cholesky(UPLO::Lower).ok()
}

/// `A⁻¹`, symmetric to the last bit, or `None` if `a` is not numerically positive definite; `n³` flops.
pub(in crate::linalg) fn positive_inverse(a: ArrayView2<f64>) -> Option<Array2<f64>> {
    let inverse = a.as_standard_layout().invc().ok()?;
    Some(Array2::from_shape_fn(a.dim(), |(i, j)| inverse[[i.max(j), i.min(j)]]))
}

/// The block-diagonal factor of Bunch and Kaufman's factorisation; `n³/3` flops.
pub(in crate::linalg) fn block_diagonal(a: ArrayView2<f64>) -> Result<BlockDiagonal> {
    let n = a.nrows();
    let Ok(factor) = a.as_standard_layout().factorizeh() else {
        // An exactly singular pivot counts as a failure there; the eigenvalues are a congruent diagonal.
        let diagonal = symmetric_eigen(a)?.0.to_vec();
        return Ok(BlockDiagonal { diagonal, off_diagonal: vec![0.0; n - 1] });
    };
    let mut off_diagonal = vec![0.0; n - 1];
    let mut i = 0;
    while i + 1 < n {
        // A negative pivot index opens a 2×2 block; in row-major storage LAPACK's upper triangle is the lower one.
        if factor.ipiv[i] < 0 {
            off_diagonal[i] = factor.a[[i + 1, i]];
            i += 1;
        }
        i += 1;
    }
    Ok(BlockDiagonal { diagonal: factor.a.diag().to_vec(), off_diagonal })
}

impl<F: NdFloat> Multiply for F {
    fn add_product(a: ArrayView2<F>, b: ArrayView2<F>, mut out: ArrayViewMut2<F>) {
        general_mat_mul(F::one(), &a, &b, F::one(), &mut out);
    }

    fn add_product_on_this_thread(a: ArrayView2<F>, b: ArrayView2<F>, out: ArrayViewMut2<F>) {
        Self::add_product(a, b, out);
    }

    fn write_product_on_this_thread(a: ArrayView2<F>, b: ArrayView2<F>, mut out: ArrayViewMut2<F>) {
        general_mat_mul(F::one(), &a, &b, F::zero(), &mut out);
    }

    fn write_product_of_columns(
        a: ArrayView2<F>,
        columns: Range<usize>,
        b: ArrayView2<F>,
        from: usize,
        out: ArrayViewMut2<F>,
    ) {
        Self::write_product_on_this_thread(a.slice(s![.., columns]).t(), b.slice(s![.., from..]), out);
    }
}

fn not_converged(solver: &'static str) -> Error {
    Error::NotConverged { solver, iterations: 0, residual: f64::NAN, tolerance: f64::EPSILON }
}
