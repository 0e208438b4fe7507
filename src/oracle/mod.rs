//! Who answers, and what the answers amount to.
//!
//! A [`Question`] is about a [`Pair`] ("do these two belong together?"), a sample's class ([`LabelOf`]), or a list of
//! candidates of which some belong to a class (a [`Captcha`]). An [`Oracle`] answers:
//!
//! | oracle | answers |
//! |---|---|
//! | [`LabelOracle`] | from the labels, never wrong |
//! | [`Noisy`] | as another does, but errs at a rate |
//! | [`Crowd`] | by several others, whose votes it weighs ([`DawidSkene`]) |
//! | [`Replayed`] | as the records of earlier answers say |
//! | any function | as it likes |
//!
//! A person at a [`Terminal`] is asked likewise, but may skip, undo and quit. A [`Ledger`] counts what questions cost and
//! stops at its [`Budget`]; a [`Record`] is an answer as it is kept.
//!
//! [`Closure`] is what answers about pairs imply, [`Knowledge`] what captchas do, each with the similarity graph that
//! follows. [`Evidence`] is a closure that remembers which answer implies what, so that wrong ones are found and taken back.
//! [`LabelStatements`] are what names of classes say about pairs. Answers that are only probable are graphs as well:
//! [`class_graph`], [`pair_graph`]. [`cost`] says how many answers it takes, and [`information`] what each kind of question can
//! tell.
//!
//! ```
//! # fn main() -> pal::Result<()> {
//! use pal::data::Labels;
//! use pal::oracle::{Budget, Closure, LabelOracle, Ledger, Oracle, Pair, Prices, QuestionKind};
//!
//! let labels = Labels::new(vec![0, 1, 0, 1, 1], 2)?;
//! let mut person = LabelOracle::new(&labels);
//! let mut ledger = Ledger::new(Prices::default(), Budget::new(4.0)?)?;
//! let mut closure = Closure::new(5)?;
//! for (i, j) in [(0, 2), (1, 3), (2, 3), (3, 4)] {
//!     ledger.charge(QuestionKind::Pair, 1)?;
//!     closure.link(i, j, person.answer(&Pair::new(i, j)?)?)?;
//! }
//! assert!(closure.is_complete()); // four answers imply all ten pairs
//! assert_eq!(closure.graph()?.entry(0, 4)?, -1.0);
//! assert_eq!(ledger.left(), 0.0);
//! # Ok(())
//! # }
//! ```

mod binomial;
mod closure;
pub mod cost;
mod crowd;
mod dawid_skene;
mod evidence;
pub mod information;
mod knowledge;
mod label_oracle;
mod label_statements;
mod ledger;
mod noisy;
mod question;
mod record;
mod replayed;
mod soft;
#[cfg(feature = "files")]
mod terminal;

use crate::error::Result;

pub use closure::Closure;
pub use crowd::{Aggregation, Crowd};
pub(crate) use dawid_skene::logistic;
pub use dawid_skene::{Consensus, DawidSkene, Reliability, Vote};
pub use evidence::{Contradiction, Evidence, Statement};
pub use knowledge::Knowledge;
pub use label_oracle::LabelOracle;
pub use label_statements::LabelStatements;
pub use ledger::{Account, Budget, Ledger, Prices};
pub use noisy::{Noise, Noisy, adversarial_rates};
pub use question::{Captcha, CaptchaAnswer, LabelOf, Pair, Question, QuestionKind};
pub use record::{Answered, Record};
pub use replayed::Replayed;
pub use soft::{class_graph, pair_graph};
#[cfg(feature = "files")]
pub use terminal::{Reply, Terminal};

/// Someone, or something, that answers questions of a kind.
pub trait Oracle<Q: Question = Captcha> {
    /// The answer to `question`.
    ///
    /// # Errors
    /// Whatever keeps the oracle from answering.
    fn answer(&mut self, question: &Q) -> Result<Q::Answer>;
}

/// Any function from questions to answers is an oracle.
impl<Q: Question, F: FnMut(&Q) -> Result<Q::Answer>> Oracle<Q> for F {
    fn answer(&mut self, question: &Q) -> Result<Q::Answer> {
        self(question)
    }
}
