//! Tall matrices by blocks of rows: products in parallel, sums over rows in a fixed order.
//!
//! Sums are in the precision of the entries inside a block and in double precision over blocks: their error does not grow
//! with the number of rows. Blocks go to threads, and results do not depend on how many there are.

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayRef, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis, Dimension, s};
use rayon::prelude::*;

use super::{add_product_on_this_thread, write_product_of_columns, write_product_on_this_thread};
use crate::scalar::{Scalar, vectorised};

/// Rows that one task handles, and whose sum is in the precision of the entries. Fixed, so that results do not depend on
/// the number of threads.
pub(crate) const BLOCK_ROWS: usize = 256;

/// Parts of the rows that are summed apart. Fixed, too.
pub(crate) const PARTIAL_SUMS: usize = 32;

/// Strips of rows of a `k×k` sum of products: of a symmetric one, fewer than `1 / (2 STRIPS)` of the entries are computed
/// twice.
const STRIPS: usize = 4;
/// Rows of a strip, or a multiple: what the product takes at a time.
const STRIP_ROWS: usize = 32;

/// Running sums side by side in a row: one or two vectors.
pub(crate) const LANES: usize = 16;

/// `f(x, out)` with arrays in row-major order, copied if they are not.
pub(crate) fn in_rows<F: Scalar, T>(
    x: ArrayView2<F>,
    mut out: ArrayViewMut2<F>,
    f: impl FnOnce(ArrayView2<F>, ArrayViewMut2<F>) -> T,
) -> T {
    let x = x.as_standard_layout();
    if out.is_standard_layout() {
        return f(x.view(), out);
    }
    let mut copy = out.as_standard_layout().into_owned();
    let result = f(x.view(), copy.view_mut());
    out.assign(&copy);
    result
}

const NOT_IN_ROWS: &str =
    "the array is not contiguous in row-major order, which its maker should have seen to";

/// The entries of an array that is contiguous in row-major order: one just allocated, a row of such a one, or what [`in_rows`]
/// hands over.
///
/// # Panics
/// Of any other array, which is a fault of this crate.
#[inline(always)]
pub(crate) fn entries<F, D: Dimension>(x: &ArrayRef<F, D>) -> &[F] {
    match x.as_slice() {
        Some(entries) => entries,
        None => unreachable!("{NOT_IN_ROWS}"),
    }
}

/// [`entries`] to be written.
#[inline(always)]
pub(crate) fn entries_mut<F, D: Dimension>(out: &mut ArrayRef<F, D>) -> &mut [F] {
    match out.as_slice_mut() {
        Some(entries) => entries,
        None => unreachable!("{NOT_IN_ROWS}"),
    }
}

/// Row `i` of an array in row-major order.
#[inline(always)]
pub(crate) fn row<'a, F>(x: &'a ArrayView2<F>, i: usize) -> &'a [F] {
    &entries(x)[i * x.ncols()..][..x.ncols()]
}

/// `f()` inside the thread pool, which parallel loops in it then need not enter one by one.
pub(crate) fn in_pool<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    rayon::join(f, || ()).0
}

/// The sum of `f` over the chunks of `0..count`, `chunk` numbers each but the last.
pub(crate) fn sum_over(count: usize, chunk: usize, f: impl Fn(Range<usize>) -> f64 + Sync) -> f64 {
    if count <= chunk {
        return f(0..count);
    }
    let part = |position: usize| f(position * chunk..(position * chunk + chunk).min(count));
    (0..count.div_ceil(chunk)).into_par_iter().map(part).collect::<Vec<_>>().iter().sum()
}

/// `f(first row, rows)` for chunks of rows of `out`, `chunk` rows each but the last; the sum of what it returns.
pub(crate) fn over_rows<F: Scalar>(
    mut out: ArrayViewMut2<F>,
    chunk: usize,
    f: impl Fn(usize, ArrayViewMut2<F>) -> f64 + Sync,
) -> f64 {
    if out.nrows() <= chunk {
        return f(0, out);
    }
    let chunks = out.axis_chunks_iter_mut(Axis(0), chunk).into_par_iter().enumerate();
    chunks.map(|(position, rows)| f(position * chunk, rows)).collect::<Vec<_>>().iter().sum()
}

