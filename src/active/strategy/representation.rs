//! Expected change of the representation ([claim T35](crate::theory#t35)).

use super::Score;
use crate::active::{Belief, Doubt, Subject};
use crate::error::Result;

/// The answer that moves the eigenvectors of the graph most: an entry `c` at `(i, j)` changes eigenvalue `m` by
/// `2 c v_mi v_mj` to first order, and what the samples asked about have fixed already (their leverage) does not move.
#[derive(Clone, Copy, Debug, Default)]
pub struct RepresentationChange;

impl Score for RepresentationChange {
    fn scores(&self, belief: &Belief, doubts: &[Doubt]) -> Result<Vec<f64>> {
        let features = belief.start().features();
        let variances = belief.variances();
        let score = |doubt: &Doubt| {
            let Subject::Sample { sample, .. } = doubt.subject else { return 0.0 };
            let Some(pair) = belief.question(doubt.subject) else { return 0.0 };
            let (a, b) = (features.row(pair.first()), features.row(pair.second()));
            let change: f64 = a.iter().zip(b).map(|(a, b)| 2.0 * (a * b).abs()).sum();
            // What is believed already, an answer does not change.
            change * variances[sample].sqrt() * doubt.probability
        };
        Ok(doubts.iter().map(score).collect())
    }
}
