//! `state.json`: what a state directory is about, and the options it was made with.

use std::fmt;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use crate::active::{BeliefOptions, WarmStartOptions};
use crate::data::images::ImageOptions;
use crate::data::io::{CsvOptions, Decimal, Delimiter, Header, RowNumbers, TextEncoding};
use crate::error::{Error, Result, StateError};
use crate::graph::NeighbourSearch;
use crate::oracle::{Budget, Ledger, Prices};

/// The layout of state directories that is read and written here.
pub(super) const FORMAT: u32 = 1;

/// Sums of as many as can be paid are exact to a share of the unit.
const HIGHEST_PRICE: f64 = 1e12;
/// Beyond, no curve can be drawn against it.
const HIGHEST_SPENT: f64 = 1e300;

/// What tells one set of features from another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Number of samples `n`.
    pub samples: usize,
    /// Numbers a sample `p`.
    pub columns: usize,
    /// CRC-32 of the numbers as little-endian `f64`, row by row: 8 hexadecimal digits.
    pub crc: String,
}

impl Fingerprint {
    /// Of features `(n, p)`. `O(n p)`.
    #[must_use]
    pub fn of(features: ArrayView2<f64>) -> Self {
        let mut crc = crc32fast::Hasher::new();
        features.iter().for_each(|number| crc.update(&number.to_le_bytes()));
        let (samples, columns) = features.dim();
        Self { samples, columns, crc: format!("{:08x}", crc.finalize()) }
    }
}

/// What a log says that its answers are about.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} samples of {} numbers, checksum {}", self.samples, self.columns, self.crc)
    }
}

/// How a file of features was read, so that it can be read again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Whether the first row of a table of text names the columns.
    pub header: Header,
    /// What separates the cells of a table of text.
    pub delimiter: Delimiter,
    /// What sets off the decimals in a table of text.
    pub decimal: Decimal,
    /// How a table of text is encoded.
    pub encoding: TextEncoding,
    /// Whether a column that merely counts the rows was kept.
    pub keep_index: bool,
    /// The column that names the samples, by its name or its number from 1.
    pub names: Option<String>,
    /// Columns that were left out, likewise.
    pub drop: Vec<String>,
    /// The array of an npz file.
    pub array: Option<String>,
    /// How a folder of images was read.
    #[serde(default, skip_serializing_if = "ImageOptions::is_default")]
    pub images: ImageOptions,
}

impl Reading {
    /// How features were read before states kept it.
    #[must_use]
    pub fn of_old() -> Self {
        Self { header: Header::Auto, keep_index: true, ..Self::default() }
    }

    /// The options for a table of text.
    #[must_use]
    pub fn csv_options(&self) -> CsvOptions {
        CsvOptions {
            header: self.header,
            delimiter: self.delimiter,
            decimal: self.decimal,
            encoding: self.encoding,
            row_numbers: if self.keep_index { RowNumbers::Keep } else { RowNumbers::LeaveOut },
            sample_names: self.names.clone(),
            drop: self.drop.clone(),
            ..CsvOptions::default()
        }
    }
}

/// Where the representation came from, in the settings of a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learned {
    /// CRC-32 of the encoder's file, part of its name and of that of the representation.
    pub encoder: String,
    /// CRC-32 of the warm start of the features themselves, which is kept to compare with.
    pub before: String,
    /// What the encoder was trained on, and takes.
    pub inputs: Fingerprint,
    /// Where those came from, as [`Settings::features`].
    pub features: String,
    /// How their file was read, as [`Settings::reading`].
    pub reading: Option<Reading>,
    /// The loss.
    pub loss: String,
    /// Passes over the samples.
    pub epochs: usize,
    /// Answers that it was trained on.
    pub answers: usize,
}

