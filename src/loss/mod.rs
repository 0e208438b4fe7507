//! Losses: how badly representations `Z` of shape `(n, k)` agree with a similarity graph `G`, and the slope of that in `Z`.
//!
//! | loss | value | needs | cost |
//! |---|---|---|---|
//! | [`SpectralLoss::SimClr2`] | `‖Z Zᵀ − G‖²` | | `n k² + G` |
//! | [`SpectralLoss::Vic2`] | `‖ZᵀZ − I‖² + λ Tr(Zᵀ L Z)` | | `n k² + G` |
//! | [`SpectralLoss::BarlowTwins2`] | `‖Zᵀ G Z − I‖²` | | `n k² + G` |
//! | [`VicReg`] | hinged deviations, covariances, distances of similar samples | `n ≥ 2` | `n k² + G` |
//! | [`BarlowTwins`] | cross-correlation of similar samples against `I` | `G ≥ 0`, no constant column | `n k² + G` |
//! | [`NtXent`] | cross-entropy of picking the similar among all others | `G ≥ 0`, a positive pair, no zero row | `n² k` |
//! | [`Ridge`] | the residual of a ridge regression of `Y` on `Z`, `G = Y Yᵀ` | | `n k² + G` |
//!
//! `G` in the last column is the cost of a product `G Z`, as in [`crate::graph`]; nothing but [`NtXent`] looks at more
//! than such products, and that in blocks of rows: no loss forms an `n×n` matrix (claims [T16](crate::theory#t16),
//! [T17](crate::theory#t17)). [`Penalised`] adds a penalty to a loss, [`NamedLoss`] is one chosen by its name.
//! [`cross_entropy`] stands apart: it needs the names of the classes, which no graph knows.
//!
//! # Mini-batches
//!
//! A batch is a loss on [`SimilarityGraph::restrict`]. Of `n` samples of `V` views each let `m` be drawn with all their
//! views, `b = mV` rows. What is a sum over pairs of views is unbiased once scaled: `(n/m) Σ_{ij ∈ batch} G_ij ‖z_i − z_j‖²`
//! has the full sum as its mean, and the invariance term of [`VicReg`], divided by its number of rows, needs no scale. For a
//! graph across samples, of which `m` single rows are drawn, the scale is `n(n−1) / (m(m−1))`. Everything else is biased:
//! squares of sums (covariances, `‖ZᵀZ‖²`) and standard deviations gain or lose `O(1/m)`, and [`NtXent`] tells a positive
//! from fewer others, so that its value grows with the batch, by about the logarithm of its size.
//!
//! # Precision
//!
//! Representations are in `f32` or `f64`, and so are gradients; parameters and graphs are in `f64`. Sums over samples are
//! accumulated in double precision, so that a value in `f32` is good to about `1e-6` whatever `n`.
//!
//! The squared losses are minimised in closed form by [`crate::closed_form`].
//!
//! ```
//! # fn main() -> pal::Result<()> {
//! use ndarray::array;
//! use pal::data::Labels;
//! use pal::graph::SimilarityGraph;
//! use pal::loss::{Loss, VicReg};
//!
//! let graph = SimilarityGraph::labels(&Labels::new(vec![0, 0, 1, 1], 2)?);
//! let z = array![[1.0, 0.2], [0.4, -0.3], [-0.7, 0.1], [-0.9, 0.8]];
//! let loss = VicReg::default();
//! let (value, gradient) = loss.value_and_gradient(z.view(), &graph)?;
//! let downhill = &z - &(&gradient * 1e-4);
//! assert!(loss.value(downhill.view(), &graph)? < value);
//! # Ok(())
//! # }
//! ```

mod barlow_twins;
mod cross_entropy;
mod named;
mod nt_xent;
mod penalised;
mod ridge;
mod softmax;
mod spectral;
mod vicreg;
mod views;

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use crate::error::{Error, Result, check};
use crate::graph::SimilarityGraph;
use crate::linalg::rows::{Shifted, in_pool, in_rows, inner};
use crate::scalar::Scalar;

pub use barlow_twins::BarlowTwins;
pub use cross_entropy::{CrossEntropy, cross_entropy};
pub use named::NamedLoss;
pub use nt_xent::NtXent;
pub use penalised::Penalised;
pub use ridge::Ridge;
pub use spectral::SpectralLoss;
pub use vicreg::VicReg;
pub use views::Statistics;

