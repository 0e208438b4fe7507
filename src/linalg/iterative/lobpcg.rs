//! Leading eigenpairs by locally optimal block preconditioned conjugate gradients (LOBPCG).
//!
//! A step takes the best approximations in the span of the block `X`, its preconditioned residuals `W = M (A X − X Θ)` and the
//! directions `P` of the last step (Knyazev 2001). The trial basis is orthonormal at every step: new directions are made so
//! against `[X, P]`, and `P` is combined so that it is orthogonal to `X` before any long vector is touched (Duersch, Shao, Yang
//! and Gu 2018). Directions that depend on others are dropped, and where none is left, ones without structure take their place.
//! Pairs that have converged are locked softly: they stay in the trial basis, without new directions of their own.

use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate, s};

use super::found::{Found, check_problem, next_below};
use super::panels::Panels;
use super::ritz_space::{RitzSpace, ScaledOperator, generic_block, of_largest_entry_one};
use crate::Observer;
use crate::error::{Error, Result, check};
use crate::linalg::eigen::Eigenpairs;
use crate::linalg::operator::Operator;
use crate::linalg::scale::norm;
use crate::linalg::subspace::Subspace;

/// Options of the locally optimal block preconditioned conjugate gradients.
#[derive(Clone, Debug)]
pub struct Lobpcg {
    /// A pair has converged when `‖Tv − θv‖ ≤ tolerance · ‖T‖`.
    pub tolerance: f64,
    /// Steps before giving up.
    pub most_steps: usize,
    /// Who is told of every step; nobody by default.
    pub observer: Observer,
}

impl Default for Lobpcg {
    fn default() -> Self {
        Self { tolerance: 1e-10, most_steps: 1000, observer: Observer::default() }
    }
}

const NAME: &str = "LOBPCG";
/// Part of the tolerance that leaves the rest to rounding of images that are combined from earlier ones.
const SAFETY: f64 = 0.9;
/// Directions of a step shorter than this, of normalised ones, are rounding.
const DEPENDENT: f64 = 1e-10;

impl Lobpcg {
    /// The `k` leading eigenpairs of `operator`, of order `n`, from the block `start` `(n, w)` with `k ≤ w ≤ n`; its `w − k`
    /// last columns are guards.
    ///
    /// `preconditioner` approximates `(σI − T)⁻¹` for a `σ` above the spectrum, where that is known, and must be positive
    /// definite, such as the inverse of the diagonal of `σI − T`; its scale does not matter. A step costs a product with each for every pair
    /// that has not converged and `O(n w²)`, and it needs `6 n w` numbers.
    ///
    /// # Errors
    /// [`Error::Domain`] for bad options, a bad `k` or products that are not finite; [`Error::Empty`] for an operator of order
    /// 0; [`Error::Empty`], [`Error::Shape`] or [`Error::NotFinite`] for a bad `start`; [`Error::Shape`] for an operator that
    /// is not square, or a preconditioner of another order; [`Error::NotConverged`] if a residual stays above the tolerance.
    pub fn leading(
        &self,
        operator: &impl Operator,
        preconditioner: Option<&dyn Operator>,
        k: usize,
        start: ArrayView2<f64>,
    ) -> Result<Subspace> {
        Ok(self.run(operator, preconditioner, k, start)?.subspace)
    }

    pub(super) fn run(
        &self,
        operator: &dyn Operator,
        preconditioner: Option<&dyn Operator>,
        k: usize,
        start: ArrayView2<f64>,
    ) -> Result<Found> {
        check::positive("tolerance", self.tolerance)?;
        check::count("most_steps", self.most_steps, usize::MAX, "at least 1")?;
        check_problem(&operator, k, Some(start))?;
        check::count("k", k, start.ncols(), "at least 1 and at most the columns of the start")?;
        if let Some(preconditioner) = preconditioner {
            let (n, order) = (operator.order(), preconditioner.order());
            preconditioner.check()?;
            check::shape("preconditioner", &[n, n], &[order, order])?;
        }

        let mut trial = Trial::new(operator, start)?;
        let progress = self.observer.begin(NAME, "steps", 0..self.most_steps);
        let mut steps = 0;
        loop {
            let ritz = trial.best()?;
            let tolerance = self.tolerance * trial.norm;
            let converged = ritz.norms.iter().take_while(|&&residual| residual <= SAFETY * tolerance).count();
            if converged >= k {
                return Ok(trial.found(ritz, k, steps));
            }
            if steps == self.most_steps {
                return Err(Error::NotConverged {
                    solver: NAME,
                    iterations: steps,
                    residual: ritz.norms.iter().take(k).fold(0.0_f64, |worst, &r| worst.max(r))
                        / trial.operator.weight,
                    tolerance: tolerance / trial.operator.weight,
                });
            }
            let is_active = |i: &usize| ritz.norms[*i] > SAFETY * tolerance;
            let active: Vec<usize> = (0..ritz.norms.len()).filter(is_active).collect();
            trial.step(&active, &ritz, preconditioner)?;
            steps += 1;
            progress.step();
        }
    }
}

/// The trial basis `[X, P, W]` and its images, both times the scale of the operator.
struct Trial<'a> {
    operator: ScaledOperator<'a>,
    space: RitzSpace,
    images: Panels,
    /// Columns of `X`.
    width: usize,
    /// Coefficients of the directions `P` in the basis of the last step, as far as a pair had not converged.
    active: Vec<usize>,
    norm: f64,
    steps: usize,
}

