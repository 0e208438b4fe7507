//! `pal query`: questions to another program, and its answers, as JSON lines.
//!
//! Standard output, each on its own line:
//!
//! | line | when |
//! |---|---|
//! | `{"id":Q,"question":{"pair":[i,j]}}` | a question: `--count` of them are open at a time |
//! | `{"acknowledged":ID,…}` | a line of input was taken in and is on disk; questions in the place of those answered follow |
//! | `{"error":"…"}` | a line of input was not taken in; nothing changed |
//! | `{"done":"budget",…}` | no question can be paid for any more; the program ends, exit code 3 |
//! | `{"done":"questions",…}` | there is nothing left to ask; it goes on to read |
//!
//! An acknowledgement holds where things stand: `answers`, `spent`, `classes`, `error` (the estimated share of samples in the
//! wrong class, with its interval of 95 %: how many samples were `audited` for it, how many of them `refused`, and how many
//! pairs of classes are `uncompared`), `contradictions` (statements that are set aside), and, if what was just said
//! contradicts answers before it, their ids as `contradiction`. Both are kept until one of them is taken back. Whoever answers
//! the questions in turn, one open at a time, reads exactly one line after each acknowledgement.
//!
//! The forms of standard input are those of [`Said`]. An answer may name the question by its `id`: one that is not open, or
//! is about another pair, is refused. The end of the input ends the program, exit code 0.

use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::builder::PossibleValuesParser;
use pal::active::{STRATEGIES, StoppingRule};
use pal::oracle::{Answered, Budget};
use pal::session::{OpenQuestion, Session, SessionOptions};
use serde_json::{Value, json};

use crate::failure::{Failure, Outcome, Result};
use crate::interrupt;
use crate::learner::{Background, Learner};
use crate::output::{Output, line};
use crate::protocol::{Said, summary};

/// Ask another program: questions to standard output, answers from standard input, as JSON lines
///
/// Prints {"id":Q,"question":{"pair":[i,j]}} for each of --count open questions and reads
/// {"pair":[i,j],"same":true}, with "annotator" and "seconds" if known; {"pair":[i,j],"skip":true}; both with the question's
/// "id":Q or with that in place of the pair: an id of another question is refused;
/// {"kind":"label","sample":i,"class":"name"};
/// {"kind":"captcha","shown":[i],"candidates":[j,k],"belongs":[true,false]}; {"retract":ID}.
/// Each line is answered by {"acknowledged":ID,...} once it is on disk, and the next question; or by {"error":"..."}, and
/// the program goes on. "contradiction":[IDS] in an acknowledgement names answers that imply the opposite.
#[derive(Debug, clap::Args)]
pub(crate) struct Query {
    /// The state directory that `pal embed` made
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// Questions open at a time
    #[arg(long, value_name = "M", default_value = "1", value_parser = clap::value_parser!(u16).range(1..), allow_negative_numbers = true)]
    count: u16,
    #[command(flatten)]
    asking: Asking,
}

/// What all who ask can choose.
#[derive(Debug, clap::Args)]
pub(crate) struct Asking {
    /// How questions are chosen
    #[arg(long, value_name = "NAME", default_value = STRATEGIES[0], value_parser = PossibleValuesParser::new(STRATEGIES))]
    pub(crate) strategy: String,
    /// Stop before answers have cost more, those of earlier runs included: the number of answers if each costs 1
    #[arg(long, value_name = "Q", allow_hyphen_values = true)]
    pub(crate) budget: Option<f64>,
    /// Who answers, where an answer does not say
    #[arg(long, value_name = "NAME", default_value = "me")]
    pub(crate) annotator: String,
    /// Seed of random choices [default: that of the state]
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    pub(crate) seed: Option<u64>,
    #[command(flatten)]
    pub(crate) learn: Background,
}

impl Asking {
    /// Opens a session: no other program may write, and an interrupt ends this one with a word.
    pub(crate) fn open(&self, state: &Path, until: Option<StoppingRule>, output: Output) -> Result<Session> {
        let options = SessionOptions {
            strategy: self.strategy.clone(),
            budget: self.budget.map_or(Ok(Budget::unlimited()), Budget::new)?,
            until,
            annotator: self.annotator.clone(),
            seed: self.seed,
        };
        interrupt::explain(state, output)?;
        let session = Session::open(state, options)?;
        let log = session.state().log();
        if log.torn() > 0 {
            output.note(format_args!(
                "{}: the last {} bytes are the beginning of an answer that was not acknowledged; they are dropped",
                log.path().display(),
                log.torn()
            ));
        }
        Ok(session)
    }
}

