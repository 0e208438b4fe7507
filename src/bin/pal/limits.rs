//! How far the numbers of options go.

use pal::Error;

use crate::failure::Result;

/// As many, each with a representation of its own, are in memory at a time.
const MOST_TRIALS: usize = 10_000;
/// No person gives as many answers, and no page shows them.
const MOST_ANSWERS: usize = 1_000_000;

/// The share of wrong samples at which an annotator stops.
pub(crate) fn require_until_error(share: f64) -> Result<()> {
    require((0.0..=1.0).contains(&share), "until-error", share, "in [0, 1]")
}

/// Trials of a measurement.
pub(crate) fn require_trials(trials: usize) -> Result<()> {
    require((1..=MOST_TRIALS).contains(&trials), "trials", trials as f64, "from 1 to 10000")
}

/// Answers of a measurement.
pub(crate) fn require_answers(answers: usize) -> Result<()> {
    require((1..=MOST_ANSWERS).contains(&answers), "budget", answers as f64, "from 1 to 1000000")
}

fn require(holds: bool, argument: &'static str, value: f64, must: &'static str) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::Domain { argument, value, must }.into()) }
}
