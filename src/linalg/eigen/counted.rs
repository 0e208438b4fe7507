//! Symmetric matrices with cheap structure, as the solvers for a few eigenpairs see them.

/// Shifts whose eigenvalues are counted in one sweep.
pub(super) const SHIFTS: usize = 16;

/// A symmetric matrix whose eigenvalues can be counted, and whose shifted systems can be solved, in about `O(n)`.
pub(super) trait Counted {
    /// Inverse iteration takes over from bisection once neighbouring brackets are this many times as far from each other as
    /// either is wide. The larger, the fewer solves are left: a trade of the cost of a count against that of a solve.
    const APART: f64;

    /// Most shifts that are factored and solved for together, until the slowest of them has converged.
    const TOGETHER: usize;

    /// The order `n ≥ 1`.
    fn order(&self) -> usize;

    /// A bound on the spectral norm: eigenvalues are wanted to its rounding error.
    fn bound(&self) -> f64;

    /// Number of eigenvalues above each shift.
    fn count_above(&mut self, shifts: [f64; SHIFTS]) -> [usize; SHIFTS];

    /// Prepares [`Self::solve`] for at most [`Self::TOGETHER`] shifts, which may be eigenvalues: pivots below a rounding
    /// error of the bound are replaced by one.
    fn factor(&mut self, shifts: &[f64]);

    /// `x ← (A − shift · I)⁻¹ x` for each factored shift, whose `x` begins `stride` places after the one before.
    fn solve(&mut self, x: &mut [f64], stride: usize);

    /// `product ← A x`.
    fn apply(&self, x: &[f64], product: &mut [f64]);
}

/// `pivot`, moved off zero.
#[inline(always)]
pub(super) fn off_zero(pivot: f64, smallest: f64) -> f64 {
    if pivot.abs() < smallest { smallest.copysign(pivot) } else { pivot }
}
