//! The golden values of claim T50.

use ndarray::Array2;
use pal::data::{Labelled, circles_sweep};
use pal::graph::SimilarityGraph;
use pal::loss::{BarlowTwins, Loss, NtXent, Ridge, SpectralLoss, Statistics, VicReg};

use crate::support::rng;

const N: usize = 40;

/// The test circles without noise; their label graph keeps its diagonal.
fn circles() -> (Array2<f64>, SimilarityGraph) {
    let Labelled { inputs, labels } = circles_sweep(N, 0.0, &mut rng(0)).unwrap();
    (inputs, SimilarityGraph::labels(&labels))
}

fn assert_value(loss: &dyn Loss, z: &Array2<f64>, graph: &SimilarityGraph, expected: f64) {
    let value = loss.value(z.view(), graph).unwrap();
    assert!((value - expected).abs() <= 1e-10 * expected, "{value} instead of {expected}");
}

#[test]
fn t50_losses_on_the_label_graph() {
    let (x, graph) = circles();
    assert_eq!(graph.diagonal().sum(), 40.0);
    let z = Array2::from_shape_fn((N, 3), |(i, k)| {
        let t = i as f64 / N as f64;
        [x[[i, 0]] + t, x[[i, 1]] * (1.0 + t), 1.0][k] / 10.0
    });
    assert_value(&SpectralLoss::SimClr2, &z, &graph, 412.011_839_726_42);
    assert_value(&SpectralLoss::Vic2 { lambda: 2.0 }, &z, &graph, 131.150_980_496_995_96);
    assert_value(&SpectralLoss::BarlowTwins2, &z, &graph, 17.994_457_000_118_78);
    assert_value(&Ridge { lambda: 0.01 }, &z, &graph, 0.867_925_584_193_579_5);
    assert_value(&VicReg::default(), &z, &graph, 135.401_145_424_300_2);
    assert_value(&NtXent { temperature: 0.5 }, &z, &graph, 4.308_602_902_675_351);
}

#[test]
fn t50_barlow_twins_on_labels_and_views() {
    let (x, labels) = circles();
    let z =
        Array2::from_shape_fn((N, 3), |(i, k)| [x[[i, 0]] + 0.3 * x[[i, 1]], x[[i, 1]], (i as f64).cos()][k]);
    let views = SimilarityGraph::views(N / 2, 2).unwrap();
    assert_value(&BarlowTwins::default(), &z, &labels, 2.934_351_077_010_938);
    assert_value(&BarlowTwins::default(), &z, &views, 0.070_422_854_186_255_06);
}

#[test]
fn the_weights_of_the_originals() {
    let statistics = Statistics::Pooled;
    assert_eq!(VicReg::default(), VicReg { variance: 25.0, covariance: 1.0, invariance: 25.0, statistics });
    assert_eq!(BarlowTwins::default(), BarlowTwins { lambda: 0.005, statistics });
}
