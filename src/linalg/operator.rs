//! Symmetric linear maps known by what they do to a block of vectors.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

/// A symmetric `n×n` map, known by its product with a block of vectors.
pub trait Operator {
    /// The order `n`.
    fn order(&self) -> usize;

    /// Adds `weight · A x` to `out`; both of shape `(n, k)`, in any memory layout.
    ///
    /// Shapes are the caller's duty here: public doors check them once.
    fn apply_add(&self, weight: f64, x: ArrayView2<f64>, out: ArrayViewMut2<f64>);

    /// `A x` for `x` of shape `(n, k)`.
    fn apply(&self, x: ArrayView2<f64>) -> Array2<f64> {
        let mut out = Array2::zeros(x.raw_dim());
        self.apply_add(1.0, x, out.view_mut());
        out
    }
}

impl Operator for ArrayView2<'_, f64> {
    fn order(&self) -> usize {
        self.nrows()
    }

    fn apply_add(&self, weight: f64, x: ArrayView2<f64>, mut out: ArrayViewMut2<f64>) {
        ndarray::linalg::general_mat_mul(weight, self, &x, 1.0, &mut out);
    }
}
