//! Cholesky's factorisation with pivots, of matrices that may be singular (Harbrecht, Peters and Schneider 2012).

use ndarray::{Array2, ArrayView2, s};

use super::rows::{entries, entries_mut};
use crate::scalar::vectorised;

/// Rows of a positive semi-definite matrix `A` that span the others, and their factor: `A[rows, rows] = R Rᵀ`.
#[derive(Clone, Debug)]
pub(crate) struct Pivots {
    /// `r` rows, each the one that the rows before explain least.
    pub(crate) rows: Vec<usize>,
    /// `R⁻¹`, lower triangular, `(r, r)`.
    pub(crate) inverse: Array2<f64>,
}

impl Pivots {
    /// Rows until of every diagonal entry at most `tolerance > 0` is left, for the symmetric `a` of shape `(n, n)`.
    ///
    /// `O(n r²)` time and `O(n r)` memory. With the tolerance at the size of the rounding errors of `a`, negative eigenvalues of
    /// that size do no harm.
    pub(crate) fn of(a: ArrayView2<f64>, tolerance: f64) -> Self {
        let n = a.nrows();
        let mut rest = a.diag().to_owned();
        let (mut factor, mut inverse) = (Array2::<f64>::zeros((n, n)), Array2::<f64>::zeros((n, n)));
        let mut rows = Vec::new();
        // Of equal ones the first.
        let next = |rest: &[f64]| {
            let largest =
                (0..n).fold((0, tolerance), |best, i| if rest[i] > best.1 { (i, rest[i]) } else { best });
            (largest.1 > tolerance).then_some(largest)
        };
        while let Some((pivot, left)) = next(entries(&rest)) {
            let position = rows.len();
            rows.push(pivot);
            let scale = left.sqrt().recip();
            // A column of the factor, contiguous in `factor`, and a row of its inverse.
            subtract_earlier(&mut factor, position, pivot, a, &mut inverse);
            let column = &mut entries_mut(&mut factor)[position * n..][..n];
            let row = &mut entries_mut(&mut inverse)[position * n..][..=position];
            for ((entry, rest), i) in column.iter_mut().zip(&mut rest).zip(0..) {
                *entry *= scale;
                *rest = if i == pivot { 0.0 } else { *rest - *entry * *entry };
            }
            for entry in row {
                *entry *= scale;
            }
        }
        let r = rows.len();
        Self { rows, inverse: inverse.slice(s![..r, ..r]).to_owned() }
    }
}

/// Row `pivot` of `a` less its projection on the columns of the factor before, and the combination of rows that this is.
fn subtract_earlier(
    factor: &mut Array2<f64>,
    position: usize,
    pivot: usize,
    a: ArrayView2<f64>,
    inverse: &mut Array2<f64>,
) {
    let n = a.nrows();
    factor.row_mut(position).assign(&a.row(pivot));
    inverse[[position, position]] = 1.0;
    let (earlier, column) = entries_mut(factor).split_at_mut(position * n);
    let (earlier_rows, row) = entries_mut(inverse).split_at_mut(position * n);
    let (column, row) = (&mut column[..n], &mut row[..n]);
    vectorised(
        #[inline(always)]
        || {
            for (k, (earlier, earlier_row)) in
                earlier.chunks_exact(n).zip(earlier_rows.chunks_exact(n)).enumerate()
            {
                let share = earlier[pivot];
                for (entry, &of_earlier) in column.iter_mut().zip(earlier) {
                    *entry -= share * of_earlier;
                }
                for (entry, &of_earlier) in row[..=k].iter_mut().zip(&earlier_row[..=k]) {
                    *entry -= share * of_earlier;
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::Pivots;
    use ndarray::{Array2, Axis, s};

    /// A matrix of rank 4 with a copy of its first row: the factor of the rows chosen, and what they leave of the others.
    #[test]
    fn spans_a_singular_matrix() {
        let b =
            Array2::from_shape_fn((9, 4), |(i, j)| (((5 * i + 3 * j * j + i * j) % 11) as f64 - 5.0) / 5.0);
        let mut a = b.dot(&b.t());
        for i in 0..9 {
            a[[i, 8]] = a[[i, 0]];
        }
        for i in 0..9 {
            a[[8, i]] = a[[0, i]];
        }
        let Pivots { rows, inverse } = Pivots::of(a.view(), 1e-12);
        assert_eq!(rows.len(), 4);
        let cross = a.select(Axis(1), &rows);
        let features = cross.dot(&inverse.t());
        let difference = features.dot(&features.t()) - &a;
        assert!(difference.iter().all(|entry| entry.abs() < 1e-12), "{difference}");
        let own = features.select(Axis(0), &rows);
        for i in 0..4 {
            assert!(own.slice(s![i, i + 1..]).iter().all(|entry: &f64| entry.abs() < 1e-12), "triangular");
        }
        assert_eq!(Pivots::of(Array2::zeros((3, 3)).view(), 1e-12).rows.len(), 0);
    }
}
