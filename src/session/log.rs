//! The log of answers: one line each, synchronised to the disk before the append returns.
//!
//! A log is a text file to which lines are only ever added. Line `N`, counted from 0, is
//!
//! ```text
//! {"crc":"8 hex digits","id":N,"entry":{…}}
//! ```
//!
//! where `crc` is the CRC-32 of the bytes of the [`Entry`] between `"entry":` and the last brace. Line 0 says what the answers
//! are about, so that a log is not taken for that of other samples; answers count from 1.
//!
//! A program that is killed, or a disk that is full, can leave the beginning of a line at the end of the file, without its
//! newline: its append has not returned, so it is dropped. Any other line that is not as it was written is an error.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

use serde::{Deserialize, Serialize};

use crate::data::io::{at, folder_of, malformed};
use crate::error::{Error, Result, check};
use crate::oracle::{Pair, Record};

/// Shared by the logs that are being written to.
static WRITES: RwLock<()> = RwLock::new(());

/// No log of this process is written to while this exists.
#[derive(Debug)]
pub struct WritesHeld(#[allow(dead_code, reason = "it is held")] RwLockWriteGuard<'static, ()>);

/// Waits until no entry is being written to any log of this process, and keeps others from being begun until the result is
/// dropped. A program that ends upon a signal calls it first, so that no entry is cut short.
///
/// Never call it from the thread that writes: it would wait for itself.
#[must_use = "writes go on once it is dropped"]
pub fn hold_writes() -> WritesHeld {
    WritesHeld(WRITES.write().unwrap_or_else(PoisonError::into_inner))
}

/// What a line of an [`AnswerLog`] says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Entry {
    /// What the answers are about; the first line of every log, and no other.
    About(String),
    /// An answer.
    Answer(Record),
    /// The answer or the skipped pair with this id counts no more.
    Retraction(usize),
    /// A pair that was shown and not answered.
    Skip(Pair),
}

/// Answers, retractions and skipped pairs in the order of their ids.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use pal::oracle::{Answered, Pair, Record};
/// use pal::session::{AnswerLog, Entry};
///
/// let folder = tempfile::tempdir()?;
/// let mut log = AnswerLog::open(folder.path().join("answers.jsonl"), "my photographs")?;
/// let answered = Answered::Pair { pair: Pair::new(3, 7)?, same: true };
/// let record = Record { answered, annotator: "ada".into(), at: 0.0, seconds: 2.5, cost: 1.0 };
/// let id = log.append(Entry::Answer(record))?; // returns once it is on disk
/// log.append(Entry::Retraction(id))?;
///
/// let again = AnswerLog::open(folder.path().join("answers.jsonl"), "my photographs")?;
/// assert_eq!((again.next_id(), again.standing().count()), (3, 0));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct AnswerLog {
    path: PathBuf,
    about: String,
    entries: Vec<Entry>,
    retracted: Vec<bool>,
    /// Bytes of the whole lines, and of what follows them.
    end: u64,
    torn: u64,
    /// Open once something was appended.
    file: Option<File>,
}

