//! Probes, generators, augmentations, curves, prices and figures.

use ndarray::{Array2, s};
use pal::data::augment::{Augmentation, Change, ImageShape};
use pal::data::{Labels, circles, circles_sweep, mixture, views_by_noise};
use pal::experiment::{Curve, linspace};
use pal::oracle::{Budget, Ledger, Prices, QuestionKind, cost, information};
use pal::plot;
use pal::probe::{LinearProbe, best_linear_error};
use pal::{Result, Scalar};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::support::{gaussian, refused, rng};
use crate::{Magnitudes, all_finite, all_near, entries, magnitudes, near, numbers};

fn augmented<F: Scalar>(of: Magnitudes) -> Result<(), TestCaseError> {
    let rows = of.matrix::<F>(1, 2, 12);
    let changes = [
        Change::Shift { down: -1..=1, right: -1..=1 },
        Change::Rotate { turns: -1.0..=1.0 },
        Change::Crop { side: 0.5..=1.0 },
        Change::Noise { std: of.number(2) },
        Change::Scale { factor: of.number(3).min(1.0)..=of.number(3).clamp(1.0, 1e300) },
        Change::Dropout { rate: 0.2 },
    ];
    for change in changes {
        let augmentation = Augmentation::new(ImageShape::grey(3, 4), [change]).unwrap();
        numbers("Augmentation::views", augmentation.views(rows.view(), 2, &mut rng(of.seed)), |views| {
            entries(&views)
        })?;
        let mut changed = rows.clone();
        let done = augmentation.apply(changed.view_mut(), &mut rng(of.seed));
        numbers("Augmentation::apply", done, |()| entries(&changed))?;
    }
    Ok(())
}

proptest! {
    #[test]
    fn numbers_from_probes(of in magnitudes(), k in 1..4_usize) {
        let (features, others) = (of.matrix::<f64>(1, 6, k), of.matrix::<f64>(2, 3, k));
        let labels = Labels::new(vec![0, 0, 1, 1, 2, 2], 3).unwrap();
        for probe in [LinearProbe::fit(features.view(), &labels), LinearProbe::ridge(features.view(), &labels, of.number(3))] {
            if let Ok(probe) = &probe {
                numbers("predict", probe.predict(others.view()), |classes| classes.into_iter().map(|class| class as f64).collect::<Vec<_>>())?;
            }
            numbers("LinearProbe", probe, |probe| entries(&probe.weights))?;
        }
        numbers("best_linear_error", best_linear_error(features.view(), &labels), |error| [error])?;
    }

    #[test]
    fn numbers_from_generators(of in magnitudes()) {
        let (noise, inputs) = (of.number(1), of.matrix::<f64>(2, 4, 2));
        numbers("circles", circles(5, noise, &mut rng(of.seed)), |set| entries(&set.inputs))?;
        numbers("circles_sweep", circles_sweep(5, noise, &mut rng(of.seed)), |set| entries(&set.inputs))?;
        numbers("mixture", mixture(5, noise, &mut rng(of.seed)), |set| entries(&set.inputs))?;
        numbers("views_by_noise", views_by_noise(inputs.view(), 2, noise, &mut rng(of.seed)), |views| entries(&views))?;
        augmented::<f64>(of)?;
        augmented::<f32>(of)?;
    }

    #[test]
    fn numbers_from_curves(of in magnitudes(), count in 1..8_usize) {
        let (x, rows) = (of.matrix::<f64>(1, 1, count), of.matrix::<f64>(2, 4, count));
        let rows: Vec<Vec<f64>> = rows.rows().into_iter().map(|row| row.to_vec()).collect();
        let curve = Curve::from_trials("curve", &x.into_iter().collect::<Vec<_>>(), &rows);
        numbers("Curve::from_trials", curve, |curve| [curve.x, curve.mean, curve.std].concat())?;
        let ends = of.matrix::<f64>(3, 1, 2);
        all_finite("linspace", linspace(ends[[0, 0]], ends[[0, 1]], count))?;
    }

    #[test]
    fn numbers_from_prices(of in magnitudes(), questions in 1..20_usize, size in 1..50_usize, share in 0.0..=1.0_f64) {
        let prices = Prices { pair: of.number(1), label: of.number(2), captcha: of.number(3), candidate: of.number(4) };
        for budget in [Budget::new(of.number(5)).unwrap(), Budget::unlimited()] {
            let mut ledger = Ledger::new(prices, budget).unwrap();
            for _ in 0..questions {
                numbers("charge", ledger.charge(QuestionKind::Captcha, size), |price| [price])?;
                numbers("charge", ledger.charge(QuestionKind::Pair, 1), |price| [price])?;
            }
            all_finite("spent", [ledger.spent(), ledger.bits()])?;
            prop_assert!(!ledger.left().is_nan());
        }
        let little = share * of.number(6).min(1.0);
        let prior = [1.0 - little, little];
        numbers("label", information::label(&prior), |bits| [bits])?;
        numbers("pair", information::pair(&prior), |bits| [bits])?;
        numbers("captcha", information::captcha(&prior, size), |bits| [bits])?;
        numbers("captcha_bounds", information::captcha_bounds(&prior, size), |(low, high)| [low, high])?;
        numbers("by_information", Prices::by_information(&prior), |prices| [prices.label])?;
        numbers("majority_error", cost::majority_error(little, 2 * size + 1), |error| [error])?;
        numbers("placement", pal::active::placement_probability(1, 3, little), |share| [share])?;
    }

    /// Predictions of a ridge do not depend on the unit of the features, whose square that of the penalty is.
    #[test]
    fn ridge_probes_in_any_unit(exponent in -150.0..150.0_f64, seed in any::<u64>()) {
        let (features, scale) = (gaussian(9, 3, &mut rng(seed)), 10_f64.powf(exponent));
        let labels = Labels::new(vec![0, 0, 0, 1, 1, 1, 2, 2, 2], 3).unwrap();
        let expected = LinearProbe::ridge(features.view(), &labels, 0.1).unwrap();
        let found = LinearProbe::ridge((&features * scale).view(), &labels, 0.1 * scale * scale).unwrap();
        prop_assert!(all_near(&(&found.weights * scale), &expected.weights, 1e-9));
        prop_assert_eq!(
            found.predict((&features * scale).view()).unwrap(),
            expected.predict(features.view()).unwrap()
        );
    }

    /// Mean and deviation are in the unit of the values.
    #[test]
    fn curves_in_any_unit(exponent in -290.0..305.0_f64, seed in any::<u64>()) {
        let (values, scale) = (gaussian(5, 2, &mut rng(seed)), 10_f64.powf(exponent));
        let curve = |values: &Array2<f64>| {
            let rows: Vec<Vec<f64>> = values.rows().into_iter().map(|row| row.to_vec()).collect();
            Curve::from_trials("curve", &[0.0, 1.0], &rows).unwrap()
        };
        let (expected, found) = (curve(&values), curve(&(&values * scale)));
        for (found, expected) in found.std.iter().zip(&expected.std) {
            prop_assert!(near(found / scale, *expected, 1e-9));
        }
        for (found, expected) in found.mean.iter().zip(&expected.mean) {
            prop_assert!((found / scale - expected).abs() < 1e-9);
        }
    }
}

