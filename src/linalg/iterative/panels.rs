//! A tall matrix that columns are added to, stored so that its products read it once.
//!
//! Rows are cut into panels of [`BLOCK_ROWS`], and inside a panel every column is contiguous: adding columns moves none that are
//! there, and the first columns of a panel are a contiguous matrix. Sums over rows are taken panel by panel and in a fixed order,
//! so that results do not depend on the number of threads.

use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};
use rayon::slice::{ParallelSlice as _, ParallelSliceMut as _};

use crate::linalg::narrow::row_dots;
use crate::linalg::rows::{BLOCK_ROWS, PARTIAL_SUMS, entries, entries_mut, in_pool};
use crate::linalg::{add_product_on_this_thread, write_product_on_this_thread};

/// A matrix `(n, m)` with room for more columns.
#[derive(Clone, Debug)]
pub(super) struct Panels {
    rows: usize,
    columns: usize,
    /// `(room, rows of the panel)`, one column a row.
    parts: Vec<Array2<f64>>,
}

impl Panels {
    /// No columns of `rows` entries, with room for `room` of them.
    pub(super) fn new(rows: usize, room: usize) -> Self {
        let panel = |first: usize| Array2::zeros((room, BLOCK_ROWS.min(rows - first)));
        Self { rows, columns: 0, parts: (0..rows).step_by(BLOCK_ROWS).map(panel).collect() }
    }

    /// Number of rows `n`.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns `m`.
    pub(super) fn len(&self) -> usize {
        self.columns
    }

    /// Adds the columns of `block` `(n, b)`.
    pub(super) fn push(&mut self, block: ArrayView2<f64>) {
        let columns = self.columns..self.columns + block.ncols();
        self.parts.par_iter_mut().zip(block.axis_chunks_iter(Axis(0), BLOCK_ROWS)).for_each(
            |(panel, rows)| {
                panel.slice_mut(s![columns.clone(), ..]).assign(&rows.t());
            },
        );
        self.columns = columns.end;
    }

    /// `Vᵀ x` of shape `(m, b)`, for `x` `(n, b)`; `2 n m b` flops.
    pub(super) fn coordinates(&self, x: ArrayView2<f64>) -> Array2<f64> {
        let (task, width) = (self.panels_of_a_task(), x.ncols());
        let of_task = |(panels, rows): (&[Array2<f64>], ArrayView2<f64>)| {
            let mut sums = Sums::new(self.columns, width);
            for (panel, rows) in panels.iter().zip(rows.axis_chunks_iter(Axis(0), BLOCK_ROWS)) {
                sums.add(self.filled(panel), by_column(rows).view());
            }
            sums.total
        };
        let rows = x.axis_chunks_iter(Axis(0), task * BLOCK_ROWS);
        let sums = in_pool(|| self.parts.par_chunks(task).zip(rows).map(of_task).collect::<Vec<_>>());
        self.total(sums, width)
    }

    /// `x ← x − V c` for `c` `(m, b)`; `2 n m b` flops.
    pub(super) fn subtract(&self, c: &Array2<f64>, mut x: ArrayViewMut2<f64>) {
        let minus = by_column(c.view()) * -1.0;
        let rows = x.axis_chunks_iter_mut(Axis(0), BLOCK_ROWS);
        self.parts.par_iter().zip(rows).for_each(|(panel, mut rows)| {
            let mut columns = by_column(rows.view());
            add_product_on_this_thread(minus.view(), self.filled(panel), columns.view_mut());
            rows.assign(&columns.t());
        });
    }

    /// `x ← x − V_last c` for `c` `(l, b)` and the last `l ≤ m` columns, and `Vᵀ x` of the result; `2 n (l + m) b` flops, for which
    /// `V` is read once.
    pub(super) fn subtract_and_project(&self, c: &Array2<f64>, mut x: ArrayViewMut2<f64>) -> Array2<f64> {
        let (task, width) = (self.panels_of_a_task(), x.ncols());
        let last = self.columns - c.nrows()..self.columns;
        let minus = by_column(c.view()) * -1.0;
        let of_task = |(panels, mut rows): (&[Array2<f64>], ArrayViewMut2<f64>)| {
            let mut sums = Sums::new(self.columns, width);
            for (panel, mut rows) in panels.iter().zip(rows.axis_chunks_iter_mut(Axis(0), BLOCK_ROWS)) {
                let mut columns = by_column(rows.view());
                add_product_on_this_thread(
                    minus.view(),
                    panel.slice(s![last.clone(), ..]),
                    columns.view_mut(),
                );
                sums.add(self.filled(panel), columns.view());
                rows.assign(&columns.t());
            }
            sums.total
        };
        let rows = x.axis_chunks_iter_mut(Axis(0), task * BLOCK_ROWS);
        let sums = in_pool(|| self.parts.par_chunks(task).zip(rows).map(of_task).collect::<Vec<_>>());
        self.total(sums, width)
    }

    /// `V c` of shape `(n, b)` for `c` `(m, b)`; `2 n m b` flops.
    pub(super) fn combination(&self, c: &Array2<f64>) -> Array2<f64> {
        let mut out = Array2::zeros((self.rows, c.ncols()));
        self.subtract(&-c, out.view_mut());
        out
    }

