//! Leading eigenpairs of an operator that is only known by its products: filtered block subspace iteration.
//!
//! A step applies a polynomial of the operator to the block, `X → orth(p(T) X)`, that is large on the wanted end of the
//! spectrum and small on the rest ([claim T36](crate::theory#t36)); Rayleigh–Ritz on the span then reads off eigenpairs
//! (Saad, *Numerical Methods for Large Eigenvalue Problems*, chapters 5 and 7; Zhou & Saad 2007).
//!
//! It starts from any block: from the last eigenvectors after a small change of the operator it needs fewer steps than
//! from a random one, **where there is a gap below the wanted pairs** ([claim T38](crate::theory#t38)). Columns past the wanted
//! ones are guards: convergence is governed by the gap to the last guard, not to the first unwanted eigenvalue.
//!
//! Residuals alone cannot show that a pair was missed, say because the start had no part in it: see
//! [`count_above`](super::count_above).

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut1, Axis, s};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use super::eigen::Eigenpairs;
use super::scale::{largest, norm};
use super::{Operator, symmetric_eigen};
use crate::Observer;
use crate::error::{Error, Result, check};

/// A polynomial of the operator, applied to a block in one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Filter {
    /// `T + shift · I`: a step multiplies tangents to the wanted space by `(t_{k+1} + s)/(t_k + s)` if
    /// `s ≥ −t_min`; `s = −(t_min + t_{k+1})/2`, the Chebyshev filter of degree 1, is best.
    ShiftedPower {
        /// The shift `s`.
        shift: f64,
    },
    /// The Chebyshev polynomial on `[low, high]`: a step multiplies tangents by `1 / cosh(m arccosh(x_k))`,
    /// `x_k = (2t_k − low − high)/(high − low)`, if the interval covers the unwanted eigenvalues.
    Chebyshev {
        /// The degree `m ≥ 1`: products a step.
        degree: usize,
        /// A lower bound on the spectrum.
        low: f64,
        /// The upper end of what is damped, above `low`.
        high: f64,
    },
}

impl Filter {
    /// One step `X → orth(p(T) X)` on a block `(n, w)` of `w ≤ n` columns.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Shape`] or [`Error::NotFinite`] for a bad block, [`Error::Shape`] for an operator that is not
    /// square, [`Error::Domain`] for bad parameters or if a product with the operator is not finite.
    pub fn step(&self, operator: &impl Operator, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        self.check()?;
        check_block(operator, x)?;
        let mut filtered = self.apply(operator, x, x.slice(s![.., ..0]))?;
        orthonormalise(&mut filtered, 0);
        Ok(filtered)
    }

    pub(super) fn check(&self) -> Result<()> {
        let domain = |argument, value, must| Err(Error::Domain { argument, value, must });
        match *self {
            Self::ShiftedPower { shift } if !shift.is_finite() => domain("shift", shift, "finite"),
            Self::Chebyshev { degree: 0, .. } => domain("degree", 0.0, "at least 1"),
            Self::Chebyshev { low, high, .. } if !(low < high && (high - low).is_finite()) => {
                domain("high", high, "above low, and both finite")
            }
            _ => Ok(()),
        }
    }

    /// `p(T) X`, up to a factor, with the part along the orthonormal `locked` taken off after every product, where
    /// rounding would otherwise grow like the polynomial.
    pub(super) fn apply(
        &self,
        operator: &impl Operator,
        x: ArrayView2<f64>,
        locked: ArrayView2<f64>,
    ) -> Result<Array2<f64>> {
        let (centre, half_width, degree) = match *self {
            Self::ShiftedPower { shift } => (-shift, 1.0, 1),
            Self::Chebyshev { degree, low, high } => (0.5 * (low + high), 0.5 * (high - low), degree),
        };
        // (T − centre)/half_width · x, times `factor`.
        let product = |x: ArrayView2<f64>, factor: f64| {
            let mut out = &x * (-factor * centre / half_width);
            operator.apply_add_unchecked(factor / half_width, x, out.view_mut());
            project_out(locked, &mut out);
            out
        };
        let mut before = x.to_owned();
        let mut current = product(x, 1.0);
        for _ in 1..degree {
            let next = product(current.view(), 2.0) - &before;
            (before, current) = (current, next);
        }
        finite_products(&current)?;
        Ok(current)
    }
}

