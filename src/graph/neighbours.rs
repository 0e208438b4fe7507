//! Neighbour graphs: the similarity of samples by their distances, from which active learning starts before any answer.

use std::cmp::Ordering;

use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView1, ArrayView2, Axis, CowArray};
use rayon::slice::ParallelSliceMut;

use super::SimilarityGraph;
use crate::error::{Error, Result, check};
use crate::linalg::add_product_on_this_thread;
use crate::linalg::scale::{SAFE, SMALLEST_SQUARE, largest, norm, safe_scale};

/// Rows whose distances to all samples are held at a time. Fixed, so that results do not depend on the number of threads.
const BLOCK_ROWS: usize = 64;
/// The neighbour whose distance is the scale around a sample (Zelnik-Manor and Perona 2004).
const SCALE_NEIGHBOUR: usize = 7;
/// Two to the number of last binary digits that are left aside where rows are compared: rounding may have changed them.
const ROUNDING_DIGITS: u64 = 1 << 12;

/// Squared distances below this part of `‖x‖² + ‖y‖²`, of rows less their mean, have lost too many digits to it, as where one
/// row lies far from all others.
const CANCELLED: f64 = 1e-12;

impl SimilarityGraph {
    /// The graph of the `k` nearest neighbours of every row of `x` `(n, p)`, by Euclidean distance `d`.
    ///
    /// `G_ij = exp(−d_ij² / (s_i s_j))` where `j` is among the `k` nearest of `i` or the other way round, and zero elsewhere,
    /// the diagonal included; `s_i` is the distance to the seventh neighbour, or to the last there is. Scales are local, so
    /// that dense and sparse regions are connected alike, and the unit of `x` does not matter, whatever its size. Equal distances
    /// are told apart by the index.
    ///
    /// More copies of a row than neighbours that make its scale (surveys, counts, rounded values) would be one another's
    /// neighbours alone, at a scale of zero. They count as one point where neighbours and scales are chosen. Each of them is
    /// then joined to a sample of every neighbour, and with weight 1 to `2 log₂ m` of the `m` copies. Rows are copies if
    /// their entries agree in all but the last 12 of 53 binary digits.
    ///
    /// Cost `O(n² p)` in parallel, memory `O(n (k + log n))` and a block of rows a thread.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `1 ≤ k < n`, [`Error::Empty`] without columns, [`Error::NotFinite`].
    pub fn neighbours(x: ArrayView2<f64>, k: usize) -> Result<Self> {
        let n = x.nrows();
        check::count("k", k, n.saturating_sub(1), "at least 1 and below the number of samples")?;
        if x.ncols() == 0 {
            return Err(Error::Empty { argument: "x", expected: "column" });
        }
        check::finite("x", &x)?;
        // Numbers near the smallest there are have few digits, and differences of them fewer: those of larger ones have all.
        let largest = largest(x);
        let scale = if largest < SAFE.start { safe_scale(largest) } else { 1.0 };
        let x = if scale > 1.0 { CowArray::from(&x * scale) } else { x.into() };
        let x = x.view();
        let points = points(x, SCALE_NEIGHBOUR.min(k));
        if points.len() == n {
            return Self::pairs(n, edges(x, k));
        }
        let firsts: Vec<usize> = points.iter().map(|samples| samples[0]).collect();
        let between = match k.min(points.len() - 1) {
            0 => Vec::new(),
            k => edges(x.select(Axis(0), &firsts).view(), k),
        };
        let between = between.into_iter().flat_map(|(a, b, weight)| {
            let (these, those) = (&points[a], &points[b]);
            let ends = these.iter().cycle().zip(those.iter().cycle());
            ends.take(these.len().max(those.len())).map(move |(&i, &j)| (i, j, weight))
        });
        let within = points.iter().flat_map(|copies| {
            let steps = (0..usize::BITS).map(|power| 1 << power).take_while(|&step| step < copies.len());
            let ahead = |step: usize| copies.iter().zip(copies.iter().cycle().skip(step));
            steps.flat_map(move |step| ahead(step).map(|(&i, &j)| (i, j, 1.0)))
        });
        let upper = between.chain(within).map(|(i, j, weight)| (i.min(j), i.max(j), weight));
        Self::pairs(n, upper)
    }
}

/// The samples of each point, by the first of them: more than `most` copies of a row are one, all other samples are their own.
fn points(x: ArrayView2<f64>, most: usize) -> Vec<Vec<usize>> {
    let entry = |i: usize, column: usize| {
        let bits = (x[[i, column]] + 0.0).to_bits(); // adding zero makes −0 and 0 alike
        (bits + ROUNDING_DIGITS / 2) / ROUNDING_DIGITS
    };
    let order = |&i: &usize, &j: &usize| {
        let columns = 0..x.ncols();
        columns.map(|column| entry(i, column).cmp(&entry(j, column))).find(|order| order.is_ne())
    };
    let mut samples: Vec<usize> = (0..x.nrows()).collect();
    samples.par_sort_by(|i, j| order(i, j).unwrap_or(Ordering::Equal));
    let mut points = Vec::with_capacity(samples.len());
    for copies in samples.chunk_by(|i, j| order(i, j).is_none()) {
        if copies.len() > most {
            points.push(copies.to_vec());
        } else {
            points.extend(copies.iter().map(|&sample| vec![sample]));
        }
    }
    points.sort_unstable_by_key(|samples| samples[0]);
    points
}

