//! Similarity graphs: who belongs with whom, and how strongly.
//!
//! A graph over `n` samples is a symmetric, possibly signed `n×n` matrix `G`: 1 says "known to belong together",
//! −1 "known not to", 0 "unknown", and any real number in between is allowed. The graphs of learning have structure
//! that makes them cheap, and [`SimilarityGraph`] keeps it:
//!
//! | form | `G` | stored | `G x`, `x` of `k` columns |
//! |---|---|---|---|
//! | [`views`](SimilarityGraph::views) ([claim T2](crate::theory#t2)) | `I ⊗ 1 1ᵀ` | two numbers | `n k` |
//! | [`labels`](SimilarityGraph::labels) ([claim T3](crate::theory#t3)) | `Y Yᵀ` | `n` labels | `n k` |
//! | [`contrastive_labels`](SimilarityGraph::contrastive_labels) ([claim T4](crate::theory#t4)) | `2 Y Yᵀ − k kᵀ` | `n` labels | `n k` |
//! | [`pairs`](SimilarityGraph::pairs) | sparse | `nnz` entries | `nnz k` |
//! | [`low_rank`](SimilarityGraph::low_rank) | `B diag(w) Bᵀ` | `n r` numbers | `n r k` |
//! | [`dense`](SimilarityGraph::dense) | any | `n²` numbers | `n² k` |
//!
//! Before any answer, [`neighbours`](SimilarityGraph::neighbours) makes a graph of pairs from the distances of the samples.
//!
//! A graph is a weighted sum of such forms, most often of one ([`SimilarityGraph::mixture`], [claim T5](crate::theory#t5)). Degrees
//! `D = diag(G 1)`, the [`Laplacian`] `L = D − G` and the [components](SimilarityGraph::components) follow from it.
//!
//! ```
//! # fn main() -> pal::Result<()> {
//! use ndarray::Array2;
//! use pal::data::Labels;
//! use pal::graph::SimilarityGraph;
//! use pal::linalg::Operator;
//!
//! // Two views of each of three samples, of which the first two are known to be of one class.
//! let views = SimilarityGraph::views(3, 2)?;
//! let labels = Labels::partial(vec![Some(0), Some(0), None], 1)?;
//! let supervised = SimilarityGraph::labels(&labels).on_views(2)?;
//! let graph = SimilarityGraph::mixture([(0.5, views), (0.5, supervised)])?;
//!
//! assert_eq!((graph.len(), graph.components()), (6, 2));
//! assert_eq!((graph.entry(0, 1)?, graph.entry(0, 2)?, graph.entry(0, 4)?), (1.0, 0.5, 0.0));
//! // A product costs O(n k) for these forms: no 6 × 6 matrix is made.
//! let product = graph.apply(Array2::<f64>::ones((6, 1)).view())?;
//! assert_eq!(product.column(0), graph.degrees());
//! # Ok(())
//! # }
//! ```

mod block_sums;
mod components;
mod dense;
mod form;
mod inner;
mod known;
mod labels;
mod laplacian;
mod low_rank;
mod neighbours;
mod pairs;
mod perturb;
mod positives;
mod product;
mod quadratic;
mod rows;
mod scaled;
mod split;
mod structure;
mod totals;
mod views;

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2};

use self::block_sums::BlockSums;
use self::structure::{Structure, check_size};
use crate::data::Labels;
use crate::error::{Error, Result, check};
use crate::linalg::Operator;
use crate::linalg::rows::{Standard, in_rows};
use crate::scalar::Scalar;

pub use dense::DenseGraph;
pub use form::Form;
pub(crate) use known::Known;
pub use labels::{ContrastiveGraph, LabelGraph};
pub use laplacian::{Laplacian, NormalisedLaplacian};
pub use low_rank::LowRankGraph;
pub use neighbours::{NeighbourGraph, NeighbourSearch};
pub use pairs::PairGraph;
pub use perturb::{drop_entries, redraw_labels};
pub use structure::LowRankPart;
pub use views::ViewGraph;

