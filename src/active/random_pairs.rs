//! Passive learning: pairs in random order.

use rand::Rng;
use rand::seq::index;

use crate::error::{Error, Result};

/// The most whose pairs' ranks [`unrank`] can take eightfold.
const MOST_SAMPLES: usize = 1 << 31;

/// The first `amount` pairs `(i, j)`, `i < j`, of one uniform random order of all `n(n − 1)/2`.
///
/// # Errors
/// [`Error::Domain`] if there are fewer pairs, or too many to be numbered in 64 bits (`n > 2³¹`).
pub fn random_pairs(n: usize, amount: usize, rng: &mut (impl Rng + ?Sized)) -> Result<Vec<(usize, usize)>> {
    if n > MOST_SAMPLES {
        return Err(Error::Domain { argument: "n", value: n as f64, must: "at most 2^31" });
    }
    let all = n * n.saturating_sub(1) / 2;
    if amount > all {
        return Err(Error::Domain {
            argument: "amount",
            value: amount as f64,
            must: "at most n (n - 1) / 2",
        });
    }
    Ok(index::sample(rng, all, amount).into_iter().map(unrank).collect())
}

/// The pair of rank `j(j − 1)/2 + i`.
fn unrank(rank: usize) -> (usize, usize) {
    // j is the largest number with j(j − 1)/2 ≤ rank, so (2j − 1)² ≤ 8 rank + 1.
    let j = usize::midpoint((8 * rank + 1).isqrt(), 1);
    (rank - j * (j - 1) / 2, j)
}
