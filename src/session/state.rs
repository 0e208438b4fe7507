//! The content of a state directory, and what follows from its log: belief, evidence and ledger.

use std::path::Path;
use std::sync::Arc;

use super::folder::{Folder, upper_entries};
use super::{AnswerLog, Entry, Settings};
use crate::active::{Belief, RemainingError, WarmStart, remaining_error};
use crate::error::Result;
use crate::oracle::{Budget, Evidence, LabelStatements, Ledger, Pair, Record};

/// A state directory as it was on disk when it was read: nothing here can be written to, and another program may be asking.
///
/// Belief, evidence and ledger follow from the log alone: the same files give the same of each, bit for bit. To ask, open a
/// [`Session`](super::Session).
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use pal::session::{Session, SessionOptions, Settings, State, create};
///
/// let folder = tempfile::tempdir()?;
/// create(folder.path(), pal::data::iris()?.inputs, Settings::default())?;
/// let mut session = Session::open(folder.path(), SessionOptions::default())?;
/// if let Some(question) = session.next_question()? {
///     session.answer(question.id, true)?;
/// }
/// let seen = State::open(folder.path())?; // while the session goes on
/// assert_eq!((seen.summary().answers, seen.summary().spent), (1, 1.0));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct State {
    settings: Settings,
    start: Arc<WarmStart>,
    pub(super) folder: Folder,
    pub(super) log: AnswerLog,
    pub(super) ledger: Ledger,
    pub(super) known: Known,
}

/// What the answers that stand amount to.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// Weighs every statement.
    pub(super) belief: Belief,
    /// Finds contradictions.
    pub(super) evidence: Evidence,
}

/// Where things stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Answers that stand: a captcha is one.
    pub answers: usize,
    /// What was paid for answers, those taken back included, in the unit of the prices.
    pub spent: f64,
    /// Classes believed.
    pub classes: usize,
    /// How much is still wrong.
    pub error: RemainingError,
    /// Statements that are set aside, for others imply the opposite.
    pub contradictions: usize,
}

impl State {
    /// The settings of a state directory alone.
    ///
    /// # Errors
    /// As [`State::open`].
    pub fn settings_of(folder: impl AsRef<Path>) -> Result<Settings> {
        Folder::new(folder.as_ref()).require_settings()
    }

