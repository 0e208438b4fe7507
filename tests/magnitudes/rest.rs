//! Probes, generators, augmentations and prices.

use pal::data::augment::{Augmentation, Change, ImageShape};
use pal::data::{Labels, circles, circles_sweep, mixture, views_by_noise};
use pal::oracle::{Budget, Ledger, Prices, QuestionKind, cost, information};
use pal::probe::{LinearProbe, best_linear_error};
use pal::{Result, Scalar};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::support::{gaussian, refused, rng};
use crate::{Magnitudes, all_finite, all_near, entries, magnitudes, numbers};

fn augmented<F: Scalar>(of: Magnitudes) -> Result<(), TestCaseError> {
    let rows = of.matrix::<F>(1, 2, 12);
    let changes = [
        Change::Shift { down: -1..=1, right: -1..=1 },
        Change::Rotate { turns: -1.0..=1.0 },
        Change::Zoom { factor: 0.5..=2.0 },
        Change::Flip { left_right: 0.5, up_down: 0.5 },
        Change::Crop { side: 0.5..=1.0, aspect: 0.5..=2.0 },
        Change::Elastic { strength: 0.0..=2.0, spacing: 2 },
        Change::Colour {
            brightness: -of.number(2).min(1e300)..=1.0,
            contrast: 0.0..=2.0,
            saturation: 0.0..=2.0,
        },
        Change::Mix { share: 0.0..=1.0 },
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
}

/// Outputs of a probe that overflow: `3e200 · 1e200 > 2e200 · 1e200`, though neither is a number.
#[test]
fn predictions_of_outputs_that_are_no_numbers() {
    let probe = LinearProbe { weights: ndarray::array![[2e200, 3e200], [0.0, -1e200]] };
    let features = ndarray::array![[1e200, 0.0], [-1e200, 0.0], [1e200, 1.5e200], [1e-200, 0.0]];
    assert_eq!(probe.predict(features.view()).unwrap(), [1, 0, 0, 1]);
}

/// A price that is no number is not charged, even without a limit.
#[test]
fn prices_out_of_range() {
    let prices = Prices { candidate: 1e308, ..Prices::default() };
    let mut ledger = Ledger::new(prices, Budget::unlimited()).unwrap();
    refused!(ledger.charge(QuestionKind::Captcha, 10), pal::Error::Domain { argument: "price", .. });
    assert_eq!((ledger.spent(), ledger.answers()), (0.0, 0));
}
