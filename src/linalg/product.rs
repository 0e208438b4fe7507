//! Products of dense matrices in single or double precision.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use crate::Scalar;

/// `A B` of shape `(m, n)` for `a` `(m, k)` and `b` `(k, n)`, in any memory layout; `2 m k n` flops.
///
/// Shapes are the caller's duty. With the default backend the result is the same for any number of threads.
pub(crate) fn product<F: Scalar>(a: ArrayView2<F>, b: ArrayView2<F>) -> Array2<F> {
    let mut out = Array2::zeros((a.nrows(), b.ncols()));
    F::add_product(a, b, out.view_mut());
    out
}

/// `out ← out + A B`, otherwise as [`product`].
pub(crate) fn add_product<F: Scalar>(a: ArrayView2<F>, b: ArrayView2<F>, out: ArrayViewMut2<F>) {
    F::add_product(a, b, out);
}

/// The same on the calling thread alone, for tasks that are many already.
pub(crate) fn add_product_on_this_thread<F: Scalar>(
    a: ArrayView2<F>,
    b: ArrayView2<F>,
    out: ArrayViewMut2<F>,
) {
    F::add_product_on_this_thread(a, b, out);
}

/// `out ← A B`, whatever `out` held, on the calling thread alone.
pub(crate) fn write_product_on_this_thread<F: Scalar>(
    a: ArrayView2<F>,
    b: ArrayView2<F>,
    out: ArrayViewMut2<F>,
) {
    F::write_product_on_this_thread(a, b, out);
}

/// `out ← A_columnsᵀ B_from..`, whatever `out` held, of columns of `a` `(n, k)` and the last ones of `b` `(n, m)`, on the
/// calling thread alone; none of them is copied if `a` and `b` are contiguous.
pub(crate) fn write_product_of_columns<F: Scalar>(
    a: ArrayView2<F>,
    columns: Range<usize>,
    b: ArrayView2<F>,
    from: usize,
    out: ArrayViewMut2<F>,
) {
    F::write_product_of_columns(a, columns, b, from, out);
}
