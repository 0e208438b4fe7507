//! Ridge regression of class memberships on fixed features, one observation after the other.

use std::sync::Arc;

use ndarray::parallel::prelude::*;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

use crate::active::WarmStart;
use crate::active::micro_clusters::MANY;
use crate::linalg::{add_product, product};

/// The posterior of a linear function of the features `φ` `(n, r)` with weights of unit variance, observed at some samples
/// with variance `ρ`. Which were observed decides its uncertainty; what was seen there decides only its mean.
#[derive(Clone, Debug)]
pub(super) struct Ridge {
    start: Arc<WarmStart>,
    noise: f64,
    /// `Λ⁻¹ = (I + Σ φ φᵀ / ρ)⁻¹`, `(r, r)`.
    covariance: Array2<f64>,
    /// `φ_iᵀ Λ⁻¹ φ_i` of every sample.
    variances: Array1<f64>,
}

impl Ridge {
    pub(super) fn new(start: Arc<WarmStart>, noise: f64) -> Self {
        let features = start.features();
        let variances = features.map_axis(Axis(1), |row| row.dot(&row));
        let covariance = Array2::eye(features.ncols());
        Self { start, noise, covariance, variances }
    }

    /// An observation at `sample`: rank-one changes, `O(r² + n r)`.
    pub(super) fn observe(&mut self, sample: usize) {
        let features = self.start.features();
        let towards = self.covariance.dot(&features.row(sample));
        let scale = (self.noise + self.variances[sample]).recip();
        let shared = rows_dot(features, towards.view());
        self.variances.zip_mut_with(&shared, |variance, &shared| {
            *variance = (*variance - scale * shared * shared).max(0.0);
        });
        for (mut row, &towards_row) in self.covariance.outer_iter_mut().zip(&towards) {
            row.scaled_add(-scale * towards_row, &towards);
        }
    }

    /// The posterior mean `(rows, c)` of `c` functions, at some rows or at all.
    ///
    /// * `samples`: the `m` observed ones; `residuals`: `(m, c)`, what was observed there less the prior mean;
    /// * `prior`: `(rows, c)`, the prior mean at the rows.
    ///
    /// `O((rows + m + r) r c)`.
    pub(super) fn mean(
        &self,
        samples: &[usize],
        residuals: ArrayView2<f64>,
        rows: Option<&[usize]>,
        mut prior: Array2<f64>,
    ) -> Array2<f64> {
        let features = self.start.features();
        let at_samples = features.select(Axis(0), samples);
        let projected = product(at_samples.t(), residuals) / self.noise;
        let weights = product(self.covariance.view(), projected.view());
        match rows {
            Some(rows) => {
                add_product(features.select(Axis(0), rows).view(), weights.view(), prior.view_mut());
            }
            None => add_product(features, weights.view(), prior.view_mut()),
        }
        prior
    }

    /// Variance at every sample.
    pub(super) fn variances(&self) -> ArrayView1<'_, f64> {
        self.variances.view()
    }

    /// `φ_iᵀ Λ⁻¹ φ_i / ρ` of an observed sample: how much of its fitted value is its own observation.
    pub(super) fn leverage(&self, sample: usize) -> f64 {
        (self.variances[sample] / self.noise).min(1.0)
    }

    /// Covariance of every sample with `Σ_j weight_j f_j`; `O(n r + r²)`.
    pub(super) fn covariance_with(&self, weights: ArrayView1<f64>) -> Array1<f64> {
        let features = self.start.features();
        rows_dot(features, self.covariance.dot(&weighted_sum(features, weights)).view())
    }

    /// Of each of these `l` observed samples, the positive weights that its observation has in the fitted values of all samples,
    /// summed with the weights `doubt` `(n,)`; `O(n r l + r² l)`.
    pub(super) fn influences(&self, samples: &[usize], doubt: ArrayView1<f64>) -> Array1<f64> {
        let features = self.start.features();
        let towards = product(self.covariance.view(), features.select(Axis(0), samples).t());
        let shared = product(features, towards.view());
        let mut influences = Array1::zeros(samples.len());
        for (shared, &doubt) in shared.outer_iter().zip(doubt) {
            if doubt > 0.0 {
                influences.zip_mut_with(&shared, |sum, &shared| *sum += shared.max(0.0) * doubt);
            }
        }
        influences / self.noise
    }

    /// Covariance of every sample with one of them, and the variance of an observation there.
    pub(super) fn covariance_with_sample(&self, sample: usize) -> (Array1<f64>, f64) {
        let features = self.start.features();
        let shared = rows_dot(features, self.covariance.dot(&features.row(sample)).view());
        (shared, self.variances[sample] + self.noise)
    }
}

/// Rows that one task multiplies.
const TASK_ROWS: usize = 2048;

