//! Neighbour graphs: who lies near whom, the similarity to start from where nobody has answered anything yet.

use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

use super::SimilarityGraph;
use crate::error::{Error, Result, check};
use crate::linalg::add_product_on_this_thread;

/// Rows whose distances to all samples are held at a time. Fixed, so that results do not depend on the number of threads.
const BLOCK_ROWS: usize = 64;
/// The neighbour whose distance is the scale around a sample (Zelnik-Manor and Perona 2004).
const SCALE_NEIGHBOUR: usize = 7;

impl SimilarityGraph {
    /// The graph of the `k` nearest neighbours of every row of `x` `(n, p)`, by Euclidean distance `d`.
    ///
    /// `G_ij = exp(−d_ij² / (s_i s_j))` where `j` is among the `k` nearest of `i` or the other way round, and zero elsewhere,
    /// the diagonal included; `s_i` is the distance to the seventh neighbour, or to the last there is. Scales are local, so
    /// that dense and sparse regions are connected alike. Equal distances are told apart by the index.
    /// Cost `O(n² p)` in parallel, memory `O(n k)` and a block of rows a thread.
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
        let near = nearest(x, k);
        let scale: Vec<f64> = near
            .chunks(k)
            .map(|near| near[SCALE_NEIGHBOUR.min(k) - 1].squared.sqrt().max(f64::MIN_POSITIVE.sqrt()))
            .collect();
        let edges = near.iter().enumerate().map(|(position, neighbour)| {
            let (i, j) = (position / k, neighbour.sample);
            (i.min(j), i.max(j), (-neighbour.squared / (scale[i] * scale[j])).exp())
        });
        Self::pairs(n, edges)
    }
}

#[derive(Clone, Copy)]
struct Neighbour {
    squared: f64,
    sample: usize,
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
                nearest_of(i, &norms, products, centred.view(), k)
            };
            products.outer_iter().enumerate().flat_map(of_row).collect()
        })
        .collect();
    blocks.into_iter().flatten().collect()
}

/// The `k` nearest rows of row `i`, given its products with all.
fn nearest_of(
    i: usize,
    norms: &[f64],
    products: ArrayView1<f64>,
    x: ArrayView2<f64>,
    k: usize,
) -> Vec<Neighbour> {
    let order = |a: &Neighbour, b: &Neighbour| a.squared.total_cmp(&b.squared).then(a.sample.cmp(&b.sample));
    let others = (0..norms.len()).filter(|&j| j != i);
    let mut all: Vec<Neighbour> =
        others.map(|j| Neighbour { squared: norms[i] + norms[j] - 2.0 * products[j], sample: j }).collect();
    if k < all.len() {
        all.select_nth_unstable_by(k - 1, order);
        all.truncate(k);
    }
    // The same number from both ends of an edge, and exactly zero between copies.
    for neighbour in &mut all {
        let difference = &x.row(i) - &x.row(neighbour.sample);
        neighbour.squared = difference.dot(&difference);
    }
    all.sort_unstable_by(order);
    all
}
