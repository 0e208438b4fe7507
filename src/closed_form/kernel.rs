//! The kernel regime: `T = G − βK⁻¹` (claims [T29](crate::theory#t29)–[T31](crate::theory#t31), [T48](crate::theory#t48)).
//!
//! The unit eigenvectors of the leading eigenvalues of `T` maximise `Tr(Zᵀ G Z) − β Tr(Zᵀ K⁻¹ Z)` over `ZᵀZ = I`: what
//! the graph says, by the smoothest functions that say it. They are what the reference experiments use. A function of
//! the RKHS is known by its values at the samples, so they embed any point: `φ(x) = k(x, X) K⁻¹ v`.
//!
//! Where `K` is numerically singular the pseudo-inverse would leave its dropped directions without a penalty, and they
//! would lead the spectrum with features that vanish everywhere ([claim T31](crate::theory#t31)). Then the problem is
//! restricted to the range of `K`.

use std::sync::{Arc, OnceLock};

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use super::{Coordinates, Minimiser};
use crate::error::{Error, Result, check};
use crate::graph::{LowRankPart, SimilarityGraph};
use crate::kernel::{RadialKernel, cross_gram, gram};
use crate::linalg::{
    Eigenpairs, PartialEigensolver, SpectralFactor, leading_eigenpairs_of_update, narrow_product, product,
    symmetric_eigen,
};
use crate::loss::SpectralLoss;

/// The kernel regime before it knows the samples: a kernel, a penalty and a cut-off.
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use pal::closed_form::KernelRegime;
/// use pal::data::{circles, circles_sweep};
/// use pal::graph::SimilarityGraph;
/// use pal::kernel::Exponential;
/// use pal::probe::best_linear_error;
/// use pal::random::stream;
///
/// let mut rng = stream(0, 0);
/// let (train, test) = (circles(100, 0.0, &mut rng)?, circles_sweep(400, 0.0, &mut rng)?);
/// let fitted = KernelRegime::new(Exponential { sigma: 0.5 }, 1e-3).on(train.inputs.view())?;
/// let graph = SimilarityGraph::contrastive_labels(&train.labels);
/// let (eigenpairs, map) = fitted.leading(&graph, 5)?; // unit eigenvectors of G − βK⁻¹
/// assert_eq!(eigenpairs.values.len(), 5);
/// let features = map.embed(test.inputs.view())?; // (400, 5)
/// assert!(best_linear_error(features.view(), &test.labels)? < 0.25);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KernelRegime<K> {
    /// The kernel.
    pub kernel: K,
    /// Weight β > 0 of the penalty `Tr(Zᵀ K⁻¹ Z)`.
    pub beta: f64,
    /// Eigenvalues of `K` up to `cutoff + n ε κ₁` count as zero; at least 0, the default.
    pub cutoff: f64,
}

/// A [`KernelRegime`] on samples: everything that does not depend on the graph.
#[derive(Clone, Debug)]
pub struct FittedKernel<K> {
    kernel: K,
    inputs: Array2<f64>,
    penalty: Penalty,
}

/// `βK⁻¹` on the numerical range of `K`.
#[derive(Clone, Debug)]
struct Penalty {
    beta: f64,
    gram: Array2<f64>,
    cutoff: f64,
    /// `K⁻¹` on the range.
    inverse: Arc<Array2<f64>>,
    /// Dimension of the range.
    rank: usize,
    /// `K` in its eigenbasis, restricted to the range, once it was asked for: it costs several times the inverse.
    spectrum: OnceLock<SpectralFactor>,
}

impl<K: RadialKernel + Clone> KernelRegime<K> {
    /// The regime without a cut-off.
    pub fn new(kernel: K, beta: f64) -> Self {
        Self { kernel, beta, cutoff: 0.0 }
    }

    /// Inverts the Gram matrix of the samples `x` of shape `(n, p)`; `O(n² p + n³)`.
    ///
    /// # Errors
    /// [`crate::Error::Domain`] unless `β > 0`, the cut-off is not negative and the kernel's parameters are in range;
    /// [`crate::Error::Empty`] or [`crate::Error::NotFinite`] for a bad `x`; [`crate::Error::Singular`] if the cut-off
    /// leaves nothing.
    pub fn on(&self, x: ArrayView2<f64>) -> Result<FittedKernel<K>> {
        check::positive("beta", self.beta)?;
        let penalty = Penalty::new(gram(&self.kernel, x)?, self.beta, self.cutoff)?;
        Ok(FittedKernel { kernel: self.kernel.clone(), inputs: x.to_owned(), penalty })
    }
}

