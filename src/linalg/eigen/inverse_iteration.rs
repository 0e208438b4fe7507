//! Eigenvectors of a symmetric tridiagonal matrix for given eigenvalues, by inverse iteration.
//!
//! `(T − λI) x⁺ = x` with Gaussian elimination and row exchanges; every new vector is kept orthogonal to the earlier
//! ones, which settles clusters and multiple eigenvalues (Peters & Wilkinson 1979; Golub & Van Loan, section 8.4).

use pulp::{Arch, Simd, WithSimd};

use crate::error::{Error, Result};
use crate::linalg::simd::{axpy, dot};

/// Steps before a vector is given up; two or three are the rule.
const MOST_STEPS: usize = 10;

/// Orthonormal eigenvectors, column `j` (of leading dimension `stride ≥ n`, zero past `n`) belonging to `eigenvalues[j]`.
///
/// `eigenvalues` are descending and correct to `ε · bound`. Cost `O(n k + n k²)`.
///
/// # Errors
/// [`Error::NotConverged`] if a residual `‖(T − λI)x‖` stays above `10 ε √n · bound`.
pub(super) fn eigenvectors(
    diagonal: &[f64],
    off_diagonal: &[f64],
    eigenvalues: &[f64],
    bound: f64,
    stride: usize,
    vectors: &mut Vec<f64>,
) -> Result<()> {
    let n = diagonal.len();
    vectors.clear();
    vectors.resize(stride * eigenvalues.len(), 0.0);
    let tolerance = 10.0 * f64::EPSILON * bound * (n as f64).sqrt();
    let mut factors = Factors::default();
    let mut previous = f64::INFINITY;
    for (rank, &eigenvalue) in eigenvalues.iter().enumerate() {
        // Equal shifts would factor the same matrix; a separation of a few roundings tells multiple ones apart.
        let shift = eigenvalue.min(previous - 2.0 * f64::EPSILON * bound);
        previous = shift;
        factors.factor(diagonal, off_diagonal, shift, f64::EPSILON * bound);
        let (earlier, rest) = vectors.split_at_mut(rank * stride);
        let x = &mut rest[..n];
        start(x, rank);
        let mut residual = f64::INFINITY;
        for step in 0..MOST_STEPS {
            factors.solve(x);
            Arch::new().dispatch(Orthonormalise { earlier, stride, x });
            residual = residual_norm(diagonal, off_diagonal, eigenvalue, x);
            // One step past the tolerance removes what the start shared with the neighbours.
            if residual <= tolerance && step > 0 {
                break;
            }
        }
        if residual.is_nan() || residual > tolerance {
            return Err(Error::NotConverged {
                solver: "inverse iteration",
                iterations: MOST_STEPS,
                residual,
                tolerance,
            });
        }
    }
    Ok(())
}

/// A start with a part in every eigenvector and another for every rank: the fractional parts of multiples of the
/// golden ratio, shifted by the rank.
fn start(x: &mut [f64], rank: usize) {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let n = x.len();
    for (i, entry) in x.iter_mut().enumerate() {
        *entry = ((rank * n + i + 1) as f64 * GOLDEN).fract() - 0.5;
    }
}

struct Orthonormalise<'a> {
    earlier: &'a [f64],
    stride: usize,
    x: &'a mut [f64],
}

impl WithSimd for Orthonormalise<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let n = self.x.len();
        let largest = self.x.iter().fold(0.0_f64, |largest, entry| largest.max(entry.abs()));
        self.x.iter_mut().for_each(|entry| *entry /= largest);
        // Twice is enough (Kahan): the second pass removes what rounding left of the first.
        for _ in 0..2 {
            for vector in self.earlier.chunks_exact(self.stride) {
                let vector = &vector[..n];
                axpy(simd, -dot(simd, vector, self.x), vector, self.x);
            }
            let norm = dot(simd, self.x, self.x).sqrt();
            self.x.iter_mut().for_each(|entry| *entry /= norm);
        }
    }
}

/// `‖(T − λI) x‖`.
fn residual_norm(diagonal: &[f64], off_diagonal: &[f64], eigenvalue: f64, x: &[f64]) -> f64 {
    let n = x.len();
    let entry = |i: usize| {
        let before = if i > 0 { off_diagonal[i - 1] * x[i - 1] } else { 0.0 };
        let after = if i + 1 < n { off_diagonal[i] * x[i + 1] } else { 0.0 };
        before + (diagonal[i] - eigenvalue) * x[i] + after
    };
    (0..n).map(|i| entry(i).powi(2)).sum::<f64>().sqrt()
}

/// `P (T − λI) = L U` with row exchanges: `U` has two superdiagonals.
#[derive(Default)]
struct Factors {
    rows: Vec<Row>,
}

/// One step of the elimination.
#[derive(Clone, Copy, Default)]
struct Row {
    /// `1 / U_ii`.
    inverse_pivot: f64,
    /// `U_{i,i+1}` and `U_{i,i+2}`.
    above: [f64; 2],
    /// The multiple of row `i` subtracted from row `i + 1`.
    multiplier: f64,
    /// Whether rows `i` and `i + 1` changed places first.
    exchanged: bool,
}

impl Factors {
    fn factor(&mut self, diagonal: &[f64], off_diagonal: &[f64], shift: f64, smallest_pivot: f64) {
        let n = diagonal.len();
        let guard =
            |pivot: f64| if pivot.abs() < smallest_pivot { smallest_pivot.copysign(pivot) } else { pivot };
        let beside = |i: usize| off_diagonal.get(i).copied().unwrap_or(0.0);
        self.rows.clear();
        // The row being eliminated: its entries in columns i and i + 1.
        let (mut pivot, mut right) = (diagonal[0] - shift, beside(0));
        for i in 0..n {
            if i + 1 == n {
                self.rows.push(Row { inverse_pivot: 1.0 / guard(pivot), ..Row::default() });
                break;
            }
            let (below, next, next_right) = (off_diagonal[i], diagonal[i + 1] - shift, beside(i + 1));
            if pivot.abs() >= below.abs() {
                let inverse_pivot = 1.0 / guard(pivot);
                let multiplier = below * inverse_pivot;
                self.rows.push(Row { inverse_pivot, above: [right, 0.0], multiplier, exchanged: false });
                (pivot, right) = (next - multiplier * right, next_right);
            } else {
                let inverse_pivot = 1.0 / guard(below);
                let multiplier = pivot * inverse_pivot;
                self.rows.push(Row { inverse_pivot, above: [next, next_right], multiplier, exchanged: true });
                (pivot, right) = (right - multiplier * next, -multiplier * next_right);
            }
        }
    }

    /// Solves in place.
    fn solve(&self, x: &mut [f64]) {
        let n = x.len();
        for (i, row) in self.rows[..n - 1].iter().enumerate() {
            if row.exchanged {
                x.swap(i, i + 1);
            }
            x[i + 1] -= row.multiplier * x[i];
        }
        let (mut after, mut second) = (0.0, 0.0);
        for (entry, row) in x.iter_mut().zip(&self.rows).rev() {
            let solved = (*entry - row.above[0] * after - row.above[1] * second) * row.inverse_pivot;
            (second, after) = (after, solved);
            *entry = solved;
        }
    }
}
