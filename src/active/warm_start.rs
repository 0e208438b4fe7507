//! What is known before the first answer: a representation and clusters of the samples, from a graph that needs no answers.
//!
//! The leading eigenvectors of the normalised graph `D^{-1/2} G D^{-1/2}` are the representation that self-supervised losses
//! find on it ([claim T19](crate::theory#t19)). They serve twice.
//!
//! First, they give the clusters that the learning starts from: those before the largest relative gap of the eigenvalues, if
//! one is at least twofold (Ng, Jordan and Weiss 2001); otherwise micro-clusters, joined by their affinity in the graph; and if
//! the graph has more components than [`WarmStartOptions::most_clusters`], its components. In sets of 200 samples and more each
//! cluster is then cut into micro-clusters of a few dozen samples, so that answers can take it apart.
//!
//! Second, many of them, weighted by `(1 − λ + τ)^{-1/2}`, are features `φ` whose inner products `φ_i·φ_j` are a smoothing kernel
//! on the graph: a ridge regression on them is label propagation whose cost does not grow with the number of answers. Copies of
//! a row have the same features.

use ndarray::parallel::prelude::*;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, CowArray, Ix2};

use super::agglomeration::{Agglomeration, Ties};
use super::copies::{first_copies, with_copies_averaged};
use super::micro_clusters::{
    PANEL, indicator, members, micro_cluster_size, micro_clusters, require_inside, without_gaps,
};
use super::spectrum::{clusters_before_gap, leading, spectral_clusters};
use crate::data::commensurate;
use crate::error::{Error, Result, check};
use crate::graph::{NeighbourGraph, NeighbourSearch, SimilarityGraph};
use crate::linalg::Operator;
use crate::random::stream;

/// Options of [`WarmStart`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmStartOptions {
    /// Neighbours of each sample in the graph of [`WarmStart::of_features`]; 10.
    pub neighbours: usize,
    /// How they are looked for.
    pub search: NeighbourSearch,
    /// Most eigenvectors kept as features; 256.
    pub modes: usize,
    /// `τ`: how far beyond the clusters labels spread, a share of the graph's spectrum; 0.01.
    pub smoothing: f64,
    /// Most clusters that are looked for by the eigenvectors; 256. If the graph has more components, these are the clusters.
    pub most_clusters: usize,
    /// Seed of the random starts of eigensolver and clustering.
    pub seed: u64,
}

impl Default for WarmStartOptions {
    fn default() -> Self {
        Self {
            neighbours: 10,
            search: NeighbourSearch::Auto,
            modes: 256,
            smoothing: 0.01,
            most_clusters: 256,
            seed: 0,
        }
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
    micro_clusters: Vec<usize>,
    number_of_micro_clusters: usize,
    recall: Option<f64>,
}

/// Steps of a random walk: to the neighbours of neighbours.
const WALK: usize = 2;
/// Where the eigenvalues have no clear gap, micro-clusters are joined that have at least this affinity: the best of 0.06 to 0.4 on
/// the development half of the experiment `unseen_data`.
const ONE_CLUSTER: f64 = 0.14;
/// The starting clusters of fewer samples in all are about as small, and not cut: on iris and wine it costs answers.
const SMALL_SET: usize = 200;

impl WarmStart {
    /// The start of features `x` `(n, p)`, `n ≥ 2`: they are made [commensurate](commensurate), and each is joined to its nearest
    /// neighbours. An owned array is changed in place, a view is copied if need be.
    ///
    /// Cost that of [`SimilarityGraph::neighbours_by`] and of [`WarmStart::of_graph`].
    ///
    /// # Errors
    /// As [`commensurate`], [`SimilarityGraph::neighbours_by`] and [`WarmStart::of_graph`].
    pub fn of_features<'a>(x: impl Into<CowArray<'a, f64, Ix2>>, options: &WarmStartOptions) -> Result<Self> {
        let x = x.into();
        check::count("neighbours", options.neighbours, usize::MAX, "at least 1")?;
        if x.nrows() < 2 {
            let must = "at least 2, so that there is a pair to ask about";
            return Err(Error::Domain { argument: "number of samples", value: x.nrows() as f64, must });
        }
        let neighbours = options.neighbours.min(x.nrows() - 1);
        let x = commensurate(x)?;
        let NeighbourGraph { graph, recall } =
            SimilarityGraph::neighbours_by(x.view(), neighbours, options.search)?;
        let point_of = first_copies(x.view());
        drop(x); // the memory is needed
        Ok(Self { recall, ..Self::of_points(graph, &point_of, options)? })
    }

