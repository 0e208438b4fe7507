//! The numbers that losses, autodiff and models compute with.

pub(crate) mod exp;
mod vectorised;

use std::iter::Sum;
use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2, NdFloat};

pub(crate) use vectorised::vectorised;

/// `f32` or `f64`.
///
/// Closed forms, kernels and eigensolvers are in `f64` alone: their residuals are certified to its precision.
pub trait Scalar: NdFloat + Sum + for<'a> Sum<&'a Self> + Multiply {
    /// The type's name, as it is written in files.
    const NAME: &'static str;

    /// The nearest number of this type.
    fn of(value: f64) -> Self;

    /// The same number in double precision.
    fn as_f64(self) -> f64;

    /// `eˣ` to two units in the last place, without branches, so that a loop over a slice becomes vector code; the same
    /// bits on every machine.
    #[must_use]
    fn branchless_exp(self) -> Self;
}

/// Numbers whose matrices the backend of [`linalg`](crate::linalg), which implements it, can multiply: every [`Scalar`].
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

impl Scalar for f32 {
    const NAME: &'static str = "f32";

    #[allow(clippy::cast_possible_truncation)] // rounding is what it is for
    #[inline(always)]
    fn of(value: f64) -> Self {
        value as Self
    }

    #[inline(always)]
    fn as_f64(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn branchless_exp(self) -> Self {
        exp::exp_f32(self)
    }
}

impl Scalar for f64 {
    const NAME: &'static str = "f64";

    #[inline(always)]
    fn of(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn as_f64(self) -> f64 {
        self
    }

    #[inline(always)]
    fn branchless_exp(self) -> Self {
        exp::exp_f64(self)
    }
}
