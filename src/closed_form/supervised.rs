//! Supervised learning with a norm on the representation: small classes vanish ([claim T25](crate::theory#t25)).

use ndarray::{Array1, Array2};

use crate::data::Labels;
use crate::error::{Error, Result, check};

/// The minimiser over `Z` `(n, c)` and `W` of `‖ZW − Y‖²/n + λ‖W‖² + μ‖Z‖²`.
#[derive(Clone, Debug, PartialEq)]
pub struct Supervised {
    /// Representations `(n, c)`, one column per class; any rotation `Z Q` is a minimiser as well.
    pub z: Array2<f64>,
    /// The least value.
    pub value: f64,
    /// `s_c = (√n_c − n √(λμ))₊`, `(c,)`: what is left of the singular values of `Y`. A class with zero is not represented.
    pub strengths: Array1<f64>,
}

/// Solves it in closed form, as the nuclear-norm problem `min_M ‖M − Y‖²/n + 2√(λμ) ‖M‖_*`, `M = ZW`; `O(n c)`.
///
/// # Errors
/// [`Error::Domain`] unless `λ > 0` and `μ > 0`, or if a label is unknown.
pub fn supervised(labels: &Labels, lambda: f64, mu: f64) -> Result<Supervised> {
    check::positive("lambda", lambda)?;
    check::positive("mu", mu)?;
    if let Some(sample) = labels.iter().position(|class| class.is_none()) {
        return Err(Error::Domain {
            argument: "sample without a label",
            value: sample as f64,
            must: "none: every label known",
        });
    }
    let n = labels.len() as f64;
    let (product, ratio) = (lambda * mu, lambda / mu);
    let price = if product.is_normal() { product.sqrt() } else { lambda.sqrt() * mu.sqrt() };
    let sizes: Array1<f64> = labels.counts().into_iter().map(|size| size as f64).collect();
    let strengths = sizes.mapv(|size| (size.sqrt() - n * price).max(0.0));
    let value = sizes
        .iter()
        .zip(&strengths)
        .map(|(size, strength)| (size.sqrt() - strength).powi(2) / n + 2.0 * price * strength)
        .sum();
    // An empty class has no rows to scale.
    let scale = if ratio.is_normal() { ratio.powf(0.25) } else { lambda.powf(0.25) / mu.powf(0.25) };
    let columns: Array1<f64> = sizes
        .iter()
        .zip(&strengths)
        .map(|(size, strength)| scale * (strength / size.max(1.0)).sqrt())
        .collect();
    Ok(Supervised { z: labels.one_hot() * &columns, value, strengths })
}
