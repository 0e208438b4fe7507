//! Ridge regression of class memberships on fixed features, one observation after the other.

use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

use crate::active::WarmStart;
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
        let shared = features.dot(&towards);
        self.variances.zip_mut_with(&shared, |variance, &shared| {
            *variance = (*variance - scale * shared * shared).max(0.0);
        });
        for (mut row, &towards_row) in self.covariance.outer_iter_mut().zip(&towards) {
            row.scaled_add(-scale * towards_row, &towards);
        }
    }

    /// The posterior mean `(n, c)` of functions with prior mean `prior` `(n, c)` that were seen to be `seen` `(m, c)` at the
    /// observed `samples`; `O(n r c)`.
    pub(super) fn mean(
        &self,
        samples: &[usize],
        seen: ArrayView2<f64>,
        mut prior: Array2<f64>,
    ) -> Array2<f64> {
        let features = self.start.features();
        let residuals = &seen - &prior.select(Axis(0), samples);
        let at_samples = features.select(Axis(0), samples);
        let projected = product(at_samples.t(), residuals.view()) / self.noise;
        let weights = product(self.covariance.view(), projected.view());
        add_product(features, weights.view(), prior.view_mut());
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
        features.dot(&self.covariance.dot(&features.t().dot(&weights)))
    }

    /// How much an observed sample decides of what `doubt` weighs: its positive weights in all fitted values.
    pub(super) fn influence(&self, sample: usize, doubt: ArrayView1<f64>) -> f64 {
        let (shared, _) = self.covariance_with_sample(sample);
        shared.iter().zip(doubt).map(|(&shared, &doubt)| shared.max(0.0) * doubt).sum::<f64>() / self.noise
    }

    /// Covariance of every sample with one of them, and the variance of an observation there.
    pub(super) fn covariance_with_sample(&self, sample: usize) -> (Array1<f64>, f64) {
        let features = self.start.features();
        let shared = features.dot(&self.covariance.dot(&features.row(sample)));
        (shared, self.variances[sample] + self.noise)
    }
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
        let mean = ridge.mean(&samples, seen.view(), prior);
        assert!(mean.iter().zip(&expected).all(|(&a, &b)| close(a, b)));

        let weights = Array1::from_iter((0..150).map(f64::from));
        let shared = posterior.dot(&weights);
        assert!(
            ridge.covariance_with(weights.view()).iter().zip(&shared).all(|(&a, &b)| (a - b).abs() < 1e-6)
        );
        let (column, variance) = ridge.covariance_with_sample(50);
        assert!(column.iter().zip(posterior.column(50)).all(|(&a, &b)| close(a, b)));
        assert!(close(variance, posterior[[50, 50]] + noise));
        assert!(close(ridge.leverage(77), posterior[[77, 77]] / noise));
        Ok(())
    }
}
