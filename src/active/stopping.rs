//! The remaining error of a belief, and the rule that stops asking once it is small.

use super::{Belief, RemainingError};
use crate::error::{Result, check};

/// The remaining error that audits and comparisons of classes prove, with an estimate.
///
/// The upper end adds up three numbers (claims [T51](crate::theory#t51) to [T53](crate::theory#t53)): the samples not audited
/// that are wrong, of which the outcomes of the audits exclude more; the samples audited that no answer ties to their class;
/// and for each class the chance that it is a part of a larger one that it was never compared with.
///
/// It holds at every moment with probability 95 % if
/// 1. the samples audited are those that [`Audited`](super::Audited) asks about, whatever is asked besides;
/// 2. answers are right, or wrong with one probability of at most one fifth independently of each other. An audit that is
///    refused is put again, so that the bound widens by little where they are wrong as often as the belief was told;
/// 3. classes that were never compared are one class no more often than those that were: strategies compare the likeliest
///    first. Where the graph says nothing about the samples, it gives no such order, and the upper end may be too low.
///
/// The probabilities of the belief do not enter. Without audits the interval is all of `[0, 1]`. `O(1)`: the belief computes it
/// with each answer.
pub fn remaining_error(belief: &Belief) -> RemainingError {
    belief.remaining_error()
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
