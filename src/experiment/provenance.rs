//! How a figure was made: what it takes to make it again, and how long that took.

use std::env::consts::{ARCH, OS};
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Scale;
use crate::data::io::{at, malformed, write_atomically};
use crate::error::Result;

/// The record beside a figure, `NAME.json`.
///
/// `P` is the experiment's own parameters; reading needs no knowledge of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance<P = serde_json::Value> {
    /// The experiment.
    pub name: String,
    /// Its parameters.
    pub parameters: P,
    /// Full protocol or quick look.
    pub scale: Scale,
    /// Number of trials.
    pub trials: usize,
    /// The seed all randomness derives from.
    pub seed: u64,
    /// Number of threads the trials ran on; the results do not depend on it.
    pub threads: usize,
    /// From the start of the run to its results, in seconds.
    pub wall_seconds: f64,
    /// The dense linear algebra behind it.
    pub backend: String,
    /// This crate's version.
    pub crate_version: String,
    /// The day it was finished, in UTC, as `2026-01-31`; not in records of early versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The machine it ran on; not in records of early versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
}

/// A kind of machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Its processor's instruction set, such as `x86_64`.
    pub architecture: String,
    /// Its operating system, such as `linux`.
    pub system: String,
    /// Cores that this process may use.
    pub cores: usize,
}

impl Machine {
    /// The machine this runs on.
    #[must_use]
    pub fn here() -> Self {
        Self {
            architecture: ARCH.to_owned(),
            system: OS.to_owned(),
            cores: thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

/// As in “linux on `x86_64`, 2 cores”.
impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let plural = if self.cores == 1 { "" } else { "s" };
        write!(f, "{} on {}, {} core{plural}", self.system, self.architecture, self.cores)
    }
}

/// The day of a moment in UTC, as `2026-01-31`; 1970-01-01 for all before.
#[must_use]
pub fn date_in_utc(moment: SystemTime) -> String {
    let mut day = moment.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / (24 * 60 * 60);
    let mut year = 1970;
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    while day >= 365 + u64::from(is_leap(year)) {
        day -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let months = [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while day >= months[month] {
        day -= months[month];
        month += 1;
    }
    format!("{year}-{:02}-{:02}", month + 1, day + 1)
}

impl<P: Serialize> Provenance<P> {
    /// Writes the record as indented JSON.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if the file cannot be written or the parameters have no JSON form.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomically(path.as_ref(), |file| {
            serde_json::to_writer_pretty(&mut *file, self)?;
            file.write_all(b"\n")
        })
    }
}

impl<P: DeserializeOwned> Provenance<P> {
    /// Reads what [`Provenance::write`] wrote.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if the file cannot be read, [`Error::Format`](crate::Error::Format) if it
    /// is not such a record.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = fs::read(path).map_err(at(path))?;
        serde_json::from_slice(&text)
            .map_err(|error| malformed(path, error.to_string(), "the JSON record of an experiment"))
    }
}
