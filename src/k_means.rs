//! Clusters around means (Lloyd 1982), started far apart (Arthur and Vassilvitskii 2007); of very many rows by a sample of them.

use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use rand::distr::Distribution as _;
use rand::distr::weighted::WeightedIndex;
use rand::seq::index;
use rand::{Rng, RngExt};
use rayon::slice::{ParallelSlice as _, ParallelSliceMut as _};

use crate::scalar::Scalar;

/// Starts, of which the one with the least sum of squares is kept.
const STARTS: usize = 8;
/// Rounds of a start; small sets settle in a dozen.
const MOST_ROUNDS: usize = 100;
/// Rows that one task handles; sums are not cut up.
const TASK_ROWS: usize = 1024;

/// Of very many rows: starts, rounds of a start, and the rows that means are computed from, for each of them and at least. The
/// clusters are only where learning starts, so that they need not be the best.
const STARTS_OF_MANY: usize = 2;
const MOST_ROUNDS_OF_MANY: usize = 20;
const ROWS_PER_MEAN: usize = 32;
const LEAST_ROWS: usize = 1024;
/// Rows that are assigned at a time.
const BLOCK_ROWS: usize = 256;

/// The cluster, below `k`, of every row of `x` `(n, p)`, `1 ≤ k ≤ n`; `O(n k p)` a round.
pub(crate) fn k_means(x: ArrayView2<f64>, k: usize, rng: &mut (impl Rng + ?Sized)) -> Vec<usize> {
    let mut best = (f64::INFINITY, vec![0; x.nrows()]);
    for _ in 0..STARTS {
        let Means { clusters, inertia, .. } = Means::of(x, k, MOST_ROUNDS, assign, rng);
        if inertia < best.0 {
            best = (inertia, clusters);
        }
    }
    best.1
}

/// The means `(k, p)` after one start and so many rounds, fewer if it settles, otherwise as [`k_means`].
///
/// With fewer than `k` different rows some means are copies of others.
pub(crate) fn means(
    x: ArrayView2<f64>,
    k: usize,
    rounds: usize,
    rng: &mut (impl Rng + ?Sized),
) -> Array2<f64> {
    Means::of(x, k, rounds, assign, rng).centres
}

struct Means {
    centres: Array2<f64>,
    /// Of every row, before the centres moved last.
    clusters: Vec<usize>,
    /// What the clusters were chosen to make small, as the sum of the squared distances from those centres.
    inertia: f64,
}

impl Means {
    /// `assign` gives the cluster of every row around centres, and the inertia.
    fn of(
        x: ArrayView2<f64>,
        k: usize,
        rounds: usize,
        assign: impl Fn(ArrayView2<f64>, &Array2<f64>) -> (Vec<usize>, f64),
        rng: &mut (impl Rng + ?Sized),
    ) -> Self {
        let mut means = Self { centres: far_apart(x, k, rng), clusters: Vec::new(), inertia: f64::INFINITY };
        for _ in 0..rounds {
            let (next, inertia) = assign(x, &means.centres);
            means.inertia = inertia;
            if next == means.clusters {
                break;
            }
            means.clusters = next;
            move_to_means(x, &means.clusters, &mut means.centres);
        }
        means
    }
}

/// The cluster, below `k`, of each of some rows of `x`, by a sample of them: all are assigned to its means. `O(rows k p)`.
pub(crate) fn k_means_of_many(
    x: ArrayView2<f64>,
    rows: &[usize],
    k: usize,
    rng: &mut (impl Rng + ?Sized),
) -> Vec<usize> {
    let drawn = (ROWS_PER_MEAN * k).max(LEAST_ROWS).min(rows.len());
    let sample: Vec<usize> = index::sample(rng, rows.len(), drawn).into_iter().map(|at| rows[at]).collect();
    let sampled = x.select(Axis(0), &sample);
    let assign = |x: ArrayView2<f64>, centres: &Array2<f64>| {
        let nearest = nearest(x, centres.view());
        let inertia = nearest.iter().map(|&(_, score)| score).sum();
        (nearest.into_iter().map(|(centre, _)| centre).collect(), inertia)
    };
    let mut best = (f64::INFINITY, Array2::zeros((k, x.ncols())));
    for _ in 0..STARTS_OF_MANY {
        let Means { centres, inertia, .. } = Means::of(sampled.view(), k, MOST_ROUNDS_OF_MANY, assign, rng);
        if inertia < best.0 {
            best = (inertia, centres);
        }
    }
    let blocks = rows.par_chunks(BLOCK_ROWS);
    let nearest = blocks.map(|rows| nearest(x.select(Axis(0), rows).view(), best.1.view()));
    nearest.collect::<Vec<_>>().into_iter().flatten().map(|(centre, _)| centre).collect()
}

