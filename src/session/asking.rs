//! The session: it chooses the next question, and writes each answer to the log before anything else changes.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::folder::{Folder, Lock};
use super::settings::{require_class, require_spent};
use super::state::{Known, enter};
use super::{Entry, Settings, State};
use crate::active::{PairStrategy, STRATEGIES, StoppingRule, WarmStart, strategy};
use crate::error::{Error, Result, StateError};
use crate::oracle::{Answered, Budget, Pair, QuestionKind, Record};
use crate::random::stream;

/// How a [`Session`] asks.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionOptions {
    /// How questions are chosen, one of [`STRATEGIES`]; the first of them.
    pub strategy: String,
    /// What answers may cost in all, those of earlier sessions and those taken back included; no limit.
    pub budget: Budget,
    /// Ask no more once the error is this small; never.
    pub until: Option<StoppingRule>,
    /// Who answers, for [`Session::answer`]; `me`.
    pub annotator: String,
    /// Seed of random choices; that of the settings.
    pub seed: Option<u64>,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            strategy: STRATEGIES[0].to_owned(),
            budget: Budget::unlimited(),
            until: None,
            annotator: "me".to_owned(),
            seed: None,
        }
    }
}

/// A question that was asked and not answered yet: do these two samples belong together?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenQuestion {
    /// Counts the questions of a session from 0; no id of the log.
    pub id: usize,
    /// The samples.
    pub pair: Pair,
    /// When it was asked.
    since: Instant,
}

impl OpenQuestion {
    /// How long it has been open.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }
}

/// Why there is no next question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The stopping rule is met.
    ErrorSmallEnough,
    /// No question can be paid for any more.
    BudgetReached,
    /// The strategy has nothing left to ask, beside what is open.
    NothingLeft,
}

/// A state directory opened for asking: holds the lock, so that no other session can write to it, until it is dropped.
///
/// Every answer is on disk before it is believed: when a call returns, what it took in survives a crash or a power cut, and
/// what it refused has changed nothing. The same questions come again after a restart.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use pal::oracle::{LabelOracle, Oracle, Budget};
/// use pal::session::{Session, SessionOptions, Settings, create};
///
/// let iris = pal::data::iris()?;
/// let mut person = LabelOracle::new(&iris.labels);
/// let folder = tempfile::tempdir()?;
/// create(folder.path(), iris.inputs.view(), Settings::default())?;
///
/// let options = SessionOptions { budget: Budget::new(25.0)?, ..SessionOptions::default() };
/// let mut session = Session::open(folder.path(), options)?;
/// while let Some(question) = session.next_question()? {
///     session.answer(question.id, person.answer(&question.pair)?)?;
/// }
/// assert_eq!(session.state().summary().answers, 25);
/// session.state().write_labels(folder.path().join("labels.csv"))?;
/// # Ok(())
/// # }
/// ```
pub struct Session {
    state: State,
    options: SessionOptions,
    strategy: Box<dyn PairStrategy>,
    seed: u64,
    /// Questions that were asked and not answered.
    open: Vec<OpenQuestion>,
    /// How many were asked: the id of the next.
    asked: usize,
    stop: Option<Stop>,
    /// The last entry, and what was known before it: it is taken back at no cost.
    before: Option<(usize, Known)>,
    _lock: Lock,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let mut shown = f.debug_struct("Session");
        shown.field("log", &self.state.log().path()).field("options", &self.options);
        shown.field("open", &self.open).finish_non_exhaustive()
    }
}

impl Session {
    /// Takes the lock of a state directory and takes in its log. Cost that of [`State::open`].
    ///
    /// # Errors
    /// [`StateError::Locked`] if another session, of this or another process, is open; [`Error::UnknownName`] for
    /// a strategy that there is not, [`Error::Domain`] for a target that is no share; as [`State::open`].
    pub fn open(folder: impl AsRef<Path>, options: SessionOptions) -> Result<Self> {
        let strategy = strategy(&options.strategy)?;
        let folder = Folder::new(folder.as_ref());
        folder.require_settings()?; // so that no directory is made by mistake
        let lock = folder.lock()?;
        let state = State::read(&folder, options.budget, |_, _| Ok(()))?;
        let seed = options.seed.unwrap_or(state.settings().seed);
        let session = Self {
            state,
            options,
            strategy,
            seed,
            open: Vec::new(),
            asked: 0,
            stop: None,
            before: None,
            _lock: lock,
        };
        session.is_error_small_enough()?; // the target is a share
        Ok(session)
    }