/// A map of rows, column by column: `x ↦ (x − mean) · scale`.
#[derive(Debug)]
pub(crate) struct Standard<F> {
    pub(crate) means: Vec<F>,
    pub(crate) scales: Vec<F>,
}

impl<F: Scalar> Standard<F> {
    /// `write(image of each entry of x, that of out)`.
    #[inline(always)]
    pub(crate) fn map(&self, x: &[F], out: &mut [F], write: impl Fn(F, &mut F)) {
        for (((out, &x), &mean), &scale) in out.iter_mut().zip(x).zip(&self.means).zip(&self.scales) {
            write((x - mean) * scale, out);
        }
    }
}

/// A matrix `(n, k)` less a row, `A − 1 mᵀ`, which is never stored.
#[derive(Debug)]
pub(crate) struct Shifted<'a, F> {
    matrix: ArrayView2<'a, F>,
    shift: Option<Array1<F>>,
}

impl<'a, F: Scalar> Shifted<'a, F> {
    /// The matrix itself.
    pub(crate) fn plain(matrix: ArrayView2<'a, F>) -> Self {
        Self { matrix, shift: None }
    }

    /// The matrix less the mean of its rows.
    pub(crate) fn centred(matrix: ArrayView2<'a, F>) -> Self {
        let n = matrix.nrows() as f64;
        let mean = column_sums(matrix).mapv(|sum| F::of(sum / n));
        Self { matrix, shift: Some(mean) }
    }

    /// Some rows: of the matrix itself if nothing is subtracted, otherwise computed in `scratch`.
    fn block<'b>(&'b self, rows: Range<usize>, scratch: &'b mut Array2<F>) -> ArrayView2<'b, F> {
        let block = self.matrix.slice(s![rows, ..]);
        let Some(shift) = &self.shift else {
            return block;
        };
        if scratch.dim() != block.dim() {
            *scratch = Array2::zeros(block.dim());
        }
        let shift = entries(shift);
        let out = entries_mut(scratch);
        vectorised(
            #[inline(always)]
            || {
                for (out, row) in out.chunks_exact_mut(shift.len()).zip(block.rows()) {
                    for ((out, &entry), &shift) in out.iter_mut().zip(entries(&row)).zip(shift) {
                        *out = entry - shift;
                    }
                }
            },
        );
        scratch.view()
    }

    /// `scale · AᵀA`, `(k, k)`. `O(n k²)` time, `O(k²)` memory.
    pub(crate) fn gram(&self, scale: f64) -> Array2<f64> {
        let mut gram = self.sum_of_products(None);
        scale_and_mirror(scale, &mut gram);
        gram
    }

    /// `AᵀB`, `(k, m)`, for `b` of shape `(n, m)`. `O(n k m)` time, `O(k m)` memory.
    pub(crate) fn transposed_dot(&self, b: ArrayView2<F>) -> Array2<f64> {
        if b.ncols() == 0 {
            return Array2::zeros((self.matrix.ncols(), 0));
        }
        self.sum_of_products(Some(b))
    }

    /// `out ← A M + keep · out`, for `m` of shape `(k, k)`, then `finish(first row, rows of out)` for the rows of each
    /// block while they are in the cache; the sum of what that returns. `O(n k²)`.
    pub(crate) fn multiply(
        &self,
        m: &Array2<F>,
        keep: F,
        out: ArrayViewMut2<F>,
        finish: impl Fn(usize, ArrayViewMut2<F>) -> f64 + Sync,
    ) -> f64 {
        over_rows(out, BLOCK_ROWS, |first, mut out| {
            let mut scratch = Array2::zeros((0, 0));
            let block = self.block(first..first + out.nrows(), &mut scratch);
            if keep == F::zero() {
                write_product_on_this_thread(block, m.view(), out.view_mut());
            } else {
                out *= keep;
                add_product_on_this_thread(block, m.view(), out.view_mut());
            }
            finish(first, out)
        })
    }

