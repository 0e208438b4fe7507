//! Leading eigenpairs by block Lanczos iteration with thick restarts.
//!
//! A basis `V` of the block Krylov space is grown by one product with a block a step, `W = A Q − V Vᵀ A Q`, with the part in all
//! of the basis taken off twice, and Rayleigh–Ritz on its span reads off eigenpairs. When the basis is full it shrinks to the
//! leading Ritz vectors, to which the last residual block is what the next one is to a Krylov space (Wu and Simon 2000): nothing
//! but the polynomial's far end is lost. Pairs that have converged are locked: later blocks are orthogonal to them, and they are
//! not combined with others again.
//!
//! A block of `b` generic columns meets an eigenspace of multiplicity `m` in `min(b, m)` dimensions and sees no more of it.
//! Where so many values coincide, a space that started from a fresh block, orthogonal to what was found, tells whether there
//! are more.

use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate, s};

use super::found::{Found, Outline, Survey, check_problem, next_below};
use super::ritz_space::{RitzSpace, ScaledOperator, generic_block, of_largest_entry_one};
use crate::Observer;
use crate::error::{Error, Result, check};
use crate::linalg::eigen::Eigenpairs;
use crate::linalg::operator::Operator;
use crate::linalg::product::product;
use crate::linalg::rows::{Shifted, inner};
use crate::linalg::scale::norm;
use crate::linalg::subspace::Subspace;
use crate::progress::Task;

/// Options of the block Lanczos iteration with thick restarts.
#[derive(Clone, Debug)]
pub struct ThickRestartLanczos {
    /// Columns `b ≥ 1` of a block, one product with which is a step. Where products with several vectors cost little more than
    /// with one, larger blocks are faster; every multiplicity below `b` is met at once.
    pub block: usize,
    /// Most columns of the basis, which is what it needs of memory; by the number of pairs and the block if `None`. At least
    /// `k + 3b` are taken.
    pub basis: Option<usize>,
    /// A pair has converged when `‖Tv − θv‖ ≤ tolerance · ‖T‖`.
    pub tolerance: f64,
    /// Steps before giving up.
    pub most_steps: usize,
    /// Who is told of every step; nobody by default.
    pub observer: Observer,
}

impl Default for ThickRestartLanczos {
    fn default() -> Self {
        Self { block: 4, basis: None, tolerance: 1e-10, most_steps: 5000, observer: Observer::default() }
    }
}

const NAME: &str = "block Lanczos iteration";
/// Residuals are estimated from the recurrence: this part of the tolerance leaves the rest to rounding and to locked pairs.
const SAFETY: f64 = 0.8;
/// A pair is locked at this part of the tolerance, so that the residuals of all locked pairs together do not spoil another.
const LOCKED: f64 = 0.1;
/// Columns of the basis, beyond those of the pairs, for every column of a block.
const MULTIPLE: usize = 14;
/// Directions of this size, relative to the operator, are rounding.
const ROUNDING: f64 = 1e-14;

impl ThickRestartLanczos {
    /// The `k` leading eigenpairs of `operator`, of order `n`, from the first `k` columns of `start` `(n, w)`, `1 ≤ w ≤ n`, or from
    /// nothing.
    ///
    /// A step costs a product with a block of `b` columns and `O(n m b)` for the `m` columns of the basis; it needs `m n` numbers.
    /// The first block is made of combinations of the start and, by the root of the tolerance, of directions without structure.
    ///
    /// # Errors
    /// [`Error::Domain`] for bad options, a bad `k` or products that are not finite; [`Error::Empty`] for an operator of order 0;
    /// [`Error::Empty`], [`Error::Shape`] or [`Error::NotFinite`] for a bad `start`; [`Error::Shape`] for an operator that is not
    /// square; [`Error::NotConverged`] if a residual stays above the tolerance.
    pub fn leading(
        &self,
        operator: &impl Operator,
        k: usize,
        start: Option<ArrayView2<f64>>,
    ) -> Result<Subspace> {
        Ok(self.run(operator, k, start)?.subspace)
    }

