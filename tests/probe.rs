//! The linear probe against the normal equations and the spectral pseudo-inverse.

use ndarray::{Array2, ArrayView2, Axis, array, s};
use pal::Error;
use pal::data::Labels;
use pal::probe::{LinearProbe, best_linear_error};
use proptest::prelude::*;
use rand::{Rng, RngExt};

mod support;

use support::{gaussian, jacobi, refused, rel, rng};

/// Labels of `n` samples, each known with probability 0.7; the first one always is.
fn some_labels(n: usize, classes: usize, rng: &mut impl Rng) -> Labels {
    let class_of = (0..n)
        .map(|i| {
            let class = rng.random_range(0..classes);
            (i == 0 || rng.random_bool(0.7)).then_some(class)
        })
        .collect();
    Labels::partial(class_of, classes).unwrap()
}

fn all_labels(n: usize, classes: usize, rng: &mut impl Rng) -> Labels {
    Labels::new((0..n).map(|_| rng.random_range(0..classes)).collect(), classes).unwrap()
}

fn known_rows(features: ArrayView2<f64>, labels: &Labels) -> (Array2<f64>, Array2<f64>) {
    let known: Vec<usize> = (0..labels.len()).filter(|&i| labels.class_of(i).is_some()).collect();
    let targets = Array2::from_shape_fn((known.len(), labels.number_of_classes()), |(row, class)| {
        f64::from(u8::from(labels.class_of(known[row]) == Some(class)))
    });
    (features.select(Axis(0), &known), targets)
}

/// The least-norm least-squares solution `(AᵀA)⁺ Aᵀ B`, eigenvalues below `1e-10` of the largest taken for zero.
fn pseudo_inverse_solution(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    let (values, vectors) = jacobi(&a.t().dot(a));
    let inverse = values.mapv(|value| if value > 1e-10 * values[0] { value.recip() } else { 0.0 });
    (&vectors * &inverse).dot(&vectors.t()).dot(&a.t().dot(b))
}

/// An invertible matrix with singular values between 0.01 and 100.
fn invertible(k: usize, rng: &mut impl Rng) -> Array2<f64> {
    let orthogonal = |rng: &mut _| {
        let square = gaussian(k, k, rng);
        jacobi(&(&square + &square.t())).1
    };
    let (u, v) = (orthogonal(rng), orthogonal(rng));
    let stretch = Array2::from_diag(&ndarray::Array1::from_shape_simple_fn(k, || {
        10.0_f64.powf(rng.random_range(-2.0..2.0))
    }));
    u.dot(&stretch).dot(&v)
}

/// Whether the largest output of each row stands out by more than the rounding of either side.
fn is_decided(outputs: &Array2<f64>) -> bool {
    outputs.rows().into_iter().all(|row| {
        let mut row = row.to_vec();
        row.sort_by(|a, b| b.total_cmp(a));
        row[0] - row[1] > 1e-6
    })
}

