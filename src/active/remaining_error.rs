//! How much is still wrong, and whether to go on.

use super::Belief;
use crate::error::{Result, check};

/// An estimate of the share of samples in the wrong class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RemainingError {
    /// The estimate, in `[0, 1]`.
    pub share: f64,
    /// Its interval of 95 %, or from 0 to 1 where nothing was asked.
    pub interval: (f64, f64),
}

/// Quantile of the normal distribution for an interval of 95 %.
const Z: f64 = 1.959_964;

/// What the belief doubts, corrected by how its predictions of answers came true.
///
/// The belief expected to be wrong about some answers (`Σ min(q, 1 − q)`, `q` the probability of "together") and was wrong about
/// others in number; their ratio scales the mean doubt about all samples. Surprises are taken as a Poisson count, which gives
/// the interval (Byar's approximation). Answers are sought where surprises are likely, so the ratio holds for doubtful samples
/// first of all; classes that no question has touched are counted as far as they are doubted. `O(n)`.
pub fn remaining_error(belief: &Belief) -> RemainingError {
    let doubt = 1.0 - belief.confidence().sum() / belief.len() as f64;
    let expected: f64 = belief.predictions().iter().map(|&(q, _)| q.min(1.0 - q)).sum();
    let surprises = belief.predictions().iter().filter(|&&(q, same)| same != (q > 0.5)).count() as f64;
    // One surprise that was expected, as if seen before: the ratio of a few answers is no measure.
    let scaled = |count: f64| (doubt * (count + 1.0) / (expected + 1.0)).clamp(0.0, 1.0);
    if belief.predictions().is_empty() {
        return RemainingError { share: doubt.clamp(0.0, 1.0), interval: (0.0, 1.0) };
    }
    let byar = |count: f64, z: f64| {
        if count > 0.0 { count * (1.0 - 1.0 / (9.0 * count) + z / (3.0 * count.sqrt())).powi(3) } else { 0.0 }
    };
    RemainingError {
        share: scaled(surprises),
        interval: (
            scaled(byar(surprises, -Z).max(0.0) - 1.0).min(scaled(surprises)),
            scaled(byar(surprises + 1.0, Z)),
        ),
    }
}

/// Stop once the error is small enough with confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StoppingRule {
    /// The upper end of the interval must be at most this share of the samples.
    pub target: f64,
    /// Answers before the rule is consulted at all.
    pub at_least: usize,
}

impl Default for StoppingRule {
    fn default() -> Self {
        Self { target: 0.02, at_least: 20 }
    }
}

impl StoppingRule {
    /// Whether to stop.
    ///
    /// # Errors
    /// [`Error::Domain`](crate::Error::Domain) if the target is no probability.
    pub fn is_met(&self, belief: &Belief) -> Result<bool> {
        check::probability("target", self.target)?;
        Ok(belief.answers() >= self.at_least && remaining_error(belief).interval.1 <= self.target)
    }
}
