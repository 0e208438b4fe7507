//! Synthetic sets against their definition (section 8.1 of the theory).

use std::f64::consts::TAU;

use ndarray::{Array2, Axis, array};
use pal::Error;
use pal::data::{Labelled, Labels, MIXTURE_NOISE, circles, circles_sweep, mixture, views_by_noise};
use proptest::prelude::*;

mod support;

use support::chance::{plausible_count, plausible_mean, plausibly_normal};
use support::rng;

fn classes(set: &Labelled) -> Vec<usize> {
    set.labels.iter().map(Option::unwrap).collect()
}

proptest! {
    #[test]
    fn s8_sweep_is_the_definition(n in 1_usize..200, seed: u64) {
        let test = circles_sweep(n, 0.0, &mut rng(seed)).unwrap();
        prop_assert_eq!(test.inputs.dim(), (n, 2));
        prop_assert_eq!(test.labels.number_of_classes(), 4);
        for (i, (point, class)) in test.inputs.rows().into_iter().zip(classes(&test)).enumerate() {
            let quarter = 4.0 * i as f64 / n as f64;
            prop_assert_eq!(class, quarter.floor() as usize);
            let radius = class as f64 + 1.0;
            let angle = TAU * quarter;
            prop_assert!((point[0] - radius * angle.cos()).abs() < 1e-12);
            prop_assert!((point[1] - radius * angle.sin()).abs() < 1e-12);
        }
    }

    #[test]
    fn s8_noise_moves_the_same_points_in_proportion(n in 1_usize..50, seed: u64) {
        let [clean, one, two] = [0.0, 0.1, 0.2].map(|noise| circles(n, noise, &mut rng(seed)).unwrap());
        prop_assert_eq!(&clean.labels, &two.labels);
        let (first, second) = (&one.inputs - &clean.inputs, &two.inputs - &one.inputs);
        prop_assert!((first - second).iter().all(|e| e.abs() < 1e-12));
    }

    #[test]
    fn s8_views_stand_beside_their_sample(n in 1_usize..20, p in 1_usize..5, views in 1_usize..4, seed: u64) {
        let inputs = Array2::from_shape_fn((n, p), |(i, j)| (100 * i + j) as f64);
        let rows = views_by_noise(inputs.view(), views, 0.1, &mut rng(seed)).unwrap();
        prop_assert_eq!(rows.dim(), (views * n, p));
        let labels = Labels::new((0..n).collect(), n).unwrap().for_views(views).unwrap();
        for (row, view) in rows.rows().into_iter().enumerate() {
            let distance = (&view - &inputs.row(row / views)).mapv(f64::abs);
            prop_assert!(distance.iter().all(|&d| d > 0.0 && d < 1.0));
            prop_assert_eq!(labels.class_of(row), Some(row / views));
        }
    }
}

/// False alarm below 1e-11 for a fresh seed: 22 counts.
#[test]
fn s8_training_circles_are_uniform() {
    let n = 20_000;
    let train = circles(n, 0.0, &mut rng(1)).unwrap();
    assert!(train.labels.counts().iter().all(|&count| plausible_count(count, n, 0.25)));
    let mut per_sixteenth = [0; 16];
    for (point, class) in train.inputs.rows().into_iter().zip(classes(&train)) {
        assert!((point[0].hypot(point[1]) - (class + 1) as f64).abs() < 1e-12);
        let turns = (point[1].atan2(point[0]) / TAU).rem_euclid(1.0);
        per_sixteenth[(16.0 * turns) as usize % 16] += 1;
    }
    assert!(per_sixteenth.iter().all(|&count| plausible_count(count, n, 1.0 / 16.0)));
    // Ring and angle, and successive rings, are independent.
    let pairs = classes(&train).windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert!(plausible_count(pairs, n - 1, 0.25));
    let upper = train.inputs.rows().into_iter().zip(classes(&train));
    let upper = upper.filter(|(point, class)| *class == 3 && point[1] > 0.0).count();
    assert!(plausible_count(upper, n, 0.125));
}

/// False alarm below 1e-10 for fresh seeds: ten normal columns, two means and four counts.
#[test]
fn s8_noise_has_its_standard_deviation_in_each_coordinate() {
    let n = 20_000;
    for sweep in [circles_sweep, circles] {
        let [clean, noisy] = [0.0, 0.1].map(|noise| sweep(n, noise, &mut rng(2)).unwrap().inputs);
        let deviation = noisy - clean;
        assert!(deviation.axis_iter(Axis(1)).all(|column| plausibly_normal(&column.to_vec(), 0.1)));
        let product = deviation.column(0).dot(&deviation.column(1)) / (n as f64 * 0.01);
        assert!(plausible_mean(product, 0.0, 1.0 / (n as f64).sqrt()));
    }
    let set = mixture(n, MIXTURE_NOISE, &mut rng(3)).unwrap();
    assert!(set.labels.counts().iter().all(|&count| plausible_count(count, n, 0.25)));
    let deviation = &set.inputs - &set.labels.one_hot();
    assert!(deviation.axis_iter(Axis(1)).all(|column| plausibly_normal(&column.to_vec(), 0.3)));
    let views = views_by_noise(Array2::zeros((n, 2)).view(), 2, 0.1, &mut rng(4)).unwrap();
    assert!(views.axis_iter(Axis(1)).all(|column| plausibly_normal(&column.to_vec(), 0.1)));
}

#[test]
fn generators_refuse_what_makes_no_sense() {
    for draw in [circles, circles_sweep, mixture] {
        assert!(matches!(draw(0, 0.1, &mut rng(0)), Err(Error::Empty { argument: "n", .. })));
        for noise in [-0.1, f64::NAN, f64::INFINITY] {
            assert!(matches!(draw(3, noise, &mut rng(0)), Err(Error::Domain { argument: "noise", .. })));
        }
    }
    let one = array![[1.0]];
    assert!(matches!(views_by_noise(one.view(), 0, 0.1, &mut rng(0)), Err(Error::Empty { .. })));
    assert!(matches!(views_by_noise(one.view(), 1, -1.0, &mut rng(0)), Err(Error::Domain { .. })));
    let bad = array![[1.0], [f64::NAN]];
    assert!(matches!(views_by_noise(bad.view(), 2, 0.1, &mut rng(0)), Err(Error::NotFinite { .. })));
}

#[test]
fn first_view_only_labels_one_row_a_sample() {
    let labels = Labels::new(vec![2, 0], 3).unwrap().for_views(2).unwrap().reveal(|row| row % 2 == 0);
    assert_eq!(labels.iter().collect::<Vec<_>>(), [Some(2), None, Some(0), None]);
    assert!(matches!(labels.for_views(0), Err(Error::Empty { .. })));
}

#[test]
fn labels_refuse_what_makes_no_sense() {
    assert!(matches!(Labels::new(vec![], 2), Err(Error::Empty { argument: "labels", .. })));
    assert!(matches!(Labels::new(vec![0], 0), Err(Error::Empty { argument: "classes", .. })));
    assert!(matches!(Labels::new(vec![0, 2], 2), Err(Error::Domain { argument: "label", .. })));
    let labels = Labels::partial(vec![Some(0), None], 2).unwrap();
    assert_eq!((labels.counts(), labels.one_hot()), (vec![1, 0], array![[1.0, 0.0], [0.0, 0.0]]));
    assert!(matches!(labels.require_every_class("y"), Err(Error::EmptyClass { class: 1, .. })));
}
