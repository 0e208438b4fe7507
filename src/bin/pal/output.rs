//! What the program prints: results to standard output, progress and complaints to standard error.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use pal::data::io::escape_controls;
use serde_json::{Value, json};

use crate::failure::{Failure, Result};

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
            complain(json!({ "error": failure.to_string() }))
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
