//! Random Fourier features (Rahimi & Recht 2007; [claim T32](crate::theory#t32)).

use ndarray::{Array1, Array2, ArrayView2};
use rand::{Rng, RngExt};

use super::RadialKernel;
use crate::error::{Error, Result, check};

/// `Φ(x) = √(2/m) cos(W x + b)`: `⟨Φ(x), Φ(y)⟩` has mean `k(x, y)` and error `O(m^{−1/2})`.
#[derive(Clone, Debug)]
pub struct RandomFeatures {
    frequencies: Array2<f64>,
    phases: Array1<f64>,
}

impl RandomFeatures {
    /// Draws `m` features for points of `p` coordinates.
    ///
    /// # Errors
    /// [`Error::Domain`] for a bad kernel parameter, or one so small that frequencies overflow; [`Error::Empty`] unless `m` and `p`
    /// are positive.
    pub fn new<R: Rng + ?Sized>(kernel: &impl RadialKernel, m: usize, p: usize, rng: &mut R) -> Result<Self> {
        kernel.check()?;
        if m == 0 {
            return Err(Error::Empty { argument: "m", expected: "feature" });
        }
        if p == 0 {
            return Err(Error::Empty { argument: "p", expected: "coordinate" });
        }
        let frequencies = kernel.frequencies(m, p, rng);
        let must = "finite: the length scale of the kernel is too small";
        check::in_range("frequency", &frequencies, must)?;
        let phases = Array1::from_shape_simple_fn(m, || std::f64::consts::TAU * rng.random::<f64>());
        Ok(Self { frequencies, phases })
    }

    /// Features `(n, m)` of the points `x` `(n, p)`; `O(n m p)`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the widths differ, [`Error::NotFinite`] for bad points, [`Error::Domain`] if an angle overflows.
    pub fn features(&self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        check::shape("x", &[x.nrows(), self.frequencies.ncols()], x.shape())?;
        check::finite("x", &x)?;
        let scale = (2.0 / self.phases.len() as f64).sqrt();
        let angles = x.dot(&self.frequencies.t()) + &self.phases;
        check::in_range("angle of a feature", &angles, "finite: x is too large for the length scale")?;
        Ok(angles.mapv_into(|angle| scale * angle.cos()))
    }
}
