//! Nearest neighbours among many samples: products in single precision find candidates, whose distances are then measured in
//! double precision.
//!
//! Samples are divided into cells around means (Jégou, Douze and Schmid 2011). A sample is compared with those of its own cell and
//! of some cells nearest to that; with all of them the search is exact. A block of samples against a block of candidates is one
//! matrix product.

use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView2, Axis, s};
use rand::seq::index;
use rayon::slice::ParallelSlice as _;

use super::neighbour::{Neighbour, first};
use crate::k_means::nearest as nearest_centre;
use crate::linalg::scale::{inverse_power, largest};
use crate::linalg::write_product_on_this_thread;
use crate::random::stream;
use crate::scalar::{Scalar, vectorised};

/// Samples that are compared at a time, and with how many: their products fit the cache. Fixed, so that results do not depend on
/// the number of threads.
const QUERIES: usize = 128;
const TILE: usize = 1024;
/// Scores that are compared with the limit at once.
const LANES: usize = 16;
/// Samples a cell that its mean is computed from, and rounds of that.
const TRAINED_ON: usize = 32;
const ROUNDS: usize = 6;
/// Samples by which the number of cells is chosen, and as many by which the recall is measured.
const SAMPLED: usize = 512;
/// The recall that is chosen for is higher by this: that of other samples is as high but for chance.
const RECALL_MARGIN: f64 = 0.01;
/// Cells and samples are drawn the same way each time.
const SEED: u64 = 0;

/// The `k` nearest other rows of each row of `x` `(n, p)`, the nearest first, one row after the other; and, if not every pair was
/// compared, the share of the nearest that was found among those of a sample of rows.
///
/// Exact without a `recall`: `O(n² p)`. Otherwise as many cells are compared as it takes, `O(n^{3/2} p)` a cell.
pub(super) fn nearest(x: ArrayView2<f64>, k: usize, recall: Option<f64>) -> (Vec<Neighbour>, Option<f64>) {
    let rows = Rows::new(x);
    let Some(recall) = recall else {
        return (Search { x, k, rows: &rows, cells: &Cells::one(x.nrows()), probes: 1 }.of_all(), None);
    };
    let cells = Cells::around_means(&rows);
    let rows = rows.in_order(&cells.order);
    let (probes, recall) = Search { x, k, rows: &rows, cells: &cells, probes: 1 }.probes_for(recall);
    (Search { x, k, rows: &rows, cells: &cells, probes }.of_all(), Some(recall))
}

/// Rows less their mean in single precision, scaled so that their squares are numbers.
struct Rows {
    entries: Array2<f32>,
    /// `½‖x_i‖²`.
    half_squares: Vec<f32>,
}

impl Rows {
    fn new(x: ArrayView2<f64>) -> Self {
        let n = x.nrows() as f64;
        let scale = inverse_power(largest(x).max(f64::MIN_POSITIVE));
        let mean = x.map_axis(Axis(0), |column| column.iter().map(|entry| entry * scale / n).sum::<f64>());
        let mut entries = Array2::<f32>::zeros(x.raw_dim());
        let rows = entries.axis_iter_mut(Axis(0)).into_par_iter().zip(x.axis_iter(Axis(0)));
        let half_squares = rows.map(|(mut row, x)| {
            let mut sum = 0.0;
            for ((entry, &x), &mean) in row.iter_mut().zip(x).zip(&mean) {
                let centred = x * scale - mean;
                sum += centred * centred;
                *entry = f32::of(centred);
            }
            f32::of(0.5 * sum)
        });
        let half_squares = half_squares.collect();
        Self { entries, half_squares }
    }

    fn in_order(&self, order: &[u32]) -> Self {
        let entries =
            self.entries.select(Axis(0), &order.iter().map(|&row| row as usize).collect::<Vec<_>>());
        let half_squares = order.iter().map(|&row| self.half_squares[row as usize]).collect();
        Self { entries, half_squares }
    }
}

/// Samples in groups, each with the others in the order of their distance.
struct Cells {
    /// The samples, those of a cell in a row.
    order: Vec<u32>,
    /// Cell `c` is `order[starts[c]..starts[c + 1]]`.
    starts: Vec<usize>,
    /// For each cell all cells, the nearest first: itself.
    near: Array2<u32>,
}

impl Cells {
    /// All samples in one.
    fn one(n: usize) -> Self {
        let order = (0..).take(n).collect();
        Self { order, starts: vec![0, n], near: Array2::zeros((1, 1)) }
    }

