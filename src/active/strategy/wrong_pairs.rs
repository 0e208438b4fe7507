//! Where most pairs are expected to be wrong.

use super::Score;
use crate::active::{Belief, Doubt};
use crate::error::Result;

/// Probability that the belief is wrong times the pairs it puts together or apart: classes against classes at first, samples
/// at the borders in the end, by one rule.
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
