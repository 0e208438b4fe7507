//! Spectral farthest-first cover (Gonzalez 1985).

use super::Score;
use crate::active::{Belief, Doubt, Subject};
use crate::error::Result;

/// The sample with the largest posterior variance given those that were asked about, under the kernel of the graph.
///
/// What was answered does not matter, with one exception: samples that were asked about and whose class is more probably wrong
/// than right come first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cover;

impl Score for Cover {
    fn scores(&self, belief: &Belief, doubts: &[Doubt]) -> Result<Vec<f64>> {
        let variances = belief.variances();
        let largest = variances.iter().copied().fold(0.0, f64::max);
        let score = |doubt: &Doubt| match doubt.subject {
            Subject::Sample { sample, .. } if !belief.was_asked(sample) => variances[sample],
            // Above all others if the class is improbable, else below.
            _ if doubt.probability > 0.5 => largest + doubt.probability,
            _ => 0.0,
        };
        Ok(doubts.iter().map(score).collect())
    }
}
