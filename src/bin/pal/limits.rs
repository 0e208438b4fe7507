//! How far measurements go: beyond, lists leave the memory.

use pal::Error;

use crate::failure::Result;

/// As many, each with a representation of its own, are in memory at a time.
const MOST_TRIALS: usize = 10_000;
/// No person gives as many answers, and no page shows them.
const MOST_ANSWERS: usize = 1_000_000;

/// Trials of a measurement.
pub(crate) fn require_trials(trials: usize) -> Result<()> {
    require((1..=MOST_TRIALS).contains(&trials), "trials", trials, "from 1 to 10000")
}

/// Answers of a measurement.
pub(crate) fn require_answers(answers: usize) -> Result<()> {
    require((1..=MOST_ANSWERS).contains(&answers), "budget", answers, "from 1 to 1000000")
}

fn require(holds: bool, argument: &'static str, value: usize, must: &'static str) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::Domain { argument, value: value as f64, must }.into()) }
}