impl Penalty {
    fn new(gram: Array2<f64>, beta: f64, cutoff: f64) -> Result<Self> {
        if let Some(inverse) = SpectralFactor::inverse_of_full_rank(gram.view(), cutoff)? {
            let (inverse, rank) = (Arc::new(inverse), gram.nrows());
            return Ok(Self { beta, gram, cutoff, inverse, rank, spectrum: OnceLock::new() });
        }
        let factor = SpectralFactor::new(gram.view(), cutoff)?;
        let (inverse, rank) = (Arc::new(factor.power(-1.0)), factor.values.len());
        Ok(Self { beta, gram, cutoff, inverse, rank, spectrum: OnceLock::from(factor) })
    }

    fn spectrum(&self) -> Result<&SpectralFactor> {
        if let Some(spectrum) = self.spectrum.get() {
            return Ok(spectrum);
        }
        let spectrum = SpectralFactor::new(self.gram.view(), self.cutoff)?;
        Ok(self.spectrum.get_or_init(|| spectrum))
    }

    /// Checks that `−βK⁻¹`, or what is added to it, is made of numbers.
    fn in_range(matrix: &Array2<f64>) -> Result<()> {
        check::in_range("G - beta K^-1", matrix, "finite: beta is out of scale")
    }

    /// Whether the range is everything.
    fn is_regular(&self) -> bool {
        self.rank == self.gram.nrows()
    }
}

impl<K: RadialKernel> FittedKernel<K> {
    /// The eigenvalues of the Gram matrix above the cut-off, descending; `O(n³)` the first time.
    ///
    /// # Errors
    /// [`crate::Error::NotConverged`] if the backend gives up.
    pub fn kernel_spectrum(&self) -> Result<&Array1<f64>> {
        Ok(&self.penalty.spectrum()?.values)
    }

    /// A solver with buffers of its own, for many graphs on the same samples.
    pub fn solver(&self) -> KernelSolver<'_> {
        KernelSolver {
            penalty: &self.penalty,
            matrix: Array2::zeros(self.penalty.gram.raw_dim()),
            dense: PartialEigensolver::default(),
            last: None,
            last_rest: None,
            decomposed: None,
        }
    }

    /// The `k` leading unit eigenvectors of `T = G − βK⁻¹`, as a function that embeds any point.
    ///
    /// # Errors
    /// As [`KernelSolver::leading`].
    pub fn leading(&self, graph: &SimilarityGraph, k: usize) -> Result<(Eigenpairs, KernelExpansion<'_, K>)> {
        let pairs = self.solver().leading(graph, k)?;
        let expansion = self.expand(pairs.vectors.view())?;
        Ok((pairs, expansion))
    }

    /// The minimiser of `loss(Z, G) + 2β Tr(Zᵀ K⁻¹ Z)` over functions of the RKHS (claims [T29](crate::theory#t29) (a), (b),
    /// [T47](crate::theory#t47)); `O(n³)`.
    ///
    /// # Errors
    /// [`crate::Error::Domain`] unless `1 ≤ k ≤ n`, [`crate::Error::Shape`] if the graph has other samples.
    pub fn minimise(
        &self,
        loss: SpectralLoss,
        graph: &SimilarityGraph,
        k: usize,
    ) -> Result<Minimiser<KernelExpansion<'_, K>>> {
        let spectrum = self.penalty.spectrum()?;
        let penalties = spectrum.values.mapv(f64::recip);
        let coordinates = Coordinates { basis: Some(spectrum.vectors.view()), penalties };
        let (minimiser, _) = coordinates.minimise(loss, graph, k, self.penalty.beta)?;
        let expansion = self.expand(minimiser.z.view())?;
        Ok(minimiser.with_map(expansion))
    }

    /// The function of least norm with the values `z` of shape `(n, k)` at the samples; `O(n² k)`.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] if `z` has other rows, [`crate::Error::NotFinite`] for a bad `z`, [`crate::Error::Domain`] if a
    /// coefficient overflows.
    pub fn expand(&self, z: ArrayView2<f64>) -> Result<KernelExpansion<'_, K>> {
        check::shape("z", &[self.inputs.nrows(), z.ncols()], z.shape())?;
        check::finite("z", &z)?;
        let coefficients = narrow_product(self.penalty.inverse.view(), z);
        check::in_range("coefficient", &coefficients, "finite: z is too large")?;
        Ok(KernelExpansion { kernel: &self.kernel, inputs: self.inputs.view(), coefficients })
    }

    /// The map from values at the samples to values at the points `x` of shape `(m, p)`, for many representations;
    /// `O(m n p)`.
    ///
    /// # Errors
    /// [`crate::Error::Shape`], [`crate::Error::Empty`] or [`crate::Error::NotFinite`] for bad points.
    pub fn lift(&self, x: ArrayView2<f64>) -> Result<Lift> {
        let matrix = cross_gram(&self.kernel, x, self.inputs.view())?;
        Ok(Lift { matrix, inverse: Some(Arc::clone(&self.penalty.inverse)) })
    }
}

