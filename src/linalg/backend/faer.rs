//! The pure-Rust backend.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::linalg::solvers::DenseSolveCore;
use faer::traits::ComplexField;
use faer::{Accum, Mat, MatMut, MatRef, Par, Side};
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, NdFloat};
use rayon::prelude::*;

use super::{BlockDiagonal, ThinSvd};
use crate::error::{Error, Result};
use crate::linalg::rows::entries_mut;
use crate::scalar::Multiply;

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

/// `A⁻¹`, symmetric to the last bit, or `None` if `a` is not numerically positive definite; `n³` flops.
pub(in crate::linalg) fn positive_inverse(a: ArrayView2<f64>) -> Option<Array2<f64>> {
    let inverse = copy(a).llt(Side::Lower).ok()?.inverse();
    Some(Array2::from_shape_fn(a.dim(), |(i, j)| inverse[(i.max(j), i.min(j))]))
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

/// Multiplications and additions below which a product is not worth a second thread.
const SEQUENTIAL_BELOW: usize = 1 << 21;
/// Fewest and most rows of a product that one task computes.
const TASK_ROWS: (usize, usize) = (32, 128);

impl<F: NdFloat + ComplexField> Multiply for F {
    fn add_product(a: ArrayView2<F>, b: ArrayView2<F>, out: ArrayViewMut2<F>) {
        with_row_major(a, b, out, add_product_to_rows);
    }

    fn add_product_on_this_thread(a: ArrayView2<F>, b: ArrayView2<F>, out: ArrayViewMut2<F>) {
        product_on_this_thread(Accum::Add, a, b, out);
    }

    fn write_product_on_this_thread(a: ArrayView2<F>, b: ArrayView2<F>, mut out: ArrayViewMut2<F>) {
        if a.ncols() == 0 {
            out.fill(F::zero());
        }
        product_on_this_thread(Accum::Replace, a, b, out);
    }

    fn write_product_of_columns(
        a: ArrayView2<F>,
        columns: Range<usize>,
        b: ArrayView2<F>,
        from: usize,
        mut out: ArrayViewMut2<F>,
    ) {
        if a.nrows() == 0 {
            out.fill(F::zero());
        }
        with_row_major(a.t(), b, out, |a, b, out| {
            let (a, b) = (a.subrows(columns.start, columns.len()), b.subcols(from, b.ncols() - from));
            let out = MatMut::from_row_major_slice_mut(out, a.nrows(), b.ncols());
            matmul(out, Accum::Replace, a, b, F::one(), Par::Seq);
        });
    }
}

fn product_on_this_thread<F: NdFloat + ComplexField>(
    accumulation: Accum,
    a: ArrayView2<F>,
    b: ArrayView2<F>,
    out: ArrayViewMut2<F>,
) {
    with_row_major(a, b, out, |a, b, out| {
        let out = MatMut::from_row_major_slice_mut(out, a.nrows(), b.ncols());
        matmul(out, accumulation, a, b, F::one(), Par::Seq);
    });
}

/// Calls `add`, which adds `A B` to the row-major `out` or writes it there, with what amounts to that in any memory layout.
fn with_row_major<F: NdFloat + ComplexField>(
    a: ArrayView2<F>,
    b: ArrayView2<F>,
    mut out: ArrayViewMut2<F>,
    add: impl Fn(MatRef<F>, MatRef<F>, &mut [F]),
) {
    if a.is_empty() || b.is_empty() {
        return;
    }
    if let Some(entries) = out.as_slice_mut() {
        with_matrix(a, |a| with_matrix(b, |b| add(a, b, entries)));
    } else if out.t().is_standard_layout() {
        let (a, b, mut out) = (b.reversed_axes(), a.reversed_axes(), out.reversed_axes());
        with_matrix(a, |a| with_matrix(b, |b| add(a, b, entries_mut(&mut out))));
    } else {
        let mut copy = out.as_standard_layout().into_owned();
        with_matrix(a, |a| with_matrix(b, |b| add(a, b, entries_mut(&mut copy))));
        out.assign(&copy);
    }
}

/// Calls `then` with the matrix as the library sees it: without a copy if its rows or its columns are contiguous.
fn with_matrix<F: NdFloat>(a: ArrayView2<F>, then: impl FnOnce(MatRef<F>)) {
    let (rows, columns) = a.dim();
    if let Some(entries) = a.to_slice() {
        then(MatRef::from_row_major_slice(entries, rows, columns));
    } else if let Some(entries) = a.reversed_axes().to_slice() {
        then(MatRef::from_column_major_slice(entries, rows, columns));
    } else {
        let entries: Vec<F> = a.iter().copied().collect();
        then(MatRef::from_row_major_slice(&entries, rows, columns));
    }
}

/// Adds `A B` to the row-major `out`, large products by blocks of rows in parallel.
///
/// The blocks depend on the shape alone, so that the result does not depend on the number of threads.
fn add_product_to_rows<F: NdFloat + ComplexField>(a: MatRef<F>, b: MatRef<F>, out: &mut [F]) {
    let (m, n) = (a.nrows(), b.ncols());
    let task_rows = if m * a.ncols() * n < SEQUENTIAL_BELOW {
        m
    } else {
        m.div_ceil(4).next_multiple_of(16).clamp(TASK_ROWS.0, TASK_ROWS.1)
    };
    let task = |(task, out): (usize, &mut [F])| {
        let rows = out.len() / n;
        let out = MatMut::from_row_major_slice_mut(out, rows, n);
        matmul(out, Accum::Add, a.subrows(task * task_rows, rows), b, F::one(), Par::Seq);
    };
    if task_rows < m {
        out.par_chunks_mut(task_rows * n).enumerate().for_each(task);
    } else {
        task((0, out));
    }
}

fn copy(a: ArrayView2<f64>) -> Mat<f64> {
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| a[[i, j]])
}

fn not_converged(solver: &'static str) -> Error {
    Error::NotConverged { solver, iterations: 0, residual: f64::NAN, tolerance: f64::EPSILON }
}
