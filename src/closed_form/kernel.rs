//! The kernel regime: `T = G − βK⁻¹` (claims T29–T31, T48).
//!
//! The unit eigenvectors of the leading eigenvalues of `T` maximise `Tr(Zᵀ G Z) − β Tr(Zᵀ K⁻¹ Z)` over `ZᵀZ = I`: what
//! the graph says, by the smoothest functions that say it. They are what the reference experiments use. A function of
//! the RKHS is known by its values at the samples, so they embed any point: `φ(x) = k(x, X) K⁻¹ v`.
//!
//! Where `K` is numerically singular the pseudo-inverse would leave its dropped directions without a penalty, and they
//! would lead the spectrum with features that vanish everywhere (claim T31). Then the problem is restricted to the
//! range of `K`.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use super::{Coordinates, Minimiser};
use crate::error::{Error, Result, check};
use crate::graph::{LowRankPart, SimilarityGraph};
use crate::kernel::{RadialKernel, cross_gram, gram};
use crate::linalg::{
    Eigenpairs, PartialEigensolver, SpectralFactor, leading_eigenpairs_of_update, symmetric_eigen,
};
use crate::loss::SpectralLoss;

/// A kernel, a penalty, a cut-off: what there is to choose.
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
    beta: f64,
    inputs: Array2<f64>,
    /// `K` in its eigenbasis, restricted to its numerical range.
    spectrum: SpectralFactor,
    /// `K⁻¹` on that range.
    inverse: Array2<f64>,
}

impl<K: RadialKernel + Clone> KernelRegime<K> {
    /// The regime without a cut-off.
    pub fn new(kernel: K, beta: f64) -> Self {
        Self { kernel, beta, cutoff: 0.0 }
    }

    /// Decomposes the Gram matrix of the samples `x` of shape `(n, p)`; `O(n² p + n³)`.
    ///
    /// # Errors
    /// [`crate::Error::Domain`] unless `β > 0`, the cut-off is not negative and the kernel's parameters are in range;
    /// [`crate::Error::Empty`] or [`crate::Error::NotFinite`] for a bad `x`; [`crate::Error::Singular`] if the cut-off
    /// leaves nothing.
    pub fn on(&self, x: ArrayView2<f64>) -> Result<FittedKernel<K>> {
        check::positive("beta", self.beta)?;
        let spectrum = SpectralFactor::new(gram(&self.kernel, x)?.view(), self.cutoff)?;
        let inverse = spectrum.power(-1.0);
        Ok(FittedKernel {
            kernel: self.kernel.clone(),
            beta: self.beta,
            inputs: x.to_owned(),
            spectrum,
            inverse,
        })
    }
}

impl<K: RadialKernel> FittedKernel<K> {
    /// The eigenvalues of the Gram matrix above the cut-off, descending.
    pub fn kernel_spectrum(&self) -> &Array1<f64> {
        &self.spectrum.values
    }

    /// A solver with buffers of its own, for many graphs on the same samples.
    pub fn solver(&self) -> KernelSolver<'_> {
        KernelSolver {
            inverse: &self.inverse,
            spectrum: &self.spectrum,
            beta: self.beta,
            matrix: Array2::zeros(self.inverse.raw_dim()),
            dense: PartialEigensolver::default(),
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

    /// The minimiser of `loss(Z, G) + 2β Tr(Zᵀ K⁻¹ Z)` over functions of the RKHS (claims T29 (a), (b), T47); `O(n³)`.
    ///
    /// # Errors
    /// [`crate::Error::Domain`] unless `1 ≤ k ≤ n`, [`crate::Error::Shape`] if the graph has other samples.
    pub fn minimise(
        &self,
        loss: SpectralLoss,
        graph: &SimilarityGraph,
        k: usize,
    ) -> Result<Minimiser<KernelExpansion<'_, K>>> {
        let penalties = self.spectrum.values.mapv(f64::recip);
        let coordinates = Coordinates { basis: Some(self.spectrum.vectors.view()), penalties };
        let (minimiser, _) = coordinates.minimise(loss, graph, k, self.beta)?;
        let expansion = self.expand(minimiser.z.view())?;
        Ok(minimiser.with_map(expansion))
    }

    /// The function of least norm with the values `z` of shape `(n, k)` at the samples; `O(n² k)`.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] if `z` has other rows.
    pub fn expand(&self, z: ArrayView2<f64>) -> Result<KernelExpansion<'_, K>> {
        check::shape("z", &[self.inputs.nrows(), z.ncols()], z.shape())?;
        Ok(KernelExpansion {
            kernel: &self.kernel,
            inputs: self.inputs.view(),
            coefficients: self.inverse.dot(&z),
        })
    }

    /// The map from values at the samples to values at the points `x` of shape `(m, p)`, for many representations;
    /// `O(m n (n + p))` once.
    ///
    /// # Errors
    /// [`crate::Error::Shape`], [`crate::Error::Empty`] or [`crate::Error::NotFinite`] for bad points.
    pub fn lift(&self, x: ArrayView2<f64>) -> Result<Lift> {
        Ok(Lift { matrix: cross_gram(&self.kernel, x, self.inputs.view())?.dot(&self.inverse) })
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
    /// [`crate::Error::Shape`] if the width differs, [`crate::Error::NotFinite`] for bad points.
    pub fn embed(&self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        Ok(cross_gram(self.kernel, x, self.inputs)?.dot(&self.coefficients))
    }
}

