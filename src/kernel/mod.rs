//! Kernel functions and their Gram matrices.
//!
//! A radial kernel is a function of the squared distance `‖x − y‖²`. Between points of up to 16 coordinates it is summed
//! coordinate by coordinate; between longer ones it is expanded to `‖x‖² + ‖y‖² − 2⟨x, y⟩`, whose last term is one matrix
//! product for all pairs, and summed directly for the few pairs that are so near that this cancels.
//!
//! | to get | call | cost |
//! |---|---|---|
//! | the Gram matrix of `n` points of `p` coordinates | [`gram`] | `O(n² p)` |
//! | the matrix between them and `m` others | [`cross_gram`] | `O(m n p)` |
//! | features whose inner products are near the kernel, from `m` landmarks | [`Nystrom`] | `O(m³)`, then `O(n m (m + p))` |
//! | those landmarks, by one of three rules | [`Landmarks`] | `O(n m p)`, `O(n m (m + p))` by leverage |
//! | the same from `m` random frequencies | [`RandomFeatures`] | `O(n m p)` |
//!
//! ```
//! # fn main() -> pal::Result<()> {
//! use ndarray::array;
//! use pal::kernel::{Exponential, Nystrom, gram};
//!
//! let x = array![[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]];
//! let kernel = Exponential { sigma: 2.0 };
//! let k = gram(&kernel, x.view())?;
//! assert!((k[[0, 2]] - (-1.0_f64).exp()).abs() < 1e-15); // a distance of 2 over σ = 2
//!
//! // With every point as a landmark the features give the kernel back.
//! let features = Nystrom::new(kernel, x.view())?.features(x.view())?;
//! assert!((features.dot(&features.t()) - &k).iter().all(|e| e.abs() < 1e-12));
//! # Ok(())
//! # }
//! ```

mod function;
mod gram;
mod landmarks;
mod nystrom;
mod random_features;

pub use function::{Exponential, Gaussian, RadialKernel};
pub use gram::{cross_gram, cross_gram_into, gram};
pub use landmarks::{Landmarks, leverage_scores};
pub use nystrom::Nystrom;
pub use random_features::RandomFeatures;
