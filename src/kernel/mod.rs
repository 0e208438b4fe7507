//! Kernel functions and their Gram matrices.
//!
//! A radial kernel is a function of the squared distance; distances come from one matrix product,
//! `‖x − y‖² = ‖x‖² + ‖y‖² − 2⟨x, y⟩`, after the common mean is taken off (which costs nothing and keeps digits);
//! the few between points so near that this cancels are summed directly.

mod function;
mod gram;
mod nystrom;
mod random_features;

pub use function::{Exponential, Gaussian, RadialKernel};
pub use gram::{cross_gram, cross_gram_into, gram};
pub use nystrom::Nystrom;
pub use random_features::RandomFeatures;
