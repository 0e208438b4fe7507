//! Minimisers in closed form: what training would find, by one eigenproblem on the graph.
//!
//! All three regimes are one problem. A model class turns free parameters `W` into representations `Z = F W` at the
//! penalty `2β‖W‖²`:
//!
//! | regime | `F` | parameters | penalty |
//! |---|---|---|---|
//! | [`free`] | `I` | `Z` itself | `2β‖Z‖²` |
//! | [`LinearRegime`] | `X` | `Θ`, `Z = XΘ` | `2β‖Θ‖²` |
//! | [`KernelRegime`] | `K^{1/2}` | a function of the RKHS | `2β Tr(Zᵀ K⁻¹ Z)` |
//!
//! Where samples are many, [`FeatureRegime`] solves the kernel regime on features that approximate the kernel, in time linear in
//! their number.
//!
//! With `F = U Σ Vᵀ` and `Z = U Φ`, the squared losses of [`SpectralLoss`] become problems in `Φ` that the leading
//! eigenpairs of one symmetric matrix solve (claims [T18](crate::theory#t18)–[T21](crate::theory#t21),
//! [T28](crate::theory#t28), [T29](crate::theory#t29), [T47](crate::theory#t47)). Beside them stands [`supervised()`] learning
//! with a norm on the representation ([claim T25](crate::theory#t25)).
//!
//! ```
//! # fn main() -> pal::Result<()> {
//! use ndarray::array;
//! use pal::closed_form::{KernelRegime, LinearRegime, free};
//! use pal::data::circles;
//! use pal::graph::SimilarityGraph;
//! use pal::kernel::Exponential;
//! use pal::loss::SpectralLoss;
//! use pal::random::stream;
//!
//! // Four rings in the plane, and the graph that knows who is on which.
//! let rings = circles(60, 0.0, &mut stream(0, 0))?;
//! let graph = SimilarityGraph::labels(&rings.labels);
//! let (loss, x) = (SpectralLoss::SimClr2, rings.inputs.view());
//!
//! let any = free(loss, &graph, 4, 0.0)?; // any representation: one direction per class
//! let linear = LinearRegime::new(x, 0.0)?.minimise(loss, &graph, 4)?; // of two coordinates: two directions at most
//! let fitted = KernelRegime::new(Exponential { sigma: 0.2 }, 1e-3).on(x)?;
//! let smooth = fitted.minimise(loss, &graph, 4)?;
//! assert_eq!((any.rank(), linear.rank(), smooth.rank()), (4, 2, 4));
//! assert!(any.value < linear.value);
//!
//! // What is a function of the inputs embeds new points.
//! assert_eq!(smooth.map.embed(array![[0.0, 1.0], [2.5, 0.0]].view())?.dim(), (2, 4));
//! # Ok(())
//! # }
//! ```

mod features;
mod kernel;
mod linear;
mod spectral_loss;
mod supervised;

use ndarray::{Array1, Array2, ArrayView2};

use crate::error::{Result, check};
use crate::graph::SimilarityGraph;
use crate::linalg::scale::norm;
use crate::linalg::{Eigenpairs, leading_eigenpairs};
use crate::loss::{Loss, SpectralLoss};

pub use features::{FeaturePencil, FeatureRegime};
pub use kernel::{FittedKernel, KernelExpansion, KernelRegime, KernelSolver, Lift};
pub use linear::{LinearMap, LinearRegime};
pub use supervised::{Supervised, supervised};

/// The minimiser of a squared loss over one model class.
#[derive(Clone, Debug)]
pub struct Minimiser<M> {
    /// `(n, k)` representations of the samples; any rotation `Z Q` is a minimiser as well.
    pub z: Array2<f64>,
    /// The least value of the loss and the penalty together.
    pub value: f64,
    /// The `k` leading eigenvalues of the matrix that was decomposed, fewer if its order is smaller.
    pub eigenvalues: Array1<f64>,
    /// The eigenvalue after those.
    pub next: Option<f64>,
    /// The function that gave `z`, for new points.
    pub map: M,
    threshold: f64,
}

