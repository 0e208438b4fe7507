//! Questions that show how much is still wrong, among those that put it right.

use rand::Rng;

use super::PairStrategy;
use crate::active::Belief;
use crate::error::Result;
use crate::oracle::Pair;

/// Asks as another strategy does, and every few questions checks what is believed: an audit, of a sample drawn at random against
/// the representative of its class, or two classes that no answer tells apart for sure. On these
/// [`remaining_error`](crate::active::remaining_error) rests.
///
/// One question in ten is a check at first, and one in four from 150 answers on; one in two while the belief doubts little
/// beside what the checks leave open.
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
