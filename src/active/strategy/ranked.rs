//! Strategies as score × diversity ÷ price.

use rand::Rng;

use super::PairStrategy;
use crate::active::{Belief, Doubt, Subject};
use crate::error::Result;
use crate::oracle::Pair;

/// How much a question about each doubt is worth.
pub trait Score: Send + Sync {
    /// The doubts this score is about; all of them unless it looks at samples alone.
    fn doubts(&self, belief: &Belief) -> Vec<Doubt> {
        belief.doubts_about_samples()
    }

    /// One number a doubt, larger is better; zero or less is never asked.
    ///
    /// # Errors
    /// What keeps it from computing them.
    fn scores(&self, belief: &Belief, doubts: &[Doubt]) -> Result<Vec<f64>>;
}

type Price = dyn Fn(&Doubt) -> f64 + Send + Sync;

/// Asks about the doubt with the largest score, times diversity, over price.
///
/// A sample that was asked about and fits its class less well than chance is asked about again before any other: an answer
/// that says no is worth little before another says yes.
pub struct Ranked<S> {
    score: S,
    diversity: f64,
    price: Option<Box<Price>>,
}

impl<S: Score> Ranked<S> {
    /// By the score alone.
    pub fn by(score: S) -> Self {
        Self { score, diversity: 0.0, price: None }
    }

    /// Multiplies the score of a question about a sample by its posterior variance, as a share of the largest, to this power:
    /// samples near one that was asked about lose. 0 is no diversity.
    #[must_use]
    pub fn with_diversity(mut self, exponent: f64) -> Self {
        self.diversity = exponent;
        self
    }

    /// Divides the score by what a question costs, a positive number.
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
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        Ok(order.into_iter().find_map(|position| belief.question(doubts[position].subject)))
    }
}
