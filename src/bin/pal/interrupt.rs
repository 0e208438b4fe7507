//! Ctrl-C, and the other ways to be asked to stop: never in the midst of a write.

use std::path::Path;

use pal::session::hold_writes;

use crate::failure::{Failure, Result};
use crate::output::Output;

/// From now on, an interrupt ends the program with a word about where the answers are, and exit code 130.
pub(crate) fn explain(folder: &Path, output: Output) -> Result<()> {
    let folder = folder.display().to_string();
    let stop = move || {
        let _held = hold_writes();
        output.note(format_args!(
            "interrupted; every acknowledged answer is on disk in {folder}, the same command goes on from there"
        ));
        std::process::exit(130);
    };
    ctrlc::set_handler(stop).map_err(|error| Failure::Unfit {
        what: "interrupts".into(),
        found: error.to_string(),
        expected: "that the system reports them".into(),
    })
}
