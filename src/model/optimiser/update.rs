//! What the rules have in common.

use ndarray::{Array2, ArrayViewMut2};

use crate::Scalar;
use crate::error::{Error, Result, check};

/// What a rule must be able to do to one parameter.
pub(super) trait Update<F>: Sync {
    /// Arrays of the parameter's shape that are kept between steps.
    const MOMENTS: usize;

    /// The numbers of the rule are in range.
    fn check(&self) -> Result<()>;

    /// Whether a step at this rate, gradients being at most the root of the largest number, can take a parameter that is not near
    /// the largest number itself, or a moment, out of the range of numbers.
    fn is_bold(&self, rate: f64) -> bool;

    /// Takes step number `step ≥ 1` at rate `rate`; `moments` holds [`Self::MOMENTS`] arrays, zero before the first.
    fn update(
        &self,
        step: u64,
        rate: F,
        parameter: ArrayViewMut2<F>,
        gradient: &Array2<F>,
        moments: &mut [Array2<F>],
    );
}

/// Checks that a number of a rule is finite in the precision of the parameters as well.
pub(super) fn check_precision<F: Scalar>(argument: &'static str, value: f64) -> Result<()> {
    check::not_negative(argument, value)?;
    check::number(argument, F::of(value).as_f64(), "finite in the precision of the parameters").map(drop)
}

/// The most a step may change a parameter, so that a sum with the largest number is rounded to that.
pub(super) fn negligible<F: Scalar>() -> f64 {
    0.25 * (F::max_value() * F::epsilon()).as_f64()
}

/// The part of a parameter that decays: all of it, unless it is a bias.
pub(super) fn decay_of(weight_decay: f64, rows: usize) -> f64 {
    if rows > 1 { weight_decay } else { 0.0 }
}

/// Checks a factor by which past steps are forgotten: in `[0, 1)`.
pub(super) fn check_fading(argument: &'static str, value: f64) -> Result<()> {
    if (0.0..1.0).contains(&value) {
        return Ok(());
    }
    Err(Error::Domain { argument, value, must: "at least 0 and below 1" })
}
