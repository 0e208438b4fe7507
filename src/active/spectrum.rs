//! The leading eigenvectors of a neighbour graph, and the clusters that they show.

use std::cmp::Reverse;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, s};
use rand::Rng;

use super::micro_clusters::MANY;
use crate::error::Result;
use crate::graph::SimilarityGraph;
use crate::k_means::{k_means, k_means_of_many};
use crate::linalg::{CompactLanczos, SubspaceIteration, leading_eigenpairs, random_block};
use crate::scalar::Scalar;

/// Samples up to which the graph is decomposed as a dense matrix.
const DENSE_UP_TO: usize = 1024;
/// Residuals of eigenvectors, as features for a regression that smooths, need not be smaller.
const TOLERANCE: f64 = 1e-4;
const TOLERANCE_OF_MANY: f64 = 1e-3;
/// The gap before which clusters are counted is at least this ratio. On the development half of the experiment `unseen_data` starts
/// with gaps of 1.5 to 2.3 were compared with the best clustering that is told the number of classes; this is the best.
const CLEAR_GAP: f64 = 2.0;
/// The leading eigenvalues and eigenvectors of the normalised graph.
pub(super) fn leading(
    graph: &SimilarityGraph,
    component_of: &[usize],
    modes: usize,
    rng: &mut impl Rng,
) -> Result<(Array1<f64>, Array2<f64>)> {
    let n = graph.len();
    let normalised = graph.normalised()?;
    if n <= DENSE_UP_TO {
        let pairs = leading_eigenpairs(normalised.to_dense().view(), modes)?;
        return Ok((pairs.values, pairs.vectors));
    }
    if n <= MANY {
        let guards = (modes / 8).max(8);
        let start = random_block(n, (modes + guards).min(n), rng);
        let solver = SubspaceIteration {
            degree: 16,
            tolerance: TOLERANCE,
            most_steps: 300,
            lowest: Some(-1.0),
            ..SubspaceIteration::default()
        };
        let pairs = solver.leading(&normalised, modes, start.view())?.pairs;
        return Ok((pairs.values, pairs.vectors));
    }
    let known = component_vectors(graph, component_of, modes);
    let solver = CompactLanczos { tolerance: TOLERANCE_OF_MANY, ..CompactLanczos::default() };
    let (values, vectors) = solver.leading(&normalised, modes, known.view(), rng)?;
    Ok((values, vectors.mapv(f64::from)))
}

/// `(n, c)`: eigenvectors of eigenvalue 1 of a normalised graph, one for each of its components that has an edge, at most `most`,
/// the largest components first ([claim T6](crate::theory#t6)). A Krylov space would find no more of them than its blocks hold.
fn component_vectors(graph: &SimilarityGraph, component_of: &[usize], most: usize) -> Array2<f32> {
    let degrees = graph.degrees();
    let mut volumes = vec![0.0; component_of.iter().max().map_or(0, |&last| last + 1)];
    for (&component, degree) in component_of.iter().zip(&degrees) {
        volumes[component] += degree;
    }
    let mut sizes = vec![0_usize; volumes.len()];
    for &component in component_of {
        sizes[component] += 1;
    }
    let mut largest: Vec<usize> = (0..volumes.len()).filter(|&component| volumes[component] > 0.0).collect();
    largest.sort_by_key(|&component| Reverse(sizes[component]));
    largest.truncate(most);
    let mut column_of = vec![None; volumes.len()];
    for (column, &component) in largest.iter().enumerate() {
        column_of[component] = Some(column);
    }
    let mut vectors = Array2::zeros((component_of.len(), largest.len()));
    for ((mut row, &component), degree) in vectors.outer_iter_mut().zip(component_of).zip(&degrees) {
        if let Some(column) = column_of[component] {
            row[column] = f32::of((degree / volumes[component]).sqrt());
        }
    }
    vectors
}

/// Clusters of samples by the directions of their rows in the `k` leading eigenvectors.
pub(super) fn spectral_clusters(vectors: ArrayView2<f64>, k: usize, rng: &mut impl Rng) -> Vec<usize> {
    let mut embedding = vectors.slice(s![.., ..k]).to_owned();
    for mut row in embedding.outer_iter_mut() {
        let norm = row.dot(&row).sqrt();
        if norm > 0.0 {
            row /= norm;
        }
    }
    let n = embedding.nrows();
    if n > MANY {
        return k_means_of_many(embedding.view(), &(0..n).collect::<Vec<_>>(), k, rng);
    }
    k_means(embedding.view(), k, rng)
}

/// The number `k ≥ 2` of leading eigenvalues before the largest ratio `(1 − λ_{k+1} + τ) / (1 − λ_k + τ)`, if that is large.
pub(super) fn clusters_before_gap(values: ArrayView1<f64>, smoothing: f64, most: usize) -> Option<usize> {
    let cost = |k: usize| (1.0 - values[k - 1]).max(0.0) + smoothing;
    let ratio = |k: &usize| cost(k + 1) / cost(*k);
    (2..=most.min(values.len().saturating_sub(1)))
        .max_by(|a, b| ratio(a).total_cmp(&ratio(b)).then(b.cmp(a)))
        .filter(|k| ratio(k) >= CLEAR_GAP)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With `τ = 0.01` the costs `1 − λ + τ` are 0.01, 0.02, 0.03 and 0.81: 27 times as much after the third.
    #[test]
    fn clusters_are_counted_before_a_clear_gap() {
        let before = |values: &[f64], most| clusters_before_gap(ArrayView1::from(values), 0.01, most);
        let clear = [1.0, 0.99, 0.98, 0.2, 0.1];
        assert_eq!(before(&clear, 9), Some(3));
        assert_eq!(before(&clear, 2), None);
        assert_eq!(before(&[1.0, 0.3, 0.1], 9), None); // one cluster is no start to cut from
        assert_eq!(before(&[1.0, 0.9, 0.8, 0.7, 0.6], 9), None); // 0.11, 0.21, 0.31, 0.41
        assert_eq!(before(&[1.0], 9), None);
    }
}