/// Options of the block subspace iteration with Chebyshev filters.
#[derive(Clone, Debug)]
pub struct SubspaceIteration {
    /// Largest degree of the filter; 1 is the shifted power iteration with the best shift. Steps that would amplify
    /// beyond what double precision can tell apart use a lower one.
    pub degree: usize,
    /// A pair has converged when `‖Tv − θv‖ ≤ tolerance · ‖T‖`; keep it far below the relative gap of the last pair.
    pub tolerance: f64,
    /// Steps before giving up.
    pub most_steps: usize,
    /// A lower bound on the spectrum; estimated by a few Lanczos steps if `None`. One that is too high slows or
    /// prevents convergence but cannot falsify it.
    pub lowest: Option<f64>,
    /// Who is told of every step; nobody by default.
    pub observer: Observer,
}

impl Default for SubspaceIteration {
    fn default() -> Self {
        Self { degree: 8, tolerance: 1e-10, most_steps: 500, lowest: None, observer: Observer::default() }
    }
}

/// What a subspace iteration found.
#[derive(Clone, Debug)]
pub struct Subspace {
    /// The `k` leading pairs; `next` is not known, as the guards have not converged.
    pub pairs: Eigenpairs,
    /// `(n, w)` the final orthonormal block with its guards: the warm start after a change of the operator.
    pub block: Array2<f64>,
    /// Filtered steps taken; 0 if the start had converged.
    pub steps: usize,
}

/// The filter of a step may amplify a pair by this much over another: beyond, rounding of the largest wipes out the
/// smallest.
const LARGEST_AMPLIFICATION: f64 = 1e10;
/// Part of the spectrum's width within which a guard ties with the leading pair, and the part below the tie.
const TIED: f64 = 1e-6;
const BELOW_TIE: f64 = 0.9;

impl SubspaceIteration {
    /// The `k` leading eigenpairs of `operator`, from the block `start` `(n, w)` with `k ≤ w ≤ n`; its `w − k` last
    /// columns are guards.
    ///
    /// A step costs at most `degree` products with the `w` columns that have not converged and `O(n w²)`.
    ///
    /// # Errors
    /// [`Error::Domain`] for bad options, a bad `k` or products that are not finite; [`Error::Empty`], [`Error::Shape`] or
    /// [`Error::NotFinite`] for a bad `start`; [`Error::Shape`] for an operator that is not square; [`Error::NotConverged`] if a
    /// residual stays above the tolerance.
    pub fn leading(&self, operator: &impl Operator, k: usize, start: ArrayView2<f64>) -> Result<Subspace> {
        self.check()?;
        check_block(operator, start)?;
        check::count("k", k, start.ncols(), "at least 1 and at most the columns of the start")?;

        let mut block = start.to_owned();
        orthonormalise(&mut block, 0);
        let mut product = operator.apply_unchecked(block.view());
        let mut lowest = match self.lowest {
            Some(lowest) => lowest,
            None => lanczos_lower_bound(operator)?,
        };
        let progress = self.observer.begin("subspace iteration", "steps", 0..self.most_steps);
        let mut steps = 0;
        loop {
            finite_products(&product)?;
            let ritz = RayleighRitz::new(&block, &product)?;
            let last = ritz.values[ritz.values.len() - 1];
            lowest = lowest.min(last);
            let tolerance = self.tolerance * lowest.abs().max(ritz.values[0].abs());
            let converged = ritz.residuals.iter().take_while(|&&residual| residual <= tolerance).count();
            if converged >= k {
                let pairs = Eigenpairs {
                    values: ritz.values.slice(s![..k]).to_owned(),
                    vectors: ritz.block.slice(s![.., ..k]).to_owned(),
                    next: None,
                };
                return Ok(Subspace { pairs, block: ritz.block, steps });
            }
            if steps == self.most_steps {
                return Err(Error::NotConverged {
                    solver: "subspace iteration",
                    iterations: steps,
                    residual: ritz.residuals.iter().take(k).fold(0.0, |largest, &r| r.max(largest)),
                    tolerance,
                });
            }

            // Converged pairs are locked: only the others are filtered, orthogonal to them.
            (block, product) = (ritz.block, ritz.product);
            let filter = self.filter(steps, lowest, last, ritz.values[converged]);
            let (locked, active) = block.view().split_at(Axis(1), converged);
            let filtered = filter.apply(operator, active, locked)?;
            block.slice_mut(s![.., converged..]).assign(&filtered);
            orthonormalise(&mut block, converged);
            let active = operator.apply_unchecked(block.slice(s![.., converged..]));
            product.slice_mut(s![.., converged..]).assign(&active);
            steps += 1;
            progress.step();
        }
    }