/// What `state.json` holds. Whoever makes a state fills in what differs from the default; [`create`](super::create) sets
/// `format`, `fingerprint` and `start`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The layout of the directory; 1.
    pub format: u32,
    /// Where the features came from: a file, as given, or any name for them.
    pub features: String,
    /// How their file was read; `None` if it was no file, or in states of earlier versions ([`Reading::of_old`]).
    #[serde(default)]
    pub reading: Option<Reading>,
    /// What the features were.
    pub fingerprint: Fingerprint,
    /// CRC-32 of the warm start, part of its name: a state names the one that is its own, whatever else a kill left there.
    pub start: String,
    /// Neighbours that each sample is joined to, at least 1; those of [`WarmStartOptions`].
    pub neighbours: usize,
    /// How they were looked for; likewise.
    #[serde(default, skip_serializing_if = "is_auto")]
    pub search: NeighbourSearch,
    /// Most eigenvectors kept, at least 1; likewise.
    pub modes: usize,
    /// `τ`, a share of the graph's spectrum, positive; likewise.
    pub smoothing: f64,
    /// `ε`: how often an answer is taken to be wrong; that of [`BeliefOptions`].
    pub error: f64,
    /// Seed of all randomness; 0.
    pub seed: u64,
    /// What answers cost, each price at most `1e12`.
    pub prices: Prices,
    /// The names of classes that labels may use, each once; any if there are none. [`create`](super::create) trims them, as
    /// labels are.
    pub classes: Vec<String>,
    /// Where the representation came from that the start was made of; `None` if from the features themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learned: Option<Learned>,
    /// A name of each sample, if they have some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        let WarmStartOptions { neighbours, search, modes, smoothing, .. } = WarmStartOptions::default();
        Self {
            format: FORMAT,
            features: String::new(),
            reading: None,
            fingerprint: Fingerprint::default(),
            start: String::new(),
            neighbours,
            search,
            modes,
            smoothing,
            error: BeliefOptions::default().error,
            seed: 0,
            prices: Prices::default(),
            classes: Vec::new(),
            learned: None,
            names: Vec::new(),
        }
    }
}

impl Settings {
    /// How the warm start is made.
    #[must_use]
    pub fn warm_start(&self) -> WarmStartOptions {
        let Self { neighbours, search, modes, smoothing, seed, .. } = *self;
        WarmStartOptions { neighbours, search, modes, smoothing, seed, ..WarmStartOptions::default() }
    }

    /// How answers are weighed.
    #[must_use]
    pub fn belief(&self) -> BeliefOptions {
        BeliefOptions { error: self.error, seed: self.seed, ..BeliefOptions::default() }
    }

    /// What a new state may be made with; options of the start are checked by those who make it.
    pub(super) fn require_valid(&self) -> Result<()> {
        self.belief().require_valid()?;
        self.search.require_valid()?;
        Ledger::new(self.prices, Budget::unlimited())?;
        let Prices { pair, label, captcha, candidate } = self.prices;
        for (argument, price) in [
            ("price of a pair", pair),
            ("price of a label", label),
            ("price of a captcha", captcha),
            ("price of a candidate", candidate),
        ] {
            require(price <= HIGHEST_PRICE, argument, price, "at most 1e12")?;
        }
        for (at, name) in self.classes.iter().enumerate() {
            require_class(name)?;
            if self.classes[..at].contains(name) {
                return Err(Error::State(StateError::RepeatedClass { name: name.clone() }));
            }
        }
        Ok(())
    }
}

/// What settings need not say.
fn is_auto(search: &NeighbourSearch) -> bool {
    *search == NeighbourSearch::Auto
}

/// A name of a class has something to read.
pub(super) fn require_class(name: &str) -> Result<()> {
    if name.trim().is_empty() {
        return Err(Error::Empty { argument: "name of a class", expected: "letter" });
    }
    Ok(())
}

/// What was spent, in a state whose prices were set before they had a limit.
pub(super) fn require_spent(spent: f64) -> Result<()> {
    let must = "at most 1e300; set lower prices with pal embed";
    require(spent <= HIGHEST_SPENT, "cost of all answers", spent, must)
}

fn require(holds: bool, argument: &'static str, value: f64, must: &'static str) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::Domain { argument, value, must }) }
}
