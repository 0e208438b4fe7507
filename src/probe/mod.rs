//! The linear probe: what a linear reader gets out of a representation.
//!
//! Least squares of the one-hot labels on the features, no intercept, no ridge, of least norm where the features do not
//! determine it; the class is the largest output. Its predictions depend on the features only through their span
//! ([claim T27](crate::theory#t27)). With few labels and many features a ridge reads more steadily ([`LinearProbe::ridge`]).
//!
//! Partitions found without labels have no names of classes to be right or wrong about; [`adjusted_rand_index`] and
//! [`matched_accuracy`] compare them with the true one.
//!
//! ```
//! # fn main() -> pal::Result<()> {
//! use ndarray::array;
//! use pal::data::Labels;
//! use pal::probe::{LinearProbe, adjusted_rand_index};
//!
//! let z = array![[1.0, 0.0], [2.0, 0.1], [0.0, 1.0], [-0.1, 3.0]];
//! let labels = Labels::partial(vec![Some(0), Some(0), Some(1), None], 2)?;
//! let probe = LinearProbe::fit(z.view(), &labels)?;
//! assert_eq!(probe.error(z.view(), &labels)?, 0.0); // of the known ones
//! assert_eq!(probe.predict(array![[5.0, 0.0], [0.0, 5.0]].view())?, [0, 1]);
//!
//! assert_eq!(adjusted_rand_index(&[7, 7, 3, 3], &[0, 0, 1, 1])?, 1.0);
//! # Ok(())
//! # }
//! ```

mod agreement;

use ndarray::{Array2, ArrayView2, Axis, CowArray, Ix2};

use crate::data::Labels;
use crate::error::{Error, Result, check};
pub use agreement::{adjusted_rand_index, matched_accuracy};

use crate::linalg::scale::{SAFE, largest, safe_scale};
use crate::linalg::{cholesky, least_squares, narrow_product, solve_lower, solve_lower_transposed, thin_svd};

/// A linear map from representations to one output per class, fitted by least squares.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearProbe {
    /// `(k, c)`: the outputs are `features · weights`.
    pub weights: Array2<f64>,
}

impl LinearProbe {
    /// Fits the samples whose labels are known by least squares; `features` of shape `(n, k)`. `O(n k²)`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the number of labels is not `n`, [`Error::Empty`] if none is known or `k = 0`,
    /// [`Error::NotFinite`] for bad features, whether their label is known or not, [`Error::NotConverged`] if the
    /// backend gives up, [`Error::Domain`] if a weight overflows.
    pub fn fit(features: ArrayView2<f64>, labels: &Labels) -> Result<Self> {
        let (features, targets) = known(features, labels)?;
        Ok(Self { weights: least_squares(features.view(), targets.view())? })
    }

    /// Fits the `m` samples whose labels are known by ridge regression, `min ‖ZW − Y‖²/m + λ‖W‖²`
    /// ([claim T14](crate::theory#t14)); `O(n k²)`.
    ///
    /// # Errors
    /// As [`Self::fit`]; [`Error::Domain`] unless `λ > 0`, or if a weight overflows.
    pub fn ridge(features: ArrayView2<f64>, labels: &Labels, lambda: f64) -> Result<Self> {
        check::positive("lambda", lambda)?;
        let (features, targets) = known(features, labels)?;
        let added = features.nrows() as f64 * lambda;
        if !SAFE.contains(&added) || safe_scale(largest(&features)).log2() != 0.0 {
            return Self::ridge_of_any_scale(features.view(), targets.view(), lambda);
        }
        let mut normal = features.t().dot(&features);
        normal.diag_mut().mapv_inplace(|entry| entry + added);
        let root = cholesky(normal.view())?;
        let half = solve_lower(root.view(), features.t().dot(&targets).view())?;
        Ok(Self { weights: solve_lower_transposed(root.view(), half.view())? })
    }

