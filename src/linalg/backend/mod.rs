//! Dense decompositions behind one interface: `faer` by default, LAPACK with the feature `lapack`.
//!
//! Both files offer the same functions with the same contracts; the rest of the crate names neither library.
//! Arguments have been checked by the callers: square where it matters, finite, not empty.

#[cfg(not(feature = "lapack"))]
mod faer;
#[cfg(not(feature = "lapack"))]
use self::faer as chosen;

#[cfg(feature = "lapack")]
mod lapack;
#[cfg(feature = "lapack")]
use self::lapack as chosen;

use ndarray::{Array1, Array2};

pub(super) use chosen::{NAME, block_diagonal, cholesky, positive_inverse, symmetric_eigen, thin_svd};

/// The thin singular value decomposition `A = U diag(σ) Vᵀ` of a matrix of shape `(m, n)`, `r = min(m, n)`.
#[derive(Clone, Debug)]
pub struct ThinSvd {
    /// `(m, r)` left singular vectors, one column each.
    pub u: Array2<f64>,
    /// `(r,)` singular values, descending.
    pub singular_values: Array1<f64>,
    /// `(r, n)` right singular vectors, one row each.
    pub vt: Array2<f64>,
}

/// The block-diagonal factor of a symmetric indefinite factorisation `P A Pᵀ = L B Lᵀ`.
pub(super) struct BlockDiagonal {
    /// `B_ii`.
    pub(super) diagonal: Vec<f64>,
    /// `B_{i+1,i}`: zero except inside a 2×2 block.
    pub(super) off_diagonal: Vec<f64>,
}
