//! `XᵀGX` at the cost of the form ([claim T16](crate::theory#t16)), without a second matrix of the size of `X`.
//!
//! Of blocks of similar samples it is the Gram matrix of their sums, `(BᵀX)ᵀ(BᵀX)`, of low rank `(BᵀX)ᵀ diag(w) (BᵀX)`; sparse
//! and dense graphs are applied to a few columns at a time. Sums over samples are in the precision of `X` inside a block of rows
//! and in double precision over blocks.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, s};

use super::SimilarityGraph;
use crate::error::{Result, check};
use crate::linalg::rows::Shifted;
use crate::scalar::Scalar;

/// Columns that sparse and dense graphs are applied to at a time.
const SLAB: usize = 64;

impl SimilarityGraph {
    /// `XᵀGX` of shape `(k, k)`, symmetric to the last bit, for `x` of shape `(n, k)`, in any precision.
    ///
    /// Of the forms, `V` views cost `n k² / V`, labels of `c` classes `n k + c k²`, low rank `n k r`, pairs `nnz k + n k²`
    /// and dense graphs `n² k`. Memory `O(k²)` and, by form, the sums of the classes `(c, k)` or 64 columns `(n, 64)`; `x` is
    /// copied if it is not contiguous by rows.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] if `x` has not `n` rows, [`crate::Error::NotFinite`], [`crate::Error::Domain`] if an entry
    /// overflows.
    pub fn quadratic<F: Scalar>(&self, x: ArrayView2<F>) -> Result<Array2<f64>> {
        check::shape("x", &[self.order, x.ncols()], x.shape())?;
        check::finite("x", &x)?;
        let mut sum = Array2::zeros((x.ncols(), x.ncols()));
        if x.ncols() == 0 {
            return Ok(sum);
        }
        let x = x.as_standard_layout();
        for (weight, form) in &self.terms {
            sum.scaled_add(*weight, &form.product().quadratic(x.view()));
        }
        check::in_range("quadratic form", &sum, "finite: the graph or x is out of scale")?;
        Ok(sum)
    }
}

/// `XᵀFX` by products of the form `F` with a few columns at a time, `add(columns, out)`.
pub(super) fn by_columns<F: Scalar>(
    x: ArrayView2<F>,
    add: impl Fn(ArrayView2<F>, ArrayViewMut2<F>),
) -> Array2<f64> {
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
