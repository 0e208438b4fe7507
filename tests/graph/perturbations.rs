//! Claims T7–T9: missing entries and wrong labels.

use ndarray::Array2;
use pal::data::Labels;
use pal::graph::{SimilarityGraph, drop_entries, redraw_labels};
use proptest::prelude::*;
use rand::RngExt;

use crate::instances::{Instance, any_graph, labels_of_sizes};
use crate::support::{rel, rng, spectrum};

fn one_class(n: usize) -> SimilarityGraph {
    SimilarityGraph::labels(&Labels::new(vec![0; n], 1).unwrap())
}

/// Every entry, on and off the diagonal, is lost with probability p; pairs of entries independently.
#[test]
fn t07_missing_entries() {
    let (n, draws, mut rng) = (12, 4000, rng(7));
    let graph = one_class(n);
    for p in [0.1_f64, 0.5, 0.85] {
        let (mut sum, mut joint) = (Array2::<f64>::zeros((n, n)), 0.0);
        for _ in 0..draws {
            let dropped = drop_entries(&graph, p, &mut rng).unwrap().to_dense();
            assert_eq!(dropped, dropped.t());
            joint += dropped[[0, 1]] * dropped[[2, 3]] + dropped[[0, 1]] * dropped[[0, 0]];
            sum += &dropped;
        }
        let tolerance = 5.0 * (p * (1.0 - p) / f64::from(draws)).sqrt();
        for mean in sum / f64::from(draws) {
            assert!((mean - (1.0 - p)).abs() < tolerance, "{mean} for p = {p}");
        }
        let joint = joint / f64::from(draws) / 2.0;
        assert!((joint - (1.0 - p).powi(2)).abs() < tolerance, "{joint} for p = {p}");
    }
}

proptest! {
    /// Exactly the entries whose uniform, drawn for i ≤ j in row-major order, is at least p survive.
    #[test]
    fn t07_one_uniform_an_entry(instance in any_graph(), p in 0.0..=1.0, seed in any::<u64>()) {
        let Instance { graph, dense } = instance;
        let dropped = drop_entries(&graph, p, &mut rng(seed)).unwrap();
        let (mut rng, n) = (rng(seed), dense.nrows());
        let mut expected = Array2::zeros((n, n));
        for i in 0..n {
            for j in i..n {
                if rng.random::<f64>() >= p {
                    expected[[i, j]] = dense[[i, j]];
                    expected[[j, i]] = dense[[i, j]];
                }
            }
        }
        prop_assert!(rel(&dropped.to_dense(), &expected) < 1e-12);
    }

    #[test]
    fn t07_nothing_and_everything(instance in any_graph(), seed in any::<u64>()) {
        let Instance { graph, dense } = instance;
        prop_assert!(rel(&drop_entries(&graph, 0.0, &mut rng(seed)).unwrap().to_dense(), &dense) < 1e-12);
        let empty = drop_entries(&graph, 1.0, &mut rng(seed)).unwrap();
        prop_assert_eq!(empty.frobenius_squared(), 0.0);
        prop_assert_eq!(empty.components(), graph.len());
    }
}

/// Expected isolated vertices of one class: n_c p^{n_c − 1}.
#[test]
fn t08_isolated_vertices() {
    let (n, p, draws, mut rng) = (25, 0.9_f64, 4000, rng(8));
    let graph = one_class(n);
    let mut isolated = 0;
    for _ in 0..draws {
        let component_of = drop_entries(&graph, p, &mut rng).unwrap().component_of();
        let mut sizes = vec![0; n];
        component_of.iter().for_each(|&component| sizes[component] += 1);
        isolated += sizes.iter().filter(|&&size| size == 1).count();
    }
    let (mean, expected) = (isolated as f64 / f64::from(draws), n as f64 * p.powi(24));
    assert!((mean / expected - 1.0).abs() < 0.12, "{mean} {expected}");
}

