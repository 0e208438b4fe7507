//! A diagonal matrix plus one of low rank: what a symmetric matrix of known eigenvectors becomes by a low-rank change.
//!
//! `A = diag(λ) + B S Bᵀ`, `B` of shape `(n, r)`, `S` diagonal of signs. With `H(μ) = −S − Bᵀ (diag(λ) − μ)⁻¹ B`,
//! Haynsworth's inertia additivity gives the count (claims [T34](crate::theory#t34), [T35](crate::theory#t35))
//! `#{eigenvalues > μ} = #{λ_i > μ} + #{positive eigenvalues of H(μ)} − #{negative signs}`,
//! and Woodbury's identity the shifted solve ([claim T37](crate::theory#t37)), each in `O(n r²)` or less.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use pulp::{Arch, Simd, WithSimd};

use super::counted::{Counted, SHIFTS, off_zero};
use crate::linalg::narrow::{all_dots, row_dots};
use crate::linalg::simd::{axpy, dot};

pub(super) struct UpdatedDiagonal {
    values: Vec<f64>,
    /// The columns of `B`, one after the other.
    columns: Vec<f64>,
    signs: Vec<f64>,
    /// `B_ip B_iq` for `q ≤ p`, one vector of length `n` a pair.
    products: Vec<f64>,
    bound: f64,
    /// `1 / (λ_i − shift)`.
    inverse: Vec<f64>,
    /// `S + Bᵀ (diag(λ) − shift)⁻¹ B`, factored.
    core: Eliminated,
    /// `Bᵀ (diag(λ) − shift)⁻¹ x`.
    projected: Vec<f64>,
    count: CountBuffers,
}

/// For the shifts that are counted together.
struct CountBuffers {
    /// `1 / (λ_i − shift)`, one shift after the other.
    inverses: Vec<f64>,
    /// `Bᵀ (diag(λ) − shift)⁻¹ B`: of each entry of the lower triangle the values for all shifts.
    triangles: Vec<f64>,
    /// That of one shift.
    triangle: Vec<f64>,
}

impl UpdatedDiagonal {
    /// `diag(values) + factor · diag(weights) · factorᵀ`; weights are not zero.
    pub(super) fn new(values: ArrayView1<f64>, factor: ArrayView2<f64>, weights: ArrayView1<f64>) -> Self {
        let (n, r) = factor.dim();
        let mut columns = Vec::with_capacity(n * r);
        for (column, weight) in factor.columns().into_iter().zip(weights) {
            let scale = weight.abs().sqrt();
            columns.extend(column.iter().map(|entry| scale * entry));
        }
        let mut products = Vec::with_capacity(n * r * (r + 1) / 2);
        for p in 0..r {
            for q in 0..=p {
                let pairs = columns[p * n..(p + 1) * n].iter().zip(&columns[q * n..(q + 1) * n]);
                products.extend(pairs.map(|(b_p, b_q)| b_p * b_q));
            }
        }
        let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        Self {
            values: values.to_vec(),
            bound: largest + columns.iter().map(|entry| entry * entry).sum::<f64>(),
            columns,
            signs: weights.iter().map(|weight| weight.signum()).collect(),
            products,
            inverse: vec![0.0; n],
            core: Eliminated::of_order(r),
            projected: vec![0.0; r],
            count: CountBuffers {
                inverses: vec![0.0; TOGETHER * n],
                triangles: vec![0.0; TOGETHER * r * (r + 1) / 2],
                triangle: vec![0.0; r * (r + 1) / 2],
            },
        }
    }

    fn rank(&self) -> usize {
        self.signs.len()
    }
}

impl Counted for UpdatedDiagonal {
    const APART: f64 = 8.0;
    /// One system's loops run in vectors as they are.
    const TOGETHER: usize = 1;

    fn order(&self) -> usize {
        self.values.len()
    }

    fn bound(&self) -> f64 {
        self.bound
    }

