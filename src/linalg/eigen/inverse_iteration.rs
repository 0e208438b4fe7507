//! Eigenpairs from brackets of the eigenvalues, by inverse iteration.
//!
//! `(A − σI) x⁺ = x`; every new vector is kept orthogonal to the earlier ones, which settles clusters and multiple
//! eigenvalues (Peters & Wilkinson 1979; Golub & Van Loan, section 8.4). Where a bracket isolates its eigenvalue the shift
//! `σ` follows the Rayleigh quotient, which converges cubically (Ostrowski 1958); the residual tells how far from it an
//! eigenvalue can be, and the bracket which one that is.

use pulp::{Arch, Simd, WithSimd};

use super::bisection::{Bracket, resolution};
use super::counted::Counted;
use crate::error::{Error, Result};
use crate::linalg::simd::{axpy, dot};

/// Steps before a vector is given up; two to four are the rule.
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
pub(super) fn eigenpairs(
    matrix: &mut impl Counted,
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
    let mut values: Vec<f64> = Vec::with_capacity(brackets.len());
    let mut previous = f64::INFINITY;
    for (rank, &bracket) in brackets.iter().enumerate() {
        let is_isolated = bracket.width() > resolution(matrix.bound());
        let mut value = bracket.middle();
        // Equal shifts would factor the same matrix; a separation of a few roundings tells multiple ones apart.
        let shift = value.min(previous - 2.0 * rounding);
        previous = shift;
        matrix.factor(shift);
        let (earlier, rest) = vectors.split_at_mut(rank * stride);
        let x = &mut rest[..n];
        start(x, rank);
        let mut residual = f64::INFINITY;
        for step in 1..=MOST_STEPS {
            matrix.solve(x);
            Arch::new().dispatch(Orthonormalise { earlier, stride, x });
            if step < FIRST_STEPS {
                // One step past the tolerance removes what the start shared with the neighbours.
                continue;
            }
            matrix.apply(x, &mut product);
            if is_isolated {
                value = Arch::new().dispatch(Dot { a: x, b: &product });
            }
            residual = Arch::new().dispatch(Residual { value, x, product: &mut product });
            if residual <= tolerance || residual.is_nan() {
                break;
            }
            if is_isolated {
                matrix.factor(value);
            }
        }
        let reach = tolerance.min(bracket.width());
        let is_inside = value >= bracket.low - reach && value <= bracket.high + reach;
        if residual.is_nan() || residual > tolerance || !is_inside {
            return Err(Error::NotConverged {
                solver: "inverse iteration",
                iterations: MOST_STEPS,
                residual,
                tolerance,
            });
        }
        values.push(value);
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
