//! Random graphs of every form, each with its matrix built by definition.

use ndarray::{Array1, Array2};
use pal::data::Labels;
use pal::graph::SimilarityGraph;
use proptest::prelude::*;
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use crate::support::{gaussian, rng, symmetric};

/// A graph and its matrix by definition.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) graph: SimilarityGraph,
    pub(crate) dense: Array2<f64>,
}

pub(crate) fn by_entries(n: usize, entry: impl Fn(usize, usize) -> f64) -> Array2<f64> {
    Array2::from_shape_fn((n, n), |(i, j)| entry(i, j))
}

/// Labels over `classes` classes, each unknown with probability 0.2.
pub(crate) fn partial_labels(n: usize, classes: usize, rng: &mut impl Rng) -> Labels {
    let class = |_| if rng.random_bool(0.2) { None } else { Some(rng.random_range(0..classes)) };
    Labels::partial((0..n).map(class).collect(), classes).unwrap()
}

/// Labels with `sizes[c]` members of class `c`, in random order.
pub(crate) fn labels_of_sizes(sizes: &[usize], rng: &mut impl Rng) -> Labels {
    let mut class_of: Vec<usize> = sizes.iter().enumerate().flat_map(|(c, &size)| vec![c; size]).collect();
    for i in (1..class_of.len()).rev() {
        class_of.swap(i, rng.random_range(0..=i));
    }
    Labels::new(class_of, sizes.len()).unwrap()
}

pub(crate) fn labels_by_definition(labels: &Labels) -> Array2<f64> {
    by_entries(labels.len(), |i, j| match (labels.class_of(i), labels.class_of(j)) {
        (Some(a), Some(b)) if a == b => 1.0,
        _ => 0.0,
    })
}

pub(crate) fn contrastive_by_definition(labels: &Labels) -> Array2<f64> {
    by_entries(labels.len(), |i, j| match (labels.class_of(i), labels.class_of(j)) {
        (Some(a), Some(b)) if a == b => 1.0,
        (Some(_), Some(_)) => -1.0,
        _ => 0.0,
    })
}

/// One form out of seven (`kind` modulo 7) over `12` samples.
fn single(kind: usize, rng: &mut impl Rng) -> Instance {
    let n = 12;
    let labels = partial_labels(n, [1, 3, 20][rng.random_range(0..3)], rng);
    let sparse = |rng: &mut dyn Rng| {
        symmetric(n, || if rng.random_bool(0.2) { rng.sample(StandardNormal) } else { 0.0 }, |entry| entry)
    };
    match kind % 7 {
        0 => {
            let views = [1, 2, 3, 4][rng.random_range(0..4)];
            let dense = by_entries(n, |i, j| if i / views == j / views { 1.0 } else { 0.0 });
            Instance { graph: SimilarityGraph::views(n / views, views).unwrap(), dense }
        }
        1 => Instance { graph: SimilarityGraph::labels(&labels), dense: labels_by_definition(&labels) },
        2 => Instance {
            graph: SimilarityGraph::contrastive_labels(&labels),
            dense: contrastive_by_definition(&labels),
        },
        3 => {
            let dense = sparse(rng);
            let named = (0..n).flat_map(|i| (0..n).map(move |j| (i, j)));
            let triples: Vec<_> = named.map(|(i, j)| (i, j, dense[[i, j]])).collect();
            Instance { graph: SimilarityGraph::pairs(n, triples).unwrap(), dense }
        }
        4 => {
            let rank = rng.random_range(0..4);
            let factor = gaussian(n, rank, rng);
            let weights: Array1<f64> = (0..rank).map(|_| rng.sample(StandardNormal)).collect();
            let dense =
                by_entries(n, |i, j| (0..rank).map(|a| weights[a] * factor[[i, a]] * factor[[j, a]]).sum());
            Instance { graph: SimilarityGraph::low_rank(factor, weights).unwrap(), dense }
        }
        5 => {
            let dense = sparse(rng);
            Instance { graph: SimilarityGraph::dense(dense.clone()).unwrap(), dense }
        }
        _ => {
            let dense = symmetric(n, || rng.sample(StandardNormal), |entry| entry);
            Instance { graph: SimilarityGraph::dense(dense.clone()).unwrap(), dense }
        }
    }
}

/// Graphs of one form, over 12 samples.
pub(crate) fn form() -> impl Strategy<Value = Instance> {
    (0..7_usize, any::<u64>()).prop_map(|(kind, seed)| single(kind, &mut rng(seed)))
}

/// Graphs of one form, mixtures of two or three, and mixtures of mixtures, over 12 samples.
pub(crate) fn any_graph() -> impl Strategy<Value = Instance> {
    (form(), prop::collection::vec((-2.0..2.0, form()), 0..3), -1.0..1.0).prop_map(
        |(first, others, weight)| {
            if others.is_empty() {
                return first;
            }
            let inner = mixture(&others);
            mixture(&[(0.5, first), (weight, inner)])
        },
    )
}

pub(crate) fn mixture(terms: &[(f64, Instance)]) -> Instance {
    let graphs = terms.iter().map(|(weight, term)| (*weight, term.graph.clone()));
    let dense = terms
        .iter()
        .fold(Array2::zeros(terms[0].1.dense.raw_dim()), |sum, (weight, term)| sum + *weight * &term.dense);
    Instance { graph: SimilarityGraph::mixture(graphs).unwrap(), dense }
}
