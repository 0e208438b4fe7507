//! Uncertainty sampling (Lewis and Gale 1994).

use super::Score;
use crate::active::{Belief, Doubt};
use crate::error::Result;

/// Scores a sample by the probability that its class is wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uncertainty;

impl Score for Uncertainty {
    fn scores(&self, _: &Belief, doubts: &[Doubt]) -> Result<Vec<f64>> {
        Ok(doubts.iter().map(|doubt| doubt.probability).collect())
    }
}
