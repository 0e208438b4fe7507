//! Radial kernels.

use ndarray::Array2;
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::error::{Result, check};
use crate::scalar::exp::exp_f64;

/// A positive definite function of the distance between two points.
pub trait RadialKernel: Sync {
    /// Checks the parameters.
    ///
    /// # Errors
    /// [`crate::Error::Domain`] naming the parameter.
    fn check(&self) -> Result<()>;

    /// The length that distances are measured by: `k(x, y)` is a function of `‖x − y‖` over it.
    fn length_scale(&self) -> f64;

    /// The kernel of length scale 1.
    #[must_use]
    fn of_unit_length(&self) -> Self
    where
        Self: Sized;

    /// `k(x, y)` for `‖x − y‖² = squared ≥ 0`; 1 at 0. Loops over it run in vectors if it is inlined and has no branches.
    ///
    /// Where a square is no normal number it may stand for another distance: [`cross_gram`](super::cross_gram) measures by the
    /// length scale then.
    fn at_squared_distance(&self, squared: f64) -> f64;

    /// `m` draws from the kernel's spectral density on `R^p` (Bochner; [claim T32](crate::theory#t32)), shape `(m, p)`; they
    /// overflow to infinity where the length scale is small enough.
    fn frequencies<R: Rng + ?Sized>(&self, m: usize, p: usize, rng: &mut R) -> Array2<f64>;
}

/// `k(x, y) = exp(−‖x − y‖ / σ)`, the Laplace or Matérn-½ kernel, which the reference experiments use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponential {
    /// Length scale σ > 0, in the inputs' units.
    pub sigma: f64,
}

impl RadialKernel for Exponential {
    fn check(&self) -> Result<()> {
        check::positive("sigma", self.sigma)
    }

    fn length_scale(&self) -> f64 {
        self.sigma
    }

    fn of_unit_length(&self) -> Self {
        Self { sigma: 1.0 }
    }

    #[inline(always)]
    fn at_squared_distance(&self, squared: f64) -> f64 {
        exp_f64(-squared.sqrt() * inverse(self.sigma))
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

    fn length_scale(&self) -> f64 {
        self.sigma
    }

    fn of_unit_length(&self) -> Self {
        Self { sigma: 1.0 }
    }

    #[inline(always)]
    fn at_squared_distance(&self, squared: f64) -> f64 {
        exp_f64(-squared * inverse(self.sigma * self.sigma))
    }

    fn frequencies<R: Rng + ?Sized>(&self, m: usize, p: usize, rng: &mut R) -> Array2<f64> {
        normal(m, p, rng) * (std::f64::consts::SQRT_2 / self.sigma)
    }
}

/// `1 / length`, a number also where that overflows, so that it times a distance of 0 is 0.
#[inline(always)]
fn inverse(length: f64) -> f64 {
    length.recip().min(f64::MAX)
}

fn normal<R: Rng + ?Sized>(m: usize, p: usize, rng: &mut R) -> Array2<f64> {
    Array2::from_shape_simple_fn((m, p), || StandardNormal.sample(rng))
}
