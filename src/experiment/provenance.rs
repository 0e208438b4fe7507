//! How a figure was made: what it takes to make it again, and how long that took.

use std::fs;
use std::io::Write;
use std::path::Path;

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
    /// The seed all random streams derive from.
    pub seed: u64,
    /// Number of threads the trials ran on; the results do not depend on it.
    pub threads: usize,
    /// From the start of the run to its results, in seconds.
    pub wall_seconds: f64,
    /// The dense linear algebra behind it.
    pub backend: String,
    /// This crate's version.
    pub crate_version: String,
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
