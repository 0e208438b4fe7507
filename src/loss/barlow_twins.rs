//! Barlow Twins on a graph (claim T12).

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, s};

use super::Loss;
use super::views::Statistics;
use crate::error::{Error, Result, check};
use crate::graph::SimilarityGraph;
use crate::linalg::Operator;
use crate::linalg::rows::{
    BLOCK_ROWS, Shifted, entries, entries_mut, multiply_in_place, over_rows, row, sums_over_blocks,
};
use crate::scalar::Scalar;

/// What rounding of the mean leaves of a constant column of ones, in units of the last place.
const CONSTANT: f64 = 256.0;

/// `Σ_k (C_kk − 1)² + λ Σ_{k≠l} C_kl²`, where `C` is the correlation of the columns of `Z` between the two ends of an
/// edge drawn with probability `P = G / ΣG`: `C = Uᵀ P U`, and `U` is `Z` standardised by mean and variance under
/// the ends' distribution `w = P 1`.
///
/// For two views, and `G` without its diagonal, this is the symmetrised loss of Zbontar et al. 2021, but for mean and
/// variance, which are pooled over both views; with [`Statistics::EachView`] each view is standardised alone, as there.
/// Unchanged by shift and scale of any column.
///
/// `O(n k²)`, two `n×k` of memory, one product with the graph and its degrees;
/// and [`SimilarityGraph::is_non_negative`], which is `O(n²)` for mixtures with negative weights.
///
/// # Errors
/// Of the doors of [`Loss`], besides theirs: [`Error::Domain`] if `λ < 0` or an entry of the graph is, [`Error::Empty`]
/// if the graph is zero, [`Error::Singular`] if a column is constant on the samples that have an edge (or on a view),
/// [`Error::WrongForm`] for [`Statistics::EachView`] if the graph is none of views.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BarlowTwins {
    /// Weight λ ≥ 0 of the redundancy between columns; the original is 0.005.
    pub lambda: f64,
    /// The samples over which columns are standardised; the original is each view alone.
    pub statistics: Statistics,
}

impl Default for BarlowTwins {
    fn default() -> Self {
        Self { lambda: 0.005, statistics: Statistics::Pooled }
    }
}

impl<F: Scalar> Loss<F> for BarlowTwins {
    fn evaluate(
        &self,
        z: ArrayView2<F>,
        graph: &SimilarityGraph,
        gradient: Option<ArrayViewMut2<F>>,
    ) -> Result<f64> {
        check::not_negative("lambda", self.lambda)?;
        graph.require_non_negative("graph")?;
        let mut w = graph.degrees();
        let total = w.sum();
        if total <= 0.0 {
            return Err(Error::Empty { argument: "graph", expected: "positive entry" });
        }
        w /= total;
        let groups = self.statistics.groups(graph)?;
        for group in 0..groups {
            let mut of_group = w.slice_mut(s![group..;groups]);
            of_group /= of_group.sum();
        }

        let (u, deviations) = standardised(z, &w, groups)?;
        let mut image = Array2::zeros(u.raw_dim());
        graph.apply_add(F::of(total.recip()), u.view(), image.view_mut());
        let mut slopes = Shifted::plain(u.view()).transposed_dot(image.view());
        let mut value = 0.0;
        for ((k, l), c) in slopes.indexed_iter_mut() {
            if k == l {
                value += (*c - 1.0).powi(2);
                *c = 2.0 * (*c - 1.0);
            } else {
                value += self.lambda * *c * *c;
                *c *= 2.0 * self.lambda;
            }
        }

        if let Some(gradient) = gradient {
            // The slope in the mean vanishes: Σ_{i in a group} H_i = 2 Σ_i (P U)_i B, and every group of U is centred.
            multiply_in_place(2.0, &slopes, image.view_mut());
            let (n, k) = z.dim();
            let (u, image) = (u.view(), image.view());
            let moments = sums_over_blocks(n, groups * k, |rows, sums| {
                for i in rows {
                    let sums = &mut sums[i % groups * k..][..k];
                    for ((sum, &u), &h) in sums.iter_mut().zip(row(&u, i)).zip(row(&image, i)) {
                        *sum += (u * h).as_f64();
                    }
                }
            });
            let moments: Vec<F> = moments.into_iter().map(F::of).collect();
            over_rows(gradient, BLOCK_ROWS, |first, mut gradient| {
                for (i, slopes) in (first..).zip(entries_mut(&mut gradient).chunks_exact_mut(k)) {
                    let group = i % groups * k;
                    let weight = F::of(w[i]);
                    let of_columns = moments[group..].iter().zip(&deviations[group..]);
                    for (((slope, &u), &h), (&moment, &deviation)) in
                        slopes.iter_mut().zip(row(&u, i)).zip(row(&image, i)).zip(of_columns)
                    {
                        *slope = (h - weight * moment * u) / deviation;
                    }
                }
                0.0
            });
        }
        Ok(value)
    }
}

