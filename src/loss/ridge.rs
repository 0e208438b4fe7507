//! The residual of a ridge regression of the labels on the representations ([claim T14](crate::theory#t14)).

use ndarray::{ArrayView2, ArrayViewMut2, Axis};

use super::Loss;
use crate::error::{Result, check};
use crate::graph::SimilarityGraph;
use crate::linalg::rows::inner;
use crate::linalg::{Operator, thin_svd};
use crate::scalar::Scalar;

/// `min_W (1/n) ‖Z W − Y‖² + λ ‖W‖²` for targets `Y` known by their graph `G = Y Yᵀ` only: supervised learning with
/// squared errors is a loss on a similarity graph.
///
/// With `Z = U Σ Vᵀ` and the shrinkage `φ = σ² / (σ² + nλ)` it is `(1/n) [Tr G − Tr(diag(φ) UᵀGU)]`, good to `1e-16` of
/// `Tr G / n`; its gradient is `−(2/n) (G − U diag(φ) Uᵀ G) U diag(σ / (σ² + nλ)) Vᵀ`. For a graph that is no `Y Yᵀ` the
/// same formulas hold, without the regression.
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use ndarray::array;
/// use pal::data::Labels;
/// use pal::graph::SimilarityGraph;
/// use pal::loss::{Loss, Ridge};
///
/// let graph = SimilarityGraph::labels(&Labels::new(vec![0, 0, 1, 1], 2)?);
/// let loss = Ridge { lambda: 1e-3 };
/// let (tells, tells_not) = (array![[1.0], [1.2], [-1.0], [-0.8]], array![[1.0], [-1.2], [1.0], [-0.8]]);
/// assert!(loss.value(tells.view(), &graph)? < loss.value(tells_not.view(), &graph)?);
/// # Ok(())
/// # }
/// ```
///
/// `O(n k²)`, the diagonal of the graph, and one product with it; in double precision throughout.
///
/// # Errors
/// Besides those of [`Loss`]: [`crate::Error::Domain`] unless `λ > 0`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ridge {
    /// Weight λ > 0 of the penalty on the regression's coefficients.
    pub lambda: f64,
}

impl<F: Scalar> Loss<F> for Ridge {
    fn evaluate_unchecked(
        &self,
        z: ArrayView2<F>,
        graph: &SimilarityGraph,
        gradient: Option<ArrayViewMut2<F>>,
    ) -> Result<f64> {
        check::positive("lambda", self.lambda)?;
        let n = z.nrows() as f64;
        let svd = thin_svd(z.mapv(F::as_f64).view())?;
        // σ / (σ² + nλ) without the square, which would leave the number range first; 0 at σ = 0.
        let inverse = svd.singular_values.mapv(|sigma| (sigma + n * self.lambda / sigma).recip());
        let shrunk = &svd.u * &(&svd.singular_values * &inverse);
        let image = graph.apply_unchecked(svd.u.view());
        let value = (graph.diagonal().sum() - inner(shrunk.view(), image.view())) / n;
        if let Some(mut gradient) = gradient {
            let seen = svd.u.t().dot(&image);
            let rest = image - shrunk.dot(&seen);
            let back = svd.vt * &inverse.insert_axis(Axis(1));
            gradient.assign(&(rest.dot(&back) * (-2.0 / n)).mapv(F::of));
        }
        Ok(value)
    }
}
