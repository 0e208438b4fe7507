//! Limited-memory BFGS with a line search, for smooth functions of many numbers.

use std::collections::VecDeque;

use ndarray::{Array1, ArrayView1};

use crate::Scalar;
use crate::error::{Error, Result, check};
use crate::linalg::scale::{self, SMALLEST_SQUARE};

/// When to stop, and how much to remember.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lbfgs {
    /// Most iterations; default 500.
    pub iterations: usize,
    /// Pairs of steps and gradient changes that model the curvature, at least 1; default 20.
    pub memory: usize,
    /// Stops when the largest entry of the gradient is at most this, at least 0; default 1e-8.
    pub tolerance: f64,
}

impl Default for Lbfgs {
    fn default() -> Self {
        Self { iterations: 500, memory: 20, tolerance: 1e-8 }
    }
}

/// Where an iteration arrived.
#[derive(Clone, Copy, Debug)]
pub struct Iterate<'a, F> {
    /// Iterations done: 0 at the start.
    pub iteration: usize,
    /// The point.
    pub point: ArrayView1<'a, F>,
    /// The function's value there.
    pub value: f64,
    /// Largest entry of its gradient, by magnitude.
    pub slope: f64,
}

/// Where [`lbfgs()`] stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum<F> {
    /// The point.
    pub point: Array1<F>,
    /// The function's value there.
    pub value: f64,
    /// Iterations done.
    pub iterations: usize,
    /// Whether the gradient is within the tolerance; otherwise the iterations ran out, or no smaller value could be
    /// found along the last direction, as happens at the precision of the arithmetic.
    pub converged: bool,
}

/// Sufficient decrease and curvature of the strong Wolfe conditions.
const DECREASE: f64 = 1e-4;
const CURVATURE: f64 = 0.9;
/// Evaluations that one line search may take.
const EVALUATIONS: usize = 40;

/// Descends from `start` to a local minimum of `objective`, which returns value and gradient at a point.
///
/// * `observe` is told of the start and of every iteration.
///
/// Directions are those of Nocedal's two-loop recursion, steps satisfy the strong Wolfe conditions (Nocedal & Wright 2006,
/// algorithms 7.4, 3.5 and 3.6). Values never increase. `O(memory · parameters)` an iteration beside the objective.
///
/// # Errors
/// What `observe` reports, and the objective at the start; later, a point it refuses, or gives no gradient of its shape for, is
/// stepped back from. [`Error::NotFinite`] if `start` holds NaN or an infinity, [`Error::Shape`] if the gradient there has another
/// shape, [`Error::Domain`] for a memory of 0, a negative tolerance, or a start at which the value or its gradient is not finite.
pub fn lbfgs<F: Scalar>(
    start: Array1<F>,
    options: Lbfgs,
    mut objective: impl FnMut(ArrayView1<F>) -> Result<(F, Array1<F>)>,
    mut observe: impl FnMut(Iterate<F>) -> Result<()>,
) -> Result<Minimum<F>> {
    check::count("memory", options.memory, usize::MAX, "at least 1")?;
    check::not_negative("tolerance", options.tolerance)?;
    check::finite("start", &start)?;
    let mut objective = |point: ArrayView1<F>| {
        let (value, gradient) = objective(point)?;
        check::shape("gradient", point.shape(), gradient.shape())?;
        Ok((value, gradient))
    };
    let (value, gradient) = objective(start.view())?;
    if !value.is_finite() {
        return Err(Error::Domain { argument: "value at the start", value: value.as_f64(), must: "finite" });
    }
    check::in_range("gradient at the start", &gradient, "finite")?;
    let mut here = Place { point: start, value: value.as_f64(), gradient };
    let mut curvature = Curvature { pairs: VecDeque::new(), memory: options.memory };
    let mut iterations = 0;
    loop {
        let slope = largest(&here.gradient);
        observe(Iterate { iteration: iterations, point: here.point.view(), value: here.value, slope })?;
        let converged = slope <= options.tolerance;
        if converged || iterations == options.iterations {
            return Ok(Minimum { point: here.point, value: here.value, iterations, converged });
        }
        let next = match line_search(&here, &curvature.direction(&here.gradient), &mut objective) {
            Some(next) => next,
            // The model of the curvature may be what is wrong: once more along the gradient itself.
            None if !curvature.pairs.is_empty() => {
                curvature.pairs.clear();
                match line_search(&here, &curvature.direction(&here.gradient), &mut objective) {
                    Some(next) => next,
                    None => {
                        return Ok(Minimum { point: here.point, value: here.value, iterations, converged });
                    }
                }
            }
            None => return Ok(Minimum { point: here.point, value: here.value, iterations, converged }),
        };
        curvature.learn(&next.point - &here.point, &next.gradient - &here.gradient);
        here = next;
        iterations += 1;
    }
}

/// A point with what the objective says there.
struct Place<F> {
    point: Array1<F>,
    value: f64,
    gradient: Array1<F>,
}

/// Recent steps `s` and gradient changes `y` with `1/⟨s, y⟩`, oldest first.
struct Curvature<F> {
    pairs: VecDeque<(Array1<F>, Array1<F>, F)>,
    memory: usize,
}

