//! Expected change of the representation ([claim T35](crate::theory#t35)).

use super::Score;
use crate::active::{Belief, Doubt, Subject};
use crate::error::Result;

/// The question whose answer is expected to change the eigenvalues of the graph most.
///
/// An entry 1 at `(i, j)` changes eigenvalue `m` by `2 v_mi v_mj` to first order. The score of comparing sample `i` with `j` is
/// `Σ_m 2 |φ_mi φ_mj|` over the features `φ` (the eigenvectors, weighted), times the standard deviation of `i` given the samples
/// asked about, times the probability that the class of `i` is wrong: what is known already changes nothing.
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
