//! The state directory: what a set of features and its answers are kept in.
//!
//! | file | holds |
//! |---|---|
//! | `state.json` | the [`Settings`]: options, and what the features were; written last, so that it says that all is there |
//! | `start-….npz` | the warm start, made from the features once, with its checksum in its name |
//! | `answers.jsonl` | the log of answers, the source of truth ([`AnswerLog`]); all else is made from it anew |
//! | `lock` | locked by the one program that may write, with its process number |

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayView1};
use pal::active::{BeliefOptions, WarmStart, WarmStartOptions};
use pal::data::io::{at, is_temporary, read_npz, write_atomically, write_npz};
use pal::graph::{Form, SimilarityGraph};
use pal::oracle::{AnswerLog, Prices};
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Result};
use crate::source::Reading;

/// The layout of state directories that this program reads and writes.
pub(crate) const FORMAT: u32 = 1;

/// What tells one set of features from another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    pub(crate) samples: usize,
    pub(crate) columns: usize,
    /// CRC-32 of the numbers as little-endian `f64`, row by row.
    pub(crate) crc: String,
}

impl Fingerprint {
    pub(crate) fn of(features: &Array2<f64>) -> Self {
        let mut crc = crc32fast::Hasher::new();
        features.iter().for_each(|number| crc.update(&number.to_le_bytes()));
        let (samples, columns) = features.dim();
        Self { samples, columns, crc: format!("{:08x}", crc.finalize()) }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} samples of {} numbers, checksum {}", self.samples, self.columns, self.crc)
    }
}

/// `state.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) format: u32,
    /// The source of the features, as given.
    pub(crate) features: String,
    /// How they were read; states of earlier versions do not say.
    #[serde(default)]
    pub(crate) reading: Option<Reading>,
    pub(crate) fingerprint: Fingerprint,
    /// CRC-32 of the warm start, part of its name: a state names the one that is its own, whatever else a kill left there.
    pub(crate) start: String,
    pub(crate) neighbours: usize,
    pub(crate) modes: usize,
    pub(crate) smoothing: f64,
    pub(crate) error: f64,
    pub(crate) seed: u64,
    pub(crate) prices: Prices,
    /// The names of classes that answers may use; any if there are none.
    pub(crate) classes: Vec<String>,
    /// The names of the samples, if the features had a column of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) names: Vec<String>,
}

impl Settings {
    pub(crate) fn warm_start(&self) -> WarmStartOptions {
        let Self { neighbours, modes, smoothing, seed, .. } = *self;
        WarmStartOptions { neighbours, modes, smoothing, seed, ..WarmStartOptions::default() }
    }

    pub(crate) fn belief(&self) -> BeliefOptions {
        BeliefOptions { error: self.error, seed: self.seed, ..BeliefOptions::default() }
    }
}

/// Where the files of a state directory are.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

