//! Nearest neighbours among few samples: the distances of all pairs in double precision.

use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

use super::neighbour::{Neighbour, first};
use crate::linalg::add_product_on_this_thread;
use crate::linalg::scale::SMALLEST_SQUARE;

/// Rows whose distances to all samples are held at a time. Fixed, so that results do not depend on the number of threads.
const BLOCK_ROWS: usize = 64;
/// Squared distances below this part of `‖x‖² + ‖y‖²`, of rows less their mean, have lost too many digits to it, as where one
/// row lies far from all others.
const CANCELLED: f64 = 1e-12;

/// The `k` nearest other rows of each row, the nearest first; one row after the other.
pub(super) fn nearest(x: ArrayView2<f64>, k: usize) -> Vec<Neighbour> {
    // Differences from the mean lose fewer digits in |a|² − 2 a·b + |b|².
    let centred = match x.mean_axis(Axis(0)) {
        Some(mean) => &x - &mean,
        None => x.to_owned(),
    };
    let norms: Vec<f64> = centred.outer_iter().map(|row| row.dot(&row)).collect();
    let blocks: Vec<Vec<Neighbour>> = centred
        .axis_chunks_iter(Axis(0), BLOCK_ROWS)
        .into_par_iter()
        .enumerate()
        .map(|(block, rows)| {
            let mut products = Array2::zeros((rows.nrows(), x.nrows()));
            add_product_on_this_thread(rows, centred.t(), products.view_mut());
            let of_row = |(offset, products): (usize, ArrayView1<f64>)| {
                let i = block * BLOCK_ROWS + offset;
                nearest_of(i, &norms, products, (x, centred.view()), k)
            };
            products.outer_iter().enumerate().flat_map(of_row).collect()
        })
        .collect();
    blocks.into_iter().flatten().collect()
}

/// The `k` nearest rows of row `i`, given its products with all; of the rows `x` and of those less their mean.
fn nearest_of(
    i: usize,
    norms: &[f64],
    products: ArrayView1<f64>,
    (x, centred): (ArrayView2<f64>, ArrayView2<f64>),
    k: usize,
) -> Vec<Neighbour> {
    let others = || (0..norms.len()).filter(|&j| j != i);
    let expanded = |j: usize| norms[i] + norms[j] - 2.0 * products[j];
    let by_square = |a: &Neighbour, b: &Neighbour| a.squared.total_cmp(&b.squared);
    let all = others().map(|j| Neighbour { squared: expanded(j), distance: 0.0, sample: j });
    let mut near = first(k, all.collect(), by_square);
    // The same number from both ends of an edge, and exactly zero between copies.
    let mut all_have_digits = others().all(|j| expanded(j).is_finite());
    for neighbour in &mut near {
        let j = neighbour.sample;
        let difference = &centred.row(i) - &centred.row(j);
        neighbour.squared = difference.dot(&difference);
        neighbour.distance = neighbour.squared.sqrt();
        if !has_digits(neighbour.squared, norms[i] + norms[j]) && x.row(i) != x.row(j) {
            all_have_digits = false;
        }
    }
    if all_have_digits {
        return first(k, near, by_square);
    }
    let one_by_one = |j: usize| {
        let difference = &centred.row(i) - &centred.row(j);
        let squared = difference.dot(&difference);
        if has_digits(squared, norms[i] + norms[j]) {
            return Neighbour { squared, distance: squared.sqrt(), sample: j };
        }
        Neighbour::between(x, i, j)
    };
    first(k, others().map(one_by_one).collect(), |a, b| a.distance.total_cmp(&b.distance))
}

/// Whether a squared distance between rows less their mean has enough digits; `summands` is the sum of their squared norms.
fn has_digits(squared: f64, summands: f64) -> bool {
    squared < f64::INFINITY && squared > SMALLEST_SQUARE.max(CANCELLED * summands)
}
