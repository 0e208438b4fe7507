//! Micro-clusters: each cluster cut into groups of samples that are sure to belong together.

use std::ops::Range;

use ndarray::{Array2, ArrayView2};

use super::bisection::bisected;
use crate::error::{Error, Result};
use crate::random::stream;

/// Beyond so many samples clusters are found by a part of them.
pub(super) const MANY: usize = 8192;
/// Columns of a matrix with a row a sample that are held at a time.
pub(super) const PANEL: usize = 64;
/// Samples of a micro-cluster at most, and micro-clusters of a large set at least.
const MICRO_CLUSTER: usize = 40;
const FEW_MICRO_CLUSTERS: usize = 128;
/// Micro-clusters are the same whatever else is drawn at random.
const MICRO_CLUSTER_SEED: u64 = 0;
/// `(n, groups)`: 1 in the column of the group of each row, of a range of groups.
pub(super) fn indicator(group_of: &[usize], groups: Range<usize>) -> Array2<f64> {
    let mut indicator = Array2::zeros((group_of.len(), groups.len()));
    for (mut row, group) in indicator.outer_iter_mut().zip(group_of) {
        if groups.contains(group) {
            row[group - groups.start] = 1.0;
        }
    }
    indicator
}

/// The samples of each of `groups` groups, ascending.
pub(super) fn members(group_of: &[usize], groups: usize) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); groups];
    for (sample, &group) in group_of.iter().enumerate() {
        members[group].push(sample);
    }
    members
}

/// Samples of a micro-cluster at most, of `n` in all.
pub(super) fn micro_cluster_size(n: usize) -> usize {
    MICRO_CLUSTER.max(n.div_ceil(FEW_MICRO_CLUSTERS))
}

/// The micro-cluster of every sample, of at most `most`, those of a cluster in a row, and how many they are.
pub(super) fn micro_clusters(
    features: ArrayView2<f64>,
    clusters: &[Vec<usize>],
    most: usize,
) -> (Vec<usize>, usize) {
    let n = features.nrows();
    let mut rng = stream(MICRO_CLUSTER_SEED, 0);
    let mut micro_clusters = vec![0; n];
    let mut before = 0;
    for samples in clusters {
        let own = bisected(features, samples, most, n > MANY, &mut rng);
        for (&sample, &number) in samples.iter().zip(&own) {
            micro_clusters[sample] = before + number;
        }
        before += own.iter().max().map_or(0, |last| last + 1);
    }
    (micro_clusters, before)
}

/// Checks that each micro-cluster lies in one cluster.
pub(super) fn require_inside(micro_clusters: &[usize], clusters: &[usize]) -> Result<()> {
    let mut cluster_of = vec![None; micro_clusters.len()];
    for (&micro_cluster, &cluster) in micro_clusters.iter().zip(clusters) {
        if *cluster_of[micro_cluster].get_or_insert(cluster) != cluster {
            let (argument, value) = ("micro-cluster", micro_cluster as f64);
            return Err(Error::Domain { argument, value, must: "of samples of one cluster" });
        }
    }
    Ok(())
}

/// Clusters renumbered so that each has samples, and how many they are.
pub(super) fn without_gaps(mut clusters: Vec<usize>) -> (Vec<usize>, usize) {
    let mut used = clusters.clone();
    used.sort_unstable();
    used.dedup();
    for cluster in &mut clusters {
        *cluster = used.partition_point(|&other| other < *cluster);
    }
    (clusters, used.len())
}