    fn count_above(&mut self, shifts: [f64; SHIFTS]) -> [usize; SHIFTS] {
        Arch::new().dispatch(Inertia { matrix: self, shifts })
    }

    fn factor(&mut self, shifts: &[f64]) {
        let shift = shifts[0];
        let smallest = f64::EPSILON * self.bound;
        for (inverse, value) in self.inverse.iter_mut().zip(&self.values) {
            *inverse = 1.0 / off_zero(value - shift, smallest);
        }
        let Self { core, count: CountBuffers { triangle, .. }, signs, products, inverse, .. } = self;
        row_dots(inverse, products, triangle, inverse.len());
        core.eliminate(|p, q| {
            let (row, column) = (p.max(q), p.min(q));
            triangle[row * (row + 1) / 2 + column] + if p == q { signs[p] } else { 0.0 }
        });
    }

    fn solve(&mut self, x: &mut [f64], _stride: usize) {
        let n = self.order();
        Arch::new().dispatch(Solve { matrix: self, x: &mut x[..n] });
    }

    fn apply(&self, x: &[f64], product: &mut [f64]) {
        Arch::new().dispatch(Apply { matrix: self, x, product });
    }
}

struct Apply<'a> {
    matrix: &'a UpdatedDiagonal,
    x: &'a [f64],
    product: &'a mut [f64],
}

impl WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { matrix, x, product } = self;
        for ((product, value), x) in product.iter_mut().zip(&matrix.values).zip(x) {
            *product = value * x;
        }
        for (column, sign) in matrix.columns.chunks_exact(x.len()).zip(&matrix.signs) {
            axpy(simd, sign * dot(simd, column, x), column, product);
        }
    }
}

/// Shifts whose inverses stay in the nearest cache together; a divisor of [`SHIFTS`].
const TOGETHER: usize = 4;

struct Inertia<'a> {
    matrix: &'a mut UpdatedDiagonal,
    shifts: [f64; SHIFTS],
}

impl WithSimd for Inertia<'_> {
    type Output = [usize; SHIFTS];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let Self { matrix, shifts } = self;
        let (n, r) = (matrix.order(), matrix.rank());
        let UpdatedDiagonal { values, products, signs, bound, count, .. } = matrix;
        let CountBuffers { inverses, triangles, triangle } = count;
        let smallest = f64::EPSILON * *bound;
        let negative = signs.iter().filter(|&&sign| sign < 0.0).count();
        let mut above = [0; SHIFTS];
        for (above, shifts) in above.chunks_exact_mut(TOGETHER).zip(shifts.chunks_exact(TOGETHER)) {
            if shifts.iter().all(|shift| shift.is_infinite()) {
                continue;
            }
            let mut larger = [0; TOGETHER];
            for ((inverses, shift), larger) in inverses.chunks_exact_mut(n).zip(shifts).zip(&mut larger) {
                for (inverse, value) in inverses.iter_mut().zip(&*values) {
                    let difference = off_zero(value - shift, smallest);
                    *larger += usize::from(difference > 0.0);
                    *inverse = 1.0 / difference;
                }
            }
            all_dots(simd, inverses, products, triangles, n);
            for (which, above) in above.iter_mut().enumerate() {
                for (entry, of_shifts) in triangle.iter_mut().zip(triangles.chunks_exact(TOGETHER)) {
                    *entry = of_shifts[which];
                }
                for (p, sign) in signs.iter().enumerate() {
                    triangle[p * (p + 1) / 2 + p] += sign;
                }
                // Minus the matrix above: its negative pivots are the positive ones of H.
                *above = (larger[which] + negative_pivots(triangle, r)).saturating_sub(negative);
            }
        }
        above
    }
}