    /// `V − U diag(values)` on the first columns, as many as there are values, of shape `(n, b)`.
    pub(super) fn difference(&self, values: &[f64], u: &Self) -> Array2<f64> {
        let mut out = Array2::zeros((self.rows, values.len()));
        let rows = out.axis_chunks_iter_mut(Axis(0), BLOCK_ROWS);
        self.parts.par_iter().zip(&u.parts).zip(rows).for_each(|((v, u), mut rows)| {
            for (j, (&value, mut column)) in values.iter().zip(rows.columns_mut()).enumerate() {
                column.assign(&v.row(j));
                column.scaled_add(-value, &u.row(j));
            }
        });
        out
    }

    /// Replaces the columns from `first` by their combinations `V_first.. y`, for `y` of shape `(m − first, p)` with
    /// `p ≤ m − first`.
    pub(super) fn rotate(&mut self, first: usize, y: &Array2<f64>) {
        let (old, new) = (first..self.columns, first..first + y.ncols());
        let by_column = y.t();
        let task = self.panels_of_a_task();
        self.parts.par_chunks_mut(task).for_each(|panels| {
            for panel in panels {
                let mut rotated = Array2::zeros((y.ncols(), panel.ncols()));
                write_product_on_this_thread(by_column, panel.slice(s![old.clone(), ..]), rotated.view_mut());
                panel.slice_mut(s![new.clone(), ..]).assign(&rotated);
            }
        });
        self.columns = new.end;
    }

    fn filled<'a>(&self, panel: &'a Array2<f64>) -> ArrayView2<'a, f64> {
        panel.slice(s![..self.columns, ..])
    }

    /// Panels whose sum one task takes. It depends on the number of rows alone.
    fn panels_of_a_task(&self) -> usize {
        self.parts.len().div_ceil(PARTIAL_SUMS).max(1)
    }

    /// The sum of sums `(b, m)`, as `(m, b)`.
    fn total(&self, sums: Vec<Array2<f64>>, width: usize) -> Array2<f64> {
        let total = sums.into_iter().fold(Array2::zeros((width, self.columns)), |total, sum| total + sum);
        total.reversed_axes()
    }
}

/// The transpose in row-major order: columns in one piece.
fn by_column(rows: ArrayView2<f64>) -> Array2<f64> {
    let mut columns = Array2::zeros((rows.ncols(), rows.nrows()));
    columns.assign(&rows.t());
    columns
}

/// A sum of products of panels `(m, r)` with columns `(b, r)`.
struct Sums {
    /// `(b, m)`.
    total: Array2<f64>,
    product: Array2<f64>,
}

impl Sums {
    fn new(m: usize, b: usize) -> Self {
        Self { total: Array2::zeros((b, m)), product: Array2::zeros((b, m)) }
    }

    fn add(&mut self, panel: ArrayView2<f64>, columns: ArrayView2<f64>) {
        if self.total.is_empty() {
            return;
        }
        row_dots(entries(&panel), entries(&columns), entries_mut(&mut self.product), panel.ncols());
        self.total += &self.product;
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // sums of small whole numbers
mod tests {
    use super::Panels;
    use ndarray::{Array2, concatenate, prelude::*};

    fn whole_numbers(rows: usize, columns: usize, seed: usize) -> Array2<f64> {
        Array2::from_shape_fn((rows, columns), |(i, j)| ((7 * i + 5 * j + 3 * seed) % 11) as f64 - 5.0)
    }

    /// Against plain products, with columns added in two parts, for less than a panel, several of them, and several a task.
    #[test]
    fn products_are_those_of_the_matrix() {
        for rows in [1, 5, 256, 257, 700, 20_000] {
            let (a, b) = (whole_numbers(rows, 3, 1), whole_numbers(rows, 4, 2));
            let v = concatenate![Axis(1), a, b];
            let mut panels = Panels::new(rows, 9);
            panels.push(a.view());
            panels.push(b.view());
            assert_eq!(panels.len(), 7);

            let x = whole_numbers(rows, 2, 3);
            assert_eq!(panels.coordinates(x.view()), v.t().dot(&x));
            let c = whole_numbers(7, 2, 4);
            assert_eq!(panels.combination(&c), v.dot(&c));
            let mut left = x.clone();
            panels.subtract(&c, left.view_mut());
            assert_eq!(left, &x - &v.dot(&c));
            let mut again = x.clone();
            assert_eq!(panels.subtract_and_project(&c, again.view_mut()), v.t().dot(&left));
            assert_eq!(again, left);
            assert_eq!(
                panels.difference(&[2.0, 3.0], &panels),
                v.slice(s![.., ..2]).to_owned() * &ndarray::arr1(&[-1.0, -2.0])
            );
            let (c, mut left) = (whole_numbers(3, 2, 6), x.clone());
            let coordinates = panels.subtract_and_project(&c, left.view_mut());
            assert_eq!(left, &x - &v.slice(s![.., 4..]).dot(&c));
            assert_eq!(coordinates, v.t().dot(&left));

            let y = whole_numbers(5, 3, 5);
            panels.rotate(2, &y);
            let rotated = concatenate![Axis(1), v.slice(s![.., ..2]), v.slice(s![.., 2..]).dot(&y)];
            assert_eq!(panels.combination(&Array2::eye(5)), rotated);
        }
    }
}
