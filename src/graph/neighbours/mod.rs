//! Neighbour graphs: the similarity of samples by their distances, from which active learning starts before any answer.

mod all_pairs;
mod neighbour;
mod search;

use std::cmp::Ordering;

use ndarray::{ArrayView2, Axis, CowArray};
use rayon::slice::ParallelSliceMut;

use self::neighbour::Neighbour;
use super::SimilarityGraph;
use crate::error::{Error, Result, check};
use crate::linalg::scale::{SAFE, largest, safe_scale};

/// The neighbour whose distance is the scale around a sample (Zelnik-Manor and Perona 2004).
const SCALE_NEIGHBOUR: usize = 7;
/// Two to the number of last binary digits that are left aside where rows are compared: rounding may have changed them.
const ROUNDING_DIGITS: u64 = 1 << 12;
/// Samples up to which the distances of all pairs are computed in double precision.
const FEW: usize = 8192;
/// Multiplications up to which [`NeighbourSearch::Auto`] compares all pairs: some seconds on two cores.
const MOST_MULTIPLICATIONS: f64 = 3e11;
/// The recall that it asks for beyond.
const RECALL: f64 = 0.97;

/// How the nearest neighbours are looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "files", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum NeighbourSearch {
    /// Exactly up to `3 · 10^11` multiplications, which is 68 000 samples of 64 numbers, and with a recall of 0.97 beyond.
    #[default]
    Auto,
    /// Every pair is compared.
    Exact,
    /// Samples are compared with those of some cells of the space alone, of as many as it takes to find this share of the nearest
    /// in a sample of rows; in `(0, 1)`.
    Approximate {
        /// The share of the true nearest neighbours that is to be found.
        recall: f64,
    },
}

impl NeighbourSearch {
    /// Checks what [`SimilarityGraph::neighbours_by`] relies on, before other work is done.
    ///
    /// # Errors
    /// [`Error::Domain`] unless the recall is above 0 and below 1.
    pub fn require_valid(self) -> Result<()> {
        match self {
            Self::Approximate { recall } if !(recall > 0.0 && recall < 1.0) => {
                Err(Error::Domain { argument: "recall", value: recall, must: "above 0 and below 1" })
            }
            _ => Ok(()),
        }
    }

    /// The recall that is asked for, of `n` rows of `p` numbers; `None` if every pair is compared.
    fn recall(self, n: usize, p: usize) -> Option<f64> {
        match self {
            Self::Auto if (n as f64).powi(2) * p as f64 <= MOST_MULTIPLICATIONS => None,
            Self::Auto => Some(RECALL),
            Self::Exact => None,
            Self::Approximate { recall } => Some(recall),
        }
    }
}

/// A graph of neighbours.
#[derive(Clone, Debug)]
pub struct NeighbourGraph {
    /// The graph.
    pub graph: SimilarityGraph,
    /// The share of the true nearest neighbours that was found, measured on 512 rows or on all if they are fewer, which the
    /// search was not fitted to; `None` if every pair was compared.
    pub recall: Option<f64>,
}

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
    /// Every pair is compared. Cost `O(n² p)` in parallel, memory `O(n (k + p + log n))` and a block of rows a thread.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `1 ≤ k < n`, [`Error::Empty`] without columns, [`Error::NotFinite`].
    pub fn neighbours(x: ArrayView2<f64>, k: usize) -> Result<Self> {
        Ok(Self::neighbours_by(x, k, NeighbourSearch::Exact)?.graph)
    }

    /// The same with a choice of search.
    ///
    /// Of an approximate one, cells that hold about `√n / 2` samples are compared, each with the `c` nearest: `O(c n^{3/2} p)`.
    /// How many that are follows from the data: a few where it has clusters or few dimensions, most where it has neither.
    ///
    /// # Errors
    /// As [`Self::neighbours`]; [`Error::Domain`] unless the recall is in `(0, 1)`.
    pub fn neighbours_by(x: ArrayView2<f64>, k: usize, search: NeighbourSearch) -> Result<NeighbourGraph> {
        search.require_valid()?;
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
            let (edges, recall) = edges(x, k, search);
            return Ok(NeighbourGraph { graph: Self::pairs(n, edges)?, recall });
        }
        let firsts: Vec<usize> = points.iter().map(|samples| samples[0]).collect();
        let (between, recall) = match k.min(points.len() - 1) {
            0 => (Vec::new(), None),
            k => edges(x.select(Axis(0), &firsts).view(), k, search),
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
        Ok(NeighbourGraph { graph: Self::pairs(n, upper)?, recall })
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

type Edge = (usize, usize, f64);

/// The edges of the `k` nearest neighbours, the smaller index first, those that either end chose twice; and the recall.
fn edges(x: ArrayView2<f64>, k: usize, search: NeighbourSearch) -> (Vec<Edge>, Option<f64>) {
    let recall = search.recall(x.nrows(), x.ncols());
    let (near, recall) = if x.nrows() <= FEW && recall.is_none() {
        (all_pairs::nearest(x, k), None)
    } else {
        search::nearest(x, k, recall)
    };
    let scale: Vec<f64> =
        near.chunks(k).map(|near| near[SCALE_NEIGHBOUR.min(k) - 1].distance.max(f64::MIN_POSITIVE)).collect();
    let edge = |(position, neighbour): (usize, &Neighbour)| {
        let (i, j) = (position / k, neighbour.sample);
        (i.min(j), i.max(j), neighbour.similarity(scale[i], scale[j]))
    };
    (near.iter().enumerate().map(edge).collect(), recall)
}
