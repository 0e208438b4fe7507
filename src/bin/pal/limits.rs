//! How far options go: beyond, sums of prices, logarithms or lists leave the range of numbers or the memory.

use pal::Error;
use pal::oracle::Prices;

use crate::failure::Result;

/// Rarer errors make one answer outweigh all others by more than numbers can hold.
const LEAST_ERROR: f64 = 1e-12;
/// Sums of as many as can be paid are exact to a share of the unit.
const HIGHEST_PRICE: f64 = 1e12;
/// Beyond, no curve can be drawn against it.
const HIGHEST_SPENT: f64 = 1e300;
/// As many, each with a representation of its own, are in memory at a time.
const MOST_TRIALS: usize = 10_000;
/// No person gives as many answers, and no page shows them.
const MOST_ANSWERS: usize = 1_000_000;

/// How often an answer is taken to be wrong.
pub(crate) fn require_error(error: f64) -> Result<()> {
    require(
        error == 0.0 || !(0.0..LEAST_ERROR).contains(&error),
        "error",
        error,
        "at least 1e-12 and below 0.5",
    )
}

/// The share of wrong samples at which an annotator stops.
pub(crate) fn require_until_error(share: f64) -> Result<()> {
    require((0.0..=1.0).contains(&share), "until-error", share, "in [0, 1]")
}

/// What answers cost.
pub(crate) fn require_prices(prices: &Prices) -> Result<()> {
    for (argument, price) in [
        ("price of a pair", prices.pair),
        ("price of a label", prices.label),
        ("price of a candidate", prices.candidate),
    ] {
        require(price.is_nan() || price <= HIGHEST_PRICE, argument, price, "at most 1e12")?;
    }
    Ok(())
}

/// What was spent, in a state whose prices were set before they had a limit.
pub(crate) fn require_spent(spent: f64) -> Result<()> {
    require(
        spent <= HIGHEST_SPENT,
        "cost of all answers",
        spent,
        "at most 1e300; set lower prices with pal embed",
    )
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
