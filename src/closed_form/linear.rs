//! The linear regime: `Z = X Θ` ([claim T28](crate::theory#t28); with a penalty, [claim T30](crate::theory#t30)).

use ndarray::{Array2, ArrayView2, Axis, Slice};

use super::{Coordinates, Minimiser};
use crate::error::{Error, Result, check};
use crate::graph::SimilarityGraph;
use crate::linalg::thin_svd;
use crate::loss::SpectralLoss;

/// The linear regime on samples `X`: representations `Z = XΘ` with the penalty `2β‖Θ‖²`.
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use ndarray::array;
/// use pal::closed_form::LinearRegime;
/// use pal::data::Labels;
/// use pal::graph::SimilarityGraph;
/// use pal::loss::SpectralLoss;
///
/// let x = array![[1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, 3.0]];
/// let graph = SimilarityGraph::labels(&Labels::new(vec![0, 0, 1, 1], 2)?);
/// let best = LinearRegime::new(x.view(), 0.0)?.minimise(SpectralLoss::SimClr2, &graph, 2)?;
/// // (Σ x)² / Σ x² for each of the two orthogonal classes.
/// assert!((best.eigenvalues[0] - 1.8).abs() < 1e-12 && (best.eigenvalues[1] - 1.6).abs() < 1e-12);
/// let z = best.map.embed(array![[5.0, 0.0], [0.0, 5.0]].view())?;
/// assert!(z.row(0).dot(&z.row(1)).abs() < 1e-12);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LinearRegime {
    /// `(n, r)` orthonormal basis of the columns of `X`.
    basis: Array2<f64>,
    /// Squared inverse singular values, `(r,)`.
    penalties: ndarray::Array1<f64>,
    /// `V Σ⁻¹`, `(p, r)`: parameters from coordinates.
    back: Array2<f64>,
    beta: f64,
}

/// `x ↦ xΘ`.
#[derive(Clone, Debug)]
pub struct LinearMap {
    /// `(p, k)` parameters, the ones of least norm.
    pub theta: Array2<f64>,
}

impl LinearRegime {
    /// Decomposes the inputs `x` of shape `(n, p)`; `O(n p min(n, p))`.
    ///
    /// Directions with singular values below `32 max(n, p) ε σ_max` are outside the row space.
    ///
    /// # Errors
    /// [`Error::Empty`] or [`Error::NotFinite`] for a bad `x`, [`Error::Singular`] if it is zero, [`Error::Domain`] unless
    /// `β ≥ 0`, or if squares of the singular values overflow.
    pub fn new(x: ArrayView2<f64>, beta: f64) -> Result<Self> {
        check::not_negative("beta", beta)?;
        let svd = thin_svd(x)?;
        let rank = svd.rank();
        if rank == 0 {
            return Err(Error::Singular {
                argument: "x",
                measure: "largest singular value",
                value: 0.0,
                must: "an input that is not zero",
            });
        }
        let kept = svd.singular_values.slice_axis(Axis(0), Slice::from(..rank));
        let penalties = kept.mapv(|sigma| sigma.powi(-2));
        if let Some((&sigma, _)) = kept.iter().zip(&penalties).find(|(_, penalty)| !penalty.is_normal()) {
            let must = "of a size whose inverse square is a number: x is out of scale";
            return Err(Error::Domain { argument: "singular value of x", value: sigma, must });
        }
        let back = svd.vt.slice_axis(Axis(0), Slice::from(..rank)).t().to_owned() / kept;
        Ok(Self { basis: svd.u.slice_axis(Axis(1), Slice::from(..rank)).to_owned(), penalties, back, beta })
    }

    /// The minimiser of `loss(XΘ, G) + 2β‖Θ‖²` over `Θ` of shape `(p, k)`; `O(n r² + r³)` and `r` products with `G`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `1 ≤ k ≤ n`, [`Error::Shape`] if the graph has other samples.
    pub fn minimise(
        &self,
        loss: SpectralLoss,
        graph: &SimilarityGraph,
        k: usize,
    ) -> Result<Minimiser<LinearMap>> {
        let coordinates = Coordinates { basis: Some(self.basis.view()), penalties: self.penalties.clone() };
        let (minimiser, phi) = coordinates.minimise(loss, graph, k, self.beta)?;
        let theta = self.back.dot(&phi);
        check::in_range("theta", &theta, "finite: x is too small")?;
        Ok(minimiser.with_map(LinearMap { theta }))
    }
}

impl LinearMap {
    /// Representations `(m, k)` of new points `(m, p)`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the width differs, [`Error::NotFinite`] for bad points, [`Error::Domain`] if a representation overflows.
    pub fn embed(&self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        check::shape("x", &[x.nrows(), self.theta.nrows()], x.shape())?;
        check::finite("x", &x)?;
        let z = x.dot(&self.theta);
        check::in_range("representation", &z, "finite: x is too large")?;
        Ok(z)
    }
}
