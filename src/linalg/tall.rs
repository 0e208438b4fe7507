//! Products of a tall matrix with a block of a few columns, as in making vectors orthogonal to a basis.

use std::ops::Range;

use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};

use super::rows::{BLOCK_ROWS, LANES, PARTIAL_SUMS, entries, entries_mut, over_rows, sum_of_parts};
use super::{add_product_on_this_thread, write_product_on_this_thread};
use crate::scalar::{Scalar, vectorised};

/// `VᵀX`, summed in double precision. `O(n k b)`.
pub(in crate::linalg) fn transposed_product<F: Scalar>(v: ArrayView2<F>, x: ArrayView2<F>) -> Array2<f64> {
    let of_part = |blocks: &mut dyn Iterator<Item = Range<usize>>| {
        let mut sum = TransposedSum::new(v.ncols(), x.ncols());
        for rows in blocks {
            sum.add(v.slice(s![rows.clone(), ..]), x.slice(s![rows, ..]));
        }
        sum.sum
    };
    sum_of_parts(v.nrows(), PARTIAL_SUMS, of_part, |sum, part| *sum += &part)
}

/// `X ← X − V C`.
pub(in crate::linalg) fn subtract_product<F: Scalar>(v: ArrayView2<F>, c: &Array2<f64>, x: ArrayViewMut2<F>) {
    let c = c.mapv(|entry| F::of(-entry));
    over_rows(x, BLOCK_ROWS, |first, rows| {
        add_product(v.slice(s![first..first + rows.nrows(), ..]), c.view(), rows);
        0.0
    });
}

/// `X ← X − V C`, and `VᵀX` of the result, in one pass over `V`.
pub(in crate::linalg) fn subtract_and_project<F: Scalar>(
    v: ArrayView2<F>,
    c: &Array2<f64>,
    mut x: ArrayViewMut2<F>,
) -> Array2<f64> {
    let c = c.mapv(|entry| F::of(-entry));
    let part_rows = v.nrows().div_ceil(PARTIAL_SUMS).next_multiple_of(BLOCK_ROWS);
    let of_part = |(v, mut x): (ArrayView2<F>, ArrayViewMut2<F>)| {
        let mut sum = TransposedSum::new(v.ncols(), x.ncols());
        let blocks = v.axis_chunks_iter(Axis(0), BLOCK_ROWS).zip(x.axis_chunks_iter_mut(Axis(0), BLOCK_ROWS));
        for (v, mut x) in blocks {
            add_product(v, c.view(), x.view_mut());
            sum.add(v, x.view());
        }
        sum.sum
    };
    let parts = v.axis_chunks_iter(Axis(0), part_rows).into_par_iter();
    let parts = parts.zip(x.axis_chunks_iter_mut(Axis(0), part_rows)).map(of_part);
    let parts: Vec<Array2<f64>> = parts.collect();
    parts.iter().fold(Array2::zeros((v.ncols(), c.ncols())), |sum, part| sum + part)
}

/// The first columns of `X` become their combinations by `m` `(columns, kept)`, `kept ≤ columns`.
pub(in crate::linalg) fn combine_columns<F: Scalar>(x: ArrayViewMut2<F>, m: ArrayView2<f64>) {
    let m = m.mapv(F::of);
    let (columns, kept) = m.dim();
    over_rows(x, BLOCK_ROWS, |_, mut rows| {
        let before = rows.slice(s![.., ..columns]).to_owned();
        let mut after = Array2::zeros((before.nrows(), kept));
        write_product_on_this_thread(before.view(), m.view(), after.view_mut());
        rows.slice_mut(s![.., ..kept]).assign(&after);
        0.0
    });
}

/// Sums of `VᵀX` over blocks of rows.
struct TransposedSum<F> {
    sum: Array2<f64>,
    product: Array2<F>,
}

impl<F: Scalar> TransposedSum<F> {
    fn new(k: usize, b: usize) -> Self {
        Self { sum: Array2::zeros((k, b)), product: Array2::zeros((k, b)) }
    }

