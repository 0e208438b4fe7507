//! Several annotators who vote on each question, and one answer from their votes.
//!
//! A majority of `r` independent votes errs far less than one ([claim T45](crate::theory#t45),
//! [`majority_error`](super::cost::majority_error)), if all annotators are about as good. Where they are not,
//! [`DawidSkene`] learns from all votes so far whose to trust.

use std::collections::HashMap;

use super::{Consensus, DawidSkene, Oracle, Pair, Vote};
use crate::error::{Error, Result};

/// How the votes on a pair become one answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Aggregation {
    /// The answer of the majority of the pair's latest `votes` votes; their number is odd.
    Majority,
    /// The likelier one given all votes on all pairs so far; "no" if both are as likely.
    DawidSkene(DawidSkene),
}

/// Puts each question to several annotators, who take turns, and answers for them.
#[derive(Clone, Debug)]
pub struct Crowd<O> {
    annotators: Vec<O>,
    votes_each: usize,
    aggregation: Aggregation,
    /// Votes so far; the questions are numbered as in `pairs`.
    votes: Vec<Vote>,
    pairs: Vec<Pair>,
    number_of: HashMap<Pair, usize>,
}

impl<O: Oracle<Pair>> Crowd<O> {
    /// Asks for `votes` votes a question, of the annotators in turn: where one question ends, the next goes on.
    ///
    /// With more votes than annotators, some are asked the same twice.
    ///
    /// # Errors
    /// [`Error::Empty`] without annotators, [`Error::Domain`] without votes, or for an even number where the majority counts.
    pub fn new(annotators: Vec<O>, votes: usize, aggregation: Aggregation) -> Result<Self> {
        if annotators.is_empty() {
            return Err(Error::Empty { argument: "annotators", expected: "annotator" });
        }
        let (fits, must) = match aggregation {
            Aggregation::Majority => (votes % 2 == 1, "odd"),
            Aggregation::DawidSkene(_) => (votes > 0, "at least 1"),
        };
        if !fits {
            return Err(Error::Domain { argument: "votes", value: votes as f64, must });
        }
        Ok(Self {
            annotators,
            votes_each: votes,
            aggregation,
            votes: Vec::new(),
            pairs: Vec::new(),
            number_of: HashMap::new(),
        })
    }

    /// The pairs asked about, in order of first asking: the questions of [`Crowd::consensus`].
    #[must_use]
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// What all votes so far say together, about each of [`Crowd::pairs`] and each annotator.
    ///
    /// # Errors
    /// As [`DawidSkene::fit`].
    pub fn consensus(&self, model: &DawidSkene) -> Result<Consensus> {
        model.fit(self.pairs.len(), self.annotators.len(), &self.votes)
    }
}

impl<O: Oracle<Pair>> Oracle<Pair> for Crowd<O> {
    /// Cost, beside that of the annotators: `O(votes)` for the majority, that of a fit to all votes so far for
    /// [`Aggregation::DawidSkene`].
    ///
    /// # Errors
    /// Whatever keeps an annotator from answering, as if nobody had been asked; [`Error::NotConverged`], the votes then being
    /// kept.
    fn answer(&mut self, pair: &Pair) -> Result<bool> {
        let question = self.number_of.get(pair).copied().unwrap_or(self.pairs.len());
        let asked = self.votes.len();
        for turn in asked..asked + self.votes_each {
            let annotator = turn % self.annotators.len();
            match self.annotators[annotator].answer(pair) {
                Ok(yes) => self.votes.push(Vote { question, annotator, yes }),
                Err(error) => {
                    self.votes.truncate(asked);
                    return Err(error);
                }
            }
        }
        if question == self.pairs.len() {
            self.pairs.push(*pair);
            self.number_of.insert(*pair, question);
        }
        match &self.aggregation {
            Aggregation::Majority => {
                Ok(2 * self.votes[asked..].iter().filter(|vote| vote.yes).count() > self.votes_each)
            }
            Aggregation::DawidSkene(model) => Ok(self.consensus(model)?.posteriors[question] > 0.5),
        }
    }
}
