//! A loss with a penalty on the size of the representations ([claim T47](crate::theory#t47)).

use ndarray::{ArrayView2, ArrayViewMut2};

use super::Loss;
use crate::error::{Result, check};
use crate::graph::SimilarityGraph;
use crate::linalg::rows::inner;
use crate::linalg::scale::norm;
use crate::scalar::Scalar;

/// `loss + 2β ‖Z‖²`, what [`crate::closed_form::free`] minimises for a squared loss and this β.
///
/// Squared Barlow Twins has many minimisers; with any β > 0 only those remain that are made of the leading eigenvectors of the
/// graph.
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use ndarray::array;
/// use pal::data::Labels;
/// use pal::graph::SimilarityGraph;
/// use pal::loss::{Loss, Penalised, SpectralLoss};
///
/// let graph = SimilarityGraph::labels(&Labels::new(vec![0, 0, 1], 2)?);
/// let z = array![[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]; // Z Zᵀ = G, ‖Z‖² = 3
/// let loss = Penalised { loss: SpectralLoss::SimClr2, beta: 0.5 };
/// let value: f64 = loss.value(z.view(), &graph)?;
/// assert!((value - 3.0).abs() < 1e-12);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Besides those of the loss: [`crate::Error::Domain`] if `β < 0`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Penalised<L> {
    /// The loss without the penalty.
    pub loss: L,
    /// Weight β ≥ 0.
    pub beta: f64,
}

impl<F: Scalar, L: Loss<F>> Loss<F> for Penalised<L> {
    fn evaluate_unchecked(
        &self,
        z: ArrayView2<F>,
        graph: &SimilarityGraph,
        mut gradient: Option<ArrayViewMut2<F>>,
    ) -> Result<f64> {
        check::not_negative("beta", self.beta)?;
        let value =
            self.loss.evaluate_unchecked(z, graph, gradient.as_mut().map(|gradient| gradient.view_mut()))?;
        if self.beta == 0.0 {
            return Ok(value);
        }
        if let Some(mut gradient) = gradient {
            gradient.scaled_add(F::of(4.0 * self.beta), &z);
        }
        let squares = inner(z, z);
        if squares.is_finite() {
            return Ok(value + 2.0 * self.beta * squares);
        }
        // The squares, in the precision of z, are no numbers: their product with the weight may be one.
        let norm = norm(squares, &z.mapv(F::as_f64));
        Ok(value + ((2.0 * self.beta).sqrt() * norm).powi(2))
    }
}