/// `x ↦ k(x, X) α`: a function of the RKHS.
#[derive(Clone, Debug)]
pub struct KernelExpansion<'a, K> {
    kernel: &'a K,
    inputs: ArrayView2<'a, f64>,
    coefficients: Array2<f64>,
}

impl<K: RadialKernel> KernelExpansion<'_, K> {
    /// The coefficients `α = K⁻¹ Z` of shape `(n, k)`.
    pub fn coefficients(&self) -> ArrayView2<'_, f64> {
        self.coefficients.view()
    }

    /// Representations `(m, k)` of new points `(m, p)`; `O(m n (p + k))`.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] if the width differs, [`crate::Error::NotFinite`] for bad points, [`crate::Error::Domain`] if a
    /// representation overflows.
    pub fn embed(&self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        in_range(cross_gram(self.kernel, x, self.inputs)?.dot(&self.coefficients))
    }
}

/// `K_new K⁻¹`, of shape `(m, n)`.
#[derive(Clone, Debug)]
pub struct Lift {
    /// The left factor, or the product.
    matrix: Array2<f64>,
    /// The right factor, if the two are not multiplied.
    inverse: Option<Arc<Array2<f64>>>,
}

impl Lift {
    /// The same map with both factors multiplied: `m n²` flops once, after which an embedding of `k` columns costs `O(m n k)`
    /// instead of `O((m + n) n k)`.
    #[must_use]
    pub fn multiplied(self) -> Self {
        match self.inverse {
            Some(inverse) => Self { matrix: product(self.matrix.view(), inverse.view()), inverse: None },
            None => self,
        }
    }

    /// Representations `(m, k)` of the new points from those of the samples, `z` `(n, k)`; `O((m + n) n k)`, or `O(m n k)`
    /// if [multiplied](Self::multiplied).
    ///
    /// # Errors
    /// [`crate::Error::Shape`] if `z` has other rows, [`crate::Error::NotFinite`] for a bad `z`, [`crate::Error::Domain`] if a
    /// representation overflows.
    pub fn embed(&self, z: ArrayView2<f64>) -> Result<Array2<f64>> {
        check::shape("z", &[self.matrix.ncols(), z.ncols()], z.shape())?;
        check::finite("z", &z)?;
        in_range(match &self.inverse {
            Some(inverse) => {
                let coefficients = narrow_product(inverse.view(), z);
                narrow_product(self.matrix.view(), coefficients.view())
            }
            None => narrow_product(self.matrix.view(), z),
        })
    }
}

/// The representations, if they are finite.
fn in_range(z: Array2<f64>) -> Result<Array2<f64>> {
    check::in_range("representation", &z, "finite: the representations of the samples are too large")?;
    Ok(z)
}

/// Solves `T = G − βK⁻¹` for one graph after another on the same samples.
///
/// The graph's structure decides how. Label and low-rank terms change `T` by a low-rank matrix: once the rest of `T` is
/// decomposed, every further set of labels costs `O(n² k)` instead of `4n³/3`. The rest is decomposed when it comes the
/// second time in a row, or [when told so](Self::decompose); without other terms it is `−βK⁻¹`. Everything else, and every
/// case in which a residual does not certify the short way, is solved densely. The same graph again costs nothing.
#[derive(Clone, Debug)]
pub struct KernelSolver<'a> {
    penalty: &'a Penalty,
    matrix: Array2<f64>,
    dense: PartialEigensolver,
    /// The last graph and its leading pairs.
    last: Option<(SimilarityGraph, Eigenpairs)>,
    /// What the last graph held besides its low-rank part.
    last_rest: Option<SimilarityGraph>,
    /// `last_rest − βK⁻¹`, if it was decomposed.
    decomposed: Option<Arc<Eigenpairs>>,
}

/// Low rank is at most this fraction of the order (`r ≤ n / 16`): beyond, a dense solve costs as much.
const LARGEST_RANK_PART: usize = 16;

