//! Captchas about the class that was asked about least: the strategies of the reference experiments.

use ndarray::ArrayView2;
use rand::{Rng, RngExt};

use super::CaptchaStrategy;
use crate::error::{Error, Result};
use crate::oracle::{Captcha, Knowledge};
use crate::probe::LinearProbe;

/// Shows candidates drawn uniformly from those never shown for the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UniformCaptcha {
    /// Number of candidates shown, at least 1; 10 in the experiments.
    pub size: usize,
}

/// Shows candidates that a linear probe on the known samples takes for members of the class, where there are enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PredictedCaptcha {
    /// Number of candidates shown, at least 1; 10 in the experiments.
    pub size: usize,
}

impl CaptchaStrategy for UniformCaptcha {
    fn propose(&self, knowledge: &Knowledge, _: ArrayView2<f64>, rng: &mut dyn Rng) -> Result<Captcha> {
        let class = knowledge.least_asked_class();
        draw(class, knowledge.candidates(class)?, self.size, rng)
    }
}

impl CaptchaStrategy for PredictedCaptcha {
    fn propose(&self, knowledge: &Knowledge, z: ArrayView2<f64>, rng: &mut dyn Rng) -> Result<Captcha> {
        let class = knowledge.least_asked_class();
        let mut candidates = knowledge.candidates(class)?;
        let predicted = LinearProbe::fit(z, knowledge.labels())?.predict(z)?;
        let promising: Vec<usize> =
            candidates.iter().copied().filter(|&sample| predicted[sample] == class).collect();
        if promising.len() > self.size {
            candidates = promising;
        }
        draw(class, candidates, self.size, rng)
    }
}

/// Draws `size` candidates **with replacement**, as the reference protocol does, or takes all if there are fewer.
fn draw(class: usize, candidates: Vec<usize>, size: usize, rng: &mut dyn Rng) -> Result<Captcha> {
    if size == 0 {
        return Err(Error::Domain { argument: "size", value: 0.0, must: "at least 1" });
    }
    if candidates.len() < size {
        return Ok(Captcha { class, candidates });
    }
    let candidates = (0..size).map(|_| candidates[rng.random_range(0..candidates.len())]).collect();
    Ok(Captcha { class, candidates })
}