    fn check(&self) -> Result<()> {
        let domain = |argument, value, must| Err(Error::Domain { argument, value, must });
        if self.degree == 0 {
            return domain("degree", 0.0, "at least 1");
        }
        if let Some(lowest) = self.lowest.filter(|lowest| !lowest.is_finite()) {
            return domain("lowest", lowest, "finite");
        }
        check::positive("tolerance", self.tolerance)
    }

    /// The filter that damps `[lowest, last]`, of a degree that keeps the amplification of `leading` in bounds.
    fn filter(&self, step: usize, lowest: f64, last: f64, leading: f64) -> Filter {
        // Next to a guard of its own value the leading pair grows no more than the far end of the interval, and what it
        // holds of that would stay: every second step then leaves the cluster together and damps the rest.
        let width = leading - lowest;
        let tied = leading - last < TIED * width;
        let last = if tied && step.is_multiple_of(2) { lowest + BELOW_TIE * width } else { last };
        // A block of nearly equal values at the lower end leaves no interval: damp a sliver of the spectrum instead.
        let scale = lowest.abs().max(leading.abs()).max(f64::MIN_POSITIVE);
        let high = last.max(lowest + 1e-3 * (leading - lowest)).max(lowest + 1e-8 * scale);
        let ratio = (2.0 * leading - lowest - high) / (high - lowest);
        let per_degree = ratio.max(1.0).acosh();
        let amplification = |degree: &usize| (*degree as f64 * per_degree).cosh();
        let degree = (1..=self.degree)
            .take_while(|degree| *degree == 1 || amplification(degree) <= LARGEST_AMPLIFICATION)
            .last()
            .unwrap_or(1);
        Filter::Chebyshev { degree, low: lowest, high }
    }
}

/// A block `(n, w)` of standard normal entries: a cold start.
pub fn random_block(n: usize, w: usize, rng: &mut (impl Rng + ?Sized)) -> Array2<f64> {
    Array2::from_shape_simple_fn((n, w), || StandardNormal.sample(rng))
}

/// The best approximations of eigenpairs in the span of a block.
struct RayleighRitz {
    values: Array1<f64>,
    /// The rotated block, its product with the operator, and the norms of `TX − XΘ`.
    block: Array2<f64>,
    product: Array2<f64>,
    residuals: Array1<f64>,
}

impl RayleighRitz {
    fn new(block: &Array2<f64>, product: &Array2<f64>) -> Result<Self> {
        let projected = block.t().dot(product);
        let eigen = symmetric_eigen(((&projected + &projected.t()) * 0.5).view())?;
        let (block, product) = (block.dot(&eigen.vectors), product.dot(&eigen.vectors));
        let residuals = (&product - &(&block * &eigen.values)).map_axis(Axis(0), |r| norm(r.dot(&r), r));
        Ok(Self { values: eigen.values, block, product, residuals })
    }
}

