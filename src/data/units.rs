//! Columns in one unit, or in many.

use ndarray::{Array2, ArrayView2, Axis};

use crate::error::{Error, Result, check};

/// Ranges of columns within this factor of each other count as one unit.
const ONE_UNIT: f64 = 10.0;
/// The shares of columns, by range, that are left aside at either end.
const OUTER: f64 = 0.1;

/// The columns of `x` `(n, p)` made comparable, as distances between rows need them.
///
/// Constant columns are dropped. If the ranges (largest less smallest value) of the middle four fifths of the others are
/// within a factor of ten, they are taken to share a unit, as pixels or lengths do, and are kept: to scale each by itself
/// would blow up those that carry little. Otherwise, as where milligrams stand beside years, each gets mean 0 and standard
/// deviation 1.
///
/// # Errors
/// [`Error::NotFinite`]; [`Error::Empty`] without rows or if every column is constant.
pub fn commensurate(x: ArrayView2<f64>) -> Result<Array2<f64>> {
    check::finite("features", &x)?;
    let mut ranges = Vec::new();
    let mut varying = Vec::new();
    for (column, values) in x.axis_iter(Axis(1)).enumerate() {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let range = values.iter().copied().fold(f64::NEG_INFINITY, f64::max) - low;
        if range > 0.0 {
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
            let (mean, deviation) = (column.sum() / column.len() as f64, column.std(0.0));
            column.mapv_inplace(|value| (value - mean) / deviation);
        }
    }
    Ok(kept)
}
