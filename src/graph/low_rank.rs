//! Graphs of low rank, `B diag(w) Bᵀ`.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis};

use super::product::Product;
use super::structure::{LowRankPart, Structure, check_size};
use super::totals;
use crate::error::{Error, Result, check};
use crate::linalg::rows::Shifted;
use crate::linalg::scale::largest;
use crate::scalar::Scalar;
use crate::union_find::UnionFind;

/// A factor `B` of shape `(n, r)` and `r` signed weights.
#[derive(Clone, Debug, PartialEq)]
pub struct LowRankGraph {
    factor: Array2<f64>,
    weights: Array1<f64>,
}

/// Where the largest entry of a column lies unless it is scaled.
const SAFE_COLUMN: std::ops::Range<f64> = 1e-40..1e40;

impl LowRankGraph {
    pub(super) fn new(factor: Array2<f64>, weights: Array1<f64>) -> Result<Self> {
        if factor.nrows() == 0 {
            return Err(Error::Empty { argument: "factor", expected: "row" });
        }
        check::shape("weights", &[factor.ncols()], weights.shape())?;
        check::finite("factor", &factor)?;
        check::finite("weights", &weights)?;
        let graph = Self::from_parts(factor, weights);
        check_size("bound on the entries of the graph", graph.bound())?;
        Ok(graph)
    }

    /// Columns whose squares could overflow or vanish are scaled by a power of two, and their weights by its inverse square.
    pub(super) fn from_parts(mut factor: Array2<f64>, mut weights: Array1<f64>) -> Self {
        for (mut column, weight) in factor.columns_mut().into_iter().zip(&mut weights) {
            let largest = largest(&column);
            if largest != 0.0 && !SAFE_COLUMN.contains(&largest) {
                let exponent = -largest.log2().floor();
                // In two steps: the power itself need not be a number.
                let halves = [(0.5 * exponent).floor().exp2(), (0.5 * exponent).ceil().exp2()];
                for half in halves {
                    column.mapv_inplace(|entry| entry * half);
                    *weight = *weight / half / half;
                }
            }
        }
        Self { factor, weights }
    }

    /// `B`, of shape `(n, r)`; columns whose largest entry is not between `1e-40` and `1e40` are kept scaled by a power of two.
    #[must_use]
    pub fn factor(&self) -> ArrayView2<'_, f64> {
        self.factor.view()
    }

    /// `w`, of length `r`, for the columns as they are kept.
    #[must_use]
    pub fn weights(&self) -> ArrayView1<'_, f64> {
        self.weights.view()
    }

    /// `F[indices, indices]`.
    pub(super) fn restrict(&self, indices: &[usize]) -> Self {
        Self::from_parts(self.factor.select(Axis(0), indices), self.weights.clone())
    }

    /// `diag(s) F diag(s)`.
    pub(super) fn scaled(&self, s: &Array1<f64>) -> Self {
        let factor = &self.factor * &s.view().insert_axis(Axis(1));
        Self::from_parts(factor, self.weights.clone())
    }
}

impl Structure for LowRankGraph {
    fn order(&self) -> usize {
        self.factor.nrows()
    }

    fn entry(&self, i: usize, j: usize) -> f64 {
        let products = self.factor.row(i).into_iter().zip(self.factor.row(j)).map(|(a, b)| a * b);
        products.zip(&self.weights).map(|(product, weight)| product * weight).sum()
    }

    fn bound(&self) -> f64 {
        let columns = self.factor.columns().into_iter().zip(&self.weights);
        columns.map(|(column, weight)| largest(column).powi(2) * weight.abs()).sum()
    }

    fn add_row(&self, i: usize, weight: f64, mut row: ArrayViewMut1<f64>) {
        for (j, out) in row.iter_mut().enumerate() {
            *out += weight * self.entry(i, j);
        }
    }

    fn add_magnitude(&self, i: usize, weight: f64, mut row: ArrayViewMut1<f64>) {
        let scaled = (&self.factor.row(i) * &self.weights * weight).mapv(f64::abs);
        for (out, other) in row.iter_mut().zip(self.factor.rows()) {
            *out += scaled.iter().zip(other).map(|(a, b)| a * b.abs()).sum::<f64>();
        }
    }

    fn add_to(&self, weight: f64, out: &mut ArrayViewMut2<f64>) {
        general_mat_mul(weight, &(&self.factor * &self.weights), &self.factor.t(), 1.0, out);
    }

    fn degrees(&self) -> Array1<f64> {
        self.factor.dot(&(self.factor.sum_axis(Axis(0)) * &self.weights))
    }

    /// `Σ_ab w_a w_b (BᵀB)_ab²`.
    fn frobenius_squared(&self) -> f64 {
        let gram = self.factor.t().dot(&self.factor);
        let squares = &gram * &gram;
        self.weights.dot(&squares.dot(&self.weights)).max(0.0)
    }

    fn is_non_negative(&self) -> bool {
        let cheap = self.factor.iter().chain(&self.weights).all(|&value| value >= 0.0);
        cheap || totals::every_row(&[(1.0, self)], |_, row| row.iter().all(|&entry| entry >= 0.0))
    }

    fn join(&self, sets: &mut UnionFind) {
        totals::every_row(&[(1.0, self)], |i, row| {
            sets.join_row(i, row);
            true
        });
    }

    fn low_rank(&self) -> Option<LowRankPart> {
        Some(LowRankPart { factor: self.factor.clone(), core: Array2::from_diag(&self.weights) })
    }
}

impl<F: Scalar> Product<F> for LowRankGraph {
    fn apply_add(&self, weight: F, x: ArrayView2<F>, mut out: ArrayViewMut2<F>) {
        let factor = self.factor.mapv(F::of);
        let mut coordinates = factor.t().dot(&x);
        coordinates *= &self.weights.mapv(F::of).insert_axis(Axis(1));
        general_mat_mul(weight, &factor, &coordinates, F::one(), &mut out);
    }

    fn quadratic(&self, x: ArrayView2<F>) -> Array2<f64> {
        let coordinates = Shifted::plain(x).transposed_dot(self.factor.mapv(F::of).view());
        let mut quadratic = Array2::zeros((x.ncols(), x.ncols()));
        for (column, &weight) in coordinates.columns().into_iter().zip(&self.weights) {
            // Entry by entry, so that both triangles are rounded alike.
            for (mut row, &entry) in quadratic.rows_mut().into_iter().zip(&column) {
                row.zip_mut_with(&column, |sum: &mut f64, other| *sum += weight * (entry * other));
            }
        }
        quadratic
    }

    /// Per column `b` of the factor `(Σ b_i) Σ b_i ‖z_i − m‖² − ‖Σ b_i (z_i − m)‖²`, whatever `m`;
    /// with the `|b|`-weighted mean as `m` the second sum vanishes when `b` has one sign.
    fn energy(&self, z: ArrayView2<F>) -> f64 {
        let z = z.mapv(F::as_f64);
        let column_energy = |b: ArrayView1<f64>| {
            let size = b.iter().map(|entry| entry.abs()).sum::<f64>();
            if size == 0.0 {
                return 0.0;
            }
            let mean = b.mapv(|entry| entry.abs() / size).dot(&z);
            let centred = &z - &mean;
            let squares = centred.map_axis(Axis(1), |row| row.dot(&row));
            let moment = b.dot(&centred);
            b.sum() * b.dot(&squares) - moment.dot(&moment)
        };
        self.factor
            .columns()
            .into_iter()
            .zip(&self.weights)
            .map(|(b, weight)| weight * column_energy(b))
            .sum()
    }
}
