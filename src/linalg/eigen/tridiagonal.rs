//! A symmetric tridiagonal matrix: counts by the Sturm sequence, solves by elimination with row exchanges, both for
//! several shifts at once, one in each vector lane.

use pulp::{Arch, Simd, WithSimd};

use super::counted::{Counted, SHIFTS, off_zero};

/// `T` with `T_ii = d_i`, `T_{i+1,i} = e_i`, of order `n ≥ 1`.
pub(super) struct Tridiagonal<'a> {
    diagonal: &'a [f64],
    /// `n − 1`.
    off_diagonal: &'a [f64],
    /// `e²_{i−1}` at place `i`, 0 first.
    squares: Vec<f64>,
    bound: f64,
    /// `P (T − shift · I) = L U`, row by row: `U` has two superdiagonals.
    factors: Vec<Row>,
    /// The right-hand sides, row by row.
    sides: Vec<Lanes>,
}

/// Shifts whose systems are solved in one sweep: a multiple of every supported vector length.
const LANES: usize = 8;

/// A number for each of these shifts.
type Lanes = [f64; LANES];

/// One step of the elimination.
#[derive(Clone, Copy, Default)]
struct Row {
    /// `1 / U_ii`.
    inverse_pivot: Lanes,
    /// `U_{i,i+1}` and `U_{i,i+2}` over the pivot.
    above: [Lanes; 2],
    /// The multiple of row `i` subtracted from row `i + 1`.
    multiplier: Lanes,
    /// 1 if rows `i` and `i + 1` changed places first, else 0.
    exchanged: Lanes,
}

impl<'a> Tridiagonal<'a> {
    pub(super) fn new(diagonal: &'a [f64], off_diagonal: &'a [f64]) -> Self {
        let squares = std::iter::once(0.0).chain(off_diagonal.iter().map(|e| e * e)).collect();
        Self {
            diagonal,
            off_diagonal,
            squares,
            bound: gershgorin(diagonal, off_diagonal),
            factors: Vec::new(),
            sides: Vec::new(),
        }
    }
}

/// Gershgorin's bound on the norm; NaN if anything is not finite.
fn gershgorin(diagonal: &[f64], off_diagonal: &[f64]) -> f64 {
    let beside = |i: usize| off_diagonal.get(i).map_or(0.0, |e| e.abs());
    let mut bound = 0.0;
    for (i, d) in diagonal.iter().enumerate() {
        let disc = d.abs() + beside(i) + if i > 0 { beside(i - 1) } else { 0.0 };
        // Not `f64::max`, which drops NaN.
        if disc.is_nan() {
            return disc;
        }
        bound = if disc > bound { disc } else { bound };
    }
    bound
}

impl Counted for Tridiagonal<'_> {
    const APART: f64 = 1000.0;
    const TOGETHER: usize = LANES;

    fn order(&self) -> usize {
        self.diagonal.len()
    }

    fn bound(&self) -> f64 {
        self.bound
    }

    /// The pivots are `q_i = (d_i − x) − e²_{i−1}/q_{i−1}`; all shifts share one sweep, in vector lanes.
    fn count_above(&mut self, shifts: [f64; SHIFTS]) -> [usize; SHIFTS] {
        Arch::new().dispatch(Sturm { matrix: self, shifts })
    }

    fn factor(&mut self, shifts: &[f64]) {
        // Lanes without a shift of their own do the work of the first one again.
        let shifts = std::array::from_fn(|lane| *shifts.get(lane).unwrap_or(&shifts[0]));
        self.factors.resize(self.diagonal.len(), Row::default());
        Arch::new().dispatch(Factor { matrix: self, shifts });
    }

    fn solve(&mut self, x: &mut [f64], stride: usize) {
        let Self { factors, sides, .. } = self;
        sides.resize(factors.len(), [0.0; LANES]);
        for (lane, x) in x.chunks_exact(stride).enumerate() {
            for (side, &entry) in sides.iter_mut().zip(x) {
                side[lane] = entry;
            }
        }
        Arch::new().dispatch(Solve { factors, sides });
        for (lane, x) in x.chunks_exact_mut(stride).enumerate() {
            for (side, entry) in sides.iter().zip(x) {
                *entry = side[lane];
            }
        }
    }

    fn apply(&self, x: &[f64], product: &mut [f64]) {
        for ((product, d), x) in product.iter_mut().zip(self.diagonal).zip(x) {
            *product = d * x;
        }
        let n = x.len();
        for (i, e) in self.off_diagonal[..n - 1].iter().enumerate() {
            product[i] += e * x[i + 1];
            product[i + 1] += e * x[i];
        }
    }
}

