//! Barlow Twins on a graph ([claim T12](crate::theory#t12)).

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, s};

use super::Loss;
use super::views::{Statistics, group_rows};
use crate::error::{Error, Result, check};
use crate::graph::SimilarityGraph;
use crate::linalg::Operator;
use crate::linalg::moments::Moments;
use crate::linalg::rows::{
    BLOCK_ROWS, PARTIAL_SUMS, Shifted, Standard, dot, entries_mut, multiply_in_place, over_rows, row,
    sum_of_parts,
};
use crate::scalar::{Scalar, vectorised};

/// A column whose standard deviation is below this many units in the last place of its largest entry is constant: rounding of
/// the mean leaves as much.
const CONSTANT: f64 = 256.0;

/// `Σ_k (C_kk − 1)² + λ Σ_{k≠l} C_kl²`, where `C` is the correlation of the columns of `Z` between the two ends of an
/// edge drawn with probability `P = G / ΣG`: `C = Uᵀ P U`, and `U` is `Z` standardised by mean and variance under
/// the ends' distribution `w = P 1`.
///
/// For two views, and `G` without its diagonal, this is the symmetrised loss of Zbontar et al. 2021, but for mean and
/// variance, which are pooled over both views; with [`Statistics::EachView`] each view is standardised alone, as there.
/// Unchanged by shift and scale of any column.
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use ndarray::array;
/// use pal::graph::SimilarityGraph;
/// use pal::loss::{BarlowTwins, Loss};
///
/// // Views that agree, in columns that are not correlated: C = I.
/// let z = array![[1., 1.], [1., 1.], [1., -1.], [1., -1.], [-1., 1.], [-1., 1.], [-1., -1.], [-1., -1.]];
/// assert!(BarlowTwins::default().value(z.view(), &SimilarityGraph::views(4, 2)?)? < 1e-12);
/// # Ok(())
/// # }
/// ```
///
/// `O(n k²)`, one `n×k` of memory beside the gradient (for views or labels alone a row of `k` for each sample or class), one
/// product with the graph and its degrees;
/// and [`SimilarityGraph::is_non_negative`], which is `O(n²)` for mixtures with negative weights.
///
/// # Errors
/// Besides those of [`Loss`]: [`Error::Domain`] if `λ < 0` or an entry of the graph is, [`Error::Empty`]
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
    fn evaluate_unchecked(
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
        let groups = self.statistics.groups(graph)?;
        for group in 0..groups {
            let mut of_group = w.slice_mut(s![group..;groups]);
            of_group *= of_group.sum().recip();
        }

        let moments = moments(z, &w, groups);
        if let Some(scales) = column_scales::<F>(&moments) {
            // The value does not depend on the scales of columns, and the gradient is inverse to them.
            let scales = Array1::from(scales);
            let Some(mut gradient) = gradient else {
                return self.evaluate_unchecked((&z * &scales).view(), graph, None);
            };
            let value = self.evaluate_unchecked((&z * &scales).view(), graph, Some(gradient.view_mut()))?;
            gradient *= &scales;
            return Ok(value);
        }
        let standards = moments.iter().map(standard).collect::<Result<Vec<_>>>()?;
        let blocks = if groups == 1 { graph.block_sums(z, Some(&standards[0])) } else { None };
        if let Some(blocks) = blocks {
            // C and H are made of the sums over blocks alone, and U need not be stored.
            let share = blocks.weight / total;
            let product = Shifted::plain(blocks.sums.view()).gram(share);
            if let Some(gradient) = gradient {
                let (to_gradient, moments) = self.backwards(&product, &product, share, &standards[0]);
                blocks.spread_product(
                    &to_gradient,
                    gradient,
                    #[inline(always)]
                    |i, h, slopes| {
                        let weight = F::of(w[i]);
                        standards[0].map(row(&z, i), slopes, |u, slope| *slope = u);
                        for ((slope, &h), &moment) in slopes.iter_mut().zip(h).zip(&moments) {
                            *slope = h - weight * moment * *slope;
                        }
                    },
                );
            }
            return Ok(self.of_correlations(&product));
        }

        let u = standardised(z, &standards);
        // P U, where the gradient goes later.
        let wanted = gradient.is_some();
        let mut room = Array2::zeros(if wanted { (0, 0) } else { z.dim() });
        let mut image = gradient.unwrap_or_else(|| room.view_mut());
        image.fill(F::zero());
        graph.apply_add_unchecked(F::of(total.recip()), u.view(), image.view_mut());
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
        if wanted {
            for (group, product) in products.iter().enumerate() {
                let (to_gradient, moments) = self.backwards(product, &correlations, 1.0, &standards[group]);
                let (u, w) = (group_rows(u.view(), group, groups), w.slice(s![group..;groups]));
                let gradient = image.slice_mut(s![group..;groups, ..]);
                multiply_in_place(&to_gradient, gradient, |i, mut row| {
                    let weight = F::of(w[i]);
                    for ((slope, &u), &moment) in row.iter_mut().zip(u.row(i)).zip(&moments) {
                        *slope -= weight * moment * u;
                    }
                });
            }
        }
        Ok(self.of_correlations(&correlations))
    }
}

impl BarlowTwins {
    fn of_correlations(self, correlations: &Array2<f64>) -> f64 {
        let correlations = correlations.view();
        vectorised(
            #[inline(always)]
            || {
                let (mut on_diagonal, mut off_diagonal) = (0.0, 0.0);
                for k in 0..correlations.nrows() {
                    let (left, right) = row(&correlations, k).split_at(k);
                    on_diagonal += (right[0] - 1.0).powi(2);
                    off_diagonal += dot(left, left) + dot(&right[1..], &right[1..]);
                }
                on_diagonal + self.lambda * off_diagonal
            },
        )
    }