/// Held by the one program that may write.
#[derive(Debug)]
pub(crate) struct Lock(#[allow(dead_code, reason = "the system unlocks the file when it is closed")] File);

impl Folder {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Keeps other programs from writing, until it is dropped; makes the directory if there is none.
    pub(crate) fn lock(&self) -> Result<Lock> {
        let path = self.0.join("lock");
        fs::create_dir_all(&self.0).map_err(at(&path))?;
        let mut options = File::options();
        let mut file = options.create(true).truncate(false).write(true).open(&path).map_err(at(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let process = fs::read_to_string(&path).unwrap_or_default().trim().to_owned();
                return Err(Failure::Locked { folder: self.0.clone(), process });
            }
            Err(TryLockError::Error(error)) => return Err(at(&path)(error).into()),
        }
        // Who holds it is a courtesy: on a full disk there is no number.
        let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        self.remove_files(is_temporary);
        Ok(Lock(file))
    }

    /// The settings; `None` if nothing was embedded here.
    pub(crate) fn settings(&self) -> Result<Option<Settings>> {
        let path = self.settings_path();
        let text = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read.map_err(at(&path))?,
        };
        let unfit = |found: String, expected: String| Failure::Unfit {
            what: path.display().to_string(),
            found,
            expected,
        };
        let object: serde_json::Value = serde_json::from_slice(&text)
            .map_err(|error| unfit(error.to_string(), "a JSON object".into()))?;
        if object["format"] != FORMAT {
            return Err(unfit(format!("format {}", object["format"]), format!("format {FORMAT}")));
        }
        let settings =
            serde_json::from_value(object).map_err(|error| unfit(error.to_string(), "settings".into()))?;
        Ok(Some(settings))
    }

    /// The settings of a state that must be there.
    pub(crate) fn require_settings(&self) -> Result<Settings> {
        self.settings()?.ok_or_else(|| Failure::NoState { folder: self.0.clone() })
    }

    pub(crate) fn log(&self, about: &Fingerprint) -> Result<AnswerLog> {
        Ok(AnswerLog::open(self.0.join("answers.jsonl"), about.to_string())?)
    }

    /// Puts a new start and its settings, which get its checksum, in place.
    pub(crate) fn write(&self, start: &WarmStart, settings: &mut Settings) -> Result<()> {
        let [mut rows, mut columns, mut weights] = [const { Vec::new() }; 3];
        for (i, j, weight) in upper_entries(start.graph()) {
            rows.push(i as f64);
            columns.push(j as f64);
            weights.push(weight);
        }
        let clusters: Vec<f64> = start.clusters().iter().map(|&cluster| cluster as f64).collect();
        let list = |numbers| ArrayView1::from(numbers).into();
        let unnamed = self.0.join("start.npz");
        write_npz(
            &unnamed,
            &[
                ("row", list(&rows)),
                ("column", list(&columns)),
                ("weight", list(&weights)),
                ("eigenvalues", start.eigenvalues().into()),
                ("features", start.features().into()),
                ("clusters", list(&clusters)),
            ],
        )?;
        settings.start = checksum(&unnamed)?;
        let own = self.start_path(settings);
        fs::rename(&unnamed, &own).map_err(at(&own))?;
        let path = self.settings_path();
        let text = serde_json::to_vec_pretty(settings).map_err(|error| at(&path)(error.into()))?;
        write_atomically(&path, |file| file.write_all(&text))?;
        let own = own.file_name().unwrap_or_default().to_string_lossy();
        // No state names the others any more.
        let is_start = |name: &str| {
            name.starts_with("start-") && Path::new(name).extension().is_some_and(|ending| ending == "npz")
        };
        self.remove_files(|name| is_start(name) && name != own);
        Ok(())
    }

    /// Removes the files with such names; what cannot be removed takes room alone.
    fn remove_files(&self, is_useless: impl Fn(&str) -> bool) {
        for file in fs::read_dir(&self.0).into_iter().flatten().flatten() {
            if is_useless(&file.file_name().to_string_lossy()) {
                let _ = fs::remove_file(file.path());
            }
        }
    }

    /// The start that belongs to the settings.
    pub(crate) fn start(&self, settings: &Settings) -> Result<Arc<WarmStart>> {
        let path = self.start_path(settings);
        let found = checksum(&path)?;
        if found != settings.start {
            return Err(Failure::Unfit {
                what: path.display().to_string(),
                found: format!("checksum {found}"),
                expected: format!(
                    "{} as in state.json; `pal embed` with the same features makes it anew and keeps the answers",
                    settings.start
                ),
            });
        }
        let list = |name| -> Result<Array1<f64>> { Ok(read_npz(&path, name)?) };
        let whole = |number: &f64| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was a count")]
            let count = *number as usize;
            count
        };
        let (rows, columns, weights) = (list("row")?, list("column")?, list("weight")?);
        let entries = rows.iter().zip(&columns).zip(&weights);
        let graph = SimilarityGraph::pairs(
            settings.fingerprint.samples,
            entries.map(|((i, j), &weight)| (whole(i), whole(j), weight)),
        )?;
        let clusters = list("clusters")?.iter().map(whole).collect();
        let start =
            WarmStart::from_parts(graph, list("eigenvalues")?, read_npz(&path, "features")?, clusters)?;
        Ok(Arc::new(start))
    }

    fn settings_path(&self) -> PathBuf {
        self.0.join("state.json")
    }

    fn start_path(&self, settings: &Settings) -> PathBuf {
        self.0.join(format!("start-{}.npz", settings.start))
    }
}

/// Whether a file of this name in a state directory is part of the state, now or once it is written.
pub(crate) fn is_of_state(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    ["answers.jsonl", "state.json", "start.npz", "lock"].contains(&&*name)
        || name.starts_with("start-") && name.ends_with(".npz")
}

fn checksum(path: &Path) -> Result<String> {
    let bytes = fs::read(path).map_err(at(path))?;
    Ok(format!("{:08x}", crc32fast::hash(&bytes)))
}

/// The entries `(i, j, weight)`, `i ≤ j`, of a graph of pairs.
pub(crate) fn upper_entries(graph: &SimilarityGraph) -> impl Iterator<Item = (usize, usize, f64)> {
    let terms = graph.terms().iter();
    let pairs = terms.filter_map(|(weight, form)| match form {
        Form::Pairs(pairs) => Some((weight, pairs)),
        _ => None,
    });
    pairs.flat_map(|(&weight, pairs)| {
        pairs.entries().filter(|&(i, j, _)| i <= j).map(move |(i, j, entry)| (i, j, weight * entry))
    })
}
