//! Sums, means, maxima and the logarithm of a sum of exponentials.

use ndarray::{Array2, Axis};

use crate::Scalar;
use crate::autodiff::Var;
use crate::error::{Error, Result, check};

impl<F: Scalar> Var<'_, F> {
    /// The sum of all entries, `(1, 1)`. Back: `X̄_ij = Ȳ`.
    #[must_use]
    pub fn sum(self) -> Self {
        let (to, dim) = (self.target(), self.dim());
        let sum = Array2::from_elem((1, 1), self.value().sum());
        self.tape().record(&[self], sum, move |g, cotangents| {
            cotangents.add_with(to, dim, |mut sum| sum += g[[0, 0]]);
        })
    }

    /// The mean of all entries, `(1, 1)`.
    ///
    /// # Errors
    /// [`Error::Empty`] if there is no entry.
    pub fn mean(self) -> Result<Self> {
        let (rows, columns) = self.dim();
        not_empty(rows * columns, "entry")?;
        Ok(self.sum() / F::of((rows * columns) as f64))
    }

    /// The sums along `axis`, which keeps length 1: `(1, n)` for `Axis(0)`, `(m, 1)` for `Axis(1)`.
    ///
    /// # Errors
    /// [`Error::Domain`] for any other axis.
    pub fn sum_axis(self, axis: Axis) -> Result<Self> {
        check::index("axis", axis.index(), 2, "0 or 1")?;
        let (to, dim) = (self.target(), self.dim());
        let sums = self.value().sum_axis(axis).insert_axis(axis);
        Ok(self.tape().record(&[self], sums, move |g, cotangents| {
            cotangents.add_with(to, dim, |mut sum| sum += &g);
        }))
    }

    /// The means along `axis`, shapes as [`sum_axis`](Self::sum_axis).
    ///
    /// # Errors
    /// [`Error::Domain`] if the axis is neither 0 nor 1, [`Error::Empty`] if it has length 0.
    pub fn mean_axis(self, axis: Axis) -> Result<Self> {
        let sums = self.sum_axis(axis)?;
        let length = self.value().len_of(axis);
        not_empty(length, "entry along the axis")?;
        Ok(sums / F::of(length as f64))
    }

    /// The mean over groups of `columns` neighbours, `(m, columns)`: `y_ij = mean_g x_{i, g·columns + j}`, the channels of an
    /// image averaged over its pixels. Back: `X̄_{i, g·columns + j} = Ȳ_ij / groups`.
    ///
    /// # Errors
    /// [`Error::Operands`] if the number of columns is no positive multiple of `columns`.
    pub fn mean_of_groups(self, columns: usize) -> Result<Self> {
        let (m, n) = self.dim();
        if columns == 0 || n == 0 || !n.is_multiple_of(columns) {
            return Err(Error::Operands { op: "mean_of_groups", left: (m, n), right: (m, columns) });
        }
        let (to, share) = (self.target(), F::of((n / columns) as f64).recip());
        let x = self.value();
        let mut means = Array2::zeros((m, columns));
        for (mut mean, row) in means.rows_mut().into_iter().zip(x.rows()) {
            for group in row.exact_chunks(columns) {
                mean += &group;
            }
        }
        means *= share;
        Ok(self.tape().record(&[self], means, move |g, cotangents| {
            cotangents.add_with(to, (m, n), |mut sum| {
                for (mut sum, g) in sum.rows_mut().into_iter().zip(g.rows()) {
                    for mut group in sum.exact_chunks_mut(columns) {
                        group.scaled_add(share, &g);
                    }
                }
            });
        }))
    }

    /// `ln Σ_j exp x_ij` of every row, `(m, 1)`, without overflow. Back: `X̄_ij = Ȳ_i exp(x_ij − y_i)`, the softmax.
    ///
    /// An entry may be `−∞` (a masked one). A row of nothing else has value `−∞` and gradient 0.
    ///
    /// # Errors
    /// [`Error::Empty`] if the rows have no entry.
    pub fn log_sum_exp_rows(self) -> Result<Self> {
        let (to, x) = (self.target(), self.value());
        not_empty(x.ncols(), "column")?;
        let y = x.map_axis(Axis(1), |row| {
            let largest = row.fold(F::neg_infinity(), |largest, &entry| largest.max(entry));
            // The largest exponential is 1, so that the sum neither overflows nor vanishes.
            let shift = if largest.is_finite() { largest } else { F::zero() };
            shift + row.iter().map(|&entry| (entry - shift).exp()).sum::<F>().ln()
        });
        let y = y.insert_axis(Axis(1)).into_shared();
        let value = y.clone();
        Ok(self.tape().record(&[self], value, move |g, cotangents| {
            cotangents.add(to, || {
                let mut softmax = &x - &y.mapv(|y| if y == F::neg_infinity() { F::zero() } else { y });
                softmax.mapv_inplace(F::exp);
                softmax * &g
            });
        }))
    }

    /// The largest entry of every row, `(m, 1)`; NaN if the row holds one. Back: to the first of the largest.
    ///
    /// # Errors
    /// [`Error::Empty`] if the rows have no entry.
    pub fn max_rows(self) -> Result<Self> {
        let x = self.value();
        not_empty(x.ncols(), "column")?;
        let first: Vec<usize> = x
            .rows()
            .into_iter()
            .map(|row| {
                row.iter().enumerate().fold(0, |first, (column, &entry)| {
                    // A NaN once met is never replaced.
                    if entry > row[first] || (entry.is_nan() && !row[first].is_nan()) {
                        column
                    } else {
                        first
                    }
                })
            })
            .collect();
        self.pick(&first)
    }
}

fn not_empty(length: usize, expected: &'static str) -> Result<()> {
    if length > 0 {
        return Ok(());
    }
    Err(Error::Empty { argument: "operand", expected })
}
