//! Claims T11 and T17: NT-Xent.

use ndarray::{Array2, Axis, s};
use pal::data::Labels;
use pal::graph::SimilarityGraph;
use pal::loss::{Loss, NtXent};
use proptest::prelude::*;
use rand::RngExt;

use crate::claims::non_negative_graph;
use crate::support::definitions::{nt_xent, nt_xent_gradient, slope_is_right, targets_and_softmax};
use crate::support::{cases, gaussian, rel, rng};

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + b.abs())
}

proptest! {
    #![proptest_config(cases(48))]

    /// Ones or weights, one sample without positives.
    #[test]
    fn t11_nt_xent(
        n in 4..=20_usize, k in 1..=5_usize, weighted in any::<bool>(), temperature in 0.3..2.0_f64, seed in any::<u64>(),
    ) {
        let g = non_negative_graph(n, weighted, 1.0, seed);
        // Away from the origin, about whose curved neighbourhood differences of step 1e-5 say little.
        let z = gaussian(n, k, &mut rng(seed.wrapping_add(1))).mapv(|entry| entry + 0.1 * entry.signum());
        let (loss, graph) = (NtXent { temperature }, SimilarityGraph::dense(g.clone()).unwrap());
        let (value, gradient) = loss.value_and_gradient(z.view(), &graph).unwrap();
        prop_assert!(close(value, nt_xent(&z, &g, temperature)));
        prop_assert!(rel(&gradient, &nt_xent_gradient(&z, &g, temperature)) < 1e-9);
        prop_assert!(slope_is_right(&loss, &z, &graph));

        let radial = (&z * &gradient).sum_axis(Axis(1));
        prop_assert!(radial.iter().all(|entry| entry.abs() < 1e-12 * (1.0 + value)));
        let targets = targets_and_softmax(&z, &g, temperature).0;
        let kept = targets.sum_axis(Axis(1)).iter().filter(|&&sum| sum > 0.0).count();
        let entropy = targets.iter().filter(|&&p| p > 0.0).map(|p| -p * p.ln()).sum::<f64>() / kept as f64;
        prop_assert!(value >= entropy - 1e-12);
    }

    /// Lengths of rows and the scale of the graph do not matter, nor does its diagonal.
    #[test]
    fn t11_scales(n in 4..=12_usize, scale in 0.01..100.0_f64, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let g = non_negative_graph(n, true, 0.0, seed);
        let z = gaussian(n, 3, &mut rng);
        let loss = NtXent { temperature: 0.5 };
        let of = |z: &Array2<f64>, g: Array2<f64>| {
            loss.value(z.view(), &SimilarityGraph::dense(g).unwrap()).unwrap()
        };
        let value = of(&z, g.clone());
        let lengths = Array2::from_shape_simple_fn((n, 1), || 10.0_f64.powf(rng.random_range(-200.0..200.0)));
        prop_assert!(close(of(&(&z * &lengths), g.clone()), value));
        prop_assert!(close(of(&z, &g * scale), value));
        let mut heavy = g;
        heavy.diag_mut().fill(1e12);
        prop_assert!(close(of(&z, heavy), value));
    }

    /// Two views a sample: −log softmax of the one positive, by pairs.
    #[test]
    fn t11_simclr(samples in 2..=10_usize, k in 2..=4_usize, seed in any::<u64>()) {
        let z = gaussian(2 * samples, k, &mut rng(seed));
        let similarity = |i: usize, j: usize| {
            let (a, b) = (z.row(i), z.row(j));
            (a.dot(&b) / (a.dot(&a).sqrt() * b.dot(&b).sqrt()) / 0.5).exp()
        };
        let loss_of = |i: usize| {
            let others = (0..2 * samples).filter(|&k| k != i).map(|k| similarity(i, k));
            -(similarity(i, i ^ 1) / others.sum::<f64>()).ln()
        };
        let expected = (0..2 * samples).map(loss_of).sum::<f64>() / (2 * samples) as f64;
        let graph = SimilarityGraph::views(samples, 2).unwrap();
        let value = NtXent { temperature: 0.5 }.value(z.view(), &graph).unwrap();
        prop_assert!(close(value, expected));
    }

    /// Temperatures at which exponentials are taken relative to the largest of each row, on cosines near 1.
    #[test]
    fn t17_low_temperatures(n in prop::sample::select(vec![4_usize, 64, 66, 150]), seed in any::<u64>()) {
        let z = gaussian(n, 3, &mut rng(seed)) * 0.05 + 1.0;
        let graph = SimilarityGraph::views(n / 2, 2).unwrap();
        let temperature = 2e-3;
        let (value, gradient) = NtXent { temperature }.value_and_gradient(z.view(), &graph).unwrap();
        prop_assert!(close(value, nt_xent(&z, &graph.to_dense(), temperature)));
        let expected = nt_xent_gradient(&z, &graph.to_dense(), temperature);
        prop_assert!(rel(&gradient, &expected) < 1e-9);
    }

    /// Row blocks that do and do not divide N, on cheap forms, against whole matrices.
    #[test]
    fn t17_blocks_of_rows(n in prop::sample::select(vec![2_usize, 63, 64, 65, 128, 150]), seed in any::<u64>()) {
        let mut rng = rng(seed);
        let z = gaussian(n, 3, &mut rng);
        let mut class_of: Vec<Option<usize>> =
            (0..n).map(|_| rng.random_bool(0.8).then(|| rng.random_range(0..4))).collect();
        class_of[..2].fill(Some(0));
        let labels = SimilarityGraph::labels(&Labels::partial(class_of, 4).unwrap());
        let pairs = SimilarityGraph::pairs(n, [(0, n - 1, 0.5), (0, 0, 3.0)]).unwrap();
        let graph = SimilarityGraph::mixture([(0.7, labels), (0.3, pairs)]).unwrap();
        let (value, gradient) = NtXent { temperature: 0.2 }.value_and_gradient(z.view(), &graph).unwrap();
        prop_assert!(close(value, nt_xent(&z, &graph.to_dense(), 0.2)));
        prop_assert!(rel(&gradient, &nt_xent_gradient(&z, &graph.to_dense(), 0.2)) < 1e-9);
    }
}