struct Sturm<'a> {
    matrix: &'a Tridiagonal<'a>,
    shifts: [f64; SHIFTS],
}

impl WithSimd for Sturm<'_> {
    type Output = [usize; SHIFTS];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let shifts = S::as_simd_f64s(&self.shifts).0;
        let (zero, one) = (simd.splat_f64s(0.0), simd.splat_f64s(1.0));
        let largest_square = self.matrix.squares.iter().copied().fold(1.0, f64::max);
        let smallest = f64::MIN_POSITIVE * largest_square;
        let (smallest, replacement) = (simd.splat_f64s(smallest), simd.splat_f64s(-smallest));
        let mut pivots = [one; SHIFTS];
        let mut counts = [zero; SHIFTS];
        for (&d, &square) in self.matrix.diagonal.iter().zip(&self.matrix.squares) {
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

struct Factor<'a, 'b> {
    matrix: &'a mut Tridiagonal<'b>,
    shifts: Lanes,
}

impl WithSimd for Factor<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Tridiagonal { diagonal, off_diagonal, bound, ref mut factors, .. } = *self.matrix;
        let smallest = f64::EPSILON * bound;
        // Moved off zero, the subdiagonal takes the place of every pivot that is too small.
        let beside = |i: usize| off_diagonal.get(i).map_or(0.0, |&e| off_zero(e, smallest));
        let (zero, one) = (simd.splat_f64s(0.0), simd.splat_f64s(1.0));
        let smallest = simd.splat_f64s(smallest);
        for (part, &shift) in S::as_simd_f64s(&self.shifts).0.iter().enumerate() {
            // The row being eliminated: its entries in columns i and i + 1.
            let mut pivot = simd.sub_f64s(simd.splat_f64s(diagonal[0]), shift);
            let mut right = simd.splat_f64s(beside(0));
            for (i, (row, &d)) in factors.iter_mut().zip(&diagonal[1..]).enumerate() {
                let below = simd.splat_f64s(beside(i));
                let next = simd.sub_f64s(simd.splat_f64s(d), shift);
                let next_right = simd.splat_f64s(beside(i + 1));
                let exchanged = simd.less_than_f64s(simd.abs_f64s(pivot), simd.abs_f64s(below));
                let top = simd.select_f64s(exchanged, below, pivot);
                let bottom = simd.select_f64s(exchanged, pivot, below);
                let top_right = simd.select_f64s(exchanged, next, right);
                let bottom_right = simd.select_f64s(exchanged, right, next);
                let top_second = simd.select_f64s(exchanged, next_right, zero);
                let bottom_second = simd.select_f64s(exchanged, zero, next_right);

                let inverse_pivot = simd.div_f64s(one, top);
                // Not by way of the multiplier: the division is all that the next row waits for.
                let products = [simd.mul_f64s(bottom, top_right), simd.mul_f64s(bottom, top_second)];
                pivot = simd.negate_mul_add_e_f64s(products[0], inverse_pivot, bottom_right);
                right = simd.negate_mul_add_e_f64s(products[1], inverse_pivot, bottom_second);
                row.set(
                    simd,
                    part,
                    inverse_pivot,
                    [simd.mul_f64s(top_right, inverse_pivot), simd.mul_f64s(top_second, inverse_pivot)],
                    simd.mul_f64s(bottom, inverse_pivot),
                    simd.select_f64s(exchanged, one, zero),
                );
            }
            let tiny = simd.less_than_f64s(simd.abs_f64s(pivot), smallest);
            let inverse_pivot = simd.div_f64s(one, simd.select_f64s(tiny, smallest, pivot));
            if let Some(last) = factors.last_mut() {
                last.set(simd, part, inverse_pivot, [zero; 2], zero, zero);
            }
        }
    }
}