    pub(super) fn run(
        &self,
        operator: &dyn Operator,
        k: usize,
        start: Option<ArrayView2<f64>>,
    ) -> Result<Found> {
        self.check()?;
        check_problem(&operator, k, start)?;
        let progress = self.observer.begin(NAME, "steps", 0..self.most_steps);
        Iteration::new(self, operator, k, start, &progress)?.finish()
    }

    /// What one basis says of the spectrum, or the pairs if they have converged in it.
    pub(super) fn survey(
        &self,
        operator: &dyn Operator,
        k: usize,
        start: Option<ArrayView2<f64>>,
    ) -> Result<Survey> {
        self.check()?;
        check_problem(&operator, k, start)?;
        let progress = self.observer.begin(NAME, "steps", 0..self.most_steps);
        let mut iteration = Iteration::new(self, operator, k, start, &progress)?;
        let spectrum = iteration.grow()?;
        if spectrum.converged >= k && iteration.nothing_is_missed(&spectrum) {
            return Ok(Survey::Done(iteration.found(&spectrum)));
        }
        if iteration.steps == self.most_steps || iteration.is_whole() {
            return Err(iteration.not_converged(&spectrum));
        }
        if iteration.next.ncols() == 0 || spectrum.values.len() <= k {
            iteration.restart(&spectrum)?;
            return Ok(Survey::Done(iteration.finish()?));
        }
        let weight = iteration.operator.weight;
        let beyond = (k + 1 + self.block).min(spectrum.values.len() - 1);
        Ok(Survey::Open(Outline {
            values: spectrum.values[..=beyond].iter().map(|value| value / weight).collect(),
            lowest: spectrum.values[spectrum.values.len() - 1] / weight,
            norm: iteration.norm / weight,
            block: iteration.found(&spectrum).subspace.block,
            steps: iteration.steps,
        }))
    }

    fn check(&self) -> Result<()> {
        if self.block == 0 {
            return Err(Error::Domain { argument: "block", value: 0.0, must: "at least 1" });
        }
        check::count("most_steps", self.most_steps, usize::MAX, "at least 1")?;
        check::positive("tolerance", self.tolerance)
    }

    /// Columns of the basis, for blocks of `width`.
    fn room(&self, n: usize, k: usize, width: usize) -> usize {
        let chosen = self.basis.unwrap_or_else(|| k + k.max(MULTIPLE * width));
        chosen.max(k + 3 * width).min(n)
    }
}

/// A block Lanczos iteration under way.
struct Iteration<'a> {
    options: &'a ThickRestartLanczos,
    progress: &'a Task<'a>,
    operator: ScaledOperator<'a>,
    k: usize,
    /// Columns of the basis at most, and of a block without a start.
    room: usize,
    width: usize,
    /// Columns of the first block.
    first_width: usize,
    space: RitzSpace,
    /// Leading columns of the basis that are locked, and their residuals.
    locked: Vec<f64>,
    /// The next block `Q`, orthonormal to the basis, and the factor `R` of `A V − V Vᵀ A V = Q R` in the last columns.
    next: Array2<f64>,
    factor: Array2<f64>,
    /// The product with the next block, if it has been computed.
    image: Option<Array2<f64>>,
    norm: f64,
    steps: usize,
    fresh_blocks: usize,
    /// Whether the factor couples the next block to the last one alone.
    is_recurrence: bool,
    /// The `k` leading values when the fresh block came that looks for more.
    looking_beyond: Option<Vec<f64>>,
}

/// Ritz pairs of the basis, the locked ones among them, by descending value.
struct Spectrum {
    values: Vec<f64>,
    residuals: Vec<f64>,
    /// Whether it is locked, and which of the locked or the other ones it is.
    places: Vec<(bool, usize)>,
    /// Coefficients of the others in the columns that are not locked.
    vectors: Array2<f64>,
    /// Leading pairs that have converged.
    converged: usize,
}