/// The edges of the `k` nearest neighbours, the smaller index first; those that either end chose come twice.
fn edges(x: ArrayView2<f64>, k: usize) -> Vec<(usize, usize, f64)> {
    let near = nearest(x, k);
    let scale: Vec<f64> =
        near.chunks(k).map(|near| near[SCALE_NEIGHBOUR.min(k) - 1].distance.max(f64::MIN_POSITIVE)).collect();
    let edge = |(position, neighbour): (usize, &Neighbour)| {
        let (i, j) = (position / k, neighbour.sample);
        (i.min(j), i.max(j), neighbour.similarity(scale[i], scale[j]))
    };
    near.iter().enumerate().map(edge).collect()
}

#[derive(Clone, Copy)]
struct Neighbour {
    /// The squared distance; infinite or zero where that overflows or underflows.
    squared: f64,
    distance: f64,
    sample: usize,
}

impl Neighbour {
    /// `exp(−d² / (s t))` for the scales `s` and `t` at both ends.
    fn similarity(&self, s: f64, t: f64) -> f64 {
        let scales = s * t;
        if scales.is_normal() && self.squared.is_finite() && self.squared > SMALLEST_SQUARE {
            return (-self.squared / scales).exp();
        }
        (-(self.distance / s.max(t)) * (self.distance / s.min(t)).min(f64::MAX)).exp()
    }
}

/// The `k` nearest other rows of each row, the nearest first; one row after the other.
fn nearest(x: ArrayView2<f64>, k: usize) -> Vec<Neighbour> {
    // Differences from the mean lose fewer digits in |a|² − 2 a·b + |b|².
    let centred = match x.mean_axis(Axis(0)) {
        Some(mean) => &x - &mean,
        None => x.to_owned(),
    };
    let norms: Vec<f64> = centred.outer_iter().map(|row| row.dot(&row)).collect();
    let blocks: Vec<Vec<Neighbour>> = centred
        .axis_chunks_iter(Axis(0), BLOCK_ROWS)
        .into_par_iter()
        .enumerate()
        .map(|(block, rows)| {
            let mut products = Array2::zeros((rows.nrows(), x.nrows()));
            add_product_on_this_thread(rows, centred.t(), products.view_mut());
            let of_row = |(offset, products): (usize, ArrayView1<f64>)| {
                let i = block * BLOCK_ROWS + offset;
                nearest_of(i, &norms, products, (x, centred.view()), k)
            };
            products.outer_iter().enumerate().flat_map(of_row).collect()
        })
        .collect();
    blocks.into_iter().flatten().collect()
}

/// The `k` nearest rows of row `i`, given its products with all; of the rows `x` and of those less their mean.
fn nearest_of(
    i: usize,
    norms: &[f64],
    products: ArrayView1<f64>,
    (x, centred): (ArrayView2<f64>, ArrayView2<f64>),
    k: usize,
) -> Vec<Neighbour> {
    let others = || (0..norms.len()).filter(|&j| j != i);
    let expanded = |j: usize| norms[i] + norms[j] - 2.0 * products[j];
    let by_square = |a: &Neighbour, b: &Neighbour| a.squared.total_cmp(&b.squared);
    let all = others().map(|j| Neighbour { squared: expanded(j), distance: 0.0, sample: j });
    let mut near = first(k, all.collect(), by_square);
    // The same number from both ends of an edge, and exactly zero between copies.
    let mut all_have_digits = others().all(|j| expanded(j).is_finite());
    for neighbour in &mut near {
        let j = neighbour.sample;
        let difference = &centred.row(i) - &centred.row(j);
        neighbour.squared = difference.dot(&difference);
        neighbour.distance = neighbour.squared.sqrt();
        if !has_digits(neighbour.squared, norms[i] + norms[j]) && x.row(i) != x.row(j) {
            all_have_digits = false;
        }
    }
    if all_have_digits {
        return first(k, near, by_square);
    }
    let one_by_one = |j: usize| {
        let difference = &centred.row(i) - &centred.row(j);
        let squared = difference.dot(&difference);
        if has_digits(squared, norms[i] + norms[j]) {
            return Neighbour { squared, distance: squared.sqrt(), sample: j };
        }
        let difference = &x.row(i) - &x.row(j);
        let squared = difference.dot(&difference);
        Neighbour { squared, distance: norm(squared, &difference).min(f64::MAX), sample: j }
    };
    first(k, others().map(one_by_one).collect(), |a, b| a.distance.total_cmp(&b.distance))
}

/// Whether a squared distance between rows less their mean has enough digits; `summands` is the sum of their squared norms.
fn has_digits(squared: f64, summands: f64) -> bool {
    squared < f64::INFINITY && squared > SMALLEST_SQUARE.max(CANCELLED * summands)
}

/// The first `k` in this order, then in that of the samples.
fn first(
    k: usize,
    mut all: Vec<Neighbour>,
    order: impl Fn(&Neighbour, &Neighbour) -> Ordering,
) -> Vec<Neighbour> {
    let order = |a: &Neighbour, b: &Neighbour| order(a, b).then(a.sample.cmp(&b.sample));
    if k < all.len() {
        all.select_nth_unstable_by(k - 1, order);
        all.truncate(k);
    }
    all.sort_unstable_by(order);
    all
}
