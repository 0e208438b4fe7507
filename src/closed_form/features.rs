//! The kernel regime in features: `T = G − βK⁻¹` for `K = ΦΦᵀ`, where no `n×n` matrix is formed (claims
//! [T30](crate::theory#t30) and [T32](crate::theory#t32)).
//!
//! On the span of `Φ` `(n, m)` the eigenpairs of `T` are those of the pencil
//! $$ (\Phi^\top G \Phi - \beta I)\,\theta = t\,\Phi^\top \Phi\,\theta, \qquad v = \Phi\theta, $$
//! two matrices of order `m`, each a sum over samples. With [`Nystrom`](crate::kernel::Nystrom) features on all points it is the
//! problem of [`KernelRegime`](super::KernelRegime); on some of them its eigenvalues are from below, and grow with the
//! landmarks. With [`RandomFeatures`](crate::kernel::RandomFeatures) `K` is near the kernel.

use ndarray::{Array1, Array2, ArrayView2, s};

use super::LinearMap;
use super::spectral_loss::symmetrise;
use crate::error::{Error, Result, check};
use crate::graph::SimilarityGraph;
use crate::linalg::rows::{BLOCK_ROWS, Shifted, over_rows};
use crate::linalg::{
    Eigenpairs, SpectralFactor, leading_eigenpairs, product, symmetric_eigen, write_product_on_this_thread,
};
use crate::scalar::Scalar;

/// The kernel regime on features `Φ` of the samples, in single or double precision.
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use ndarray::Array2;
/// use pal::closed_form::FeatureRegime;
/// use pal::data::{circles, circles_sweep};
/// use pal::graph::SimilarityGraph;
/// use pal::kernel::{Exponential, Landmarks, Nystrom};
/// use pal::probe::best_linear_error;
/// use pal::random::stream;
///
/// let mut rng = stream(0, 0);
/// let (train, test) = (circles(2000, 0.0, &mut rng)?, circles_sweep(400, 0.0, &mut rng)?);
/// let (kernel, x) = (Exponential { sigma: 0.5 }, train.inputs.view());
/// let landmarks = Landmarks::KMeans { rounds: 5 }.choose(&kernel, x, 100, &mut rng)?;
/// let nystrom = Nystrom::new(kernel, landmarks.view())?;
/// let mut features = Array2::<f32>::zeros((2000, 100));
/// nystrom.features_into(x, features.view_mut())?;
///
/// let graph = SimilarityGraph::contrastive_labels(&train.labels);
/// let (eigenpairs, map) = FeatureRegime::new(features.view(), 1e-3)?.leading(&graph, 3)?;
/// assert_eq!(eigenpairs.vectors.dim(), (2000, 3));
/// let z = map.embed(nystrom.features(test.inputs.view())?.view())?; // (400, 3)
/// assert!(best_linear_error(z.view(), &test.labels)? < 0.05);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FeatureRegime<'a, F> {
    features: ArrayView2<'a, F>,
    pencil: FeaturePencil,
}

/// The pencil of order `m` by itself, for features that are not in memory at once.
///
/// `ΦᵀΦ` is a sum over blocks of rows, each [`SimilarityGraph::quadratic`] of the identity. So is `ΦᵀGΦ` for views, whose rows
/// are in one block; of a label graph the class sums `YᵀΦ` add up over blocks, and it is their Gram matrix.
#[derive(Clone, Debug)]
pub struct FeaturePencil {
    beta: f64,
    /// `W = V Λ^{−1/2}` `(m, r)` for the eigenpairs of `ΦᵀΦ` above the cut-off: `ΦW` has orthonormal columns.
    whitening: Array2<f64>,
    /// `β / λ`, `(r,)`: the penalty in those coordinates.
    penalties: Array1<f64>,
}

impl FeaturePencil {
    /// Whitens features by their Gram matrix `ΦᵀΦ` of shape `(m, m)`; `O(m³)`.
    ///
    /// Directions whose eigenvalue `λ` is at most `cutoff + m ε λ₁` are dropped: dependent features, and what their rounding
    /// cannot tell from those. An eigenvector of `T` along one would have an eigenvalue below `g₁ − β/λ`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `β > 0` and the cut-off is not negative, or if `β/λ` overflows; [`Error::Empty`],
    /// [`Error::Shape`], [`Error::NotFinite`] or [`Error::Asymmetric`] for a bad `gram`; [`Error::Singular`] if nothing is above
    /// the cut-off; [`Error::NotConverged`] if the backend gives up.
    pub fn new(gram: ArrayView2<f64>, beta: f64, cutoff: f64) -> Result<Self> {
        check::positive("beta", beta)?;
        let SpectralFactor { values, vectors, .. } = SpectralFactor::new(gram, cutoff)?;
        let penalties = values.mapv(|value| beta / value);
        check::in_range("penalty", &penalties, "finite: beta or the features are out of scale")?;
        let whitening = vectors / &values.mapv(f64::sqrt);
        check::in_range("whitening", &whitening, "finite: the features are too small")?;
        Ok(Self { beta, whitening, penalties })
    }