    /// About `2 √n` cells around means; the means of a part of the samples (Lloyd 1982).
    fn around_means(rows: &Rows) -> Self {
        let n = rows.entries.nrows();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a root of a count
        let count = (2.0 * (n as f64).sqrt()) as usize;
        let drawn = index::sample(&mut stream(SEED, 0), n, (TRAINED_ON * count).min(n)).into_vec();
        let part = rows.entries.select(Axis(0), &drawn);
        let mut means = part.slice(s![..count, ..]).to_owned();
        for _ in 0..ROUNDS {
            let (mut sums, mut counts) = (Array2::<f64>::zeros(means.raw_dim()), vec![0.0; count]);
            for (row, (cell, _)) in part.outer_iter().zip(nearest_centre(part.view(), means.view())) {
                counts[cell] += 1.0;
                sums.row_mut(cell).zip_mut_with(&row, |sum, &entry| *sum += f64::from(entry));
            }
            for ((mut mean, sum), count) in means.outer_iter_mut().zip(sums.outer_iter()).zip(counts) {
                if count > 0.0 {
                    mean.zip_mut_with(&sum, |mean, &sum| *mean = f32::of(sum / count));
                }
            }
        }
        let cell_of: Vec<usize> =
            nearest_centre(rows.entries.view(), means.view()).into_iter().map(|(cell, _)| cell).collect();
        let mut starts = vec![0; count + 1];
        for &cell in &cell_of {
            starts[cell + 1] += 1;
        }
        for cell in 0..count {
            starts[cell + 1] += starts[cell];
        }
        let (mut next, mut order) = (starts.clone(), vec![0; n]);
        for (row, cell) in (0..).zip(cell_of) {
            order[next[cell]] = row;
            next[cell] += 1;
        }
        Self { order, starts, near: by_distance(means.view()) }
    }

    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn cell_at(&self, position: usize) -> usize {
        self.starts.partition_point(|&start| start <= position) - 1
    }
}

/// For every row all rows, by their distance; itself first.
fn by_distance(means: ArrayView2<f32>) -> Array2<u32> {
    let mut near = Array2::zeros((means.nrows(), means.nrows()));
    near.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each(|(i, mut near)| {
        let distance = |j: usize| if i == j { -1.0 } else { squared_distance(&means, i, j) };
        let mut others: Vec<(f32, u32)> =
            (0..).zip(0..means.nrows()).map(|(at, j)| (distance(j), at)).collect();
        others.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        near.iter_mut().zip(others).for_each(|(near, (_, other))| *near = other);
    });
    near
}

fn squared_distance(rows: &ArrayView2<f32>, i: usize, j: usize) -> f32 {
    rows.row(i).iter().zip(rows.row(j)).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// A search among the rows, which are in the order of the cells.
struct Search<'a> {
    x: ArrayView2<'a, f64>,
    k: usize,
    rows: &'a Rows,
    cells: &'a Cells,
    /// Cells that a sample is compared with.
    probes: usize,
}

