//! The strategy of the paper, one candidate at a time ([Active](crate::theory#active) in the theory).

use rand::Rng;

use super::pair_strategy::{PairStrategy, question_about_any};
use crate::active::Belief;
use crate::error::Result;
use crate::oracle::Pair;

/// Asks about the class with the fewest samples asked about, by a sample at random of those predicted to be in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct LeastAsked;

impl PairStrategy for LeastAsked {
    fn propose(&self, belief: &Belief, rng: &mut dyn Rng) -> Result<Option<Pair>> {
        let mut asked = vec![0_usize; belief.number_of_classes()];
        let mut open = vec![Vec::new(); belief.number_of_classes()];
        for (sample, &class) in belief.classes().iter().enumerate() {
            if belief.was_asked(sample) {
                asked[class] += 1;
            } else {
                open[class].push(sample);
            }
        }
        let mut classes: Vec<usize> = (0..open.len()).filter(|&class| !open[class].is_empty()).collect();
        classes.sort_by_key(|&class| asked[class]);
        Ok(classes
            .into_iter()
            .find_map(|class| question_about_any(belief, std::mem::take(&mut open[class]), rng)))
    }
}