/// A symmetric, signed similarity graph over `n ≥ 1` samples, kept in its cheap form.
///
/// Inside it is a list of [terms](SimilarityGraph::terms): `G = Σ_t weight_t · form_t`. Weights and entries are at most `1e100` in
/// absolute value, so that degrees, inner products and norms are numbers.
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use ndarray::array;
/// use pal::graph::SimilarityGraph;
///
/// let graph = SimilarityGraph::pairs(3, [(0, 1, 1.0), (1, 2, -1.0)])?; // 0 and 1 belong together, 1 and 2 do not
/// let z = array![[0.0], [0.0], [2.0]];
/// assert_eq!(graph.laplacian().energy(z.view())?, -4.0); // Σ G_ij ‖z_i − z_j‖² over the pairs
/// assert_eq!(graph.frobenius_squared(), 4.0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SimilarityGraph {
    order: usize,
    terms: Vec<(f64, Form)>,
}

/// Constructors.
impl SimilarityGraph {
    /// The view graph `I_samples ⊗ 1 1ᵀ`: rows `views·i .. views·(i+1)` are the views of sample `i` ([claim T2](crate::theory#t2)).
    ///
    /// # Errors
    /// [`Error::Empty`] without samples or views, [`Error::Domain`] if their product overflows.
    pub fn views(samples: usize, views: usize) -> Result<Self> {
        Ok(Form::Views(ViewGraph::new(samples, views)?).into())
    }

    /// The identity: every sample is similar to itself alone.
    ///
    /// # Errors
    /// [`Error::Empty`] without samples.
    pub fn identity(samples: usize) -> Result<Self> {
        Self::views(samples, 1)
    }

    /// The label graph `Y Yᵀ` ([claim T3](crate::theory#t3)): 1 between samples of one class, the diagonal included.
    ///
    /// Rows of samples whose label is unknown are zero.
    #[must_use]
    pub fn labels(labels: &Labels) -> Self {
        Form::Labels(LabelGraph::new(labels)).into()
    }

    /// The contrastive label graph `2 Y Yᵀ − k kᵀ` ([claim T4](crate::theory#t4)), `k` the indicator of the samples whose label is
    /// known: 1 between samples of one class, −1 across classes, 0 where a label is unknown.
    #[must_use]
    pub fn contrastive_labels(labels: &Labels) -> Self {
        Form::Contrastive(ContrastiveGraph::new(labels)).into()
    }

    /// A sparse graph: `(i, j, w)` sets the entries `(i, j)` and `(j, i)` to `w`; `i = j` sets the diagonal.
    ///
    /// A pair may be named twice, in either order, with the same weight. Zero weights are dropped.
    /// Cost `O(m log m)` for `m` triples.
    ///
    /// # Errors
    /// [`Error::Empty`] without samples, [`Error::Domain`] if an index is not below `samples`,
    /// [`Error::NotFinite`] if a weight is not, [`Error::Domain`] if it is above `1e100`, [`Error::Conflict`] if a pair is named
    /// with two different weights.
    pub fn pairs(samples: usize, pairs: impl IntoIterator<Item = (usize, usize, f64)>) -> Result<Self> {
        Ok(Form::Pairs(PairGraph::new(samples, pairs)?).into())
    }

    /// `B diag(w) Bᵀ` for `factor` `B` of shape `(n, r)` and `weights` `w` of length `r`, of any sign.
    ///
    /// # Errors
    /// [`Error::Empty`] if `n = 0`, [`Error::Shape`] if the two disagree about `r`, [`Error::NotFinite`], [`Error::Domain`] if
    /// `Σ_r |w_r| max_i B_ir²`, a bound on the entries, is above `1e100`.
    pub fn low_rank(factor: Array2<f64>, weights: Array1<f64>) -> Result<Self> {
        Ok(Form::LowRank(LowRankGraph::new(factor, weights)?).into())
    }

    /// Any symmetric matrix of shape `(n, n)`; asymmetry of rounding size (`1e-12` of the largest entry) is averaged.
    ///
    /// # Errors
    /// [`Error::Empty`] if `n = 0`, [`Error::Shape`] if not square, [`Error::NotFinite`], [`Error::Asymmetric`],
    /// [`Error::Domain`] if an entry is above `1e100`.
    pub fn dense(matrix: Array2<f64>) -> Result<Self> {
        Ok(Form::Dense(DenseGraph::new(matrix)?).into())
    }

