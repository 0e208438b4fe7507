//! Inverses that follow a change without a new factorisation ([claim T37](crate::theory#t37)).
//!
//! `S = S₀ − U C Uᵀ` has `S⁻¹ = S₀⁻¹ + S₀⁻¹U (I − C UᵀS₀⁻¹U)⁻¹ C UᵀS₀⁻¹` (Woodbury). With `S₀ = μI − G₀` and
//! `G = G₀ + U C Uᵀ` this is the shift-inverted graph `(μI − G)⁻¹`, whose leading eigenvectors are those of `G`.
//!
//! With a kernel, `(S + βK⁻¹)⁻¹ = β⁻¹ [K − K (βS⁻¹ + K)⁻¹ K]` inverts `μI − T`, `T = G − βK⁻¹`, and never forms `K⁻¹`.

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis};

use super::{Operator, cholesky, solve_lower, symmetric_eigen};
use crate::error::{Error, Result, check};

/// `(S₀ − U C Uᵀ)⁻¹` from `S₀⁻¹`; the symmetric `C` may be singular.
///
/// With `C = B J Bᵀ`, `J` a diagonal of signs, the correction is `S₀⁻¹U B (J − BᵀUᵀS₀⁻¹U B)⁻¹ BᵀUᵀS₀⁻¹`: symmetric,
/// and defined for any `C`. A product costs one with `S₀⁻¹` and `O(n r)` a vector.
#[derive(Clone, Debug)]
pub struct Woodbury<A> {
    base_inverse: A,
    /// `(n, r)`: the correction is `factor · diag(weights) · factorᵀ`.
    factor: Array2<f64>,
    weights: Array1<f64>,
}

impl<A: Operator> Woodbury<A> {
    /// * `base_inverse`: `S₀⁻¹`, of order `n`.
    /// * `u`: `(n, r)`; `c`: symmetric `(r, r)`.
    ///
    /// `O(n r² + r³)` and one product of `S₀⁻¹` with `U`.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NotFinite`] or [`Error::Asymmetric`] for a bad `base_inverse`, `u` or `c`; [`Error::Singular`] if
    /// `S₀ − U C Uᵀ` is numerically singular; [`Error::Domain`] if an entry of the capacitance matrix overflows.
    pub fn new(base_inverse: A, u: ArrayView2<f64>, c: ArrayView2<f64>) -> Result<Self> {
        base_inverse.check()?;
        let rank = u.ncols();
        check::shape("u", &[base_inverse.order(), rank], u.shape())?;
        check::finite("u", &u)?;
        check::shape("c", &[rank, rank], c.shape())?;
        check::symmetric("c", c)?;
        if u.is_empty() {
            return Ok(Self { base_inverse, factor: u.to_owned(), weights: Array1::zeros(rank) });
        }
        let c = symmetric_eigen(c)?;
        let ub = u.dot(&(&c.vectors * &c.values.mapv(|value| value.abs().sqrt())));
        let inverse_ub = base_inverse.apply_unchecked(ub.view());
        // J − BᵀUᵀS₀⁻¹UB, of which rounding may spoil the symmetry.
        let mut core = ub.t().dot(&inverse_ub);
        core = (&core + &core.t()) * -0.5;
        core.diag_mut().scaled_add(1.0, &c.values.mapv(|value| 1.0_f64.copysign(value)));
        let must = "finite: S0^-1, u or c is out of scale";
        check::in_range("capacitance", &core, must)?;
        let core = symmetric_eigen(core.view())?;
        let largest = core.values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        let smallest = core.values.iter().fold(f64::INFINITY, |smallest, value| smallest.min(value.abs()));
        if smallest <= rank as f64 * f64::EPSILON * largest {
            return Err(Error::Singular {
                argument: "S0 - U C U^T",
                measure: "smallest eigenvalue of the capacitance",
                value: smallest,
                must: "an invertible matrix",
            });
        }
        let (factor, weights) = (inverse_ub.dot(&core.vectors), core.values.recip());
        check::in_range("factor of the correction", &factor, must)?;
        check::in_range("weight of the correction", &weights, must)?;
        Ok(Self { base_inverse, factor, weights })
    }
}

impl<A: Operator> Operator for Woodbury<A> {
    fn order(&self) -> usize {
        self.base_inverse.order()
    }

    fn apply_add_unchecked(&self, weight: f64, x: ArrayView2<f64>, mut out: ArrayViewMut2<f64>) {
        let coordinates = self.factor.t().dot(&x) * self.weights.view().insert_axis(Axis(1));
        ndarray::linalg::general_mat_mul(weight, &self.factor, &coordinates, 1.0, &mut out);
        self.base_inverse.apply_add_unchecked(weight, x, out);
    }
}

/// `(S + βK⁻¹)⁻¹` from `S⁻¹` and the Gram matrix `K`.
///
/// For `S = μI − G` with `μ` at least the largest eigenvalue of `G` it is positive definite and its leading eigenvectors
/// are those of `G − βK⁻¹`, with eigenvalues `1/(μ − t)`.
#[derive(Clone, Debug)]
pub struct KernelShiftInvert {
    inverse: Array2<f64>,
}

impl KernelShiftInvert {
    /// * `inverse`: the positive definite `S⁻¹`, of order `n`.
    /// * `gram`: `K`, symmetric `(n, n)`; it may be singular, then the inverse is that on its range.
    /// * `beta`: positive.
    ///
    /// One product of `S⁻¹` with `n` vectors and `7n³/3` flops; memory `O(n²)`. Entries carry an absolute error of about
    /// `ε κ₁ / β`.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Shape`], [`Error::NotFinite`] or [`Error::Asymmetric`] for a bad `gram`,
    /// [`Error::Domain`] for `beta` or if an entry overflows, [`Error::Singular`] unless `βS⁻¹ + K` is
    /// positive definite.
    pub fn new(inverse: &impl Operator, gram: ArrayView2<f64>, beta: f64) -> Result<Self> {
        let n = gram.nrows();
        if n == 0 {
            return Err(Error::Empty { argument: "gram", expected: "row" });
        }
        check::symmetric("gram", gram)?;
        inverse.check()?;
        check::shape("inverse", &[n, n], &[inverse.order(), inverse.order()])?;
        check::positive("beta", beta)?;
        let mut sum = gram.to_owned();
        inverse.apply_add_unchecked(beta, Array2::eye(n).view(), sum.view_mut());
        // Rounding may leave a product with a symmetric operator not quite symmetric.
        let sum = (&sum + &sum.t()) * 0.5;
        let must = "finite: gram, beta or S^-1 is out of scale";
        check::in_range("beta S^-1 + K", &sum, must)?;
        // K (RRᵀ)⁻¹ K = (R⁻¹K)ᵀ (R⁻¹K), which is symmetric.
        let half = solve_lower(cholesky(sum.view())?.view(), gram)?;
        let inverse = (&gram - &half.t().dot(&half)) / beta;
        check::in_range("inverse", &inverse, must)?;
        Ok(Self { inverse })
    }
}

impl Operator for KernelShiftInvert {
    fn order(&self) -> usize {
        self.inverse.nrows()
    }

    fn apply_add_unchecked(&self, weight: f64, x: ArrayView2<f64>, out: ArrayViewMut2<f64>) {
        self.inverse.view().apply_add_unchecked(weight, x, out);
    }
}