/// Number of negative pivots of the symmetric matrix whose lower triangle, row by row, is eliminated in place.
fn negative_pivots(triangle: &mut [f64], r: usize) -> usize {
    let at = |p: usize, q: usize| p * (p + 1) / 2 + q;
    let mut negative = 0;
    for k in 0..r {
        let pivot = triangle[at(k, k)];
        // An exact zero decides nothing; counting it as positive moves the shift by less than a rounding error.
        let pivot = if pivot == 0.0 { f64::MIN_POSITIVE } else { pivot };
        negative += usize::from(pivot < 0.0);
        for p in k + 1..r {
            let multiplier = triangle[at(p, k)] / pivot;
            for q in k + 1..=p {
                triangle[at(p, q)] -= multiplier * triangle[at(q, k)];
            }
        }
    }
    negative
}

struct Solve<'a> {
    matrix: &'a mut UpdatedDiagonal,
    x: &'a mut [f64],
}

impl WithSimd for Solve<'_> {
    type Output = ();

    /// `x ← D⁻¹ (x − B M⁻¹ Bᵀ D⁻¹ x)`, `D = diag(λ) − shift`, `M = S + Bᵀ D⁻¹ B`.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let UpdatedDiagonal { columns, inverse, core, projected, .. } = self.matrix;
        let x = self.x;
        let n = x.len();
        x.iter_mut().zip(&*inverse).for_each(|(x, inverse)| *x *= inverse);
        for (projected, column) in projected.iter_mut().zip(columns.chunks_exact(n)) {
            *projected = dot(simd, column, x);
        }
        core.solve(projected);
        for (&weight, column) in projected.iter().zip(columns.chunks_exact(n)) {
            for ((x, &b), &inverse) in x.iter_mut().zip(column).zip(&*inverse) {
                *x -= weight * b * inverse;
            }
        }
    }
}

/// A small square matrix after Gaussian elimination with row exchanges.
struct Eliminated {
    matrix: Array2<f64>,
    order: Array1<usize>,
    /// A right-hand side in the order of the rows.
    right: Array1<f64>,
}

impl Eliminated {
    fn of_order(r: usize) -> Self {
        Self { matrix: Array2::zeros((r, r)), order: Array1::zeros(r), right: Array1::zeros(r) }
    }

    /// Takes in and eliminates the matrix of these entries.
    fn eliminate(&mut self, entry: impl Fn(usize, usize) -> f64) {
        let Self { matrix, order, .. } = self;
        let r = matrix.nrows();
        matrix.indexed_iter_mut().for_each(|((p, q), place)| *place = entry(p, q));
        // The core is a sum with signs: at an eigenvalue it may cancel to the last bit, but rounding is at least ε.
        let smallest = f64::EPSILON * matrix.iter().fold(1.0_f64, |largest, entry| largest.max(entry.abs()));
        order.iter_mut().enumerate().for_each(|(p, place)| *place = p);
        for k in 0..r {
            let largest = (k..r)
                .fold(k, |best, p| if matrix[[p, k]].abs() > matrix[[best, k]].abs() { p } else { best });
            for q in 0..r {
                matrix.swap([k, q], [largest, q]);
            }
            order.swap(k, largest);
            if matrix[[k, k]].abs() < smallest {
                matrix[[k, k]] = smallest.copysign(matrix[[k, k]]);
            }
            for p in k + 1..r {
                matrix[[p, k]] /= matrix[[k, k]];
                for q in k + 1..r {
                    matrix[[p, q]] -= matrix[[p, k]] * matrix[[k, q]];
                }
            }
        }
    }

    fn solve(&mut self, x: &mut [f64]) {
        let r = x.len();
        for (right, &p) in self.right.iter_mut().zip(&self.order) {
            *right = x[p];
        }
        for p in 0..r {
            x[p] = self.right[p] - (0..p).map(|q| self.matrix[[p, q]] * x[q]).sum::<f64>();
        }
        for p in (0..r).rev() {
            let known: f64 = (p + 1..r).map(|q| self.matrix[[p, q]] * x[q]).sum();
            x[p] = (x[p] - known) / self.matrix[[p, p]];
        }
    }
}
