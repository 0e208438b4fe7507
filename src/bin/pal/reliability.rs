//! How far each annotator can be trusted.

use std::collections::BTreeMap;

use pal::oracle::{DawidSkene, Reliability, Vote};

use crate::session::Session;

/// One annotator's statements about pairs.
type Statements = Vec<((usize, usize), bool)>;

/// What is known of one annotator.
pub(crate) struct Annotator {
    pub(crate) name: String,
    pub(crate) answers: usize,
    /// Median seconds an answer.
    pub(crate) seconds: f64,
    /// Share of statements about pairs that agree with the classes now believed; 1 if there are none.
    pub(crate) agreement: f64,
    /// By the disagreements of annotators about the same pairs, if there are pairs that several answered.
    pub(crate) reliability: Option<Reliability>,
}

/// All annotators whose answers stand, by name.
pub(crate) fn annotators(session: &Session) -> Vec<Annotator> {
    let classes = session.known.belief.classes();
    let mut seconds: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut statements: BTreeMap<&str, Statements> = BTreeMap::new();
    for (_, record) in session.log.records() {
        seconds.entry(&record.annotator).or_default().push(record.seconds);
        statements.entry(&record.annotator).or_default();
    }
    for (_, record, (i, j, same)) in session.statements() {
        statements.entry(&record.annotator).or_default().push(((i.min(j), i.max(j)), same));
    }
    let mut reliabilities = fitted(statements.values()).into_iter();
    seconds
        .into_iter()
        .zip(statements.into_values())
        .map(|((name, mut seconds), said)| {
            seconds.sort_unstable_by(f64::total_cmp);
            let agree = said.iter().filter(|&&((i, j), same)| (classes[i] == classes[j]) == same).count();
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

/// The reliability of each annotator; none if no pair was answered by two of them.
fn fitted<'a>(statements: impl Iterator<Item = &'a Statements>) -> Vec<Reliability> {
    let mut votes = Vec::new();
    let mut questions: BTreeMap<(usize, usize), (usize, usize)> = BTreeMap::new();
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
