//! Nyström features: the kernel restricted to functions spanned by a few landmarks (Williams & Seeger 2001;
//! [claim T32](crate::theory#t32)).

use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};

use super::{RadialKernel, cross_gram, gram};
use crate::error::{Result, check};
use crate::linalg::rows::Shifted;
use crate::linalg::{Pivots, product, write_product_of_columns};
use crate::scalar::Scalar;

/// Points whose features one task computes. Fixed, so that results do not depend on the number of threads.
const BLOCK_ROWS: usize = 256;
/// Features computed together, of each of which those after it need not be known.
const STRIP: usize = 64;

/// `Φ(x) = k(x, X_I) R⁻ᵀ` for `K_II = R Rᵀ`: `Φ Φᵀ ≈ K`, exact when every point is a landmark.
///
/// Any root of `K_II` gives the same products of features, and the same functions; a triangular one costs half.
/// [`Landmarks`](super::Landmarks) chooses landmarks.
#[derive(Clone, Debug)]
pub struct Nystrom<K> {
    kernel: K,
    /// Those that are independent, `(r, p)`.
    landmarks: Array2<f64>,
    /// `R⁻ᵀ`, upper triangular, `(r, r)`.
    root: Array2<f64>,
    /// Number of features, of which those after the first `r` are zero.
    width: usize,
}

/// Points whose kernel with the landmarks is held at a time. Fixed, so that results do not depend on the number of threads.
const BLOCK_POINTS: usize = 16384;

impl<K: RadialKernel> Nystrom<K> {
    /// Features on the landmarks `(m, p)`, any points; `O(m³)` once.
    ///
    /// Where `K_II` is numerically singular, as with copies of a landmark, `R` is that of `r < m` landmarks which the others
    /// depend on, to `m ε ‖K_II‖_∞` of their `k(x, x)`, and the last `m − r` features are zero. Copies change no product of
    /// features.
    ///
    /// # Errors
    /// As [`gram`].
    pub fn new(kernel: K, landmarks: ArrayView2<f64>) -> Result<Self> {
        let width = landmarks.nrows();
        let gram = gram(&kernel, landmarks)?;
        // No entry of the Gram matrix is negative.
        let norm = gram.sum_axis(Axis(1)).fold(0.0, |largest: f64, &sum| largest.max(sum));
        let Pivots { rows, inverse } = Pivots::of(gram.view(), width as f64 * f64::EPSILON * norm);
        let root = inverse.t().as_standard_layout().into_owned();
        Ok(Self { kernel, landmarks: landmarks.select(Axis(0), &rows), root, width })
    }

    /// `ΦᵀΦ` of shape `(m, m)` for the features `Φ` of the points `x` `(n, p)`, which are never all in memory.
    ///
    /// It is `R⁻¹ (K_In K_nI) R⁻ᵀ`, where the product in the middle is summed in single precision over blocks of points and in
    /// double precision over blocks: what is below `ε Tr(ΦᵀΦ)` of single precision is not to be trusted. `O(n r (r + p))`, and
    /// memory for a block.
    ///
    /// # Errors
    /// As [`Nystrom::features`].
    pub fn gram(&self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        check::shape("x", &[x.nrows(), self.landmarks.ncols()], x.shape())?;
        check::finite("x", &x)?;
        let r = self.root.nrows();
        let mut sum = Array2::zeros((r, r));
        for block in x.axis_chunks_iter(Axis(0), BLOCK_POINTS) {
            let kernel = cross_gram(&self.kernel, block, self.landmarks.view())?.mapv(f32::of);
            sum += &Shifted::plain(kernel.view()).gram(1.0);
        }
        let own = product(product(self.root.t(), sum.view()).view(), self.root.view());
        let mut gram = Array2::zeros((self.width, self.width));
        gram.slice_mut(s![..r, ..r]).assign(&((&own + &own.t()) * 0.5));
        Ok(gram)
    }

    /// Features `(n, m)` of the points `x` `(n, p)`; `O(n r (r + p))` for `r ≤ m` independent landmarks.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] if the widths differ, [`crate::Error::NotFinite`] for bad points.
    pub fn features(&self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        let mut features = Array2::zeros((x.nrows(), self.width));
        self.features_into(x, features.view_mut())?;
        Ok(features)
    }

    /// [`Self::features`] into the matrix `out` of shape `(n, m)`, rounded to its precision: features of single precision need no
    /// more memory than their own.
    ///
    /// # Errors
    /// As [`Self::features`], and [`crate::Error::Shape`] for another `out`; it keeps its entries then.
    pub fn features_into<F: Scalar>(&self, x: ArrayView2<f64>, mut out: ArrayViewMut2<F>) -> Result<()> {
        check::shape("x", &[x.nrows(), self.landmarks.ncols()], x.shape())?;
        check::finite("x", &x)?;
        check::shape("out", &[x.nrows(), self.width], out.shape())?;
        let blocks = out.axis_chunks_iter_mut(Axis(0), BLOCK_ROWS).into_par_iter();
        let written: Vec<Result<()>> = blocks
            .zip(x.axis_chunks_iter(Axis(0), BLOCK_ROWS))
            .map(|(out, x)| self.write_features(x, out))
            .collect();
        written.into_iter().collect()
    }

    /// The features of some points, which are at least one.
    fn write_features<F: Scalar>(&self, x: ArrayView2<f64>, mut out: ArrayViewMut2<F>) -> Result<()> {
        let r = self.root.nrows();
        let cross = cross_gram(&self.kernel, self.landmarks.view(), x)?;
        for first in (0..r).step_by(STRIP) {
            let last = (first + STRIP).min(r);
            let mut strip = Array2::zeros((last - first, x.nrows()));
            let (root, cross) = (self.root.slice(s![..last, ..]), cross.slice(s![..last, ..]));
            write_product_of_columns(root, first..last, cross, 0, strip.view_mut());
            out.slice_mut(s![.., first..last]).zip_mut_with(&strip.t(), |out, &entry| *out = F::of(entry));
        }
        out.slice_mut(s![.., r..]).fill(F::zero());
        Ok(())
    }
}
