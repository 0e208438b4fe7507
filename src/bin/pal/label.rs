//! `pal label`: a person at the terminal.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Instant;

use pal::active::{StoppingRule, remaining_error, strategy};
use pal::oracle::{Answered, Budget, Pair, Reply, Terminal};

use crate::failure::{Outcome, Result};
use crate::limits;
use crate::output::Output;
use crate::query::Asking;
use crate::session::Session;
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
    /// Stop once the share of samples in the wrong class is at most this, with 95 % confidence
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    until_error: Option<f64>,
    #[command(flatten)]
    asking: Asking,
}

impl Label {
    pub(crate) fn run(&self, output: Output) -> Result<Outcome> {
        let budget = self.asking.budget()?;
        self.until_error.map_or(Ok(()), limits::require_until_error)?;
        let rule = self.until_error.map(|target| StoppingRule { target, ..StoppingRule::default() });
        let mut session = Session::open(&self.state, output)?;
        let items = self.shown.items(&session.settings, output)?;
        let prompts: Box<dyn Write> =
            if output.is_json() { Box::new(io::stderr()) } else { Box::new(io::stdout()) };
        let mut terminal = Terminal::new(io::stdin().lock(), prompts);
        let strategy = strategy(&self.asking.strategy)?;
        let seed = self.asking.seed.unwrap_or(session.settings.seed);
        loop {
            if rule.map(|rule| rule.is_met(&session.known.belief)).transpose()? == Some(true) {
                return self.end(&session, output, "the error is as small as asked for", Outcome::Done);
            }
            if !session.affords_a_question(budget) {
                return self.end(&session, output, "the budget is reached", Outcome::BudgetReached);
            }
            let Some(pair) = session.propose(&*strategy, &[], seed)? else {
                return self.end(&session, output, "there is nothing left to ask", Outcome::Done);
            };
            let asked = Instant::now();
            output.note(standing(&session, budget));
            match terminal.ask(&items.question(pair))? {
                Reply::Yes => self.answer(&mut session, output, pair, true, asked, budget)?,
                Reply::No => self.answer(&mut session, output, pair, false, asked, budget)?,
                Reply::Skip => drop(session.skip(pair)?),
                Reply::Undo => undo(&mut session, output, &items)?,
                Reply::Quit => return self.end(&session, output, "until next time", Outcome::Done),
            }
            if output.is_json() {
                output.result("", &session.progress())?;
            }
        }
    }

    fn answer(
        &self,
        session: &mut Session,
        output: Output,
        pair: Pair,
        same: bool,
        asked: Instant,
        budget: Budget,
    ) -> Result<()> {
        let answered = Answered::Pair { pair: (pair.first(), pair.second()), same };
        let seconds = asked.elapsed().as_secs_f64();
        let id = session.answer(answered, self.asking.annotator.clone(), seconds, budget)?;
        let contradicted = session.known.contradicted_by(id);
        if !contradicted.is_empty() {
            output.note(format_args!(
                "answer {id} contradicts what answers {contradicted:?} imply; all are kept. u takes this one back, \
                 {{\"retract\":ID}} in `pal query` any other"
            ));
        }
        Ok(())
    }

    fn end(&self, session: &Session, output: Output, why: &str, outcome: Outcome) -> Result<Outcome> {
        let answers = session.log.records().count();
        let sentence = format!("{why}: {answers} answers in {}", self.state.display());
        let mut object = session.progress();
        object["done"] = why.into();
        output.result(sentence, &object)?;
        Ok(outcome)
    }
}

/// Takes the last answer, or skipped pair, back.
fn undo(session: &mut Session, output: Output, items: &Items) -> Result<()> {
    let Some((id, entry)) = session.log.standing().next_back() else {
        output.note("there is no answer to take back");
        return Ok(());
    };
    let what = match entry {
        pal::oracle::Entry::Answer(record) => match &record.answered {
            Answered::Pair { pair: (i, j), same } => {
                format!("{} and {} {}", items.item(*i), items.item(*j), how(*same))
            }
            other => format!("a {}", other.kind()),
        },
        _ => "a skipped pair".to_owned(),
    };
    session.retract(id)?;
    output.note(format_args!("answer {id} is taken back: {what}"));
    Ok(())
}

/// Answers, classes, error: one line.
fn standing(session: &Session, budget: Budget) -> String {
    let belief = &session.known.belief;
    let error = remaining_error(belief);
    let [share, most] = [error.share, error.interval.1].map(|share| 100.0 * share);
    let left = if budget.amount().is_finite() {
        format!(", {} to spend", budget.amount() - session.known.spent)
    } else {
        String::new()
    };
    format!(
        "{} answers, {} classes, about {share:.1} % in the wrong one, at most {most:.1} % (95 %; audited {}, right {}){left}",
        session.log.records().count(),
        belief.number_of_classes(),
        error.audited,
        error.audited - error.refused,
    )
}
