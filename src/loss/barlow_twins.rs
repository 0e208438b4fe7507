//! Barlow Twins on a graph (claim T12).

use ndarray::{Array1, ArrayView2, ArrayViewMut2, Axis, Zip};

use super::Loss;
use crate::error::{Error, Result, check};
use crate::graph::SimilarityGraph;
use crate::linalg::Operator;

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

impl Loss for BarlowTwins {
    fn evaluate(
        &self,
        z: ArrayView2<f64>,
        graph: &SimilarityGraph,
        gradient: Option<ArrayViewMut2<f64>>,
    ) -> Result<f64> {
        check::not_negative("lambda", self.lambda)?;
        graph.require_non_negative("graph")?;
        let mut w = graph.degrees();
        let total = w.sum();
        if total <= 0.0 {
            return Err(Error::Empty { argument: "graph", expected: "positive entry" });
        }
        w /= total;

        let mut u = z.to_owned();
        let mut deviations = Array1::zeros(z.ncols());
        for (mut u, deviation) in u.columns_mut().into_iter().zip(&mut deviations) {
            // Scales do not matter, and squares of entries up to 1 stay in the number range.
            let largest = u.fold(0.0_f64, |largest, entry| largest.max(entry.abs()));
            u /= if largest > 0.0 { largest } else { 1.0 };
            u -= w.dot(&u);
            let scaled = Zip::from(&w).and(&u).fold(0.0, |sum, w, u| sum + w * u * u).sqrt();
            *deviation = largest * scaled;
            // What rounding of the mean leaves of a constant column.
            if scaled <= u.len() as f64 * f64::EPSILON {
                return Err(Error::Singular {
                    argument: "z",
                    measure: "standard deviation of a column",
                    value: *deviation,
                    must: "columns that are not constant",
                });
            }
            u /= scaled;
        }

        let image = graph.apply(u.view()) / total;
        let mut slopes = u.t().dot(&image);
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
            let h = 2.0 * image.dot(&slopes);
            let moments = (&u * &h).sum_axis(Axis(0));
            for (((mut gradient, h), u), w) in
                gradient.rows_mut().into_iter().zip(h.rows()).zip(u.rows()).zip(&w)
            {
                Zip::from(&mut gradient).and(&h).and(&u).and(&moments).and(&deviations).for_each(
                    |gradient, h, u, moment, deviation| *gradient = (h - w * moment * u) / deviation,
                );
            }
        }
        Ok(value)
    }
}
