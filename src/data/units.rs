//! Columns in one unit, or in many.

use ndarray::{Array1, Array2, ArrayView2, Axis, CowArray, Ix2};

use crate::error::{Error, Result, check};
use crate::linalg::scale::{inverse_power, largest};

/// Ranges of columns within this factor of each other count as one unit.
const ONE_UNIT: f64 = 10.0;
/// The shares of columns, by range, that are left aside at either end.
const OUTER: f64 = 0.1;

/// Up to this, `2^53`, doubles tell all whole numbers apart.
pub(super) const LARGEST_COUNT: f64 = (1_u64 << 53) as f64;
/// Rounding errors that a constant may have gathered on its way in double precision, relative to its largest value.
const ROUNDING: f64 = 1024.0 * f64::EPSILON;
/// The same in single precision, in units of the last place: fewer, as the numbers may be doubles that need no more digits.
const SINGLE_ROUNDINGS: f64 = 2.0;

/// The columns of `x` `(n, p)` made comparable, as distances between rows need them.
///
/// The [constant](constant_columns) ones are dropped. If the ranges (largest less smallest value) of the middle four fifths of
/// the others are within a factor of ten, they are taken to share a unit, as pixels or lengths do, and are kept: to scale each
/// by itself would enlarge those that vary little. Otherwise, as where milligrams stand beside years, each gets mean 0 and
/// standard deviation 1.
///
/// An owned array is changed in place; a view is returned as it is if nothing changes, and copied otherwise.
///
/// # Errors
/// [`Error::NotFinite`]; [`Error::Empty`] without rows or if every column is constant.
pub fn commensurate<'a>(x: impl Into<CowArray<'a, f64, Ix2>>) -> Result<CowArray<'a, f64, Ix2>> {
    let x = x.into();
    check::finite("features", &x)?;
    let spreads = spreads(x.view());
    let mut ranges: Vec<f64> = spreads.iter().filter(|of| !of.is_constant()).map(Spread::range).collect();
    if ranges.is_empty() {
        return Err(Error::Empty { argument: "features", expected: "column that is not constant" });
    }
    let kept = if ranges.len() < spreads.len() { varying(x, &spreads)?.into() } else { x };
    ranges.sort_unstable_by(f64::total_cmp);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a share of a length
    let aside = (OUTER * ranges.len() as f64) as usize;
    if ranges[ranges.len() - 1 - aside] <= ONE_UNIT * ranges[aside] {
        return Ok(kept);
    }
    let mut kept = kept.into_owned();
    for mut column in kept.axis_iter_mut(Axis(1)) {
        // By a power of two near the largest value, which changes no digit, so that no square leaves the range of numbers.
        let scale = inverse_power(largest(&column));
        column.mapv_inplace(|value| value * scale);
        let (mean, deviation) = (column.sum() / column.len() as f64, column.std(0.0));
        column.mapv_inplace(|value| (value - mean) / deviation);
    }
    Ok(kept.into())
}

/// The columns of finite `x` `(n, p)`, counted from 0, that vary by no more than rounding.
///
/// That is `1024 ε` of the largest value or, where all values are single precision numbers, two units of the last place of the
/// largest there. Whole numbers up to `2^53` are exact, and constant only if equal.
#[must_use]
pub fn constant_columns(x: ArrayView2<f64>) -> Vec<usize> {
    let spreads = spreads(x);
    (0..spreads.len()).filter(|&column| spreads[column].is_constant()).collect()
}

/// The array without its constant columns; an owned one is changed in place.
fn varying(x: CowArray<f64, Ix2>, spreads: &Array1<Spread>) -> Result<Array2<f64>> {
    let (n, p) = x.dim();
    let is_kept = |column: usize| !spreads[column].is_constant();
    let kept: Vec<usize> = (0..p).filter(|&column| is_kept(column)).collect();
    if x.is_view() || !x.is_standard_layout() {
        return Ok(x.select(Axis(1), &kept));
    }
    let (mut numbers, offset) = x.into_owned().into_raw_vec_and_offset();
    // An array that was sliced holds more.
    numbers.truncate(offset.unwrap_or_default() + n * p);
    numbers.drain(..offset.unwrap_or_default());
    retain_columns(&mut numbers, p, is_kept);
    let got = vec![numbers.len()];
    Array2::from_shape_vec((n, kept.len()), numbers).map_err(|_| Error::Shape {
        argument: "features",
        expected: vec![n, kept.len()],
        got,
    })
}

/// Takes columns out of the numbers of a table of `columns` columns, row after row.
pub(super) fn retain_columns(numbers: &mut Vec<f64>, columns: usize, is_kept: impl Fn(usize) -> bool) {
    let mut at = 0;
    numbers.retain(|_| {
        at += 1;
        is_kept((at - 1) % columns)
    });
}

/// What is between the values of a column.
#[derive(Clone, Copy)]
struct Spread {
    low: f64,
    high: f64,
    /// Whether all are whole numbers that doubles tell apart.
    is_count: bool,
    /// Whether all are single precision numbers.
    is_single: bool,
}

/// The spread of each column.
fn spreads(x: ArrayView2<f64>) -> Array1<Spread> {
    let none = Spread { low: f64::INFINITY, high: f64::NEG_INFINITY, is_count: true, is_single: true };
    #[allow(clippy::cast_possible_truncation, clippy::float_cmp)] // whether it is lossless is the question
    x.fold_axis(Axis(0), none, |of, &value| Spread {
        low: of.low.min(value),
        high: of.high.max(value),
        is_count: of.is_count && value.fract() == 0.0 && value.abs() <= LARGEST_COUNT,
        is_single: of.is_single && f64::from(value as f32) == value,
    })
}

impl Spread {
    /// The largest less the smallest value; infinite if no number is as large.
    fn range(&self) -> f64 {
        self.high - self.low
    }

    fn is_constant(&self) -> bool {
        self.range() <= self.rounding()
    }

    /// How far apart two values may be by rounding alone.
    fn rounding(&self) -> f64 {
        let largest = self.low.abs().max(self.high.abs());
        if self.is_count {
            0.0
        } else if self.is_single {
            let unit = largest.log2().floor().exp2() * f64::from(f32::EPSILON);
            SINGLE_ROUNDINGS * unit.max(f64::from(f32::from_bits(1)))
        } else {
            ROUNDING * largest
        }
    }
}