    /// The weighted sum `Σ weight · graph` ([claim T5](crate::theory#t5)); the terms of mixtures join one flat list, zero
    /// weights are dropped.
    ///
    /// # Errors
    /// [`Error::Empty`] without graphs, [`Error::Shape`] if they differ in length, [`Error::NotFinite`] weights,
    /// [`Error::Domain`] if a weight, or its product with an entry, is above `1e100`.
    pub fn mixture(graphs: impl IntoIterator<Item = (f64, SimilarityGraph)>) -> Result<Self> {
        let mut sum: Option<Self> = None;
        for (position, (weight, graph)) in graphs.into_iter().enumerate() {
            if !weight.is_finite() {
                return Err(Error::NotFinite {
                    argument: "mixture weights",
                    index: vec![position],
                    value: weight,
                });
            }
            let order = graph.order;
            let sum = sum.get_or_insert(Self { order, terms: Vec::new() });
            check::shape("graphs of the mixture", &[sum.order, sum.order], &[order, order])?;
            for (inner, form) in &graph.terms {
                check_size("weight of the mixture", weight * inner)?;
                check_size("entry of the mixture", weight * inner * form.structure().bound())?;
            }
            if weight != 0.0 {
                sum.terms.extend(graph.terms.into_iter().map(|(inner, form)| (weight * inner, form)));
            }
        }
        sum.ok_or(Error::Empty { argument: "mixture", expected: "graph" })
    }

    /// The graph over `views` views of every sample: rows `views·i .. views·(i+1)` are as similar to others as sample `i` is.
    ///
    /// `G ⊗ 1 1ᵀ`, in the forms of [`SimilarityGraph::restrict`]: views of one sample are as similar as its diagonal says, and
    /// are joined by adding a [view graph](SimilarityGraph::views) where that is zero.
    ///
    /// # Errors
    /// [`Error::Empty`] without views.
    pub fn on_views(&self, views: usize) -> Result<Self> {
        let copies: Vec<usize> = (0..self.order).flat_map(|i| std::iter::repeat_n(i, views)).collect();
        self.restrict(&copies)
    }

    /// The graph on some of the samples: entry `(a, b)` of the result is `G[indices[a], indices[b]]`.
    ///
    /// Forms stay cheap: a restricted view graph is the label graph whose label is the sample index. Indices come in
    /// any order and may repeat (a draw with replacement): copies of a sample are as similar to each other as the
    /// sample is to itself.
    ///
    /// # Errors
    /// [`Error::Empty`] without indices, [`Error::Domain`] if an index is not below `n`.
    pub fn restrict(&self, indices: &[usize]) -> Result<Self> {
        if indices.is_empty() {
            return Err(Error::Empty { argument: "indices", expected: "sample" });
        }
        indices.iter().try_for_each(|&index| {
            check::index("indices", index, self.order, "below the number of samples")
        })?;
        let terms = self.terms.iter().map(|(weight, form)| (*weight, form.restrict(indices))).collect();
        Ok(Self { order: indices.len(), terms })
    }
}

/// What the graph is.
impl SimilarityGraph {
    /// Number of samples `n`.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // never empty by construction
    pub fn len(&self) -> usize {
        self.order
    }

    /// The terms of `G = Σ weight · form`, for solvers that know a form's spectrum or inverse.
    ///
    /// One term of weight 1 unless the graph is a mixture; none if it is a mixture of zero weights.
    #[must_use]
    pub fn terms(&self) -> &[(f64, Form)] {
        &self.terms
    }

    /// The entry `G_ij`. Cost: `O(1)` a term, `O(log nnz)` for pairs, `O(r)` for low rank.
    ///
    /// # Errors
    /// [`Error::Domain`] if an index is not below `n`.
    pub fn entry(&self, i: usize, j: usize) -> Result<f64> {
        check::index("row", i, self.order, "below the number of samples")?;
        check::index("column", j, self.order, "below the number of samples")?;
        Ok(self.entry_at(i, j))
    }

    /// The matrix of shape `(n, n)`.
    #[must_use]
    pub fn to_dense(&self) -> Array2<f64> {
        let mut dense = Array2::zeros((self.order, self.order));
        self.accumulate(1.0, &mut dense.view_mut());
        dense
    }

    /// Adds `weight · G` to the matrix `out` of shape `(n, n)`, in any memory layout.
    ///
    /// Sums beyond the range of numbers are infinite, and what is not finite in `out` stays so. Cost: one addition an entry that is
    /// not structurally zero, at most `O(n)` memory; for low rank one `n×r×n` product.
    ///
    /// # Errors
    /// [`Error::Shape`] if `out` is not `(n, n)`, [`Error::Domain`] if the weight is not finite.
    pub fn add_to(&self, weight: f64, out: &mut ArrayViewMut2<f64>) -> Result<()> {
        check::number("weight", weight, "finite")?;
        check::shape("out", &[self.order, self.order], out.shape())?;
        self.accumulate(weight, out);
        Ok(())
    }

