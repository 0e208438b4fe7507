//! What can be wrong with a state directory, or with what is said to a session.

use std::path::PathBuf;

/// Why a state directory could not be used, or an answer not be taken in; of [`Error::State`](super::Error::State).
///
/// Nothing is changed where one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// Someone else holds the lock.
    #[error("{}: another program is using this state directory{}", folder.display(), by(process))]
    Locked {
        /// The state directory.
        folder: PathBuf,
        /// The number of the process that holds it, if it could be written down.
        process: String,
    },
    /// Nothing was made in the folder.
    #[error("{}: no state directory, expected one that `pal embed --state {0}` made", folder.display())]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// There are answers about other samples than those given.
    #[error(
        "{}: the state is about {found}, and there are answers; the features given are {given}. Give the same \
         features, or another folder", folder.display()
    )]
    OtherFeatures {
        /// The state directory.
        folder: PathBuf,
        /// The fingerprint of the features that the answers are about.
        found: String,
        /// The fingerprint of those given.
        given: String,
    },
    /// A label names a class that the settings do not.
    #[error("class {name:?} is not one of the state's classes: {}", quoted(known))]
    UnknownClass {
        /// The name.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A class is named twice where each is named once.
    #[error("classes: {name:?} comes twice, expected each name once")]
    RepeatedClass {
        /// The name.
        name: String,
    },
    /// An answer is about a sample that does not exist.
    #[error("sample {sample} does not exist: there are {samples}, counted from 0")]
    NoSample {
        /// Its index.
        sample: usize,
        /// Number of samples.
        samples: usize,
    },
    /// An answer to a captcha judges no candidate, or one both ways.
    #[error("candidates: {found}, expected {expected}")]
    Candidates {
        /// What is wrong with them.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// A question that was asked is not open any more.
    #[error("question {id} was answered or skipped before, expected {}", one_of(open))]
    PastQuestion {
        /// The question's id.
        id: usize,
        /// The ids of those that are open.
        open: Vec<usize>,
    },
    /// There is no question with this id.
    #[error("question {id} was not asked, expected {}", one_of(open))]
    NoQuestion {
        /// The id.
        id: usize,
        /// The ids of those that are open.
        open: Vec<usize>,
    },
}

/// The questions that may be answered now.
fn one_of(open: &[usize]) -> String {
    match open {
        [] => "no answer: no question is open".to_owned(),
        [only] => format!("an answer to question {only}"),
        several => format!("an answer to one of the questions {several:?}"),
    }
}

/// Names that may hold commas and spaces.
fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

fn by(process: &str) -> String {
    if process.is_empty() { String::new() } else { format!(" (process {process})") }
}
