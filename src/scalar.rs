//! The numbers that losses, autodiff and models compute with.

use std::iter::Sum;

use ndarray::NdFloat;

use crate::linalg::{Multiply, exp};

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