    /// `AᵀB`, or of `AᵀA` what is on and above the diagonal.
    fn sum_of_products(&self, b: Option<ArrayView2<F>>) -> Array2<f64> {
        let (n, k) = self.matrix.dim();
        let columns = b.map_or(k, |b| b.ncols());
        // Half as many entries as the matrix at most, unless it is smaller than two blocks.
        let most = PARTIAL_SUMS.min(n / (2 * k).max(1)).max(2);
        let strip_rows = k.div_ceil(STRIPS).next_multiple_of(STRIP_ROWS);
        let of_part = |blocks: &mut dyn Iterator<Item = Range<usize>>| {
            let mut sum = Array2::zeros((k, columns));
            let mut scratch = Array2::zeros((0, 0));
            for rows in blocks {
                let left = self.block(rows.clone(), &mut scratch);
                let right = b.as_ref().map_or(left, |b| b.slice(s![rows, ..]));
                // Strips of the sum's rows, of a Gram matrix from their part of the diagonal to the right.
                let add = |(strip, mut sum): (usize, ArrayViewMut2<f64>)| {
                    let first = strip * strip_rows;
                    let from = if b.is_some() { 0 } else { first };
                    let mut product = Array2::zeros((sum.nrows(), columns - from));
                    write_product_of_columns(
                        left,
                        first..first + sum.nrows(),
                        right,
                        from,
                        product.view_mut(),
                    );
                    add_columns(product.view(), from, sum.view_mut());
                };
                if n <= BLOCK_ROWS {
                    let strips = sum.axis_chunks_iter_mut(Axis(0), strip_rows).into_par_iter();
                    strips.enumerate().with_max_len(1).for_each(add);
                } else {
                    sum.axis_chunks_iter_mut(Axis(0), strip_rows).enumerate().for_each(add);
                }
            }
            sum
        };
        sum_of_parts(n, most, of_part, |sum, part| *sum += &part)
    }
}

/// Adds to the columns `from..` of a sum in double precision.
fn add_columns<F: Scalar>(terms: ArrayView2<F>, from: usize, mut sums: ArrayViewMut2<f64>) {
    let k = sums.ncols();
    vectorised(
        #[inline(always)]
        || {
            let sums = entries_mut(&mut sums).chunks_exact_mut(k);
            for (sums, terms) in sums.zip(entries(&terms).chunks_exact(k - from)) {
                for (sum, term) in sums[from..].iter_mut().zip(terms) {
                    *sum += term.as_f64();
                }
            }
        },
    );
}

/// Scales a square matrix on and above its diagonal, and writes below what is above.
fn scale_and_mirror(scale: f64, matrix: &mut Array2<f64>) {
    let k = matrix.nrows();
    let entries = entries_mut(matrix);
    // Some rows at a time, for whose columns a cache line is read once.
    for first in (0..k).step_by(LANES) {
        let last = (first + LANES).min(k);
        for column in 0..last {
            for row in first.max(column)..last {
                let entry = scale * entries[column * k + row];
                entries[column * k + row] = entry;
                entries[row * k + column] = entry;
            }
        }
    }
}

/// `scale · M`, in the precision of a tall matrix that it will multiply.
pub(crate) fn scaled<F: Scalar>(scale: f64, m: &Array2<f64>) -> Array2<F> {
    m.mapv(|entry| F::of(scale * entry))
}

/// `out ← out M` for `m` of shape `(k, k)`, then `finish(i, row i of out)`; `O(n k²)`.
pub(crate) fn multiply_in_place<F: Scalar>(
    m: &Array2<F>,
    out: ArrayViewMut2<F>,
    finish: impl Fn(usize, ArrayViewMut1<F>) + Sync,
) {
    over_rows(out, BLOCK_ROWS, |first, mut out| {
        let block = out.to_owned();
        write_product_on_this_thread(block.view(), m.view(), out.view_mut());
        for (i, row) in (first..).zip(out.rows_mut()) {
            finish(i, row);
        }
        0.0
    });
}

/// `Aᵀ 1`, of length `k`; rows in one piece.
pub(crate) fn column_sums<F: Scalar>(a: ArrayView2<F>) -> Array1<f64> {
    let sums = sums_over_blocks(
        a.nrows(),
        a.ncols(),
        #[inline(always)]
        |rows, sums: &mut [F]| {
            for i in rows {
                for (sum, &entry) in sums.iter_mut().zip(entries(&a.row(i))) {
                    *sum += entry;
                }
            }
        },
    );
    sums.into()
}

