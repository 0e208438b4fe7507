//! Active learning: which question to ask next, and what the answers so far say of all samples.
//!
//! **Questions about pairs**, the classes being unknown: a [`WarmStart`] clusters the samples by the graph of their neighbours,
//! which needs no answer; the [`Belief`] holds the classes as the answers so far correct them; a [`PairStrategy`], made by its
//! name with [`strategy`], chooses the next pair; [`ask`] is the loop, and [`ask_pairs`] the same with a watch.
//! [`remaining_error`] estimates how much is still wrong, and a [`StoppingRule`] says when that is little enough.
//!
//! ```
//! # fn main() -> pal::Result<()> {
//! use pal::active::{Belief, ask, strategy};
//! use pal::oracle::LabelOracle;
//! use pal::{data, probe};
//!
//! let iris = data::iris()?; // any features, one row a sample
//! let mut belief = Belief::of_features(iris.inputs.view())?;
//! let mut oracle = LabelOracle::new(&iris.labels); // or a function of a pair that asks somebody
//! ask(&mut belief, &strategy("pal")?, &mut oracle, 25)?;
//!
//! let truth: Vec<usize> = iris.labels.iter().flatten().collect();
//! assert!(probe::adjusted_rand_index(belief.classes(), &truth)? > 0.9);
//! # Ok(())
//! # }
//! ```
//!
//! Where a person would rather name classes, [`next_label`] says of which sample.
//!
//! **Captchas**, starting from one known example of each class, as in the reference experiments: a [`CaptchaStrategy`] chooses
//! the captcha from what is known and the representation that followed from it; [`ask_captcha`] puts it to the oracle and takes
//! the answer in.
//!
//! [`random_pairs`] is the passive baseline of both, and [`discover`] finds the classes one after the other without looking at
//! the samples.

mod agglomeration;
mod belief;
mod bisection;
mod captcha;
mod copies;
mod discovery;
mod micro_clusters;
mod next_label;
mod pair_loop;
mod random_pairs;
mod remaining_error;
mod spectrum;
mod stopping;
mod strategy;
mod warm_start;

use ndarray::ArrayView2;
use rand::Rng;

use crate::error::Result;
use crate::oracle::{Captcha, Knowledge, Oracle};

pub use belief::{Belief, BeliefOptions, Doubt, Subject};
pub use captcha::{PredictedCaptcha, UniformCaptcha};
pub use discovery::{
    Discovery, DiscoveryCost, discover, discovery_cost, most_discovery_cost, placement_probability,
};
pub use next_label::next_label;
pub use pair_loop::{ask, ask_pairs, learning_curve};
pub use random_pairs::random_pairs;
pub use remaining_error::RemainingError;
pub use stopping::{StoppingRule, remaining_error};
pub use strategy::{
    Audited, Cover, Discover, ErrorReduction, ExpectedWrongPairs, ExploreConsolidate, LeastAsked, Margin,
    PairStrategy, RandomPair, Ranked, RepresentationChange, STRATEGIES, Score, Uncertainty, strategy,
};
pub use warm_start::{WarmStart, WarmStartOptions};

/// A way to choose the next captcha.
pub trait CaptchaStrategy {
    /// The next captcha; its candidates are empty when nothing is left to ask of the class.
    ///
    /// `z` of shape `(n, k)` is the current representation of the samples.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] or [`crate::Error::NotFinite`] for a bad `z`.
    fn propose(&self, knowledge: &Knowledge, z: ArrayView2<f64>, rng: &mut dyn Rng) -> Result<Captcha>;
}

/// One step of the loop: chooses a captcha, has it answered, takes the answer in.
///
/// # Errors
/// What the strategy, the oracle or [`Knowledge::learn`] report; `knowledge` is then unchanged.
pub fn ask_captcha(
    strategy: &impl CaptchaStrategy,
    oracle: &mut impl Oracle,
    knowledge: &mut Knowledge,
    z: ArrayView2<f64>,
    rng: &mut dyn Rng,
) -> Result<()> {
    let captcha = strategy.propose(knowledge, z, rng)?;
    let answer = oracle.answer(&captcha)?;
    knowledge.learn(&captcha, &answer)
}
