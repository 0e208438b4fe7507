//! Products of a large matrix with a few columns.
//!
//! General multiplication first copies its operands into panels, which for a handful of columns costs more than the
//! product. Here the large matrix is read once, where it lies.

use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView2, Axis, CowArray, Ix2, ShapeBuilder};
use pulp::{Arch, Simd, WithSimd};
use rayon::slice::ParallelSlice as _;

use super::rows::{entries, entries_mut};
use super::simd::axpy;

/// Rows of the large matrix that one task multiplies.
const TASK_ROWS: usize = 256;
/// Multiplications below which a second thread does not pay.
const SEQUENTIAL_BELOW: usize = 1 << 21;
/// Most columns whose sums, for a few rows, stay in registers.
const MOST_COLUMNS: usize = 5;

/// `A B` of shape `(m, k)`, contiguous by columns, for `a` `(m, n)` and `b` `(n, k)` with small `k`; `2 m n k` flops.
///
/// Nothing is copied if `a` is contiguous by rows or by columns, and `b` by columns. Where `a` is contiguous by columns,
/// zeros of `b` cost nothing. Shapes are the caller's duty; the result does not depend on the number of threads.
pub(crate) fn narrow_product(a: ArrayView2<f64>, b: ArrayView2<f64>) -> Array2<f64> {
    let (m, n, k) = (a.nrows(), a.ncols(), b.ncols());
    let mut by_column = Array2::zeros((k, m));
    if m * n * k == 0 {
        return by_column.reversed_axes();
    }
    let columns = by_columns(b);
    let columns = columns.t();
    let columns = entries(&columns);
    if let (None, Some(a)) = (a.as_slice(), a.t().as_slice()) {
        let out = entries_mut(&mut by_column);
        Arch::new().dispatch(Combinations { a, columns, out, m });
    } else {
        let a = a.as_standard_layout();
        let a = entries(&a);
        if m * n * k < SEQUENTIAL_BELOW {
            row_dots(a, columns, entries_mut(&mut by_column), n);
        } else {
            let tasks = by_column.axis_chunks_iter_mut(Axis(1), TASK_ROWS).into_par_iter();
            tasks.zip(a.par_chunks(TASK_ROWS * n)).for_each(|(mut out, a)| {
                let mut part = Array2::zeros(out.raw_dim());
                row_dots(a, columns, entries_mut(&mut part), n);
                out.assign(&part);
            });
        }
    }
    by_column.reversed_axes()
}

/// The matrix contiguous by columns, copied if it is not.
pub(super) fn by_columns(b: ArrayView2<f64>) -> CowArray<f64, Ix2> {
    if b.t().is_standard_layout() {
        return b.into();
    }
    let mut copy = Array2::zeros(b.raw_dim().f());
    copy.assign(&b);
    copy.into()
}

/// [`all_dots`] in the widest vectors of the machine.
pub(super) fn row_dots(a: &[f64], columns: &[f64], out: &mut [f64], n: usize) {
    Arch::new().dispatch(Dots { a, columns, out, n });
}

struct Dots<'a> {
    a: &'a [f64],
    columns: &'a [f64],
    out: &'a mut [f64],
    n: usize,
}

impl WithSimd for Dots<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        all_dots(simd, self.a, self.columns, self.out, self.n);
    }
}

/// Into `out`, by columns, the dot products of the rows of `a` with the columns, all of length `n`.
#[inline(always)]
pub(super) fn all_dots<S: Simd>(simd: S, a: &[f64], columns: &[f64], out: &mut [f64], n: usize) {
    // As many rows together as leave their sums in registers, of which the longest vectors come with twice as many.
    if S::F64_LANES < 8 {
        dots_of_rows::<S, 2>(simd, a, columns, out, n);
    } else {
        dots_of_rows::<S, 4>(simd, a, columns, out, n);
    }
}

/// [`all_dots`], `R` rows at a time.
#[inline(always)]
fn dots_of_rows<S: Simd, const R: usize>(simd: S, a: &[f64], columns: &[f64], out: &mut [f64], n: usize) {
    let m = a.len() / n;
    for (columns, out) in columns.chunks(MOST_COLUMNS * n).zip(out.chunks_mut(MOST_COLUMNS * m)) {
        for (i, rows) in (0..).step_by(R).zip(a.chunks(R * n)) {
            match columns.len() / n {
                1 => dots::<S, R, 1>(simd, rows, columns, &mut out[i..], m),
                2 => dots::<S, R, 2>(simd, rows, columns, &mut out[i..], m),
                3 => dots::<S, R, 3>(simd, rows, columns, &mut out[i..], m),
                4 => dots::<S, R, 4>(simd, rows, columns, &mut out[i..], m),
                _ => dots::<S, R, MOST_COLUMNS>(simd, rows, columns, &mut out[i..], m),
            }
        }
    }
}

