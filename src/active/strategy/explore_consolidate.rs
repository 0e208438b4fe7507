//! Explore and consolidate (Basu, Banerjee and Mooney 2004), the number of classes being unknown.

use rand::Rng;

use super::pair_strategy::{PairStrategy, question_about_any};
use super::{Cover, Ranked};
use crate::active::Belief;
use crate::error::Result;
use crate::oracle::Pair;

/// First the samples farthest from all asked about, until so many in a row found no new class; then samples at random, each
/// against the class it is predicted to be in, and the next until one takes it.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExploreConsolidate;

/// Samples in a row without a new class that end the exploration, for each class found.
const PATIENCE: usize = 2;

impl PairStrategy for ExploreConsolidate {
    fn propose(&self, belief: &Belief, rng: &mut dyn Rng) -> Result<Option<Pair>> {
        let loose = belief.doubts_about_samples().into_iter().filter(|doubt| doubt.probability > 0.5);
        for doubt in loose {
            if let crate::active::Subject::Sample { sample, .. } = doubt.subject
                && belief.was_asked(sample)
                && let Some(pair) = belief.question(doubt.subject)
            {
                return Ok(Some(pair));
            }
        }
        if belief.asked_since_a_class_was_found() < PATIENCE * belief.number_of_classes() {
            return Ranked::by(Cover).propose(belief, rng);
        }
        let open = (0..belief.len()).filter(|&sample| !belief.was_asked(sample)).collect();
        Ok(question_about_any(belief, open, rng))
    }
}
