//! Gram matrices, in parallel over blocks of rows.
//!
//! Squared distances between points of few coordinates are summed coordinate by coordinate, in vectors over the points;
//! between longer points they come from a matrix product. Where squares would leave the range of numbers, every distance is
//! measured by the kernel's length scale first.

use ndarray::parallel::prelude::*;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut2, Axis, s};
use pulp::{Arch, Simd, WithSimd};

use super::RadialKernel;
use crate::error::{Error, Result, check};
use crate::linalg::add_product_on_this_thread;
use crate::linalg::rows::entries;
use crate::linalg::scale::{SAFE, largest, largest_of};
use crate::scalar::vectorised;

/// Rows that one task computes. Fixed, so that results do not depend on the number of threads.
const BLOCK_ROWS: usize = 64;
/// Entries computed together, a multiple of every supported vector length: enough independent sums to hide what each step waits
/// for.
const TILE: usize = 32;
/// Most coordinates whose differences are squared one by one.
const FEW_COORDINATES: usize = 16;
/// Squared distances below this part of `‖x‖² + ‖y‖²` lose too many digits to cancellation and are summed directly.
const CANCELLED: f64 = 1e-4;
/// Below this part the difference from the mean has lost digits, too, as it does where one point lies far from all others.
const CANCELLED_IN_MEAN: f64 = 1e-8;

/// The Gram matrix `k(x_i, x_j)` of `x` `(n, p)`: symmetric to the last bit, ones on the diagonal. `O(n² p)`.
///
/// # Errors
/// [`Error::Empty`] or [`Error::NotFinite`] for a bad `x`, [`Error::Domain`] for a bad kernel parameter.
pub fn gram(kernel: &impl RadialKernel, x: ArrayView2<f64>) -> Result<Array2<f64>> {
    let mut gram = cross_gram(kernel, x, x)?;
    if x.ncols() > FEW_COORDINATES {
        // A product may round the two halves differently; squared differences do not.
        for i in 0..x.nrows() {
            gram[[i, i]] = 1.0;
            for j in 0..i {
                gram[[j, i]] = gram[[i, j]];
            }
        }
    }
    Ok(gram)
}

/// The matrix `k(y_i, x_j)` of shape `(m, n)` between `y` `(m, p)` and `x` `(n, p)`. `O(m n p)`.
///
/// Distances carry a relative error of about `1e-12` (of a few `ε` up to 16 coordinates), whatever the scale of the points
/// and of the kernel.
///
/// # Errors
/// [`Error::Empty`] or [`Error::NotFinite`] for bad points, [`Error::Shape`] if the widths differ, [`Error::Domain`] for
/// a bad kernel parameter.
pub fn cross_gram(kernel: &impl RadialKernel, y: ArrayView2<f64>, x: ArrayView2<f64>) -> Result<Array2<f64>> {
    let mut gram = Array2::zeros((y.nrows(), x.nrows()));
    cross_gram_into(kernel, y, x, gram.view_mut())?;
    Ok(gram)
}

/// [`cross_gram`] into the matrix `out` of shape `(m, n)`: a buffer that is used again saves the allocation of a large matrix.
///
/// # Errors
/// As [`cross_gram`], and [`Error::Shape`] for another `out`; it keeps its entries then.
pub fn cross_gram_into(
    kernel: &impl RadialKernel,
    y: ArrayView2<f64>,
    x: ArrayView2<f64>,
    mut out: ArrayViewMut2<f64>,
) -> Result<()> {
    kernel.check()?;
    if x.is_empty() {
        return Err(Error::Empty { argument: "x", expected: "point with one coordinate" });
    }
    check::shape("y", &[y.nrows(), x.ncols()], y.shape())?;
    check::finite("x", &x)?;
    check::finite("y", &y)?;
    check::shape("out", &[y.nrows(), x.nrows()], out.shape())?;

    let distances = Distances::to(x, is_plain(kernel, y, x));
    out.axis_chunks_iter_mut(Axis(0), BLOCK_ROWS).into_par_iter().enumerate().for_each(
        |(block, mut rows)| {
            let first = block * BLOCK_ROWS;
            let y = y.slice(s![first..first + rows.nrows(), ..]);
            if let Some(entries) = rows.as_slice_mut() {
                distances.kernel_from(kernel, y, entries);
            } else {
                let mut entries = vec![0.0; rows.len()];
                distances.kernel_from(kernel, y, &mut entries);
                rows.iter_mut().zip(entries).for_each(|(entry, value)| *entry = value);
            }
        },
    );
    Ok(())
}

/// Whether no square of a distance, or of the kernel's length scale, leaves the range of numbers.
fn is_plain(kernel: &impl RadialKernel, y: ArrayView2<f64>, x: ArrayView2<f64>) -> bool {
    let largest = |points: ArrayView2<f64>| match points.to_slice_memory_order() {
        Some(entries) => largest_of(entries),
        None => largest(points),
    };
    SAFE.contains(&kernel.length_scale()) && largest(x) < SAFE.end && largest(y) < SAFE.end
}

