//! How much is still wrong, and whether to go on.

use super::Belief;
use crate::error::{Result, check};

/// What is known of the share of samples in the wrong class, with what it rests on.
///
/// Samples are in the wrong class if they lie outside the best one-to-one matching of the classes found to the true ones. That
/// counts both kinds of error: samples of several true classes in one, and a true class in several parts, of which all but
/// the largest are wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RemainingError {
    /// An estimate, in `[0, 1]`.
    pub share: f64,
    /// From 0 to the upper end, which is at least the true share at *every* moment of a run with probability 95 %, under the
    /// assumptions of [`remaining_error`].
    pub interval: (f64, f64),
    /// Samples drawn at random and compared with the representative of their class.
    pub audited: usize,
    /// How many of these were said not to belong there.
    pub refused: usize,
    /// Pairs of classes that no answer told apart: the smaller one may be a part of the larger.
    pub uncompared: usize,
}

impl RemainingError {
    /// Nothing is known.
    pub(super) fn unknown() -> Self {
        Self { share: 1.0, interval: (0.0, 1.0), audited: 0, refused: 0, uncompared: 0 }
    }
}

/// What audits, and comparisons of classes, say of the error that remains.
///
/// The upper end adds up three numbers (claims T51 to T53): the samples not audited that are wrong, of which the outcomes of
/// the audits exclude more; the samples audited that no answer ties to their class; and for each class the chance that it
/// is a part of a larger one that it was never compared with.
///
/// It holds at every moment with probability 95 % if
/// 1. the samples audited are those that [`Audited`](super::Audited) asks about, whatever is asked besides;
/// 2. answers are right, or wrong with one probability of at most one fifth independently of each other. An audit that is
///    refused is put again, so that the bound widens by little where they are wrong as often as the belief was told;
/// 3. classes that were never compared are one class no more often than those that were: strategies compare the likeliest
///    first.
///
/// It does not rest on what is believed. Without audits nothing is known, and it says so. `O(1)`: the belief computes it
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
