//! Which pair to ask about next.
//!
//! A [`PairStrategy`] looks at the [`Belief`] and names a pair. Most are a [`Score`] of the doubts there are, and the
//! question is the one that settles the best: [`Ranked`] multiplies the score by diversity and divides it by the price.
//!
//! | name | asks |
//! |---|---|
//! | `pal` | where most pairs are expected to be wrong ([`ExpectedWrongPairs`]), and samples at random that show how much still is ([`Audited`]); the recommended default |
//! | `random` | any two samples ([`RandomPair`]) |
//! | `discovery` | sample after sample against one representative a class (claim T41, [`Discover`]) |
//! | `captcha` | the class asked about least, by the samples predicted to be in it (section 8.3 of the theory, [`LeastAsked`]) |
//! | `uncertainty` | the least confident prediction ([`Uncertainty`]) |
//! | `margin` | the smallest lead of the best class over the next ([`Margin`]) |
//! | `representation` | what changes the representation most (claim T35, [`RepresentationChange`]) |
//! | `error-reduction` | what is expected to leave the least error ([`ErrorReduction`]) |
//! | `cover` | the sample farthest from all that were asked about ([`Cover`]) |
//! | `explore-consolidate` | far apart until no new class is found, then the nearest class of samples at random ([`ExploreConsolidate`]) |

mod audited;
mod captcha;
mod cover;
mod discovery;
mod error_reduction;
mod explore_consolidate;
mod margin;
mod random;
mod ranked;
mod representation;
mod uncertainty;
mod wrong_pairs;

use rand::Rng;

use super::{Belief, Subject};
use crate::error::{Error, Result};
use crate::oracle::Pair;

pub use audited::Audited;
pub use captcha::LeastAsked;
pub use cover::Cover;
pub use discovery::Discover;
pub use error_reduction::ErrorReduction;
pub use explore_consolidate::ExploreConsolidate;
pub use margin::Margin;
pub use random::RandomPair;
pub use ranked::{Ranked, Score};
pub use representation::RepresentationChange;
pub use uncertainty::Uncertainty;
pub use wrong_pairs::ExpectedWrongPairs;

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

/// The names that [`strategy`] knows, the recommended one first.
pub const STRATEGIES: [&str; 10] = [
    "pal",
    "random",
    "discovery",
    "captcha",
    "uncertainty",
    "margin",
    "representation",
    "error-reduction",
    "cover",
    "explore-consolidate",
];

/// The strategy of this name, with its defaults.
///
/// # Errors
/// [`Error::UnknownName`].
pub fn strategy(name: &str) -> Result<Box<dyn PairStrategy>> {
    Ok(match name {
        "pal" => Box::new(Audited(Ranked::by(ExpectedWrongPairs))),
        "random" => Box::new(RandomPair),
        "discovery" => Box::new(Discover),
        "captcha" => Box::new(LeastAsked),
        "uncertainty" => Box::new(Ranked::by(Uncertainty)),
        "margin" => Box::new(Ranked::by(Margin)),
        "representation" => Box::new(Ranked::by(RepresentationChange)),
        "error-reduction" => Box::new(Ranked::by(ErrorReduction::default())),
        "cover" => Box::new(Ranked::by(Cover)),
        "explore-consolidate" => Box::new(ExploreConsolidate),
        _ => {
            return Err(Error::UnknownName {
                argument: "strategy",
                name: name.to_owned(),
                known: &STRATEGIES,
            });
        }
    })
}

/// The question whether `sample` is of the class it is given now.
fn question_about(belief: &Belief, sample: usize) -> Option<Pair> {
    belief.question(Subject::Sample { sample, class: belief.classes()[sample] })
}
