//! A symmetric tridiagonal matrix: counts by the Sturm sequence, solves by elimination with row exchanges.

use pulp::{Arch, Simd, WithSimd};

use super::bisection::SHIFTS;
use super::counted::{Counted, off_zero};

/// `T` with `T_ii = d_i`, `T_{i+1,i} = e_i`, of order `n ≥ 1`.
pub(super) struct Tridiagonal<'a> {
    diagonal: &'a [f64],
    /// `n − 1`.
    off_diagonal: &'a [f64],
    /// `e²_{i−1}` at place `i`, 0 first.
    squares: Vec<f64>,
    bound: f64,
    /// `P (T − shift · I) = L U`: `U` has two superdiagonals.
    factors: Vec<Row>,
}

/// One step of the elimination.
#[derive(Clone, Copy, Default)]
struct Row {
    /// `1 / U_ii`.
    inverse_pivot: f64,
    /// `U_{i,i+1}` and `U_{i,i+2}` over the pivot.
    above: [f64; 2],
    /// The multiple of row `i` subtracted from row `i + 1`.
    multiplier: f64,
    /// Whether rows `i` and `i + 1` changed places first.
    exchanged: bool,
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

    fn factor(&mut self, shift: f64) {
        let Self { diagonal, off_diagonal, .. } = *self;
        let n = diagonal.len();
        let smallest = f64::EPSILON * self.bound;
        let beside = |i: usize| off_diagonal.get(i).copied().unwrap_or(0.0);
        let mut factors = std::mem::take(&mut self.factors);
        factors.clear();
        // The row being eliminated: its entries in columns i and i + 1.
        let (mut pivot, mut right) = (diagonal[0] - shift, beside(0));
        for i in 0..n - 1 {
            let (below, next, next_right) = (off_diagonal[i], diagonal[i + 1] - shift, beside(i + 1));
            if pivot.abs() >= below.abs() {
                let top = off_zero(pivot, smallest);
                let inverse_pivot = 1.0 / top;
                let (above, multiplier) = ([right * inverse_pivot, 0.0], below * inverse_pivot);
                factors.push(Row { inverse_pivot, above, multiplier, exchanged: false });
                // Not by way of the multiplier: this division is all that the next row waits for.
                (pivot, right) = (next - below * right / top, next_right);
            } else {
                let inverse_pivot = 1.0 / off_zero(below, smallest);
                let (above, multiplier) =
                    ([next, next_right].map(|entry| entry * inverse_pivot), pivot * inverse_pivot);
                factors.push(Row { inverse_pivot, above, multiplier, exchanged: true });
                (pivot, right) = (right - multiplier * next, -multiplier * next_right);
            }
        }
        factors.push(Row { inverse_pivot: 1.0 / off_zero(pivot, smallest), ..Row::default() });
        self.factors = factors;
    }

    fn solve(&mut self, x: &mut [f64]) {
        let mut carried = x[0];
        for (i, row) in self.factors[..x.len() - 1].iter().enumerate() {
            let next = x[i + 1];
            let (top, bottom) = if row.exchanged { (next, carried) } else { (carried, next) };
            x[i] = top;
            carried = bottom - row.multiplier * top;
        }
        if let Some(last) = x.last_mut() {
            *last = carried;
        }
        let (mut after, mut second) = (0.0, 0.0);
        for (entry, row) in x.iter_mut().zip(&self.factors).rev() {
            // What is known two rows ahead first: the nearest row comes last.
            let solved = (*entry * row.inverse_pivot - row.above[1] * second) - row.above[0] * after;
            (second, after) = (after, solved);
            *entry = solved;
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
