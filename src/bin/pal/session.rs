//! What is known of the samples of a state directory, and the one way to add to it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use pal::active::{Belief, PairStrategy, WarmStart, remaining_error};
use pal::oracle::{
    AnswerLog, Answered, Budget, Entry, Evidence, LabelStatements, Pair, QuestionKind, Record,
};
use pal::random::stream;
use serde_json::{Value, json};

use crate::failure::{Failure, Result};
use crate::interrupt;
use crate::limits;
use crate::output::Output;
use crate::state::{Folder, Lock, Settings};

/// All that follows from a log of answers.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) belief: Belief,
    pub(crate) evidence: Evidence,
    /// What was paid for answers, those taken back included.
    pub(crate) spent: f64,
}

impl Known {
    /// Takes in the log entry by entry, as a program does that answers come to; `watch` sees every step that changes something.
    pub(crate) fn replayed(
        start: &Arc<WarmStart>,
        settings: &Settings,
        log: &AnswerLog,
        mut watch: impl FnMut(&Self) -> Result<()>,
    ) -> Result<Self> {
        let mut known = Self {
            belief: Belief::new(Arc::clone(start), settings.belief())?,
            evidence: Evidence::new(start.len())?,
            spent: 0.0,
        };
        watch(&known)?;
        for (id, entry) in log.entries() {
            if let Entry::Answer(record) = entry {
                known.spent += record.cost;
            }
            if log.stands(id) {
                known.take_in(id, entry)?;
                watch(&known)?;
            }
        }
        Ok(known)
    }

    /// What an answer or a skipped pair changes. The belief weighs every statement; the evidence finds out contradictions.
    fn take_in(&mut self, id: usize, entry: &Entry) -> Result<()> {
        match entry {
            Entry::Answer(record) => {
                let answers = self.evidence.learn(id, &record.answered)?;
                if !answers.is_empty() {
                    self.belief.learn_all(answers)?;
                }
            }
            Entry::Skip((i, j)) => self.belief.skip(Pair::new(*i, *j)?),
            Entry::About(_) | Entry::Retraction(_) => {}
        }
        Ok(())
    }

