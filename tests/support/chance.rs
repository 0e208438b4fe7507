//! What may be chance: measurements of random quantities against their laws. Each function says how often it refuses a
//! law that holds; a test multiplies that by the number of its measurements.

use std::collections::HashMap;

/// Whether `hits` of `trials` independent events of probability `p` may be chance. Refuses a right `p` at a rate below
/// `2e⁻³⁰ < 2e-13`: by Chernoff, `trials · KL(hits/trials ‖ p)` exceeds `t` at a rate of at most `2e⁻ᵗ`.
pub(crate) fn plausible_count(hits: usize, trials: usize, p: f64) -> bool {
    let information = |share: f64, p: f64| if share == 0.0 { 0.0 } else { share * (share / p).ln() };
    let share = hits as f64 / trials as f64;
    trials as f64 * (information(share, p) + information(1.0 - share, 1.0 - p)) < 30.0
}

/// Whether a mean of many independent draws may have this expectation: within 7.5 standard errors, which a normal mean
/// leaves at a rate of 6.4e-14.
pub(crate) fn plausible_mean(mean: f64, expected: f64, standard_error: f64) -> bool {
    (mean - expected).abs() < 7.5 * standard_error
}

/// Whether draws that fell so often on each of the seen ones of `outcomes` may be uniform: the statistic of Pearson,
/// chi-square in the limit of many draws, exceeds `d + 2√(30d) + 60` for `d` degrees of freedom at a rate of at most
/// `e⁻³⁰ < 1e-13` (Laurent and Massart 2000).
pub(crate) fn plausibly_uniform<T>(counts: &HashMap<T, usize>, outcomes: usize) -> bool {
    let expected = counts.values().sum::<usize>() as f64 / outcomes as f64;
    let seen: f64 = counts.values().map(|&count| (count as f64 - expected).powi(2) / expected).sum();
    let freedom = (outcomes - 1) as f64;
    seen + (outcomes - counts.len()) as f64 * expected < freedom + 2.0 * (30.0 * freedom).sqrt() + 60.0
}

/// Whether so many values, ten thousand or more, may be drawn from `N(0, std²)`: their mean, their mean square and how
/// many lie within one deviation. Refuses right ones at a rate below 1e-12.
pub(crate) fn plausibly_normal(values: &[f64], std: f64) -> bool {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let square = values.iter().map(|value| value * value).sum::<f64>() / n;
    let within_one = values.iter().filter(|value| value.abs() < std).count();
    plausible_mean(mean, 0.0, std / n.sqrt())
        && plausible_mean(square / (std * std), 1.0, (2.0 / n).sqrt())
        && plausible_count(within_one, values.len(), 0.682_689_492)
}
