//! Strategies that rank doubts: the score of each, times diversity, over the price of its question.

use rand::Rng;

use super::PairStrategy;
use crate::active::{Belief, Doubt, Subject};
use crate::error::Result;
use crate::oracle::Pair;

/// How much it is worth to settle each doubt.
pub trait Score: Send + Sync {
    /// The doubts that are scored; by default those about samples alone.
    fn doubts(&self, belief: &Belief) -> Vec<Doubt> {
        belief.doubts_about_samples()
    }

    /// One number for each doubt, the larger the better; a doubt with zero or less is never asked about.
    ///
    /// # Errors
    /// Whatever keeps the implementation from computing them.
    fn scores(&self, belief: &Belief, doubts: &[Doubt]) -> Result<Vec<f64>>;
}

/// Doubts that are looked at first.
const FIRST: usize = 64;

type Price = dyn Fn(&Doubt) -> f64 + Send + Sync;

/// Asks about the doubt with the largest product of score and diversity, divided by the price.
///
/// Doubts are taken from the largest product down, and the first that still has a question ([`Belief::question`]) is asked
/// about. No doubt comes first for another reason: a score that prefers some of them, such as [`Cover`](super::Cover), says so
/// by its numbers.
pub struct Ranked<S> {
    score: S,
    diversity: f64,
    price: Option<Box<Price>>,
}

impl<S: Score> Ranked<S> {
    /// Ranks by the score alone.
    pub fn by(score: S) -> Self {
        Self { score, diversity: 0.0, price: None }
    }

    /// Multiplies the score of a doubt about a sample by the sample's posterior variance, as a share of the largest, to this
    /// power, so that samples similar to one that was asked about come later. At 0, the default, and below, it does nothing.
    #[must_use]
    pub fn with_diversity(mut self, exponent: f64) -> Self {
        self.diversity = exponent;
        self
    }

    /// Divides the score of a doubt by what its question costs, which must be positive.
    #[must_use]
    pub fn with_price(mut self, price: impl Fn(&Doubt) -> f64 + Send + Sync + 'static) -> Self {
        self.price = Some(Box::new(price));
        self
    }
}

impl<S: Score> PairStrategy for Ranked<S> {
    fn propose(&self, belief: &Belief, _: &mut dyn Rng) -> Result<Option<Pair>> {
        let doubts = self.score.doubts(belief);
        let mut scores = self.score.scores(belief, &doubts)?;
        if self.diversity > 0.0 {
            let variances = belief.variances();
            let largest = variances.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
            for (score, doubt) in scores.iter_mut().zip(&doubts) {
                if let Subject::Sample { sample, .. } = doubt.subject {
                    *score *= (variances[sample] / largest).powf(self.diversity);
                }
            }
        }
        if let Some(price) = &self.price {
            for (score, doubt) in scores.iter_mut().zip(&doubts) {
                *score /= price(doubt);
            }
        }
        let mut order: Vec<usize> = (0..doubts.len()).filter(|&position| scores[position] > 0.0).collect();
        let better = |a: &usize, b: &usize| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b));
        let question =
            |order: &[usize]| order.iter().find_map(|&position| belief.question(doubts[position].subject));
        // The first few nearly always hold a doubt that has a question, and need not wait for all to be sorted.
        if order.len() > FIRST {
            order.select_nth_unstable_by(FIRST, better);
            order[..FIRST].sort_unstable_by(better);
            if let Some(pair) = question(&order[..FIRST]) {
                return Ok(Some(pair));
            }
        }
        order.sort_unstable_by(better);
        Ok(question(&order))
    }
}
