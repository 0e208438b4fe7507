//! Which question to ask next, and what to make of the answers.
//!
//! **Questions about pairs**, the classes being unknown: a [`WarmStart`] clusters the samples by a graph that nobody had to fill
//! in, the [`Belief`] is what the answers so far make of it, a [`PairStrategy`] names the next pair ([`strategy`] by name),
//! and [`ask_pairs`] goes round. [`remaining_error`] estimates how much is still wrong.
//!
//! ```
//! # fn main() -> pal::Result<()> {
//! use std::sync::Arc;
//! use pal::active::{Belief, BeliefOptions, WarmStart, WarmStartOptions, ask_pairs, strategy};
//! use pal::oracle::{LabelOracle, Oracle, Pair};
//! use pal::random::stream;
//! use pal::{data, probe};
//!
//! let iris = data::iris()?;
//! let start = WarmStart::of_features(iris.inputs.view(), &WarmStartOptions::default())?;
//! let mut belief = Belief::new(Arc::new(start), BeliefOptions::default())?;
//! let mut person = LabelOracle::new(&iris.labels);
//! let answer = |pair: Pair| person.answer(&pair);
//! ask_pairs(&mut belief, &*strategy("pal")?, answer, 25, &mut stream(0, 0), |_, _| Ok(()))?;
//! let truth: Vec<usize> = iris.labels.iter().flatten().collect();
//! assert!(probe::adjusted_rand_index(belief.classes(), &truth)? > 0.9);
//! # Ok(())
//! # }
//! ```
//!
//! Where a person would rather name classes, [`next_label`] says of which sample.
//!
//! **Captchas**, with an example of each class to begin with, as in the reference experiments: a [`Strategy`] looks at what is
//! known and at the representation it gave, and makes a query; [`ask`] puts it to the oracle and takes the answer in.
//!
//! [`random_pairs`] is the passive counterpart of either, and [`discover`] finds the classes one after the other, whatever the
//! samples look like.

mod agglomeration;
mod belief;
mod captcha;
mod discovery;
mod k_means;
mod next_label;
mod pair_loop;
mod random_pairs;
mod remaining_error;
mod stopping;
mod strategy;
mod warm_start;

use ndarray::ArrayView2;
use rand::Rng;

use crate::error::Result;
use crate::oracle::{Knowledge, Oracle, Query};

pub use belief::{Belief, BeliefOptions, Doubt, Subject};
pub use captcha::{PredictedCaptcha, UniformCaptcha};
pub use discovery::{
    Discovery, DiscoveryCost, discover, discovery_cost, most_discovery_cost, placement_probability,
};
pub use next_label::next_label;
pub use pair_loop::{ask_pairs, learning_curve};
pub use random_pairs::random_pairs;
pub use remaining_error::RemainingError;
pub use stopping::{StoppingRule, remaining_error};
pub use strategy::{
    Audited, Cover, Discover, ErrorReduction, ExpectedWrongPairs, ExploreConsolidate, LeastAsked, Margin,
    PairStrategy, RandomPair, Ranked, RepresentationChange, STRATEGIES, Score, Uncertainty, strategy,
};
pub use warm_start::{WarmStart, WarmStartOptions};

/// A way to choose the next query.
pub trait Strategy {
    /// The next query; its candidates are empty when nothing is left to ask of the class.
    ///
    /// `z` of shape `(n, k)` is the current representation of the samples.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] or [`crate::Error::NotFinite`] for a bad `z`.
    fn next(&self, knowledge: &Knowledge, z: ArrayView2<f64>, rng: &mut dyn Rng) -> Result<Query>;
}

/// One step of the loop: chooses a query, has it answered, takes the answer in.
///
/// # Errors
/// What the strategy, the oracle or [`Knowledge::learn`] report; `knowledge` is then unchanged.
pub fn ask(
    strategy: &impl Strategy,
    oracle: &mut impl Oracle,
    knowledge: &mut Knowledge,
    z: ArrayView2<f64>,
    rng: &mut dyn Rng,
) -> Result<()> {
    let query = strategy.next(knowledge, z, rng)?;
    let answer = oracle.answer(&query)?;
    knowledge.learn(&query, &answer)
}
