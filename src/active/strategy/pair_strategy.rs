//! What a strategy for pairs must be able to do.

use rand::{Rng, RngExt};

use crate::active::{Belief, Subject};
use crate::error::Result;
use crate::oracle::Pair;

/// A way to choose the next pair.
pub trait PairStrategy: Send + Sync {
    /// The pair to ask about; `None` when there is nothing left that it would ask.
    ///
    /// # Errors
    /// What keeps it from computing one.
    fn propose(&self, belief: &Belief, rng: &mut dyn Rng) -> Result<Option<Pair>>;

    /// Up to `count` pairs to ask about at once: each is chosen as if those before had been answered as believed, so that no
    /// two ask for the same thing.
    ///
    /// # Errors
    /// As [`PairStrategy::propose`].
    fn propose_batch(&self, belief: &Belief, count: usize, rng: &mut dyn Rng) -> Result<Vec<Pair>> {
        let mut supposed = belief.clone();
        let mut batch = Vec::new();
        while batch.len() < count {
            let Some(pair) = self.propose(&supposed, rng)? else { break };
            batch.push(pair);
            if batch.len() < count {
                supposed.suppose(pair)?;
            }
        }
        Ok(batch)
    }
}

/// As what is in the box, so that a strategy by name is one as well.
impl<S: PairStrategy + ?Sized> PairStrategy for Box<S> {
    fn propose(&self, belief: &Belief, rng: &mut dyn Rng) -> Result<Option<Pair>> {
        (**self).propose(belief, rng)
    }

    fn propose_batch(&self, belief: &Belief, count: usize, rng: &mut dyn Rng) -> Result<Vec<Pair>> {
        (**self).propose_batch(belief, count, rng)
    }
}

/// The question whether one of `samples`, at random among those that still have a question, is of the class it is given now.
pub(super) fn question_about_any(
    belief: &Belief,
    mut samples: Vec<usize>,
    rng: &mut dyn Rng,
) -> Option<Pair> {
    while !samples.is_empty() {
        let sample = samples.swap_remove(rng.random_range(0..samples.len()));
        let pair = belief.question(Subject::Sample { sample, class: belief.classes()[sample] });
        if pair.is_some() {
            return pair;
        }
    }
    None
}