/// The columns of `z` at mean 0 and variance 1 in each group (sample `i` is in group `i mod groups`) under the weights `w`,
/// which sum to 1 in each; and their standard deviations, group after group.
fn standardised<F: Scalar>(z: ArrayView2<F>, w: &Array1<f64>, groups: usize) -> Result<(Array2<F>, Vec<F>)> {
    let k = z.ncols();
    // Scales do not matter, and squares of entries up to 1 stay in the number range.
    let mut largest = vec![F::zero(); k];
    for row in entries(&z).chunks_exact(k) {
        for (largest, entry) in largest.iter_mut().zip(row) {
            *largest = if entry.abs() > *largest { entry.abs() } else { *largest };
        }
    }
    let scales = largest.iter().map(|&largest| if largest > F::zero() { largest } else { F::one() });
    let scales: Vec<F> = std::iter::repeat_n(scales.collect::<Vec<F>>(), groups).flatten().collect();
    let mut u = z.to_owned();
    update(&mut u, groups, &scales, |entry, scale| entry / scale);
    let means: Vec<F> = weighted(&u, groups, w, |entry| entry).into_iter().map(F::of).collect();
    update(&mut u, groups, &means, |entry, mean| entry - mean);
    let scaled: Vec<f64> =
        weighted(&u, groups, w, |entry| entry * entry).into_iter().map(f64::sqrt).collect();
    let deviations = scaled.iter().enumerate().map(|(place, scaled)| scaled * largest[place % k].as_f64());
    let deviations: Vec<f64> = deviations.collect();
    if let Some(place) = scaled.iter().position(|&scaled| scaled <= CONSTANT * F::epsilon().as_f64()) {
        return Err(Error::Singular {
            argument: "z",
            measure: "standard deviation of a column",
            value: deviations[place],
            must: "columns that are not constant",
        });
    }
    let scaled: Vec<F> = scaled.into_iter().map(F::of).collect();
    update(&mut u, groups, &scaled, |entry, scaled| entry / scaled);
    Ok((u, deviations.into_iter().map(F::of).collect()))
}

/// For each group and column the sum of `w_i summand(u_ik)`.
fn weighted<F: Scalar>(
    u: &Array2<F>,
    groups: usize,
    w: &Array1<f64>,
    summand: impl Fn(f64) -> f64 + Sync,
) -> Vec<f64> {
    let (k, u) = (u.ncols(), u.view());
    sums_over_blocks(u.nrows(), groups * k, |rows, sums| {
        for i in rows {
            let weight = w[i];
            for (sum, entry) in sums[i % groups * k..][..k].iter_mut().zip(row(&u, i)) {
                *sum += weight * summand(entry.as_f64());
            }
        }
    })
}

/// Replaces each entry by `operation(entry, by)`, `by` that of its group and column.
fn update<F: Scalar>(u: &mut Array2<F>, groups: usize, by: &[F], operation: impl Fn(F, F) -> F + Sync) {
    let k = u.ncols();
    over_rows(u.view_mut(), BLOCK_ROWS, |first, mut u| {
        for (i, row) in (first..).zip(entries_mut(&mut u).chunks_exact_mut(k)) {
            for (entry, &by) in row.iter_mut().zip(&by[i % groups * k..]) {
                *entry = operation(*entry, by);
            }
        }
        0.0
    });
}
