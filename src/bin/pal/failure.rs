//! How the program ends.

use std::path::PathBuf;
use std::process::ExitCode;

use pal::oracle::Pair;

use crate::state::Fingerprint;

/// The end of a subcommand that did what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is done.
    Done,
    /// It stopped because the budget is used up.
    BudgetReached,
}

impl Outcome {
    pub(crate) fn code(self) -> ExitCode {
        match self {
            Self::Done => ExitCode::SUCCESS,
            Self::BudgetReached => ExitCode::from(3),
        }
    }
}

/// Why a subcommand, or one line of a dialogue, failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Pal(#[from] pal::Error),
    #[error("{}: another program is using this state directory{}", folder.display(), by(.process))]
    Locked { folder: PathBuf, process: String },
    #[error("{}: no state directory, expected one that `pal embed --state {0}` made", folder.display())]
    NoState { folder: PathBuf },
    #[error(
        "{}: the state is about {found}, and there are answers; the features given are {given}. Give the same \
         features, or another --state", folder.display()
    )]
    OtherFeatures { folder: PathBuf, found: Fingerprint, given: Fingerprint },
    #[error("{path}: the features are {given}, expected those that the state was made of: {found}")]
    ChangedFeatures { path: String, found: Fingerprint, given: Fingerprint },
    #[error("class {name:?} is not one of the state's classes: {}", known.join(", "))]
    UnknownClass { name: String, known: Vec<String> },
    #[error("sample {sample} does not exist: there are {samples}, counted from 0")]
    NoSample { sample: usize, samples: usize },
    #[error(
        "question {id} is about the pair ({}, {}), but the answer is about ({}, {})",
        asked.first(), asked.second(), given.0, given.1
    )]
    OtherQuestion { id: usize, asked: Pair, given: (usize, usize) },
    #[error("question {id} was answered or skipped before, expected {}", one_of(open))]
    PastQuestion { id: usize, open: Vec<usize> },
    #[error("question {id} was not asked, expected {}", one_of(open))]
    NoQuestion { id: usize, open: Vec<usize> },
    #[error("{given} is no data set of the program, expected one of {}", known.join(", "))]
    NotBundled { given: String, known: Vec<&'static str> },
    #[error("{what}: {found}, expected {expected}")]
    Unfit { what: String, found: String, expected: String },
    #[error("standard output: {0}")]
    Output(std::io::Error),
    #[error("standard input: {0}")]
    Input(std::io::Error),
}

/// The questions that may be answered now.
fn one_of(open: &[usize]) -> String {
    match open {
        [] => "no answer: no question is open".to_owned(),
        [only] => format!("an answer to question {only}"),
        several => format!("an answer to one of the questions {several:?}"),
    }
}

fn by(number: &str) -> String {
    if number.is_empty() { String::new() } else { format!(" (process {number})") }
}

impl Failure {
    pub(crate) fn code(&self) -> ExitCode {
        match self {
            Self::Locked { .. } => ExitCode::from(4),
            _ => ExitCode::FAILURE,
        }
    }
}

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;
