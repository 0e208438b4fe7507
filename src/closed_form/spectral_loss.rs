//! The squared losses as eigenproblems; their values are in [`crate::loss`].

use ndarray::{Array1, Array2, ArrayView2};

use crate::graph::SimilarityGraph;
use crate::linalg::Operator;
use crate::loss::SpectralLoss;

/// With `S = Uᵀ G U`, and a mode `w` of the eigenvalue `a` of the matrix below:
///
/// | loss | matrix | coordinates | the mode takes off the loss |
/// |---|---|---|---|
/// | [`SimClr2`](Self::SimClr2) | `S − β P` | `√a₊ · w` | `a₊²` of `‖G‖²` |
/// | [`Vic2`](Self::Vic2) | `UᵀU − (λ/2) Uᵀ L U − β P` | `√a₊ · w` | `a₊²` of `k` |
/// | [`BarlowTwins2`](Self::BarlowTwins2) | `P^{-1/2} S P^{-1/2}` | `√(a − β)₊ / a · P^{-1/2} w` | `(1 − β/a)₊²` of `k` |
///
/// where `P` is the diagonal of penalties (claims [T18](crate::theory#t18), [T19](crate::theory#t19), [T47](crate::theory#t47);
/// [T28](crate::theory#t28) and [T29](crate::theory#t29) for the bases).
impl SpectralLoss {
    /// The matrix of shape `(r, r)` to decompose; `O(n r² + r · cost of G)`.
    pub(super) fn matrix(
        self,
        graph: &SimilarityGraph,
        basis: Option<ArrayView2<f64>>,
        penalties: &Array1<f64>,
        beta: f64,
    ) -> Array2<f64> {
        let project = |operator: &dyn Fn(ArrayView2<f64>) -> Array2<f64>, dense: &dyn Fn() -> Array2<f64>| {
            match basis {
                Some(basis) => symmetrise(basis.t().dot(&operator(basis))),
                None => dense(),
            }
        };
        let mut matrix = match self {
            Self::SimClr2 | Self::BarlowTwins2 => {
                project(&|u| graph.apply_unchecked(u), &|| graph.to_dense())
            }
            Self::Vic2 { lambda } => {
                let laplacian = graph.laplacian();
                let mut matrix = project(&|u| laplacian.apply_unchecked(u), &|| laplacian.to_dense());
                matrix *= -0.5 * lambda;
                matrix.diag_mut().mapv_inplace(|entry| entry + 1.0);
                matrix
            }
        };
        if self == Self::BarlowTwins2 {
            let roots = penalties.mapv(|penalty| penalty.sqrt().recip());
            for (mut row, &root) in matrix.rows_mut().into_iter().zip(&roots) {
                row *= &(root * &roots);
            }
        } else {
            let mut diagonal = matrix.diag_mut();
            diagonal.scaled_add(-beta, penalties);
        }
        matrix
    }

    /// What the coordinates of a unit mode of eigenvalue `a` are multiplied with, besides [`Self::scales`].
    pub(super) fn amplitude(self, a: f64, beta: f64) -> f64 {
        match self {
            Self::SimClr2 | Self::Vic2 { .. } => a.sqrt(),
            Self::BarlowTwins2 => (a - beta).sqrt() / a,
        }
    }

    /// What the entries of every mode are multiplied with.
    pub(super) fn scales(self, penalties: &Array1<f64>) -> Array1<f64> {
        match self {
            Self::SimClr2 | Self::Vic2 { .. } => Array1::ones(penalties.len()),
            Self::BarlowTwins2 => penalties.mapv(|penalty| penalty.sqrt().recip()),
        }
    }

    /// What a mode of eigenvalue `a` above the threshold takes off the value at `Z = 0`.
    pub(super) fn gain(self, a: f64, beta: f64) -> f64 {
        match self {
            Self::SimClr2 | Self::Vic2 { .. } => a * a,
            Self::BarlowTwins2 => (1.0 - beta / a).powi(2),
        }
    }

    /// Modes up to this eigenvalue do not enter the minimiser: their column is zero.
    pub(super) fn threshold(self, beta: f64) -> f64 {
        match self {
            Self::SimClr2 | Self::Vic2 { .. } => 0.0,
            Self::BarlowTwins2 => beta,
        }
    }
}

/// Removes the rounding error that a product `Uᵀ (A U)` leaves between the triangles.
pub(super) fn symmetrise(matrix: Array2<f64>) -> Array2<f64> {
    let transposed = matrix.t().to_owned();
    (matrix + transposed) * 0.5
}
