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

impl<T: Operator + ?Sized> Operator for &T {
    fn order(&self) -> usize {
        (**self).order()
    }

    fn apply_add(&self, weight: f64, x: ArrayView2<f64>, out: ArrayViewMut2<f64>) {
        (**self).apply_add(weight, x, out);
    }
}

/// `identity · I + weight · A`: shifts, and inverses of shifted multiples of projectors, such as
/// `(μI − G₀)⁻¹ = (1/μ) I + 1/(μ(μ − V)) G₀` for `G₀² = V G₀` (claim T37).
#[derive(Clone, Copy, Debug)]
pub struct Affine<A> {
    /// Coefficient of `I`.
    pub identity: f64,
    /// Coefficient of `A`.
    pub weight: f64,
    /// `A`.
    pub operator: A,
}

impl<A: Operator> Operator for Affine<A> {
    fn order(&self) -> usize {
        self.operator.order()
    }

    fn apply_add(&self, weight: f64, x: ArrayView2<f64>, mut out: ArrayViewMut2<f64>) {
        out.scaled_add(weight * self.identity, &x);
        self.operator.apply_add(weight * self.weight, x, out);
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
