//! Symmetric operators, dense decompositions behind one backend, eigensolvers and their certificates.
//!
//! | to get | call | cost |
//! |---|---|---|
//! | the few leading eigenpairs of a dense symmetric matrix | [`leading_eigenpairs`] | `4n³/3` |
//! | the same for many matrices, without allocation | [`PartialEigensolver`] | `4n³/3` |
//! | all of them | [`symmetric_eigen`] | `≈ 9n³` |
//! | proof that computed pairs are good | [`Eigenpairs::certify`] | one product |
//! | proof that they are the leading ones | [`count_above`] | `n³/3` |
//! | pseudo-inverse, roots | [`SpectralFactor`] | `≈ 9n³` |
//! | least squares of least norm | [`least_squares`] | `O(m p²)` |
//!
//! Eigenvalues are in descending order everywhere.

mod backend;
mod certificate;
mod dense;
mod eigen;
mod operator;
mod simd;

pub use backend::ThinSvd;
pub use certificate::{Certificate, count_above};
pub use dense::{SpectralFactor, cholesky, least_squares, thin_svd};
pub use eigen::{Eigenpairs, PartialEigensolver, leading_eigenpairs, symmetric_eigen};
pub use operator::Operator;

/// The linear-algebra backend in use: `"faer"` or `"lapack"`.
pub const BACKEND: &str = backend::NAME;