/// The block of a step.
struct Block {
    values: Array1<f64>,
    /// `A X − X Θ` `(n, w)`, and the norms of its columns.
    residuals: Array2<f64>,
    norms: Array1<f64>,
}

impl<'a> Trial<'a> {
    fn new(operator: &'a dyn Operator, start: ArrayView2<f64>) -> Result<Self> {
        let (n, width) = start.dim();
        let nothing = RitzSpace::new(n, 0);
        let mut columns = nothing.orthonormal(of_largest_entry_one(start), 0.0, 0.0)?.columns;
        while columns.ncols() < width {
            // Columns that depended on others are replaced.
            let more = generic_block(n, width - columns.ncols(), columns.ncols());
            let all = concatenate![Axis(1), columns, more].as_standard_layout().into_owned();
            columns = nothing.orthonormal(all, 0.0, 0.0)?.columns;
        }
        let (operator, image) = ScaledOperator::new(operator, columns.view())?;
        let mut space = RitzSpace::new(n, (3 * width).min(n));
        space.basis.push(columns.view());
        space.extend_projected(&space.basis.coordinates(image.view()));
        let mut images = Panels::new(n, (3 * width).min(n));
        images.push(image.view());
        Ok(Self { operator, space, images, width, active: (0..width).collect(), norm: 0.0, steps: 0 })
    }

    /// Rayleigh–Ritz on the trial basis, which becomes `[X, P]`.
    fn best(&mut self) -> Result<Block> {
        let ritz = self.space.ritz(0)?;
        let (m, w) = (ritz.values.len(), self.width);
        self.norm = self.norm.max(ritz.values[0].abs()).max(ritz.values[m - 1].abs());
        let x = ritz.vectors.slice(s![.., ..w]);
        // What the new X has outside of the old one, orthogonal to the new one.
        let mut coefficients = x.to_owned();
        for &i in self.active.iter().filter(|_| m > w) {
            let mut p = x.column(i).to_owned();
            p.slice_mut(s![..w]).fill(0.0);
            let before = p.dot(&p).sqrt();
            for _ in 0..2 {
                let along = coefficients.t().dot(&p);
                p -= &coefficients.dot(&along);
            }
            let length = p.dot(&p).sqrt();
            if length > DEPENDENT * before && coefficients.ncols() < m {
                p /= length;
                coefficients = concatenate![Axis(1), coefficients, p.insert_axis(Axis(1))];
            }
        }
        let coefficients = coefficients.as_standard_layout().into_owned();
        self.space.rotate(0, &coefficients);
        self.images.rotate(0, &coefficients);

        let values = ritz.values.slice(s![..w]).to_owned();
        let residuals = self.images.difference(&values.to_vec(), &self.space.basis);
        let norms = residuals.map_axis(Axis(0), |column| norm(column.dot(&column), column));
        Ok(Block { values, residuals, norms })
    }

    /// Adds the preconditioned residuals of the active pairs to the trial basis.
    fn step(&mut self, active: &[usize], block: &Block, preconditioner: Option<&dyn Operator>) -> Result<()> {
        self.steps += 1;
        self.active = active.to_vec();
        let mut w = Array2::zeros((block.residuals.nrows(), active.len()));
        for (mut w, &i) in w.columns_mut().into_iter().zip(active) {
            w.assign(&block.residuals.column(i).mapv(|entry| entry / block.norms[i]));
        }
        if let Some(preconditioner) = preconditioner {
            w = preconditioner.apply_unchecked(w.view());
            check::in_range("product with the preconditioner", &w, "finite")?;
            w = of_largest_entry_one(w.view());
            for mut column in w.columns_mut() {
                let length = column.dot(&column).sqrt();
                column.mapv_inplace(|entry| if length > 0.0 { entry / length } else { 0.0 });
            }
        }
        self.space.project_out(&mut w);
        let mut directions = self.space.orthonormal(w, 1.0, DEPENDENT)?.columns;
        let most = self.space.basis.rows() - self.space.len();
        if directions.ncols() > most {
            directions = directions.slice(s![.., ..most]).as_standard_layout().into_owned();
        }
        if directions.ncols() == 0 {
            directions = self.space.fresh(active.len(), self.steps * self.width)?;
        }
        if directions.ncols() == 0 {
            return Ok(()); // the trial basis is the whole space
        }
        let image = self.operator.product(directions.view())?;
        self.space.basis.push(directions.view());
        self.space.extend_projected(&self.space.basis.coordinates(image.view()));
        self.images.push(image.view());
        Ok(())
    }

    fn found(&self, block: Block, k: usize, steps: usize) -> Found {
        let weight = self.operator.weight;
        let columns = Array2::eye(self.space.len()).slice(s![.., ..self.width]).to_owned();
        let columns = self.space.basis.combination(&columns);
        let next = (k < self.width)
            .then(|| next_below(block.values[k - 1], block.values[k], block.norms[k]))
            .flatten()
            .map(|next| next / weight);
        let pairs = Eigenpairs {
            values: block.values.slice(s![..k]).mapv(|value| value / weight),
            vectors: columns.slice(s![.., ..k]).to_owned(),
            next: None,
        };
        Found { subspace: Subspace { pairs, block: columns, steps }, norm: self.norm / weight, next }
    }
}