    /// From a graph with entries at least zero, say a mixture of views and neighbours; its diagonal should be small.
    ///
    /// Cost: up to 1024 samples `O(n³)`; up to 8192 some hundred products of the graph with a block of `modes` columns, and
    /// `O(n modes²)` each; beyond, some ten times as many vectors as `modes` are multiplied in single precision, with `O(n modes)`
    /// each.
    ///
    /// # Errors
    /// [`Error::Domain`] for bad options, a negative entry or fewer than two samples; what the eigensolver reports.
    pub fn of_graph(graph: SimilarityGraph, options: &WarmStartOptions) -> Result<Self> {
        let distinct: Vec<usize> = (0..graph.len()).collect();
        Self::of_points(graph, &distinct, options)
    }

    /// The same, where `point_of` says of each sample which one is its first copy; copies get the same features.
    fn of_points(graph: SimilarityGraph, point_of: &[usize], options: &WarmStartOptions) -> Result<Self> {
        let n = graph.len();
        if n < 2 {
            return Err(Error::Domain { argument: "number of samples", value: n as f64, must: "at least 2" });
        }
        check::count("modes", options.modes, usize::MAX, "at least 1")?;
        check::count("most_clusters", options.most_clusters, usize::MAX, "at least 1")?;
        check::positive("smoothing", options.smoothing)?;
        graph.require_non_negative("graph")?;

        let mut rng = stream(options.seed, 0);
        let components = graph.component_of();
        let (values, vectors) = leading(&graph, &components, options.modes.min(n), &mut rng)?;
        let vectors = with_copies_averaged(vectors, point_of);
        let most = options.most_clusters;
        let found = if components.iter().any(|&component| component >= most) {
            Some(components)
        } else {
            let before_gap = clusters_before_gap(values.view(), options.smoothing, most);
            before_gap.map(|k| spectral_clusters(vectors.view(), k, &mut rng))
        };
        let weights = values.mapv(|value| (1.0 - value + options.smoothing).max(options.smoothing).sqrt());
        let mut features = vectors;
        features /= &weights;
        let mean_square = features.iter().map(|entry| entry * entry).sum::<f64>() / n as f64;
        features /= mean_square.sqrt();
        let clusters = found.unwrap_or_else(|| agglomerated(&graph, features.view()));
        Self::from_parts(graph, values, features, clusters)
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
        Self::from_stored_parts(graph, eigenvalues, features, clusters, None)
    }