impl<F: Scalar> Curvature<F> {
    /// `−H g`, `H` the model of the inverse Hessian; of length at most 1 while nothing is known of the scale.
    fn direction(&self, gradient: &Array1<F>) -> Array1<F> {
        let mut direction = gradient.mapv(|entry| -entry);
        let Some((s, y, _)) = self.pairs.back() else {
            let length = F::of(norm(gradient).max(1.0));
            return direction / length;
        };
        let mut weights = Vec::with_capacity(self.pairs.len());
        for (s, y, inverse) in self.pairs.iter().rev() {
            let weight = *inverse * s.dot(&direction);
            direction.scaled_add(-weight, y);
            weights.push(weight);
        }
        direction *= s.dot(y) / y.dot(y);
        for ((s, y, inverse), weight) in self.pairs.iter().zip(weights.into_iter().rev()) {
            let correction = weight - *inverse * y.dot(&direction);
            direction.scaled_add(correction, s);
        }
        direction
    }

    /// Takes in a pair of positive curvature.
    fn learn(&mut self, s: Array1<F>, y: Array1<F>) {
        let product = s.dot(&y);
        if product <= F::epsilon() * y.dot(&y) {
            return;
        }
        if self.pairs.len() == self.memory {
            self.pairs.pop_front();
        }
        self.pairs.push_back((s, y, product.recip()));
    }
}

/// A point along the direction where the strong Wolfe conditions hold, or the lowest one found that decreases enough.
fn line_search<F: Scalar>(
    here: &Place<F>,
    direction: &Array1<F>,
    objective: &mut impl FnMut(ArrayView1<F>) -> Result<(F, Array1<F>)>,
) -> Option<Place<F>> {
    let slope = here.gradient.dot(direction).as_f64();
    if slope >= 0.0 || !slope.is_finite() {
        return None;
    }
    let mut at = |step: f64| -> Option<(Place<F>, f64)> {
        let mut point = here.point.clone();
        point.scaled_add(F::of(step), direction);
        check::finite("point", &point).ok()?;
        let (value, gradient) = objective(point.view()).ok()?;
        let along = gradient.dot(direction).as_f64();
        let value = value.as_f64();
        (value.is_finite() && along.is_finite()).then_some((Place { point, value, gradient }, along))
    };
    let decreases = |value: f64, step: f64| value <= here.value + DECREASE * step * slope;
    // The end of the bracket that satisfies the decrease and has the least value; and the other end.
    let mut low = Sample { step: 0.0, value: here.value, slope };
    let mut high: Option<Sample> = None;
    let mut best: Option<Place<F>> = None;
    let mut step = 1.0;
    for _ in 0..EVALUATIONS {
        let Some((place, along)) = at(step) else {
            high = Some(Sample { step, value: f64::INFINITY, slope: f64::INFINITY });
            step = f64::midpoint(low.step, step);
            continue;
        };
        let sample = Sample { step, value: place.value, slope: along };
        if !decreases(sample.value, step) || sample.value >= low.value {
            high = Some(sample);
        } else {
            if along.abs() <= -CURVATURE * slope {
                return Some(place);
            }
            let beyond = high.as_ref().map_or(f64::INFINITY, |high| high.step);
            if along * (beyond - low.step) >= 0.0 {
                high = Some(low);
            }
            low = sample;
            best = Some(place);
        }
        step = match &high {
            Some(high) => match low.between(high) {
                Some(step) => step,
                None => return best,
            },
            None => 2.0 * step,
        };
    }
    best
}

/// The function along the line: at a step, its value and slope.
#[derive(Clone, Copy)]
struct Sample {
    step: f64,
    value: f64,
    slope: f64,
}

impl Sample {
    /// Where the cubic through both samples is least, kept a tenth of the bracket away from its ends; `None` if the
    /// bracket is down to rounding.
    fn between(&self, other: &Sample) -> Option<f64> {
        let width = other.step - self.step;
        if width.abs() <= 1e-14 * self.step.abs().max(1e-6) {
            return None;
        }
        let mean = self.slope + other.slope - 3.0 * (other.value - self.value) / width;
        let root = (mean * mean - self.slope * other.slope).sqrt().copysign(width);
        let share = 1.0 - (other.slope + root - mean) / (other.slope - self.slope + 2.0 * root);
        let share = if share.is_finite() { share.clamp(0.1, 0.9) } else { 0.5 };
        Some(self.step + share * width)
    }
}

fn largest<F: Scalar>(vector: &Array1<F>) -> f64 {
    vector.iter().fold(0.0, |largest, entry| largest.max(entry.as_f64().abs()))
}

fn norm<F: Scalar>(vector: &Array1<F>) -> f64 {
    let squares = vector.iter().map(|entry| entry.as_f64().powi(2)).sum::<f64>();
    if (SMALLEST_SQUARE..f64::INFINITY).contains(&squares) {
        return squares.sqrt();
    }
    scale::norm(squares, &vector.mapv(F::as_f64))
}
