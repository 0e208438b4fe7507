//! What is done to an entry in the same pass over memory that computes it.

use crate::Scalar;

/// A function of one entry that an operation applies before it writes its value, which saves two passes over memory and a copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Epilogue {
    /// The entry itself.
    #[default]
    Identity,
    /// `max(x, 0)`; at 0 the derivative is 0. NaN stays NaN.
    Relu,
}

impl Epilogue {
    /// Applies it to all entries.
    #[inline(always)]
    pub(super) fn apply<F: Scalar>(self, entries: &mut [F]) {
        if self == Self::Relu {
            for entry in entries {
                *entry = relu(*entry);
            }
        }
    }

    /// Multiplies the cotangent by the derivative where the value is `values`.
    #[inline(always)]
    pub(super) fn apply_back<F: Scalar>(self, values: &[F], cotangent: &mut [F]) {
        if self == Self::Relu {
            for (g, &y) in cotangent.iter_mut().zip(values) {
                *g = if y > F::zero() { *g } else { F::zero() };
            }
        }
    }
}

/// `max(x, 0)`, NaN for NaN.
#[inline(always)]
pub(super) fn relu<F: Scalar>(x: F) -> F {
    if x < F::zero() { F::zero() } else { x }
}
