//! The numbers that losses, autodiff and models compute with.

use std::iter::Sum;

use ndarray::NdFloat;

use crate::linalg::Multiply;

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
}

impl Scalar for f32 {
    const NAME: &'static str = "f32";

    #[allow(clippy::cast_possible_truncation)] // rounding is what it is for
    fn of(value: f64) -> Self {
        value as Self
    }

    fn as_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Scalar for f64 {
    const NAME: &'static str = "f64";

    fn of(value: f64) -> Self {
        value
    }

    fn as_f64(self) -> f64 {
        self
    }
}