impl Spectrum {
    /// Value and residual of the leading pair after `k` that is not locked.
    fn first_open(&self, k: usize) -> Option<(f64, f64)> {
        let place = (k..self.values.len()).find(|&place| !self.places[place].0)?;
        Some((self.values[place], self.residuals[place]))
    }
}

impl<'a> Iteration<'a> {
    fn new(
        options: &'a ThickRestartLanczos,
        operator: &'a dyn Operator,
        k: usize,
        start: Option<ArrayView2<f64>>,
        progress: &'a Task<'a>,
    ) -> Result<Self> {
        let n = operator.order();
        let width = options.block.min(n);
        let nothing = RitzSpace::new(n, 0);
        let mut block = generic_block(n, width, 0);
        if let Some(start) = start {
            // Combinations of the start, with enough of everything that what it lacks is found like from nothing.
            let start = of_largest_entry_one(start.slice(s![.., ..start.ncols().min(k)]));
            let start = nothing.orthonormal(start, 0.0, 0.0)?.columns;
            let of_everything = (options.tolerance.min(1.0) * start.ncols() as f64 / n as f64).sqrt();
            block *= if start.is_empty() { 1.0 } else { of_everything };
            block += &product(start.view(), generic_block(start.ncols(), width, 0).view());
        }
        let next = nothing.orthonormal(block, 0.0, 0.0)?.columns;
        let (operator, image) = ScaledOperator::new(operator, next.view())?;
        let room = options.room(n, k, next.ncols().max(width));
        Ok(Self {
            options,
            progress,
            operator,
            k,
            room,
            width,
            first_width: next.ncols(),
            space: RitzSpace::new(n, room),
            locked: Vec::new(),
            factor: Array2::zeros((next.ncols(), 0)),
            next,
            image: Some(image),
            norm: 0.0,
            steps: 0,
            fresh_blocks: 1,
            is_recurrence: false,
            looking_beyond: None,
        })
    }

    /// Grows and restarts the basis until the wanted pairs have converged.
    fn finish(&mut self) -> Result<Found> {
        loop {
            let spectrum = self.grow()?;
            if spectrum.converged >= self.k && self.nothing_is_missed(&spectrum) {
                return Ok(self.found(&spectrum));
            }
            if self.steps == self.options.most_steps || self.is_whole() {
                return Err(self.not_converged(&spectrum));
            }
            if self.is_full() || self.wants_fresh(&spectrum) {
                self.restart(&spectrum)?;
            }
        }
    }

    /// Adds blocks until the basis is full or the space invariant, or the wanted pairs have converged before.
    fn grow(&mut self) -> Result<Spectrum> {
        loop {
            let mut image = match self.image.take() {
                Some(image) => image,
                None => self.operator.product(self.next.view())?,
            };
            let last = self.next.ncols();
            let before = inner(image.view(), image.view()).sqrt();
            self.norm = self.norm.max(before / (last as f64).sqrt());
            // The part in the last two blocks is all there is, up to rounding, unless the basis was restarted.
            let recent = Shifted::plain(self.next.view()).transposed_dot(image.view());
            self.space.basis.push(self.next.view());
            let recent = if self.is_recurrence {
                concatenate![Axis(0), self.factor.t(), recent]
            } else {
                self.space.basis.coordinates(image.view())
            };
            let mut coordinates = self.space.basis.subtract_and_project(&recent, image.view_mut());
            self.space.basis.subtract(&coordinates, image.view_mut());
            let mut of_recent = coordinates.slice_mut(s![self.space.len() - recent.nrows().., ..]);
            of_recent += &recent;
            self.space.extend_projected(&coordinates);
            let next = self.space.orthonormal(image, before, ROUNDING * self.norm)?;
            (self.next, self.factor) = (next.columns, next.factor);
            self.is_recurrence = true;
            self.steps += 1;
            self.progress.step();

            // Where it costs less than making a block orthogonal to the basis, Rayleigh–Ritz comes at every step.
            let (n, m) = (self.next.nrows(), self.space.len());
            let is_cheap = n * last >= 4 * m * m && m >= self.k;
            let must_end = self.is_full() || self.steps == self.options.most_steps;
            if must_end || is_cheap {
                let spectrum = self.spectrum(last)?;
                if must_end || spectrum.converged >= self.k {
                    return Ok(spectrum);
                }
            }
        }
    }

