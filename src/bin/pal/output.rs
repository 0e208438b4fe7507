//! What the program prints: results to standard output, progress and complaints to standard error.

use std::env;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use pal::data::io::escape_controls;
use serde_json::{Value, json};

use crate::failure::{Failure, Result};

/// The exit code of a command line that is wrong.
const WRONG_COMMAND_LINE: u8 = 2;

/// How to print.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Output {
    /// Print results, and complaints, as JSON: one object a line
    #[arg(long, global = true, help_heading = "Output")]
    json: bool,
    /// Print no progress, only results and complaints
    #[arg(long, short, global = true, help_heading = "Output")]
    quiet: bool,
}

impl Output {
    /// A result: the sentence for people, or the object for programs.
    pub(crate) fn result(self, sentence: impl Display, object: &Value) -> Result<()> {
        if self.json { line(object) } else { line(sentence) }
    }

    /// A result that takes people several lines.
    pub(crate) fn result_of_lines(self, sentences: &[String], object: &Value) -> Result<()> {
        if self.json { line(object) } else { sentences.iter().try_for_each(line) }
    }

    /// Progress and hints, to standard error unless quiet.
    pub(crate) fn note(self, sentence: impl Display) {
        if !self.quiet {
            // If it cannot be written, nobody is left to tell.
            let _ = if self.json {
                complain(json!({ "note": sentence.to_string() }))
            } else {
                complain(format_args!("pal: {sentence}"))
            };
        }
    }

    /// What was done otherwise than one may expect.
    pub(crate) fn warning(self, sentence: impl Display) {
        let _ = if self.json {
            complain(json!({ "warning": sentence.to_string() }))
        } else {
            complain(format_args!("pal: warning: {sentence}"))
        };
    }

    /// Why the program stops.
    pub(crate) fn failure(self, failure: &Failure) {
        let _ = if self.json {
            complain(error(failure))
        } else {
            complain(format_args!("pal: error: {failure}"))
        };
    }

    /// Whether results are for programs.
    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Whether someone watches who wants to see progress.
    pub(crate) fn shows_progress(self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }
}

/// Ends a program whose command line asks for help or the version, or is wrong: that is said as the command line asks for, as
/// far as it could be read.
pub(crate) fn end_without_command(said: &clap::Error) -> ExitCode {
    let is_json = env::args_os().take_while(|argument| argument != "--").any(|argument| argument == "--json");
    let output = Output { json: is_json, quiet: false };
    if !said.use_stderr() {
        return match said.print().and_then(|()| io::stdout().flush()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let failure = Failure::Output(error);
                output.failure(&failure);
                failure.code()
            }
        };
    }
    let _ = if is_json {
        let text = said.render().to_string();
        complain(error(text.trim_start_matches("error: ").trim_end()))
    } else {
        said.print()
    };
    WRONG_COMMAND_LINE.into()
}

fn error(text: impl Display) -> Value {
    json!({ "error": text.to_string() })
}

/// One line of standard error. Names, paths and cells in it are of others: what a terminal would obey is escaped.
fn complain(text: impl Display) -> io::Result<()> {
    writeln!(io::stderr(), "{}", escape_controls(&text.to_string()))
}

/// One line of standard output, at once, likewise harmless; JSON stays JSON.
pub(crate) fn line(text: impl Display) -> Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{}", escape_controls(&text.to_string()))
        .and_then(|()| output.flush())
        .map_err(Failure::Output)
}
