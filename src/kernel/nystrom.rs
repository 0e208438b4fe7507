//! Nyström features: the kernel restricted to functions spanned by a few landmarks (Williams & Seeger 2001;
//! [claim T32](crate::theory#t32)).

use ndarray::{Array2, ArrayView2, Axis};

use super::{RadialKernel, cross_gram, gram};
use crate::error::Result;
use crate::linalg::rows::Shifted;
use crate::linalg::{SpectralFactor, product};
use crate::scalar::Scalar;

/// `Φ(x) = k(x, X_I) K_II^{−1/2}`: `Φ Φᵀ ≈ K`, exact when every point is a landmark.
///
/// [`Landmarks`](super::Landmarks) chooses them.
#[derive(Clone, Debug)]
pub struct Nystrom<K> {
    kernel: K,
    landmarks: Array2<f64>,
    root: Array2<f64>,
}

/// Points whose kernel with the landmarks is held at a time. Fixed, so that results do not depend on the number of threads.
const BLOCK_POINTS: usize = 16384;

impl<K: RadialKernel> Nystrom<K> {
    /// Features on the landmarks `(m, p)`, any points; `O(m³)` once.
    ///
    /// Where `K_II` is numerically singular, as with copies of a landmark, its root is a pseudo-inverse: eigenvalues up to
    /// `m ε κ₁` count as zero, and there are then fewer than `m` independent features. Copies change no product of features.
    ///
    /// # Errors
    /// As [`gram`]; [`crate::Error::NotConverged`] if the eigensolver gives up.
    pub fn new(kernel: K, landmarks: ArrayView2<f64>) -> Result<Self> {
        let root = SpectralFactor::new(gram(&kernel, landmarks)?.view(), 0.0)?.power(-0.5);
        Ok(Self { kernel, landmarks: landmarks.to_owned(), root })
    }

    /// `ΦᵀΦ` of shape `(m, m)` for the features `Φ` of the points `x` `(n, p)`, which are never all in memory:
    /// `K_II^{−1/2} (K_In K_nI) K_II^{−1/2}`, where the product in the middle is summed in single precision over blocks of points
    /// and in double precision over blocks. `O(n m (m + p))`, and memory for a block.
    ///
    /// # Errors
    /// As [`cross_gram`].
    pub fn gram(&self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        let m = self.landmarks.nrows();
        let mut sum = Array2::zeros((m, m));
        for block in x.axis_chunks_iter(Axis(0), BLOCK_POINTS) {
            let kernel = cross_gram(&self.kernel, block, self.landmarks.view())?.mapv(f32::of);
            sum += &Shifted::plain(kernel.view()).gram(1.0);
        }
        let gram = product(product(self.root.view(), sum.view()).view(), self.root.view());
        Ok((&gram + &gram.t()) * 0.5)
    }

    /// Features `(n, m)` of the points `x` `(n, p)`; `O(n m (m + p))`.
    ///
    /// # Errors
    /// As [`cross_gram`].
    pub fn features(&self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        Ok(product(cross_gram(&self.kernel, x, self.landmarks.view())?.view(), self.root.view()))
    }
}
