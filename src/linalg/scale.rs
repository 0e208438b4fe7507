//! Scaling, so that squares neither overflow nor vanish.
//!
//! Squares of numbers beyond `1e±154` do, although the norm or direction that they are computed for is representable.
//! Multiplying by a power of two first rounds nothing, and need only be done where plain arithmetic failed.

use std::ops::Range;

use super::rows::LANES;
use crate::scalar::{Scalar, vectorised};

/// Squares of entries beyond these would overflow, or vanish, in a norm.
pub(crate) const SAFE: Range<f64> = 1e-120..1e120;

/// Sums of squares above this have all their digits.
pub(crate) const SMALLEST_SQUARE: f64 = f64::MIN_POSITIVE / f64::EPSILON;

/// A factor that takes a matrix of this largest entry into the safe range: a power of two, so that scaling rounds nothing; 1
/// for what is there already, and for zero.
pub(crate) fn safe_scale(largest: f64) -> f64 {
    if largest == 0.0 || SAFE.contains(&largest) { 1.0 } else { inverse_power(largest) }
}

/// The power of two that takes a positive number near 1, or as near as a normal number does.
pub(crate) fn inverse_power(largest: f64) -> f64 {
    (-largest.log2().floor().clamp(-1000.0, 1000.0)).exp2()
}

/// The largest absolute value, 0 of nothing.
pub(crate) fn largest<'a>(entries: impl IntoIterator<Item = &'a f64>) -> f64 {
    entries.into_iter().fold(0.0, |largest, entry| largest.max(entry.abs()))
}

/// The largest absolute value of a slice, by as many running ones as fit a vector; no NaN is looked for.
pub(crate) fn largest_of<F: Scalar>(entries: &[F]) -> F {
    let larger = |a: F, b: F| if b > a { b } else { a };
    vectorised(
        #[inline(always)]
        || {
            let mut lanes = [F::zero(); LANES];
            let (chunks, tail) = entries.as_chunks::<LANES>();
            for chunk in chunks {
                for lane in 0..LANES {
                    lanes[lane] = larger(lanes[lane], chunk[lane].abs());
                }
            }
            lanes.iter().chain(tail).fold(F::zero(), |largest, entry| larger(largest, entry.abs()))
        },
    )
}

/// `√squares` for `squares = Σ entries²`; computed from scaled entries where the sum of squares overflowed or vanished.
pub(crate) fn norm<'a>(squares: f64, entries: impl IntoIterator<Item = &'a f64> + Clone) -> f64 {
    if squares > SMALLEST_SQUARE && squares < f64::INFINITY {
        return squares.sqrt();
    }
    let largest = largest(entries.clone());
    if largest == 0.0 || !largest.is_finite() {
        return largest;
    }
    largest * entries.into_iter().map(|entry| (entry / largest).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // powers of two
mod tests {
    use super::{norm, safe_scale};

    #[test]
    fn norms_of_any_scale() {
        for scale in [1e-322, 1e-200, 1e-20, 1.0, 1e20, 1e200, 1e307] {
            let entries = [3.0 * scale, 0.0, -4.0 * scale];
            let squares = entries.iter().map(|entry| entry * entry).sum();
            let relative = norm(squares, &entries) / scale;
            assert!((relative - 5.0).abs() < 1e-12 || scale < 1e-300 && (relative - 5.0).abs() < 0.1);
        }
        assert_eq!(norm(0.0, &[0.0; 3]), 0.0);
    }

    #[test]
    fn scales_are_powers_of_two_that_lead_into_the_range() {
        assert_eq!([0.0, 1e-119, 1.0, 1e119].map(safe_scale), [1.0; 4]);
        for largest in [5e-324, 1e-200, 1e200, f64::MAX] {
            let scale = safe_scale(largest);
            assert_eq!(scale.log2().fract(), 0.0);
            assert!(super::SAFE.contains(&(scale * largest)));
        }
    }
}
