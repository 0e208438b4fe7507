//! Gradients against differences.

use ndarray::Array2;

use super::{Tape, Var};
use crate::error::{Error, Result};

/// Step of the differences, relative to an entry's size above 1: balances their error `O(h²)` and rounding `O(ε/h)`.
const STEP: f64 = 1e-5;

/// The entry in which a gradient and the difference quotient disagree most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradientReport {
    /// `|gradient − difference| / max(1, |gradient|, |difference|)`; a right gradient of a smooth function stays below
    /// `1e-6`. Infinite if either is not a number.
    pub error: f64,
    /// Which input.
    pub input: usize,
    /// Row and column in it.
    pub index: (usize, usize),
    /// The entry of the gradient; it may be infinite or NaN.
    pub gradient: f64,
    /// The central difference; it may be infinite or NaN.
    pub difference: f64,
}

/// Compares the gradient of `function` at `inputs` with central differences, entry by entry, and reports the worst one.
///
/// `function` receives one leaf an input and returns a `(1, 1)` variable; it should be smooth within `1e-5` of each entry.
/// Costs two evaluations an entry.
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use ndarray::array;
/// use pal::autodiff::check_gradient;
///
/// let report = check_gradient(|_, inputs| Ok(inputs[0].tanh().sum()), &[array![[0.3, -1.2]]])?;
/// assert!(report.error < 1e-8);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// What `function` returns and those of [`Tape::backward`]; [`Error::Empty`] if the inputs have no entry.
pub fn check_gradient(
    function: impl for<'t> Fn(&'t Tape<f64>, &[Var<'t, f64>]) -> Result<Var<'t, f64>>,
    inputs: &[Array2<f64>],
) -> Result<GradientReport> {
    let tape = Tape::new();
    let leaves: Vec<_> = inputs.iter().map(|input| tape.leaf(input.clone())).collect();
    let gradients = tape.backward(function(&tape, &leaves)?)?;

    let value = |inputs: &[Array2<f64>]| {
        let tape = Tape::new();
        let constants: Vec<_> = inputs.iter().map(|input| tape.constant(input.clone())).collect();
        function(&tape, &constants)?.scalar()
    };
    let mut moved = inputs.to_vec();
    let mut worst: Option<GradientReport> = None;
    for (input, values) in inputs.iter().enumerate() {
        for (index, &entry) in values.indexed_iter() {
            let step = STEP * entry.abs().max(1.0);
            let (above, below) = (entry + step, entry - step);
            moved[input][index] = above;
            let upper = value(&moved)?;
            moved[input][index] = below;
            let lower = value(&moved)?;
            moved[input][index] = entry;

            let difference = (upper - lower) / (above - below);
            let gradient = gradients.of(leaves[input]).map_or(0.0, |gradient| gradient[index]);
            let error = (gradient - difference).abs() / gradient.abs().max(difference.abs()).max(1.0);
            let error = if error.is_nan() { f64::INFINITY } else { error };
            if worst.is_none_or(|worst| error > worst.error) {
                worst = Some(GradientReport { error, input, index, gradient, difference });
            }
        }
    }
    worst.ok_or(Error::Empty { argument: "inputs", expected: "entry" })
}
