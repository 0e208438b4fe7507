//! The leading eigenpairs of an operator by the solver that suits it, certified.

use std::cell::Cell;
use std::fmt;

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, concatenate, s};

use super::filtered;
use super::found::{Found, check_problem};
use super::lanczos::ThickRestartLanczos;
use super::lobpcg::Lobpcg;
use super::ritz_space::generic_block;
use crate::Observer;
use crate::error::{Error, Result, check};
use crate::linalg::certificate::Certificate;
use crate::linalg::eigen::{Eigenpairs, PartialEigensolver};
use crate::linalg::operator::Operator;
use crate::linalg::scale::{largest, norm};
use crate::linalg::subspace::{Subspace, SubspaceIteration, lanczos_lower_bound};

/// How the leading eigenpairs of an operator are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Method {
    /// By size, number of pairs and whether there is a preconditioner; see [`LeadingPairs::of`].
    #[default]
    Auto,
    /// The dense solver on the matrix that products with the identity give.
    Dense,
    /// [`SubspaceIteration`] with Chebyshev filters.
    Chebyshev,
    /// [`ThickRestartLanczos`], with the fewest products.
    Lanczos,
    /// The same on a Chebyshev polynomial of the operator: faster where products are cheap, such as sparse ones.
    FilteredLanczos,
    /// [`Lobpcg`].
    Lobpcg,
}

/// Options of the solvers for leading eigenpairs, and which one is taken.
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use pal::graph::SimilarityGraph;
/// use pal::linalg::LeadingPairs;
///
/// // Three views of each of a thousand samples: the eigenvalue 3 a thousand times.
/// let graph = SimilarityGraph::views(1000, 3)?;
/// let found = LeadingPairs { k: 5, ..LeadingPairs::default() }.of(&graph)?;
/// assert!(found.pairs.values.iter().zip(&found.bounds).all(|(value, bound)| (value - 3.0).abs() <= *bound));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct LeadingPairs<'a> {
    /// Number of pairs, `1 ≤ k ≤ n`.
    pub k: usize,
    /// A pair has converged when `‖Tv − θv‖ ≤ tolerance · ‖T‖`; keep it far below the relative gap of the last pair.
    pub tolerance: f64,
    /// Steps of the solver before giving up.
    pub most_steps: usize,
    /// The solver.
    pub method: Method,
    /// Vectors `(n, w)` whose span is near the wanted one, such as [`CertifiedPairs::block`] before a change of the operator.
    pub start: Option<ArrayView2<'a, f64>>,
    /// An approximation of `(σI − T)⁻¹`, `σ` above the spectrum, for [`Method::Lobpcg`]; positive definite.
    pub preconditioner: Option<&'a dyn Operator>,
    /// Who is told of every step; nobody by default.
    pub observer: Observer,
}

impl Default for LeadingPairs<'_> {
    fn default() -> Self {
        Self {
            k: 1,
            tolerance: 1e-10,
            most_steps: 5000,
            method: Method::Auto,
            start: None,
            preconditioner: None,
            observer: Observer::default(),
        }
    }
}

impl fmt::Debug for LeadingPairs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("LeadingPairs")
            .field("k", &self.k)
            .field("tolerance", &self.tolerance)
            .field("most_steps", &self.most_steps)
            .field("method", &self.method)
            .field("start", &self.start.map(|start| start.dim()))
            .field("preconditioner", &self.preconditioner.map(Operator::order))
            .field("observer", &self.observer)
            .finish()
    }
}

/// Leading eigenpairs with what proves them.
#[derive(Clone, Debug)]
pub struct CertifiedPairs {
    /// The `k` pairs. `next` is the next eigenvalue or, of an iterative solver, its value and ten times its residual as far as it
    /// is known, if that lies below the pairs.
    pub pairs: Eigenpairs,
    /// The residuals, computed anew from the pairs.
    pub certificate: Certificate,
    /// Of each value how far it is from an eigenvalue at most: [`Eigenpairs::value_bounds`].
    pub bounds: Array1<f64>,
    /// `(n, w)` the vectors and what the solver knows of the next ones: the warm start after a change of the operator.
    pub block: Array2<f64>,
    /// The solver that was chosen.
    pub method: Method,
    /// Steps that it took; none of the dense one.
    pub steps: usize,
    /// Vectors that the operator was multiplied with, those of the certificate among them.
    pub products: usize,
}

