//! What is known before the first answer: a representation and clusters of the samples, from a graph nobody had to fill in.
//!
//! The leading eigenvectors of the normalised graph `D^{-1/2} G D^{-1/2}` are the representation that self-supervised losses
//! find on it (claim T19). They serve twice. A few of them, as many as stand before the largest relative gap, give the
//! clusters that the learning starts from (Ng, Jordan and Weiss 2001); where the graph falls into more components than that
//! could tell, its components are the clusters. Many, weighted by `(1 − λ + τ)^{-1/2}`, are features
//! `φ` whose inner products `φ_i·φ_j` are a smoothing kernel on the graph: a ridge regression on them is label propagation
//! whose cost does not grow with the number of answers.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};

use rand::Rng;

use super::k_means::k_means;
use crate::data::commensurate;
use crate::error::{Error, Result, check};
use crate::experiment::stream;
use crate::graph::SimilarityGraph;
use crate::linalg::{Operator, SubspaceIteration, leading_eigenpairs, random_block};

/// Options of [`WarmStart`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmStartOptions {
    /// Neighbours of each sample in the graph of [`WarmStart::of_features`]; 10.
    pub neighbours: usize,
    /// Most eigenvectors kept as features; 256.
    pub modes: usize,
    /// `τ`: how far beyond the clusters labels spread, a share of the graph's spectrum; 0.01.
    pub smoothing: f64,
    /// Most clusters at the start that eigenvectors are asked for; 20. Components of the graph may be more.
    pub most_clusters: usize,
    /// For the random starts of the solvers.
    pub seed: u64,
}

impl Default for WarmStartOptions {
    fn default() -> Self {
        Self { neighbours: 10, modes: 256, smoothing: 0.01, most_clusters: 20, seed: 0 }
    }
}

/// The representation and the clusters that active learning starts from.
#[derive(Clone, Debug)]
pub struct WarmStart {
    graph: SimilarityGraph,
    eigenvalues: Array1<f64>,
    features: Array2<f64>,
    clusters: Vec<usize>,
    number_of_clusters: usize,
}

/// Samples up to which the graph is decomposed as a dense matrix.
const DENSE_UP_TO: usize = 1024;
/// Residuals of eigenvectors, as features for a regression that smooths, need not be smaller.
const TOLERANCE: f64 = 1e-4;
/// Steps of a random walk: to the neighbours of neighbours.
const WALK: usize = 2;

impl WarmStart {
    /// From features `x` `(n, p)`: made [commensurate](commensurate), joined to their nearest neighbours, `n ≥ 2`.
    ///
    /// Cost `O(n² p)`, and that of [`WarmStart::of_graph`].
    ///
    /// # Errors
    /// As [`commensurate`], [`SimilarityGraph::neighbours`] and [`WarmStart::of_graph`].
    pub fn of_features(x: ArrayView2<f64>, options: &WarmStartOptions) -> Result<Self> {
        check::count("neighbours", options.neighbours, usize::MAX, "at least 1")?;
        if x.nrows() < 2 {
            let must = "at least 2, so that there is a pair to ask about";
            return Err(Error::Domain { argument: "number of samples", value: x.nrows() as f64, must });
        }
        let neighbours = options.neighbours.min(x.nrows() - 1);
        Self::of_graph(SimilarityGraph::neighbours(commensurate(x)?.view(), neighbours)?, options)
    }

    /// From a graph with entries at least zero, say a mixture of views and neighbours; its diagonal should be small.
    ///
    /// Cost: up to 1024 samples `O(n³)`, beyond that some hundred products of the graph with a block of `modes` columns
    /// and `O(n modes²)` each.
    ///
    /// # Errors
    /// [`Error::Domain`] for bad options, a negative entry or fewer than two samples; what the eigensolver reports.
    pub fn of_graph(graph: SimilarityGraph, options: &WarmStartOptions) -> Result<Self> {
        let n = graph.len();
        check::count("number of samples - 1", n - 1, usize::MAX, "at least 1")?;
        check::count("modes", options.modes, usize::MAX, "at least 1")?;
        check::count("most_clusters", options.most_clusters, usize::MAX, "at least 1")?;
        check::positive("smoothing", options.smoothing)?;
        graph.require_non_negative("graph")?;

        let mut rng = stream(options.seed, 0);
        let modes = options.modes.min(n);
        let normalised = graph.normalised()?;
        let pairs = if n <= DENSE_UP_TO {
            leading_eigenpairs(normalised.to_dense().view(), modes)?
        } else {
            let guards = (modes / 8).max(8);
            let start = random_block(n, (modes + guards).min(n), &mut rng);
            let solver =
                SubspaceIteration { degree: 16, tolerance: TOLERANCE, most_steps: 300, lowest: Some(-1.0) };
            solver.leading(&normalised, modes, start.view())?.pairs
        };

        let components = graph.component_of();
        let (mut clusters, number_of_components) = without_gaps(components);
        let mut number_of_clusters = number_of_components;
        if number_of_components <= options.most_clusters {
            let k = clusters_before_gap(pairs.values.view(), options.smoothing, options.most_clusters);
            (clusters, number_of_clusters) =
                without_gaps(spectral_clusters(pairs.vectors.view(), k, &mut rng));
        }

        let weights =
            pairs.values.mapv(|value| (1.0 - value + options.smoothing).max(options.smoothing).sqrt());
        let mut features = pairs.vectors / &weights;
        let mean_square = features.iter().map(|entry| entry * entry).sum::<f64>() / n as f64;
        features /= mean_square.sqrt();
        Ok(Self { graph, eigenvalues: pairs.values, features, clusters, number_of_clusters })
    }

