//! Rows of length one, and columns of mean zero and variance one, scaled and shifted.

use std::ops::Range;

use ndarray::{ArcArray2, Array2, ArrayView2, Axis};

use super::epilogue::Epilogue;
use super::shape::reshaped;
use crate::autodiff::Var;
use crate::error::{Error, Result, check};
use crate::linalg::moments::Moments;
use crate::linalg::rows::{
    BLOCK_ROWS, PARTIAL_SUMS, entries, entries_mut, over_rows, sum_of_parts, sums_over_blocks,
};
use crate::scalar::{Scalar, vectorised};

/// What [`Var::batch_normalise`] returns: the normalised batch and the statistics it was normalised by.
#[derive(Clone, Debug)]
pub struct BatchNormalised<'t, F: Scalar> {
    /// `(m, n)`.
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

    /// Batch normalisation (Ioffe and Szegedy 2015): `y = f(x̂ a + b)` for `x̂ = (x − μ)/s` with the column's mean `μ` and
    /// `s = √(σ² + ε)`, `scale` `a` and `shift` `b`, both `(1, n)`, and the epilogue `f`. The variance `σ²` is over the number of rows.
    ///
    /// Back, with means over the batch and `ȳ` the cotangent before `f`: `x̄ = a (ȳ − mean ȳ − x̂ mean(x̂ ∘ ȳ)) / s`,
    /// `ā = Σ x̂ ∘ ȳ`, `b̄ = Σ ȳ`.
    ///
    /// # Errors
    /// [`Error::Domain`] if `epsilon` is not positive or a variance of finite entries overflows, [`Error::Empty`] if there is no
    /// row, [`Error::Operands`] if `scale` or `shift` is not `(1, n)`, [`Error::OtherTape`].
    pub fn batch_normalise(
        self,
        scale: Var<'t, F>,
        shift: Var<'t, F>,
        epsilon: F,
        epilogue: Epilogue,
    ) -> Result<BatchNormalised<'t, F>> {
        check::positive("epsilon", epsilon.as_f64())?;
        let (m, n) = self.dim();
        for factor in [scale, shift] {
            factor.check_on(self.tape(), "batch_normalise")?;
            if factor.dim() != (1, n) {
                return Err(Error::Operands { op: "batch_normalise", left: (m, n), right: factor.dim() });
            }
        }
        if m == 0 {
            return Err(Error::Empty { argument: "operand", expected: "row" });
        }
        let x = reshaped(self.value(), (m, n)); // in row-major order
        let (mean, variance) = mean_and_variance(x.view());
        let range = check::in_range("variance of a column", &variance, "finite: the operand is out of scale");
        if range.is_err() && check::finite("operand", &x).is_ok() {
            range?;
        }
        let inverse = variance.mapv(|variance| (variance + epsilon).sqrt().recip());
        let columns = Columns {
            mean: mean.iter().copied().collect(),
            inverse: inverse.iter().copied().collect(),
            scale: scale.value().iter().copied().collect(),
            shift: shift.value().iter().copied().collect(),
            epilogue,
        };
        let mut y = self.tape().room((m, n));
        over_rows(y.view_mut(), BLOCK_ROWS, |first, mut y| {
            columns.forward(rows_from(&x, first, y.nrows()), entries_mut(&mut y));
            0.0
        });
        let (to_x, to_scale, to_shift) = (self.target(), scale.target(), shift.target());
        let values = self.tape().record(&[self, scale, shift], y, move |g, cotangents| {
            let mut g = reshaped(g.into_shared(), (m, n)).into_owned();
            let sums = columns.sums(&x, &g);
            let row = |sums: &[f64]| Array2::from_shape_fn((1, n), |(_, column)| F::of(sums[column]));
            cotangents.add(to_shift, || row(&sums[..n]));
            cotangents.add(to_scale, || row(&sums[n..]));
            cotangents.add(to_x, || {
                let means: Vec<F> = sums.iter().map(|sum| F::of(sum / m as f64)).collect();
                over_rows(g.view_mut(), BLOCK_ROWS, |first, mut g| {
                    columns.back(rows_from(&x, first, g.nrows()), &means, entries_mut(&mut g));
                    0.0
                });
                g
            });
        });
        Ok(BatchNormalised { values, mean, variance })
    }
}

