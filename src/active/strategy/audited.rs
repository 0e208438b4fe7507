//! Questions that show how much is still wrong, among those that put it right.

use rand::Rng;

use super::PairStrategy;
use crate::active::Belief;
use crate::error::Result;
use crate::oracle::Pair;

/// Asks as another strategy does, and every few questions about a sample drawn at random, against the representative of its
/// class: the audits that [`remaining_error`](crate::active::remaining_error) rests on.
///
/// One question of five is an audit while much is in doubt; the more the less the belief doubts beside what the audits leave
/// open, and in the end every one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Audited<S>(
    /// What asks the other questions.
    pub S,
);

impl<S: PairStrategy> PairStrategy for Audited<S> {
    fn propose(&self, belief: &Belief, rng: &mut dyn Rng) -> Result<Option<Pair>> {
        if let Some(audit) = belief.due_audit() {
            return Ok(Some(audit));
        }
        Ok(self.0.propose(belief, rng)?.or_else(|| belief.audit_question()))
    }
}