    /// From what [`WarmStart::graph`], [`WarmStart::eigenvalues`], [`WarmStart::features`] and [`WarmStart::clusters`] gave, say
    /// out of a file.
    ///
    /// # Errors
    /// [`Error::Shape`] if the parts do not fit, [`Error::NotFinite`].
    pub fn from_parts(
        graph: SimilarityGraph,
        eigenvalues: Array1<f64>,
        features: Array2<f64>,
        clusters: Vec<usize>,
    ) -> Result<Self> {
        let n = graph.len();
        check::shape("features", &[n, eigenvalues.len()], features.shape())?;
        check::shape("clusters", &[n], &[clusters.len()])?;
        check::finite("eigenvalues", &eigenvalues)?;
        check::finite("features", &features)?;
        let (clusters, number_of_clusters) = without_gaps(clusters);
        let features =
            if features.is_standard_layout() { features } else { features.as_standard_layout().into_owned() };
        Ok(Self { graph, eigenvalues, features, clusters, number_of_clusters })
    }

    /// Number of samples `n`.
    #[allow(clippy::len_without_is_empty)] // never empty by construction
    pub fn len(&self) -> usize {
        self.clusters.len()
    }

    /// The graph it was made from.
    pub fn graph(&self) -> &SimilarityGraph {
        &self.graph
    }

    /// The leading eigenvalues of the normalised graph, in `[−1, 1]`, descending; `modes` of them.
    pub fn eigenvalues(&self) -> ArrayView1<'_, f64> {
        self.eigenvalues.view()
    }

    /// The features `φ` `(n, modes)`, contiguous by rows; the mean of `‖φ_i‖²` is 1.
    pub fn features(&self) -> ArrayView2<'_, f64> {
        self.features.view()
    }

    /// The starting cluster of every sample, below [`WarmStart::number_of_clusters`].
    pub fn clusters(&self) -> &[usize] {
        &self.clusters
    }

    /// Number of starting clusters.
    pub fn number_of_clusters(&self) -> usize {
        self.number_of_clusters
    }

    /// `(n, clusters)`: how probably a random walk on the graph from each sample ends in each cluster; it stays where there is
    /// no edge. At the border of a cluster the surroundings are of others as well.
    pub(super) fn surroundings(&self) -> Array2<f64> {
        let mut shares = Array2::zeros((self.len(), self.number_of_clusters));
        for (mut row, &cluster) in shares.outer_iter_mut().zip(&self.clusters) {
            row[cluster] = 1.0;
        }
        let degrees = self.graph.degrees();
        for _ in 0..WALK {
            let sums = self.graph.apply_unchecked(shares.view());
            for ((mut row, sums), &degree) in shares.outer_iter_mut().zip(sums.outer_iter()).zip(&degrees) {
                if degree > 0.0 {
                    row.assign(&(&sums / degree));
                }
            }
        }
        shares
    }

    /// The sample of a cluster whose features point most nearly in the direction of their mean.
    pub(super) fn centre_of(&self, cluster: usize) -> Option<usize> {
        let members: Vec<usize> = (0..self.len()).filter(|&i| self.clusters[i] == cluster).collect();
        let mean = self.features.select(Axis(0), &members).mean_axis(Axis(0))?;
        let cosine = |i: &usize| {
            let row = self.features.row(*i);
            row.dot(&mean) / row.dot(&row).sqrt().max(f64::MIN_POSITIVE)
        };
        members.into_iter().max_by(|a, b| cosine(a).total_cmp(&cosine(b)).then(b.cmp(a)))
    }
}

/// Clusters of samples by the directions of their rows in the `k` leading eigenvectors.
fn spectral_clusters(vectors: ArrayView2<f64>, k: usize, rng: &mut impl Rng) -> Vec<usize> {
    let mut embedding = vectors.slice(s![.., ..k]).to_owned();
    for mut row in embedding.outer_iter_mut() {
        let norm = row.dot(&row).sqrt();
        if norm > 0.0 {
            row /= norm;
        }
    }
    k_means(embedding.view(), k, rng)
}

/// Clusters renumbered so that each has samples, and how many they are.
fn without_gaps(mut clusters: Vec<usize>) -> (Vec<usize>, usize) {
    let mut used = clusters.clone();
    used.sort_unstable();
    used.dedup();
    for cluster in &mut clusters {
        *cluster = used.partition_point(|&other| other < *cluster);
    }
    (clusters, used.len())
}

/// The number `k ≥ 2` of leading eigenvalues before the largest ratio `(1 − λ_{k+1} + τ) / (1 − λ_k + τ)`.
fn clusters_before_gap(values: ArrayView1<f64>, smoothing: f64, most: usize) -> usize {
    let cost = |k: usize| (1.0 - values[k - 1]).max(0.0) + smoothing;
    let ratio = |k: &usize| cost(k + 1) / cost(*k);
    (2..=most.min(values.len().saturating_sub(1)))
        .max_by(|a, b| ratio(a).total_cmp(&ratio(b)).then(b.cmp(a)))
        .unwrap_or(values.len().min(most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    /// Two steps on the path 0 – 1 – 2 – 3, cut in the middle, and a sample without edges.
    #[test]
    fn surroundings_are_where_a_walk_ends() -> Result<()> {
        let graph = SimilarityGraph::pairs(5, [(0, 1, 2.0), (1, 2, 2.0), (2, 3, 2.0)])?;
        let parts = (Array1::zeros(1), Array2::zeros((5, 1)));
        let start = WarmStart::from_parts(graph, parts.0, parts.1, vec![0, 0, 1, 1, 2])?;
        let expected =
            array![[0.5, 0.5, 0.0], [0.75, 0.25, 0.0], [0.25, 0.75, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]];
        assert_eq!(start.surroundings(), expected);
        Ok(())
    }
}
