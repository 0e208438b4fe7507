//! The files of a state directory, and its lock.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2, ArrayView1};

use super::settings::FORMAT;
use super::{AnswerLog, Fingerprint, Settings};
use crate::active::WarmStart;
use crate::data::io::{
    at, is_temporary, malformed, npz_names, read_npz, write_atomically, write_npy, write_npz,
};
use crate::error::{Error, Result, StateError};
use crate::graph::{Form, SimilarityGraph};
use crate::model::Encoder;

const LOG: &str = "answers.jsonl";
const SETTINGS: &str = "state.json";
const LOCK: &str = "lock";
/// A start, and an encoder, that have no name of their own yet.
const NEW_START: &str = "start.npz";
const NEW_ENCODER: &str = "encoder.safetensors";

/// The array of a start that earlier versions did not write.
const MICRO_CLUSTERS: &str = "micro_clusters";

/// What helps where a file that answers do not depend on is lost.
const MADE_ANEW: &str = "`pal embed` with the same features makes it anew and keeps the answers";

/// Where the files of a state directory are.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

/// Held by the one who may write.
#[derive(Debug)]
pub(super) struct Lock(#[allow(dead_code, reason = "the system unlocks the file when it is closed")] File);

impl Folder {
    pub(super) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Whether someone has locked it before.
    pub(super) fn has_lock(&self) -> bool {
        self.0.join(LOCK).exists()
    }

    /// Keeps others from writing, in this process too, until it is dropped; makes the directory if there is none.
    pub(super) fn lock(&self) -> Result<Lock> {
        self.require_no_file()?;
        let path = self.0.join(LOCK);
        fs::create_dir_all(&self.0).map_err(at(&self.0))?;
        let mut options = File::options();
        let mut file = options.create(true).truncate(false).write(true).open(&path).map_err(at(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let process = fs::read_to_string(&path).unwrap_or_default().trim().to_owned();
                return Err(Error::State(StateError::Locked { folder: self.0.clone(), process }));
            }
            Err(TryLockError::Error(error)) => return Err(at(&path)(error)),
        }
        // Who holds it is a courtesy: on a full disk there is no number.
        let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        self.remove_files(is_temporary);
        Ok(Lock(file))
    }

    fn require_no_file(&self) -> Result<()> {
        if fs::metadata(&self.0).is_ok_and(|found| !found.is_dir()) {
            return Err(malformed(&self.0, "a file", "a state directory"));
        }
        Ok(())
    }

    /// The settings; `None` if nothing was made here.
    pub(super) fn settings(&self) -> Result<Option<Settings>> {
        self.require_no_file()?;
        let path = self.0.join(SETTINGS);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read.map_err(at(&path))?,
        };
        let object: serde_json::Value = serde_json::from_slice(&text)
            .map_err(|error| malformed(&path, error.to_string(), "a JSON object"))?;
        if object["format"] != FORMAT {
            let [found, expected] = [object["format"].to_string(), FORMAT.to_string()];
            return Err(malformed(&path, format!("format {found}"), format!("format {expected}")));
        }
        let settings = serde_json::from_value(object)
            .map_err(|error| malformed(&path, error.to_string(), "settings"))?;
        Ok(Some(settings))
    }

    /// The settings of a state that must be there.
    pub(super) fn require_settings(&self) -> Result<Settings> {
        let missing = || Error::State(StateError::Missing { folder: self.0.clone() });
        let settings = self.settings()?.ok_or_else(missing)?;
        let (names, samples) = (settings.names.len(), settings.fingerprint.samples);
        if names != 0 && names != samples {
            let expected = format!("{samples}, one a sample; {MADE_ANEW}");
            return Err(malformed(&self.0.join(SETTINGS), format!("{names} names of samples"), expected));
        }
        Ok(settings)
    }

    pub(super) fn log(&self, about: &Fingerprint) -> Result<AnswerLog> {
        AnswerLog::open(self.0.join(LOG), about.to_string())
    }

    /// Puts a new start and its settings, which get its checksum, in place.
    pub(super) fn write(&self, start: &WarmStart, settings: &mut Settings) -> Result<()> {
        let [mut rows, mut columns, mut weights] = [const { Vec::new() }; 3];
        for (i, j, weight) in upper_entries(start.graph()) {
            rows.push(i as f64);
            columns.push(j as f64);
            weights.push(weight);
        }
        let numbers = |of: &[usize]| of.iter().map(|&number| number as f64).collect::<Vec<f64>>();
        let (clusters, micro_clusters) = (numbers(start.clusters()), numbers(start.micro_clusters()));
        let list = |numbers| ArrayView1::from(numbers).into();
        let unnamed = self.0.join(NEW_START);
        write_npz(
            &unnamed,
            &[
                ("row", list(&rows)),
                ("column", list(&columns)),
                ("weight", list(&weights)),
                ("eigenvalues", start.eigenvalues().into()),
                ("features", start.features().into()),
                ("clusters", list(&clusters)),
                (MICRO_CLUSTERS, list(&micro_clusters)),
            ],
        )?;
        settings.start = checksum(&unnamed)?;
        let own = self.start_path(&settings.start);
        fs::rename(&unnamed, &own).map_err(at(&own))?;
        let path = self.0.join(SETTINGS);
        let text = serde_json::to_vec_pretty(settings).map_err(|error| at(&path)(error.into()))?;
        write_atomically(&path, |file| file.write_all(&text))?;
        // No state names the others any more.
        let before = settings.learned.as_ref().map(|learned| self.start_path(&learned.before));
        let is_named =
            |name: &str| [Some(&own), before.as_ref()].into_iter().flatten().any(|path| path.ends_with(name));
        self.remove_files(|name| is_named_start(name) && !is_named(name));
        Ok(())
    }

    /// Writes an encoder and its representation, which no state names yet, and notes the checksum in the settings.
    pub(super) fn write_learned(
        &self,
        encoder: &Encoder,
        representation: &Array2<f64>,
        settings: &mut Settings,
    ) -> Result<()> {
        let Some(learned) = &mut settings.learned else { return Ok(()) };
        let unnamed = self.0.join(NEW_ENCODER);
        encoder.save(&unnamed)?;
        learned.encoder = checksum(&unnamed)?;
        let own = self.encoder_path(&learned.encoder);
        fs::rename(&unnamed, &own).map_err(at(&own))?;
        write_npy(self.representation_path(&learned.encoder), representation)
    }

    /// Removes what only those trainings need that the settings do not name: all of their files.
    pub(super) fn remove_trainings(&self, settings: &Settings) {
        let named = settings.learned.as_ref().map_or("", |learned| &learned.encoder);
        self.remove_files(|name| is_of_training(name) && !name.contains(&format!("-{named}.")));
    }

    pub(super) fn encoder_path(&self, crc: &str) -> PathBuf {
        self.0.join(format!("encoder-{crc}.safetensors"))
    }

    fn representation_path(&self, crc: &str) -> PathBuf {
        self.0.join(format!("representation-{crc}.npy"))
    }

    /// The checkpoint of a training.
    pub(super) fn training(&self, key: &str) -> PathBuf {
        self.0.join(format!("training-{key}.safetensors"))
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
    pub(super) fn start(&self, settings: &Settings) -> Result<WarmStart> {
        self.start_named(&settings.start, settings.fingerprint.samples)
    }

    /// The start with this checksum, of so many samples.
    pub(super) fn start_named(&self, crc: &str, samples: usize) -> Result<WarmStart> {
        let path = self.start_path(crc);
        self.require_checksum(&path, crc)?;
        let list = |name| -> Result<Array1<f64>> { read_npz(&path, name) };
        let whole = |number: &f64| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was a count")]
            let count = *number as usize;
            count
        };
        let (rows, columns, weights) = (list("row")?, list("column")?, list("weight")?);
        let entries = rows.iter().zip(&columns).zip(&weights);
        let graph =
            SimilarityGraph::pairs(samples, entries.map(|((i, j), &weight)| (whole(i), whole(j), weight)))?;
        let (eigenvalues, features) = (list("eigenvalues")?, read_npz(&path, "features")?);
        let clusters = list("clusters")?.iter().map(whole).collect();
        let has_micro_clusters = npz_names(&path)?.iter().any(|name| name == MICRO_CLUSTERS);
        let micro_clusters = if has_micro_clusters {
            Some(list(MICRO_CLUSTERS)?.iter().map(whole).collect())
        } else {
            None // of an earlier version
        };
        WarmStart::from_stored_parts(graph, eigenvalues, features, clusters, micro_clusters)
    }

    /// Refuses a file that is not the one that the settings name.
    #[allow(clippy::unused_self, reason = "of a file in the folder")]
    pub(super) fn require_checksum(&self, path: &Path, crc: &str) -> Result<()> {
        let found = match fs::exists(path) {
            Ok(false) => "no such file".to_owned(),
            _ => format!("checksum {}", checksum(path)?),
        };
        let expected = format!("checksum {crc}");
        if found != expected {
            return Err(malformed(path, found, format!("{expected} as in state.json; {MADE_ANEW}")));
        }
        Ok(())
    }

    fn start_path(&self, crc: &str) -> PathBuf {
        self.0.join(format!("start-{crc}.npz"))
    }
}

