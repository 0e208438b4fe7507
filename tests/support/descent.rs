//! Descent from random starts: the slow way to a minimiser.

use ndarray::Array2;
use rand::Rng;

use super::gaussian;

/// A function's value and gradient.
pub(crate) type Objective<'a> = &'a dyn Fn(&Array2<f64>) -> (f64, Array2<f64>);

/// How many steps the approximation of the curvature remembers.
const MEMORY: usize = 10;

/// L-BFGS from `start` until the gradient or the progress vanishes: the last point and its value.
pub(crate) fn descend(objective: Objective, start: Array2<f64>) -> (Array2<f64>, f64) {
    let inner = |a: &Array2<f64>, b: &Array2<f64>| (a * b).sum();
    let mut x = start;
    let (mut value, mut gradient) = objective(&x);
    let mut steps: Vec<(Array2<f64>, Array2<f64>)> = Vec::new();
    for _ in 0..3000 {
        if inner(&gradient, &gradient).sqrt() <= 1e-10 * (1.0 + value.abs()) {
            break;
        }
        let mut direction = -&gradient;
        let mut along = Vec::new();
        for (s, y) in steps.iter().rev() {
            let a = inner(s, &direction) / inner(s, y);
            direction.scaled_add(-a, y);
            along.push(a);
        }
        if let Some((s, y)) = steps.last() {
            direction *= inner(s, y) / inner(y, y);
        }
        for ((s, y), a) in steps.iter().zip(along.into_iter().rev()) {
            let b = inner(y, &direction) / inner(s, y);
            direction.scaled_add(a - b, s);
        }
        let slope = inner(&gradient, &direction);
        let Some((length, next_value, next_gradient)) = wolfe_step(objective, &x, value, &direction, slope)
        else {
            if steps.is_empty() {
                break;
            }
            steps.clear();
            continue;
        };
        let step = direction * length;
        let change = &next_gradient - &gradient;
        x += &step;
        (value, gradient) = (next_value, next_gradient);
        if inner(&step, &change) > 0.0 {
            steps.push((step, change));
            if steps.len() > MEMORY {
                steps.remove(0);
            }
        }
    }
    (x, value)
}

/// A step length that decreases the value and flattens the slope, by bisection; the value and the gradient there.
fn wolfe_step(
    objective: Objective,
    x: &Array2<f64>,
    value: f64,
    direction: &Array2<f64>,
    slope: f64,
) -> Option<(f64, f64, Array2<f64>)> {
    let (mut low, mut high, mut length) = (0.0, f64::INFINITY, 1.0);
    for _ in 0..60 {
        let (there, gradient) = objective(&(x + &(direction * length)));
        if there.is_nan() || there > value + 1e-4 * length * slope {
            high = length;
        } else if (&gradient * direction).sum() < 0.9 * slope {
            low = length;
        } else {
            return Some((length, there, gradient));
        }
        length = if high.is_finite() { 0.5 * (low + high) } else { 2.0 * length };
    }
    None
}

/// The best of descents from three normal starts of shape `(n, k)`.
pub(crate) fn best_descent(
    objective: Objective,
    (n, k): (usize, usize),
    rng: &mut impl Rng,
) -> (Array2<f64>, f64) {
    let descents = (0..3).map(|_| descend(objective, gaussian(n, k, rng)));
    descents.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
}

/// Whether descent found `optimum`, and nothing below it.
pub(crate) fn is_found(optimum: f64, best: f64) -> bool {
    let scale = 1.0 + optimum.abs();
    optimum - 1e-7 * scale <= best && best <= optimum + 1e-5 * scale
}