    /// The signed degrees `G 1`, of length `n`; the diagonal counts.
    #[must_use]
    pub fn degrees(&self) -> Array1<f64> {
        self.sum_of_terms(|form| form.degrees())
    }

    /// The entries `G_ii`, of length `n`.
    #[must_use]
    pub fn diagonal(&self) -> Array1<f64> {
        self.sum_of_terms(|form| form.diagonal())
    }

    /// Whether every entry, the diagonal included, is at least zero (negative rounding of a sum is zero).
    ///
    /// Cheap when the weights and forms of all terms are; otherwise row by row, `O(n²)` time a term, `O(n)` memory.
    #[must_use]
    pub fn is_non_negative(&self) -> bool {
        self.require_non_negative("graph").is_ok()
    }

    /// Checks that no entry is negative; cost as [`Self::is_non_negative`].
    ///
    /// # Errors
    /// [`Error::Domain`] with the first entry that is.
    pub fn require_non_negative(&self, argument: &'static str) -> Result<()> {
        if self.every_term_is_non_negative() {
            return Ok(());
        }
        let mut first = None;
        totals::every_row(&self.structures(), |_, row| {
            first = row.iter().copied().find(|&entry| entry < 0.0);
            first.is_none()
        });
        match first {
            Some(value) => Err(Error::Domain { argument, value, must: "at least zero in every entry" }),
            None => Ok(()),
        }
    }

    /// The sums of the rows of `x`, in row-major order and standardised if so told, over the blocks of a graph of views or
    /// labels alone; `O(n k)`.
    pub(crate) fn block_sums<F: Scalar>(
        &self,
        x: ArrayView2<F>,
        standard: Option<&Standard<F>>,
    ) -> Option<BlockSums<F>> {
        let [(weight, form)] = &self.terms[..] else {
            return None;
        };
        let (sums, blocks) = form.product().block_sums(x, standard)?;
        Some(BlockSums { weight: *weight, sums, blocks })
    }

    /// What is known of samples that have so many consecutive rows each, at least one.
    pub(crate) fn known(&self, views: usize) -> Known {
        let mut known = Known::default();
        for (weight, form) in &self.terms {
            form.structure().add_known(*weight, &mut known);
        }
        known.of_samples(views)
    }

    fn sum_of_terms(&self, of: impl Fn(&dyn Structure) -> Array1<f64>) -> Array1<f64> {
        let mut sum = Array1::zeros(self.order);
        for (weight, form) in &self.terms {
            sum.scaled_add(*weight, &of(form.structure()));
        }
        sum
    }

    fn entry_at(&self, i: usize, j: usize) -> f64 {
        self.terms.iter().map(|(weight, form)| weight * form.structure().entry(i, j)).sum()
    }

    fn accumulate(&self, weight: f64, out: &mut ArrayViewMut2<f64>) {
        for (own, form) in &self.terms {
            form.structure().add_to(weight * own, out);
        }
    }

    /// Whether every weight and every form is at least zero, so that no two terms can cancel.
    fn every_term_is_non_negative(&self) -> bool {
        self.terms.iter().all(|(weight, form)| *weight >= 0.0 && form.structure().is_non_negative())
    }

    fn structures(&self) -> Vec<(f64, &dyn Structure)> {
        self.terms.iter().map(|(weight, form)| (*weight, form.structure())).collect()
    }
}

impl<F: Scalar> Operator<F> for SimilarityGraph {
    fn order(&self) -> usize {
        self.order
    }

    fn apply_add_unchecked(&self, weight: F, x: ArrayView2<F>, out: ArrayViewMut2<F>) {
        if x.is_empty() {
            return;
        }
        in_rows(x, out, |x, mut out| {
            for (own, form) in &self.terms {
                form.product().apply_add(weight * F::of(*own), x, out.view_mut());
            }
        });
    }
}

impl From<Form> for SimilarityGraph {
    fn from(form: Form) -> Self {
        Self { order: form.structure().order(), terms: vec![(1.0, form)] }
    }
}
