//! Single against double precision: the same losses, values and slopes.

use ndarray::{Array1, Array2};
use pal::data::Labels;
use pal::graph::SimilarityGraph;
use pal::loss::{BarlowTwins, Loss, NtXent, Ridge, SpectralLoss, VicReg, cross_entropy};
use proptest::prelude::*;
use rand::RngExt;

use crate::instances::{any_graph, partial_labels};
use crate::support::{cases, gaussian, rel, rng};

/// Losses that take any graph, and those that take none with negative entries.
fn on_any_graph<F: pal::Scalar>() -> [Box<dyn Loss<F>>; 5] {
    [
        Box::new(SpectralLoss::SimClr2),
        Box::new(SpectralLoss::Vic2 { lambda: 0.7 }),
        Box::new(SpectralLoss::BarlowTwins2),
        Box::new(VicReg::default()),
        Box::new(Ridge { lambda: 0.1 }),
    ]
}

fn on_positive_graphs<F: pal::Scalar>() -> [Box<dyn Loss<F>>; 2] {
    [Box::new(BarlowTwins::default()), Box::new(NtXent { temperature: 0.2 })]
}

fn single(z: &Array2<f64>) -> Array2<f32> {
    z.mapv(|entry| entry as f32)
}

/// Value and slope in `f32` and in `f64`, at the same point: to the tolerance of the slope's size, and to so many times what
/// moving every entry of `z` by a unit of rounding changes in `f64`, for a slope may be the difference of large terms.
fn agree(
    in_single: &dyn Loss<f32>,
    in_double: &dyn Loss<f64>,
    z: &Array2<f32>,
    graph: &SimilarityGraph,
    tolerance: f64,
) -> bool {
    let (value, gradient) = in_single.value_and_gradient(z.view(), graph).unwrap();
    let (expected, slope) = in_double.value_and_gradient(z.mapv(f64::from).view(), graph).unwrap();
    let largest = |a: &Array2<f64>| a.iter().fold(1e-9_f64, |largest, entry| largest.max(entry.abs()));
    let difference = largest(&(gradient.mapv(f64::from) - &slope));
    let mut rng = rng(0);
    let conditioning = (0..4).fold(0.0_f64, |most, _| {
        let noise = gaussian(z.nrows(), z.ncols(), &mut rng) * f64::from(f32::EPSILON);
        let moved = z.mapv(f64::from) * (1.0 + noise);
        let (_, there) = in_double.value_and_gradient(moved.view(), graph).unwrap();
        most.max(largest(&(there - &slope)))
    });
    let allowed = tolerance * largest(&slope) + 30.0 * conditioning;
    let close =
        (f64::from(value) - expected).abs() <= tolerance * (1.0 + expected.abs()) && difference < allowed;
    if !close {
        eprintln!("{value} for {expected}, slopes differ by {difference:e}, allowed are {allowed:e}");
    }
    close
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn single_precision_agrees_on_every_form(instance in any_graph(), k in 1..=5_usize, seed in any::<u64>()) {
        let z = single(&gaussian(instance.graph.len(), k, &mut rng(seed)));
        for (in_single, in_double) in on_any_graph().iter().zip(on_any_graph()) {
            prop_assert!(agree(&**in_single, &*in_double, &z, &instance.graph, 1e-4));
        }
    }

    #[test]
    fn cross_entropy_agrees(n in 2..=12_usize, k in 1..=4_usize, classes in 1..=4_usize, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let (z, w) = (single(&gaussian(n, k, &mut rng)), single(&gaussian(k, classes, &mut rng)));
        let labels = partial_labels(n, classes, &mut rng);
        prop_assume!(labels.iter().any(|class| class.is_some()));
        let loss = cross_entropy(z.view(), w.view(), &labels).unwrap();
        let expected = cross_entropy(z.mapv(f64::from).view(), w.mapv(f64::from).view(), &labels).unwrap();
        prop_assert!((f64::from(loss.value) - expected.value).abs() < 1e-5 * (1.0 + expected.value));
        prop_assert!(rel(&loss.gradient_z.mapv(f64::from), &expected.gradient_z) < 1e-5);
        prop_assert!(rel(&loss.gradient_weights.mapv(f64::from), &expected.gradient_weights) < 1e-5);
    }
}