/// The map of each column: `y = f((x − mean) inverse scale + shift)`.
struct Columns<F> {
    mean: Vec<F>,
    /// Of the deviation.
    inverse: Vec<F>,
    scale: Vec<F>,
    shift: Vec<F>,
    epilogue: Epilogue,
}

impl<F: Scalar> Columns<F> {
    /// Calls `each(x̂, y before the epilogue, column, entry of out)`.
    #[inline(always)]
    fn walk(&self, x: &[F], out: &mut [F], mut each: impl FnMut(F, F, usize, &mut F)) {
        let n = self.mean.len();
        let (mean, inverse) = (&self.mean[..n], &self.inverse[..n]);
        let (scale, shift) = (&self.scale[..n], &self.shift[..n]);
        for (x, out) in x.chunks_exact(n).zip(out.chunks_exact_mut(n)) {
            for column in 0..n {
                let standard = (x[column] - mean[column]) * inverse[column];
                each(standard, standard * scale[column] + shift[column], column, &mut out[column]);
            }
        }
    }

    fn forward(&self, x: &[F], y: &mut [F]) {
        vectorised(
            #[inline(always)]
            || {
                self.walk(x, y, |_, value, _, y| *y = value);
                self.epilogue.apply(y);
            },
        );
    }

    /// `Σ ȳ`, then `Σ x̂ ∘ ȳ`, of the columns; `g` is the cotangent after the epilogue.
    fn sums(&self, x: &ArcArray2<F>, g: &Array2<F>) -> Vec<f64> {
        let n = self.mean.len();
        let rectified = self.epilogue == Epilogue::Relu;
        sums_over_blocks(
            g.nrows(),
            2 * n,
            #[inline(always)]
            |rows, sums: &mut [F]| {
                let (of_g, of_product) = sums.split_at_mut(n);
                let (mean, inverse) = (&self.mean[..n], &self.inverse[..n]);
                let (scale, shift) = (&self.scale[..n], &self.shift[..n]);
                let range = rows.start * n..rows.end * n;
                for (x, g) in entries(x)[range.clone()].chunks_exact(n).zip(entries(g)[range].chunks_exact(n))
                {
                    for column in 0..n {
                        let standard = (x[column] - mean[column]) * inverse[column];
                        let passes = !rectified || standard * scale[column] + shift[column] > F::zero();
                        let g = if passes { g[column] } else { F::zero() };
                        of_g[column] += g;
                        of_product[column] += standard * g;
                    }
                }
            },
        )
    }

    /// `g` from the cotangent of the value to that of `x`; `means` are the sums over the number of rows.
    fn back(&self, x: &[F], means: &[F], g: &mut [F]) {
        let n = self.mean.len();
        let rectified = self.epilogue == Epilogue::Relu;
        let (of_g, of_product) = means.split_at(n);
        vectorised(
            #[inline(always)]
            || {
                self.walk(x, g, |standard, value, column, g| {
                    let before = if !rectified || value > F::zero() { *g } else { F::zero() };
                    let centred = before - of_g[column] - standard * of_product[column];
                    *g = centred * (self.scale[column] * self.inverse[column]);
                });
            },
        );
    }
}

/// The entries of `count` rows.
fn rows_from<F>(x: &ArcArray2<F>, first: usize, count: usize) -> &[F] {
    &entries(x)[first * x.ncols()..][..count * x.ncols()]
}

/// `(1, n)` the means and variances of the columns.
fn mean_and_variance<F: Scalar>(x: ArrayView2<F>) -> (Array2<F>, Array2<F>) {
    let (m, n) = x.dim();
    let of_part = |blocks: &mut dyn Iterator<Item = Range<usize>>| {
        let mut moments = Moments::none(n);
        for rows in blocks {
            moments.join(&Moments::of(x, |_| F::one(), rows.step_by(1)));
        }
        moments
    };
    let moments = sum_of_parts(m, PARTIAL_SUMS, of_part, |sum, part| sum.join(&part));
    let variance = |column: usize| {
        let largest = moments.largest[column];
        F::of(moments.squares[column] / m as f64 * largest * largest)
    };
    let mean = Array2::from_shape_fn((1, n), |(_, column)| F::of(moments.means[column]));
    (mean, Array2::from_shape_fn((1, n), |(_, column)| variance(column)))
}
