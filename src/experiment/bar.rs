//! A bar of progress in the terminal.

use std::io::{self, IsTerminal};
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};

use crate::{Observer, Progress};

/// Draws a bar on standard error for one computation after the other: its name, the number done and the time left.
///
/// It takes no notice of anything unless standard error is a terminal.
#[must_use]
pub fn progress_bar() -> Observer {
    if !io::stderr().is_terminal() {
        return Observer::default();
    }
    let shown = Mutex::new(None);
    Observer::new(move |progress| {
        let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = shown.get_or_insert_with(|| bar_of(progress));
        bar.set_position(progress.done as u64);
        if progress.done == progress.total {
            bar.finish_and_clear();
            *shown = None;
        }
    })
}

fn bar_of(Progress { task, unit, total, .. }: Progress) -> ProgressBar {
    let bar = ProgressBar::new(total as u64).with_prefix(task.to_owned()).with_message(unit);
    match ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len} {msg}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