/// `K_new K⁻¹`, of shape `(m, n)`.
#[derive(Clone, Debug)]
pub struct Lift {
    matrix: Array2<f64>,
}

impl Lift {
    /// Representations `(m, k)` of the new points from those of the samples, `z` `(n, k)`.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] if `z` has other rows.
    pub fn embed(&self, z: ArrayView2<f64>) -> Result<Array2<f64>> {
        check::shape("z", &[self.matrix.ncols(), z.ncols()], z.shape())?;
        Ok(self.matrix.dot(&z))
    }
}

/// Solves `T = G − βK⁻¹` for one graph after another on the same samples.
///
/// The graph's structure decides how. Label and low-rank terms change `T` by a low-rank matrix: once the rest of `T` is
/// decomposed, every further set of labels costs `O(n² k)` instead of `4n³/3`. The rest is decomposed when it comes the
/// second time in a row; without other terms it is `−βK⁻¹`, whose eigenvectors are known from the start. Everything else,
/// and every case in which a residual does not certify the short way, is solved densely.
#[derive(Debug)]
pub struct KernelSolver<'a> {
    inverse: &'a Array2<f64>,
    spectrum: &'a SpectralFactor,
    beta: f64,
    matrix: Array2<f64>,
    dense: PartialEigensolver,
    /// What the last graph held besides its low-rank part.
    last_rest: Option<SimilarityGraph>,
    /// `last_rest − βK⁻¹`, if it was decomposed.
    decomposed: Option<Eigenpairs>,
}

/// Low rank is at most this fraction of the order (`r ≤ n / 16`): beyond, a dense solve costs as much.
const LARGEST_RANK_PART: usize = 16;

impl KernelSolver<'_> {
    /// The `k` leading eigenpairs of `T`, eigenvectors of shape `(n, k)`.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] if the graph has other samples; [`crate::Error::Domain`] unless `k` is at least
    /// 1 and at most the rank of `K`.
    pub fn leading(&mut self, graph: &SimilarityGraph, k: usize) -> Result<Eigenpairs> {
        let n = self.inverse.nrows();
        check::shape("graph", &[n], &[graph.len()])?;
        check::count(
            "k",
            k,
            self.spectrum.values.len(),
            "at least 1 and at most the rank of the Gram matrix",
        )?;
        if let (rest, Some(change)) = graph.split_low_rank()
            && change.core.nrows() * LARGEST_RANK_PART <= n
            && let Some(pairs) = self.leading_of_update(rest, &change, k)?
        {
            return Ok(pairs);
        }
        self.assemble(graph)?;
        let pairs = self.dense.leading(self.matrix.view(), k)?;
        Ok(self.in_samples(pairs))
    }

    /// By a low-rank change of the decomposed rest; `None` if that is not known, or the result is not certified.
    fn leading_of_update(
        &mut self,
        rest: Option<SimilarityGraph>,
        change: &LowRankPart,
        k: usize,
    ) -> Result<Option<Eigenpairs>> {
        let Some(rest) = rest else {
            let values = self.spectrum.values.mapv(|value| -self.beta / value);
            return updated(values.view(), self.spectrum.vectors.view(), change, k);
        };
        if self.last_rest.as_ref() != Some(&rest) {
            self.last_rest = Some(rest);
            self.decomposed = None;
            return Ok(None);
        }
        if self.decomposed.is_none() {
            self.assemble(&rest)?;
            self.decomposed = Some(self.in_samples(symmetric_eigen(self.matrix.view())?));
        }
        match &self.decomposed {
            Some(Eigenpairs { values, vectors, .. }) => updated(values.view(), vectors.view(), change, k),
            None => Ok(None),
        }
    }

    /// Fills the matrix with `graph − βK⁻¹`; on the range of `K` and in its eigenbasis, `UᵀGU − βΛ⁻¹`, if that is not
    /// everything (claim T30).
    fn assemble(&mut self, graph: &SimilarityGraph) -> Result<()> {
        if self.spectrum.dropped > 0 {
            let penalties = self.spectrum.values.mapv(f64::recip);
            let basis = self.spectrum.vectors.view();
            self.matrix = SpectralLoss::SimClr2.matrix(graph, Some(basis), &penalties, self.beta);
            return Ok(());
        }
        self.matrix.zip_mut_with(self.inverse, |entry, &inverse| *entry = -self.beta * inverse);
        graph.add_to(1.0, &mut self.matrix.view_mut())
    }

    /// Eigenpairs of the matrix that [`Self::assemble`] fills, with vectors over the samples.
    fn in_samples(&self, pairs: Eigenpairs) -> Eigenpairs {
        if self.spectrum.dropped == 0 {
            return pairs;
        }
        Eigenpairs { vectors: self.spectrum.vectors.dot(&pairs.vectors), ..pairs }
    }
}

/// The leading eigenpairs of `U diag(values) Uᵀ + B C Bᵀ`; `None` if the result is not certified.
fn updated(
    values: ArrayView1<f64>,
    basis: ArrayView2<f64>,
    change: &LowRankPart,
    k: usize,
) -> Result<Option<Eigenpairs>> {
    let w = basis.t().dot(&change.factor);
    match leading_eigenpairs_of_update(values, w.view(), change.core.view(), k) {
        Ok(pairs) => Ok(Some(Eigenpairs { vectors: basis.dot(&pairs.vectors), ..pairs })),
        Err(Error::NotConverged { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}