/// Outputs of a probe that overflow: `3e200 · 1e200 > 2e200 · 1e200`, though neither is a number.
#[test]
fn predictions_of_outputs_that_are_no_numbers() {
    let probe = LinearProbe { weights: ndarray::array![[2e200, 3e200], [0.0, -1e200]] };
    let features = ndarray::array![[1e200, 0.0], [-1e200, 0.0], [1e200, 1.5e200], [1e-200, 0.0]];
    assert_eq!(probe.predict(features.view()).unwrap(), [1, 0, 0, 1]);
}

/// Halfway between the ends of all numbers is 0.
#[test]
fn steps_between_the_largest_numbers() {
    assert_eq!(linspace(-f64::MAX, f64::MAX, 3), [-f64::MAX, 0.0, f64::MAX]);
}

/// A price that is no number is not charged, even without a limit.
#[test]
fn prices_out_of_range() {
    let prices = Prices { candidate: 1e308, ..Prices::default() };
    let mut ledger = Ledger::new(prices, Budget::unlimited()).unwrap();
    refused!(ledger.charge(QuestionKind::Captcha, 10), pal::Error::Domain { argument: "price", .. });
    assert_eq!((ledger.spent(), ledger.answers()), (0.0, 0));
}

/// Figures of anything that can be drawn; what cannot is refused by name.
#[test]
fn figures_of_any_scale() {
    let folder = tempfile::tempdir().unwrap();
    let stem = folder.path().join("figure");
    let labels = Labels::new(vec![0, 1, 0], 2).unwrap();
    for size in [1e-320, 1e-200, 1.0, 1e200, 1e299] {
        let points = ndarray::array![[0.0, size], [-size, 0.3 * size], [size, -size]];
        plot::scatter(&stem, &[plot::ScatterPanel { title: "", points: points.view(), labels: &labels }])
            .unwrap();
        plot::matrices(&stem, &[(String::new(), points.clone())], (-size, size)).unwrap();
        let curve = Curve {
            series: "a".into(),
            x: vec![0.0, size],
            mean: vec![size, -size],
            std: vec![0.0, size],
            n: 2,
        };
        plot::curves(&stem, &[curve], &plot::Axes::new("x", "y")).unwrap();
        let domain = plot::Domain { x: (0.0, size), y: (0.0, size) };
        let field = plot::Field { title: "", values: points.slice(s![..2, ..]) };
        plot::fields(&stem, &[field], domain, None).unwrap();
        let svg = std::fs::read_to_string(stem.with_extension("svg")).unwrap();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{size:e}");
    }
    let points = ndarray::array![[0.0, 1e305], [1.0, 1.0], [0.0, 0.0]];
    let panel = plot::ScatterPanel { title: "", points: points.view(), labels: &labels };
    refused!(plot::scatter(&stem, &[panel]), pal::Error::Domain { argument: "points", .. });
    refused!(
        plot::matrices(&stem, &[(String::new(), points)], (0.0, 1.0)),
        pal::Error::Domain { argument: "matrix", .. }
    );
}