    /// Reads a state directory and takes in its log, entry by entry.
    ///
    /// Cost that of [`Belief::new`] and of [`Belief::learn_all`] for every answer that stands.
    ///
    /// # Errors
    /// [`StateError::Missing`](crate::StateError::Missing) if there is none; [`Error::Format`](crate::Error::Format) for a file
    /// that is damaged, with the place, or a log about other features; [`Error::Io`](crate::Error::Io).
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        Self::watched(folder, |_, _| Ok(()))
    }

    /// The same; `watch` sees what was spent and believed at the beginning and after every entry that changes something.
    ///
    /// # Errors
    /// As [`State::open`], and what `watch` returns.
    pub fn watched(
        folder: impl AsRef<Path>,
        watch: impl FnMut(&Ledger, &Belief) -> Result<()>,
    ) -> Result<Self> {
        Self::read(&Folder::new(folder.as_ref()), Budget::unlimited(), watch)
    }

    pub(super) fn read(
        folder: &Folder,
        budget: Budget,
        watch: impl FnMut(&Ledger, &Belief) -> Result<()>,
    ) -> Result<Self> {
        let settings = folder.require_settings()?;
        let start = Arc::new(folder.start(&settings)?);
        let log = folder.log(&settings.fingerprint)?;
        let (ledger, known) = replayed(&settings, &start, &log, budget, watch)?;
        Ok(Self { settings, start, folder: folder.clone(), log, ledger, known })
    }

    /// Takes in the whole log anew.
    pub(super) fn replay(&mut self) -> Result<()> {
        let Self { settings, start, log, ledger, .. } = &*self;
        (self.ledger, self.known) = replayed(settings, start, log, ledger.budget(), |_, _| Ok(()))?;
        Ok(())
    }

    /// Takes in the log anew from another start; upon an error all is as before.
    pub(super) fn move_to(&mut self, settings: Settings, start: Arc<WarmStart>) -> Result<()> {
        let budget = self.ledger.budget();
        (self.ledger, self.known) = replayed(&settings, &start, &self.log, budget, |_, _| Ok(()))?;
        (self.settings, self.start) = (settings, start);
        Ok(())
    }

    /// The options it was made with, and what it is about.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What was known before the first answer.
    #[must_use]
    pub fn start(&self) -> &WarmStart {
        &self.start
    }

    /// The log, from which all else follows.
    #[must_use]
    pub fn log(&self) -> &AnswerLog {
        &self.log
    }

    /// What answers cost, those taken back included.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The classes of all samples, as far as the answers that stand tell.
    #[must_use]
    pub fn belief(&self) -> &Belief {
        &self.known.belief
    }

    /// What the answers that stand imply, and which contradict each other.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.known.evidence
    }

    /// Where things stand. `O(m)` for `m` entries.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary {
            answers: self.log.records().count(),
            spent: self.ledger.spent(),
            classes: self.belief().number_of_classes(),
            error: remaining_error(self.belief()),
            contradictions: self.evidence().contradictions().len(),
        }
    }

    /// What the answers that stand say, each with its id and record: pairs, and whether they belong together.
    pub fn statements(&self) -> impl Iterator<Item = (usize, &Record, (Pair, bool))> {
        let mut labels = LabelStatements::default();
        self.log.records().flat_map(move |(id, record)| {
            labels.of(&record.answered).into_iter().flatten().map(move |said| (id, record, said))
        })
    }

    /// The answers before it that imply the opposite of what this one says, ascending; none if it contradicts none.
    #[must_use]
    pub fn contradicted_by(&self, id: usize) -> Vec<usize> {
        let of_id = self.evidence().contradictions().iter().filter(|contradiction| contradiction.id == id);
        let mut ids: Vec<usize> = of_id.flat_map(|contradiction| contradiction.implied_by.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The same of another start, as [`State::start_of_features`].
    pub fn edges_of(start: &WarmStart) -> impl Iterator<Item = (usize, usize, f64)> {
        upper_entries(start.graph())
    }

    /// The neighbours' graph: entries `(i, j, weight)` of it, `i ≤ j`, each once.
    pub fn edges(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        Self::edges_of(&self.start)
    }
}

/// What follows from a log, entry by entry as a program does that answers come to.
fn replayed(
    settings: &Settings,
    start: &Arc<WarmStart>,
    log: &AnswerLog,
    budget: Budget,
    mut watch: impl FnMut(&Ledger, &Belief) -> Result<()>,
) -> Result<(Ledger, Known)> {
    let mut ledger = Ledger::new(settings.prices, budget)?;
    let mut known = Known {
        belief: Belief::new(Arc::clone(start), settings.belief())?,
        evidence: Evidence::new(start.len())?,
    };
    watch(&ledger, &known.belief)?;
    for (id, entry) in log.entries() {
        enter(&mut ledger, entry)?;
        if log.stands(id) {
            known.take_in(id, entry)?;
            watch(&ledger, &known.belief)?;
        }
    }
    Ok((ledger, known))
}

/// Counts what an entry cost: the one place where answers are paid for.
pub(super) fn enter(ledger: &mut Ledger, entry: &Entry) -> Result<()> {
    match entry {
        Entry::Answer(Record { answered, cost, .. }) => ledger.enter(answered.kind(), answered.size(), *cost),
        Entry::About(_) | Entry::Skip(_) | Entry::Retraction(_) => Ok(()),
    }
}

impl Known {
    /// What an answer or a skipped pair changes.
    pub(super) fn take_in(&mut self, id: usize, entry: &Entry) -> Result<()> {
        match entry {
            Entry::Answer(record) => {
                let answers = self.evidence.learn(id, &record.answered)?;
                if !answers.is_empty() {
                    self.belief.learn_all(answers)?;
                }
            }
            Entry::Skip(pair) => self.belief.skip(*pair),
            Entry::About(_) | Entry::Retraction(_) => {}
        }
        Ok(())
    }
}
