//! Places between pixels, in ways that become vector code.

/// Adding it to a number from 0 up to half of it rounds to a whole number, which the low bits then hold.
const WHOLE: f64 = (1_u64 << 52) as f64;
const WHOLE_BITS: u64 = (1 << 52) - 1;

/// The place on an axis, brought between zero and `end`.
#[inline(always)]
pub(super) fn within(place: f64, end: usize) -> f64 {
    // `clamp` would keep NaN, the difference of two infinities, which no index is.
    #[allow(clippy::manual_clamp)]
    place.max(0.0).min(end as f64)
}

/// The largest whole number up to `place`, which is not negative, and the fraction beyond it.
#[inline(always)]
pub(super) fn split(place: f64) -> (f64, f64) {
    // `floor` is a call where the target has no instruction for it.
    let nearest = (place + WHOLE) - WHOLE;
    let before = if nearest > place { nearest - 1.0 } else { nearest };
    (before, place - before)
}

/// A whole number as the index that it is, in a way that becomes vector code.
#[inline(always)]
pub(super) fn index(whole: f64) -> usize {
    #[allow(clippy::cast_possible_truncation)] // an index of numbers that are there
    let index = ((whole + WHOLE).to_bits() & WHOLE_BITS) as usize;
    index
}
