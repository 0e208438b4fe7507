//! Which pair to ask about next.
//!
//! A [`PairStrategy`] looks at the [`Belief`] and names a pair. Most are a [`Score`] of what is in doubt, and ask the question
//! that would settle the doubt with the largest score; [`Ranked`] can multiply the score by diversity and divide it by a price.
//!
//! | name | asks |
//! |---|---|
//! | `pal` | where most pairs are expected to be wrong ([`ExpectedWrongPairs`]), and samples at random that show how much still is ([`Audited`]); the recommended default |
//! | `random` | any two samples ([`RandomPair`]) |
//! | `discovery` | sample after sample against one representative per class ([claim T41](crate::theory#t41), [`Discover`]) |
//! | `captcha` | the class asked about least, by the samples predicted to be in it ([Active](crate::theory#active) in the theory, [`LeastAsked`]) |
//! | `uncertainty` | the least confident prediction ([`Uncertainty`]) |
//! | `margin` | the smallest lead of the best class over the next ([`Margin`]) |
//! | `representation` | what changes the representation most ([claim T35](crate::theory#t35), [`RepresentationChange`]) |
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
mod named;
mod pair_strategy;
mod random;
mod ranked;
mod representation;
mod uncertainty;
mod wrong_pairs;

pub use audited::Audited;
pub use captcha::LeastAsked;
pub use cover::Cover;
pub use discovery::Discover;
pub use error_reduction::ErrorReduction;
pub use explore_consolidate::ExploreConsolidate;
pub use margin::Margin;
pub use named::{STRATEGIES, strategy};
pub use pair_strategy::PairStrategy;
pub use random::RandomPair;
pub use ranked::{Ranked, Score};
pub use representation::RepresentationChange;
pub use uncertainty::Uncertainty;
pub use wrong_pairs::ExpectedWrongPairs;
