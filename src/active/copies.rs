//! Copies among samples: the same features for the same row.

use std::cmp::Ordering;

use ndarray::{Array2, ArrayView2};
use rayon::slice::ParallelSliceMut as _;

/// For every row the first that is equal to it. `O(n p log n)`.
pub(super) fn first_copies(x: ArrayView2<f64>) -> Vec<usize> {
    let order = |&a: &usize, &b: &usize| {
        let entries = x.row(a).into_iter().zip(x.row(b)).map(|(a, b)| a.partial_cmp(b));
        entries.flatten().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    };
    let mut rows: Vec<usize> = (0..x.nrows()).collect();
    rows.par_sort_by(order); // stable: of equal rows the first comes first
    let mut point_of: Vec<usize> = (0..x.nrows()).collect();
    for pair in rows.windows(2) {
        if order(&pair[0], &pair[1]).is_eq() {
            point_of[pair[1]] = point_of[pair[0]];
        }
    }
    point_of
}

/// Every row becomes the mean of those of its copies.
pub(super) fn with_copies_averaged(mut rows: Array2<f64>, point_of: &[usize]) -> Array2<f64> {
    if point_of.iter().enumerate().all(|(row, &point)| row == point) {
        return rows;
    }
    let mut sums = Array2::<f64>::zeros(rows.raw_dim());
    let mut copies = vec![0.0; point_of.len()];
    for (row, &point) in rows.outer_iter().zip(point_of) {
        sums.row_mut(point).scaled_add(1.0, &row);
        copies[point] += 1.0;
    }
    for (mut row, &point) in rows.outer_iter_mut().zip(point_of) {
        row.assign(&(&sums.row(point) / copies[point]));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_averaged() {
        let x = ndarray::array![[1.0, 2.0], [0.0, 5.0], [1.0, 2.0], [-0.0, 5.0], [1.0, 3.0]];
        let point_of = first_copies(x.view());
        assert_eq!(point_of, [0, 1, 0, 1, 4]);
        let rows = ndarray::array![[1.0, 4.0], [0.0, 0.0], [3.0, 0.0], [1.0, 1.0], [7.0, 7.0]];
        let rows = with_copies_averaged(rows, &point_of);
        assert_eq!(rows, ndarray::array![[2.0, 2.0], [0.5, 0.5], [2.0, 2.0], [0.5, 0.5], [7.0, 7.0]]);
    }
}
