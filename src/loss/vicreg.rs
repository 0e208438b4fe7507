//! Variance-invariance-covariance regularisation on a graph ([claim T10](crate::theory#t10)).

use ndarray::{ArrayView2, ArrayViewMut2, s};

use super::views::{Statistics, group_rows};
use super::{Loss, product_and_laplacian};
use crate::error::{Error, Result, check};
use crate::graph::SimilarityGraph;
use crate::linalg::rows::{Shifted, scaled};
use crate::scalar::Scalar;

/// Standard deviation γ below which a column is pushed apart.
const TARGET: f64 = 1.0;
/// Added to variances under the root, so that a constant column has a slope.
const EPSILON: f64 = 1e-4;

/// `a Σ_k (γ − s_k)₊ + b Σ_{k≠l} S_kl² + (c/n) Σ_ij G_ij ‖z_i − z_j‖²`, with `S` the covariance of the columns of `Z`
/// (over `n − 1`), `s_k = √(S_kk + ε)`, `γ = 1` and `ε = 1e-4`.
///
/// All views are pooled in one `S`. The original (Bardes et al. 2022) takes one per view, sums the first two terms over the
/// views and divides them by `k`: [`Statistics::EachView`].
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use ndarray::array;
/// use pal::graph::SimilarityGraph;
/// use pal::loss::{Loss, VicReg};
///
/// let graph = SimilarityGraph::views(2, 2)?;
/// let z = array![[2.0, 2.0], [2.0, 2.0], [-2.0, 2.0], [-2.0, -6.0]];
/// // Σ G_ij ‖z_i − z_j‖² = 128 over both orders of the one pair of views that differ, on n = 4 rows.
/// let invariance = VicReg { variance: 0.0, covariance: 0.0, ..VicReg::default() };
/// let value: f64 = invariance.value(z.view(), &graph)?;
/// assert!((value - 25.0 / 4.0 * 128.0).abs() < 1e-9);
/// # Ok(())
/// # }
/// ```
///
/// `O(n k²)` and one application of the graph's Laplacian. At `s_k = γ` the gradient is the one from above. If `L` has a negative
/// eigenvalue (signed graphs) the loss has no lower bound.
///
/// # Errors
/// Besides those of [`Loss`]: [`Error::Domain`] if a weight is negative or `n = 1` (one sample per view); [`Error::WrongForm`] for [`Statistics::EachView`] if the graph is none of views.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VicReg {
    /// Weight `a ≥ 0`; the original is 25.
    pub variance: f64,
    /// Weight `b ≥ 0`; the original is 1.
    pub covariance: f64,
    /// Weight `c ≥ 0`; the original is 25.
    pub invariance: f64,
    /// The samples over which `S` is taken; the original is each view alone.
    pub statistics: Statistics,
}

impl Default for VicReg {
    fn default() -> Self {
        Self { variance: 25.0, covariance: 1.0, invariance: 25.0, statistics: Statistics::Pooled }
    }
}

impl<F: Scalar> Loss<F> for VicReg {
    fn evaluate_unchecked(
        &self,
        z: ArrayView2<F>,
        graph: &SimilarityGraph,
        gradient: Option<ArrayViewMut2<F>>,
    ) -> Result<f64> {
        let Self { variance, covariance, invariance, statistics: _ } = *self;
        check::not_negative("variance", variance)?;
        check::not_negative("covariance", covariance)?;
        check::not_negative("invariance", invariance)?;
        let groups = self.statistics.groups(graph)?;
        let size = z.nrows() / groups;
        if size < 2 {
            return Err(Error::Domain {
                argument: "number of samples",
                value: size as f64,
                must: "at least 2",
            });
        }
        let (n, freedom) = (z.nrows() as f64, (size - 1) as f64);
        let share = match self.statistics {
            Statistics::Pooled => 1.0,
            Statistics::EachView => (z.ncols() as f64).recip(),
        };
        let (variance, covariance) = (share * variance, share * covariance);

        let mut value = 0.0;
        let mut products = Vec::new();
        for group in 0..groups {
            let centred = Shifted::centred(group_rows(z, group, groups));
            let mut off_diagonal = centred.gram(freedom.recip());
            let deviations = off_diagonal.diag().mapv(|entry| (entry + EPSILON).sqrt());
            off_diagonal.diag_mut().fill(0.0);
            let shortfall: f64 = deviations.iter().map(|s| (TARGET - s).max(0.0)).sum();
            value += variance * shortfall + covariance * super::squared_norm(&off_diagonal);

            let mut slopes = 4.0 * covariance * off_diagonal;
            for (slope, &s) in slopes.diag_mut().iter_mut().zip(&deviations) {
                *slope = if s < TARGET { -variance / s } else { 0.0 };
            }
            products.push((centred, slopes));
        }
        let (scale, weight) = (freedom.recip(), F::of(4.0 * invariance / n));
        let energy = match (gradient, &products[..]) {
            (None, _) => graph.energy(z),
            (Some(gradient), [(centred, slopes)]) => {
                product_and_laplacian(centred, &scaled(scale, slopes), graph, weight, z, gradient)
            }
            (Some(mut gradient), _) => {
                for (group, (centred, slopes)) in products.iter().enumerate() {
                    let gradient = gradient.slice_mut(s![group..;groups, ..]);
                    centred.multiply(&scaled(scale, slopes), F::zero(), gradient, |_, _| 0.0);
                }
                graph.laplacian_add(weight, z, gradient)
            }
        };
        Ok(value + 2.0 * invariance / n * energy)
    }
}
