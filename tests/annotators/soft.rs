//! Posteriors as graphs.

use ndarray::{Array2, array};
use pal::Error;
use pal::data::Labels;
use pal::graph::{Form, SimilarityGraph};
use pal::oracle::{Pair, class_graph, pair_graph};
use proptest::prelude::*;
use rand::RngExt;

use crate::support::{refused, rel, rng};

fn posteriors(n: usize, c: usize, seed: u64) -> Array2<f64> {
    let mut rng = rng(seed);
    let mut p = Array2::from_shape_simple_fn((n, c), || rng.random::<f64>());
    for mut row in p.rows_mut() {
        let sum = row.sum();
        row /= sum;
    }
    p
}

proptest! {
    /// `P Pᵀ` is the mean of `Y Yᵀ` over labels drawn from the posteriors, off the diagonal.
    #[test]
    fn class_graphs_are_expectations(n in 1..5_usize, c in 1..4_usize, seed: u64) {
        let p = posteriors(n, c, seed);
        let mut mean = Array2::<f64>::zeros((n, n));
        for labelling in 0..c.pow(n as u32) {
            let of = |i: usize| labelling / c.pow(i as u32) % c;
            let chance: f64 = (0..n).map(|i| p[[i, of(i)]]).product();
            mean += &Array2::from_shape_fn((n, n), |(i, j)| if of(i) == of(j) { chance } else { 0.0 });
        }
        let graph = class_graph(p.clone()).unwrap();
        prop_assert!(matches!(graph.terms(), [(_, Form::LowRank(_))]));
        let dense = graph.to_dense();
        let off_diagonal = |matrix: &Array2<f64>| {
            let kept = matrix.indexed_iter().filter(|((i, j), _)| i != j);
            kept.map(|(_, entry)| *entry).collect::<Vec<f64>>()
        };
        prop_assert!(rel(&off_diagonal(&dense), &off_diagonal(&mean)) < 1e-12);
        for i in 0..n {
            prop_assert!((dense[[i, i]] - p.row(i).dot(&p.row(i))).abs() < 1e-12);
        }
    }

    #[test]
    fn certain_posteriors_are_labels(class_of in prop::collection::vec(0..3_usize, 1..10)) {
        let truth = Labels::new(class_of, 3).unwrap();
        let soft = class_graph(truth.one_hot()).unwrap().to_dense();
        prop_assert_eq!(soft, SimilarityGraph::labels(&truth).to_dense());
    }

    #[test]
    fn pair_graphs_are_expected_signs(n in 2..12_usize, share in 0.0..1.0_f64, seed: u64) {
        let mut rng = rng(seed);
        let mut expected = Array2::<f64>::eye(n);
        let mut entries = Vec::new();
        for pair in super::pairs(n) {
            if rng.random_bool(share) {
                let q = rng.random::<f64>();
                let (i, j) = (pair.first(), pair.second());
                expected[[i, j]] = q - (1.0 - q);
                expected[[j, i]] = expected[[i, j]];
                entries.push((pair, q));
            }
        }
        let graph = pair_graph(n, entries).unwrap();
        prop_assert!(matches!(graph.terms(), [(_, Form::Pairs(_))]));
        prop_assert!(rel(&graph.to_dense(), &expected) < 1e-15);
    }
}

#[test]
fn soft_inputs() {
    refused!(class_graph(array![[0.5, 0.6]]), Error::Domain { argument: "sum of a row of posteriors", .. });
    refused!(class_graph(array![[0.5, 0.5], [1.5, -0.5]]), Error::Domain { argument: "posteriors", .. });
    refused!(class_graph(array![[f64::NAN, 1.0]]), Error::Domain { argument: "posteriors", .. });
    refused!(class_graph(Array2::zeros((0, 2))), Error::Empty { .. });
    refused!(class_graph(Array2::zeros((2, 0))), Error::Domain { .. });
    let pair = Pair::new(0, 2).unwrap();
    refused!(pair_graph(0, []), Error::Empty { .. });
    refused!(pair_graph(2, [(pair, 0.5)]), Error::Domain { value: 2.0, .. });
    refused!(pair_graph(3, [(pair, 1.5)]), Error::Domain { argument: "posterior", value: 1.5, .. });
    refused!(pair_graph(3, [(pair, 0.2), (pair, 0.3)]), Error::Conflict { row: 0, column: 2, .. });
    assert_eq!(pair_graph(3, [(pair, 0.5)]).unwrap().to_dense(), Array2::<f64>::eye(3));
    assert_eq!(pair_graph(3, [(pair, 0.0)]).unwrap().entry(0, 2).unwrap(), -1.0);
}