/// NT-Xent relative to a common shift and, at low temperatures, relative to each row's largest similarity.
#[test]
fn single_precision_agrees_at_low_temperatures() {
    let n = 300;
    let z = single(&(gaussian(n, 8, &mut rng(6)) * 0.3 + 1.0));
    let graph = SimilarityGraph::views(n / 3, 3).unwrap();
    for temperature in [1.0, 0.1, 0.03, 0.01] {
        let loss = NtXent { temperature };
        assert!(agree(&loss, &loss, &z, &graph, 1e-4), "{temperature}");
    }
}

/// The bits of the results, in blocks and chunks that do not divide the number of samples.
#[test]
fn the_same_for_any_number_of_threads() {
    let n = 2_500;
    let mut rng = rng(7);
    let z = gaussian(n, 5, &mut rng);
    let labels = Labels::new((0..n).map(|_| rng.random_range(0..3)).collect(), 3).unwrap();
    let pairs = SimilarityGraph::pairs(n, (0..n - 7).map(|i| (i, i + 7, 0.5))).unwrap();
    let mixture = SimilarityGraph::mixture([(0.5, SimilarityGraph::labels(&labels)), (1.0, pairs)]).unwrap();
    for graph in [SimilarityGraph::views(n / 2, 2).unwrap(), mixture] {
        let evaluate = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let in_double = on_any_graph().into_iter().chain(on_positive_graphs());
                let in_single = on_any_graph().into_iter().chain(on_positive_graphs());
                let z32 = single(&z);
                (
                    in_double
                        .map(|loss| loss.value_and_gradient(z.view(), &graph).unwrap())
                        .collect::<Vec<_>>(),
                    in_single
                        .map(|loss| loss.value_and_gradient(z32.view(), &graph).unwrap())
                        .collect::<Vec<_>>(),
                )
            })
        };
        let one = evaluate(1);
        assert!(evaluate(2) == one && evaluate(5) == one);
    }
}

/// Sums over many samples, far from zero, keep their digits.
#[test]
fn single_precision_agrees_at_many_samples() {
    let n = 16_384;
    let mut rng = rng(5);
    let noise = gaussian(n, 8, &mut rng);
    let z = single(&(noise + &Array1::from_iter((0..8).map(f64::from))));
    let labels = Labels::new((0..n).map(|_| rng.random_range(0..10)).collect(), 10).unwrap();
    for graph in [SimilarityGraph::views(n / 2, 2).unwrap(), SimilarityGraph::labels(&labels)] {
        for (in_single, in_double) in on_any_graph().iter().zip(on_any_graph()) {
            assert!(agree(&**in_single, &*in_double, &z, &graph, 1e-5));
        }
        for (in_single, in_double) in on_positive_graphs().iter().zip(on_positive_graphs()) {
            assert!(agree(&**in_single, &*in_double, &z, &graph, 1e-5));
        }
    }
}

/// Wide enough for a symmetric product in several strips, on more rows than a block.
#[test]
fn t16_simclr2_of_many_columns_is_its_definition() {
    let z = gaussian(300, 150, &mut rng(16));
    let graph = SimilarityGraph::views(150, 2).unwrap();
    let misfit = z.dot(&z.t()) - graph.to_dense();
    let (value, gradient) = SpectralLoss::SimClr2.value_and_gradient(z.view(), &graph).unwrap();
    assert!((value / misfit.mapv(|entry| entry * entry).sum() - 1.0).abs() < 1e-12);
    assert!(rel(&gradient, &(4.0 * misfit.dot(&z))) < 1e-12);
}
