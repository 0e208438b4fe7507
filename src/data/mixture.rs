//! Mixture: `C = 4` one-hot centres in R⁴ with Gaussian noise around them ([Shared pieces](crate::theory#shared-pieces) of the
//! theory).

use ndarray::Array2;
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::{Labelled, Labels};
use crate::error::{Error, Result, check};

const CENTRES: usize = 4;

/// The noise [`mixture`] is meant to be used with: neighbouring classes touch but hardly mix.
pub const MIXTURE_NOISE: f64 = 0.3;

/// `n` points `x = e_c + noise · N(0, I₄)`, the class `c` uniform on `0..4` for each point.
///
/// * `noise`: standard deviation per coordinate, `>= 0`; usually [`MIXTURE_NOISE`].
///
/// # Errors
/// [`Error::Empty`] if `n = 0`, [`Error::Domain`] if `noise` is negative, not finite, or so large that a coordinate is not.
pub fn mixture(n: usize, noise: f64, rng: &mut (impl Rng + ?Sized)) -> Result<Labelled> {
    if n == 0 {
        return Err(Error::Empty { argument: "n", expected: "point" });
    }
    check::not_negative("noise", noise)?;
    let mut inputs = Array2::zeros((n, CENTRES));
    let mut class_of = Vec::with_capacity(n);
    for mut point in inputs.rows_mut() {
        let class = rng.random_range(0..CENTRES);
        point.mapv_inplace(|_: f64| noise * rng.sample::<f64, _>(StandardNormal));
        point[class] += 1.0;
        class_of.push(class);
    }
    check::in_range("coordinate", &inputs, "finite: the noise is too large")?;
    Ok(Labelled { inputs, labels: Labels::new(class_of, CENTRES)? })
}