impl Search<'_> {
    /// The neighbours of every sample, one after the other.
    fn of_all(&self) -> Vec<Neighbour> {
        let cells = 0..self.cells.len();
        let blocks: Vec<(usize, usize)> = cells
            .flat_map(|cell| {
                (self.cells.starts[cell]..self.cells.starts[cell + 1])
                    .step_by(QUERIES)
                    .map(move |at| (cell, at))
            })
            .collect();
        let of_block = |&(cell, first): &(usize, usize)| {
            let last = (first + QUERIES).min(self.cells.starts[cell + 1]);
            let positions: Vec<usize> = (first..last).collect();
            let probed = self.cells.near.row(cell);
            self.of_positions(&positions, probed.iter().take(self.probes).map(|&cell| cell as usize))
        };
        let found: Vec<Vec<Neighbour>> = blocks.par_iter().map(of_block).collect();
        let of_position = found.iter().flat_map(|found| found.chunks(self.k));
        let mut near = vec![Neighbour { squared: 0.0, distance: 0.0, sample: 0 }; self.x.nrows() * self.k];
        for (&sample, found) in self.cells.order.iter().zip(of_position) {
            near[sample as usize * self.k..][..self.k].copy_from_slice(found);
        }
        near
    }

    /// How many cells are enough for the recall, and the recall that is measured with them.
    fn probes_for(&self, recall: f64) -> (usize, f64) {
        let n = self.x.nrows();
        let drawn = index::sample(&mut stream(SEED, 1), n, (2 * SAMPLED).min(n)).into_vec();
        let mut cell_at = vec![0_u32; n];
        for (cell, range) in (0..).zip(self.cells.starts.windows(2)) {
            for &sample in &self.cells.order[range[0]..range[1]] {
                cell_at[sample as usize] = cell;
            }
        }
        // How many cells it takes to find each of the nearest.
        let cells_to = |positions: &[usize]| {
            let near = self.of_positions(positions, 0..self.cells.len());
            let cells_to = |(place, near): (usize, &Neighbour)| {
                let cell = self.cells.cell_at(positions[place / self.k]);
                let mut order = self.cells.near.row(cell).into_iter();
                order.position(|&other| other == cell_at[near.sample]).map_or(self.cells.len(), |at| at + 1)
            };
            near.iter().enumerate().map(cells_to).collect::<Vec<_>>()
        };
        let cells: Vec<Vec<usize>> = drawn.par_chunks(QUERIES).map(cells_to).collect();
        let cells = cells.concat();
        let (chosen_by, measured_by) = cells.split_at(cells.len() / 2);
        let share = |of: &[usize], probes: usize| {
            of.iter().filter(|&&cells| cells <= probes).count() as f64 / of.len() as f64
        };
        let all = self.cells.len();
        let probes =
            (1..all).find(|&probes| share(chosen_by, probes) >= recall + RECALL_MARGIN).unwrap_or(all);
        // As many samples as neighbours, at least.
        let fewest = (1..all).find(|&probes| self.fewest_compared(probes) > self.k).unwrap_or(all);
        let probes = probes.max(fewest);
        (probes, share(measured_by, probes))
    }

    /// The least number of samples that one is compared with, itself included.
    fn fewest_compared(&self, probes: usize) -> usize {
        let size = |&cell: &u32| self.cells.starts[cell as usize + 1] - self.cells.starts[cell as usize];
        let compared = self.cells.near.outer_iter().map(|near| near.iter().take(probes).map(size).sum());
        compared.min().unwrap_or(0)
    }

    /// The neighbours, in these cells, of the samples at some positions of the order.
    fn of_positions(&self, positions: &[usize], cells: impl Iterator<Item = usize>) -> Vec<Neighbour> {
        let queries = self.rows.entries.select(Axis(0), positions);
        let wanted = self.k + 1; // a sample is its own nearest
        let mut nearest: Vec<Candidates> = positions
            .iter()
            .map(|&position| Candidates::new(wanted, self.x.ncols(), self.rows.half_squares[position]))
            .collect();
        let mut buffer = vec![0.0; positions.len() * TILE];
        for cell in cells {
            for first in (self.cells.starts[cell]..self.cells.starts[cell + 1]).step_by(TILE) {
                let range = first..(first + TILE).min(self.cells.starts[cell + 1]);
                let tile = self.rows.entries.slice(s![range.clone(), ..]);
                let half_squares = &self.rows.half_squares[range.clone()];
                let products = &mut buffer[..positions.len() * range.len()];
                if let Ok(out) =
                    ndarray::ArrayViewMut2::from_shape((positions.len(), range.len()), &mut *products)
                {
                    write_product_on_this_thread(queries.view(), tile.t(), out);
                }
                for (nearest, products) in nearest.iter_mut().zip(products.chunks_exact(range.len())) {
                    nearest.add_all(first, products, half_squares);
                }
            }
        }
        let measured = |(&position, nearest): (&usize, Candidates)| {
            let sample = self.cells.order[position] as usize;
            let others = nearest.settled().into_iter().map(|at| self.cells.order[at as usize] as usize);
            let near = others.filter(|&other| other != sample);
            let near = near.map(|other| Neighbour::between(self.x, sample, other)).collect();
            first(self.k, near, |a, b| a.distance.total_cmp(&b.distance))
        };
        positions.iter().zip(nearest).flat_map(measured).collect()
    }
}

/// The candidates for the nearest of one row `x`: rows `y` with the least scores `½‖y‖² − x·y`, and those that rounding may have
/// put behind them.
struct Candidates {
    /// Scores and positions.
    found: Vec<(f32, u32)>,
    wanted: usize,
    limit: f32,
    /// `½‖x‖²`, and the rounding of a product of rows of length 1.
    half_square: f32,
    rounding: f32,
}

impl Candidates {
    fn new(wanted: usize, columns: usize, half_square: f32) -> Self {
        let rounding = (columns as f32 + 8.0) * f32::EPSILON;
        Self {
            found: Vec::with_capacity(4 * wanted + LANES),
            wanted,
            limit: f32::INFINITY,
            half_square,
            rounding,
        }
    }

    /// Takes in the rows from position `first` on, by their products with `x`.
    fn add_all(&mut self, first: usize, products: &[f32], half_squares: &[f32]) {
        vectorised(
            #[inline(always)]
            || {
                let ((products, products_tail), (halves, halves_tail)) =
                    (products.as_chunks::<LANES>(), half_squares.as_chunks::<LANES>());
                let mut at = first;
                for (products, halves) in products.iter().zip(halves) {
                    let mut least = f32::INFINITY;
                    for lane in 0..LANES {
                        least = least.min(halves[lane] - products[lane]);
                    }
                    if least <= self.limit {
                        self.add(at, products, halves);
                    }
                    at += LANES;
                }
                self.add(at, products_tail, halves_tail);
            },
        );
    }

