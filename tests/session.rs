//! State directories and sessions: what was acknowledged is there again, what was refused has changed nothing.
#![cfg(feature = "files")]
#![allow(clippy::unwrap_used)] // a test may panic

mod support;

#[path = "session/asking.rs"]
mod asking;
#[path = "session/cost.rs"]
mod cost;
#[path = "session/crashes.rs"]
mod crashes;
#[path = "session/directory.rs"]
mod directory;
#[path = "session/learn.rs"]
mod learn;
#[path = "session/log.rs"]
mod log;
#[path = "session/refusals.rs"]
mod refusals;
#[path = "session/reopening.rs"]
mod reopening;
#[path = "session/undo.rs"]
mod undo;

use std::fs;
use std::path::{Path, PathBuf};

use ndarray::ArrayView;
use pal::active::remaining_error;
use pal::oracle::{Answered, Pair};
use pal::session::{Session, SessionOptions, Settings, State, create};
use tempfile::TempDir;

/// A state directory of the irises, for as long as it is in scope.
struct Irises {
    folder: TempDir,
}

impl Irises {
    fn new(settings: Settings) -> Self {
        let irises = Self { folder: tempfile::tempdir().unwrap() };
        create(irises.path(), pal::data::iris().unwrap().inputs, settings).unwrap();
        irises
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn log(&self) -> PathBuf {
        self.path().join("answers.jsonl")
    }

    /// The bytes of the log; none before the first answer.
    fn log_bytes(&self) -> Vec<u8> {
        fs::read(self.log()).unwrap_or_default()
    }

    fn session(&self) -> Session {
        Session::open(self.path(), SessionOptions::default()).unwrap()
    }

    fn state(&self) -> State {
        State::open(self.path()).unwrap()
    }
}

fn species() -> Vec<usize> {
    pal::data::iris().unwrap().labels.iter().flatten().collect()
}

fn pair(i: usize, j: usize, same: bool) -> Answered {
    Answered::Pair { pair: Pair::new(i, j).unwrap(), same }
}

/// Answers so many questions by the truth.
fn answer_some(session: &mut Session, count: usize) {
    let truth = species();
    for _ in 0..count {
        let question = session.next_question().unwrap().unwrap();
        let same = truth[question.pair.first()] == truth[question.pair.second()];
        session.answer(question.id, same).unwrap();
    }
}

fn bits<D: ndarray::Dimension>(numbers: ArrayView<f64, D>) -> Vec<u64> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

/// All that is believed, as bits.
fn belief_bits(state: &State) -> Vec<Vec<u64>> {
    let belief = state.belief();
    let error = remaining_error(belief);
    let predictions = belief.predictions().iter().map(|(probability, same)| {
        assert!((0.0..=1.0).contains(probability));
        probability.to_bits() ^ u64::from(*same)
    });
    vec![
        belief.classes().iter().map(|&class| class as u64).collect(),
        bits(belief.probabilities()),
        bits(belief.confidence().view()),
        bits(belief.variances()),
        predictions.collect(),
        vec![error.share.to_bits(), error.interval.1.to_bits(), error.audited as u64, error.refused as u64],
        (0..belief.len()).map(|sample| belief.was_asked(sample).into()).collect(),
    ]
}

/// Fails unless both know and believe the same, bit for bit, and have spent the same.
fn assert_same(one: &State, other: &State) {
    assert_eq!(belief_bits(one), belief_bits(other));
    assert_eq!(one.evidence().contradictions(), other.evidence().contradictions());
    assert_eq!(one.evidence().statements(), other.evidence().statements());
    assert_eq!(one.ledger().spent().to_bits(), other.ledger().spent().to_bits());
    assert!(one.log().entries().eq(other.log().entries()));
    assert_eq!(one.summary(), other.summary());
}
