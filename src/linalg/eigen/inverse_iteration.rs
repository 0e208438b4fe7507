//! Eigenpairs from brackets of the eigenvalues, by inverse iteration.
//!
//! `(A − σI) x⁺ = x`, several vectors a step, each with its `σ`; every vector is kept orthogonal to the earlier ones, which
//! resolves clusters and multiple eigenvalues (Peters & Wilkinson 1979; Golub & Van Loan, section 8.4). Where a bracket isolates
//! its eigenvalue the shift `σ` follows the Rayleigh quotient, which converges cubically (Ostrowski 1958); the residual tells how
//! far from it an eigenvalue can be, and the bracket which one that is.

use pulp::{Arch, Simd, WithSimd};

use super::bisection::{Bracket, resolution};
use super::counted::Counted;
use crate::error::{Error, Result};
use crate::linalg::simd::{axpy, dot};

/// Steps after which inverse iteration fails; two to four are usual.
const MOST_STEPS: usize = 10;
/// Steps with the middle of a bracket before its Rayleigh quotient is worth following.
const FIRST_STEPS: usize = 2;

/// The eigenvalues in the brackets, and into `vectors` their orthonormal eigenvectors, column `j` (of leading dimension
/// `stride ≥ n`, zero past `n`) belonging to bracket `j`.
///
/// The brackets are those of [`super::bisection::isolate`]. Two to four solves a vector, and `O(n k²)`.
///
/// # Errors
/// [`Error::NotConverged`] if a residual `‖(A − λI)x‖` stays above `10 ε √n · bound`, or belongs to another eigenvalue.
pub(super) fn eigenpairs<M: Counted>(
    matrix: &mut M,
    brackets: &[Bracket],
    stride: usize,
    vectors: &mut Vec<f64>,
) -> Result<Vec<f64>> {
    let n = matrix.order();
    vectors.clear();
    vectors.resize(stride * brackets.len(), 0.0);
    let rounding = f64::EPSILON * matrix.bound();
    let tolerance = 10.0 * rounding * (n as f64).sqrt();
    let mut product = vec![0.0; n];
    let mut values: Vec<f64> = brackets.iter().map(|bracket| bracket.middle()).collect();
    let mut shifts = values.clone();
    for rank in 1..shifts.len() {
        // Equal shifts would factor the same matrix; a separation of a few roundings tells multiple ones apart.
        shifts[rank] = shifts[rank].min(shifts[rank - 1] - 2.0 * rounding);
    }
    for first in (0..brackets.len()).step_by(M::TOGETHER) {
        let ranks = first..brackets.len().min(first + M::TOGETHER);
        for rank in ranks.clone() {
            start(&mut vectors[rank * stride..][..n], rank);
        }
        matrix.factor(&shifts[ranks.clone()]);
        let mut worst = f64::INFINITY;
        for step in 1..=MOST_STEPS {
            matrix.solve(&mut vectors[first * stride..ranks.end * stride], stride);
            for rank in ranks.clone() {
                let (earlier, rest) = vectors.split_at_mut(rank * stride);
                Arch::new().dispatch(Orthonormalise { earlier, stride, x: &mut rest[..n] });
            }
            if step < FIRST_STEPS {
                // One step past the tolerance removes what the start shared with the neighbours.
                continue;
            }
            worst = 0.0;
            for rank in ranks.clone() {
                let x = &vectors[rank * stride..][..n];
                matrix.apply(x, &mut product);
                if brackets[rank].width() > resolution(matrix.bound()) {
                    // The bracket isolates its eigenvalue.
                    values[rank] = Arch::new().dispatch(Dot { a: x, b: &product });
                    shifts[rank] = values[rank];
                }
                let residual =
                    Arch::new().dispatch(Residual { value: values[rank], x, product: &mut product });
                // Not `f64::max`, which drops NaN.
                worst = if residual <= worst { worst } else { residual };
            }
            if worst <= tolerance || worst.is_nan() {
                break;
            }
            matrix.factor(&shifts[ranks.clone()]);
        }
        let is_inside = |rank: usize| {
            let Bracket { low, high } = brackets[rank];
            let reach = tolerance.min(brackets[rank].width());
            values[rank] >= low - reach && values[rank] <= high + reach
        };
        if worst.is_nan() || worst > tolerance || !ranks.clone().all(is_inside) {
            return Err(Error::NotConverged {
                solver: "inverse iteration",
                iterations: MOST_STEPS,
                residual: worst,
                tolerance,
            });
        }
    }
    Ok(values)
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

struct Dot<'a> {
    a: &'a [f64],
    b: &'a [f64],
}

impl WithSimd for Dot<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        dot(simd, self.a, self.b)
    }
}

/// `‖product − value · x‖`; the product is overwritten.
struct Residual<'a> {
    value: f64,
    x: &'a [f64],
    product: &'a mut [f64],
}

impl WithSimd for Residual<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        axpy(simd, -self.value, self.x, self.product);
        dot(simd, self.product, self.product).sqrt()
    }
}