impl<M> Minimiser<M> {
    /// Whether every minimiser has the same `Z Zᵀ`: the last mode kept is separated from the next, or does not enter.
    ///
    /// For squared Barlow Twins without a penalty this is said of the minimisers of least norm; others attain the same value
    /// ([claim T21](crate::theory#t21)). Eigenvalues closer than `1e-10` of the largest count as equal.
    pub fn is_unique(&self) -> bool {
        let (Some(&first), Some(&last), Some(next)) =
            (self.eigenvalues.first(), self.eigenvalues.last(), self.next)
        else {
            return true;
        };
        let resolution = 1e-10 * first.abs().max(next.abs());
        last - next > resolution || last <= self.threshold + resolution
    }

    /// The rank of `z`: the number of modes whose eigenvalue is above the threshold of the loss ([claim T22](crate::theory#t22)).
    pub fn rank(&self) -> usize {
        self.eigenvalues.iter().filter(|&&value| value > self.threshold).count()
    }
}

/// The minimiser over all `Z` of shape `(n, k)` of `loss(Z, G) + 2β‖Z‖²` (claims [T18](crate::theory#t18),
/// [T19](crate::theory#t19), [T21](crate::theory#t21), [T47](crate::theory#t47)); `O(n³)`.
///
/// # Errors
/// [`crate::Error::Domain`] unless `1 ≤ k ≤ n`, `β ≥ 0` and the loss's parameter is in its range, or if the matrix to
/// decompose, the value or the representations overflow.
pub fn free(loss: SpectralLoss, graph: &SimilarityGraph, k: usize, beta: f64) -> Result<Minimiser<()>> {
    let coordinates = Coordinates { basis: None, penalties: Array1::ones(graph.len()) };
    Ok(coordinates.minimise(loss, graph, k, beta)?.0)
}

/// Representations `Z = U Φ` whose penalty is `2β Tr(Φᵀ diag(penalties) Φ)`.
struct Coordinates<'a> {
    /// `U`, `(n, r)` with orthonormal columns; the identity if absent.
    basis: Option<ArrayView2<'a, f64>>,
    /// `(r,)`, positive: the squared inverse singular values of `F`.
    penalties: Array1<f64>,
}

impl Coordinates<'_> {
    /// The minimiser and its coordinates `Φ` of shape `(r, k)`.
    fn minimise(
        &self,
        loss: SpectralLoss,
        graph: &SimilarityGraph,
        k: usize,
        beta: f64,
    ) -> Result<(Minimiser<()>, Array2<f64>)> {
        check::not_negative("beta", beta)?;
        check::count("k", k, graph.len(), "at least 1 and at most the number of samples")?;
        if let Some(basis) = self.basis {
            check::shape("graph", &[basis.nrows()], &[graph.len()])?;
        }
        let mut value = loss.value(Array2::zeros((graph.len(), k)).view(), graph)?;
        let matrix = loss.matrix(graph, self.basis, &self.penalties, beta);
        check::in_range(
            "matrix to decompose",
            &matrix,
            "finite: beta or a parameter of the loss is out of scale",
        )?;
        let order = self.penalties.len();
        // Modes past the order of the matrix do not exist; their columns stay zero.
        let Eigenpairs { values, vectors, next } = leading_eigenpairs(matrix.view(), k.min(order))?;
        let squares = matrix.iter().map(|entry| entry * entry).sum();
        let rounding = order as f64 * f64::EPSILON * norm(squares, &matrix);
        let threshold = loss.threshold(beta) + rounding;

        let scales = loss.scales(&self.penalties);
        let mut phi = Array2::zeros((order, k));
        for ((mut column, vector), &a) in phi.columns_mut().into_iter().zip(vectors.columns()).zip(&values) {
            if a > threshold {
                column.assign(&(&vector * &scales * loss.amplitude(a, beta)));
                value -= loss.gain(a, beta);
            }
        }
        let z = self.basis.map_or_else(|| phi.clone(), |basis| basis.dot(&phi));
        let must = "finite: beta, the graph or a parameter of the loss is out of scale";
        check::in_range("representations", &z, must)?;
        check::in_range("representations", &phi, must)?;
        check::number("least value of the loss", value, must)?;
        Ok((Minimiser { z, value, eigenvalues: values, next, map: (), threshold }, phi))
    }
}

impl Minimiser<()> {
    /// The same with the function that embeds new points.
    fn with_map<M>(self, map: M) -> Minimiser<M> {
        let Self { z, value, eigenvalues, next, threshold, map: () } = self;
        Minimiser { z, value, eigenvalues, next, map, threshold }
    }
}
