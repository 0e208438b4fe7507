//! Bad input is an error that names the argument.

use ndarray::{Array1, Array2, array};
use pal::Error;
use pal::data::Labels;
use pal::graph::{SimilarityGraph, drop_entries, redraw_labels};
use pal::linalg::Operator;

use crate::support::{refused, rng};

#[test]
fn constructors_refuse_bad_input() {
    refused!(SimilarityGraph::views(0, 2), Error::Empty { argument: "samples", .. });
    refused!(SimilarityGraph::views(2, 0), Error::Empty { argument: "views", .. });
    refused!(SimilarityGraph::views(usize::MAX, 2), Error::Domain { argument: "samples", .. });
    refused!(SimilarityGraph::identity(0), Error::Empty { argument: "samples", .. });

    refused!(SimilarityGraph::dense(Array2::zeros((0, 0))), Error::Empty { argument: "graph", .. });
    refused!(SimilarityGraph::dense(Array2::zeros((2, 3))), Error::Shape { argument: "graph", .. });
    refused!(
        SimilarityGraph::dense(array![[0.0, 1.0], [2.0, 0.0]]),
        Error::Asymmetric { argument: "graph", row: 1, column: 0, .. }
    );
    refused!(SimilarityGraph::dense(array![[f64::NAN]]), Error::NotFinite { argument: "graph", .. });

    refused!(
        SimilarityGraph::low_rank(Array2::zeros((0, 1)), Array1::ones(1)),
        Error::Empty { argument: "factor", .. }
    );
    refused!(
        SimilarityGraph::low_rank(Array2::zeros((3, 2)), Array1::ones(1)),
        Error::Shape { argument: "weights", .. }
    );
    refused!(
        SimilarityGraph::low_rank(array![[f64::INFINITY]], Array1::ones(1)),
        Error::NotFinite { argument: "factor", .. }
    );
    refused!(
        SimilarityGraph::low_rank(array![[1.0]], array![f64::NAN]),
        Error::NotFinite { argument: "weights", .. }
    );
}

#[test]
fn pairs_refuse_bad_input() {
    refused!(SimilarityGraph::pairs(0, []), Error::Empty { argument: "samples", .. });
    refused!(SimilarityGraph::pairs(3, [(0, 3, 1.0)]), Error::Domain { value: 3.0, .. });
    refused!(SimilarityGraph::pairs(3, [(4, 0, 1.0)]), Error::Domain { value: 4.0, .. });
    refused!(SimilarityGraph::pairs(3, [(0, 1, f64::NAN)]), Error::NotFinite { argument: "pairs", .. });
    refused!(
        SimilarityGraph::pairs(3, [(0, 1, 1.0), (2, 2, 1.0), (1, 0, -1.0)]),
        Error::Conflict { argument: "pairs", row: 0, column: 1, first: 1.0, second: -1.0 }
    );
    refused!(SimilarityGraph::pairs(3, [(0, 1, 1.0), (0, 1, 0.0)]), Error::Conflict { .. });
    let twice = SimilarityGraph::pairs(3, [(0, 1, 2.0), (1, 0, 2.0), (2, 0, 0.0)]).unwrap();
    assert_eq!(twice, SimilarityGraph::pairs(3, [(0, 1, 2.0)]).unwrap());
    assert_eq!(SimilarityGraph::pairs(3, []).unwrap().components(), 3);
}

#[test]
fn mixtures_refuse_bad_input() {
    let graph = |n| SimilarityGraph::identity(n).unwrap();
    refused!(SimilarityGraph::mixture([]), Error::Empty { argument: "mixture", .. });
    refused!(SimilarityGraph::mixture([(1.0, graph(2)), (1.0, graph(3))]), Error::Shape { .. });
    refused!(SimilarityGraph::mixture([(1.0, graph(2)), (0.0, graph(3))]), Error::Shape { .. });
    refused!(SimilarityGraph::mixture([(f64::NAN, graph(2))]), Error::NotFinite { .. });
}

