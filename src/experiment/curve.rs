//! A curve of a figure: mean and spread over trials.

use crate::error::{Error, Result};
use crate::linalg::scale::safe_scale;

/// One line of a figure: the statistics over trials at every `x`.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The series' name, as in the CSV and the legend.
    pub series: String,
    /// Abscissae.
    pub x: Vec<f64>,
    /// Mean over the trials at each abscissa.
    pub mean: Vec<f64>,
    /// Population standard deviation over the trials (divided by their number).
    pub std: Vec<f64>,
    /// Number of trials averaged.
    pub n: usize,
}

impl Curve {
    /// Mean `m = 1/n Σ_t y_t` and population deviation `√(1/n Σ_t (y_t − m)²)` at every `x`.
    ///
    /// * `rows`: one per trial, in trial order, each as long as `x`.
    ///
    /// Two passes in trial order, each over differences, so that trials that agree have deviation 0.
    ///
    /// # Errors
    /// [`Error::Empty`] without trials or abscissae, [`Error::Shape`] if a row is not as long as `x`,
    /// [`Error::NotFinite`] if a number is NaN or infinite, or if a mean or deviation overflows.
    pub fn from_trials(series: impl Into<String>, x: &[f64], rows: &[impl AsRef<[f64]>]) -> Result<Self> {
        if rows.is_empty() {
            return Err(Error::Empty { argument: "rows", expected: "trial" });
        }
        if x.is_empty() {
            return Err(Error::Empty { argument: "x", expected: "abscissa" });
        }
        finite("x", x, |j| vec![j])?;
        for (trial, row) in rows.iter().enumerate() {
            let row = row.as_ref();
            if row.len() != x.len() {
                return Err(Error::Shape {
                    argument: "the row of a trial",
                    expected: vec![x.len()],
                    got: vec![row.len()],
                });
            }
            finite("rows", row, |j| vec![trial, j])?;
        }
        let column = |j: usize| rows.iter().map(move |row| row.as_ref()[j]);
        let (mean, std): (Vec<_>, Vec<_>) = (0..x.len()).map(|j| mean_and_std(|| column(j))).unzip();
        finite("mean", &mean, |j| vec![j])?;
        finite("std", &std, |j| vec![j])?;
        Ok(Self { series: series.into(), x: x.to_vec(), mean, std, n: rows.len() })
    }
}

fn finite(argument: &'static str, values: &[f64], index: impl Fn(usize) -> Vec<usize>) -> Result<()> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(j) => Err(Error::NotFinite { argument, index: index(j), value: values[j] }),
        None => Ok(()),
    }
}

/// The statistics of what `values` yields, which is not empty.
fn mean_and_std<I: Iterator<Item = f64>>(values: impl Fn() -> I) -> (f64, f64) {
    let scale = safe_scale(values().fold(0.0, |largest, y| y.abs().max(largest)));
    if scale.log2() == 0.0 {
        return plain_mean_and_std(values);
    }
    // Squares leave the range of numbers, into which a power of two takes them back.
    let (mean, std) = plain_mean_and_std(|| values().map(|y| y * scale));
    (mean / scale, std / scale)
}

fn plain_mean_and_std<I: Iterator<Item = f64>>(values: impl Fn() -> I) -> (f64, f64) {
    let n = values().count() as f64;
    let first = values().next().unwrap_or_default();
    let mean = first + values().map(|y| y - first).sum::<f64>() / n;
    let (mut sum, mut squares) = (0.0, 0.0);
    for difference in values().map(|y| y - mean) {
        sum += difference;
        squares += difference * difference;
    }
    // `sum` is zero but for the rounding of `mean`, which this takes back.
    (mean + sum / n, ((squares - sum * sum / n).max(0.0) / n).sqrt())
}

/// `count` equally spaced numbers from `start` to `end`, both included and exact; `start` alone if `count = 1`.
#[must_use]
pub fn linspace(start: f64, end: f64, count: usize) -> Vec<f64> {
    let steps = count.saturating_sub(1);
    let width = end - start;
    let point = |i: usize| {
        let share = i as f64 / steps.max(1) as f64;
        if i > 0 && i == steps {
            end
        } else if width.is_finite() {
            start + width * share
        } else {
            start * (1.0 - share) + end * share
        }
    };
    (0..count).map(point).collect()
}