    /// Of a group, from `product = UᵀPU` with its rows of `U` on the left and the correlations of all groups: `share` times
    /// the matrix `M`, and the row `m`, that make its gradient `P U M − w ∘ U diag(m)`.
    ///
    /// That is `(H − w 1ᵀH − w ∘ U diag(UᵀH)) / σ` with `H = 2 P U B`, `B` the value's slope in the correlations. The slope in
    /// the mean vanishes, for `Σ H_i = 2 Σ (P U)_i B` over a group, and every group of `U` is centred.
    fn backwards<F: Scalar>(
        self,
        product: &Array2<f64>,
        correlations: &Array2<f64>,
        share: f64,
        standard: &Standard<F>,
    ) -> (Array2<F>, Vec<F>) {
        let scales: Vec<f64> = standard.scales.iter().map(|scale| 2.0 * scale.as_f64()).collect();
        let (product, correlations) = (product.view(), correlations.view());
        let mut to_gradient = Array2::zeros(product.raw_dim());
        let mut out = to_gradient.view_mut();
        let mut moments = Vec::with_capacity(scales.len());
        vectorised(
            #[inline(always)]
            || {
                let mut slopes = vec![0.0; scales.len()];
                let rows = entries_mut(&mut out).chunks_exact_mut(scales.len());
                for (k, out) in rows.enumerate() {
                    for (slope, c) in slopes.iter_mut().zip(row(&correlations, k)) {
                        *slope = 2.0 * self.lambda * c;
                    }
                    slopes[k] = 2.0 * (correlations[(k, k)] - 1.0);
                    // The diagonal of UᵀPU M, for which the symmetric B is read by rows.
                    moments.push(F::of(scales[k] * dot(row(&product, k), &slopes)));
                    for ((out, slope), scale) in out.iter_mut().zip(&slopes).zip(&scales) {
                        *out = F::of(share * slope * scale);
                    }
                }
            },
        );
        (to_gradient, moments)
    }
}

/// The moments of each group's rows (sample `i` is in group `i mod groups`) under the weights `w`.
fn moments<F: Scalar>(z: ArrayView2<F>, w: &Array1<f64>, groups: usize) -> Vec<Moments> {
    let of_group = |group: usize| {
        let of_part = |blocks: &mut dyn Iterator<Item = Range<usize>>| {
            let mut moments = Moments::none(z.ncols());
            for rows in blocks {
                let first = (rows.start + groups - 1 - group) / groups * groups + group;
                moments.join(&Moments::of(z, |i| F::of(w[i]), (first..rows.end).step_by(groups)));
            }
            moments
        };
        sum_of_parts(z.nrows(), PARTIAL_SUMS, of_part, |sum, part| sum.join(&part))
    };
    (0..groups).map(of_group).collect()
}

/// Powers of two that scale the columns near 1, if one is so large that differences overflow, or so small that its inverse does.
fn column_scales<F: Scalar>(moments: &[Moments]) -> Option<Vec<F>> {
    let columns = 0..moments[0].largest.len();
    let largest: Vec<f64> = columns
        .map(|column| moments.iter().fold(0.0, |largest, group| group.largest[column].max(largest)))
        .collect();
    let least = (F::min_positive_value() / F::epsilon()).as_f64();
    let most = F::max_value().as_f64() / 8.0;
    if largest.iter().all(|&largest| largest == 0.0 || (least..most).contains(&largest)) {
        return None;
    }
    // A power of F, which need not reach 1.
    let reach = -F::min_positive_value().as_f64().log2() - 24.0;
    let scale = |&largest: &f64| {
        if largest == 0.0 { F::one() } else { F::of((-largest.log2().floor()).clamp(-reach, reach).exp2()) }
    };
    Some(largest.iter().map(scale).collect())
}

/// `U`: the rows of `z` standardised each by the map of its group.
fn standardised<F: Scalar>(z: ArrayView2<F>, standards: &[Standard<F>]) -> Array2<F> {
    let mut u = Array2::zeros(z.raw_dim());
    over_rows(u.view_mut(), BLOCK_ROWS, |first, mut u| {
        vectorised(
            #[inline(always)]
            || {
                for (i, u) in (first..).zip(entries_mut(&mut u).chunks_exact_mut(z.ncols())) {
                    standards[i % standards.len()].map(row(&z, i), u, |entry, u| *u = entry);
                }
            },
        );
        0.0
    });
    u
}

/// The map that takes the columns to mean 0 and variance 1.
fn standard<F: Scalar>(moments: &Moments) -> Result<Standard<F>> {
    let mut scales = Vec::new();
    for (squares, largest) in moments.squares.iter().zip(&moments.largest) {
        let relative = (squares / moments.weight).sqrt();
        let deviation = relative * largest;
        let scale = F::of(deviation.recip());
        if relative <= CONSTANT * F::epsilon().as_f64() || !scale.is_finite() {
            return Err(Error::Singular {
                argument: "z",
                measure: "standard deviation of a column",
                value: deviation,
                must: "columns that are not constant",
            });
        }
        scales.push(scale);
    }
    let means = moments.means.iter().map(|&mean| F::of(mean)).collect();
    Ok(Standard { means, scales })
}