#[test]
fn methods_refuse_bad_input() {
    let graph = SimilarityGraph::views(2, 2).unwrap();
    refused!(graph.entry(4, 0), Error::Domain { argument: "row", .. });
    refused!(graph.entry(0, 4), Error::Domain { argument: "column", .. });
    refused!(graph.add_to(1.0, &mut Array2::zeros((4, 3)).view_mut()), Error::Shape { argument: "out", .. });
    refused!(graph.inner(&SimilarityGraph::identity(3).unwrap()), Error::Shape { argument: "other", .. });
    refused!(graph.restrict(&[]), Error::Empty { argument: "indices", .. });
    refused!(graph.restrict(&[0, 4]), Error::Domain { argument: "indices", .. });
    let laplacian = graph.laplacian();
    refused!(laplacian.energy(Array2::<f64>::zeros((3, 2)).view()), Error::Shape { argument: "z", .. });
    refused!(laplacian.energy(array![[0.0], [0.0], [f64::NAN], [0.0]].view()), Error::NotFinite { .. });
    let normalised = laplacian.normalised().unwrap();
    refused!(normalised.energy(Array2::<f64>::zeros((3, 2)).view()), Error::Shape { argument: "z", .. });
}

#[test]
fn negative_degrees_have_no_normalised_graph() {
    let labels = Labels::new(vec![0, 1, 2], 3).unwrap();
    let graph = SimilarityGraph::contrastive_labels(&labels);
    refused!(graph.normalised(), Error::Domain { argument: "degree", value: -1.0, .. });
    refused!(graph.laplacian().normalised(), Error::Domain { argument: "degree", value: -1.0, .. });
}

#[test]
fn perturbations_refuse_bad_input() {
    let labels = Labels::new(vec![0, 1], 2).unwrap();
    let graph = SimilarityGraph::labels(&labels);
    for bad in [-0.1, 1.1, f64::NAN] {
        refused!(drop_entries(&graph, bad, &mut rng(0)), Error::Domain { argument: "p", .. });
        refused!(redraw_labels(&labels, bad, &mut rng(0)), Error::Domain { argument: "rate", .. });
    }
}

/// A graph of 8 samples multiplies blocks of 8 rows, whatever its form, and no others.
#[test]
fn products_refuse_blocks_of_other_heights() {
    let labels = Labels::new(vec![0, 1, 0, 1, 2, 2, 0, 1], 3).unwrap();
    let graphs = [
        SimilarityGraph::views(4, 2).unwrap(),
        SimilarityGraph::labels(&labels),
        SimilarityGraph::contrastive_labels(&labels),
        SimilarityGraph::pairs(8, [(0, 1, 1.0), (6, 7, -1.0)]).unwrap(),
        SimilarityGraph::dense(Array2::eye(8)).unwrap(),
    ];
    for graph in &graphs {
        for rows in [0, 6, 7, 9, 10, 16] {
            let x = Array2::<f64>::ones((rows, 3));
            let mut out = x.clone();
            let refuses = |outcome: pal::Result<()>| refused!(outcome, Error::Shape { argument: "x", .. });
            refuses(graph.apply(x.view()).map(drop));
            refuses(graph.apply_add(1.0, x.view(), out.view_mut()));
            refuses(graph.laplacian().apply(x.view()).map(drop));
            assert_eq!(out, x, "nothing was added");
        }
        let x = Array2::<f64>::ones((8, 3));
        for shape in [(8, 2), (7, 3), (9, 3)] {
            let mut out = Array2::zeros(shape);
            refused!(graph.apply_add(1.0, x.view(), out.view_mut()), Error::Shape { argument: "out", .. });
        }
        assert_eq!(graph.apply(x.view()).unwrap(), graph.to_dense().dot(&x));
        let huge = Array2::from_elem((8, 1), f64::MAX);
        let of_graph = graph.to_dense().dot(&huge);
        assert_eq!(graph.apply(huge.view()).is_ok(), of_graph.iter().all(|entry| entry.is_finite()));
    }
}