fn is_named_start(name: &str) -> bool {
    name.starts_with("start-") && Path::new(name).extension().is_some_and(|ending| ending == "npz")
}

/// Encoders, representations and checkpoints.
fn is_of_training(name: &str) -> bool {
    let is = |begins: &str, ends: &str| {
        name.starts_with(begins) && Path::new(name).extension().is_some_and(|ending| ending == ends)
    };
    is("encoder-", "safetensors") || is("training-", "safetensors") || is("representation-", "npy")
}

/// Whether a file of this name in a state directory is part of the state, now or once it is written.
#[must_use]
pub fn is_of_state(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let is_fixed = [LOG, SETTINGS, NEW_START, NEW_ENCODER, LOCK].contains(&&*name);
    is_fixed || is_named_start(&name) || is_of_training(&name)
}

fn checksum(path: &Path) -> Result<String> {
    let mut file = BufReader::with_capacity(1 << 20, File::open(path).map_err(at(path))?);
    let mut crc = crc32fast::Hasher::new();
    loop {
        let bytes = file.fill_buf().map_err(at(path))?;
        if bytes.is_empty() {
            return Ok(format!("{:08x}", crc.finalize()));
        }
        crc.update(bytes);
        let read = bytes.len();
        file.consume(read);
    }
}

/// The entries `(i, j, weight)`, `i ≤ j`, of the pairs in a graph: all of it, in the start of a state.
pub(super) fn upper_entries(graph: &SimilarityGraph) -> impl Iterator<Item = (usize, usize, f64)> {
    let terms = graph.terms().iter();
    let pairs = terms.filter_map(|(weight, form)| match form {
        Form::Pairs(pairs) => Some((weight, pairs)),
        _ => None,
    });
    pairs.flat_map(|(&weight, pairs)| {
        pairs.entries().filter(|&(i, j, _)| i <= j).map(move |(i, j, entry)| (i, j, weight * entry))
    })
}