    /// What is on disk, and what follows from it.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The next question, beside those that are open; `None` if there is none now ([`Session::stop`] says why).
    ///
    /// It is chosen as if the open ones were answered as believed, so that no two ask for the same thing. The random choice
    /// depends on the entries of the log and the number of open questions alone. Cost that of the strategy, and with `m` open
    /// questions of `m` answers.
    ///
    /// # Errors
    /// What the strategy reports.
    pub fn next_question(&mut self) -> Result<Option<OpenQuestion>> {
        if self.is_error_small_enough()? {
            self.stop = Some(Stop::ErrorSmallEnough);
        } else if !self.affords_a_question() {
            self.stop = Some(Stop::BudgetReached);
        } else if let Some(pair) = self.propose()? {
            let question = OpenQuestion { id: self.asked, pair, since: Instant::now() };
            self.open.push(question);
            self.asked += 1;
            self.stop = None;
            return Ok(Some(question));
        } else {
            self.stop = Some(Stop::NothingLeft);
        }
        Ok(None)
    }

    /// Why the last call of [`Session::next_question`] returned none.
    #[must_use]
    pub fn stop(&self) -> Option<Stop> {
        self.stop
    }

    /// Whether a question about a pair can still be paid for.
    #[must_use]
    pub fn affords_a_question(&self) -> bool {
        self.state.ledger.require(QuestionKind::Pair, 1).is_ok()
    }

    /// The questions that are open, in the order they were asked.
    #[must_use]
    pub fn open_questions(&self) -> &[OpenQuestion] {
        &self.open
    }

    /// The open question with this id.
    ///
    /// # Errors
    /// [`StateError::NoQuestion`] if it was never asked, [`StateError::PastQuestion`] if it is not open any more.
    pub fn question(&self, id: usize) -> Result<OpenQuestion> {
        if let Some(question) = self.open.iter().find(|question| question.id == id) {
            return Ok(*question);
        }
        let open = self.open.iter().map(|question| question.id).collect();
        Err(Error::State(if id < self.asked {
            StateError::PastQuestion { id, open }
        } else {
            StateError::NoQuestion { id, open }
        }))
    }

    /// Takes in the answer to an open question, by the annotator of the options, in the time since it was asked; the answer's
    /// id in the log.
    ///
    /// # Errors
    /// As [`Session::question`] and [`Session::record`].
    pub fn answer(&mut self, question: usize, same: bool) -> Result<usize> {
        let question = self.question(question)?;
        let answered = Answered::Pair { pair: question.pair, same };
        let annotator = self.options.annotator.clone();
        self.record(answered, annotator, question.elapsed().as_secs_f64())
    }

    /// Takes in what `annotator` said within so many `seconds`, whether it was asked or not; the answer's id in the log.
    ///
    /// It is on disk when this returns. The name of a class is trimmed. An open question about the same pair is closed. Cost that of
    /// [`Belief::learn_all`](crate::active::Belief::learn_all), and of a write that reaches the disk.
    ///
    /// # Errors
    /// [`StateError::NoSample`], [`StateError::UnknownClass`], [`StateError::Candidates`], [`Error::Empty`] for a class without a
    /// name; as [`Answered::require_valid`];
    /// [`Error::Budget`] if it cannot be paid for, [`Error::Domain`] for seconds
    /// that are negative or not finite, [`Error::Io`] if it could not be written. Nothing is changed then.
    pub fn record(
        &mut self,
        answered: Answered,
        annotator: impl Into<String>,
        seconds: f64,
    ) -> Result<usize> {
        let answered = match answered {
            Answered::Label { sample, class } => Answered::Label { sample, class: class.trim().to_owned() },
            other => other,
        };
        self.require_valid(&answered)?;
        let ledger = &self.state.ledger;
        let cost = ledger.require(answered.kind(), answered.size())?;
        require_spent(ledger.spent() + cost)?;
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let pair = match answered {
            Answered::Pair { pair, .. } => Some(pair),
            Answered::Captcha { .. } | Answered::Label { .. } => None,
        };
        let record = Record { answered, annotator: annotator.into(), at, seconds, cost };
        self.keep(Entry::Answer(record), pair)
    }

    /// Never asks about this pair again; the entry's id in the log. An open question about it is closed.
    ///
    /// # Errors
    /// [`StateError::NoSample`], [`Error::Io`]; nothing is changed then.
    pub fn skip(&mut self, pair: Pair) -> Result<usize> {
        self.require_sample(pair.second())?;
        self.keep(Entry::Skip(pair), Some(pair))
    }

