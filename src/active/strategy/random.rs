//! Pairs at random, the passive baseline.

use rand::{Rng, RngExt};

use super::PairStrategy;
use crate::active::Belief;
use crate::error::Result;
use crate::oracle::Pair;

/// Any pair that was not asked about, each as probable.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomPair;

impl PairStrategy for RandomPair {
    fn propose(&self, belief: &Belief, rng: &mut dyn Rng) -> Result<Option<Pair>> {
        let n = belief.len();
        if belief.asked().len() >= n * (n - 1) / 2 {
            return Ok(None);
        }
        loop {
            let (i, j) = (rng.random_range(0..n), rng.random_range(0..n));
            if let Ok(pair) = Pair::new(i, j)
                && !belief.asked().contains(&pair)
            {
                return Ok(Some(pair));
            }
        }
    }
}
