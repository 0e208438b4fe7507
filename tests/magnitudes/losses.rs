//! Losses with their gradients, and their minimisers.

use ndarray::{Array1, Array2, Axis};
use pal::Scalar;
use pal::closed_form::{LinearRegime, free, supervised};
use pal::data::Labels;
use pal::graph::SimilarityGraph;
use pal::loss::{
    BarlowTwins, Loss, NtXent, Penalised, Ridge, SpectralLoss, Statistics, VicReg, cross_entropy,
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::support::{gaussian, rng};
use crate::{Magnitudes, all_near, entries, magnitudes, near, numbers};

const N: usize = 6;

fn labels() -> Labels {
    Labels::partial(vec![Some(0), Some(0), Some(1), Some(1), None, Some(2)], 3).unwrap()
}

fn graphs(of: Magnitudes) -> Vec<SimilarityGraph> {
    let views = SimilarityGraph::views(N / 2, 2).unwrap();
    let mut graphs = vec![
        views.clone(),
        SimilarityGraph::labels(&labels()),
        SimilarityGraph::contrastive_labels(&labels()),
        SimilarityGraph::pairs(N, [(0, 1, 1.0), (2, 4, 0.5), (3, 3, 1.0)]).unwrap(),
    ];
    graphs.extend(SimilarityGraph::low_rank(of.matrix(20, N, 2), Array1::from(vec![1.0, of.number(21)])));
    graphs.extend(SimilarityGraph::dense(of.symmetric(22, N)));
    graphs.extend(SimilarityGraph::mixture([(of.number(23), views), (1.0, graphs[3].clone())]));
    graphs
}

fn losses<F: Scalar>(of: Magnitudes) -> Vec<(&'static str, Box<dyn Loss<F>>)> {
    let each = |statistics| -> [(&'static str, Box<dyn Loss<F>>); 2] {
        [
            ("VicReg", Box::new(VicReg { statistics, ..VicReg::default() })),
            ("BarlowTwins", Box::new(BarlowTwins { statistics, ..BarlowTwins::default() })),
        ]
    };
    let mut losses: Vec<(&'static str, Box<dyn Loss<F>>)> = vec![
        ("SimClr2", Box::new(SpectralLoss::SimClr2)),
        ("Vic2", Box::new(SpectralLoss::Vic2 { lambda: 1.0 })),
        ("Vic2 of any lambda", Box::new(SpectralLoss::Vic2 { lambda: of.number(30) })),
        ("BarlowTwins2", Box::new(SpectralLoss::BarlowTwins2)),
        ("Penalised", Box::new(Penalised { loss: SpectralLoss::SimClr2, beta: of.number(31) })),
        ("Ridge", Box::new(Ridge { lambda: of.number(32) })),
        ("NtXent", Box::new(NtXent { temperature: 0.5 })),
        ("NtXent of any temperature", Box::new(NtXent { temperature: of.number(33) })),
        (
            "VicReg of any weights",
            Box::new(VicReg {
                variance: of.number(34),
                covariance: of.number(35),
                invariance: of.number(36),
                ..VicReg::default()
            }),
        ),
        (
            "BarlowTwins of any lambda",
            Box::new(BarlowTwins { lambda: of.number(37), ..BarlowTwins::default() }),
        ),
    ];
    losses.extend(each(Statistics::Pooled));
    losses.extend(each(Statistics::EachView));
    losses
}

fn every_loss<F: Scalar>(of: Magnitudes) -> Result<(), TestCaseError> {
    let z = of.matrix::<F>(1, N, 3);
    for graph in graphs(of) {
        for (name, loss) in losses::<F>(of) {
            numbers(name, loss.value(z.view(), &graph), |value| [value.as_f64()])?;
            numbers(name, loss.value_and_gradient(z.view(), &graph), |(value, gradient)| {
                [vec![value.as_f64()], entries(&gradient)].concat()
            })?;
        }
    }
    let weights = of.matrix::<F>(2, 3, 3);
    numbers("cross_entropy", cross_entropy(z.view(), weights.view(), &labels()), |found| {
        [vec![found.value.as_f64()], entries(&found.gradient_z), entries(&found.gradient_weights)].concat()
    })
}

proptest! {
    #[test]
    fn numbers_from_losses(of in magnitudes()) {
        every_loss::<f64>(of)?;
        every_loss::<f32>(of)?;
    }

    #[test]
    fn numbers_from_minimisers(of in magnitudes(), k in 1..4_usize) {
        let (x, points) = (of.matrix::<f64>(3, N, 4), of.matrix::<f64>(4, 2, 4));
        let losses = [SpectralLoss::SimClr2, SpectralLoss::Vic2 { lambda: of.number(5) }, SpectralLoss::BarlowTwins2];
        for graph in graphs(of) {
            for loss in losses {
                for beta in [0.0, of.number(6)] {
                    numbers("free", free(loss, &graph, k, beta), |best| {
                        [entries(&best.z), vec![best.value], best.eigenvalues.to_vec()].concat()
                    })?;
                    let Ok(regime) = LinearRegime::new(x.view(), beta) else { continue };
                    let best = regime.minimise(loss, &graph, k);
                    numbers("LinearMap", best.and_then(|best| best.map.embed(points.view())), |z| entries(&z))?;
                    numbers("LinearRegime", regime.minimise(loss, &graph, k), |best| {
                        [entries(&best.z), entries(&best.map.theta), vec![best.value], best.eigenvalues.to_vec()].concat()
                    })?;
                }
            }
        }
        let known = Labels::new(vec![0, 0, 1, 1, 2, 2], 3).unwrap();
        numbers("supervised", supervised(&known, of.number(7), of.number(8)), |found| {
            [entries(&found.z), vec![found.value], found.strengths.to_vec()].concat()
        })?;
    }

    /// NT-Xent looks at directions alone: rows of any length have the same value, and gradients inverse to it.
    #[test]
    fn nt_xent_of_rows_of_any_length(seed in any::<u64>(), k in 1..5_usize) {
        let mut rng = rng(seed);
        let z = gaussian(N, k, &mut rng);
        let lengths = Array1::from_shape_simple_fn(N, || 10_f64.powf(rand::RngExt::random_range(&mut rng, -300.0..300.0)));
        let scaled = &z * &lengths.view().insert_axis(Axis(1));
        let (loss, graph) = (NtXent { temperature: 0.3 }, SimilarityGraph::views(N / 2, 2).unwrap());
        let (value, gradient) = loss.value_and_gradient(z.view(), &graph).unwrap();
        let (found, slope) = loss.value_and_gradient(scaled.view(), &graph).unwrap();
        prop_assert!(near(found, value, 1e-10));
        for ((slope, gradient), length) in slope.rows().into_iter().zip(gradient.rows()).zip(&lengths) {
            let largest = gradient.iter().fold(0.0_f64, |largest, entry| largest.max(entry.abs()));
            prop_assert!(slope.iter().zip(gradient).all(|(a, b)| (a * length - b).abs() <= 1e-7 * largest.max(1e-3)));
        }
    }

    /// Barlow Twins standardises columns: those of any scale have the same value, and gradients inverse to it.
    #[test]
    fn barlow_twins_of_columns_of_any_scale(seed in any::<u64>()) {
        let mut rng = rng(seed);
        let z = gaussian(N, 3, &mut rng);
        let scales = Array1::from_shape_simple_fn(3, || 10_f64.powf(rand::RngExt::random_range(&mut rng, -300.0..307.0)));
        for statistics in [Statistics::Pooled, Statistics::EachView] {
            let loss = BarlowTwins { lambda: 0.1, statistics };
            let graph = SimilarityGraph::views(N / 2, 2).unwrap();
            let (value, gradient) = loss.value_and_gradient(z.view(), &graph).unwrap();
            let (found, slope) = loss.value_and_gradient((&z * &scales).view(), &graph).unwrap();
            prop_assert!(near(found, value, 1e-8), "{} {}", found, value);
            prop_assert!(all_near(&(slope * &scales), &gradient, 1e-6));
        }
    }

    /// `‖c² ZZᵀ − c² G‖² = c⁴ ‖ZZᵀ − G‖²`, and a quarter of the degree for the gradient.
    #[test]
    fn simclr2_is_homogeneous(exponent in -70.0..45.0_f64, seed in any::<u64>()) {
        let (z, scale) = (gaussian(N, 2, &mut rng(seed)), 10_f64.powf(exponent));
        let half = gaussian(N, N, &mut rng(seed + 1));
        let g = &half + &half.t();
        let graph = |scale: f64| SimilarityGraph::dense(&g * scale).unwrap();
        let (value, gradient) = SpectralLoss::SimClr2.value_and_gradient(z.view(), &graph(1.0)).unwrap();
        let (found, slope) =
            SpectralLoss::SimClr2.value_and_gradient((&z * scale).view(), &graph(scale * scale)).unwrap();
        prop_assert!(near(found / scale.powi(4), value, 1e-9));
        prop_assert!(all_near(&(slope / scale.powi(3)), &gradient, 1e-9));
    }

    /// `min ‖ZW − Y‖²/n + λ‖W‖²` is the same for `(c Z, c² λ)`.
    #[test]
    fn ridge_of_any_scale(exponent in -150.0..150.0_f64, seed in any::<u64>()) {
        let (z, scale) = (gaussian(N, 2, &mut rng(seed)), 10_f64.powf(exponent));
        let graph = SimilarityGraph::labels(&labels());
        let (value, gradient) = Ridge { lambda: 0.1 }.value_and_gradient(z.view(), &graph).unwrap();
        let scaled = Ridge { lambda: 0.1 * scale * scale };
        let (found, slope) = scaled.value_and_gradient((&z * scale).view(), &graph).unwrap();
        prop_assert!(near(found, value, 1e-9));
        prop_assert!(all_near(&(slope * scale), &gradient, 1e-9));
    }

    /// The penalties enter by their product; their ratio scales the representations.
    #[test]
    fn supervised_of_any_ratio(exponent in -300.0..300.0_f64) {
        let known = Labels::new(vec![0, 0, 0, 1, 1, 2], 3).unwrap();
        let (expected, ratio) = (supervised(&known, 0.1, 0.1).unwrap(), 10_f64.powf(exponent));
        let found = supervised(&known, 0.1 * ratio, 0.1 / ratio).unwrap();
        prop_assert!(near(found.value, expected.value, 1e-9));
        prop_assert!(all_near(&(found.z / ratio.sqrt()), &expected.z, 1e-9));
    }
}

/// In single precision: the value, and an error that names the gradient where that is `1e40`.
#[test]
fn nt_xent_in_single_precision() {
    let z = gaussian(N, 3, &mut rng(5));
    let (loss, graph) = (NtXent { temperature: 0.5 }, SimilarityGraph::views(N / 2, 2).unwrap());
    let expected = loss.value(z.view(), &graph).unwrap();
    for scale in [1e-40, 1e-37, 1e37] {
        let z: Array2<f32> = z.mapv(|entry| (entry * scale) as f32);
        assert!((f64::from(loss.value(z.view(), &graph).unwrap()) - expected).abs() < 1e-3);
        match loss.value_and_gradient(z.view(), &graph) {
            Ok((_, gradient)) => assert!(scale > 1e-38 && gradient.iter().all(|entry| entry.is_finite())),
            Err(error) => {
                assert!(scale < 1e-38);
                assert!(
                    matches!(error, pal::Error::Domain { argument: "gradient of the loss", .. }),
                    "{error}"
                );
            }
        }
    }
}

/// `2β‖Z‖²` where the squares are no numbers in single precision: 2 · 1e-30 · (3² + 4²) · 1e40, at a loss of 0 for one row.
#[test]
fn a_penalty_of_squares_out_of_range() {
    struct Nothing;
    impl Loss<f32> for Nothing {
        fn evaluate_unchecked(
            &self,
            _: ndarray::ArrayView2<f32>,
            _: &SimilarityGraph,
            gradient: Option<ndarray::ArrayViewMut2<f32>>,
        ) -> pal::Result<f64> {
            if let Some(mut gradient) = gradient {
                gradient.fill(0.0);
            }
            Ok(0.0)
        }
    }
    let z = ndarray::array![[3e20_f32, 4e20]];
    let graph = SimilarityGraph::identity(1).unwrap();
    let (value, gradient) =
        Penalised { loss: Nothing, beta: 1e-30 }.value_and_gradient(z.view(), &graph).unwrap();
    assert!((value / 5e11 - 1.0).abs() < 1e-5);
    assert!((gradient[[0, 0]] / 1.2e-9 - 1.0).abs() < 1e-5);
}
