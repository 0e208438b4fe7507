//! Leading eigenvalues of a symmetric tridiagonal matrix by counting (Givens 1954; Kahan 1966).
//!
//! The pivots `q_i = (d_i − x) − e²_{i−1}/q_{i−1}` of `T − xI` have as many positive signs as `T` has eigenvalues
//! above `x` (Sylvester; claim T34). One sweep over the matrix counts for [`SHIFTS`] values of `x` together, in
//! vector lanes, and narrows every open interval at once.

use pulp::{Arch, Simd, WithSimd};

/// Values of `x` counted in one sweep.
const SHIFTS: usize = 16;

/// The `k` largest eigenvalues, descending, each to within the rounding error of the matrix, `ε · bound`.
///
/// `diagonal` has length `n ≥ k ≥ 1`, `off_diagonal` `n − 1`; `bound` is a bound on the spectral norm.
/// Cost `O(n k)` for each of about 50 bits, [`SHIFTS`] counts a sweep.
pub(super) fn leading_eigenvalues(diagonal: &[f64], off_diagonal: &[f64], bound: f64, k: usize) -> Vec<f64> {
    let squares: Vec<f64> = std::iter::once(0.0).chain(off_diagonal.iter().map(|e| e * e)).collect();
    let largest_square = squares.iter().copied().fold(1.0_f64, f64::max);
    let matrix = Matrix { diagonal, squares: &squares, smallest_pivot: f64::MIN_POSITIVE * largest_square };
    let tolerance = f64::EPSILON * bound;

    let reach = bound * (1.0 + 4.0 * f64::EPSILON * diagonal.len() as f64) + tolerance;
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

struct Matrix<'a> {
    diagonal: &'a [f64],
    /// `e²_{i−1}` at place `i`, 0 first.
    squares: &'a [f64],
    /// Smaller pivots are replaced by its negative.
    smallest_pivot: f64,
}

impl Matrix<'_> {
    /// Number of eigenvalues above each shift.
    fn count_above(&self, shifts: [f64; SHIFTS]) -> [usize; SHIFTS] {
        Arch::new().dispatch(Count { matrix: self, shifts })
    }
}

struct Count<'a> {
    matrix: &'a Matrix<'a>,
    shifts: [f64; SHIFTS],
}

impl WithSimd for Count<'_> {
    type Output = [usize; SHIFTS];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let shifts = S::as_simd_f64s(&self.shifts).0;
        let (zero, one) = (simd.splat_f64s(0.0), simd.splat_f64s(1.0));
        let smallest = simd.splat_f64s(self.matrix.smallest_pivot);
        let replacement = simd.splat_f64s(-self.matrix.smallest_pivot);
        let mut pivots = [one; SHIFTS];
        let mut counts = [zero; SHIFTS];
        for (&d, &square) in self.matrix.diagonal.iter().zip(self.matrix.squares) {
            let (d, square) = (simd.splat_f64s(d), simd.splat_f64s(square));
            for lane in 0..SHIFTS / S::F64_LANES {
                let ratio = simd.div_f64s(square, pivots[lane]);
                let pivot = simd.sub_f64s(simd.sub_f64s(d, shifts[lane]), ratio);
                let tiny = simd.less_than_f64s(simd.abs_f64s(pivot), smallest);
                pivots[lane] = simd.select_f64s(tiny, replacement, pivot);
                let positive = simd.greater_than_f64s(pivots[lane], zero);
                counts[lane] = simd.add_f64s(counts[lane], simd.select_f64s(positive, one, zero));
            }
        }
        let mut above = [0.0; SHIFTS];
        S::as_mut_simd_f64s(&mut above).0.copy_from_slice(&counts[..SHIFTS / S::F64_LANES]);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // small whole numbers
        above.map(|count| count as usize)
    }
}