    /// `V diag(σ / (σ² + mλ)) Uᵀ Y`, which takes no squares of what may be out of their range.
    fn ridge_of_any_scale(features: ArrayView2<f64>, targets: ArrayView2<f64>, lambda: f64) -> Result<Self> {
        let svd = thin_svd(features)?;
        let m = features.nrows() as f64;
        let inverse = svd.singular_values.mapv(|sigma| (sigma + lambda / sigma * m).recip());
        let weights = svd.vt.t().dot(&(svd.u.t().dot(&targets) * inverse.insert_axis(Axis(1))));
        check::in_range("weights", &weights, "finite: the features or lambda are too small")?;
        Ok(Self { weights })
    }

    /// The class of the largest output for each row of `features` `(m, k)`; the first one on a tie.
    ///
    /// # Errors
    /// [`Error::Shape`] if the width is not `k`, [`Error::NotFinite`] for bad features or weights.
    pub fn predict(&self, features: ArrayView2<f64>) -> Result<Vec<usize>> {
        check::shape("features", &[features.nrows(), self.weights.nrows()], features.shape())?;
        check::finite("features", &features)?;
        check::finite("weights", &self.weights)?;
        let mut outputs = narrow_product(features, self.weights.view());
        if check::in_range("outputs", &outputs, "finite").is_err() {
            // Which output is largest does not depend on the scale of a row, nor on that of all weights.
            let unit = |largest: f64| if largest > 0.0 { largest } else { 1.0 };
            let mut rows = features.to_owned();
            for mut row in rows.rows_mut() {
                let largest = unit(largest(&row));
                row.mapv_inplace(|entry| entry / largest);
            }
            outputs = narrow_product(rows.view(), (&self.weights / unit(largest(&self.weights))).view());
        }
        let largest = |row: ndarray::ArrayView1<f64>| {
            row.iter().enumerate().fold((0, f64::NEG_INFINITY), |best, (class, &output)| {
                if output > best.1 { (class, output) } else { best }
            })
        };
        Ok(outputs.rows().into_iter().map(|row| largest(row).0).collect())
    }

    /// The fraction of known labels that the probe gets wrong.
    ///
    /// # Errors
    /// As [`Self::predict`]; [`Error::Shape`] or [`Error::Empty`] for bad labels.
    pub fn error(&self, features: ArrayView2<f64>, labels: &Labels) -> Result<f64> {
        check::shape("labels", &[features.nrows()], &[labels.len()])?;
        let predicted = self.predict(features)?;
        let (mut known, mut wrong) = (0_usize, 0_usize);
        for (class, predicted) in labels.iter().zip(predicted) {
            known += usize::from(class.is_some());
            wrong += usize::from(class.is_some_and(|class| class != predicted));
        }
        if known == 0 {
            return Err(Error::Empty { argument: "labels", expected: "known label" });
        }
        Ok(wrong as f64 / known as f64)
    }
}

/// Features and one-hot labels of the samples whose labels are known.
fn known<'a>(
    features: ArrayView2<'a, f64>,
    labels: &Labels,
) -> Result<(CowArray<'a, f64, Ix2>, Array2<f64>)> {
    check::shape("labels", &[features.nrows()], &[labels.len()])?;
    if features.ncols() == 0 {
        return Err(Error::Empty { argument: "features", expected: "column" });
    }
    check::finite("features", &features)?;
    let known: Vec<usize> = (0..labels.len()).filter(|&i| labels.class_of(i).is_some()).collect();
    if known.is_empty() {
        return Err(Error::Empty { argument: "labels", expected: "known label" });
    }
    let targets = labels.one_hot();
    if known.len() == labels.len() {
        return Ok((features.into(), targets));
    }
    Ok((features.select(Axis(0), &known).into(), targets.select(Axis(0), &known)))
}

/// The error of the best linear reader **on the very samples it is fitted to**: a property of the representation, not an
/// estimate of generalisation. It is what the reference experiments report.
///
/// # Errors
/// As [`LinearProbe::fit`] and [`LinearProbe::error`].
pub fn best_linear_error(features: ArrayView2<f64>, labels: &Labels) -> Result<f64> {
    LinearProbe::fit(features, labels)?.error(features, labels)
}
