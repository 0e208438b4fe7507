//! Symmetric operators, dense decompositions behind one backend, eigensolvers and their certificates.

mod backend;
mod eigen;
mod operator;
mod simd;

pub use eigen::{Eigenpairs, PartialEigensolver, leading_eigenpairs, symmetric_eigen};
pub use operator::Operator;

/// The linear-algebra backend in use: `"faer"` or `"lapack"`.
pub const BACKEND: &str = backend::NAME;