/// The nearest centre of every row, the first on a tie, and half the squared distance to it less half the row's own square: by
/// products of blocks of rows. `O(n k p)`.
pub(crate) fn nearest<F: Scalar>(x: ArrayView2<F>, centres: ArrayView2<F>) -> Vec<(usize, F)> {
    let half_squares: Vec<F> = centres.outer_iter().map(|centre| F::of(0.5) * centre.dot(&centre)).collect();
    let of_row = |products: ArrayView1<F>| {
        let scores = products.iter().zip(&half_squares).map(|(&product, &half)| half - product);
        scores.enumerate().fold(
            (0, F::infinity()),
            |best, (centre, score)| {
                if score < best.1 { (centre, score) } else { best }
            },
        )
    };
    let of_block = |rows: ArrayView2<F>| rows.dot(&centres.t()).outer_iter().map(of_row).collect();
    let blocks: Vec<Vec<(usize, F)>> =
        x.axis_chunks_iter(Axis(0), BLOCK_ROWS).into_par_iter().map(of_block).collect();
    blocks.into_iter().flatten().collect()
}

/// Rows drawn one after the other in proportion to their squared distance from those drawn before.
fn far_apart(x: ArrayView2<f64>, k: usize, rng: &mut (impl Rng + ?Sized)) -> Array2<f64> {
    let n = x.nrows();
    let mut centres = Array2::zeros((k, x.ncols()));
    centres.row_mut(0).assign(&x.row(rng.random_range(0..n)));
    let mut squares = vec![f64::INFINITY; n];
    for centre in 1..k {
        let last = centres.row(centre - 1);
        squares.par_chunks_mut(TASK_ROWS).zip(x.axis_chunks_iter(Axis(0), TASK_ROWS)).for_each(
            |(squares, rows)| {
                for (square, row) in squares.iter_mut().zip(rows.outer_iter()) {
                    *square = square.min(squared_distance(row, last));
                }
            },
        );
        // All rows are copies of those drawn: any will do.
        let drawn = match WeightedIndex::new(&squares) {
            Ok(by_distance) => by_distance.sample(rng),
            Err(_) => rng.random_range(0..n),
        };
        centres.row_mut(centre).assign(&x.row(drawn));
    }
    centres
}

/// The nearest centre of every row, the first on a tie, and the sum of the squared distances to them.
fn assign(x: ArrayView2<f64>, centres: &Array2<f64>) -> (Vec<usize>, f64) {
    let nearest =
        |row: ArrayView1<f64>| {
            let squares = centres.outer_iter().map(|centre| squared_distance(row, centre));
            squares.enumerate().fold((0, f64::INFINITY), |best, (centre, square)| {
                if square < best.1 { (centre, square) } else { best }
            })
        };
    let chunks = x.axis_chunks_iter(Axis(0), TASK_ROWS).into_par_iter();
    let nearest: Vec<Vec<(usize, f64)>> =
        chunks.map(|rows| rows.outer_iter().map(nearest).collect()).collect();
    let (clusters, squares): (Vec<usize>, Vec<f64>) = nearest.into_iter().flatten().unzip();
    (clusters, squares.iter().sum())
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

fn squared_distance(a: ArrayView1<f64>, b: ArrayView1<f64>) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}
