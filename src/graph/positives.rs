//! Positives: the entries off the diagonal, which contrastive losses look at.

use ndarray::{Array1, ArrayView2, ArrayViewMut2, Zip};

use super::{SimilarityGraph, totals};
use crate::linalg::rows::in_rows;
use crate::scalar::Scalar;

impl SimilarityGraph {
    /// `Σ_{j≠i} G_ij` of every sample of a graph without negative entries; exactly zero where there is nothing but the
    /// rounding of a sum.
    ///
    /// Cost of the degrees if no term can be negative; else row by row, `O(n²)` time a term, `O(n)` memory.
    pub(crate) fn positives(&self) -> Array1<f64> {
        let mut positives = Array1::zeros(self.len());
        if self.every_term_is_non_negative() {
            let mut magnitudes = Array1::<f64>::zeros(self.len());
            for (weight, form) in &self.terms {
                let [sums, form_magnitudes] = form.structure().off_diagonal_degrees();
                positives.scaled_add(*weight, &sums);
                magnitudes.scaled_add(*weight, &form_magnitudes);
            }
            Zip::from(&mut positives).and(&magnitudes).for_each(|sum: &mut f64, &magnitude| {
                if *sum <= totals::ROUNDING * magnitude {
                    *sum = 0.0;
                }
            });
        } else {
            totals::every_row(&self.structures(), |i, row| {
                positives[i] = row.iter().enumerate().filter(|&(j, _)| i != j).map(|(_, entry)| entry).sum();
                true
            });
        }
        positives
    }

    /// Adds `weight · (G − diag G) x` to `out`, both of shape `(n, k)`, `k ≥ 1`.
    pub(crate) fn apply_positives_add<F: Scalar>(&self, weight: F, x: ArrayView2<F>, out: ArrayViewMut2<F>) {
        in_rows(x, out, |x, mut out| {
            for (own, form) in &self.terms {
                form.product().apply_off_diagonal_add(weight * F::of(*own), x, out.view_mut());
            }
        });
    }
}