impl Row {
    /// Sets the lanes of a part, as many as a vector holds.
    #[inline(always)]
    fn set<S: Simd>(
        &mut self,
        _: S,
        part: usize,
        inverse_pivot: S::f64s,
        above: [S::f64s; 2],
        multiplier: S::f64s,
        exchanged: S::f64s,
    ) {
        S::as_mut_simd_f64s(&mut self.inverse_pivot).0[part] = inverse_pivot;
        S::as_mut_simd_f64s(&mut self.above[0]).0[part] = above[0];
        S::as_mut_simd_f64s(&mut self.above[1]).0[part] = above[1];
        S::as_mut_simd_f64s(&mut self.multiplier).0[part] = multiplier;
        S::as_mut_simd_f64s(&mut self.exchanged).0[part] = exchanged;
    }
}

struct Solve<'a> {
    factors: &'a [Row],
    sides: &'a mut [Lanes],
}

impl WithSimd for Solve<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { factors, sides } = self;
        let n = sides.len();
        let zero = simd.splat_f64s(0.0);
        for part in 0..LANES / S::F64_LANES {
            let mut carried = S::as_simd_f64s(&sides[0]).0[part];
            for i in 0..n - 1 {
                let row = &factors[i];
                let next = S::as_simd_f64s(&sides[i + 1]).0[part];
                let exchanged = simd.greater_than_f64s(S::as_simd_f64s(&row.exchanged).0[part], zero);
                let top = simd.select_f64s(exchanged, next, carried);
                let bottom = simd.select_f64s(exchanged, carried, next);
                S::as_mut_simd_f64s(&mut sides[i]).0[part] = top;
                let multiplier = S::as_simd_f64s(&row.multiplier).0[part];
                carried = simd.negate_mul_add_e_f64s(multiplier, top, bottom);
            }
            S::as_mut_simd_f64s(&mut sides[n - 1]).0[part] = carried;
            let (mut after, mut second) = (zero, zero);
            for (side, row) in sides.iter_mut().zip(factors).rev() {
                let [right, far_right] = [0, 1].map(|i| S::as_simd_f64s(&row.above[i]).0[part]);
                let side = &mut S::as_mut_simd_f64s(side).0[part];
                let scaled = simd.mul_f64s(*side, S::as_simd_f64s(&row.inverse_pivot).0[part]);
                // What is known two rows ahead first: the nearest row comes last.
                *side = simd.negate_mul_add_e_f64s(far_right, second, scaled);
                *side = simd.negate_mul_add_e_f64s(right, after, *side);
                (second, after) = (after, *side);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use pulp::{Arch, Scalar, Scalar128b, WithSimd};

    use super::{SHIFTS, Sturm, Tridiagonal};

    #[test]
    fn counts_on_a_known_spectrum_agree_for_every_vector_length() {
        // tridiag(−1, 2, −1) of order n: 2 − 2 cos(jπ/(n + 1)).
        let n = 37;
        let (diagonal, off_diagonal) = (vec![2.0; n], vec![-1.0; n - 1]);
        let matrix = Tridiagonal::new(&diagonal, &off_diagonal);
        let shifts: [f64; SHIFTS] = std::array::from_fn(|i| 0.013 + 0.27 * i as f64);
        let above = shifts.map(|shift| {
            let eigenvalue = |j: usize| 2.0 - 2.0 * (j as f64 * std::f64::consts::PI / (n + 1) as f64).cos();
            (1..=n).filter(|&j| eigenvalue(j) > shift).count()
        });
        let count = || Sturm { matrix: &matrix, shifts };
        assert_eq!(Arch::new().dispatch(count()), above);
        assert_eq!(count().with_simd(Scalar), above);
        assert_eq!(count().with_simd(Scalar128b), above);
    }
}
