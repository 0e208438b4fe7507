//! Normalised-temperature cross-entropy on a graph, in blocks of rows (claims T11, T17).

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut2, Axis, Zip, s};
use rayon::prelude::*;

use super::Loss;
use crate::error::{Error, Result, check};
use crate::graph::SimilarityGraph;
use crate::scalar::Scalar;

/// Rows that one task computes. Fixed, so that results do not depend on the number of threads.
const BLOCK_ROWS: usize = 64;

/// The mean over samples `i` of `−Σ_j P_ij log q_ij`: the cross-entropy of picking a similar sample out of all others by
/// the softmax `q_ij ∝ exp(⟨u_i, u_j⟩ / τ)`, `j ≠ i`, of the cosines, `u_i = z_i / ‖z_i‖`; `P_ij = G_ij / Σ_{k≠i} G_ik`.
///
/// Two views a sample give SimCLR (Chen et al. 2020), a label graph the supervised contrastive loss with the mean outside
/// the logarithm (Khosla et al. 2020). The diagonal of `G` is not looked at. Samples without positives are not averaged
/// over, but others are told from them. Unchanged by positive scaling of any row of `Z`, and of `G`.
///
/// `O(n² k)` time, in parallel over blocks of rows and the same to the last bit for any number of threads;
/// `O(n k)` memory and `O(n)` blocks of 64 rows for each thread.
///
/// # Errors
/// Of the doors of [`Loss`], besides theirs: [`Error::Domain`] unless `τ > 0`, if an entry of the graph is negative or a
/// row of `z` is zero; [`Error::Empty`] if the graph has no positive entry off its diagonal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NtXent {
    /// Temperature τ > 0 of the softmax.
    pub temperature: f64,
}

impl<F: Scalar> Loss<F> for NtXent {
    fn evaluate(
        &self,
        z: ArrayView2<F>,
        graph: &SimilarityGraph,
        gradient: Option<ArrayViewMut2<F>>,
    ) -> Result<f64> {
        check::positive("temperature", self.temperature)?;
        graph.require_non_negative("graph")?;
        let (units, norms) = on_the_sphere(z)?;
        let softmax = Softmax::new(&units, graph, self.temperature);
        let kept = softmax.positives.iter().filter(|&&positives| positives > F::zero()).count();
        if kept == 0 {
            return Err(Error::Empty { argument: "graph", expected: "positive entry off the diagonal" });
        }
        if let Some(gradient) = gradient {
            softmax.gradient(&norms, kept, gradient);
        }
        Ok(softmax.losses.sum() / kept as f64)
    }
}

/// The rows of `z` at length one, and their lengths.
fn on_the_sphere<F: Scalar>(z: ArrayView2<F>) -> Result<(Array2<F>, Array1<F>)> {
    let mut units = z.as_standard_layout().into_owned();
    let mut norms = Array1::zeros(z.nrows());
    for (mut row, norm) in units.rows_mut().into_iter().zip(&mut norms) {
        // Squares of very small or large entries leave the number range; those of entries up to 1 do not.
        let largest = row.iter().fold(F::zero(), |largest, entry| largest.max(entry.abs()));
        check::positive("largest entry of a row of z", largest.as_f64())?;
        row /= largest;
        let scaled = row.dot(&row).sqrt();
        row /= scaled;
        *norm = largest * scaled;
    }
    Ok((units, norms))
}

/// The first pass: what the second needs to know of every row.
struct Softmax<'a, F> {
    units: &'a Array2<F>,
    graph: &'a SimilarityGraph,
    temperature: f64,
    /// `log Σ_{k≠i} exp(S_ik)`.
    log_sums: Array1<F>,
    /// `Σ_{k≠i} G_ik`.
    positives: Array1<F>,
    /// `−Σ_j P_ij log q_ij`, 0 without positives.
    losses: Array1<f64>,
}