    fn add(&mut self, v: ArrayView2<F>, x: ArrayView2<F>) {
        if x.ncols() == LANES && x.is_standard_layout() {
            narrow_transposed_product(v, x, self.product.view_mut());
        } else {
            write_product_on_this_thread(v.t(), x, self.product.view_mut());
        }
        self.sum.zip_mut_with(&self.product, |sum, term: &F| *sum += term.as_f64());
    }
}

/// `X ← X + V C`.
fn add_product<F: Scalar>(v: ArrayView2<F>, c: ArrayView2<F>, x: ArrayViewMut2<F>) {
    if x.ncols() == LANES && x.is_standard_layout() {
        add_narrow_product(v, c, x);
    } else {
        add_product_on_this_thread(v, c, x);
    }
}

/// Rows or columns whose sums stay in registers.
const TILE: usize = 4;

/// `out ← VᵀX` for `x` of [`LANES`] columns. General multiplication would copy `V`, which costs as much as the product.
fn narrow_transposed_product<F: Scalar>(v: ArrayView2<F>, x: ArrayView2<F>, mut out: ArrayViewMut2<F>) {
    let (x, out) = (entries(&x).as_chunks::<LANES>().0, entries_mut(&mut out).as_chunks_mut::<LANES>().0);
    let rows: Vec<&[F]> = v.outer_iter().filter_map(|row| row.to_slice()).collect();
    vectorised(
        #[inline(always)]
        || {
            let (tiles, last) = out.as_chunks_mut::<TILE>();
            let mut first = 0;
            for tile in tiles {
                let [mut a, mut b, mut c, mut d] = [[F::zero(); LANES]; TILE];
                for (row, x) in rows.iter().zip(x) {
                    let row = &row[first..first + TILE];
                    (a, b) = (plus(a, row[0], x), plus(b, row[1], x));
                    (c, d) = (plus(c, row[2], x), plus(d, row[3], x));
                }
                *tile = [a, b, c, d];
                first += TILE;
            }
            for (column, out) in (first..).zip(last) {
                let mut sums = [F::zero(); LANES];
                for (row, x) in rows.iter().zip(x) {
                    for lane in 0..LANES {
                        sums[lane] += row[column] * x[lane];
                    }
                }
                *out = sums;
            }
        },
    );
}

/// `sums + entry · x`.
#[inline(always)]
fn plus<F: Scalar>(sums: [F; LANES], entry: F, x: &[F; LANES]) -> [F; LANES] {
    std::array::from_fn(|lane| sums[lane] + entry * x[lane])
}

/// `out ← out + V C` for `out` of [`LANES`] columns.
fn add_narrow_product<F: Scalar>(v: ArrayView2<F>, c: ArrayView2<F>, mut out: ArrayViewMut2<F>) {
    let (c, out) = (entries(&c).as_chunks::<LANES>().0, entries_mut(&mut out).as_chunks_mut::<LANES>().0);
    let rows: Vec<&[F]> =
        v.outer_iter().filter_map(|row| row.to_slice()).map(|row| &row[..c.len()]).collect();
    vectorised(
        #[inline(always)]
        || {
            let ((rows, last_rows), (tiles, last)) = (rows.as_chunks::<TILE>(), out.as_chunks_mut::<TILE>());
            for (rows, tile) in rows.iter().zip(tiles) {
                let mut sums = *tile;
                for (column, c) in c.iter().enumerate() {
                    for at in 0..TILE {
                        let entry = rows[at][column];
                        for lane in 0..LANES {
                            sums[at][lane] += entry * c[lane];
                        }
                    }
                }
                *tile = sums;
            }
            for (row, out) in last_rows.iter().zip(last) {
                let mut sums = *out;
                for (&entry, c) in row.iter().zip(c) {
                    for lane in 0..LANES {
                        sums[lane] += entry * c[lane];
                    }
                }
                *out = sums;
            }
        },
    );
}
