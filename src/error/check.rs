//! The checks of arguments: each returns the error that names the argument.

use ndarray::{ArrayBase, ArrayView2, Data, Dimension};
use rayon::prelude::*;

use super::{Error, Result};
use crate::scalar::{Scalar, vectorised};

/// Entries that one task checks.
const CHUNK: usize = 1 << 16;

/// Every entry is finite.
pub(crate) fn finite<F: Scalar, S: Data<Elem = F>, D: Dimension>(
    argument: &'static str,
    array: &ArrayBase<S, D>,
) -> Result<()>
where
    D::Pattern: IndexList,
{
    match first_not_finite(array) {
        Some((index, value)) => Err(Error::NotFinite { argument, index: index.list(), value }),
        None => Ok(()),
    }
}

/// Every entry on and below the diagonal is finite.
pub(crate) fn lower_triangle_finite(argument: &'static str, matrix: ArrayView2<f64>) -> Result<()> {
    for (i, row) in matrix.rows().into_iter().enumerate() {
        if let Some((j, &value)) = row.iter().take(i + 1).enumerate().find(|(_, value)| !value.is_finite()) {
            return Err(Error::NotFinite { argument, index: vec![i, j], value });
        }
    }
    Ok(())
}

/// Every entry of a result is finite; where one is not, `must` says which argument is out of scale.
///
/// Entries of arguments are checked by [`finite`] before, so that what is not finite here overflowed on the way.
pub(crate) fn in_range<F: Scalar, S: Data<Elem = F>, D: Dimension>(
    result: &'static str,
    array: &ArrayBase<S, D>,
    must: &'static str,
) -> Result<()>
where
    D::Pattern: IndexList,
{
    match first_not_finite(array) {
        Some((_, value)) => Err(Error::Domain { argument: result, value, must }),
        None => Ok(()),
    }
}

/// [`in_range`] of one number.
pub(crate) fn number(result: &'static str, value: f64, must: &'static str) -> Result<f64> {
    if value.is_finite() {
        return Ok(value);
    }
    Err(Error::Domain { argument: result, value, must })
}

/// Where the first entry stands that is NaN or an infinity, and the entry.
fn first_not_finite<F: Scalar, S: Data<Elem = F>, D: Dimension>(
    array: &ArrayBase<S, D>,
) -> Option<(D::Pattern, f64)> {
    // A sum is finite unless an entry is not (or it overflows, then all are looked at): one cheap pass on good input.
    let sums_are_finite = match array.as_slice_memory_order() {
        Some(entries) if entries.len() > CHUNK => entries.par_chunks(CHUNK).all(lanes_are_finite),
        Some(entries) => lanes_are_finite(entries),
        None => array.sum().is_finite(),
    };
    if sums_are_finite {
        return None;
    }
    let first = array.indexed_iter().find(|(_, value)| !value.is_finite());
    first.map(|(index, value)| (index, value.as_f64()))
}

/// Whether the sums of every so many entries are finite.
fn lanes_are_finite<F: Scalar>(entries: &[F]) -> bool {
    const LANES: usize = 64;
    vectorised(
        #[inline(always)]
        || {
            let mut sums = [F::zero(); LANES];
            let mut chunks = entries.chunks_exact(LANES);
            for chunk in chunks.by_ref() {
                for (sum, &entry) in sums.iter_mut().zip(chunk) {
                    *sum += entry;
                }
            }
            for (sum, &entry) in sums.iter_mut().zip(chunks.remainder()) {
                *sum += entry;
            }
            sums.iter().all(|sum| sum.is_finite())
        },
    )
}

/// `got` is the shape the contract asks for.
pub(crate) fn shape(argument: &'static str, expected: &[usize], got: &[usize]) -> Result<()> {
    if expected == got {
        return Ok(());
    }
    Err(Error::Shape { argument, expected: expected.to_vec(), got: got.to_vec() })
}

/// The matrix is square and equal to its transpose, up to `1e-12` of its largest entry.
pub(crate) fn symmetric(argument: &'static str, matrix: ArrayView2<f64>) -> Result<()> {
    let n = matrix.nrows();
    shape(argument, &[n, n], matrix.shape())?;
    finite(argument, &matrix)?;
    let tolerance = 1e-12 * matrix.iter().fold(0.0_f64, |largest, entry| largest.max(entry.abs()));
    for row in 1..n {
        for column in 0..row {
            let (value, mirror) = (matrix[[row, column]], matrix[[column, row]]);
            if (value - mirror).abs() > tolerance {
                return Err(Error::Asymmetric { argument, row, column, value, mirror });
            }
        }
    }
    Ok(())
}

/// `value` is finite and positive.
pub(crate) fn positive(argument: &'static str, value: f64) -> Result<()> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(Error::Domain { argument, value, must: "positive and finite" })
}

/// `value` is finite and at least zero.
pub(crate) fn not_negative(argument: &'static str, value: f64) -> Result<()> {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    Err(Error::Domain { argument, value, must: "finite and not negative" })
}

/// `value` is a probability.
pub(crate) fn probability(argument: &'static str, value: f64) -> Result<()> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(Error::Domain { argument, value, must: "in [0, 1]" })
}

/// A count is at least one and at most `most`.
pub(crate) fn count(argument: &'static str, value: usize, most: usize, must: &'static str) -> Result<()> {
    if (1..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::Domain { argument, value: value as f64, must })
}

/// `index` is below `end`.
pub(crate) fn index(argument: &'static str, index: usize, end: usize, must: &'static str) -> Result<()> {
    if index < end {
        return Ok(());
    }
    Err(Error::Domain { argument, value: index as f64, must })
}

/// An array index of any dimension as a list of numbers.
pub(crate) trait IndexList {
    /// The index, one number an axis.
    fn list(&self) -> Vec<usize>;
}

impl IndexList for usize {
    fn list(&self) -> Vec<usize> {
        vec![*self]
    }
}

impl IndexList for ndarray::IxDyn {
    fn list(&self) -> Vec<usize> {
        self.slice().to_vec()
    }
}

impl IndexList for (usize, usize) {
    fn list(&self) -> Vec<usize> {
        vec![self.0, self.1]
    }
}
