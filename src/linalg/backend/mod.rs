//! Dense decompositions behind one thin door: `faer` by default, LAPACK with the feature `lapack`.
//!
//! Both files offer the same functions with the same contracts; the rest of the crate names neither library.
//! Arguments have been checked by the callers: square where it matters, finite, not empty.

#[cfg(not(feature = "lapack"))]
mod faer;
#[cfg(not(feature = "lapack"))]
use self::faer as chosen;

#[cfg(feature = "lapack")]
mod lapack;
#[cfg(feature = "lapack")]
use self::lapack as chosen;

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2};

pub(super) use chosen::{NAME, block_diagonal, cholesky, positive_inverse, symmetric_eigen, thin_svd};

/// The thin singular value decomposition `A = U diag(σ) Vᵀ` of a matrix of shape `(m, n)`, `r = min(m, n)`.
#[derive(Clone, Debug)]
pub struct ThinSvd {
    /// `(m, r)` left singular vectors, one column each.
    pub u: Array2<f64>,
    /// `(r,)` singular values, descending.
    pub singular_values: Array1<f64>,
    /// `(r, n)` right singular vectors, one row each.
    pub vt: Array2<f64>,
}

/// Numbers whose matrices the backend can multiply: every [`crate::Scalar`].
pub trait Multiply: Sized {
    /// `out ← out + A B` for `a` `(m, k)`, `b` `(k, n)` and `out` `(m, n)`, in any memory layout; `2 m k n` flops.
    ///
    /// Shapes are the caller's duty.
    #[doc(hidden)]
    fn add_product(a: ArrayView2<Self>, b: ArrayView2<Self>, out: ArrayViewMut2<Self>);

    /// The same on the calling thread alone, for tasks that are many already.
    #[doc(hidden)]
    fn add_product_on_this_thread(a: ArrayView2<Self>, b: ArrayView2<Self>, out: ArrayViewMut2<Self>);

    /// `out ← A B`, whatever `out` held, otherwise as [`Self::add_product_on_this_thread`].
    #[doc(hidden)]
    fn write_product_on_this_thread(a: ArrayView2<Self>, b: ArrayView2<Self>, out: ArrayViewMut2<Self>);

    /// `out ← A_columnsᵀ B_from..`, whatever `out` held, of columns of `a` `(n, k)` and the last ones of `b` `(n, m)`, on the
    /// calling thread alone.
    #[doc(hidden)]
    fn write_product_of_columns(
        a: ArrayView2<Self>,
        columns: Range<usize>,
        b: ArrayView2<Self>,
        from: usize,
        out: ArrayViewMut2<Self>,
    );
}

/// The block-diagonal factor of a symmetric indefinite factorisation `P A Pᵀ = L B Lᵀ`.
pub(super) struct BlockDiagonal {
    /// `B_ii`.
    pub(super) diagonal: Vec<f64>,
    /// `B_{i+1,i}`: zero except inside a 2×2 block.
    pub(super) off_diagonal: Vec<f64>,
}
