//! Clusters around means (Lloyd 1982), started far apart (Arthur and Vassilvitskii 2007).

use ndarray::{Array2, ArrayView2, Axis};
use rand::distr::Distribution as _;
use rand::distr::weighted::WeightedIndex;
use rand::{Rng, RngExt};

/// Starts, of which the one with the least sum of squares is kept.
const STARTS: usize = 8;
/// Rounds of a start; small sets settle in a dozen.
const MOST_ROUNDS: usize = 100;

/// The cluster, below `k`, of every row of `x` `(n, p)`, `1 ≤ k ≤ n`; `O(n k p)` a round.
pub(super) fn k_means(x: ArrayView2<f64>, k: usize, rng: &mut (impl Rng + ?Sized)) -> Vec<usize> {
    let mut best = (f64::INFINITY, vec![0; x.nrows()]);
    for _ in 0..STARTS {
        let mut centres = far_apart(x, k, rng);
        let mut clusters = vec![usize::MAX; x.nrows()];
        let mut inertia = f64::INFINITY;
        for _ in 0..MOST_ROUNDS {
            let (next, squares) = assign(x, &centres);
            inertia = squares.iter().sum();
            if next == clusters {
                break;
            }
            clusters = next;
            move_to_means(x, &clusters, &mut centres);
        }
        if inertia < best.0 {
            best = (inertia, clusters);
        }
    }
    best.1
}

/// Clusters of at most `most` rows, copies of one row apart: each that has more is cut in two. `O(n p log(n / most))`.
pub(super) fn bisected(x: ArrayView2<f64>, most: usize, rng: &mut (impl Rng + ?Sized)) -> Vec<usize> {
    let mut cluster_of = vec![0; x.nrows()];
    let mut clusters = 0;
    let mut open = vec![(0..x.nrows()).collect::<Vec<usize>>()];
    while let Some(rows) = open.pop() {
        if rows.len() > most {
            let sides = k_means(x.select(Axis(0), &rows).view(), 2, rng);
            let side = |of: usize| {
                rows.iter().zip(&sides).filter(move |&(_, &side)| side == of).map(|(&row, _)| row)
            };
            let (first, second): (Vec<usize>, Vec<usize>) = (side(0).collect(), side(1).collect());
            if !first.is_empty() && !second.is_empty() {
                open.extend([second, first]);
                continue;
            }
        }
        for row in rows {
            cluster_of[row] = clusters;
        }
        clusters += 1;
    }
    cluster_of
}

/// Rows drawn one after the other in proportion to their squared distance from those drawn before.
fn far_apart(x: ArrayView2<f64>, k: usize, rng: &mut (impl Rng + ?Sized)) -> Array2<f64> {
    let n = x.nrows();
    let mut centres = Array2::zeros((k, x.ncols()));
    centres.row_mut(0).assign(&x.row(rng.random_range(0..n)));
    let mut squares = vec![f64::INFINITY; n];
    for centre in 1..k {
        for (square, row) in squares.iter_mut().zip(x.outer_iter()) {
            *square = square.min(squared_distance(row, centres.row(centre - 1)));
        }
        // All rows are copies of those drawn: any will do.
        let drawn = match WeightedIndex::new(&squares) {
            Ok(by_distance) => by_distance.sample(rng),
            Err(_) => rng.random_range(0..n),
        };
        centres.row_mut(centre).assign(&x.row(drawn));
    }
    centres
}

/// The nearest centre of every row, the first on a tie, and the squared distance to it.
fn assign(x: ArrayView2<f64>, centres: &Array2<f64>) -> (Vec<usize>, Vec<f64>) {
    let nearest =
        |row| {
            let squares = centres.outer_iter().map(|centre| squared_distance(row, centre));
            squares.enumerate().fold((0, f64::INFINITY), |best, (centre, square)| {
                if square < best.1 { (centre, square) } else { best }
            })
        };
    x.outer_iter().map(nearest).unzip()
}

/// Every centre to the mean of its rows; one without rows stays.
fn move_to_means(x: ArrayView2<f64>, clusters: &[usize], centres: &mut Array2<f64>) {
    let mut counts = vec![0.0; centres.nrows()];
    let mut sums = Array2::zeros(centres.raw_dim());
    for (row, &cluster) in x.outer_iter().zip(clusters) {
        counts[cluster] += 1.0;
        sums.row_mut(cluster).scaled_add(1.0, &row);
    }
    for ((mut centre, sum), &count) in centres.outer_iter_mut().zip(sums.outer_iter()).zip(&counts) {
        if count > 0.0 {
            centre.assign(&(&sum / count));
        }
    }
}

fn squared_distance(a: ndarray::ArrayView1<f64>, b: ndarray::ArrayView1<f64>) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}