/// Orders up to which the dense solver is the fastest.
const DENSE_UP_TO: usize = 1000;
/// Orders up to which it is, of more than a quarter of the pairs.
const MANY_DENSE_UP_TO: usize = 4000;
/// Pairs from which filters are cheaper than making a long basis orthogonal.
const MANY_PAIRS: usize = 64;
/// Orders from which a product with a sparse operator costs less than making its result orthogonal to the basis.
const FILTERED_FROM: usize = 5000;
/// Columns of the identity that are multiplied at once.
const IDENTITY_COLUMNS: usize = 64;
/// Degree of the filters.
const DEGREE: usize = 16;
/// What a second attempt takes off the tolerance where residuals computed anew are above it.
const TIGHTER: f64 = 0.1;
/// Residuals this small, relative to the operator and times `√n`, are rounding.
const ROUNDING: f64 = 10.0 * f64::EPSILON;

impl LeadingPairs<'_> {
    /// The `k` leading eigenpairs of `operator`, of order `n`.
    ///
    /// [`Method::Auto`] takes the dense solver up to order 1000, and up to 4000 for more than `n/4` pairs; LOBPCG where there is
    /// a preconditioner; Chebyshev filters from 64 pairs; and Lanczos otherwise, filtered from order 5000: where products of so large
    /// an operator are dear, take [`Method::Lanczos`]. Costs are those of the solver, and one product with the pairs for the
    /// certificate.
    ///
    /// That no larger eigenvalue was missed is as certain as that a generic block has a part in every eigenvector: see
    /// [`count_above`](crate::linalg::count_above) for proof where the matrix is at hand.
    ///
    /// # Errors
    /// [`Error::Domain`] for bad options, a bad `k` or products that are not finite; [`Error::Empty`] for an operator of order
    /// 0; [`Error::Empty`], [`Error::Shape`] or [`Error::NotFinite`] for a bad `start`; [`Error::Shape`] for an operator that
    /// is not square, or a preconditioner of another order; [`Error::NotConverged`] if a residual stays above the tolerance.
    pub fn of(&self, operator: &impl Operator) -> Result<CertifiedPairs> {
        check::positive("tolerance", self.tolerance)?;
        check::count("most_steps", self.most_steps, usize::MAX, "at least 1")?;
        check_problem(operator, self.k, self.start)?;
        let operator = Counted { operator, products: Cell::new(0) };
        let method = self.chosen(operator.order());
        let start = self.start.map(|start| start.to_owned());
        let mut found = self.run(method, &operator, self.tolerance, start.as_ref())?;
        let mut certified = found.certified(method, &operator)?;
        if !self.is_within(&certified, found.norm) && method != Method::Dense {
            let start = certified.block;
            let steps = certified.steps;
            found = self.run(method, &operator, TIGHTER * self.tolerance, Some(&start))?;
            certified = found.certified(method, &operator)?;
            certified.steps += steps;
        }
        if self.is_within(&certified, found.norm) {
            return Ok(certified);
        }
        Err(Error::NotConverged {
            solver: "leading eigenpairs",
            iterations: certified.steps,
            residual: largest(&certified.certificate.residuals),
            tolerance: self.tolerance * found.norm,
        })
    }

    fn chosen(&self, n: usize) -> Method {
        match self.method {
            Method::Auto if self.preconditioner.is_some() => Method::Lobpcg,
            Method::Auto if n <= DENSE_UP_TO || (4 * self.k > n && n <= MANY_DENSE_UP_TO) => Method::Dense,
            Method::Auto if self.k >= MANY_PAIRS => Method::Chebyshev,
            Method::Auto if n >= FILTERED_FROM => Method::FilteredLanczos,
            Method::Auto => Method::Lanczos,
            chosen => chosen,
        }
    }

    fn is_within(&self, certified: &CertifiedPairs, norm: f64) -> bool {
        let n = certified.block.nrows() as f64;
        let rounding = ROUNDING * n.sqrt() * norm;
        certified.certificate.residuals.iter().all(|&residual| residual <= self.tolerance * norm + rounding)
    }

    fn run(
        &self,
        method: Method,
        operator: &Counted<impl Operator>,
        tolerance: f64,
        start: Option<&Array2<f64>>,
    ) -> Result<Found> {
        let (k, n) = (self.k, operator.order());
        let guards = (k / 8).max(8);
        let (most_steps, observer) = (self.most_steps, self.observer.clone());
        match method {
            Method::Dense => dense(operator, k, observer),
            Method::Chebyshev => {
                let lowest = lanczos_lower_bound(operator)?;
                let solver = SubspaceIteration {
                    degree: DEGREE,
                    tolerance,
                    most_steps,
                    lowest: Some(lowest),
                    observer,
                };
                let subspace = solver.leading(operator, k, filled_up(start, n, k + guards).view())?;
                Ok(Found { norm: lowest.abs().max(subspace.pairs.values[0].abs()), subspace, next: None })
            }
            Method::Lobpcg => {
                let start = filled_up(start, n, k + (k / 4).max(2));
                Lobpcg { tolerance, most_steps, observer }.run(operator, self.preconditioner, k, start.view())
            }
            Method::Auto | Method::Lanczos | Method::FilteredLanczos => {
                let solver =
                    ThickRestartLanczos { tolerance, most_steps, observer, ..ThickRestartLanczos::default() };
                let start = start.map(|start| start.view());
                if method == Method::FilteredLanczos {
                    filtered::run(&solver, operator, k, start)
                } else {
                    solver.run(operator, k, start)
                }
            }
        }
    }
}