/// `X y`, with the same bits as by one thread: every row is for itself.
fn rows_dot(x: ArrayView2<f64>, y: ArrayView1<f64>) -> Array1<f64> {
    if x.nrows() <= TASK_ROWS {
        return x.dot(&y);
    }
    let mut out = Array1::zeros(x.nrows());
    let tasks = out.axis_chunks_iter_mut(Axis(0), TASK_ROWS).into_par_iter();
    let rows = x.axis_chunks_iter(Axis(0), TASK_ROWS).into_par_iter();
    tasks.zip(rows).for_each(|(mut out, rows)| out.assign(&rows.dot(&y)));
    out
}

/// `Xᵀ y`; of very many rows the sum of those of their parts.
fn weighted_sum(x: ArrayView2<f64>, y: ArrayView1<f64>) -> Array1<f64> {
    if x.nrows() <= MANY {
        return x.t().dot(&y);
    }
    let parts = x.axis_chunks_iter(Axis(0), TASK_ROWS).into_par_iter();
    let of_part = |(rows, y): (ArrayView2<f64>, ArrayView1<f64>)| {
        let mut sum = Array1::zeros(rows.ncols());
        rows.outer_iter().zip(y).for_each(|(row, &weight)| sum.scaled_add(weight, &row));
        sum
    };
    let sums: Vec<Array1<f64>> =
        parts.zip(y.axis_chunks_iter(Axis(0), TASK_ROWS).into_par_iter()).map(of_part).collect();
    sums.iter().fold(Array1::zeros(x.ncols()), |sum, part| sum + part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::active::WarmStartOptions;
    use crate::data;
    use crate::linalg::{cholesky, solve_lower, solve_lower_transposed};

    /// The posterior of a Gaussian process with kernel `Φ Φᵀ`, by the formula with the observed samples' Gram matrix.
    #[test]
    fn rank_one_changes_are_the_gaussian_posterior() -> crate::Result<()> {
        let iris = data::iris()?;
        let start = Arc::new(WarmStart::of_features(iris.inputs.view(), &WarmStartOptions::default())?);
        let (noise, samples) = (0.05, [3, 77, 140, 20, 99]);
        let mut ridge = Ridge::new(Arc::clone(&start), noise);
        for sample in samples {
            ridge.observe(sample);
        }

        let features = start.features();
        let kernel = features.dot(&features.t());
        let to_samples = kernel.select(Axis(1), &samples);
        let gram = to_samples.select(Axis(0), &samples) + Array2::<f64>::eye(samples.len()) * noise;
        let factor = cholesky(gram.view())?;
        let solve = |b: ArrayView2<f64>| -> crate::Result<Array2<f64>> {
            solve_lower_transposed(factor.view(), solve_lower(factor.view(), b)?.view())
        };
        let explained = to_samples.dot(&solve(to_samples.t())?);
        let posterior = &kernel - &explained;
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(ridge.variances().iter().zip(posterior.diag()).all(|(&a, &b)| close(a, b)));

        let prior = Array2::from_shape_fn((150, 2), |(i, class)| (i % 3 + class) as f64 / 4.0);
        let seen =
            Array2::from_shape_fn((samples.len(), 2), |(m, class)| f64::from(u8::from(m % 2 == class)));
        let residuals = &seen - &prior.select(Axis(0), &samples);
        let expected = &prior + &to_samples.dot(&solve(residuals.view())?);
        let rows = [3, 149, 20, 8];
        let some = ridge.mean(&samples, residuals.view(), Some(&rows), prior.select(Axis(0), &rows));
        assert!(some.iter().zip(&expected.select(Axis(0), &rows)).all(|(&a, &b)| close(a, b)));
        let all = ridge.mean(&samples, residuals.view(), None, prior);
        assert!(all.iter().zip(&expected).all(|(&a, &b)| close(a, b)));

        let weights = Array1::from_iter((0..150).map(f64::from));
        let shared = posterior.dot(&weights);
        assert!(
            ridge.covariance_with(weights.view()).iter().zip(&shared).all(|(&a, &b)| (a - b).abs() < 1e-6)
        );
        let (column, variance) = ridge.covariance_with_sample(50);
        assert!(column.iter().zip(posterior.column(50)).all(|(&a, &b)| close(a, b)));
        assert!(close(variance, posterior[[50, 50]] + noise));
        assert!(close(ridge.leverage(77), posterior[[77, 77]] / noise));
        for (influence, sample) in ridge.influences(&samples, weights.view()).iter().zip(samples) {
            let positive = posterior.column(sample).mapv(|shared| shared.max(0.0));
            assert!((influence - positive.dot(&weights) / noise).abs() < 1e-6);
        }
        Ok(())
    }
}
