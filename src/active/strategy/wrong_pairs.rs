//! Where most pairs are expected to be wrong.

use super::Score;
use crate::active::{Belief, Doubt};
use crate::error::Result;

/// Scores a doubt by [`Doubt::expected_wrong_pairs`]: the probability that it is wrong times the pairs of samples at stake. By this
/// one rule, classes are compared with classes at first, and samples at their borders in the end.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExpectedWrongPairs;

impl Score for ExpectedWrongPairs {
    fn doubts(&self, belief: &Belief) -> Vec<Doubt> {
        belief.doubts()
    }

    fn scores(&self, _: &Belief, doubts: &[Doubt]) -> Result<Vec<f64>> {
        Ok(doubts.iter().map(Doubt::expected_wrong_pairs).collect())
    }
}