/// Squared distances to fixed points.
enum Distances<'a> {
    /// Coordinates of the points, those of one axis in a row, padded with zeros to whole tiles.
    ByCoordinate(Array2<f64>),
    /// Points relative to their mean, with their squared norms.
    ByProduct { mean: Array1<f64>, x: Array2<f64>, squares: Array1<f64>, points: ArrayView2<'a, f64> },
    /// The points as they are, for squares that may overflow or vanish.
    OneByOne(ArrayView2<'a, f64>),
}

impl<'a> Distances<'a> {
    fn to(points: ArrayView2<'a, f64>, is_plain: bool) -> Self {
        let x = points;
        if !is_plain {
            return Self::OneByOne(points);
        }
        if x.ncols() <= FEW_COORDINATES {
            let mut padded = Array2::zeros((x.ncols(), x.nrows().next_multiple_of(TILE)));
            padded.slice_mut(s![.., ..x.nrows()]).assign(&x.t());
            return Self::ByCoordinate(padded);
        }
        let mean = x.sum_axis(Axis(0)) / x.nrows() as f64;
        let x = &x - &mean;
        Self::ByProduct { squares: row_squares(&x), x, mean, points }
    }

    /// Fills `out` row by row with the kernel between the points `y` and the fixed ones.
    fn kernel_from(&self, kernel: &impl RadialKernel, y: ArrayView2<f64>, out: &mut [f64]) {
        match self {
            Self::ByCoordinate(x) => {
                let p = x.nrows();
                let y = y.as_standard_layout();
                let (x, y) = (entries(x), entries(&y));
                Arch::new().dispatch(ByCoordinate { kernel, x, y, out, p });
            }
            Self::OneByOne(x) => {
                let (sigma, kernel) = (kernel.length_scale(), kernel.of_unit_length());
                for (y, out) in y.rows().into_iter().zip(out.chunks_exact_mut(x.nrows())) {
                    for (x, out) in x.rows().into_iter().zip(out) {
                        let squares = x.iter().zip(y).map(|(&x, &y)| difference_over(sigma, x, y).powi(2));
                        // The largest number is as far as infinity.
                        *out = kernel.at_squared_distance(squares.sum::<f64>().min(f64::MAX));
                    }
                }
            }
            Self::ByProduct { mean, x, squares, points } => {
                let from = y;
                let y = &y - mean;
                let mut products = Array2::zeros((y.nrows(), x.nrows()));
                add_product_on_this_thread(y.view(), x.t(), products.view_mut());
                let y_squares = row_squares(&y);
                for (i, out) in out.chunks_exact_mut(x.nrows()).enumerate() {
                    expanded(y_squares[i], products.row(i), squares, out, |j, negligible| {
                        let distance = squared_distance(x.row(j), y.row(i));
                        if distance > negligible {
                            distance
                        } else {
                            squared_distance(points.row(j), from.row(i))
                        }
                    });
                    vectorised(
                        #[inline(always)]
                        || {
                            for entry in out.iter_mut() {
                                *entry = kernel.at_squared_distance(*entry);
                            }
                        },
                    );
                }
            }
        }
    }
}

/// The kernel between points `y` of `p` coordinates and points `x`, given by their coordinates as in
/// [`Distances::ByCoordinate`]. Every entry of `out` is written once: in a matrix beyond the caches that is what takes time.
struct ByCoordinate<'a, K> {
    kernel: &'a K,
    x: &'a [f64],
    y: &'a [f64],
    out: &'a mut [f64],
    p: usize,
}

impl<K: RadialKernel> WithSimd for ByCoordinate<'_, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { kernel, x, y, out, p } = self;
        let (padded, rows) = (x.len() / p, y.len() / p);
        let columns = out.len() / rows;
        for (y, out) in y.chunks_exact(p).zip(out.chunks_exact_mut(columns)) {
            for (tile, out) in out.chunks_mut(TILE).enumerate() {
                let mut entries = [0.0; TILE];
                let sums = S::as_mut_simd_f64s(&mut entries).0;
                for (&y, x) in y.iter().zip(x.chunks_exact(padded)) {
                    let y = simd.splat_f64s(y);
                    let x = S::as_simd_f64s(&x[tile * TILE..(tile + 1) * TILE]).0;
                    for (sum, &x) in sums.iter_mut().zip(x) {
                        let difference = simd.sub_f64s(x, y);
                        *sum = simd.add_f64s(*sum, simd.mul_f64s(difference, difference));
                    }
                }
                for entry in &mut entries {
                    *entry = kernel.at_squared_distance(*entry);
                }
                out.copy_from_slice(&entries[..out.len()]);
            }
        }
    }
}

/// `‖y‖² + ‖x‖² − 2⟨y, x⟩` for every `x`; where that cancels, `directly(j, what is lost in the mean)`.
fn expanded(
    y_square: f64,
    products: ArrayView1<f64>,
    squares: &Array1<f64>,
    out: &mut [f64],
    directly: impl Fn(usize, f64) -> f64,
) {
    for (j, (out, (&product, &x_square))) in out.iter_mut().zip(products.iter().zip(squares)).enumerate() {
        let sum = x_square + y_square;
        *out = sum - 2.0 * product;
        if *out < CANCELLED * sum {
            *out = directly(j, CANCELLED_IN_MEAN * sum);
        }
    }
}

fn squared_distance(x: ArrayView1<f64>, y: ArrayView1<f64>) -> f64 {
    x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)).sum()
}

/// `(x − y) / sigma`, infinite only if that overflows.
fn difference_over(sigma: f64, x: f64, y: f64) -> f64 {
    let difference = x - y;
    if difference.is_finite() { difference / sigma } else { 2.0 * ((0.5 * x - 0.5 * y) / sigma) }
}

fn row_squares(x: &Array2<f64>) -> Array1<f64> {
    x.map_axis(Axis(1), |row| row.dot(&row))
}