    /// The Ritz pairs of the basis, whose last block has `last` columns.
    fn spectrum(&mut self, last: usize) -> Result<Spectrum> {
        let ritz = self.space.ritz(self.locked.len())?;
        let largest = ritz.values.iter().fold(self.norm, |largest, value| largest.max(value.abs()));
        self.norm = largest;
        let m = ritz.values.len();
        let rest = self.factor.dot(&ritz.vectors.slice(s![m - last.., ..]));
        let rounding = 4.0 * f64::EPSILON * self.norm;
        let residual = |i: usize| norm(rest.column(i).dot(&rest.column(i)), rest.column(i)) + rounding;

        let locked_values = self.space.projected.diag();
        let mut pairs: Vec<(f64, f64, (bool, usize))> =
            (0..self.locked.len()).map(|i| (locked_values[i], self.locked[i], (true, i))).collect();
        pairs.extend((0..m).map(|i| (ritz.values[i], residual(i), (false, i))));
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let tolerance = self.tolerance() * SAFETY;
        Ok(Spectrum {
            values: pairs.iter().map(|pair| pair.0).collect(),
            residuals: pairs.iter().map(|pair| pair.1).collect(),
            places: pairs.iter().map(|pair| pair.2).collect(),
            converged: pairs.iter().take_while(|pair| pair.1 <= tolerance).count(),
            vectors: ritz.vectors,
        })
    }

    fn tolerance(&self) -> f64 {
        // Nothing is found more exactly than to rounding, of which an operator that is zero has none.
        self.options.tolerance * self.norm
    }

    /// Whether the `k` leading pairs, which have converged, are known to be all that the start could have missed.
    fn nothing_is_missed(&mut self, spectrum: &Spectrum) -> bool {
        let values = &spectrum.values;
        if self.is_whole() {
            return true;
        }
        let last = values[self.k - 1];
        if let Some(before) = &self.looking_beyond {
            if (0..self.k).any(|i| values[i] > before[i] + self.tied()) {
                self.looking_beyond = None;
                return false;
            }
            // The leading pair of the fresh space: if it holds next to nothing of a larger eigenvalue, there is none.
            return spectrum.first_open(self.k).is_some_and(|(value, residual)| {
                residual <= self.tolerance() || next_below(last, value, residual).is_some()
            });
        }
        !self.may_hide_more(
            &values[..values.iter().take_while(|&&value| value > last + self.tied()).count()],
            values,
        )
    }

    /// Whether some of the first values are as many, nearly equal, as the first block had columns.
    fn may_hide_more(&self, first: &[f64], values: &[f64]) -> bool {
        (0..first.len()).any(|i| {
            let alike = values[i..].iter().take_while(|&&value| value >= values[i] - self.tied());
            alike.count() >= self.first_width
        })
    }

    /// Values this near to each other are a cluster.
    fn tied(&self) -> f64 {
        (100.0 * self.options.tolerance).max(1e-7) * self.norm
    }

    /// Whether the basis is of the whole space, in which rounding is all that is left.
    fn is_whole(&self) -> bool {
        self.space.len() == self.space.basis.rows()
    }

    /// Whether there is no room for the next block, or none is left.
    fn is_full(&self) -> bool {
        self.space.len() + self.next.ncols() > self.room || self.next.ncols() == 0
    }