#[test]
fn t11_finite_at_low_temperature() {
    let n = 150;
    let mut z = gaussian(n, 3, &mut rng(1));
    // Equal and opposite rows.
    let first = z.row(0).to_owned();
    z.row_mut(n - 1).assign(&first);
    z.row_mut(n / 2).assign(&-first);
    let graph = SimilarityGraph::views(n / 2, 2).unwrap();
    let loss = NtXent { temperature: 1e-4 };
    let (value, gradient) = loss.value_and_gradient(z.view(), &graph).unwrap();
    // Cosines differ by at most 2, so no sample loses more than 2/τ and ln n.
    let bound = 2e4 + (n as f64).ln();
    assert!(value > 0.0 && value <= bound);
    assert!(gradient.iter().all(|entry| entry.is_finite()));
    let (in_single, gradient) = loss.value_and_gradient(z.mapv(|entry| entry as f32).view(), &graph).unwrap();
    assert!((f64::from(in_single) - value).abs() <= 1e-4 * value);
    assert!(gradient.iter().all(|entry| entry.is_finite()));
}

/// Four blocks of rows: games of a round that touch different rows.
#[test]
fn t17_simultaneous_blocks_of_rows() {
    let n = 264;
    let z = gaussian(n, 3, &mut rng(17));
    let graph = SimilarityGraph::views(n / 2, 2).unwrap();
    let value = NtXent { temperature: 0.2 }.value(z.view(), &graph).unwrap();
    assert!(close(value, nt_xent(&z, &graph.to_dense(), 0.2)));
}

/// What cancels in a mixture is no positive: samples 0 and 1 have none.
#[test]
fn cancelled_entries_are_no_positives() {
    let pair = || SimilarityGraph::pairs(4, [(0, 1, 1.0)]).unwrap();
    let rest = SimilarityGraph::pairs(4, [(2, 3, 1.0)]).unwrap();
    let graph = SimilarityGraph::mixture([(0.1, pair()), (0.2, pair()), (-0.3, pair()), (1.0, rest.clone())])
        .unwrap();
    let z = gaussian(4, 2, &mut rng(2));
    let loss = NtXent { temperature: 0.5 };
    assert_eq!(loss.value(z.view(), &graph).unwrap(), loss.value(z.view(), &rest).unwrap());
}

#[test]
fn t17_the_same_for_any_number_of_threads() {
    let n = 300;
    let z = gaussian(n, 4, &mut rng(3));
    let graph = SimilarityGraph::views(n / 3, 3).unwrap();
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| NtXent { temperature: 0.1 }.value_and_gradient(z.view(), &graph).unwrap())
    };
    let one = with_threads(1);
    assert_eq!(with_threads(2), one);
    assert_eq!(with_threads(7), one);
    assert!(one.1.slice(s![n - 1, ..]).iter().any(|&entry| entry != 0.0));
}
