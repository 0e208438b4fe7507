//! Barlow Twins on a graph (claim T12).

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

use super::Loss;
use super::views::{Statistics, group_rows};
use crate::error::{Error, Result, check};
use crate::graph::SimilarityGraph;
use crate::linalg::Operator;
use crate::linalg::rows::{
    BLOCK_ROWS, Shifted, entries, entries_mut, multiply_in_place, over_rows, row, sums_over_blocks,
    vectorised,
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
/// `O(n k²)`, one `n×k` of memory beside the gradient, one product with the graph and its degrees;
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
        let blocks = if groups == 1 { graph.block_sums(u.view()) } else { None };
        if let Some(blocks) = blocks {
            // C and H are made of the sums over blocks alone.
            let share = blocks.weight / total;
            let sums = Shifted::plain(blocks.sums.view());
            let product = sums.gram() * share;
            let (value, slopes) = self.value_and_slopes(&product);
            if let Some(gradient) = gradient {
                let (to_gradient, moments) = backwards::<F>(&product, &slopes, &deviations[0]);
                let mut rows = Array2::zeros(blocks.sums.raw_dim());
                sums.multiply(share, &to_gradient, F::zero(), rows.view_mut());
                let u = u.view();
                blocks.spread(
                    rows.view(),
                    gradient,
                    #[inline(always)]
                    |i, h, slopes| {
                        let weight = F::of(w[i]);
                        for (((slope, &h), &u), &moment) in
                            slopes.iter_mut().zip(h).zip(row(&u, i)).zip(&moments)
                        {
                            *slope = h - weight * moment * u;
                        }
                    },
                );
            }
            return Ok(value);
        }

        // P U, where the gradient goes later.
        let wanted = gradient.is_some();
        let mut room = Array2::zeros(if wanted { (0, 0) } else { z.dim() });
        let mut image = gradient.unwrap_or_else(|| room.view_mut());
        image.fill(F::zero());
        graph.apply_add(F::of(total.recip()), u.view(), image.view_mut());
        let products: Vec<Array2<f64>> = (0..groups)
            .map(|group| {
                let image = group_rows(image.view(), group, groups);
                Shifted::plain(group_rows(u.view(), group, groups)).transposed_dot(image)
            })
            .collect();
        let mut correlations = Array2::zeros((z.ncols(), z.ncols()));
        for product in &products {
            correlations += product;
        }
        let (value, slopes) = self.value_and_slopes(&correlations);
        if wanted {
            for (group, product) in products.iter().enumerate() {
                let (to_gradient, moments) = backwards::<F>(product, &slopes, &deviations[group]);
                let (u, w) = (group_rows(u.view(), group, groups), w.slice(s![group..;groups]));
                let gradient = image.slice_mut(s![group..;groups, ..]);
                multiply_in_place(1.0, &to_gradient, gradient, |i, mut row| {
                    let weight = F::of(w[i]);
                    for ((slope, &u), &moment) in row.iter_mut().zip(u.row(i)).zip(&moments) {
                        *slope -= weight * moment * u;
                    }
                });
            }
        }
        Ok(value)
    }
}

impl BarlowTwins {
    /// The value, and its slope `B` in the correlations.
    fn value_and_slopes(self, correlations: &Array2<f64>) -> (f64, Array2<f64>) {
        let mut slopes = correlations.clone();
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
        (value, slopes)
    }
}

/// Of a group, from `product = UᵀPU` with its rows of `U` on the left: the matrix `M` and the row `m` that make its gradient
/// `P U M − w ∘ U diag(m)`.
///
/// That is `(H − w 1ᵀH − w ∘ U diag(UᵀH)) / σ` with `H = 2 P U B`. The slope in the mean vanishes, for `Σ H_i = 2 Σ (P U)_i B`
/// over a group, and every group of `U` is centred.
fn backwards<F: Scalar>(
    product: &Array2<f64>,
    slopes: &Array2<f64>,
    deviations: &Array1<f64>,
) -> (Array2<f64>, Vec<F>) {
    let to_gradient = slopes * 2.0 / deviations;
    let moments = (product * &to_gradient.t()).sum_axis(Axis(1));
    (to_gradient, moments.iter().map(|&moment| F::of(moment)).collect())
}