proptest! {
    /// The residual is orthogonal to the columns, the definition of least squares.
    #[test]
    fn probe_solves_the_normal_equations(n in 8..40_usize, k in 1..6_usize, classes in 1..5_usize, seed: u64) {
        let mut rng = rng(seed);
        let z = gaussian(n, k, &mut rng);
        let labels = some_labels(n, classes, &mut rng);
        let probe = LinearProbe::fit(z.view(), &labels).unwrap();
        prop_assert_eq!(probe.weights.dim(), (k, classes));
        let (a, b) = known_rows(z.view(), &labels);
        let residual = a.dot(&probe.weights) - &b;
        prop_assert!(a.t().dot(&residual).iter().all(|entry| entry.abs() < 1e-9));
    }

    /// Duplicated and dependent columns, more columns than samples: the solution of least norm.
    #[test]
    fn probe_is_of_least_norm(n in 2..12_usize, k in 1..16_usize, rank in 1..6_usize, seed: u64) {
        let mut rng = rng(seed);
        let z = gaussian(n, rank, &mut rng).dot(&gaussian(rank, k, &mut rng));
        let labels = some_labels(n, 3, &mut rng);
        let probe = LinearProbe::fit(z.view(), &labels).unwrap();
        let (a, b) = known_rows(z.view(), &labels);
        // A well-separated rank only: the pseudo-inverse is discontinuous where it is not.
        let spectrum = jacobi(&a.dot(&a.t())).0;
        let numerical = rank.min(k).min(a.nrows());
        prop_assume!(spectrum[numerical - 1] > 1e-4 * spectrum[0]);
        prop_assert!(rel(&probe.weights, &pseudo_inverse_solution(&a, &b)) < 1e-8);
    }

    /// Z → ZM changes no output at old or new points, M invertible.
    #[test]
    fn t27_probe_invariance(n in 8..30_usize, k in 1..6_usize, classes in 2..5_usize, seed: u64) {
        let mut rng = rng(seed);
        let (z, new) = (gaussian(n, k, &mut rng), gaussian(10, k, &mut rng));
        let m = invertible(k, &mut rng);
        let labels = all_labels(n, classes, &mut rng);
        let (zm, new_m) = (z.dot(&m), new.dot(&m));
        let probe = LinearProbe::fit(z.view(), &labels).unwrap();
        let mixed = LinearProbe::fit(zm.view(), &labels).unwrap();
        prop_assume!(is_decided(&z.dot(&probe.weights)) && is_decided(&new.dot(&probe.weights)));
        prop_assert!(rel(&zm.dot(&mixed.weights), &z.dot(&probe.weights)) < 1e-7);
        prop_assert!(rel(&new_m.dot(&mixed.weights), &new.dot(&probe.weights)) < 1e-7);
        prop_assert_eq!(mixed.predict(new_m.view()).unwrap(), probe.predict(new.view()).unwrap());
        prop_assert_eq!(
            best_linear_error(zm.view(), &labels).unwrap(),
            best_linear_error(z.view(), &labels).unwrap()
        );

        // The claim needs M invertible: a zeroed column takes its direction out of the span.
        let mut zeroed = z.clone();
        zeroed.column_mut(0).fill(0.0);
        let poorer = LinearProbe::fit(zeroed.view(), &labels).unwrap();
        prop_assert!(rel(&zeroed.dot(&poorer.weights), &z.dot(&probe.weights)) > 1e-7);
        prop_assert!(poorer.weights.row(0).iter().all(|weight| weight.abs() < 1e-12), "least norm");
    }

    #[test]
    fn prediction_and_error_by_counting(n in 1..30_usize, k in 1..4_usize, classes in 1..5_usize, seed: u64) {
        let mut rng = rng(seed);
        let (z, weights) = (gaussian(n, k, &mut rng), gaussian(k, classes, &mut rng));
        let labels = some_labels(n, classes, &mut rng);
        let probe = LinearProbe { weights };
        let predicted = probe.predict(z.view()).unwrap();
        prop_assert_eq!(predicted.len(), n);
        let (mut wrong, mut known) = (0.0, 0.0);
        for i in 0..n {
            let output = |class: usize| (0..k).map(|j| z[[i, j]] * probe.weights[[j, class]]).sum::<f64>();
            prop_assert!((0..classes).all(|class| output(class) <= output(predicted[i]) + 1e-12));
            if let Some(class) = labels.class_of(i) {
                known += 1.0;
                wrong += f64::from(u8::from(predicted[i] != class));
            }
        }
        prop_assert_eq!(probe.error(z.view(), &labels).unwrap(), wrong / known);
    }
}

#[test]
fn the_first_of_equal_outputs_wins() {
    let probe = LinearProbe { weights: array![[1.0, 2.0, 2.0], [-1.0, -1.0, -2.0]] };
    let features = array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, -1.0]];
    assert_eq!(probe.predict(features.view()).unwrap(), [1, 0, 0, 2]);
}

