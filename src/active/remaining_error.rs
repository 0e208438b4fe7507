//! How much is still wrong, and whether to go on.

use super::Belief;
use crate::oracle::logistic;
use crate::error::{Result, check};

/// An estimate of the share of samples in the wrong class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RemainingError {
    /// The estimate, in `[0, 1]`.
    pub share: f64,
    /// Its interval of 95 %, or from 0 to 1 where nothing was asked.
    pub interval: (f64, f64),
}

/// Quantile of the normal distribution for an interval of 95 %, and for its ends the same part of a posterior.
const Z: f64 = 1.959_964;
const TAIL: f64 = 0.025;
/// Temperatures considered: from an eighth to eight times as sure as the belief says, `16 · 2 · 3 + 1` of them.
const TEMPERATURES: i32 = 48;
const PER_OCTAVE: f64 = 16.0;
/// Keeps log-odds finite.
const LEAST_DOUBT: f64 = 1e-9;

/// What the belief doubts, corrected by how its predictions of answers came true.
///
/// A belief that was more often right than it said is too modest everywhere: its log-odds count by a factor, of which the
/// answers have a likelihood (temperature scaling, Guo et al. 2017), and whose logarithm has a normal prior of deviation ln 2
/// around 0. The estimate is the mean doubt at the posterior mean; the interval is that of the factor, widened by what counts
/// of that mean vary. Questions are sought where the belief is unsure, so samples of which it is sure are judged by
/// extrapolation: an error that nothing hints at is not counted. `O(n)`.
pub fn remaining_error(belief: &Belief) -> RemainingError {
    let doubts: Vec<f64> = belief.confidence().iter().map(|&confidence| log_odds(confidence)).collect();
    let n = doubts.len() as f64;
    let mean_doubt = |factor: f64| doubts.iter().map(|&odds| logistic(-factor * odds)).sum::<f64>() / n;
    if belief.predictions().is_empty() {
        return RemainingError { share: mean_doubt(1.0), interval: (0.0, 1.0) };
    }
    let predicted: Vec<f64> = belief
        .predictions()
        .iter()
        .map(|&(probability, same)| if same { log_odds(probability) } else { -log_odds(probability) })
        .collect();
    let factors = (-TEMPERATURES..=TEMPERATURES).map(|step| (f64::from(step) / PER_OCTAVE).exp2());
    let log_posterior = |factor: f64| {
        let octaves = factor.log2();
        predicted.iter().map(|&odds| logistic(factor * odds).ln()).sum::<f64>() - 0.5 * octaves * octaves
    };
    let scored: Vec<(f64, f64)> = factors.map(|factor| (factor, log_posterior(factor))).collect();
    let most = scored.iter().map(|&(_, score)| score).fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = scored.iter().map(|&(_, score)| (score - most).exp()).sum();
    let mut share = 0.0;
    let (mut below, mut ends) = (0.0, (1.0, 0.0));
    for &(factor, score) in &scored {
        let weight = (score - most).exp() / total;
        let here = mean_doubt(factor);
        share += weight * here;
        // Doubt falls with the factor: the first factors are the upper end.
        if below <= TAIL {
            ends.0 = here;
        }
        if below <= 1.0 - TAIL {
            ends.1 = here;
        }
        below += weight;
    }
    let spread = |share: f64| Z * (share * (1.0 - share) / n).sqrt();
    let (low, high) = (ends.1 - spread(ends.1), ends.0 + spread(ends.0));
    RemainingError { share, interval: (low.max(0.0), high.min(1.0)) }
}

fn log_odds(probability: f64) -> f64 {
    let bounded = probability.clamp(LEAST_DOUBT, 1.0 - LEAST_DOUBT);
    (bounded / (1.0 - bounded)).ln()
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