    /// The same with what [`WarmStart::micro_clusters`] gave, which are found anew otherwise.
    ///
    /// # Errors
    /// As [`WarmStart::from_parts`]; [`Error::Domain`] if a micro-cluster has samples of two clusters.
    pub(crate) fn from_stored_parts(
        graph: SimilarityGraph,
        eigenvalues: Array1<f64>,
        features: Array2<f64>,
        clusters: Vec<usize>,
        stored: Option<Vec<usize>>,
    ) -> Result<Self> {
        let n = graph.len();
        check::shape("features", &[n, eigenvalues.len()], features.shape())?;
        check::shape("clusters", &[n], &[clusters.len()])?;
        check::finite("eigenvalues", &eigenvalues)?;
        check::finite("features", &features)?;
        let (clusters, number_of_clusters) = without_gaps(clusters);
        let features =
            if features.is_standard_layout() { features } else { features.as_standard_layout().into_owned() };
        let (micro_clusters, number_of_micro_clusters) = if let Some(given) = stored {
            check::shape("micro-clusters", &[n], &[given.len()])?;
            let (given, count) = without_gaps(given);
            require_inside(&given, &clusters)?;
            (given, count)
        } else {
            let most = if n < SMALL_SET { n } else { micro_cluster_size(n) };
            micro_clusters(features.view(), &members(&clusters, number_of_clusters), most)
        };
        Ok(Self {
            graph,
            eigenvalues,
            features,
            clusters,
            number_of_clusters,
            micro_clusters,
            number_of_micro_clusters,
            recall: None,
        })
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

    /// The share of the nearest neighbours that was found where the search for them was approximate, as
    /// [`NeighbourGraph::recall`]; not known of a start that was put together from its parts.
    pub fn recall(&self) -> Option<f64> {
        self.recall
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

    /// The micro-cluster of every sample, below [`WarmStart::number_of_micro_clusters`]: each lies in one cluster.
    pub fn micro_clusters(&self) -> &[usize] {
        &self.micro_clusters
    }

    /// Number of micro-clusters.
    pub fn number_of_micro_clusters(&self) -> usize {
        self.number_of_micro_clusters
    }

    /// For every sample the micro-clusters that a random walk on the graph from there may end in, and how probably; it stays
    /// where there is no edge. At the border of a cluster the surroundings are of others as well.
    pub(super) fn surroundings(&self) -> Vec<Vec<(usize, f64)>> {
        let mut near = vec![Vec::new(); self.len()];
        let degrees = self.graph.degrees().to_vec();
        for first in (0..self.number_of_micro_clusters).step_by(PANEL) {
            let panel = first..(first + PANEL).min(self.number_of_micro_clusters);
            let mut shares = indicator(&self.micro_clusters, panel);
            for _ in 0..WALK {
                let sums = self.graph.apply_unchecked(shares.view());
                let rows = shares.axis_iter_mut(Axis(0)).into_par_iter().zip(sums.axis_iter(Axis(0)));
                rows.zip(degrees.par_iter()).for_each(|((mut row, sums), &degree)| {
                    if degree > 0.0 {
                        row.assign(&(&sums / degree));
                    }
                });
            }
            for (near, row) in near.iter_mut().zip(shares.outer_iter()) {
                let shares = (first..).zip(row.iter().copied());
                near.extend(shares.filter(|&(_, share)| share > 0.0));
            }
        }
        near
    }

    /// The samples of every cluster.
    pub(super) fn samples_of_clusters(&self) -> Vec<Vec<usize>> {
        members(&self.clusters, self.number_of_clusters)
    }

    /// The samples of every micro-cluster.
    pub(super) fn samples_of_micro_clusters(&self) -> Vec<Vec<usize>> {
        members(&self.micro_clusters, self.number_of_micro_clusters)
    }

    /// Of some samples the one whose features point most nearly in the direction of their mean.
    pub(super) fn centre_of(&self, samples: &[usize]) -> Option<usize> {
        let mean = self.features.select(Axis(0), samples).mean_axis(Axis(0))?;
        let cosine = |i: usize| {
            let row = self.features.row(i);
            row.dot(&mean) / row.dot(&row).sqrt().max(f64::MIN_POSITIVE)
        };
        samples.iter().copied().max_by(|&a, &b| cosine(a).total_cmp(&cosine(b)).then(b.cmp(&a)))
    }
}

/// Clusters of samples whose micro-clusters the graph holds together.
fn agglomerated(graph: &SimilarityGraph, features: ArrayView2<f64>) -> Vec<usize> {
    let all: Vec<usize> = (0..graph.len()).collect();
    let (micro_clusters, count) = micro_clusters(features, &[all], micro_cluster_size(graph.len()));
    let ties = Ties::between(graph, &micro_clusters, count);
    let (none, related) = (Array2::zeros((count, count)), Array2::from_elem((count, count), true));
    let joined = Agglomeration::new(&ties, none, related, |relation| {
        if relation.affinity >= ONE_CLUSTER { relation.affinity } else { 0.0 }
    });
    let cluster_of = joined.group_of_atoms();
    micro_clusters.into_iter().map(|micro_cluster| cluster_of[micro_cluster]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two steps on the path 0 – 1 – 2 – 3, cut in the middle, and a sample without edges.
    #[test]
    fn surroundings_are_where_a_walk_ends() -> Result<()> {
        let graph = SimilarityGraph::pairs(5, [(0, 1, 2.0), (1, 2, 2.0), (2, 3, 2.0)])?;
        let parts = (Array1::zeros(1), Array2::zeros((5, 1)));
        let start = WarmStart::from_parts(graph, parts.0, parts.1, vec![0, 0, 1, 1, 2])?;
        let expected = [
            &[(0, 0.5), (1, 0.5)][..],
            &[(0, 0.75), (1, 0.25)],
            &[(0, 0.25), (1, 0.75)],
            &[(0, 0.5), (1, 0.5)],
            &[(2, 1.0)],
        ];
        assert_eq!(start.surroundings(), expected);
        Ok(())
    }

    /// The mean is (1, 2/3); the second row points there but for 7 degrees, the others but for 34 and 56.
    #[test]
    fn the_centre_points_to_the_mean() -> Result<()> {
        let features = ndarray::array![[1.0, 0.0], [2.0, 1.0], [0.0, 1.0], [4.0, 2.0]];
        let graph = SimilarityGraph::pairs(4, [(0, 1, 1.0)])?;
        let start = WarmStart::from_parts(graph, Array1::ones(2), features, vec![0; 4])?;
        assert_eq!(start.centre_of(&[0, 1, 2]), Some(1));
        assert_eq!(start.centre_of(&[0, 3, 1]), Some(1)); // of equal directions the first sample
        assert_eq!(start.centre_of(&[]), None);
        Ok(())
    }
}
