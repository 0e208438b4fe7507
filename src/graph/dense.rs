//! Graphs without structure: every entry is stored.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis, s};

use super::known::Known;
use super::product::Product;
use super::rows::distance_squared;
use super::structure::{Structure, check_size};
use crate::error::{Error, Result, check};
use crate::linalg::rows::{entries, over_rows, row, sum_over};
use crate::linalg::scale::largest;
use crate::scalar::Scalar;
use crate::union_find::UnionFind;

/// Rows of which a copy in the precision of the vectors is made at a time.
const BLOCK_ROWS: usize = 64;

/// A symmetric matrix of shape `(n, n)`.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseGraph {
    matrix: Array2<f64>,
}

impl DenseGraph {
    pub(super) fn new(mut matrix: Array2<f64>) -> Result<Self> {
        if matrix.nrows() == 0 {
            return Err(Error::Empty { argument: "graph", expected: "sample" });
        }
        check::symmetric("graph", matrix.view())?;
        check_size("entry of the graph", largest(&matrix))?;
        for i in 1..matrix.nrows() {
            for j in 0..i {
                let middle = 0.5 * matrix[[i, j]] + 0.5 * matrix[[j, i]];
                matrix[[i, j]] = middle;
                matrix[[j, i]] = middle;
            }
        }
        Ok(Self { matrix })
    }

    /// The matrix, of shape `(n, n)`, exactly symmetric.
    #[must_use]
    pub fn matrix(&self) -> ArrayView2<'_, f64> {
        self.matrix.view()
    }

    /// `F[indices, indices]`.
    pub(super) fn restrict(&self, indices: &[usize]) -> Self {
        let matrix = self.matrix.select(Axis(0), indices).select(Axis(1), indices);
        Self { matrix }
    }

    /// `diag(s) F diag(s)`.
    pub(super) fn scaled(&self, s: &Array1<f64>) -> Self {
        let matrix =
            Array2::from_shape_fn(self.matrix.raw_dim(), |(i, j)| self.matrix[[i, j]] * (s[i] * s[j]));
        Self { matrix }
    }
}

impl Structure for DenseGraph {
    fn order(&self) -> usize {
        self.matrix.nrows()
    }

    fn entry(&self, i: usize, j: usize) -> f64 {
        self.matrix[[i, j]]
    }

    fn bound(&self) -> f64 {
        largest(&self.matrix)
    }

    fn add_row(&self, i: usize, weight: f64, mut row: ArrayViewMut1<f64>) {
        row.scaled_add(weight, &self.matrix.row(i));
    }

    fn add_to(&self, weight: f64, out: &mut ArrayViewMut2<f64>) {
        out.scaled_add(weight, &self.matrix);
    }

    fn degrees(&self) -> Array1<f64> {
        self.matrix.sum_axis(Axis(1))
    }

    fn off_diagonal_degrees(&self) -> [Array1<f64>; 2] {
        let rows = self.matrix.rows().into_iter().enumerate();
        let of_row =
            |(i, row): (usize, ArrayView1<f64>)| row.slice(s![..i]).sum() + row.slice(s![i + 1..]).sum();
        let degrees: Array1<f64> = rows.map(of_row).collect();
        [degrees.clone(), degrees]
    }

    fn frobenius_squared(&self) -> f64 {
        self.matrix.iter().map(|entry| entry * entry).sum()
    }

    fn is_non_negative(&self) -> bool {
        self.matrix.iter().all(|&entry| entry >= 0.0)
    }

    fn join(&self, sets: &mut UnionFind) {
        for (i, row) in self.matrix.rows().into_iter().enumerate() {
            sets.join_row(i, row);
        }
    }

    fn add_known(&self, weight: f64, known: &mut Known) {
        self.matrix.indexed_iter().for_each(|((i, j), &entry)| known.add_entry(i, j, weight * entry));
    }
}

impl<F: Scalar> Product<F> for DenseGraph {
    fn apply_add(&self, weight: F, x: ArrayView2<F>, out: ArrayViewMut2<F>) {
        self.product(weight, x, out, |entry, _, _| entry);
    }

    fn apply_off_diagonal_add(&self, weight: F, x: ArrayView2<F>, out: ArrayViewMut2<F>) {
        self.product(weight, x, out, |entry, i, j| if i == j { 0.0 } else { entry });
    }

    fn energy(&self, z: ArrayView2<F>) -> f64 {
        let k = z.ncols();
        sum_over(self.order(), BLOCK_ROWS, |rows| {
            let of_row = |i: usize| {
                let own = row(&z, i);
                let pairs = self.matrix.row(i).into_iter().take(i).zip(entries(&z).chunks_exact(k));
                pairs.map(|(weight, other)| weight * distance_squared(own, other)).sum::<f64>()
            };
            rows.map(of_row).sum()
        })
    }
}

impl DenseGraph {
    /// Adds `weight · F x` to `out`, the entries of `F` taken from those of the matrix and their indices.
    fn product<F: Scalar>(
        &self,
        weight: F,
        x: ArrayView2<F>,
        out: ArrayViewMut2<F>,
        entry: impl Fn(f64, usize, usize) -> f64 + Sync,
    ) {
        over_rows(out, BLOCK_ROWS, |first, mut out| {
            let rows = self.matrix.slice(s![first..first + out.nrows(), ..]);
            let rows =
                Array2::from_shape_fn(rows.raw_dim(), |(i, j)| F::of(entry(rows[[i, j]], first + i, j)));
            general_mat_mul(weight, &rows, &x, F::one(), &mut out);
            0.0
        });
    }
}
