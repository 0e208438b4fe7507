//! Another strategy's questions, and among them those that measure the remaining error.

use rand::Rng;

use super::PairStrategy;
use crate::active::Belief;
use crate::error::Result;
use crate::oracle::Pair;

/// Asks as another strategy does, and every few questions checks what is believed: an audit, of a sample drawn at random against
/// the representative of its class, or two classes that no answer tells apart for sure. On these
/// [`remaining_error`](crate::active::remaining_error) rests.
///
/// The share of checks grows from none by a thousandth with each answer, to one in four. It is up to three in
/// four, by a fiftieth with each answer, while the belief doubts next to nothing, and all where the other strategy has nothing
/// left to ask.
#[derive(Clone, Copy, Debug, Default)]
pub struct Audited<S>(
    /// What asks the other questions.
    pub S,
);

impl<S: PairStrategy> PairStrategy for Audited<S> {
    fn propose(&self, belief: &Belief, rng: &mut dyn Rng) -> Result<Option<Pair>> {
        if let Some(check) = belief.due_check() {
            return Ok(Some(check));
        }
        Ok(self.0.propose(belief, rng)?.or_else(|| belief.next_check()))
    }
}