/// A lower bound on the spectrum: the smallest Ritz value of a few Lanczos steps, less the last residual (Zhou & Li
/// 2011). Safe in practice, not proved: the start may have next to no part in the lowest eigenvector.
pub(super) fn lanczos_lower_bound(operator: &impl Operator) -> Result<f64> {
    const STEPS: usize = 12;
    /// A remainder this small, relative to what was seen of the operator, is rounding: the basis is invariant.
    const INVARIANT: f64 = 1e-12;
    let n = operator.order();
    let steps = STEPS.min(n);
    let mut start = Array2::zeros((n, 1));
    fill_generic(start.column_mut(0), 0);
    normalise(&mut start);
    let mut basis = Array2::zeros((n, steps));
    basis.slice_mut(s![.., ..1]).assign(&start);
    let mut projected = Array2::<f64>::zeros((steps, steps));
    let mut size = steps;
    let mut remainder = 0.0;
    for step in 0..steps {
        let mut next = operator.apply_unchecked(basis.slice(s![.., step..=step]));
        finite_products(&next)?;
        projected[[step, step]] = basis.column(step).dot(&next.column(0));
        let seen = normalise(&mut next.clone());
        for _ in 0..2 {
            project_out(basis.slice(s![.., ..=step]), &mut next);
        }
        remainder = normalise(&mut next);
        if step + 1 == steps || remainder <= INVARIANT * seen {
            size = step + 1;
            break;
        }
        projected[[step, step + 1]] = remainder;
        projected[[step + 1, step]] = remainder;
        basis.slice_mut(s![.., step + 1..step + 2]).assign(&next);
    }
    let ritz = symmetric_eigen(projected.slice(s![..size, ..size]))?.values;
    Ok(ritz[size - 1] - remainder)
}

/// Makes the columns from `first` orthonormal, among each other and to the orthonormal ones before, by Gram–Schmidt
/// done twice. A column that depends on the others is replaced.
fn orthonormalise(block: &mut Array2<f64>, first: usize) {
    /// A column that loses more than this depends on the others.
    const DEPENDENT: f64 = 1e-12;
    for j in first..block.ncols() {
        let mut column = block.slice(s![.., j..=j]).to_owned();
        for attempt in 0_usize.. {
            let largest = largest(&column);
            if largest > 0.0 {
                column.mapv_inplace(|entry| entry / largest);
                let mut length = normalise(&mut column);
                for _ in 0..2 {
                    project_out(block.slice(s![.., ..j]), &mut column);
                    length = normalise(&mut column).min(length);
                }
                if length > DEPENDENT {
                    break;
                }
            }
            fill_generic(column.column_mut(0), attempt * block.ncols() + j + 1);
        }
        block.slice_mut(s![.., j..=j]).assign(&column);
    }
}

/// Divides a column by its norm, unless it is zero; returns the norm.
fn normalise(column: &mut Array2<f64>) -> f64 {
    let norm = norm(column.iter().map(|entry| entry * entry).sum(), &*column);
    if norm > 0.0 {
        column.mapv_inplace(|entry| entry / norm);
    }
    norm
}

/// `x ← x − Q Qᵀ x`.
fn project_out(q: ArrayView2<f64>, x: &mut Array2<f64>) {
    if q.ncols() > 0 {
        let coordinates = q.t().dot(x);
        ndarray::linalg::general_mat_mul(-1.0, &q, &coordinates, 1.0, x);
    }
}

/// A vector without structure, another for every `seed`: a hash of the place (Steele et al. 2014) as a number in
/// `[−½, ½)`.
pub(super) fn fill_generic(mut x: ArrayViewMut1<f64>, seed: usize) {
    for (i, entry) in x.iter_mut().enumerate() {
        let mut bits = ((seed as u64) << 32 ^ i as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        *entry = ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
    }
}

pub(super) fn check_block(operator: &impl Operator, block: ArrayView2<f64>) -> Result<()> {
    operator.check()?;
    let n = operator.order();
    if block.is_empty() {
        return Err(Error::Empty { argument: "start", expected: "row and one column" });
    }
    check::shape("start", &[n, block.ncols()], block.shape())?;
    check::count("start columns", block.ncols(), n, "at most the order of the operator")?;
    check::finite("start", &block)
}

pub(super) fn finite_products(product: &Array2<f64>) -> Result<()> {
    check::in_range("product with the operator", product, "finite")
}
