//! What every form of a graph must be able to do, whatever the precision of the vectors.

use ndarray::{Array1, Array2, ArrayViewMut1, ArrayViewMut2};

use super::known::Known;
use crate::error::{Error, Result};
use crate::union_find::UnionFind;

/// The largest absolute value of an entry, and of a weight: squares of entries, and their sums over all pairs of samples, are
/// numbers then, and so is whatever else a graph says of itself.
pub(super) const LARGEST: f64 = 1e100;

/// The weight or entry is at most [`LARGEST`] in absolute value.
///
/// # Errors
/// [`Error::Domain`].
pub(super) fn check_size(argument: &'static str, value: f64) -> Result<()> {
    if value.abs() <= LARGEST {
        return Ok(());
    }
    Err(Error::Domain { argument, value, must: "at most 1e100 in absolute value" })
}

/// What a form `F` of order `n` can do at its own cost. Shapes and indices are the caller's duty.
pub(super) trait Structure {
    /// The order `n`.
    fn order(&self) -> usize;

    /// `F_ij`.
    fn entry(&self, i: usize, j: usize) -> f64;

    /// A bound on the absolute values of all entries.
    fn bound(&self) -> f64 {
        1.0
    }

    /// Adds `weight · F_i·` to `row`, of length `n`.
    fn add_row(&self, i: usize, weight: f64, row: ArrayViewMut1<f64>);

    /// Adds the magnitude of row `i` times `|weight|`: of each entry, the sum of the absolute values of its summands.
    fn add_magnitude(&self, i: usize, weight: f64, mut row: ArrayViewMut1<f64>) {
        let mut entries = Array1::<f64>::zeros(self.order());
        self.add_row(i, weight, entries.view_mut());
        row.zip_mut_with(&entries, |magnitude, entry| *magnitude += entry.abs());
    }

    /// Adds `weight · F` to `out`, of shape `(n, n)`.
    fn add_to(&self, weight: f64, out: &mut ArrayViewMut2<f64>) {
        for (i, row) in out.rows_mut().into_iter().enumerate() {
            self.add_row(i, weight, row);
        }
    }

    /// The row sums `F 1`.
    fn degrees(&self) -> Array1<f64>;

    /// The entries `F_ii`.
    fn diagonal(&self) -> Array1<f64> {
        (0..self.order()).map(|i| self.entry(i, i)).collect()
    }

    /// `Σ_{j≠i} F_ij` of every row `i`, and the sum of the absolute values of what it was computed from, for forms
    /// without negative entries.
    fn off_diagonal_degrees(&self) -> [Array1<f64>; 2] {
        let (degrees, diagonal) = (self.degrees(), self.diagonal());
        [&degrees - &diagonal, degrees + diagonal]
    }

    /// `‖F‖²`.
    fn frobenius_squared(&self) -> f64;

    /// Whether no entry is negative.
    fn is_non_negative(&self) -> bool;

    /// Joins the ends of every edge.
    fn join(&self, sets: &mut UnionFind);

    /// Adds what `weight · F` says of pairs of rows, for forms that name them.
    fn add_known(&self, _weight: f64, _known: &mut Known) {}

    /// `F = B C Bᵀ` with few columns, for forms of low rank.
    fn low_rank(&self) -> Option<LowRankPart> {
        None
    }
}

/// `B C Bᵀ`.
#[derive(Clone, Debug, PartialEq)]
pub struct LowRankPart {
    /// `B`, `(n, r)`: for labels the one-hot columns of the classes that have members.
    pub factor: Array2<f64>,
    /// `C`, `(r, r)`, symmetric, possibly singular or indefinite.
    pub core: Array2<f64>,
}
