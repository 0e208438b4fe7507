//! How the program ends.

use std::path::PathBuf;
use std::process::ExitCode;

use pal::oracle::Pair;
use pal::session::Fingerprint;
use pal::{Error, StateError};

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
    Pal(#[from] Error),
    #[error(
        "{}: the state is about {found}, and there are answers; the features given are {given}. Give the same \
         features, or another --state", folder.display()
    )]
    OtherFeatures { folder: PathBuf, found: String, given: String },
    #[error(
        "{}: the state is about {found}; the features given are {given}. Give those; or, if these are as many samples in the same \
         order, say --same-samples", folder.display()
    )]
    OtherSamples { folder: PathBuf, found: String, given: String },
    #[error("{path}: the features are {given}, expected those that the state was made of: {found}")]
    ChangedFeatures { path: String, found: Fingerprint, given: Fingerprint },
    #[error(
        "question {id} is about the pair ({}, {}), but the answer is about ({}, {})",
        asked.first(), asked.second(), given.first(), given.second()
    )]
    OtherQuestion { id: usize, asked: Pair, given: Pair },
    #[error("{given} is no data set of the program, expected one of {}", known.join(", "))]
    NotBundled { given: String, known: Vec<&'static str> },
    #[error("{what}: {found}, expected {expected}")]
    Unfit { what: String, found: String, expected: String },
    #[error("standard output: {0}")]
    Output(std::io::Error),
    #[error("standard input: {0}")]
    Input(std::io::Error),
}

impl Failure {
    pub(crate) fn code(&self) -> ExitCode {
        match self {
            Self::Pal(Error::State(StateError::Locked { .. })) => ExitCode::from(4),
            _ => ExitCode::FAILURE,
        }
    }
}

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;
