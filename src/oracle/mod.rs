//! Who answers, and what the answers amount to.
//!
//! A [`Query`] shows some members of a class and a list of candidates, and asks which of them belong to it (a captcha).
//! An [`Oracle`] answers; [`Knowledge`] is what all answers say together, and the similarity graph they imply.
//!
//! The simplest question is about a pair: do these two belong together? [`Closure`] is what such answers imply,
//! [`cost`] how many of them it takes, and [`information`] what each kind of question can tell.

mod binomial;
mod closure;
pub mod cost;
pub mod information;
mod knowledge;

use crate::data::Labels;
use crate::error::{Error, Result, check};

pub use closure::Closure;
pub use knowledge::Knowledge;

/// "Which of these samples belong to this class?", the class being shown by its known members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The class asked about.
    pub class: usize,
    /// The samples shown; one may be shown twice.
    pub candidates: Vec<usize>,
}

/// For each candidate of a [`Query`], whether it belongs to the class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// As long as the query's candidates.
    pub belongs: Vec<bool>,
}

/// Someone, or something, that answers queries.
pub trait Oracle {
    /// The answer to `query`.
    ///
    /// # Errors
    /// Whatever keeps the oracle from answering.
    fn answer(&mut self, query: &Query) -> Result<Answer>;
}

/// Any function from queries to answers is an oracle.
impl<F: FnMut(&Query) -> Result<Answer>> Oracle for F {
    fn answer(&mut self, query: &Query) -> Result<Answer> {
        self(query)
    }
}

/// The oracle that knows the labels and never errs.
#[derive(Clone, Debug)]
pub struct LabelOracle<'a> {
    labels: &'a Labels,
}

impl<'a> LabelOracle<'a> {
    /// Answers from `labels`.
    pub fn new(labels: &'a Labels) -> Self {
        Self { labels }
    }

    /// Whether two samples belong together: the answer to the question about a pair.
    ///
    /// # Errors
    /// [`Error::Domain`] for a sample that does not exist or whose label is unknown.
    pub fn same_class(&self, i: usize, j: usize) -> Result<bool> {
        Ok(self.class_of("sample", i)? == self.class_of("sample", j)?)
    }

    fn class_of(&self, argument: &'static str, sample: usize) -> Result<usize> {
        let unknown = Error::Domain { argument, value: sample as f64, must: "a sample with a label" };
        self.labels.class_of(sample).ok_or(unknown)
    }
}

impl Oracle for LabelOracle<'_> {
    /// # Errors
    /// [`Error::Domain`] for a class or a sample that does not exist, or whose label is unknown.
    fn answer(&mut self, query: &Query) -> Result<Answer> {
        check::index("class", query.class, self.labels.classes(), "below the number of classes")?;
        let belongs = |&sample: &usize| Ok(self.class_of("candidate", sample)? == query.class);
        Ok(Answer { belongs: query.candidates.iter().map(belongs).collect::<Result<_>>()? })
    }
}
