//! Gram matrices by matrix product, in parallel over blocks of rows.

use ndarray::{Array1, Array2, ArrayView2, Axis, Zip, s};
use rayon::prelude::*;

use super::RadialKernel;
use crate::error::{Error, Result, check};

/// Rows that one task computes. Fixed, so that results do not depend on the number of threads.
const BLOCK_ROWS: usize = 64;
/// Squared distances below this part of `‖x‖² + ‖y‖²` lose too many digits to cancellation and are summed directly.
const CANCELLED: f64 = 1e-4;

/// The Gram matrix `k(x_i, x_j)` of `x` `(n, p)`: symmetric to the last bit, ones on the diagonal. `O(n² p)`.
///
/// # Errors
/// [`Error::Empty`] or [`Error::NotFinite`] for a bad `x`, [`Error::Domain`] for a bad kernel parameter.
pub fn gram(kernel: &impl RadialKernel, x: ArrayView2<f64>) -> Result<Array2<f64>> {
    let mut gram = cross_gram(kernel, x, x)?;
    for i in 0..x.nrows() {
        gram[[i, i]] = 1.0;
        for j in 0..i {
            gram[[j, i]] = gram[[i, j]];
        }
    }
    Ok(gram)
}

/// The matrix `k(y_i, x_j)` of shape `(m, n)` between `y` `(m, p)` and `x` `(n, p)`. `O(m n p)`.
///
/// Distances carry a relative error of about `1e-12`, and an absolute one of `ε` times the largest coordinate.
///
/// # Errors
/// [`Error::Empty`] or [`Error::NotFinite`] for bad points, [`Error::Shape`] if the widths differ, [`Error::Domain`] for
/// a bad kernel parameter.
pub fn cross_gram(kernel: &impl RadialKernel, y: ArrayView2<f64>, x: ArrayView2<f64>) -> Result<Array2<f64>> {
    kernel.check()?;
    if x.is_empty() {
        return Err(Error::Empty { argument: "x", expected: "point with one coordinate" });
    }
    check::shape("y", &[y.nrows(), x.ncols()], y.shape())?;
    check::finite("x", &x)?;
    check::finite("y", &y)?;

    let mean = x.sum_axis(Axis(0)) / x.nrows() as f64;
    let (x, y) = (&x - &mean, &y - &mean);
    let (x_squares, y_squares) = (row_squares(&x), row_squares(&y));
    let mut gram = Array2::zeros((y.nrows(), x.nrows()));
    gram.axis_chunks_iter_mut(Axis(0), BLOCK_ROWS).into_par_iter().enumerate().for_each(
        |(block, mut rows)| {
            let first = block * BLOCK_ROWS;
            let y = y.slice(s![first..first + rows.nrows(), ..]);
            ndarray::linalg::general_mat_mul(-2.0, &y, &x.t(), 0.0, &mut rows);
            for (mut row, (y, &y_square)) in
                rows.rows_mut().into_iter().zip(y.rows().into_iter().zip(y_squares.slice(s![first..])))
            {
                Zip::from(&mut row).and(x.rows()).and(&x_squares).for_each(|entry, x, &x_square| {
                    let expanded = *entry + x_square + y_square;
                    let squared = if expanded < CANCELLED * (x_square + y_square) {
                        x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)).sum()
                    } else {
                        expanded
                    };
                    *entry = kernel.at_squared_distance(squared);
                });
            }
        },
    );
    Ok(gram)
}

fn row_squares(x: &Array2<f64>) -> Array1<f64> {
    x.map_axis(Axis(1), |row| row.dot(&row))
}
