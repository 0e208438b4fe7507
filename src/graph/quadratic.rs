//! `XᵀGX` at the cost of the form ([claim T16](crate::theory#t16)), without a second matrix of the size of `X`.
//!
//! Of blocks of similar samples it is the Gram matrix of their sums, `(BᵀX)ᵀ(BᵀX)`, of low rank `(BᵀX)ᵀ diag(w) (BᵀX)`; sparse
//! and dense graphs are applied to a few columns at a time. Sums over samples are in the precision of `X` inside a block of rows
//! and in double precision over blocks.

use ndarray::{Array2, ArrayView2};

use super::SimilarityGraph;
use crate::error::{Result, check};
use crate::scalar::Scalar;

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
