//! Radial kernels.

use ndarray::Array2;
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::error::{Result, check};
use crate::linalg::exp::exp_f64;

/// A positive definite function of the distance between two points.
pub trait RadialKernel: Sync {
    /// Checks the parameters.
    ///
    /// # Errors
    /// [`crate::Error::Domain`] naming the parameter.
    fn check(&self) -> Result<()>;

    /// `k(x, y)` for `‖x − y‖² = squared ≥ 0`; 1 at 0. Loops over it run in vectors if it is inlined and has no branches.
    fn at_squared_distance(&self, squared: f64) -> f64;

    /// `m` draws from the kernel's spectral density on `R^p` (Bochner; claim T32), shape `(m, p)`.
    fn frequencies<R: Rng + ?Sized>(&self, m: usize, p: usize, rng: &mut R) -> Array2<f64>;
}

/// `k(x, y) = exp(−‖x − y‖ / σ)`, the Laplace or Matérn-½ kernel: the experiments' one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponential {
    /// Length scale σ > 0, in the inputs' units.
    pub sigma: f64,
}

impl RadialKernel for Exponential {
    fn check(&self) -> Result<()> {
        check::positive("sigma", self.sigma)
    }

    #[inline(always)]
    fn at_squared_distance(&self, squared: f64) -> f64 {
        exp_f64(-squared.sqrt() * self.sigma.recip())
    }

    /// Multivariate Cauchy: a normal vector over an independent normal number.
    fn frequencies<R: Rng + ?Sized>(&self, m: usize, p: usize, rng: &mut R) -> Array2<f64> {
        let mut frequencies = normal(m, p, rng);
        for mut row in frequencies.rows_mut() {
            let divisor: f64 = StandardNormal.sample(rng);
            row /= self.sigma * divisor.abs();
        }
        frequencies
    }
}

/// `k(x, y) = exp(−‖x − y‖² / σ²)`, without a factor 2.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gaussian {
    /// Length scale σ > 0, in the inputs' units.
    pub sigma: f64,
}

impl RadialKernel for Gaussian {
    fn check(&self) -> Result<()> {
        check::positive("sigma", self.sigma)
    }

    #[inline(always)]
    fn at_squared_distance(&self, squared: f64) -> f64 {
        exp_f64(-squared * (self.sigma * self.sigma).recip())
    }

    fn frequencies<R: Rng + ?Sized>(&self, m: usize, p: usize, rng: &mut R) -> Array2<f64> {
        normal(m, p, rng) * (std::f64::consts::SQRT_2 / self.sigma)
    }
}

fn normal<R: Rng + ?Sized>(m: usize, p: usize, rng: &mut R) -> Array2<f64> {
    Array2::from_shape_simple_fn((m, p), || StandardNormal.sample(rng))
}
