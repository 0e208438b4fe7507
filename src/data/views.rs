//! Augmentation by noise: several views of each sample.

use ndarray::{Array2, ArrayView2};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use crate::error::{Error, Result, check};

/// `views` noisy copies of every sample: rows `views·i .. views·(i+1)` are `x_i + noise · N(0, I)`.
///
/// * `inputs`: `(n, p)`, finite.
/// * `noise`: standard deviation per coordinate, `>= 0`. With positive noise no view is the clean point.
///
/// Returns `(views · n, p)`. [`Labels::for_views`](super::Labels::for_views) gives the classes of its rows.
///
/// # Errors
/// [`Error::Empty`] without samples or views, [`Error::NotFinite`] if `inputs` holds NaN or an infinity,
/// [`Error::Domain`] if `noise` is negative or not finite.
pub fn views_by_noise(
    inputs: ArrayView2<f64>,
    views: usize,
    noise: f64,
    rng: &mut (impl Rng + ?Sized),
) -> Result<Array2<f64>> {
    let (n, p) = inputs.dim();
    if n == 0 {
        return Err(Error::Empty { argument: "inputs", expected: "sample" });
    }
    if views == 0 {
        return Err(Error::Empty { argument: "views", expected: "view" });
    }
    check::finite("inputs", &inputs)?;
    check::not_negative("noise", noise)?;
    let mut out = Array2::zeros((views * n, p));
    for (row, mut view) in out.rows_mut().into_iter().enumerate() {
        for (coordinate, &clean) in view.iter_mut().zip(inputs.row(row / views)) {
            *coordinate = clean + noise * rng.sample::<f64, _>(StandardNormal);
        }
    }
    Ok(out)
}
