//! Leading eigenvalues by counting (Givens 1954; Kahan 1966).
//!
//! How many eigenvalues lie above `x` is the number of positive pivots of `A − xI` (Sylvester; claim T34). Every sweep
//! counts for [`SHIFTS`] values of `x` together and narrows every open interval at once.

use super::counted::Counted;

/// Values of `x` counted in one sweep.
pub(super) const SHIFTS: usize = 16;

/// The `k ≤ n` largest eigenvalues, descending, each to within the rounding error of the matrix.
///
/// About 50 bits each, [`SHIFTS`] counts a sweep.
pub(super) fn leading_eigenvalues(matrix: &impl Counted, k: usize) -> Vec<f64> {
    let bound = matrix.bound();
    // Neighbouring numbers inside the reach are closer than this, so that every open interval can be divided.
    let tolerance = 2.0 * f64::EPSILON * bound;
    let reach = bound * (1.0 + 4.0 * f64::EPSILON * matrix.order() as f64) + tolerance;
    let mut intervals = vec![(-reach, reach); k];
    loop {
        let mut open: Vec<(f64, f64)> =
            intervals.iter().copied().filter(|&(low, high)| high - low > tolerance).collect();
        open.dedup();
        open.truncate(SHIFTS);
        if open.is_empty() {
            break;
        }
        let each = SHIFTS / open.len();
        let mut shifts = [f64::INFINITY; SHIFTS];
        for (shifts, &(low, high)) in shifts.chunks_exact_mut(each).zip(&open) {
            for (part, shift) in shifts.iter_mut().enumerate() {
                *shift = low + (high - low) * (part + 1) as f64 / (each + 1) as f64;
            }
        }
        let above = matrix.count_above(shifts);
        for (rank, (low, high)) in intervals.iter_mut().enumerate() {
            for (&shift, &above) in shifts.iter().zip(&above) {
                if above > rank {
                    *low = low.max(shift);
                } else {
                    *high = high.min(shift);
                }
            }
        }
    }
    intervals.into_iter().map(|(low, high)| 0.5 * (low + high)).collect()
}
