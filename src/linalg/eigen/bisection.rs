//! Brackets of the leading eigenvalues by counting (Givens 1954; Kahan 1966).
//!
//! How many eigenvalues lie above `x` is the number of positive pivots of `A − xI` (Sylvester; [claim T34](crate::theory#t34)).
//! Every sweep counts for [`SHIFTS`] values of `x` together and narrows every open interval at once.

use super::counted::{Counted, SHIFTS};

/// An interval that holds an eigenvalue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bracket {
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Bracket {
    pub(super) fn width(self) -> f64 {
        self.high - self.low
    }

    pub(super) fn middle(self) -> f64 {
        0.5 * (self.low + self.high)
    }

    /// Whether this one lies above the other, at least `apart` times as far from it as either is wide.
    fn is_clear_of(self, below: Self, apart: f64) -> bool {
        self.low - below.high >= apart * self.width().max(below.width())
    }
}

/// The width below which an interval is not divided any more. Neighbouring floating-point numbers below the bound are closer than
/// half of it, so that every wider interval can be divided.
pub(super) fn resolution(bound: f64) -> f64 {
    2.0 * f64::EPSILON * bound
}

/// Brackets of the `k ≤ n` largest eigenvalues, descending.
///
/// Each is at most the resolution wide, or holds no other eigenvalue and is `apart` times as far from its neighbours as it
/// is wide. About 50 bits each with an infinite `apart`, [`SHIFTS`] counts a sweep.
pub(super) fn isolate(matrix: &mut impl Counted, k: usize, apart: f64) -> Vec<Bracket> {
    let bound = matrix.bound();
    let resolution = resolution(bound);
    let reach = bound * (1.0 + 4.0 * f64::EPSILON * matrix.order() as f64) + resolution;
    // One more tells how far the next eigenvalue is.
    let mut brackets = vec![Bracket { low: -reach, high: reach }; (k + 1).min(matrix.order())];
    loop {
        let is_open = |rank: usize| {
            let bracket = brackets[rank];
            let clear_above = rank == 0 || brackets[rank - 1].is_clear_of(bracket, apart);
            let clear_below = brackets.get(rank + 1).is_none_or(|&next| bracket.is_clear_of(next, apart));
            bracket.width() > resolution && !(clear_above && clear_below)
        };
        let mut open: Vec<Bracket> =
            (0..brackets.len()).filter(|&rank| is_open(rank)).map(|rank| brackets[rank]).collect();
        open.dedup();
        open.truncate(SHIFTS);
        if open.is_empty() {
            break;
        }
        let each = SHIFTS / open.len();
        let mut shifts = [f64::INFINITY; SHIFTS];
        for (shifts, bracket) in shifts.chunks_exact_mut(each).zip(&open) {
            for (part, shift) in shifts.iter_mut().enumerate() {
                *shift = bracket.low + bracket.width() * (part + 1) as f64 / (each + 1) as f64;
            }
        }
        let above = matrix.count_above(shifts);
        let mut is_narrower = false;
        for (rank, Bracket { low, high }) in brackets.iter_mut().enumerate() {
            for (&shift, &above) in shifts.iter().zip(&above) {
                if above > rank {
                    is_narrower |= shift > *low;
                    *low = low.max(shift);
                } else {
                    is_narrower |= shift < *high;
                    *high = high.min(shift);
                }
            }
        }
        // Near the ends of the range of numbers the resolution is none, and neighbouring numbers leave nothing to divide.
        if !is_narrower {
            break;
        }
    }
    brackets.truncate(k);
    brackets
}
