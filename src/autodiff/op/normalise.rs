//! Rows of length one, and columns of mean zero and variance one.

use ndarray::{Array2, Axis};

use crate::Scalar;
use crate::autodiff::Var;
use crate::error::{Error, Result, check};

/// What [`Var::standardise_columns`] returns: the standardised batch and the statistics it was standardised by.
#[derive(Clone, Debug)]
pub struct Standardised<'t, F: Scalar> {
    /// `(m, n)` with columns of mean 0 and variance just below 1.
    pub values: Var<'t, F>,
    /// `(1, n)` the means of the columns; no gradient passes through them.
    pub mean: Array2<F>,
    /// `(1, n)` the variances of the columns, over `m`; no gradient passes through them.
    pub variance: Array2<F>,
}

impl<'t, F: Scalar> Var<'t, F> {
    /// Every row divided by its Euclidean norm: `y = x / ‖x‖`. Back: `x̄ = (ȳ − y ⟨y, ȳ⟩) / ‖x‖`.
    ///
    /// # Errors
    /// [`Error::Domain`] if a row is zero or holds NaN or an infinity.
    pub fn normalise_rows(self) -> Result<Self> {
        let to = self.target();
        let mut y = self.value().into_owned();
        // A norm, the product of the two, need not be a number, nor its inverse.
        let (mut largest_of, mut relative) = (Array2::zeros((y.nrows(), 1)), Array2::zeros((y.nrows(), 1)));
        for ((mut row, of_row), norm) in y.rows_mut().into_iter().zip(&mut largest_of).zip(&mut relative) {
            // Squares of very small or large entries leave the number range; those of entries up to 1 do not.
            let largest = row.fold(F::zero(), |largest, &entry| {
                // A NaN once met is never replaced.
                if entry.abs() > largest || entry.is_nan() { entry.abs() } else { largest }
            });
            check::positive("largest entry of a row", largest.as_f64())?;
            row.mapv_inplace(|entry| entry / largest);
            let scaled = row.fold(F::zero(), |sum, &entry| sum + entry * entry).sqrt();
            row.mapv_inplace(|entry| entry / scaled);
            (*of_row, *norm) = (largest, scaled);
        }
        let y = y.into_shared();
        let value = y.clone();
        Ok(self.tape().record(&[self], value, move |g, cotangents| {
            cotangents.add(to, || {
                let along = (&g * &y).sum_axis(Axis(1)).insert_axis(Axis(1));
                let norms = &largest_of * &relative;
                if norms.iter().all(|norm| norm.is_normal()) {
                    (g - &y * &along) / &norms
                } else {
                    (g - &y * &along) / &relative / &largest_of
                }
            });
        }))
    }

    /// Every column at mean 0 and variance `σ²/(σ² + ε)`: `y = (x − μ)/s` with `s = √(σ² + ε)`, the forward pass of batch
    /// normalisation. Back, with means over the batch: `x̄ = (ȳ − mean ȳ − y mean(y ∘ ȳ)) / s`.
    ///
    /// The variance `σ²` is over `m`, the number of rows.
    ///
    /// # Errors
    /// [`Error::Domain`] if `epsilon` is not positive or a variance of finite entries overflows,
    /// [`Error::Empty`] if there is no row.
    pub fn standardise_columns(self, epsilon: F) -> Result<Standardised<'t, F>> {
        check::positive("epsilon", epsilon.as_f64())?;
        let (to, x) = (self.target(), self.value());
        if x.nrows() == 0 {
            return Err(Error::Empty { argument: "operand", expected: "row" });
        }
        let mean = column_means(&x.view());
        let mut y = &x - &mean;
        let variance = column_means(&y.mapv(|entry| entry * entry).view());
        let range = check::in_range("variance of a column", &variance, "finite: the operand is out of scale");
        if range.is_err() && check::finite("operand", &x).is_ok() {
            range?;
        }
        let deviations = variance.mapv(|variance| (variance + epsilon).sqrt());
        y /= &deviations;
        let y = y.into_shared();
        let value = y.clone();
        let values = self.tape().record(&[self], value, move |g, cotangents| {
            cotangents.add(to, || {
                let (mean, slope) = (column_means(&g.view()), column_means(&(&g * &y).view()));
                (g - &mean - &y * &slope) / &deviations
            });
        });
        Ok(Standardised { values, mean, variance })
    }
}

/// `(1, n)` the means of the columns.
fn column_means<F: Scalar>(x: &ndarray::ArrayView2<F>) -> Array2<F> {
    (x.sum_axis(Axis(0)) / F::of(x.nrows() as f64)).insert_axis(Axis(0))
}
