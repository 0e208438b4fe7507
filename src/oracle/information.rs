//! What a question can tell, in bits ([claim T43](crate::theory#t43)).
//!
//! Samples are drawn independently with class probabilities `π` (the prior) and answers are free of noise; the information
//! is then the entropy of the answer.

use super::binomial::{ln_binomials, ln_factorial, ln_power};
use super::cost::require_countable;
use crate::error::{Error, Result, check};

/// How far the sum of a prior may be from 1.
const SUM_TOLERANCE: f64 = 1e-9;

/// Bits of "which class?" about one sample: `H(π) ≤ log₂ c`.
///
/// # Errors
/// [`Error::Domain`] if `prior` holds no probabilities that sum to 1 within `1e-9`.
pub fn label(prior: &[f64]) -> Result<f64> {
    require_distribution(prior)?;
    Ok(prior.iter().map(|&probability| surprise(probability)).sum())
}

/// Bits of "do these two belong together?" about two random samples: `h(Σ π_c²) ≤ 1`, `h` the binary entropy.
///
/// # Errors
/// As [`label`].
pub fn pair(prior: &[f64]) -> Result<f64> {
    require_distribution(prior)?;
    Ok(binary_entropy(agreement(prior)))
}

/// Bits of "which of these `candidates` belong with this random anchor?": the entropy of the list of answers.
///
/// `candidates · h(1/c)` for equal probabilities, else inside [`captcha_bounds`]. Cost `O(candidates · c)`.
///
/// # Errors
/// As [`label`].
pub fn captcha(prior: &[f64], candidates: usize) -> Result<f64> {
    require_distribution(prior)?;
    let bits_of = |(accepted, ln_choose): (usize, f64)| {
        // One list with that many accepted: Σ_a π_a · π_a^accepted (1 − π_a)^refused.
        let ln_of_class = |&p: &f64| ln_power(p, accepted + 1) + ln_power(1.0 - p, candidates - accepted);
        let largest = prior.iter().map(ln_of_class).fold(f64::NEG_INFINITY, f64::max);
        if largest == f64::NEG_INFINITY {
            return 0.0;
        }
        let ln_list = largest + prior.iter().map(|p| (ln_of_class(p) - largest).exp()).sum::<f64>().ln();
        -(ln_choose + ln_list).exp() * ln_list / std::f64::consts::LN_2
    };
    Ok(ln_binomials(candidates).enumerate().map(bits_of).sum())
}

/// What [`captcha`] lies between: `m Σ_a π_a h(π_a)`, the anchor's class being known, and `m h(Σ π_c²)`, as many pairs.
///
/// # Errors
/// As [`label`].
pub fn captcha_bounds(prior: &[f64], candidates: usize) -> Result<(f64, f64)> {
    require_distribution(prior)?;
    let lower = prior.iter().map(|&p| p * binary_entropy(p)).sum::<f64>();
    let upper = binary_entropy(agreement(prior));
    Ok((candidates as f64 * lower, candidates as f64 * upper))
}

/// `log₂` of the number of partitions into classes of these sizes, `N! / (Π n_c! · Π_s r_s!)` with `r_s` classes of size `s`.
///
/// No fewer yes-or-no answers find the partition in the worst case, even if the sizes are known. Cost `O(N)`.
///
/// # Errors
/// [`Error::Empty`] without classes, [`Error::EmptyClass`], [`Error::Domain`] for more than 2³¹ samples.
pub fn log2_partitions(sizes: &[usize]) -> Result<f64> {
    let samples = total(sizes)?;
    let mut sorted = sizes.to_vec();
    sorted.sort_unstable();
    let inside: f64 = sizes.iter().map(|&size| ln_factorial(size)).sum();
    let alike: f64 = sorted.chunk_by(|a, b| a == b).map(|alike| ln_factorial(alike.len())).sum();
    Ok((ln_factorial(samples) - inside - alike) / std::f64::consts::LN_2)
}

/// Entropy in bits of an event of this probability and its complement.
fn binary_entropy(probability: f64) -> f64 {
    surprise(probability) + surprise(1.0 - probability)
}

/// `−p log₂ p`, with `0 log 0 = 0`.
fn surprise(probability: f64) -> f64 {
    if probability > 0.0 { -probability * probability.log2() } else { 0.0 }
}

/// The probability that two samples are of one class.
fn agreement(prior: &[f64]) -> f64 {
    prior.iter().map(|probability| probability * probability).sum()
}

/// Number of samples in classes of these sizes, none of them empty.
pub(crate) fn total(sizes: &[usize]) -> Result<usize> {
    let classes = sizes.len();
    if classes == 0 {
        return Err(Error::Empty { argument: "sizes", expected: "class" });
    }
    if let Some(class) = sizes.iter().position(|&size| size == 0) {
        return Err(Error::EmptyClass { argument: "sizes", class, classes });
    }
    let samples = sizes.iter().fold(0_usize, |sum, &size| sum.saturating_add(size));
    require_countable("sum of sizes", samples)?;
    Ok(samples)
}

fn require_distribution(prior: &[f64]) -> Result<()> {
    prior.iter().try_for_each(|&probability| check::probability("prior", probability))?;
    let sum: f64 = prior.iter().sum();
    if (sum - 1.0).abs() <= SUM_TOLERANCE {
        return Ok(());
    }
    Err(Error::Domain { argument: "sum of the prior", value: sum, must: "1" })
}
