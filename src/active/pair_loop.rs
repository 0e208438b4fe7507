//! The loop of questions about pairs.

use rand::Rng;

use super::{Belief, PairStrategy};
use crate::error::Result;
use crate::oracle::{Oracle, Pair};
use crate::random::stream;

/// Asks up to `budget` questions, each chosen after the answer to the last; returns how many were asked.
///
/// Ends early if the strategy has nothing to ask. A strategy that chooses at random does so from a fixed seed; [`ask_pairs`]
/// takes another, and a watch.
///
/// # Errors
/// What the strategy, the oracle or the belief report; answers before that are taken in.
pub fn ask(
    belief: &mut Belief,
    strategy: &dyn PairStrategy,
    oracle: &mut impl Oracle<Pair>,
    budget: usize,
) -> Result<usize> {
    ask_pairs(belief, strategy, |pair| oracle.answer(&pair), budget, &mut stream(0, 0), |_, _| Ok(()))
}

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

/// What `measure` says of the belief after each of these numbers of answers, ascending; where the strategy has nothing left to
/// ask, what it says in the end.
///
/// # Errors
/// As [`ask_pairs`].
pub fn learning_curve<T: Clone>(
    belief: &mut Belief,
    strategy: &dyn PairStrategy,
    oracle: impl FnMut(Pair) -> Result<bool>,
    answers: &[usize],
    rng: &mut dyn Rng,
    measure: impl Fn(&Belief) -> Result<T>,
) -> Result<Vec<T>> {
    let mut curve = Vec::with_capacity(answers.len());
    let most = answers.last().copied().unwrap_or(0);
    if answers.first() == Some(&0) {
        curve.push(measure(belief)?);
    }
    ask_pairs(belief, strategy, oracle, most, rng, |asked, belief| {
        if answers.get(curve.len()) == Some(&asked) {
            curve.push(measure(belief)?);
        }
        Ok(())
    })?;
    if curve.len() < answers.len() {
        curve.resize(answers.len(), measure(belief)?);
    }
    Ok(curve)
}
