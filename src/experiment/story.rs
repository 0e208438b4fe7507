//! What a page says of an experiment, and what its curves are held to.

use std::fmt;

use super::Curves;
use crate::error::{Error, Result};

/// The words around the figures of an experiment.
#[derive(Clone, Copy, Debug)]
pub struct Story {
    /// Heading.
    pub title: &'static str,
    /// What was done, in two sentences.
    pub description: &'static str,
    /// What came out, in two sentences, from the numbers of the curves.
    pub findings: fn(&Curves) -> Result<String>,
    /// The pictures in the order they are shown, the experiment's own (`NAME.svg`) first.
    pub pictures: &'static [Picture],
}

/// A picture of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture {
    /// What its file's name has after that of the experiment.
    pub ending: &'static str,
    /// What it shows, in one sentence.
    pub caption: &'static str,
}

impl Picture {
    /// A picture by its ending and its caption.
    #[must_use]
    pub const fn new(ending: &'static str, caption: &'static str) -> Self {
        Self { ending, caption }
    }
}

/// A statement about the curves of an experiment that its tests check.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// The statement, a sentence.
    pub says: &'static str,
    /// The runs that it is about.
    pub scope: Scope,
    /// Looks for what contradicts it.
    pub check: Check,
}

/// Succeeds if a claim holds, or tells what contradicts it.
pub type Check = fn(&Curves) -> Result<(), Contradiction>;

/// The runs that a claim is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every run, with any seed and any number of trials.
    EveryRun,
    /// Runs of the full protocol.
    FullProtocol,
}

impl Claim {
    /// A claim about every run.
    #[must_use]
    pub const fn of_every_run(says: &'static str, check: Check) -> Self {
        Self { says, scope: Scope::EveryRun, check }
    }

    /// A claim about runs of the full protocol.
    #[must_use]
    pub const fn of_full_protocol(says: &'static str, check: Check) -> Self {
        Self { says, scope: Scope::FullProtocol, check }
    }
}

/// What contradicts a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction(pub String);

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Contradiction {}

/// Curves that cannot be read contradict whatever is said of them.
impl From<Error> for Contradiction {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

/// Succeeds if `holds`.
///
/// # Errors
/// What `otherwise` says.
pub fn require(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Contradiction> {
    if holds { Ok(()) } else { Err(Contradiction(otherwise())) }
}
