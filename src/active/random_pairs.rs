//! Passive learning: pairs in random order.

use rand::Rng;
use rand::seq::index;

use crate::error::{Error, Result};
use crate::oracle::Pair;
use crate::oracle::cost::{pairs_among, require_countable};

/// The first `amount` pairs `(i, j)`, `i < j`, of one uniform random order of all `n(n − 1)/2`.
///
/// # Errors
/// [`Error::Domain`] if there are fewer pairs, or too many to be numbered in 64 bits (`n > 2³¹`).
pub fn random_pairs(n: usize, amount: usize, rng: &mut (impl Rng + ?Sized)) -> Result<Vec<Pair>> {
    require_countable("n", n)?; // `unrank` takes a rank eightfold
    let all = pairs_among(n);
    if amount > all {
        return Err(Error::Domain {
            argument: "amount",
            value: amount as f64,
            must: "at most n (n - 1) / 2",
        });
    }
    index::sample(rng, all, amount).into_iter().map(unrank).collect()
}

/// The pair of rank `j(j − 1)/2 + i`.
fn unrank(rank: usize) -> Result<Pair> {
    // j is the largest number with j(j − 1)/2 ≤ rank, so (2j − 1)² ≤ 8 rank + 1.
    let j = usize::midpoint((8 * rank + 1).isqrt(), 1);
    Pair::new(rank - j * (j - 1) / 2, j)
}
