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
/// One question of five is a check while much is in doubt; the more the less the belief doubts beside what the checks leave
/// open, and in the end every one.
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