    /// Closes an open question without an answer: it may be asked again.
    ///
    /// # Errors
    /// As [`Session::question`].
    pub fn withdraw(&mut self, question: usize) -> Result<()> {
        let pair = self.question(question)?.pair;
        self.close(pair);
        Ok(())
    }

    /// Takes an answer or a skipped pair back, by its id in the log: all is as if it had never been, but for what it cost. The
    /// id of the retraction.
    ///
    /// The last one at once, any other at the cost of taking in the whole log anew.
    ///
    /// # Errors
    /// [`Error::Domain`] if that id does not stand, [`Error::Io`]; nothing is changed
    /// then.
    pub fn retract(&mut self, id: usize) -> Result<usize> {
        let retraction = self.state.log.append(Entry::Retraction(id))?;
        match self.before.take() {
            Some((last, before)) if last == id => self.state.known = before,
            _ => self.state.replay()?,
        }
        Ok(retraction)
    }

    /// Takes back the last answer or skipped pair that stands, of an earlier session too; its id and what it said. `None` if
    /// there is none.
    ///
    /// # Errors
    /// As [`Session::retract`].
    pub fn undo(&mut self) -> Result<Option<(usize, Entry)>> {
        let last = self.state.log.standing().next_back();
        let Some((id, entry)) = last.map(|(id, entry)| (id, entry.clone())) else { return Ok(None) };
        self.retract(id)?;
        Ok(Some((id, entry)))
    }

    /// Another start of the same samples.
    pub(super) fn move_to(&mut self, settings: Settings, start: Arc<WarmStart>) -> Result<()> {
        self.before = None;
        self.state.move_to(settings, start)
    }

    fn is_error_small_enough(&self) -> Result<bool> {
        self.options.until.map_or(Ok(false), |rule| rule.is_met(self.state.belief()))
    }

    fn propose(&self) -> Result<Option<Pair>> {
        let belief = self.state.belief();
        let mut rng = stream(self.seed, (self.state.log.next_id() + self.open.len()) as u64);
        if self.open.is_empty() {
            return self.strategy.propose(belief, &mut rng);
        }
        let mut supposed = belief.clone();
        self.open.iter().try_for_each(|question| supposed.suppose(question.pair))?;
        self.strategy.propose(&supposed, &mut rng)
    }

    /// Writes an entry, and takes it in once it is on disk.
    fn keep(&mut self, entry: Entry, pair: Option<Pair>) -> Result<usize> {
        let id = self.state.log.append(entry.clone())?;
        let State { ledger, known, .. } = &mut self.state;
        enter(ledger, &entry)?;
        self.before = Some((id, known.clone()));
        known.take_in(id, &entry)?;
        if let Some(pair) = pair {
            self.close(pair);
        }
        Ok(id)
    }

    fn close(&mut self, pair: Pair) {
        self.open.retain(|question| question.pair != pair);
    }

    fn require_sample(&self, sample: usize) -> Result<()> {
        let samples = self.state.start().len();
        if sample < samples { Ok(()) } else { Err(Error::State(StateError::NoSample { sample, samples })) }
    }

    fn require_valid(&self, answered: &Answered) -> Result<()> {
        match answered {
            Answered::Pair { pair, .. } => self.require_sample(pair.second())?,
            Answered::Captcha { shown, candidates, belongs } => {
                shown.iter().chain(candidates).try_for_each(|&sample| self.require_sample(sample))?;
                require_judgement(candidates, belongs)?;
            }
            Answered::Label { sample, class } => {
                self.require_sample(*sample)?;
                let known = &self.state.settings().classes;
                require_class(class)?;
                if !known.is_empty() && !known.iter().any(|known| known.trim() == class) {
                    let (name, known) = (class.clone(), known.clone());
                    return Err(Error::State(StateError::UnknownClass { name, known }));
                }
            }
        }
        answered.require_valid()
    }
}

/// A captcha judges at least one candidate, and none both ways.
fn require_judgement(candidates: &[usize], belongs: &[bool]) -> Result<()> {
    if candidates.is_empty() {
        return Err(Error::State(StateError::Candidates {
            found: "none".to_owned(),
            expected: "at least one",
        }));
    }
    let mut judged = BTreeMap::new();
    for (&candidate, &belongs) in candidates.iter().zip(belongs) {
        if *judged.entry(candidate).or_insert(belongs) != belongs {
            let found = format!("sample {candidate} twice, judged both ways");
            return Err(Error::State(StateError::Candidates { found, expected: "one judgement of each" }));
        }
    }
    Ok(())
}
