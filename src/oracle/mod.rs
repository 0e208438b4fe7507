//! Who answers, and what the answers amount to.
//!
//! A [`Question`] is about a [`Pair`] ("do these two belong together?"), a sample's class ([`LabelOf`]), or a list of
//! candidates of which some belong to a class (a [`Query`], or captcha). An [`Oracle`] answers; a [`Ledger`] counts what
//! that costs and stops at its [`Budget`]; a [`Record`] is an answer as it is kept.
//!
//! [`Closure`] is what answers about pairs imply, [`Knowledge`] what captchas do, each with the similarity graph that
//! follows; [`cost`] says how many answers it takes, and [`information`] what each kind of question can tell.

mod binomial;
mod closure;
pub mod cost;
pub mod information;
mod knowledge;
mod label_oracle;
mod ledger;
mod question;
mod record;

use crate::error::Result;

pub use closure::Closure;
pub use knowledge::Knowledge;
pub use label_oracle::LabelOracle;
pub use ledger::{Account, Budget, Ledger, Prices};
pub use question::{Answer, LabelOf, Pair, Query, Question, QuestionKind};
pub use record::{Answered, Record};

/// Someone, or something, that answers questions of a kind.
pub trait Oracle<Q: Question = Query> {
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
