//! Symmetric operators, dense decompositions behind one backend, eigensolvers and their certificates.
//!
//! | to get | call | cost |
//! |---|---|---|
//! | the few leading eigenpairs of a dense symmetric matrix | [`leading_eigenpairs`] | `4n³/3` |
//! | the same for many matrices, without allocation | [`PartialEigensolver`] | `4n³/3` |
//! | the same after a low-rank change of a decomposed matrix | [`leading_eigenpairs_of_update`] | `O(n r²)` a count |
//! | all of them | [`symmetric_eigen`] | `≈ 9n³` |
//! | the same of an operator that is known by its products, certified | [`LeadingPairs`] | that of the solver it chooses |
//! | few pairs | [`ThickRestartLanczos`] | a block of products and `O(n m b)` a step |
//! | many pairs, or from a good guess | [`SubspaceIteration`] | `k + guard` products a step |
//! | with a preconditioner | [`Lobpcg`] | a product with each a pair and `O(n k²)` a step |
//! | an inverse after a low-rank change, or with a kernel | [`Woodbury`], [`KernelShiftInvert`] | `O(n r)`, `O(n²)` a product |
//! | proof that computed pairs are good | [`Eigenpairs::certify`], [`Eigenpairs::value_bounds`] | one product |
//! | proof that they are the leading ones | [`count_above`] | `n³/3` |
//! | pseudo-inverse, roots | [`SpectralFactor`] | `≈ 9n³` |
//! | least squares of least norm | [`least_squares`] | `O(m p min(m, p))` |
//! | a triangular factor and its solves | [`cholesky`], [`solve_lower`], [`solve_lower_transposed`] | `n³/3`, `n²` a column |
//!
//! Eigenvalues are in descending order everywhere.
//!
//! ```
//! # fn main() -> pal::Result<()> {
//! use ndarray::array;
//! use pal::linalg::{count_above, leading_eigenpairs};
//!
//! let a = array![[2.0, 1.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, -5.0]];
//! let top = leading_eigenpairs(a.view(), 1)?;
//! // There is an eigenvalue within the residual of the one computed …
//! let certificate = top.certify(&a.view())?;
//! assert!(certificate.residuals[0] < 1e-14 && (top.values[0] - 3.0).abs() < 1e-14);
//! // … and it is the largest, for only one lies above a number just below it.
//! assert_eq!(count_above(a.view(), 2.9)?, 1);
//! # Ok(())
//! # }
//! ```

mod backend;
mod certificate;
mod dense;
mod eigen;
mod iterative;
pub(crate) mod moments;
mod narrow;
mod operator;
mod pivots;
mod product;
pub(crate) mod rows;
pub(crate) mod scale;
mod simd;
mod subspace;
mod tall;
mod woodbury;

pub use crate::scalar::Multiply;
pub use backend::ThinSvd;
pub use certificate::{Certificate, count_above};
pub use dense::{
    SpectralFactor, cholesky, least_squares, sine_between, solve_lower, solve_lower_transposed, thin_svd,
};
pub use eigen::{
    Eigenpairs, PartialEigensolver, leading_eigenpairs, leading_eigenpairs_of_update, symmetric_eigen,
};
pub(crate) use iterative::CompactLanczos;
pub use iterative::{CertifiedPairs, LeadingPairs, Lobpcg, Method, ThickRestartLanczos};
pub(crate) use narrow::narrow_product;
pub use operator::{Affine, Operator};
pub(crate) use pivots::Pivots;
pub(crate) use product::{
    add_product, add_product_on_this_thread, product, write_product_of_columns, write_product_on_this_thread,
};
pub use subspace::{Filter, Subspace, SubspaceIteration, random_block};
pub use woodbury::{KernelShiftInvert, Woodbury};

/// The linear-algebra backend in use: `"faer"` or `"lapack"`.
pub const BACKEND: &str = backend::NAME;