impl AnswerLog {
    /// Reads the log at `path` of answers about `about`; it is empty if there is no file. Nothing is written.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Format`] with the record's number if a line is damaged or takes back what does not stand, and if
    /// the log is about something else or no file that keeps what is written to it.
    pub fn open(path: impl Into<PathBuf>, about: impl Into<String>) -> Result<Self> {
        let (path, about) = (path.into(), about.into());
        if fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Err(malformed(&path, "a folder, a pipe or a device", "a file"));
        }
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            read => read.map_err(at(&path))?,
        };
        let mut log =
            Self { path, about, entries: Vec::new(), retracted: Vec::new(), end: 0, torn: 0, file: None };
        let mut rest = &bytes[..];
        while let Some(length) = rest.iter().position(|&byte| byte == b'\n') {
            let entry = parsed(&rest[..length], log.entries.len()).and_then(|entry| {
                log.require(&entry).map_err(|error| error.to_string())?;
                Ok(entry)
            });
            let entry = entry.map_err(|reason| log.damaged(&reason))?;
            match &entry {
                Entry::About(found) if *found != log.about => {
                    let [found, expected] = [found, &log.about].map(|about| format!("answers about {about}"));
                    return Err(malformed(&log.path, found, expected));
                }
                _ => log.push(entry),
            }
            rest = &rest[length + 1..];
        }
        if let Some((_, but_one)) = rest.split_last()
            && parsed(but_one, log.entries.len()).is_ok()
        {
            return Err(log.damaged("another byte in the place of the newline at its end"));
        }
        (log.end, log.torn) = ((bytes.len() - rest.len()) as u64, rest.len() as u64);
        Ok(log)
    }

    /// Adds an entry and returns its id once it is on disk.
    ///
    /// # Errors
    /// [`Error::Io`] if it could not be written: the log is as before. [`Error::Domain`] for numbers that are negative or not
    /// finite, or a retraction of what does not stand; as
    /// [`Answered::require_valid`](crate::oracle::Answered::require_valid). [`Error::Format`] if another program has written to the file.
    pub fn append(&mut self, entry: Entry) -> Result<usize> {
        if matches!(entry, Entry::About(_)) {
            return Err(malformed(&self.path, "a second line about the samples", "answers"));
        }
        let mut entries = vec![entry];
        if self.entries.is_empty() {
            entries.insert(0, Entry::About(self.about.clone()));
        }
        let mut lines = String::new();
        for (entry, id) in entries.iter().zip(self.entries.len()..) {
            if id > 0 {
                self.require(entry)?;
            }
            lines += &line(entry, id).map_err(|error| at(&self.path)(error.into()))?;
        }
        self.write(lines.as_bytes())?;
        for entry in entries {
            self.push(entry);
        }
        Ok(self.entries.len() - 1)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes at the end of the file that are the beginning of a line: dropped by the next append.
    pub fn torn(&self) -> u64 {
        self.torn
    }

    /// The id of the entry that is appended next: more than that of any before.
    pub fn next_id(&self) -> usize {
        self.entries.len().max(1)
    }

    /// All entries with their ids.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (usize, &Entry)> {
        self.entries.iter().enumerate()
    }

    /// The entry with this id.
    pub fn entry(&self, id: usize) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// The answers and skipped pairs that were not taken back, with their ids.
    pub fn standing(&self) -> impl DoubleEndedIterator<Item = (usize, &Entry)> {
        self.entries().filter(|&(id, _)| self.stands(id))
    }

    /// The answers that were not taken back, with their ids.
    pub fn records(&self) -> impl DoubleEndedIterator<Item = (usize, &Record)> {
        (0..self.entries.len()).filter_map(|id| Some((id, self.record(id)?)))
    }

    /// The answer with this id, unless it was taken back.
    pub fn record(&self, id: usize) -> Option<&Record> {
        match self.entries.get(id) {
            Some(Entry::Answer(record)) if self.stands(id) => Some(record),
            _ => None,
        }
    }

    /// Whether this is the id of an answer or a skipped pair that was not taken back.
    pub fn stands(&self, id: usize) -> bool {
        matches!(self.entries.get(id), Some(Entry::Answer(_) | Entry::Skip(_))) && !self.retracted[id]
    }

    /// What every reader of the log relies on.
    fn require(&self, entry: &Entry) -> Result<()> {
        let is_first = self.entries.is_empty();
        match entry {
            Entry::About(_) if is_first => Ok(()),
            Entry::About(_) => Err(malformed(&self.path, "a second line about the samples", "answers")),
            Entry::Answer(record) => {
                check::not_negative("seconds", record.seconds)?;
                check::not_negative("cost", record.cost)?;
                check::not_negative("time of the answer", record.at)?;
                record.answered.require_valid()
            }
            Entry::Skip(_) => Ok(()),
            Entry::Retraction(id) if self.stands(*id) => Ok(()),
            Entry::Retraction(id) => {
                let must = "the id of an answer that was given and not yet taken back";
                Err(Error::Domain { argument: "retraction", value: *id as f64, must })
            }
        }
    }

    fn push(&mut self, entry: Entry) {
        if let Entry::Retraction(id) = entry {
            self.retracted[id] = true;
        }
        self.entries.push(entry);
        self.retracted.push(false);
    }

    fn write(&mut self, lines: &[u8]) -> Result<()> {
        let _begun = WRITES.read().unwrap_or_else(PoisonError::into_inner);
        let mut file = match self.file.take() {
            Some(file) => file,
            None => opened(&self.path).map_err(at(&self.path))?,
        };
        let length = file.metadata().map_err(at(&self.path))?.len();
        if length != self.end + self.torn {
            let expected = format!("{}, as before: one program at a time", self.end + self.torn);
            return Err(malformed(&self.path, format!("{length} bytes"), expected));
        }
        let mut written = || {
            file.set_len(self.end)?;
            file.seek(SeekFrom::Start(self.end))?;
            file.write_all(lines)?;
            file.sync_data()
        };
        if let Err(error) = written() {
            let _ = file.set_len(self.end); // if this fails as well, the next append tries again
            self.torn = file.metadata().map_or(0, |now| now.len().saturating_sub(self.end));
            return Err(at(&self.path)(error));
        }
        (self.end, self.torn) = (self.end + lines.len() as u64, 0);
        self.file = Some(file);
        Ok(())
    }

    fn damaged(&self, reason: &str) -> Error {
        let id = self.entries.len();
        malformed(
            &self.path,
            format!("record {id} (line {}) is damaged: {reason}", id + 1),
            "it as it was written",
        )
    }
}

/// The file for reading and writing; if it is new, its name is on disk as well.
fn opened(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true);
    match options.open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let file = options.create(true).open(path)?; // at the end of a link, if it is one
            #[cfg(unix)] // elsewhere folders cannot be opened
            File::open(folder_of(&fs::canonicalize(path)?))?.sync_all()?;
            Ok(file)
        }
        opened => opened,
    }
}

const CRC: &str = r#"{"crc":""#;
const ID: &str = r#"","id":"#;
const ENTRY: &str = r#","entry":"#;

fn checksum(entry: &str) -> String {
    format!("{:08x}", crc32fast::hash(entry.as_bytes()))
}

fn line(entry: &Entry, id: usize) -> serde_json::Result<String> {
    let entry = serde_json::to_string(entry)?;
    Ok(format!("{CRC}{}{ID}{id}{ENTRY}{entry}}}\n", checksum(&entry)))
}

/// The entry of a line without its newline, or what is wrong with it.
fn parsed(line: &[u8], id: usize) -> std::result::Result<Entry, String> {
    let frame = |line: &[u8]| {
        let text = std::str::from_utf8(line).ok()?.strip_prefix(CRC)?.strip_suffix('}')?;
        let (crc, text) = text.split_once(ID)?;
        let (id, entry) = text.split_once(ENTRY)?;
        Some([crc, id, entry].map(str::to_owned))
    };
    let Some([crc, found, entry]) = frame(line) else {
        return Err(format!("it is not {CRC}…{ID}…{ENTRY}…}}"));
    };
    if found != id.to_string() {
        return Err(format!("its id is {found}"));
    }
    if crc != checksum(&entry) {
        return Err(format!("its checksum is {crc}, that of its entry {}", checksum(&entry)));
    }
    serde_json::from_str(&entry).map_err(|error| format!("its entry is not understood, {error}"))
}