impl Query {
    pub(crate) fn run(&self, output: Output) -> Result<Outcome> {
        let session = self.asking.open(&self.state, None, output)?;
        let mut dialogue = Dialogue {
            learner: self.asking.learn.learner(&session, output)?,
            output,
            session,
            annotator: &self.asking.annotator,
            count: usize::from(self.count),
            heard: Instant::now(),
            is_out_of_questions: false,
        };
        dialogue.run()
    }
}

struct Dialogue<'a> {
    session: Session,
    learner: Option<Learner>,
    output: Output,
    annotator: &'a str,
    count: usize,
    /// When the last line came.
    heard: Instant,
    is_out_of_questions: bool,
}

impl Dialogue<'_> {
    fn run(&mut self) -> Result<Outcome> {
        let mut input = io::stdin().lock();
        loop {
            if !self.session.affords_a_question() {
                self.done("budget")?;
                return Ok(Outcome::BudgetReached);
            }
            if let Some(learner) = &mut self.learner {
                learner.between(&mut self.session, self.output)?;
            }
            self.ask()?;
            let mut said = Vec::new();
            if input.read_until(b'\n', &mut said).map_err(Failure::Input)? == 0 {
                return Ok(Outcome::Done);
            }
            let said = said.trim_ascii();
            if !said.is_empty() {
                match Said::parse(said, |id| Ok(self.session.question(id)?.pair))
                    .and_then(|said| self.take_in(said))
                {
                    Ok(acknowledgement) => line(acknowledgement)?,
                    Err(failure) => line(json!({ "error": failure.to_string() }))?,
                }
                self.heard = Instant::now();
            }
        }
    }

    /// Asks until as many questions are open as shall be.
    fn ask(&mut self) -> Result<()> {
        while self.session.open_questions().len() < self.count {
            let Some(question) = self.session.next_question()? else {
                let is_idle = self.session.open_questions().is_empty();
                if is_idle && !std::mem::replace(&mut self.is_out_of_questions, true) {
                    self.done("questions")?;
                }
                return Ok(());
            };
            let pair = [question.pair.first(), question.pair.second()];
            line(json!({ "id": question.id, "question": { "pair": pair } }))?;
        }
        Ok(())
    }

    fn take_in(&mut self, said: Said) -> Result<Value> {
        let (id, more) = match said {
            Said::Answer { answered, annotator, seconds } => {
                let seconds = seconds.unwrap_or_else(|| self.seconds(&answered));
                let annotator = annotator.unwrap_or_else(|| self.annotator.to_owned());
                let id = self.session.record(answered, annotator, seconds)?;
                let contradicted = self.session.state().contradicted_by(id);
                (id, (!contradicted.is_empty()).then(|| ("contradiction", json!(contradicted))))
            }
            Said::Skip(pair) => (self.session.skip(pair)?, None),
            Said::Retract(id) => (self.session.retract(id)?, Some(("retracted", json!(id)))),
        };
        self.is_out_of_questions = false;
        let mut acknowledgement = summary(self.session.state());
        acknowledgement["acknowledged"] = json!(id);
        if let Some((name, value)) = more {
            acknowledgement[name] = value;
        }
        Ok(acknowledgement)
    }

    /// How long it took to answer: since the question was asked if it was, else since the last line.
    fn seconds(&self, answered: &Answered) -> f64 {
        let pair = match *answered {
            Answered::Pair { pair, .. } => Some(pair),
            _ => None,
        };
        let question = self.session.open_questions().iter().find(|open| Some(open.pair) == pair);
        question.map_or_else(|| self.heard.elapsed(), OpenQuestion::elapsed).as_secs_f64()
    }

    fn done(&self, what: &str) -> Result<()> {
        let mut done = summary(self.session.state());
        done["done"] = json!(what);
        line(done)
    }
}
