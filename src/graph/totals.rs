//! The rows of a sum of terms, cleaned of rounding.
//!
//! Terms may cancel: `0.1 + 0.2 − 0.3` is meant to be no edge, though it is `5.6e-17` in floating point. An entry
//! whose absolute value is below [`ROUNDING`] times the sum of the absolute values of its summands is set to zero.

use ndarray::{Array1, ArrayView1, ArrayViewMut1};

use super::structure::Structure;

/// What rounding can leave of a cancelled sum, relative to its summands: some tens of units in the last place.
pub(super) const ROUNDING: f64 = 1e-14;

/// Whether `holds(i, row i of the sum)` for every row in order; stops at the first that fails.
///
/// Time `O(n)` a row and term, memory `O(n)`.
pub(super) fn every_row(
    terms: &[(f64, &dyn Structure)],
    mut holds: impl FnMut(usize, ArrayView1<f64>) -> bool,
) -> bool {
    let n = terms.first().map_or(0, |(_, form)| form.order());
    let mut row = Array1::zeros(n);
    (0..n).all(|i| {
        write_row(terms, i, row.view_mut());
        holds(i, row.view())
    })
}

/// Writes row `i` of the sum over `row`, of length `n`.
fn write_row(terms: &[(f64, &dyn Structure)], i: usize, mut row: ArrayViewMut1<f64>) {
    let mut magnitude = Array1::<f64>::zeros(row.len());
    row.fill(0.0);
    for (weight, form) in terms {
        form.add_row(i, *weight, row.view_mut());
        form.add_magnitude(i, *weight, magnitude.view_mut());
    }
    row.zip_mut_with(&magnitude, |entry: &mut f64, magnitude| {
        if entry.abs() <= ROUNDING * magnitude {
            *entry = 0.0;
        }
    });
}