impl KernelSolver<'_> {
    /// The `k` leading eigenpairs of `T`, eigenvectors of shape `(n, k)`.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] if the graph has other samples; [`crate::Error::Domain`] unless `k` is at least
    /// 1 and at most the rank of `K`, or if `βK⁻¹` overflows.
    pub fn leading(&mut self, graph: &SimilarityGraph, k: usize) -> Result<Eigenpairs> {
        self.check_order(graph)?;
        check::count("k", k, self.penalty.rank, "at least 1 and at most the rank of the Gram matrix")?;
        if let Some((last, pairs)) = &self.last
            && pairs.values.len() == k
            && last == graph
        {
            return Ok(pairs.clone());
        }
        let pairs = if let Some(pairs) = self.leading_of_update(graph, k)? {
            pairs
        } else {
            self.assemble(graph)?;
            // Symmetric, and read faster by columns.
            let pairs = self.dense.leading(self.matrix.t(), k)?;
            self.in_samples(pairs)?
        };
        self.last = Some((graph.clone(), pairs.clone()));
        Ok(pairs)
    }

    /// Decomposes `rest − βK⁻¹`, so that graphs that add labels or low rank to `rest` are solved the short way from the
    /// first one on; `≈ 9n³` flops. Clones of the solver share the result.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] if the graph has other samples; [`crate::Error::NotConverged`] if the backend gives up.
    pub fn decompose(&mut self, rest: &SimilarityGraph) -> Result<()> {
        self.check_order(rest)?;
        self.assemble(rest)?;
        let pairs = symmetric_eigen(self.matrix.view())?;
        self.decomposed = Some(Arc::new(self.in_samples(pairs)?));
        self.last_rest = Some(rest.clone());
        Ok(())
    }

    fn check_order(&self, graph: &SimilarityGraph) -> Result<()> {
        check::shape("graph", &[self.penalty.gram.nrows()], &[graph.len()])
    }

    /// By a low-rank change of the decomposed rest; `None` if that is not known, or the result is not certified.
    fn leading_of_update(&mut self, graph: &SimilarityGraph, k: usize) -> Result<Option<Eigenpairs>> {
        let (rest, Some(change)) = graph.split_low_rank() else { return Ok(None) };
        if change.core.nrows() * LARGEST_RANK_PART > graph.len() {
            return Ok(None);
        }
        let Some(rest) = rest else {
            let spectrum = self.penalty.spectrum()?;
            let values = spectrum.values.mapv(|value| -self.penalty.beta / value);
            check::in_range("eigenvalue of beta K^-1", &values, "finite: beta is out of scale")?;
            return updated(values.view(), spectrum.vectors.view(), &change, k);
        };
        if self.last_rest.as_ref() != Some(&rest) {
            self.last_rest = Some(rest);
            self.decomposed = None;
            return Ok(None);
        }
        if self.decomposed.is_none() {
            self.decompose(&rest)?;
        }
        match &self.decomposed {
            Some(known) => updated(known.values.view(), known.vectors.view(), &change, k),
            None => Ok(None),
        }
    }

    /// Fills the matrix with `graph − βK⁻¹`; on the range of `K` and in its eigenbasis, `UᵀGU − βΛ⁻¹`, if that is not
    /// everything ([claim T30](crate::theory#t30)).
    fn assemble(&mut self, graph: &SimilarityGraph) -> Result<()> {
        let Penalty { beta, ref inverse, .. } = *self.penalty;
        if !self.penalty.is_regular() {
            let spectrum = self.penalty.spectrum()?;
            let penalties = spectrum.values.mapv(f64::recip);
            self.matrix =
                SpectralLoss::SimClr2.matrix(graph, Some(spectrum.vectors.view()), &penalties, beta);
            return Penalty::in_range(&self.matrix);
        }
        self.matrix.zip_mut_with(inverse.as_ref(), |entry, &inverse| *entry = -beta * inverse);
        graph.add_to(1.0, &mut self.matrix.view_mut())?;
        Penalty::in_range(&self.matrix)
    }

    /// Eigenpairs of the matrix that [`Self::assemble`] fills, with vectors over the samples.
    fn in_samples(&self, pairs: Eigenpairs) -> Result<Eigenpairs> {
        if self.penalty.is_regular() {
            return Ok(pairs);
        }
        let vectors = product(self.penalty.spectrum()?.vectors.view(), pairs.vectors.view());
        Ok(Eigenpairs { vectors, ..pairs })
    }
}

/// The leading eigenpairs of `U diag(values) Uᵀ + B C Bᵀ`; `None` if the result is not certified.
fn updated(
    values: ArrayView1<f64>,
    basis: ArrayView2<f64>,
    change: &LowRankPart,
    k: usize,
) -> Result<Option<Eigenpairs>> {
    let w = narrow_product(basis.t(), change.factor.view());
    match leading_eigenpairs_of_update(values, w.view(), change.core.view(), k) {
        Ok(pairs) => {
            let vectors = narrow_product(basis, pairs.vectors.view());
            Ok(Some(Eigenpairs { vectors, ..pairs }))
        }
        Err(Error::NotConverged { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}