    /// The number of independent features, `r ≤ m`.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.penalties.len()
    }

    /// The `k` leading eigenvalues for `ΦᵀGΦ` of shape `(m, m)`, and as vectors the parameters `Θ` of shape `(m, k)` of the
    /// eigenvectors `ΦΘ`; `O(m³)`.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NotFinite`] or [`Error::Asymmetric`] for a bad `image`; [`Error::Domain`] unless `k` is at
    /// least 1 and at most the rank, or if a product overflows; [`Error::NotConverged`] if the backend gives up.
    pub fn leading(&self, image: ArrayView2<f64>, k: usize) -> Result<Eigenpairs> {
        let m = self.whitening.nrows();
        check::shape("image", &[m, m], image.shape())?;
        check::symmetric("image", image)?;
        check::count("k", k, self.rank(), "at least 1 and at most the number of independent features")?;
        let images = product(image, self.whitening.view());
        let mut whitened = symmetrise(product(self.whitening.t(), images.view()));
        whitened.diag_mut().zip_mut_with(&self.penalties, |entry, penalty| *entry -= penalty);
        check::in_range("whitened pencil", &whitened, "finite: the graph or beta is out of scale")?;
        let pairs = leading_eigenpairs(whitened.view(), k)?;
        let theta = self.whitening.dot(&pairs.vectors);
        check::in_range("theta", &theta, "finite: the features are too small")?;
        Ok(Eigenpairs { vectors: theta, ..pairs })
    }
}

impl<'a, F: Scalar> FeatureRegime<'a, F> {
    /// The regime on `features` `(n, m)` with the penalty `β‖θ‖²`; `O(n m² + m³)` time, `O(m²)` memory.
    ///
    /// `ΦᵀΦ` is summed in the precision of the features over blocks of rows and in double precision over blocks; what of it is
    /// below that precision, `ε Tr(ΦᵀΦ)`, counts as zero ([`FeaturePencil::new`]).
    ///
    /// # Errors
    /// [`Error::Empty`] or [`Error::NotFinite`] for bad features; otherwise as [`FeaturePencil::new`].
    pub fn new(features: ArrayView2<'a, F>, beta: f64) -> Result<Self> {
        check::positive("beta", beta)?;
        if features.is_empty() {
            return Err(Error::Empty { argument: "features", expected: "row and one column" });
        }
        check::finite("features", &features)?;
        let gram = Shifted::plain(features).gram(1.0);
        check::in_range("gram matrix of the features", &gram, "finite: the features are too large")?;
        let cutoff = F::epsilon().as_f64() * gram.diag().sum();
        Ok(Self { features, pencil: FeaturePencil::new(gram.view(), beta, cutoff)? })
    }

    /// The number of independent features, `r ≤ min(n, m)`.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.pencil.rank()
    }

    /// The `k` leading eigenvalues of `T` on the span of the features, their unit eigenvectors `(n, k)`, and the map from
    /// features of new points to theirs; `O(n m k + m³)` and [`SimilarityGraph::quadratic`].
    ///
    /// Vectors and values are in double precision, and once more the best in the span of the vectors that the pencil gave:
    /// in exact arithmetic nothing, it takes back what rounding in the sums over samples has cost, so that eigenvectors are
    /// orthonormal and each eigenvalue is that of its vector.
    ///
    /// # Errors
    /// [`Error::Shape`] if the graph has other samples; otherwise as [`FeaturePencil::leading`].
    pub fn leading(&self, graph: &SimilarityGraph, k: usize) -> Result<(Eigenpairs, LinearMap)> {
        check::shape("graph", &[self.features.nrows()], &[graph.len()])?;
        check::count("k", k, self.rank(), "at least 1 and at most the number of independent features")?;
        let pairs = self.pencil.leading(graph.quadratic(self.features)?.view(), k)?;
        let z = self.product(&pairs.vectors);
        check::in_range("eigenvectors", &z, "finite: the features are out of scale")?;
        // Almost the identity.
        let root = SpectralFactor::new(Shifted::plain(z.view()).gram(1.0).view(), 0.0)?.power(-0.5);
        let (z, theta) = (z.dot(&root), pairs.vectors.dot(&root));
        let projected = graph.quadratic(z.view())? - symmetrise(theta.t().dot(&theta)) * self.pencil.beta;
        let Eigenpairs { values, vectors: rotation, .. } = symmetric_eigen(projected.view())?;
        let vectors = z.dot(&rotation);
        Ok((Eigenpairs { values, vectors, next: pairs.next }, LinearMap { theta: theta.dot(&rotation) }))
    }

    /// `ΦΘ` in double precision, of shape `(n, k)`.
    fn product(&self, theta: &Array2<f64>) -> Array2<f64> {
        let mut z = Array2::zeros((self.features.nrows(), theta.ncols()));
        over_rows(z.view_mut(), BLOCK_ROWS, |first, z| {
            let rows = self.features.slice(s![first..first + z.nrows(), ..]).mapv(F::as_f64);
            write_product_on_this_thread(rows.view(), theta.view(), z);
            0.0
        });
        z
    }
}
