//! How probably two samples belong together, given how far apart they are.
//!
//! A rule that falls with the distance is fitted to pairs that a clustering holds to belong together or not, by isotonic
//! regression (as the authors of A3S advise). The pairs are those of nearest neighbours and, lest whatever is far apart be
//! taken for as likely as the farthest neighbours, as many that are drawn at random.

use ndarray::{Array2, ArrayView2};
use rand::{Rng, RngExt};

/// Neighbours of each sample whose pairs are fitted.
const NEIGHBOURS: usize = 10;
/// No pair is certain before it is asked about.
const LEAST: f64 = 0.01;

/// The probabilities `(n, n)` that samples, the rows of `x`, belong together, given clusters to go by; 1 on the diagonal.
///
/// `O(n² (p + log n))`.
pub fn pair_probabilities(x: ArrayView2<f64>, clusters: &[usize], rng: &mut impl Rng) -> Array2<f64> {
    let n = x.nrows();
    let distances = squared_distances(x);
    let mut pairs = Vec::new();
    for i in 0..n {
        let mut others: Vec<usize> = (0..n).filter(|&j| j != i).collect();
        let neighbours = NEIGHBOURS.min(others.len());
        if neighbours < others.len() {
            others
                .select_nth_unstable_by(neighbours, |&a, &b| distances[[i, a]].total_cmp(&distances[[i, b]]));
        }
        let at_random =
            (0..neighbours).map(|_| rng.random_range(0..n)).filter(|&j| j != i).collect::<Vec<_>>();
        pairs.extend(
            others[..neighbours]
                .iter()
                .chain(&at_random)
                .map(|&j| (distances[[i, j]], clusters[i] == clusters[j])),
        );
    }
    let rule = falling(pairs);
    let mut probabilities = distances.mapv_into(|distance| {
        let step = rule.partition_point(|&(from, _)| from <= distance).saturating_sub(1);
        rule[step].1.clamp(LEAST, 1.0 - LEAST)
    });
    probabilities.diag_mut().fill(1.0);
    probabilities
}

/// The squared distances between rows.
fn squared_distances(x: ArrayView2<f64>) -> Array2<f64> {
    let mut products = x.dot(&x.t());
    let squares = products.diag().to_owned();
    for ((i, j), product) in products.indexed_iter_mut() {
        *product = (squares[i] + squares[j] - 2.0 * *product).max(0.0);
    }
    products
}

/// The falling steps nearest to what is seen at each distance, in squares, by pooling adjacent violators: where each begins,
/// and its height.
pub fn falling(mut seen: Vec<(f64, bool)>) -> Vec<(f64, f64)> {
    seen.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Where a step begins, what is seen on it, and how often that is a yes.
    let mut steps: Vec<(f64, f64, f64)> = Vec::new();
    for (distance, same) in seen {
        let mut step = (distance, 1.0, f64::from(u8::from(same)));
        while let Some(&before) = steps.last() {
            if before.0 < step.0 && before.2 / before.1 > step.2 / step.1 {
                break;
            }
            steps.pop();
            step = (before.0, before.1 + step.1, before.2 + step.2);
        }
        steps.push(step);
    }
    steps.into_iter().map(|(from, count, same)| (from, same / count)).collect()
}
