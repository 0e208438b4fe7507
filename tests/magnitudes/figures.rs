//! Curves and figures.

use ndarray::{Array2, s};
use pal::data::Labels;
use pal::experiment::{Curve, linspace};
use pal::plot;
use proptest::prelude::*;

use crate::support::{gaussian, refused, rng};
use crate::{all_finite, magnitudes, near, numbers};

proptest! {
    #[test]
    fn numbers_from_curves(of in magnitudes(), count in 1..8_usize) {
        let (x, rows) = (of.matrix::<f64>(1, 1, count), of.matrix::<f64>(2, 4, count));
        let rows: Vec<Vec<f64>> = rows.rows().into_iter().map(|row| row.to_vec()).collect();
        let curve = Curve::from_trials("curve", &x.into_iter().collect::<Vec<_>>(), &rows);
        numbers("Curve::from_trials", curve, |curve| [curve.x, curve.mean, curve.std].concat())?;
        let ends = of.matrix::<f64>(3, 1, 2);
        all_finite("linspace", linspace(ends[[0, 0]], ends[[0, 1]], count))?;
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

/// Halfway between the ends of all numbers is 0.
#[test]
fn steps_between_the_largest_numbers() {
    assert_eq!(linspace(-f64::MAX, f64::MAX, 3), [-f64::MAX, 0.0, f64::MAX]);
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
