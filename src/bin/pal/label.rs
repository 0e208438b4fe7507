//! `pal label`: a person at the terminal.

use std::io::{self, Write};
use std::path::PathBuf;

use pal::active::StoppingRule;
use pal::data::io::readable;
use pal::oracle::{Answered, Reply, Terminal};
use pal::session::{Entry, Session, Stop};

use crate::failure::{Outcome, Result};
use crate::limits;
use crate::output::Output;
use crate::protocol::summary;
use crate::query::Asking;
use crate::show::{Items, Shown, how};

/// Ask a person at the terminal: y, n, s to skip, u to undo, q to quit
///
/// Every answer is on disk before the next question; undo takes the last one back, that of an earlier run too. With --json
/// the questions go to standard error, and where things stand to standard output, an object after each reply.
#[derive(Debug, clap::Args)]
pub(crate) struct Label {
    /// The state directory that `pal embed` made
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    #[command(flatten)]
    shown: Shown,
    /// Stop once the share of samples in the wrong class is at most this, with 95 % confidence, and at least 20 answers were
    /// given
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    until_error: Option<f64>,
    #[command(flatten)]
    asking: Asking,
}

impl Label {
    pub(crate) fn run(&self, output: Output) -> Result<Outcome> {
        self.until_error.map_or(Ok(()), limits::require_until_error)?;
        let until = self.until_error.map(|target| StoppingRule { target, ..StoppingRule::default() });
        let mut session = self.asking.open(&self.state, until, output)?;
        let items = self.shown.items(session.state().settings(), output)?;
        let prompts: Box<dyn Write> =
            if output.is_json() { Box::new(io::stderr()) } else { Box::new(io::stdout()) };
        let mut terminal = Terminal::new(io::stdin().lock(), prompts);
        let mut learner = self.asking.learn.learner(&session, output)?;
        loop {
            if let Some(learner) = &mut learner {
                learner.between(&mut session, output)?;
            }
            let Some(question) = session.next_question()? else { break };
            output.note(standing(&session));
            match terminal.ask(&items.question(question.pair))? {
                Reply::Yes => answer(&mut session, output, question.id, true)?,
                Reply::No => answer(&mut session, output, question.id, false)?,
                Reply::Skip => drop(session.skip(question.pair)?),
                Reply::Undo => {
                    session.withdraw(question.id)?;
                    undo(&mut session, output, &items)?;
                }
                Reply::Quit => return self.end(&session, output, "until next time", Outcome::Done),
            }
            if output.is_json() {
                output.result("", &summary(session.state()))?;
            }
        }
        let (why, outcome) = match session.stop() {
            Some(Stop::ErrorSmallEnough) => ("the error is as small as asked for", Outcome::Done),
            Some(Stop::BudgetReached) => ("the budget is reached", Outcome::BudgetReached),
            Some(Stop::NothingLeft) | None => ("there is nothing left to ask", Outcome::Done),
        };
        self.end(&session, output, why, outcome)
    }

    fn end(&self, session: &Session, output: Output, why: &str, outcome: Outcome) -> Result<Outcome> {
        let answers = session.state().log().records().count();
        let sentence = format!("{why}: {answers} answers in {}", self.state.display());
        let mut object = summary(session.state());
        object["done"] = why.into();
        output.result(sentence, &object)?;
        Ok(outcome)
    }
}

fn answer(session: &mut Session, output: Output, question: usize, same: bool) -> Result<()> {
    let id = session.answer(question, same)?;
    let contradicted = session.state().contradicted_by(id);
    if !contradicted.is_empty() {
        output.note(format_args!(
            "answer {id} contradicts what answers {contradicted:?} imply; all are kept. u takes this one back, \
             {{\"retract\":ID}} in `pal query` any other"
        ));
    }
    Ok(())
}

/// Takes the last answer, or skipped pair, back.
fn undo(session: &mut Session, output: Output, items: &Items) -> Result<()> {
    let Some((id, entry)) = session.undo()? else {
        output.note("there is no answer to take back");
        return Ok(());
    };
    let what = match entry {
        Entry::Answer(record) => match &record.answered {
            Answered::Pair { pair, same } => {
                format!("{} and {} {}", items.item(pair.first()), items.item(pair.second()), how(*same))
            }
            other => format!("a {}", other.kind()),
        },
        _ => "a skipped pair".to_owned(),
    };
    output.note(format_args!("answer {id} is taken back: {what}"));
    Ok(())
}

/// Answers, classes, error: one line.
fn standing(session: &Session) -> String {
    let (summary, ledger) = (session.state().summary(), session.state().ledger());
    let error = summary.error;
    let [share, most] = [error.share, error.interval.1].map(|share| 100.0 * share);
    let left = if ledger.budget().amount().is_finite() {
        format!(", {} to spend", readable(ledger.left()))
    } else {
        String::new()
    };
    format!(
        "{} answers, {} classes, about {share:.1} % in the wrong one, at most {most:.1} % (95 %; audited {}, right {}){left}",
        summary.answers,
        summary.classes,
        error.audited,
        error.audited - error.refused,
    )
}
