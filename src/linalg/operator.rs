//! Symmetric linear maps known by what they do to a block of vectors.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use crate::error::{Result, check};
use crate::scalar::Scalar;

/// A symmetric `n×n` map, known by its product with a block of vectors of `F`.
pub trait Operator<F: Scalar = f64> {
    /// The order `n`.
    fn order(&self) -> usize;

    /// Checks that this is a map of `n` numbers to `n` numbers, as every function does that takes an operator; one that cannot be
    /// anything else need not say so.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) for a matrix that is not square.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Adds `weight · A x` to `out`; both of shape `(n, k)`, in any memory layout.
    ///
    /// For loops whose shapes were checked before: of others the numbers mean nothing, or it panics. Arithmetic as it is:
    /// entries beyond the range of numbers are infinite or NaN.
    fn apply_add_unchecked(&self, weight: F, x: ArrayView2<F>, out: ArrayViewMut2<F>);

    /// `A x` for `x` of shape `(n, k)`; as [`Operator::apply_add_unchecked`].
    fn apply_unchecked(&self, x: ArrayView2<F>) -> Array2<F> {
        let mut out = Array2::zeros(x.raw_dim());
        self.apply_add_unchecked(F::one(), x, out.view_mut());
        out
    }

    /// Adds `weight · A x` to `out`, both `(n, k)`.
    ///
    /// # Errors
    /// As [`Operator::check`]; [`Error::Shape`](crate::Error::Shape) if `x` has not `n` rows, or `out` another shape than `x`;
    /// [`Error::NotFinite`](crate::Error::NotFinite) if `x` holds NaN or an infinity; nothing is added then.
    /// [`Error::Domain`](crate::Error::Domain) if an entry of the sum overflows, or `out` was not finite before.
    fn apply_add(&self, weight: F, x: ArrayView2<F>, mut out: ArrayViewMut2<F>) -> Result<()> {
        self.check()?;
        check::shape("x", &[self.order(), x.ncols()], x.shape())?;
        check::shape("out", x.shape(), out.shape())?;
        check::finite("x", &x)?;
        self.apply_add_unchecked(weight, x, out.view_mut());
        check::in_range("product", &out, "finite: the operator, x or out is out of scale")
    }

    /// `A x` for `x` of shape `(n, k)`.
    ///
    /// # Errors
    /// As [`Operator::apply_add`].
    fn apply(&self, x: ArrayView2<F>) -> Result<Array2<F>> {
        let mut out = Array2::zeros(x.raw_dim());
        self.apply_add(F::one(), x, out.view_mut())?;
        Ok(out)
    }
}

impl<F: Scalar, T: Operator<F> + ?Sized> Operator<F> for &T {
    fn order(&self) -> usize {
        (**self).order()
    }

    fn check(&self) -> Result<()> {
        (**self).check()
    }

    fn apply_add_unchecked(&self, weight: F, x: ArrayView2<F>, out: ArrayViewMut2<F>) {
        (**self).apply_add_unchecked(weight, x, out);
    }
}

/// `identity · I + weight · A`: shifts, and inverses of shifted multiples of projectors, such as
/// `(μI − G₀)⁻¹ = (1/μ) I + 1/(μ(μ − V)) G₀` for `G₀² = V G₀` ([claim T37](crate::theory#t37)).
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

    fn check(&self) -> Result<()> {
        self.operator.check()
    }

    fn apply_add_unchecked(&self, weight: f64, x: ArrayView2<f64>, mut out: ArrayViewMut2<f64>) {
        out.scaled_add(weight * self.identity, &x);
        self.operator.apply_add_unchecked(weight * self.weight, x, out);
    }
}

impl<F: Scalar> Operator<F> for ArrayView2<'_, F> {
    fn order(&self) -> usize {
        self.nrows()
    }

    fn check(&self) -> Result<()> {
        check::shape("operator", &[self.nrows(), self.nrows()], self.shape())
    }

    fn apply_add_unchecked(&self, weight: F, x: ArrayView2<F>, mut out: ArrayViewMut2<F>) {
        ndarray::linalg::general_mat_mul(weight, self, &x, F::one(), &mut out);
    }
}
