//! Eigenvectors for given eigenvalues, by inverse iteration.
//!
//! `(A − λI) x⁺ = x`; every new vector is kept orthogonal to the earlier ones, which settles clusters and multiple
//! eigenvalues (Peters & Wilkinson 1979; Golub & Van Loan, section 8.4).

use pulp::{Arch, Simd, WithSimd};

use super::counted::Counted;
use crate::error::{Error, Result};
use crate::linalg::simd::{axpy, dot};

/// Steps before a vector is given up; two or three are the rule.
const MOST_STEPS: usize = 10;

/// Orthonormal eigenvectors, column `j` (of leading dimension `stride ≥ n`, zero past `n`) belonging to `eigenvalues[j]`.
///
/// `eigenvalues` are descending and correct to the rounding error of the matrix. Two or three solves a vector, and
/// `O(n k²)`.
///
/// # Errors
/// [`Error::NotConverged`] if a residual `‖(A − λI)x‖` stays above `10 ε √n · bound`.
pub(super) fn eigenvectors(
    matrix: &mut impl Counted,
    eigenvalues: &[f64],
    stride: usize,
    vectors: &mut Vec<f64>,
) -> Result<()> {
    let n = matrix.order();
    vectors.clear();
    vectors.resize(stride * eigenvalues.len(), 0.0);
    let rounding = f64::EPSILON * matrix.bound();
    let tolerance = 10.0 * rounding * (n as f64).sqrt();
    let mut previous = f64::INFINITY;
    for (rank, &eigenvalue) in eigenvalues.iter().enumerate() {
        // Equal shifts would factor the same matrix; a separation of a few roundings tells multiple ones apart.
        let shift = eigenvalue.min(previous - 2.0 * rounding);
        previous = shift;
        matrix.factor(shift);
        let (earlier, rest) = vectors.split_at_mut(rank * stride);
        let x = &mut rest[..n];
        start(x, rank);
        let mut residual = f64::INFINITY;
        for step in 0..MOST_STEPS {
            matrix.solve(x);
            Arch::new().dispatch(Orthonormalise { earlier, stride, x });
            residual = matrix.residual(eigenvalue, x);
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