    fn add(&mut self, first: usize, products: &[f32], half_squares: &[f32]) {
        for (at, (product, half)) in (first..).zip(products.iter().zip(half_squares)) {
            let score = half - product;
            if score <= self.limit {
                #[allow(clippy::cast_possible_truncation)] // as the order
                self.found.push((score, at as u32));
            }
        }
        if self.found.len() + LANES > self.found.capacity() {
            self.prune();
            // Of many that rounding cannot tell apart, all are kept.
            if 2 * self.found.len() > self.found.capacity() {
                self.found.reserve(self.found.capacity());
            }
        }
    }

    /// Leaves out what is too far.
    fn prune(&mut self) {
        if self.found.len() <= self.wanted {
            return;
        }
        let (_, last, _) = self.found.select_nth_unstable_by(self.wanted - 1, |a, b| a.0.total_cmp(&b.0));
        // The lengths of `x` and of all rows as near as the last one wanted are at most this.
        let reach = (2.0 * self.half_square).sqrt() + (2.0 * (last.0 + self.half_square)).max(0.0).sqrt();
        let limit = last.0 + 2.0 * self.rounding * reach * reach + f32::MIN_POSITIVE;
        self.limit = limit;
        self.found.retain(|&(score, _)| score <= limit);
    }

    /// The positions that are left.
    fn settled(mut self) -> Vec<u32> {
        self.prune();
        self.found.into_iter().map(|(_, position)| position).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::all_pairs;
    use super::*;
    use proptest::prelude::*;
    use rand_distr::{Distribution, StandardNormal};

    fn gaussian(n: usize, p: usize, seed: u64) -> Array2<f64> {
        let mut rng = stream(seed, 0);
        Array2::from_shape_simple_fn((n, p), || StandardNormal.sample(&mut rng))
    }

    fn samples(near: &[Neighbour]) -> Vec<usize> {
        near.iter().map(|near| near.sample).collect()
    }

    proptest! {
        /// Far from the origin, of any scale, and with rows far from all others.
        #[test]
        fn candidates_hold_the_nearest(
            seed in any::<u64>(), n in 2_usize..700, p in 1_usize..9, k in 1_usize..12,
            far in 0_usize..4, power in -250_i32..250,
        ) {
            let k = k.min(n - 1);
            let mut x = gaussian(n, p, seed);
            x.column_mut(0).mapv_inplace(|entry| entry + [0.0, 10.0, 1e4, 1e7][far]);
            x.row_mut(0).mapv_inplace(|entry| entry * [1.0, 1e9, 1e3, 1e5][far]);
            x.mapv_inplace(|entry| entry * f64::from(power).exp2());
            let (near, recall) = nearest(x.view(), k, None);
            prop_assert_eq!(recall, None);
            let one_by_one = (0..n).flat_map(|i| {
                let others = (0..n).filter(|&j| j != i).map(|j| Neighbour::between(x.view(), i, j)).collect();
                first(k, others, |a, b| a.distance.total_cmp(&b.distance))
            });
            prop_assert_eq!(samples(&near), samples(&one_by_one.collect::<Vec<_>>()));
        }
    }

    /// The recall that is reported is that of all rows, but for chance, and as asked for.
    #[test]
    fn recall_is_measured() {
        let x = gaussian(6000, 5, 1);
        let truth = all_pairs::nearest(x.view(), 10);
        for wanted in [0.5, 0.9, 0.98] {
            let (near, recall) = nearest(x.view(), 10, Some(wanted));
            let pairs = near.chunks(10).zip(truth.chunks(10));
            let found = pairs.flat_map(|(near, truth)| {
                let near = samples(near);
                truth.iter().filter(move |truth| near.contains(&truth.sample)).collect::<Vec<_>>()
            });
            let share = found.count() as f64 / truth.len() as f64;
            let stated = recall.unwrap_or_default();
            assert!(
                share >= wanted && (share - stated).abs() < 0.02,
                "{wanted}: {share}, said to be {stated}"
            );
        }
    }

    /// A few rows that lie alone are neighbours of others all the same.
    #[test]
    fn every_row_has_as_many_neighbours() {
        let mut x = gaussian(900, 3, 2);
        x.rows_mut().into_iter().take(5).for_each(|mut row| row *= 1e6);
        let (near, _) = nearest(x.view(), 40, Some(0.1));
        assert_eq!(near.len(), 900 * 40);
        assert!(near.chunks(40).enumerate().all(|(i, near)| near.iter().all(|near| near.sample != i)));
    }
}
