//! Optimisers: from a gradient to the next parameters.
//!
//! | rule | step `Δ` at rate `η` | source |
//! |---|---|---|
//! | [`Sgd`] | `m ← μ m + g`, `−η m` | Polyak 1964 |
//! | [`Adam`] | `−η m̂ / (√v̂ + ε)`, moments `m`, `v` with their bias corrected | Kingma & Ba 2015, Loshchilov & Hutter 2019 |
//! | [`Lars`] | momentum on `g` scaled to a part of the norm of its parameter | You, Gitman & Ginsburg 2017 |
//! | [`lbfgs()`](crate::model::lbfgs()) | quasi-Newton with a line search, on all samples at once | Nocedal 1980 |
//!
//! The first three are [`Rule`]s of an [`Optimiser`], which keeps the moments of every parameter. A parameter with one
//! row is a bias: no rule decays it, and LARS does not rescale its gradient, as in the literature's recipes.

mod adam;
mod lars;
mod lbfgs;
mod schedule;
mod sgd;
mod update;

use ndarray::{Array2, ArrayViewMut2};

use crate::Scalar;
use crate::error::{Result, check};
use crate::linalg::rows::in_pool;
use crate::linalg::scale::largest_of;

use update::Update;

pub use adam::Adam;
pub use lars::Lars;
pub use lbfgs::{Iterate, Lbfgs, Minimum, lbfgs};
pub use schedule::Schedule;
pub use sgd::Sgd;

/// How an [`Optimiser`] turns gradients into steps.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "files", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Rule {
    /// Stochastic gradient descent with momentum.
    Sgd(Sgd),
    /// Adam, with decoupled weight decay (`AdamW`) where that is not zero.
    Adam(Adam),
    /// Layer-wise adaptive rates.
    Lars(Lars),
}

/// A rule and what it remembers of past steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimiser<F> {
    rule: Rule,
    steps: u64,
    /// Those of the first parameter, then those of the second, and so on; empty before the first step.
    moments: Vec<Array2<F>>,
    /// A gradient once was so large that steps to come may be, too.
    large: bool,
}

impl<F: Scalar> Optimiser<F> {
    /// An optimiser that has taken no step.
    ///
    /// # Errors
    /// [`crate::Error::Domain`] if a number of the rule is out of its range.
    pub fn new(rule: Rule) -> Result<Self> {
        match rule {
            Rule::Sgd(rule) => Update::<F>::check(&rule),
            Rule::Adam(rule) => Update::<F>::check(&rule),
            Rule::Lars(rule) => Update::<F>::check(&rule),
        }?;
        Ok(Self { rule, steps: 0, moments: Vec::new(), large: false })
    }

    #[cfg(feature = "files")]
    /// An optimiser as [`Optimiser::steps`] and [`Optimiser::moments`] of another describe it.
    ///
    /// # Errors
    /// As [`Optimiser::new`].
    pub(in crate::model) fn resume(rule: Rule, steps: u64, moments: Vec<Array2<F>>) -> Result<Self> {
        let large = moments.iter().any(is_large);
        Ok(Self { steps, moments, large, ..Self::new(rule)? })
    }

    /// Number of steps taken.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// What the rule keeps of past steps: those of the first parameter, then those of the second, and so on.
    #[must_use]
    pub fn moments(&self) -> &[Array2<F>] {
        &self.moments
    }

    /// Moves the parameters one step at the rate given; `O(parameters)`, in parallel.
    ///
    /// After an error the parameters are as before. Entries of parameters that are NaN or infinite are not looked for, and stay so.
    ///
    /// # Errors
    /// [`crate::Error::Domain`] unless the rate is finite and not negative, or if a parameter or moment would overflow;
    /// [`crate::Error::Shape`] if the gradients are not of the parameters' number and shapes, or those have changed
    /// since the last step; [`crate::Error::NotFinite`] if a gradient holds NaN or an infinity.
    pub fn step(
        &mut self,
        rate: f64,
        parameters: &mut [ArrayViewMut2<F>],
        gradients: &[Array2<F>],
    ) -> Result<()> {
        match self.rule {
            Rule::Sgd(rule) => self.step_by(&rule, rate, parameters, gradients),
            Rule::Adam(rule) => self.step_by(&rule, rate, parameters, gradients),
            Rule::Lars(rule) => self.step_by(&rule, rate, parameters, gradients),
        }
    }

    fn step_by<U: Update<F>>(
        &mut self,
        rule: &U,
        rate: f64,
        parameters: &mut [ArrayViewMut2<F>],
        gradients: &[Array2<F>],
    ) -> Result<()> {
        check::not_negative("rate", rate)?;
        check::shape("gradients", &[parameters.len()], &[gradients.len()])?;
        if self.moments.is_empty() {
            let zeros = |parameter: &ArrayViewMut2<F>| vec![Array2::zeros(parameter.raw_dim()); U::MOMENTS];
            self.moments = parameters.iter().flat_map(zeros).collect();
        }
        check::shape("parameters", &[self.moments.len() / U::MOMENTS], &[parameters.len()])?;
        let moments_of = self.moments.chunks(U::MOMENTS);
        for ((parameter, gradient), moments) in parameters.iter().zip(gradients).zip(moments_of) {
            check::shape("gradient", parameter.shape(), gradient.shape())?;
            moments.iter().try_for_each(|kept| check::shape("parameter", kept.shape(), parameter.shape()))?;
        }
        let mut large = self.large;
        for gradient in gradients {
            check::finite("gradient", gradient)?;
            large |= is_large(gradient);
        }
        let bold = large || rule.is_bold(rate) || !F::of(rate).is_finite();
        let before = bold.then(|| {
            (parameters.iter().map(ndarray::ArrayBase::to_owned).collect::<Vec<_>>(), self.moments.clone())
        });
        self.steps += 1;
        let moments_of = self.moments.chunks_mut(U::MOMENTS);
        in_pool(|| {
            for ((parameter, gradient), moments) in parameters.iter_mut().zip(gradients).zip(moments_of) {
                rule.update(self.steps, F::of(rate), parameter.view_mut(), gradient, moments);
            }
        });
        let Some((before, moments)) = before else { return Ok(()) };
        let must = "finite: the rate or a gradient is too large";
        let after =
            parameters.iter().try_for_each(|after| check::in_range("parameter after the step", after, must));
        let kept =
            self.moments.iter().try_for_each(|after| check::in_range("moment after the step", after, must));
        if after.is_err() || kept.is_err() {
            parameters.iter_mut().zip(&before).for_each(|(parameter, before)| parameter.assign(before));
            (self.steps, self.moments) = (self.steps - 1, moments);
        } else {
            self.large = large;
        }
        after.and(kept)
    }
}

/// Whether an entry is above half the root of the largest number: its square, or sums of such squares, may overflow.
fn is_large<F: Scalar>(array: &Array2<F>) -> bool {
    let most = F::of(0.5) * F::max_value().sqrt();
    array.as_slice_memory_order().is_none_or(|entries| largest_of(entries) > most)
}
