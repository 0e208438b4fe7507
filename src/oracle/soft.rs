//! Similarity graphs of uncertain classes and uncertain answers.
//!
//! Entries of a similarity graph may be any real numbers, so that posterior probabilities enter as expectations: of `Y Yᵀ` if
//! classes are uncertain, of ±1 if answers about pairs are.

use ndarray::{Array1, Array2};

use super::Pair;
use crate::error::{Error, Result, check};
use crate::graph::SimilarityGraph;

/// How far the sum of a sample's class probabilities may be from 1.
const SUM_TOLERANCE: f64 = 1e-6;

/// `P Pᵀ` for class probabilities `P` of shape `(n, c)`, one row per sample: the probability that two samples belong together
/// if their classes are independent.
///
/// Certain labels give [`SimilarityGraph::labels`]. The diagonal is `Σ_c p_c² ≤ 1`, which changes neither the Laplacian nor
/// what is said of different samples. Kept as a factor, `O(n c)`.
///
/// # Errors
/// [`Error::Empty`] without samples, [`Error::Domain`] unless every row holds probabilities that sum to 1 within `1e-6`.
pub fn class_graph(posteriors: Array2<f64>) -> Result<SimilarityGraph> {
    for row in posteriors.rows() {
        row.iter().try_for_each(|&probability| check::probability("posteriors", probability))?;
        let sum = row.sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            return Err(Error::Domain { argument: "sum of a row of posteriors", value: sum, must: "1" });
        }
    }
    let classes = posteriors.ncols();
    SimilarityGraph::low_rank(posteriors, Array1::ones(classes))
}

/// `2 q − 1` for each pair that belongs together with probability `q`, diagonal 1, else 0.
///
/// The expected sign: certain answers give the ±1 of [`Closure::graph`](super::Closure::graph), and `q = 1/2` is as good as
/// no answer. Kept as a list of pairs.
///
/// # Errors
/// [`Error::Empty`] without samples, [`Error::Domain`] if there is no such sample or `q` is no probability,
/// [`Error::Conflict`] if a pair is named with two of them.
pub fn pair_graph(
    samples: usize,
    posteriors: impl IntoIterator<Item = (Pair, f64)>,
) -> Result<SimilarityGraph> {
    let mut entries: Vec<_> = (0..samples).map(|i| (i, i, 1.0)).collect();
    for (pair, probability) in posteriors {
        check::probability("posterior", probability)?;
        entries.push((pair.first(), pair.second(), 2.0 * probability - 1.0));
    }
    SimilarityGraph::pairs(samples, entries)
}