impl Found {
    fn certified(&self, method: Method, operator: &Counted<impl Operator>) -> Result<CertifiedPairs> {
        let Subspace { pairs, block, steps } = self.subspace.clone();
        let pairs = Eigenpairs { next: self.next, ..pairs };
        let certificate = pairs.certify(operator)?;
        let bounds = pairs.value_bounds(&certificate)?;
        Ok(CertifiedPairs {
            pairs,
            certificate,
            bounds,
            block,
            method,
            steps,
            products: operator.products.get(),
        })
    }
}

/// The leading pairs of the matrix, of which both halves are averaged.
fn dense(operator: &impl Operator, k: usize, observer: Observer) -> Result<Found> {
    let n = operator.order();
    let mut matrix = Array2::zeros((n, n));
    for first in (0..n).step_by(IDENTITY_COLUMNS) {
        let last = (first + IDENTITY_COLUMNS).min(n);
        let identity = Array2::from_shape_fn((n, last - first), |(i, j)| f64::from(u8::from(i == first + j)));
        matrix.slice_mut(s![.., first..last]).assign(&operator.apply_unchecked(identity.view()));
    }
    check::in_range("product with the operator", &matrix, "finite")?;
    let symmetric = &matrix * 0.5 + &matrix.t() * 0.5;
    let pairs = PartialEigensolver::default().observed_by(observer).leading(symmetric.view(), k)?;
    let column = |column: ndarray::ArrayView1<f64>| norm(column.dot(&column), column);
    let longest = symmetric.columns().into_iter().map(column).fold(0.0, f64::max);
    Ok(Found {
        norm: longest.max(largest(&pairs.values)),
        next: pairs.next,
        subspace: Subspace { block: pairs.vectors.clone(), pairs, steps: 0 },
    })
}

/// The first columns of the start, and generic ones after it, `width` or `n` in all.
fn filled_up(start: Option<&Array2<f64>>, n: usize, width: usize) -> Array2<f64> {
    let width = width.min(n);
    let Some(start) = start else { return generic_block(n, width, 0) };
    let given = start.slice(s![.., ..start.ncols().min(width)]);
    let more = generic_block(n, width - given.ncols(), 0);
    concatenate![Axis(1), given, more].as_standard_layout().into_owned()
}

/// An operator that counts the vectors it is multiplied with.
struct Counted<'a, T> {
    operator: &'a T,
    products: Cell<usize>,
}

impl<T: Operator> Operator for Counted<'_, T> {
    fn order(&self) -> usize {
        self.operator.order()
    }

    fn check(&self) -> Result<()> {
        self.operator.check()
    }

    fn apply_add_unchecked(&self, weight: f64, x: ArrayView2<f64>, out: ArrayViewMut2<f64>) {
        self.products.set(self.products.get() + x.ncols());
        self.operator.apply_add_unchecked(weight, x, out);
    }
}