/// The products of up to `R` rows with `K` columns, `m` places apart in `out`.
#[inline(always)]
fn dots<S: Simd, const R: usize, const K: usize>(
    simd: S,
    rows: &[f64],
    columns: &[f64],
    out: &mut [f64],
    m: usize,
) {
    let n = columns.len() / K;
    let count = rows.len() / n;
    let vectors = S::as_simd_f64s(&rows[..n]).0.len();
    let (mut row_heads, mut column_heads) = ([&[][..]; R], [&[][..]; K]);
    for i in 0..R {
        // Where there are fewer rows the last one is taken again.
        row_heads[i] = &S::as_simd_f64s(&rows[i.min(count - 1) * n..][..n]).0[..vectors];
    }
    for j in 0..K {
        column_heads[j] = &S::as_simd_f64s(&columns[j * n..][..n]).0[..vectors];
    }
    let mut sums = [[simd.splat_f64s(0.0); R]; K];
    for l in 0..vectors {
        for j in 0..K {
            for i in 0..R {
                sums[j][i] = simd.mul_add_e_f64s(row_heads[i][l], column_heads[j][l], sums[j][i]);
            }
        }
    }
    let tail = vectors * S::F64_LANES..n;
    for (j, column) in columns.chunks_exact(n).enumerate() {
        for (i, row) in rows.chunks_exact(n).enumerate() {
            let of_tail: f64 = row[tail.clone()].iter().zip(&column[tail.clone()]).map(|(a, b)| a * b).sum();
            out[j * m + i] = simd.reduce_sum_f64s(sums[j][i]) + of_tail;
        }
    }
}

/// Into `out`, by columns, the linear combinations of the columns of `a`, of length `m`, whose coefficients are the columns of
/// `b`.
struct Combinations<'a> {
    a: &'a [f64],
    columns: &'a [f64],
    out: &'a mut [f64],
    m: usize,
}

impl WithSimd for Combinations<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { a, columns, out, m } = self;
        let n = a.len() / m;
        for (out, weights) in out.chunks_exact_mut(m).zip(columns.chunks_exact(n)) {
            for (&weight, a) in weights.iter().zip(a.chunks_exact(m)).filter(|(weight, _)| **weight != 0.0) {
                axpy(simd, weight, a, out);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // sums of small whole numbers
mod tests {
    use super::{MOST_COLUMNS, narrow_product};
    use ndarray::{Array2, ShapeBuilder, s};

    #[test]
    fn equals_the_plain_product_in_any_layout_and_shape() {
        let entry = |(i, j): (usize, usize)| ((7 * i + 5 * j) % 11) as f64 - 5.0;
        for (m, n) in [(1, 1), (1, 9), (2, 3), (7, 33), (8, 16), (600, 701)] {
            for k in 0..=2 * MOST_COLUMNS + 1 {
                let a = Array2::from_shape_fn((m, n), entry);
                let b = Array2::from_shape_fn((n, k), entry);
                let expected = Array2::from_shape_fn((m, k), |(i, j)| {
                    (0..n).map(|l| a[[i, l]] * b[[l, j]]).sum::<f64>()
                });
                let mut by_columns = Array2::zeros((m, n).f());
                by_columns.assign(&a);
                let mut spread = Array2::zeros((m, 2 * n));
                spread.slice_mut(s![.., ..;2]).assign(&a);
                for a in [a.view(), by_columns.view(), spread.slice(s![.., ..;2])] {
                    assert_eq!(narrow_product(a, b.view()), expected, "{m} × {n} × {k}");
                    assert_eq!(narrow_product(a, b.t().as_standard_layout().t()), expected);
                }
            }
        }
    }

    #[test]
    fn nothing_times_nothing_is_zero() {
        assert_eq!(
            narrow_product(Array2::zeros((2, 0)).view(), Array2::zeros((0, 3)).view()),
            Array2::<f64>::zeros((2, 3))
        );
        assert_eq!(narrow_product(Array2::zeros((0, 4)).view(), Array2::zeros((4, 3)).view()).dim(), (0, 3));
    }
}