#[test]
fn unlabelled_samples_have_no_say() {
    let mut rng = rng(0);
    let z = gaussian(12, 3, &mut rng);
    let labels = all_labels(12, 3, &mut rng).reveal(|i| i % 2 == 0);
    let half = LinearProbe::fit(z.view(), &labels).unwrap();
    let mut other = z.clone();
    other.slice_mut(s![1..;2, ..]).fill(100.0);
    assert_eq!(LinearProbe::fit(other.view(), &labels).unwrap(), half);
    assert_eq!(half.error(other.view(), &labels).unwrap(), half.error(z.view(), &labels).unwrap());
}

#[test]
fn no_intercept() {
    // One feature, the same for both classes but for its sign: the line through the origin separates, and only it.
    let labels = Labels::new(vec![0, 0, 1, 1], 2).unwrap();
    assert_eq!(best_linear_error(array![[1.0], [2.0], [-1.0], [-2.0]].view(), &labels).unwrap(), 0.0);
    assert_eq!(best_linear_error(array![[1.0], [2.0], [3.0], [4.0]].view(), &labels).unwrap(), 0.5);
}

#[test]
fn bad_input() {
    let labels = Labels::new(vec![0, 1, 1, 0], 2).unwrap();
    let z = gaussian(4, 2, &mut rng(1));
    let probe = LinearProbe::fit(z.view(), &labels).unwrap();
    let unknown = labels.reveal(|_| false);
    let narrow = z.slice(s![.., ..1]);

    refused!(LinearProbe::fit(z.slice(s![..3, ..]), &labels), Error::Shape { argument: "labels", .. });
    refused!(LinearProbe::fit(z.slice(s![.., ..0]), &labels), Error::Empty { argument: "features", .. });
    refused!(LinearProbe::fit(z.view(), &unknown), Error::Empty { argument: "labels", .. });
    refused!(probe.predict(narrow), Error::Shape { argument: "features", .. });
    refused!(probe.error(narrow, &labels), Error::Shape { argument: "features", .. });
    refused!(probe.error(z.slice(s![..3, ..]), &labels), Error::Shape { argument: "labels", .. });
    refused!(probe.error(z.view(), &unknown), Error::Empty { argument: "labels", .. });
    refused!(best_linear_error(z.view(), &unknown), Error::Empty { argument: "labels", .. });
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut z = z.clone();
        z[[3, 1]] = bad;
        refused!(LinearProbe::fit(z.view(), &labels), Error::NotFinite { argument: "features", .. });
        // Where the label is unknown, too.
        let partly = labels.reveal(|i| i < 3);
        refused!(LinearProbe::fit(z.view(), &partly), Error::NotFinite { argument: "features", .. });
        refused!(probe.predict(z.view()), Error::NotFinite { argument: "features", .. });
        refused!(probe.error(z.view(), &labels), Error::NotFinite { argument: "features", .. });
        refused!(best_linear_error(z.view(), &labels), Error::NotFinite { argument: "features", .. });
    }
}

proptest! {
    /// The ridge probe minimises ‖ZW − Y‖²/m + λ‖W‖² over the m known samples: its gradient there is zero.
    #[test]
    fn t14_ridge_probe_is_stationary(n in 3..30_usize, k in 1..8_usize, lambda in 1e-3..2.0_f64, seed: u64) {
        let mut rng = rng(seed);
        let features = gaussian(n, k, &mut rng);
        let labels = some_labels(n, 3, &mut rng);
        let (z, y) = known_rows(features.view(), &labels);
        let w = LinearProbe::ridge(features.view(), &labels, lambda).unwrap().weights;
        let gradient = z.t().dot(&(z.dot(&w) - y)) / z.nrows() as f64 + lambda * &w;
        prop_assert!(gradient.iter().all(|entry| entry.abs() < 1e-10));
    }
}

#[test]
fn ridge_without_a_penalty_is_refused() {
    let labels = Labels::new(vec![0, 1], 2).unwrap();
    for lambda in [0.0, -1.0, f64::NAN] {
        let refused = LinearProbe::ridge(Array2::eye(2).view(), &labels, lambda);
        assert!(matches!(refused, Err(Error::Domain { argument: "lambda", .. })));
    }
}
