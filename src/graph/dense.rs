//! Graphs without structure: every entry is stored.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis};

use super::components::UnionFind;
use super::form::{Form, Structure, distance_squared};
use crate::error::{Error, Result, check};

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
}

impl Structure for DenseGraph {
    fn order(&self) -> usize {
        self.matrix.nrows()
    }

    fn entry(&self, i: usize, j: usize) -> f64 {
        self.matrix[[i, j]]
    }

    fn add_row(&self, i: usize, weight: f64, mut row: ArrayViewMut1<f64>) {
        row.scaled_add(weight, &self.matrix.row(i));
    }

    fn add_to(&self, weight: f64, out: &mut ArrayViewMut2<f64>) {
        out.scaled_add(weight, &self.matrix);
    }

    fn apply_add(&self, weight: f64, x: ArrayView2<f64>, mut out: ArrayViewMut2<f64>) {
        general_mat_mul(weight, &self.matrix, &x, 1.0, &mut out);
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

    fn energy(&self, z: ArrayView2<f64>) -> f64 {
        let mut energy = 0.0;
        for (i, row) in self.matrix.rows().into_iter().enumerate() {
            for (j, weight) in row.iter().take(i).enumerate() {
                energy += weight * distance_squared(z.row(i), z.row(j));
            }
        }
        energy
    }

    fn restrict(&self, indices: &[usize]) -> Form {
        let matrix = self.matrix.select(Axis(0), indices).select(Axis(1), indices);
        Form::Dense(Self { matrix })
    }

    fn scaled(&self, s: &Array1<f64>) -> Vec<(f64, Form)> {
        let matrix =
            Array2::from_shape_fn(self.matrix.raw_dim(), |(i, j)| self.matrix[[i, j]] * (s[i] * s[j]));
        vec![(1.0, Form::Dense(Self { matrix }))]
    }
}