/// The columns of `z` at mean 0 and variance 1 in each group (sample `i` is in group `i mod groups`) under the weights `w`,
/// which sum to 1 in each; and the standard deviations of each group.
fn standardised<F: Scalar>(
    z: ArrayView2<F>,
    w: &Array1<f64>,
    groups: usize,
) -> Result<(Array2<F>, Vec<Array1<f64>>)> {
    let (n, k) = z.dim();
    let place = |i: usize| i % groups * k..(i % groups + 1) * k;
    let means = group_sums(
        z,
        w,
        groups,
        #[inline(always)]
        |weight, row, _, sums| {
            for (sum, &entry) in sums.iter_mut().zip(row) {
                *sum += weight * entry;
            }
        },
    );
    let means: Vec<F> = means.into_iter().map(F::of).collect();
    // Scales do not matter, and squares of entries up to 1 stay in the number range.
    let largest = largest_of_columns(z);
    let of_column = |&largest: &F| {
        if largest > F::zero() { largest.recip().min(F::max_value()) } else { F::one() }
    };
    let inverses: Vec<F> = largest.iter().map(of_column).collect();
    let variances = group_sums(
        z,
        w,
        groups,
        #[inline(always)]
        |weight, row, place, sums| {
            let (means, inverses, row, sums) = (&means[place], &inverses[..k], &row[..k], &mut sums[..k]);
            for column in 0..k {
                let deviation = (row[column] - means[column]) * inverses[column];
                sums[column] += weight * deviation * deviation;
            }
        },
    );
    let scaled = Array2::from_shape_fn((groups, k), |(group, column)| variances[group * k + column].sqrt());
    if let Some(((_, column), &scaled)) =
        scaled.indexed_iter().find(|(_, scaled)| **scaled <= CONSTANT * F::epsilon().as_f64())
    {
        return Err(Error::Singular {
            argument: "z",
            measure: "standard deviation of a column",
            value: scaled * largest[column].as_f64(),
            must: "columns that are not constant",
        });
    }
    let scales = Array1::from_iter(inverses.iter().map(|inverse| inverse.as_f64().recip()));
    let deviations: Vec<Array1<f64>> = scaled.rows().into_iter().map(|scaled| &scaled * &scales).collect();
    let divisors: Vec<F> = deviations.iter().flatten().map(|&deviation| F::of(deviation)).collect();
    let mut u = Array2::zeros((n, k));
    over_rows(u.view_mut(), BLOCK_ROWS, |first, mut u| {
        vectorised(
            #[inline(always)]
            || {
                for (i, u) in (first..).zip(entries_mut(&mut u).chunks_exact_mut(k)) {
                    let statistics = means[place(i)].iter().zip(&divisors[place(i)]);
                    for ((u, &entry), (&mean, &divisor)) in u.iter_mut().zip(row(&z, i)).zip(statistics) {
                        *u = (entry - mean) / divisor;
                    }
                }
            },
        );
        0.0
    });
    Ok((u, deviations))
}

/// The largest absolute value in each column.
fn largest_of_columns<F: Scalar>(z: ArrayView2<F>) -> Vec<F> {
    let k = z.ncols();
    let larger = |a: F, b: F| if b > a { b } else { a };
    entries(&z)
        .par_chunks(BLOCK_ROWS * k)
        .map(|rows| {
            let mut largest = vec![F::zero(); k];
            vectorised(
                #[inline(always)]
                || {
                    for row in rows.chunks_exact(k) {
                        for (largest, entry) in largest.iter_mut().zip(row) {
                            *largest = if entry.abs() > *largest { entry.abs() } else { *largest };
                        }
                    }
                },
            );
            largest
        })
        .reduce(|| vec![F::zero(); k], |a, b| a.into_iter().zip(b).map(|(a, b)| larger(a, b)).collect())
}

/// For each group and column a sum over samples, in the precision of the entries inside a block of rows:
/// `add(weight, row of z, place of its group, sums of its group)`.
fn group_sums<F: Scalar>(
    z: ArrayView2<F>,
    w: &Array1<f64>,
    groups: usize,
    add: impl Fn(F, &[F], Range<usize>, &mut [F]) + Sync,
) -> Vec<f64> {
    let (n, k) = z.dim();
    sums_over_blocks(
        n,
        groups * k,
        #[inline(always)]
        |rows, sums| {
            for i in rows {
                let place = i % groups * k..(i % groups + 1) * k;
                add(F::of(w[i]), row(&z, i), place.clone(), &mut sums[place]);
            }
        },
    )
}
