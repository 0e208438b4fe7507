//! Barlow Twins on a graph (claim T12).

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, Zip};

use super::Loss;
use crate::error::{Error, Result, check};
use crate::graph::SimilarityGraph;
use crate::linalg::Operator;
use crate::linalg::rows::{Shifted, multiply_in_place};
use crate::scalar::Scalar;

/// What rounding of the mean leaves of a constant column of ones, in units of the last place.
const CONSTANT: f64 = 256.0;

/// `Σ_k (C_kk − 1)² + λ Σ_{k≠l} C_kl²`, where `C` is the correlation of the columns of `Z` between the two ends of an
/// edge drawn with probability `P = G / ΣG`: `C = Uᵀ P U`, and `U` is `Z` standardised by mean and variance under
/// the ends' distribution `w = P 1`.
///
/// For two views, and `G` without its diagonal, this is the symmetrised loss of Zbontar et al. 2021, but for mean and
/// variance, which are pooled over both views. Unchanged by shift and scale of any column.
///
/// `O(n k²)`, two `n×k` of memory, one product with the graph and its degrees;
/// and [`SimilarityGraph::is_non_negative`], which is `O(n²)` for mixtures with negative weights.
///
/// # Errors
/// Of the doors of [`Loss`], besides theirs: [`Error::Domain`] if `λ < 0` or an entry of the graph is, [`Error::Empty`]
/// if the graph is zero, [`Error::Singular`] if a column is constant on the samples that have an edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BarlowTwins {
    /// Weight λ ≥ 0 of the redundancy between columns; the original is 0.005.
    pub lambda: f64,
}

impl Default for BarlowTwins {
    fn default() -> Self {
        Self { lambda: 0.005 }
    }
}

impl<F: Scalar> Loss<F> for BarlowTwins {
    fn evaluate(
        &self,
        z: ArrayView2<F>,
        graph: &SimilarityGraph,
        gradient: Option<ArrayViewMut2<F>>,
    ) -> Result<f64> {
        check::not_negative("lambda", self.lambda)?;
        graph.require_non_negative("graph")?;
        let mut w = graph.degrees();
        let total = w.sum();
        if total <= 0.0 {
            return Err(Error::Empty { argument: "graph", expected: "positive entry" });
        }
        w /= total;

        let (u, deviations) = standardised(z, &w)?;
        let mut image = Array2::zeros(u.raw_dim());
        graph.apply_add(F::of(total.recip()), u.view(), image.view_mut());
        let mut slopes = Shifted::plain(u.view()).transposed_dot(image.view());
        let correlations = slopes.clone();
        let mut value = 0.0;
        for ((k, l), c) in slopes.indexed_iter_mut() {
            if k == l {
                value += (*c - 1.0).powi(2);
                *c = 2.0 * (*c - 1.0);
            } else {
                value += self.lambda * *c * *c;
                *c *= 2.0 * self.lambda;
            }
        }

        if let Some(mut gradient) = gradient {
            // The slope in the mean vanishes: 1ᵀH = 2 wᵀU B, and U is centred under w.
            multiply_in_place(F::of(2.0), &slopes, image.view_mut());
            // Σ_i U_ik H_ik, from H = 2 P U B.
            let moments = (&correlations * &slopes.t()).sum_axis(Axis(1)).mapv(|sum| F::of(2.0 * sum));
            let w = w.mapv(F::of);
            Zip::from(gradient.rows_mut()).and(image.rows()).and(u.rows()).and(&w).for_each(
                |mut gradient, h, u, &w| {
                    Zip::from(&mut gradient).and(&h).and(&u).and(&moments).and(&deviations).for_each(
                        |gradient, &h, &u, &moment, &deviation| *gradient = (h - w * moment * u) / deviation,
                    );
                },
            );
        }
        Ok(value)
    }
}

/// The columns of `z` at mean 0 and variance 1 under the weights `w`, which sum to 1, and their standard deviations.
fn standardised<F: Scalar>(z: ArrayView2<F>, w: &Array1<f64>) -> Result<(Array2<F>, Array1<F>)> {
    let mut u = z.to_owned();
    let mut deviations = Array1::zeros(z.ncols());
    for (mut u, deviation) in u.columns_mut().into_iter().zip(&mut deviations) {
        // Scales do not matter, and squares of entries up to 1 stay in the number range.
        let largest = u.fold(F::zero(), |largest, entry| largest.max(entry.abs()));
        u /= if largest > F::zero() { largest } else { F::one() };
        let mean = Zip::from(w).and(&u).fold(0.0, |sum, w, u| sum + w * u.as_f64());
        u -= F::of(mean);
        let scaled = Zip::from(w).and(&u).fold(0.0, |sum, w, u| sum + w * u.as_f64() * u.as_f64()).sqrt();
        *deviation = F::of(largest.as_f64() * scaled);
        if scaled <= CONSTANT * F::epsilon().as_f64() {
            return Err(Error::Singular {
                argument: "z",
                measure: "standard deviation of a column",
                value: deviation.as_f64(),
                must: "columns that are not constant",
            });
        }
        u /= F::of(scaled);
    }
    Ok((u, deviations))
}