    /// The answers before it that imply the opposite of what this one says.
    pub(crate) fn contradicted_by(&self, id: usize) -> Vec<usize> {
        let of_id = self.evidence.contradictions().iter().filter(|contradiction| contradiction.id == id);
        let mut ids: Vec<usize> = of_id.flat_map(|contradiction| contradiction.implied_by.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// A state directory in use.
pub(crate) struct Session {
    pub(crate) settings: Settings,
    pub(crate) start: Arc<WarmStart>,
    pub(crate) log: AnswerLog,
    pub(crate) known: Known,
    /// The last entry, and what was known before it: it is taken back at no cost.
    before: Option<(usize, Known)>,
    _lock: Option<Lock>,
}

impl Session {
    /// For asking: no other program may write, and an interrupt ends this one with a word.
    pub(crate) fn open(state: &Path, output: Output) -> Result<Self> {
        let folder = Folder::new(state);
        folder.require_settings()?; // so that no directory is made by mistake
        let lock = folder.lock()?;
        interrupt::explain(state, output)?;
        let session = Self::read(&folder, Some(lock), |_| Ok(()))?;
        if session.log.torn() > 0 {
            output.note(format_args!(
                "{}: the last {} bytes are the beginning of an answer that was not acknowledged; they are dropped",
                session.log.path().display(),
                session.log.torn()
            ));
        }
        Ok(session)
    }

    /// For looking: what is on disk at this moment, also while another program asks.
    pub(crate) fn view(state: &Path) -> Result<Self> {
        Self::watched(state, |_| Ok(()))
    }

    /// The same; `watch` sees every step of the way there.
    pub(crate) fn watched(state: &Path, watch: impl FnMut(&Known) -> Result<()>) -> Result<Self> {
        Self::read(&Folder::new(state), None, watch)
    }

    fn read(folder: &Folder, lock: Option<Lock>, watch: impl FnMut(&Known) -> Result<()>) -> Result<Self> {
        let settings = folder.require_settings()?;
        let start = folder.start(&settings)?;
        let log = folder.log(&settings.fingerprint)?;
        let known = Known::replayed(&start, &settings, &log, watch)?;
        Ok(Self { settings, start, log, known, before: None, _lock: lock })
    }

    /// Whether a question about a pair can still be paid for.
    pub(crate) fn affords_a_question(&self, budget: Budget) -> bool {
        budget.require(self.known.spent, self.price(QuestionKind::Pair, 1)).is_ok()
    }

    /// The next pair, as if those that are open were answered as believed.
    ///
    /// Its random stream depends on the answers so far alone: the same question comes again after a restart.
    pub(crate) fn propose(
        &self,
        strategy: &dyn PairStrategy,
        open: &[Pair],
        seed: u64,
    ) -> Result<Option<Pair>> {
        let mut rng = stream(seed, (self.log.next_id() + open.len()) as u64);
        if open.is_empty() {
            return Ok(strategy.propose(&self.known.belief, &mut rng)?);
        }
        let mut supposed = self.known.belief.clone();
        open.iter().try_for_each(|&pair| supposed.suppose(pair))?;
        Ok(strategy.propose(&supposed, &mut rng)?)
    }

    /// Keeps an answer, then takes it in; its id.
    pub(crate) fn answer(
        &mut self,
        answered: Answered,
        annotator: String,
        seconds: f64,
        budget: Budget,
    ) -> Result<usize> {
        self.require_valid(&answered)?;
        let cost = self.price(answered.kind(), answered.size());
        budget.require(self.known.spent, cost)?;
        limits::require_spent(self.known.spent + cost)?;
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let id = self.keep(&Entry::Answer(Record { answered, annotator, at, seconds, cost }))?;
        self.known.spent += cost;
        Ok(id)
    }

    /// Never proposes this pair again.
    pub(crate) fn skip(&mut self, pair: Pair) -> Result<usize> {
        self.require_sample(pair.second())?;
        self.keep(&Entry::Skip((pair.first(), pair.second())))
    }

    /// Takes an answer or a skipped pair back: all is as if it had never been, but for what it cost.
    ///
    /// The last one at once, any other by replaying the log.
    pub(crate) fn retract(&mut self, id: usize) -> Result<usize> {
        let before = self.before.take();
        let retraction = self.append(Entry::Retraction(id))?;
        self.known = match before {
            Some((last, before)) if last == id => Known { spent: self.known.spent, ..before },
            _ => Known::replayed(&self.start, &self.settings, &self.log, |_| Ok(()))?,
        };
        Ok(retraction)
    }

    /// What the answers that stand say of pairs `(i, j, whether they belong together)`, each with its id and record.
    pub(crate) fn statements(&self) -> impl Iterator<Item = (usize, &Record, (usize, usize, bool))> {
        let mut labels = LabelStatements::default();
        self.log.records().flat_map(move |(id, record)| {
            labels.of(&record.answered).into_iter().map(move |said| (id, record, said))
        })
    }

    /// Where things stand.
    pub(crate) fn progress(&self) -> Value {
        let error = remaining_error(&self.known.belief);
        json!({
            "answers": self.log.records().count(),
            "spent": self.known.spent,
            "classes": self.known.belief.number_of_classes(),
            "error": {
                "share": error.share, "interval": error.interval,
                "audited": error.audited, "refused": error.refused, "uncompared": error.uncompared,
            },
            "contradictions": self.known.evidence.contradictions().len(),
        })
    }

    fn keep(&mut self, entry: &Entry) -> Result<usize> {
        let id = self.append(entry.clone())?;
        self.before = Some((id, self.known.clone()));
        self.known.take_in(id, entry)?;
        Ok(id)
    }

    fn append(&mut self, entry: Entry) -> Result<usize> {
        let _held = interrupt::held();
        Ok(self.log.append(entry)?)
    }

    fn price(&self, kind: QuestionKind, size: usize) -> f64 {
        self.settings.prices.of(kind, size)
    }

    fn require_sample(&self, sample: usize) -> Result<()> {
        let samples = self.start.len();
        if sample < samples { Ok(()) } else { Err(Failure::NoSample { sample, samples }) }
    }

    fn require_valid(&self, answered: &Answered) -> Result<()> {
        match answered {
            Answered::Pair { pair: (i, j), .. } => {
                [*i, *j].iter().try_for_each(|&i| self.require_sample(i))?;
            }
            Answered::Captcha { shown, candidates, belongs } => {
                shown.iter().chain(candidates).try_for_each(|&sample| self.require_sample(sample))?;
                require_judgement(candidates, belongs)?;
            }
            Answered::Label { sample, class } => {
                self.require_sample(*sample)?;
                let known = &self.settings.classes;
                if !known.is_empty() && !known.contains(class) {
                    return Err(Failure::UnknownClass { name: class.clone(), known: known.clone() });
                }
            }
        }
        Ok(answered.require_valid()?)
    }
}

/// A captcha judges at least one candidate, and none both ways.
fn require_judgement(candidates: &[usize], belongs: &[bool]) -> Result<()> {
    let refused = |found: String, expected: &str| {
        Err(Failure::Unfit { what: "candidates".to_owned(), found, expected: expected.to_owned() })
    };
    if candidates.is_empty() {
        return refused("none".to_owned(), "at least one");
    }
    let mut judged = BTreeMap::new();
    for (&candidate, &belongs) in candidates.iter().zip(belongs) {
        if *judged.entry(candidate).or_insert(belongs) != belongs {
            return refused(format!("sample {candidate} twice, judged both ways"), "one judgement of each");
        }
    }
    Ok(())
}