/// `len` sums over the rows `0..n`. `add(rows, sums)` adds the terms of one block of rows, in the precision of the entries; the
/// sums of the blocks are added in double precision.
pub(crate) fn sums_over_blocks<F: Scalar>(
    n: usize,
    len: usize,
    add: impl Fn(Range<usize>, &mut [F]) + Sync,
) -> Vec<f64> {
    let of_part = |blocks: &mut dyn Iterator<Item = Range<usize>>| {
        let (mut sums, mut of_block) = (vec![0.0; len], vec![F::zero(); len]);
        for rows in blocks {
            vectorised(
                #[inline(always)]
                || {
                    of_block.fill(F::zero());
                    add(rows, &mut of_block);
                    for (sum, of_block) in sums.iter_mut().zip(&of_block) {
                        *sum += of_block.as_f64();
                    }
                },
            );
        }
        sums
    };
    sum_of_parts(n, PARTIAL_SUMS, of_part, |sums, part| {
        for (sum, part) in sums.iter_mut().zip(part) {
            *sum += part;
        }
    })
}

/// The sum, by `add`, of `f(blocks of rows)` over at most `most` parts of `0..n`, one at least.
///
/// Neighbours are added first: few sums are there at a time, and they are still in the cache.
pub(crate) fn sum_of_parts<T: Send>(
    n: usize,
    most: usize,
    f: impl Fn(&mut dyn Iterator<Item = Range<usize>>) -> T + Sync,
    add: impl Fn(&mut T, T) + Sync,
) -> T {
    let blocks = n.div_ceil(BLOCK_ROWS);
    let parts = most.min(blocks).max(1);
    let of_part = |part: usize| {
        let blocks = part * blocks / parts..(part + 1) * blocks / parts;
        f(&mut blocks.map(|block| block * BLOCK_ROWS..(block * BLOCK_ROWS + BLOCK_ROWS).min(n)))
    };
    sum_of_neighbours(0..parts, &of_part, &add)
}

fn sum_of_neighbours<T: Send>(
    parts: Range<usize>,
    f: &(impl Fn(usize) -> T + Sync),
    add: &(impl Fn(&mut T, T) + Sync),
) -> T {
    if parts.len() == 1 {
        return f(parts.start);
    }
    let middle = parts.start.midpoint(parts.end);
    let (mut sum, rest) = rayon::join(
        || sum_of_neighbours(parts.start..middle, f, add),
        || sum_of_neighbours(middle..parts.end, f, add),
    );
    add(&mut sum, rest);
    sum
}

/// `Σ_ij A_ij B_ij`.
pub(crate) fn inner<F: Scalar>(a: ArrayView2<F>, b: ArrayView2<F>) -> f64 {
    sum_over(a.nrows(), BLOCK_ROWS, |rows| {
        vectorised(
            #[inline(always)]
            || {
                let mut sum = 0.0;
                for i in rows {
                    let (a, b) = (a.row(i), b.row(i));
                    sum += match (a.to_slice(), b.to_slice()) {
                        (Some(a), Some(b)) => dot(a, b),
                        _ => a.dot(&b).as_f64(),
                    };
                }
                sum
            },
        )
    })
}

/// `Σ a_i b_i`, in as many running sums as fit a vector.
#[inline(always)]
pub(crate) fn dot<F: Scalar>(a: &[F], b: &[F]) -> f64 {
    let mut sums = [F::zero(); LANES];
    let ((a, a_tail), (b, b_tail)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    for ((sum, &a), &b) in sums.iter_mut().zip(a_tail).zip(b_tail) {
        *sum += a * b;
    }
    sum_of_lanes(sums)
}

/// The sum of running sums, in double precision: halves onto each other.
#[inline(always)]
pub(crate) fn sum_of_lanes<F: Scalar>(lanes: [F; LANES]) -> f64 {
    let mut sums = [0.0; LANES];
    for lane in 0..LANES {
        sums[lane] = lanes[lane].as_f64();
    }
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    sums[0]
}