/// P(no class splits) → exp(−e^{−x}) at q = (ln n_c + ln C + x)/n_c; the classes are independent.
#[test]
fn t08_threshold_of_splitting() {
    let (size, classes, draws, mut rng) = (400, 4, 200, rng(88));
    let graph = one_class(size);
    for x in [0.0_f64, 1.5] {
        let q = ((size as f64).ln() + f64::from(classes).ln() + x) / size as f64;
        let mut whole = || drop_entries(&graph, 1.0 - q, &mut rng).unwrap().components() == 1;
        let whole = (0..draws).filter(|_| (0..classes).filter(|_| whole()).count() == 4).count();
        let probability = whole as f64 / f64::from(draws);
        assert!((probability - (-(-x).exp()).exp()).abs() < 0.13, "{probability} at x = {x}");
    }
}

/// ‖G_drop − (1−p)G‖₂ ≈ 2 √(n p(1−p)).
#[test]
fn t08_noise_norm() {
    let (n, p, mut rng) = (300, 0.7_f64, rng(888));
    let noise = drop_entries(&one_class(n), p, &mut rng).unwrap().to_dense() - (1.0 - p);
    let values = spectrum(&noise);
    let norm = values[0].max(-values[n - 1]);
    let scale = (n as f64 * p * (1.0 - p)).sqrt();
    assert!(norm < 2.3 * scale && norm > 1.7 * scale, "{norm} {scale}");
}

#[test]
fn t09_label_noise() {
    let (rate, draws, mut rng) = (0.4_f64, 20_000, rng(9));
    let labels = labels_of_sizes(&[5, 4, 3], &mut rng);
    let (n, classes) = (labels.len(), 3.0);
    let (mut changed, mut sum, mut signed) =
        (0.0, Array2::<f64>::zeros((n, n)), Array2::<f64>::zeros((n, n)));
    for _ in 0..draws {
        let noisy = redraw_labels(&labels, rate, &mut rng).unwrap();
        changed += labels.iter().zip(noisy.iter()).filter(|(old, new)| old != new).count() as f64 / n as f64;
        SimilarityGraph::labels(&noisy).add_to(1.0, &mut sum.view_mut()).unwrap();
        SimilarityGraph::contrastive_labels(&noisy).add_to(1.0, &mut signed.view_mut()).unwrap();
    }
    let draws = f64::from(draws);
    // A mean of {0, 1} has standard error at most 0.5/√draws.
    let tolerance = 5.0 * 0.5 / draws.sqrt();
    assert!((changed / draws - rate * (1.0 - 1.0 / classes)).abs() < tolerance);
    let (kept, lost) = ((1.0 - rate).powi(2), 1.0 - (1.0 - rate).powi(2));
    for i in 0..n {
        for j in 0..n {
            let same = f64::from(u8::from(labels.class_of(i) == labels.class_of(j)));
            let (mean, signed) = (sum[[i, j]] / draws, signed[[i, j]] / draws);
            if i == j {
                assert_eq!((mean, signed), (1.0, 1.0));
            } else {
                assert!((mean - (kept * same + lost / classes)).abs() < tolerance);
                let expected = kept * (2.0 * same - 1.0) + lost * (2.0 / classes - 1.0);
                assert!((signed - expected).abs() < 2.0 * tolerance);
            }
        }
    }
}

/// A noisy label graph is an exact label graph still; nothing is redrawn at rate 0, and unknown labels stay unknown.
#[test]
fn t09_rank_and_limits() {
    let mut rng = rng(99);
    let labels = labels_of_sizes(&[6, 3, 4], &mut rng);
    let noisy = redraw_labels(&labels, 0.7, &mut rng).unwrap();
    let rank =
        spectrum(&SimilarityGraph::labels(&noisy).to_dense()).iter().filter(|&&value| value > 1e-9).count();
    assert_eq!(rank, noisy.counts().iter().filter(|&&count| count > 0).count());
    assert_eq!(redraw_labels(&labels, 0.0, &mut rng).unwrap(), labels);
    let half = labels.reveal(|i| i % 2 == 0);
    let redrawn = redraw_labels(&half, 1.0, &mut rng).unwrap();
    assert!(half.iter().zip(redrawn.iter()).all(|(old, new)| old.is_some() == new.is_some()));
}
