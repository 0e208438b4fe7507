//! Symmetric linear maps known by what they do to a block of vectors.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use crate::scalar::Scalar;

/// A symmetric `n×n` map, known by its product with a block of vectors of `F`.
pub trait Operator<F: Scalar = f64> {
    /// The order `n`.
    fn order(&self) -> usize;

    /// Adds `weight · A x` to `out`; both of shape `(n, k)`, in any memory layout.
    ///
    /// Arithmetic as it is: entries beyond the range of numbers are infinite or NaN. Shapes are the caller's duty here: public doors check them once.
    fn apply_add(&self, weight: F, x: ArrayView2<F>, out: ArrayViewMut2<F>);

    /// `A x` for `x` of shape `(n, k)`.
    fn apply(&self, x: ArrayView2<F>) -> Array2<F> {
        let mut out = Array2::zeros(x.raw_dim());
        self.apply_add(F::one(), x, out.view_mut());
        out
    }
}

impl<F: Scalar, T: Operator<F> + ?Sized> Operator<F> for &T {
    fn order(&self) -> usize {
        (**self).order()
    }

    fn apply_add(&self, weight: F, x: ArrayView2<F>, out: ArrayViewMut2<F>) {
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

impl<F: Scalar> Operator<F> for ArrayView2<'_, F> {
    fn order(&self) -> usize {
        self.nrows()
    }

    fn apply_add(&self, weight: F, x: ArrayView2<F>, mut out: ArrayViewMut2<F>) {
        ndarray::linalg::general_mat_mul(weight, self, &x, F::one(), &mut out);
    }
}
