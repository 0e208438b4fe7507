//! The loop of questions about pairs.

use rand::Rng;

use super::{Belief, PairStrategy};
use crate::error::Result;
use crate::oracle::Pair;

/// Asks up to `budget` questions, each chosen after the answer to the last; returns how many were asked.
///
/// `watch` sees the belief before the first question and after every answer, with the number of answers so far. Ends early if
/// the strategy has nothing to ask.
///
/// # Errors
/// What the strategy, the oracle, the belief or `watch` report; answers before that are taken in.
pub fn ask_pairs(
    belief: &mut Belief,
    strategy: &dyn PairStrategy,
    mut oracle: impl FnMut(Pair) -> Result<bool>,
    budget: usize,
    rng: &mut dyn Rng,
    mut watch: impl FnMut(usize, &Belief) -> Result<()>,
) -> Result<usize> {
    watch(0, belief)?;
    for asked in 0..budget {
        let Some(pair) = strategy.propose(belief, rng)? else { return Ok(asked) };
        let same = oracle(pair)?;
        belief.learn(pair, same)?;
        watch(asked + 1, belief)?;
    }
    Ok(budget)
}