/// A function of representations `z` of shape `(n, k)`, with entries of `F`, and a graph over the same `n` samples.
///
/// A loss implements [`Loss::evaluate_unchecked`]; the other methods check their arguments and call it.
///
/// # Errors
/// Of every method but [`Loss::evaluate_unchecked`]: [`Error::Shape`] if `z` has not one row per sample, or the buffer not the shape of `z`;
/// [`Error::Empty`] if `k = 0`; [`Error::NotFinite`] if `z` holds NaN or an infinity; [`Error::Domain`] if a parameter of
/// the loss is out of its range, or the value or an entry of the gradient overflows; and what the loss itself
/// needs.
pub trait Loss<F: Scalar = f64>: Sync {
    /// The value, and its gradient written over `gradient` (whatever it held, in any memory layout) if there is one.
    ///
    /// What a loss implements. Here shapes, finite entries and row-major order are the caller's duty, and without them the numbers
    /// mean nothing, or it panics: the methods below check them once, and that the value, here in double precision, is finite in
    /// `F`, as is every entry of the gradient.
    ///
    /// # Errors
    /// Parameters out of range, and what the loss needs of `z` and the graph.
    fn evaluate_unchecked(
        &self,
        z: ArrayView2<F>,
        graph: &SimilarityGraph,
        gradient: Option<ArrayViewMut2<F>>,
    ) -> Result<f64>;

    /// The value.
    ///
    /// # Errors
    /// See [`Loss`].
    fn value(&self, z: ArrayView2<F>, graph: &SimilarityGraph) -> Result<F> {
        bounded(in_pool(|| {
            check_representations(z, graph)?;
            self.evaluate_unchecked(z.as_standard_layout().view(), graph, None)
        })?)
    }

    /// The value and its gradient with respect to `z`, of shape `(n, k)`.
    ///
    /// # Errors
    /// See [`Loss`].
    fn value_and_gradient(&self, z: ArrayView2<F>, graph: &SimilarityGraph) -> Result<(F, Array2<F>)> {
        let mut gradient = Array2::zeros(z.raw_dim());
        let value = self.value_and_gradient_into(z, graph, gradient.view_mut())?;
        Ok((value, gradient))
    }

    /// The value; its gradient is written over `gradient`, of shape `(n, k)` and in any memory layout.
    ///
    /// After an error the buffer holds anything.
    ///
    /// # Errors
    /// See [`Loss`].
    fn value_and_gradient_into(
        &self,
        z: ArrayView2<F>,
        graph: &SimilarityGraph,
        mut gradient: ArrayViewMut2<F>,
    ) -> Result<F> {
        bounded(in_pool(|| {
            check_representations(z, graph)?;
            check::shape("gradient", z.shape(), gradient.shape())?;
            let value = in_rows(z, gradient.view_mut(), |z, gradient| {
                self.evaluate_unchecked(z, graph, Some(gradient))
            })?;
            bounded::<F>(value)?;
            check::in_range("gradient of the loss", &gradient, OUT_OF_SCALE)?;
            Ok(value)
        })?)
    }
}

fn check_representations<F: Scalar>(z: ArrayView2<F>, graph: &SimilarityGraph) -> Result<()> {
    check::shape("z", &[graph.len(), z.ncols()], z.shape())?;
    if z.ncols() == 0 {
        return Err(Error::Empty { argument: "z", expected: "column" });
    }
    check::finite("z", &z)
}

/// The value of a loss in the precision of the representations, unless it overflowed.
fn bounded<F: Scalar>(value: f64) -> Result<F> {
    let rounded = F::of(value);
    check::number("value of the loss", rounded.as_f64(), OUT_OF_SCALE)?;
    Ok(rounded)
}

const OUT_OF_SCALE: &str = "finite: z or a parameter is out of scale";

/// `gradient ← A M + weight · L z`, in one pass if the graph can do it by rows; returns `Tr(ZᵀLZ)`.
fn product_and_laplacian<F: Scalar>(
    a: &Shifted<F>,
    m: &Array2<F>,
    graph: &SimilarityGraph,
    weight: F,
    z: ArrayView2<F>,
    mut gradient: ArrayViewMut2<F>,
) -> f64 {
    if let Some(add) = graph.laplacian_by_rows(weight, z) {
        return a.multiply(m, F::zero(), gradient, add);
    }
    a.multiply(m, F::zero(), gradient.view_mut(), |_, _| 0.0);
    graph.laplacian_add(weight, z, gradient)
}

/// `‖A‖²`.
fn squared_norm(a: &Array2<f64>) -> f64 {
    inner(a.view(), a.view())
}
