//! Columns in one unit, or in many.

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

use crate::error::{Error, Result, check};
use crate::linalg::scale::{inverse_power, largest};

/// Ranges of columns within this factor of each other count as one unit.
const ONE_UNIT: f64 = 10.0;
/// The shares of columns, by range, that are left aside at either end.
const OUTER: f64 = 0.1;

/// Up to this, `2^53`, doubles tell all whole numbers apart.
const LARGEST_COUNT: f64 = (1_u64 << 53) as f64;
/// Rounding errors that a constant may have gathered on its way: in units of the last place of double and of single precision.
const ROUNDINGS: [f64; 2] = [1024.0 * f64::EPSILON, 64.0 * f32::EPSILON as f64];

/// The columns of `x` `(n, p)` made comparable, as distances between rows need them.
///
/// Constant columns are dropped, those that vary by no more than rounding included: by `1024 ε` of their largest value, or,
/// where all values are single precision numbers, by 64 times the `ε` of those. Whole numbers up to `2^53` are exact, and
/// constant only if equal. If the ranges (largest less smallest value) of the middle four fifths of the others are within a
/// factor of ten, they are taken to share a unit, as pixels or lengths do, and are kept: to scale each by itself would blow up
/// those that carry little. Otherwise, as where milligrams stand beside years, each gets mean 0 and standard deviation 1.
///
/// # Errors
/// [`Error::NotFinite`]; [`Error::Empty`] without rows or if every column is constant.
pub fn commensurate(x: ArrayView2<f64>) -> Result<Array2<f64>> {
    check::finite("features", &x)?;
    let mut ranges = Vec::new();
    let mut varying = Vec::new();
    for (column, values) in x.axis_iter(Axis(1)).enumerate() {
        let range = range(values);
        if range > rounding(values) {
            ranges.push(range);
            varying.push(column);
        }
    }
    if varying.is_empty() {
        return Err(Error::Empty { argument: "features", expected: "column that is not constant" });
    }
    ranges.sort_unstable_by(f64::total_cmp);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a share of a length
    let aside = (OUTER * ranges.len() as f64) as usize;
    let mut kept = x.select(Axis(1), &varying);
    if ranges[ranges.len() - 1 - aside] > ONE_UNIT * ranges[aside] {
        for mut column in kept.axis_iter_mut(Axis(1)) {
            // By a power of two near the largest value, which changes no digit, so that no square leaves the range of numbers.
            let scale = inverse_power(largest(&column));
            column.mapv_inplace(|value| value * scale);
            let (mean, deviation) = (column.sum() / column.len() as f64, column.std(0.0));
            column.mapv_inplace(|value| (value - mean) / deviation);
        }
    }
    Ok(kept)
}

/// The largest less the smallest value; infinite if no number is as large.
fn range(values: ArrayView1<f64>) -> f64 {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max) - low
}

/// How far apart two values of a column may be by rounding alone.
fn rounding(values: ArrayView1<f64>) -> f64 {
    let all = |is: fn(f64) -> bool| values.iter().all(|&value| is(value));
    if all(|value| value.fract() == 0.0 && value.abs() <= LARGEST_COUNT) {
        return 0.0;
    }
    #[allow(clippy::cast_possible_truncation, clippy::float_cmp)] // whether it is lossless is the question
    let is_single = all(|value| f64::from(value as f32) == value);
    ROUNDINGS[usize::from(is_single)] * largest(values)
}
