//! How many answers it takes (claims [T40](crate::theory#t40), [T42](crate::theory#t42), [T44](crate::theory#t44),
//! [T46](crate::theory#t46)), and how many to be sure of one ([claim T45](crate::theory#t45)).
//!
//! The questions are about pairs of `n` samples in `c` classes. What sequential discovery asks is counted by
//! [`active::discovery_cost`](crate::active::discovery_cost).

use super::binomial::{ln_binomials, ln_power};
use crate::error::{Error, Result, check};

/// The most samples whose pairs can be counted in 64 bits, with room for a factor of eight.
pub(crate) const MOST_SAMPLES: usize = 1 << 31;

/// Answers that prove a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Pairs that belong together.
    pub must_links: usize,
    /// Pairs that do not.
    pub cannot_links: usize,
}

/// The fewest answers that prove a partition of `samples` into `classes`, their number not being known before
/// ([claim T40](crate::theory#t40)).
///
/// `n − c` must-links, a spanning tree per class, and `c (c − 1) / 2` cannot-links, one per pair of classes: with fewer another
/// partition agrees with all answers.
///
/// # Errors
/// [`Error::Domain`] unless `1 ≤ classes ≤ samples ≤ 2³¹`.
pub fn certificate(samples: usize, classes: usize) -> Result<Certificate> {
    require_partition(samples, classes)?;
    Ok(Certificate { must_links: samples - classes, cannot_links: pairs_among(classes) })
}

/// The number of adaptive questions that finds any partition of `samples` into `classes`, their number being known:
/// no strategy does with fewer in the worst case ([claim T42](crate::theory#t42)).
///
/// `(c − 1) n − c (c − 1) / 2`, and none if `c = 1` or `c = n`.
///
/// # Errors
/// [`Error::Domain`] unless `1 ≤ classes ≤ samples ≤ 2³¹`.
pub fn minimax(samples: usize, classes: usize) -> Result<usize> {
    require_partition(samples, classes)?;
    Ok(if classes == samples { 0 } else { (classes - 1) * samples - pairs_among(classes) })
}

/// About the median number of random distinct pairs until every class is connected, `classes` of `per_class` samples each
/// ([claim T44](crate::theory#t44)).
///
/// `n (n − 1) / 2 · (ln n − ln ln 2) / n_c`, about `½ n c ln n`; an asymptotic law, right within 15 % for classes of 100.
///
/// # Errors
/// [`Error::Domain`] without classes, for classes of one sample, or for more than 2³¹ samples.
pub fn passive_median(classes: usize, per_class: usize) -> Result<f64> {
    check::count("classes", classes, MOST_SAMPLES / 2, "in 1..=2^30")?;
    if !(2..=MOST_SAMPLES / classes).contains(&per_class) {
        let must = "at least 2, for at most 2^31 samples in all";
        return Err(Error::Domain { argument: "per_class", value: per_class as f64, must });
    }
    let n = (classes * per_class) as f64;
    Ok(n * (n - 1.0) / 2.0 * (n.ln() - std::f64::consts::LN_2.ln()) / per_class as f64)
}

/// Number of pairs that `labels` labels reveal, `m (m − 1) / 2` ([claim T46](crate::theory#t46)).
///
/// # Errors
/// [`Error::Domain`] for more than 2³¹ labels.
pub fn pairs_of_labels(labels: usize) -> Result<usize> {
    require_countable("labels", labels)?;
    Ok(pairs_among(labels))
}

/// How often the majority of `repeats` answers errs if each does with probability `error`: `P(Bin(r, ε) > r / 2)`
/// ([claim T45](crate::theory#t45)). Cost `O(repeats)`.
///
/// # Errors
/// [`Error::Domain`] if `error` is no probability or `repeats` is even.
pub fn majority_error(error: f64, repeats: usize) -> Result<f64> {
    check::probability("error", error)?;
    if repeats.is_multiple_of(2) {
        return Err(Error::Domain { argument: "repeats", value: repeats as f64, must: "odd" });
    }
    let of_wrong = |(wrong, ln_choose): (usize, f64)| {
        (ln_choose + ln_power(error, wrong) + ln_power(1.0 - error, repeats - wrong)).exp()
    };
    Ok(ln_binomials(repeats).enumerate().skip(repeats / 2 + 1).map(of_wrong).sum())
}

/// `s (s − 1) / 2`.
pub(crate) fn pairs_among(samples: usize) -> usize {
    samples * samples.saturating_sub(1) / 2
}

/// `samples` can be partitioned into `classes` that have members each.
pub(crate) fn require_partition(samples: usize, classes: usize) -> Result<()> {
    require_countable("samples", samples)?;
    check::count("classes", classes, samples, "at least 1 and at most the number of samples")
}

/// The pairs of `count` samples can be counted.
pub(crate) fn require_countable(argument: &'static str, count: usize) -> Result<()> {
    if count <= MOST_SAMPLES {
        return Ok(());
    }
    Err(Error::Domain { argument, value: count as f64, must: "at most 2^31" })
}
