//! The answers of each annotator, and how reliable they are.

use std::collections::BTreeMap;

use super::State;
use crate::oracle::{DawidSkene, Pair, Reliability, Vote};

/// One annotator's statements about pairs.
type Statements = Vec<(Pair, bool)>;

/// What is known of one annotator.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotator {
    /// The name in the records.
    pub name: String,
    /// Answers that stand.
    pub answers: usize,
    /// Median seconds an answer.
    pub seconds: f64,
    /// Share of statements about pairs that agree with the classes now believed, in `[0, 1]`; 1 if there are none.
    pub agreement: f64,
    /// By the disagreements of annotators about the same pairs; `None` if no pair was answered by two of them, or their
    /// fit did not converge.
    pub reliability: Option<Reliability>,
}

impl State {
    /// All annotators whose answers stand, by name. Cost that of [`DawidSkene::fit`] where several answered about the same
    /// pairs.
    #[must_use]
    pub fn annotators(&self) -> Vec<Annotator> {
        let classes = self.belief().classes();
        let mut seconds: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        let mut statements: BTreeMap<&str, Statements> = BTreeMap::new();
        for (_, record) in self.log().records() {
            seconds.entry(&record.annotator).or_default().push(record.seconds);
            statements.entry(&record.annotator).or_default();
        }
        for (_, record, said) in self.statements() {
            statements.entry(&record.annotator).or_default().push(said);
        }
        let mut reliabilities = fitted(statements.values()).into_iter();
        seconds
            .into_iter()
            .zip(statements.into_values())
            .map(|((name, mut seconds), said)| {
                seconds.sort_unstable_by(f64::total_cmp);
                let are_one = |pair: Pair| classes[pair.first()] == classes[pair.second()];
                let agree = said.iter().filter(|&&(pair, same)| are_one(pair) == same).count();
                Annotator {
                    name: name.to_owned(),
                    answers: seconds.len(),
                    seconds: seconds[seconds.len() / 2],
                    agreement: if said.is_empty() { 1.0 } else { agree as f64 / said.len() as f64 },
                    reliability: reliabilities.next(),
                }
            })
            .collect()
    }
}

/// The reliability of each annotator; none if no pair was answered by two of them.
fn fitted<'a>(statements: impl Iterator<Item = &'a Statements>) -> Vec<Reliability> {
    let mut votes = Vec::new();
    let mut questions: BTreeMap<Pair, (usize, usize)> = BTreeMap::new();
    let (mut annotators, mut is_shared) = (0, false);
    for (annotator, said) in statements.enumerate() {
        for &(pair, yes) in said {
            let next = questions.len();
            let &mut (question, first) = questions.entry(pair).or_insert((next, annotator));
            is_shared |= first != annotator;
            votes.push(Vote { question, annotator, yes });
        }
        annotators = annotator + 1;
    }
    if !is_shared {
        return Vec::new();
    }
    // No convergence is no reliability.
    DawidSkene::default()
        .fit(questions.len(), annotators, &votes)
        .map_or_else(|_| Vec::new(), |fit| fit.annotators)
}