impl<'a, F: Scalar> Softmax<'a, F> {
    fn new(units: &'a Array2<F>, graph: &'a SimilarityGraph, temperature: f64) -> Self {
        let n = units.nrows();
        let empty = || Array1::zeros(n);
        let mut softmax = Self {
            units,
            graph,
            temperature,
            log_sums: empty(),
            positives: empty(),
            losses: Array1::zeros(n),
        };
        let rows: Vec<[f64; 3]> = (0..n.div_ceil(BLOCK_ROWS))
            .into_par_iter()
            .flat_map_iter(|block| {
                let (first, similarities) = softmax.similarities(block);
                let mut weights = Array1::zeros(n);
                let summary = |(row, similarities): (usize, ArrayView1<F>)| {
                    softmax.graph.write_row(first + row, weights.view_mut());
                    weights[first + row] = 0.0;
                    summary_of_row(similarities, weights.view())
                };
                similarities.rows().into_iter().enumerate().map(summary).collect::<Vec<_>>()
            })
            .collect();
        for (i, [log_sum, positives, loss]) in rows.into_iter().enumerate() {
            softmax.log_sums[i] = F::of(log_sum);
            softmax.positives[i] = F::of(positives);
            softmax.losses[i] = loss;
        }
        softmax
    }

    /// The first row of a block, and its rows of `S = U Uᵀ / τ`, with −∞ on the diagonal of `S`.
    fn similarities(&self, block: usize) -> (usize, Array2<F>) {
        let first = block * BLOCK_ROWS;
        let end = (first + BLOCK_ROWS).min(self.units.nrows());
        let mut similarities = Array2::zeros((end - first, self.units.nrows()));
        let rows = self.units.slice(s![first..end, ..]);
        general_mat_mul(
            F::of(self.temperature.recip()),
            &rows,
            &self.units.t(),
            F::zero(),
            &mut similarities,
        );
        for row in 0..end - first {
            similarities[[row, first + row]] = F::neg_infinity();
        }
        (first, similarities)
    }

    /// The second pass: `∇U = (W + Wᵀ) U / τ` with `W_i = (q_i − P_i) / kept`, carried from the sphere to `Z`.
    fn gradient(&self, norms: &Array1<F>, kept: usize, mut gradient: ArrayViewMut2<F>) {
        let scale = F::of((self.temperature * kept as f64).recip());
        gradient.axis_chunks_iter_mut(Axis(0), BLOCK_ROWS).into_par_iter().enumerate().for_each(
            |(block, mut gradient)| {
                let (first, mut pulls) = self.similarities(block);
                let mut weights = Array1::zeros(self.units.nrows());
                for (row, mut pulls) in pulls.rows_mut().into_iter().enumerate() {
                    let i = first + row;
                    self.graph.write_row(i, weights.view_mut());
                    weights[i] = 0.0;
                    let (own_sum, own_positives) = (self.log_sums[i], self.positives[i]);
                    Zip::from(&mut pulls).and(&weights).and(&self.log_sums).and(&self.positives).for_each(
                        |pull, &weight, &log_sum, &positives| {
                            let similarity = *pull;
                            *pull = F::zero();
                            if own_positives > F::zero() {
                                *pull += (similarity - own_sum).exp();
                            }
                            if positives > F::zero() {
                                *pull += (similarity - log_sum).exp();
                            }
                            if weight > 0.0 {
                                *pull -= F::of(weight) / own_positives + F::of(weight) / positives;
                            }
                        },
                    );
                }
                general_mat_mul(scale, &pulls, self.units, F::zero(), &mut gradient);
                for (row, mut gradient) in gradient.rows_mut().into_iter().enumerate() {
                    let unit = self.units.row(first + row);
                    let radial = unit.dot(&gradient);
                    gradient.scaled_add(-radial, &unit);
                    gradient /= norms[first + row];
                }
            },
        );
    }
}

/// Of row `i` of `S` and of `G` without its diagonal: the log-sum, the positives, the loss.
fn summary_of_row<F: Scalar>(similarities: ArrayView1<F>, weights: ArrayView1<f64>) -> [f64; 3] {
    let largest = similarities.fold(F::neg_infinity(), |largest, &s| largest.max(s));
    let log_sum =
        largest.as_f64() + similarities.iter().map(|&s| (s - largest).exp().as_f64()).sum::<f64>().ln();
    let positives = weights.sum();
    let mut loss = 0.0;
    for (similarity, &weight) in similarities.iter().zip(&weights) {
        if weight > 0.0 {
            loss += weight / positives * (log_sum - similarity.as_f64());
        }
    }
    [log_sum, positives, loss]
}
