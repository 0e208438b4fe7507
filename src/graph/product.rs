//! What of a form depends on the precision of the vectors: its products, and the energy of representations.
//!
//! Weights of graphs are in double precision and rounded to that of the vectors. Every sum over samples is taken in
//! chunks of rows, in the vectors' precision inside a chunk and in double precision over chunks, and chunks go to
//! threads: results do not depend on how many there are.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, s};

use super::block_sums::Blocks;
use super::rows::add_scaled_rows;
use super::structure::Structure;
use crate::linalg::rows::{Shifted, Standard, over_rows};
use crate::scalar::Scalar;

/// Rows that one task handles. Fixed, so that results do not depend on the number of threads.
pub(super) const CHUNK_ROWS: usize = 1024;

/// Columns that a form is applied to at a time where all would be a second matrix of the size of the first.
const SLAB: usize = 64;

/// `f(first row, rows)` changes some rows of a matrix.
pub(super) type AddToRows<'a, F> = Box<dyn Fn(usize, ArrayViewMut2<F>) -> f64 + Sync + 'a>;

/// What a form can do with a block of vectors at its own cost. Shapes are the caller's duty, and rows in one piece
/// ([`crate::linalg::rows::in_rows`]).
pub(super) trait Product<F: Scalar>: Structure {
    /// Adds `weight · F x` to `out`; both of shape `(n, k)`, `k ≥ 1`.
    fn apply_add(&self, weight: F, x: ArrayView2<F>, out: ArrayViewMut2<F>);

    /// Adds `weight · (F − diag F) x` to `out`; both of shape `(n, k)`, `k ≥ 1`.
    ///
    /// By subtraction, for forms whose diagonal is not far larger than their other entries.
    fn apply_off_diagonal_add(&self, weight: F, x: ArrayView2<F>, mut out: ArrayViewMut2<F>) {
        self.apply_add(weight, x, out.view_mut());
        add_scaled_rows(-weight, &self.diagonal(), x, out);
    }

    /// For `F = B Bᵀ` with the indicator `B` of disjoint blocks, fewer than samples: `Bᵀ x`, with the rows of `x` standardised
    /// if so told, and the blocks.
    fn block_sums(&self, _x: ArrayView2<F>, _standard: Option<&Standard<F>>) -> Option<(Array2<F>, Blocks)> {
        None
    }

    /// `xᵀ F x`, in double precision and symmetric to the last bit; `x` of shape `(n, k)`, `k ≥ 1`.
    fn quadratic(&self, x: ArrayView2<F>) -> Array2<f64> {
        match self.block_sums(x, None) {
            Some((sums, _)) => Shifted::plain(sums.view()).gram(1.0),
            None => by_columns(x, |columns, out| self.apply_add(F::one(), columns, out)),
        }
    }

    /// `½ Σ_ij F_ij ‖z_i − z_j‖²`, by differences; `z` of shape `(n, k)`, `k ≥ 1`.
    fn energy(&self, z: ArrayView2<F>) -> f64;

    /// What adds `weight · (D − F) z`, `D` the degrees, to some rows of a matrix, given the first and them, and returns their
    /// part of the energy of `z`; for forms that need not see all rows at once.
    fn laplacian_by_rows<'a>(&'a self, _weight: F, _z: ArrayView2<'a, F>) -> Option<AddToRows<'a, F>> {
        None
    }

    /// Adds `weight · (D − F) z` to `out`, and returns the energy of `z`.
    fn laplacian_add(&self, weight: F, z: ArrayView2<F>, mut out: ArrayViewMut2<F>) -> f64 {
        if let Some(add) = self.laplacian_by_rows(weight, z) {
            return over_rows(out, CHUNK_ROWS, add);
        }
        add_scaled_rows(weight, &self.degrees(), z, out.view_mut());
        self.apply_add(-weight, z, out);
        self.energy(z)
    }
}

/// `XᵀFX` by products of the form `F` with a few columns at a time, `add(columns, out)`.
fn by_columns<F: Scalar>(x: ArrayView2<F>, add: impl Fn(ArrayView2<F>, ArrayViewMut2<F>)) -> Array2<f64> {
    let k = x.ncols();
    let mut quadratic = Array2::zeros((k, k));
    for first in (0..k).step_by(SLAB) {
        let last = (first + SLAB).min(k);
        let columns = x.slice(s![.., first..last]).as_standard_layout().into_owned();
        let mut image = Array2::zeros(columns.raw_dim());
        add(columns.view(), image.view_mut());
        // What is left of the diagonal is the mirror image of what is above it.
        let products = Shifted::plain(x.slice(s![.., ..last])).transposed_dot(image.view());
        quadratic.slice_mut(s![..last, first..last]).assign(&products);
    }
    for row in 1..k {
        for column in 0..row {
            quadratic[[row, column]] = quadratic[[column, row]];
        }
    }
    quadratic
}