    /// Whether what has converged is to be held against what a fresh block finds.
    fn wants_fresh(&self, spectrum: &Spectrum) -> bool {
        spectrum.converged >= self.k && self.looking_beyond.is_none()
    }

    /// Keeps the leading part of the basis, locks what has converged, and prepares the next block.
    fn restart(&mut self, spectrum: &Spectrum) -> Result<()> {
        let wants_fresh = self.wants_fresh(spectrum);
        let active = spectrum.vectors.ncols();
        let keep = if wants_fresh {
            spectrum.places[..self.k].iter().filter(|(is_locked, _)| !is_locked).count()
        } else {
            let width = self.next.ncols().max(self.width);
            let most = self.room.saturating_sub(self.locked.len() + 2 * width).max(1);
            let wanted = self.k.saturating_sub(self.locked.len());
            (wanted + (self.room - self.k) / 2).clamp(1, most.max(wanted)).min(active)
        };
        self.space.rotate(self.locked.len(), &spectrum.vectors.slice(s![.., ..keep]).to_owned());

        // The leading ones that are not locked yet, as far as they have converged.
        let tolerance = if wants_fresh { f64::INFINITY } else { LOCKED * self.tolerance() };
        let residuals = spectrum.places.iter().zip(&spectrum.residuals).filter(|((locked, _), _)| !locked);
        let newly: Vec<f64> = residuals
            .map(|(_, &residual)| residual)
            .take(keep.min(self.k))
            .take_while(|&r| r <= tolerance)
            .collect();
        self.locked.extend(newly);

        if wants_fresh {
            self.looking_beyond = Some(spectrum.values[..self.k].to_vec());
        }
        self.is_recurrence = false;
        if wants_fresh || self.next.ncols() == 0 {
            self.next = self.space.fresh(self.width, self.fresh_blocks * self.first_width.max(self.width))?;
            self.factor = Array2::zeros((self.next.ncols(), 0));
            self.fresh_blocks += 1;
            if self.next.ncols() == 0 {
                return Err(self.not_converged(spectrum));
            }
        }
        Ok(())
    }

    fn found(&self, spectrum: &Spectrum) -> Found {
        let width = (self.k + self.width).min(spectrum.values.len());
        let mut coefficients = Array2::zeros((self.space.len(), width));
        for (j, &(is_locked, place)) in spectrum.places[..width].iter().enumerate() {
            if is_locked {
                coefficients[[place, j]] = 1.0;
            } else {
                coefficients.slice_mut(s![self.locked.len().., j]).assign(&spectrum.vectors.column(place));
            }
        }
        let block = self.space.basis.combination(&coefficients);
        let values: Array1<f64> = spectrum.values.iter().map(|value| value / self.operator.weight).collect();
        let is_complete = self.is_whole()
            || self.looking_beyond.is_some()
            || !self.may_hide_more(&spectrum.values[..self.k], &spectrum.values);
        let last = spectrum.values[self.k - 1];
        let open = spectrum.first_open(self.k).filter(|_| is_complete);
        let next = open
            .and_then(|(value, residual)| next_below(last, value.max(spectrum.values[self.k]), residual))
            .map(|next| next / self.operator.weight);
        let pairs = Eigenpairs {
            values: values.slice(s![..self.k]).to_owned(),
            vectors: block.slice(s![.., ..self.k]).to_owned(),
            next: None,
        };
        let subspace = Subspace { pairs, block, steps: self.steps };
        Found { subspace, norm: self.norm / self.operator.weight, next }
    }

    fn not_converged(&self, spectrum: &Spectrum) -> Error {
        let worst = spectrum.residuals.iter().take(self.k).fold(0.0_f64, |worst, &r| worst.max(r));
        Error::NotConverged {
            solver: NAME,
            iterations: self.steps,
            residual: worst / self.operator.weight,
            tolerance: self.tolerance() / self.operator.weight,
        }
    }
}
