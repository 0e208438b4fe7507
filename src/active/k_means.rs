//! Clusters around means (Lloyd 1982), started far apart (Arthur and Vassilvitskii 2007).
//!
//! Of very many rows the means are those of a sample of them.

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use rand::distr::Distribution as _;
use rand::distr::weighted::WeightedIndex;
use rand::seq::index;
use rand::{Rng, RngExt};
use rayon::prelude::*;

use super::warm_start::MANY;
use crate::linalg::write_product_on_this_thread;

/// Starts, of which the one with the least sum of squares is kept.
const STARTS: usize = 8;
/// Rounds of a start; small sets settle in a dozen.
const MOST_ROUNDS: usize = 100;

/// Of very many rows: starts, rounds of a start, and the rows that means are computed from, for each of them and at least. The
/// clusters are only where learning starts, so that they need not be the best.
const STARTS_OF_MANY: usize = 2;
const MOST_ROUNDS_OF_MANY: usize = 20;
const ROWS_PER_MEAN: usize = 32;
const LEAST_ROWS: usize = 1024;
/// Rows that are assigned at a time.
const BLOCK_ROWS: usize = 256;

/// The cluster, below `k`, of every row of `x` `(n, p)`, `1 ≤ k ≤ n`; `O(n k p)` a round, and beyond [`MANY`] rows altogether.
pub(super) fn k_means(x: ArrayView2<f64>, k: usize, rng: &mut (impl Rng + ?Sized)) -> Vec<usize> {
    if x.nrows() > MANY {
        k_means_of_many(x, &(0..x.nrows()).collect::<Vec<_>>(), k, rng)
    } else {
        k_means_of_few(x, k, rng)
    }
}

fn k_means_of_few(x: ArrayView2<f64>, k: usize, rng: &mut (impl Rng + ?Sized)) -> Vec<usize> {
    let all: Vec<usize> = (0..x.nrows()).collect();
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
            move_to_means(x, &all, &clusters, &mut centres);
        }
        if inertia < best.0 {
            best = (inertia, clusters);
        }
    }
    best.1
}

/// The same of some rows by a sample of them; all are then assigned to its means.
fn k_means_of_many(
    x: ArrayView2<f64>,
    rows: &[usize],
    k: usize,
    rng: &mut (impl Rng + ?Sized),
) -> Vec<usize> {
    let drawn = (ROWS_PER_MEAN * k).max(LEAST_ROWS).min(rows.len());
    let sample: Vec<usize> = index::sample(rng, rows.len(), drawn).into_iter().map(|at| rows[at]).collect();
    let mut best = (f64::INFINITY, Array2::zeros((k, x.ncols())));
    for _ in 0..STARTS_OF_MANY {
        let mut centres = far_apart(x.select(Axis(0), &sample).view(), k, rng);
        let mut clusters = Vec::new();
        let mut inertia = f64::INFINITY;
        for _ in 0..MOST_ROUNDS_OF_MANY {
            let (next, total) = assign_by_products(x, &sample, &centres);
            inertia = total;
            if next == clusters {
                break;
            }
            clusters = next;
            move_to_means(x, &sample, &clusters, &mut centres);
        }
        if inertia < best.0 {
            best = (inertia, centres);
        }
    }
    assign_by_products(x, rows, &best.1).0
}

/// The nearest centre of each of some rows, the first on a tie, and the sum of squared distances less that of the rows' squares.
fn assign_by_products(x: ArrayView2<f64>, rows: &[usize], centres: &Array2<f64>) -> (Vec<usize>, f64) {
    let squares: Vec<f64> = centres.outer_iter().map(|centre| centre.dot(&centre)).collect();
    let of_block = |rows: &[usize]| {
        let rows = x.select(Axis(0), rows);
        let mut products = Array2::zeros((rows.nrows(), centres.nrows()));
        write_product_on_this_thread(rows.view(), centres.t(), products.view_mut());
        let nearest =
            |products: ArrayView1<f64>| {
                let scores = products.iter().zip(&squares).map(|(product, square)| square - 2.0 * product);
                scores.enumerate().fold((0, f64::INFINITY), |best, (centre, score)| {
                    if score < best.1 { (centre, score) } else { best }
                })
            };
        products.outer_iter().map(nearest).collect::<Vec<_>>()
    };
    let blocks: Vec<Vec<(usize, f64)>> = rows.par_chunks(BLOCK_ROWS).map(of_block).collect();
    let total = blocks.iter().flatten().map(|&(_, score)| score).sum();
    (blocks.into_iter().flatten().map(|(centre, _)| centre).collect(), total)
}

/// Clusters of at most `most` of some rows, copies of one row apart: each that has more is cut in two, by all of its rows or,
/// where `is_part_of_many`, by a sample of them. `O(n p log(n / most))`.
pub(super) fn bisected(
    x: ArrayView2<f64>,
    rows: &[usize],
    most: usize,
    is_part_of_many: bool,
    rng: &mut (impl Rng + ?Sized),
) -> Vec<usize> {
    let mut cluster_of = vec![0; rows.len()];
    let mut clusters = 0;
    let mut open = vec![(0..rows.len()).collect::<Vec<usize>>()];
    while let Some(places) = open.pop() {
        if places.len() > most {
            let rows: Vec<usize> = places.iter().map(|&place| rows[place]).collect();
            let sides = if is_part_of_many {
                k_means_of_many(x, &rows, 2, rng)
            } else {
                k_means_of_few(x.select(Axis(0), &rows).view(), 2, rng)
            };
            let side = |of: usize| {
                places.iter().zip(&sides).filter(move |&(_, &side)| side == of).map(|(&place, _)| place)
            };
            let (first, second): (Vec<usize>, Vec<usize>) = (side(0).collect(), side(1).collect());
            if !first.is_empty() && !second.is_empty() {
                open.extend([second, first]);
                continue;
            }
        }
        for place in places {
            cluster_of[place] = clusters;
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

/// Every centre to the mean of those of some rows that are in its cluster; one without rows stays.
fn move_to_means(x: ArrayView2<f64>, rows: &[usize], clusters: &[usize], centres: &mut Array2<f64>) {
    let mut counts = vec![0.0; centres.nrows()];
    let mut sums = Array2::zeros(centres.raw_dim());
    for (&row, &cluster) in rows.iter().zip(clusters) {
        counts[cluster] += 1.0;
        sums.row_mut(cluster).scaled_add(1.0, &x.row(row));
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
