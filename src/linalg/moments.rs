//! Means and variances of the columns of a tall matrix, in one pass over memory, at any scale.

use std::iter::StepBy;
use std::ops::Range;

use ndarray::ArrayView2;

use super::rows::row;
use crate::scalar::{Scalar, vectorised};

/// The weight of some rows, and of each column under it its mean and spread.
pub(crate) struct Moments {
    pub(crate) weight: f64,
    pub(crate) means: Vec<f64>,
    /// The largest absolute value, whatever its weight.
    pub(crate) largest: Vec<f64>,
    /// The weighted sum of squared deviations from the mean, over the square of the largest value: scales do not matter, and
    /// squares stay in the number range.
    pub(crate) squares: Vec<f64>,
}

impl Moments {
    pub(crate) fn none(columns: usize) -> Self {
        let zeros = || vec![0.0; columns];
        Self { weight: 0.0, means: zeros(), largest: zeros(), squares: zeros() }
    }

    /// Of a few rows of `z`, which are read twice, in the precision of their entries.
    #[inline(always)]
    pub(crate) fn of<F: Scalar>(
        z: ArrayView2<F>,
        w: impl Fn(usize) -> F,
        rows: StepBy<Range<usize>>,
    ) -> Self {
        let zeros = || vec![F::zero(); z.ncols()];
        let (mut means, mut largest, mut squares) = (zeros(), zeros(), zeros());
        let mut weight = 0.0;
        vectorised(
            #[inline(always)]
            || {
                for i in rows.clone() {
                    let of_row = w(i);
                    weight += of_row.as_f64();
                    for ((sum, largest), &entry) in means.iter_mut().zip(&mut largest).zip(row(&z, i)) {
                        *sum += of_row * entry;
                        *largest = if entry.abs() > *largest { entry.abs() } else { *largest };
                    }
                }
                let share = if weight > 0.0 { F::of(weight.recip()) } else { F::zero() };
                for mean in &mut means {
                    *mean *= share;
                }
                let inverses: Vec<F> = largest.iter().map(|&largest| inverse(largest)).collect();
                for i in rows {
                    let of_row = w(i);
                    let columns = row(&z, i).iter().zip(&means).zip(&inverses);
                    for (square, ((&entry, &mean), &inverse)) in squares.iter_mut().zip(columns) {
                        let deviation = (entry - mean) * inverse;
                        *square += of_row * deviation * deviation;
                    }
                }
            },
        );
        let in_double = |columns: Vec<F>| columns.into_iter().map(F::as_f64).collect();
        Self { weight, means: in_double(means), largest: in_double(largest), squares: in_double(squares) }
    }

    /// Adds those of other rows (Chan et al. 1979).
    pub(crate) fn join(&mut self, other: &Self) {
        let weight = self.weight + other.weight;
        let share = if weight > 0.0 { other.weight / weight } else { 0.0 };
        let between = self.weight * share;
        vectorised(
            #[inline(always)]
            || {
                let own = self.means.iter_mut().zip(&mut self.largest).zip(&mut self.squares);
                let other = other.means.iter().zip(&other.largest).zip(&other.squares);
                for (((mean, largest), squares), ((&other_mean, &other_largest), &other_squares)) in
                    own.zip(other)
                {
                    let both = if other_largest > *largest { other_largest } else { *largest };
                    let inverse = inverse(both);
                    let (a, b) = (*largest * inverse, other_largest * inverse);
                    let shift = (other_mean - *mean) * inverse;
                    *squares = *squares * a * a + other_squares * b * b + between * shift * shift;
                    *mean += share * (other_mean - *mean);
                    *largest = both;
                }
            },
        );
        self.weight = weight;
    }
}

/// `1 / largest`, or a finite number in its place where that overflows.
fn inverse<F: Scalar>(largest: F) -> F {
    if largest > F::zero() { largest.recip().min(F::max_value()) } else { F::one() }
}
