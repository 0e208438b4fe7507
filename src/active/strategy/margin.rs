//! Margin sampling (Scheffer, Decomain and Wrobel 2001).

use super::Score;
use crate::active::{Belief, Doubt, Subject};
use crate::error::Result;

/// Scores a sample by how close the probabilities of its two most probable classes are, and while there is one class by how
/// improbable that is; one that was asked about, by the probability that its class is wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Margin;

impl Score for Margin {
    fn scores(&self, belief: &Belief, doubts: &[Doubt]) -> Result<Vec<f64>> {
        let score = |doubt: &Doubt| match doubt.subject {
            // Its own answers say more about a sample that was asked about than the probe does.
            Subject::Sample { sample, .. } if !belief.was_asked(sample) && belief.number_of_classes() > 1 => {
                let mut best = [0.0_f64; 2];
                for &probability in belief.probabilities().row(sample) {
                    if probability > best[0] {
                        best = [probability, best[0]];
                    } else {
                        best[1] = best[1].max(probability);
                    }
                }
                1.0 - (best[0] - best[1])
            }
            _ => doubt.probability,
        };
        Ok(doubts.iter().map(score).collect())
    }
}
