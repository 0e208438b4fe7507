//! Rules that choose landmarks, and the scores that one of them draws by.

use std::collections::BTreeSet;

use ndarray::{Array2, ArrayView1, Axis, concatenate, s};
use pal::Error;
use pal::kernel::{Exponential, Gaussian, Landmarks, Nystrom, gram, leverage_scores};
use proptest::prelude::*;

use crate::support::definitions::matrix_power;
use crate::support::{cases, gaussian, jacobi, refused, rel, rng};

const RULES: [Landmarks; 4] = [
    Landmarks::Uniform,
    Landmarks::LeverageScores,
    Landmarks::KMeans { rounds: 0 },
    Landmarks::KMeans { rounds: 5 },
];
const KERNEL: Exponential = Exponential { sigma: 0.7 };

/// Where in `x` a row is.
fn position(x: &Array2<f64>, row: ArrayView1<f64>) -> Option<usize> {
    x.outer_iter().position(|other| other == row)
}

/// `(K (K + λI)⁻¹)_ii` in the eigenbasis of `K`.
fn exact_scores(x: &Array2<f64>, ridge: f64) -> Vec<f64> {
    let (kappa, u) = jacobi(&gram(&KERNEL, x.view()).unwrap());
    let shares = kappa.mapv(|kappa| kappa / (kappa + ridge));
    u.outer_iter()
        .map(|row| row.iter().zip(&shares).map(|(entry, share)| entry * entry * share).sum())
        .collect()
}

proptest! {
    #![proptest_config(cases(60))]

    /// As many as asked for; points, all different, unless means were moved.
    #[test]
    fn landmarks_are_points(n in 1..=40_usize, p in 1..=3_usize, share in 0.0..1.0_f64, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let x = gaussian(n, p, &mut rng);
        let m = 1 + (share * n as f64) as usize;
        for rule in RULES {
            let landmarks = rule.choose(&KERNEL, x.view(), m.min(n), &mut rng).unwrap();
            prop_assert_eq!(landmarks.dim(), (m.min(n), p));
            if rule == (Landmarks::KMeans { rounds: 5 }) {
                let (lowest, highest) = (x.fold(f64::MAX, |a, b| a.min(*b)), x.fold(f64::MIN, |a, b| a.max(*b)));
                prop_assert!(landmarks.iter().all(|&entry| (lowest..=highest).contains(&entry)));
                continue;
            }
            let found: BTreeSet<_> = landmarks.outer_iter().map(|row| position(&x, row)).collect();
            prop_assert!(found.len() == m.min(n) && !found.contains(&None), "{rule:?}: {found:?}");
        }
    }

    /// Means of clusters are nearer to the points than where they started.
    #[test]
    fn rounds_bring_means_nearer(n in 10..=60_usize, m in 1..=8_usize, seed in any::<u64>()) {
        let x = gaussian(n, 2, &mut rng(seed));
        let inertia = |rounds| {
            let means =
                Landmarks::KMeans { rounds }.choose(&KERNEL, x.view(), m, &mut rng(seed ^ 1)).unwrap();
            let to_nearest = |point: ArrayView1<f64>| {
                let squares = means.outer_iter().map(|mean| {
                    let difference = &point - &mean;
                    difference.dot(&difference)
                });
                squares.fold(f64::INFINITY, f64::min)
            };
            x.outer_iter().map(to_nearest).sum::<f64>()
        };
        let [start, one, few] = [0, 1, 4].map(inertia);
        prop_assert!(one <= start * (1.0 + 1e-12) && few <= one * (1.0 + 1e-12), "{start} {one} {few}");
        // Some cluster has two different points, and neither is their mean.
        prop_assert!(one < start || m == n);
    }

    /// With all points as the sketch the scores are exact; with fewer, what the sketch misses over the ridge.
    #[test]
    fn leverage_scores_by_definition(
        n in 2..=30_usize, s in 1..=30_usize, exponent in -3.0..1.0_f64, seed in any::<u64>(),
    ) {
        let x = gaussian(n, 2, &mut rng(seed));
        let ridge = 10_f64.powf(exponent);
        let exact = exact_scores(&x, ridge);
        let found = leverage_scores(&KERNEL, x.view(), x.view(), ridge).unwrap();
        prop_assert!(rel(&found, &exact) < 1e-9, "{found} {exact:?}");
        let s = s.min(n);
        let estimates = leverage_scores(&KERNEL, x.view(), x.slice(s![..s, ..]), ridge).unwrap();
        let gram = gram(&KERNEL, x.view()).unwrap();
        let shrunk = ridge * s as f64 / n as f64;
        let own = &gram.slice(s![..s, ..s]) + &(Array2::<f64>::eye(s) * shrunk);
        let cross = gram.slice(s![.., ..s]);
        let explained = (&cross.dot(&matrix_power(&own, -1.0)) * &cross).sum_axis(Axis(1));
        for (i, estimate) in estimates.iter().enumerate() {
            let expected = ((1.0 - explained[i]) / ridge).min(1.0);
            prop_assert!((estimate - expected).abs() < 1e-8, "{estimate} {expected}");
        }
    }

    /// Copies share what one of them would have.
    #[test]
    fn copies_share_a_score(n in 2..=10_usize, copies in 2..=5_usize, seed in any::<u64>()) {
        let x = gaussian(n, 2, &mut rng(seed)) * 10.0;
        let all = concatenate(Axis(0), &vec![x.view(); copies]).unwrap();
        let scores = leverage_scores(&KERNEL, all.view(), all.view(), 1e-6).unwrap();
        let of_one = leverage_scores(&KERNEL, x.view(), x.view(), 1e-6 / copies as f64).unwrap();
        for (i, score) in scores.iter().enumerate() {
            prop_assert!((score * copies as f64 - of_one[i % n]).abs() < 1e-6);
        }
    }
}

/// Four points far from a crowd that one of its points can stand for: of scores that sum to about five, they have four. A
/// uniform draw of eight finds three of them less than once in 10³.
#[test]
fn leverage_finds_what_others_cannot_stand_for() {
    let mut rng = rng(5);
    let crowd = gaussian(200, 2, &mut rng) * 0.01;
    let far = Array2::from_shape_fn((4, 2), |(i, j)| 100.0 * (1 + i + 7 * j) as f64);
    let x = concatenate![Axis(0), crowd, far];
    for rule in [Landmarks::LeverageScores, Landmarks::KMeans { rounds: 3 }] {
        for _ in 0..10 {
            let landmarks = rule.choose(&Gaussian { sigma: 1.0 }, x.view(), 8, &mut rng).unwrap();
            let found = far.outer_iter().filter(|point| position(&landmarks, *point).is_some()).count();
            assert!(found >= 3, "{rule:?}: {found}");
        }
    }
    let sketch = Landmarks::Uniform.choose(&KERNEL, x.view(), 20, &mut rng).unwrap();
    let estimates = leverage_scores(&KERNEL, x.view(), sketch.view(), 0.5).unwrap();
    for (estimate, exact) in estimates.iter().zip(exact_scores(&x, 0.5)) {
        assert!((0.5..2.0).contains(&(estimate / exact)), "{estimate}, not {exact}");
    }
}

/// Fewer different points than landmarks: the features are the same as on each point once.
#[test]
fn copies_of_points_are_handled() {
    let mut rng = rng(3);
    let few = gaussian(3, 2, &mut rng);
    let x = concatenate(Axis(0), &vec![few.view(); 20]).unwrap();
    let expected = gram(&KERNEL, x.view()).unwrap();
    for rule in RULES {
        // All of them, so that each of the three is there whatever is drawn.
        let landmarks = rule.choose(&KERNEL, x.view(), 60, &mut rng).unwrap();
        let features = Nystrom::new(KERNEL, landmarks.view()).unwrap().features(x.view()).unwrap();
        assert!(rel(&features.dot(&features.t()), &expected) < 1e-9, "{rule:?}");
    }
    for rule in [Landmarks::LeverageScores, Landmarks::KMeans { rounds: 2 }] {
        let landmarks = rule.choose(&KERNEL, x.view(), 12, &mut rng).unwrap();
        let nearest = |row: ArrayView1<f64>| {
            few.outer_iter().position(|point| (&point - &row).iter().all(|entry| entry.abs() < 1e-12))
        };
        let found: BTreeSet<_> = landmarks.outer_iter().map(nearest).collect();
        assert!(rule == Landmarks::LeverageScores || found.len() == 3, "{found:?}");
        assert!(!found.contains(&None));
    }
}

/// More rows than a task or a block has.
#[test]
fn the_same_for_any_number_of_threads() {
    let x = gaussian(9000, 3, &mut rng(1));
    for rule in RULES {
        let choose = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| rule.choose(&KERNEL, x.view(), 20, &mut rng(2)).unwrap())
        };
        let expected = choose(1);
        assert_eq!(choose(2), expected);
        assert_eq!(choose(3), expected);
    }
}

/// Squares of their distances are beyond the numbers, or nothing.
#[test]
fn points_of_any_scale() {
    for scale in [1e-300, 1e-150, 1e150, 1e300] {
        let x = gaussian(30, 2, &mut rng(4)) * scale;
        for rule in RULES {
            let landmarks = rule.choose(&Gaussian { sigma: scale }, x.view(), 5, &mut rng(5)).unwrap();
            let plain = rule.choose(&Gaussian { sigma: 1.0 }, (&x / scale).view(), 5, &mut rng(5)).unwrap();
            assert!(rel(&(landmarks / scale), &plain) < 1e-9, "{rule:?} at {scale}");
        }
    }
}

#[test]
fn bad_landmarks() {
    let x = gaussian(6, 2, &mut rng(0));
    let mut bad = x.clone();
    bad[[2, 1]] = f64::NAN;
    for rule in RULES {
        let choose = |x: &Array2<f64>, m| rule.choose(&KERNEL, x.view(), m, &mut rng(1));
        refused!(choose(&x, 0), Error::Domain { argument: "m", value: 0.0, .. });
        refused!(choose(&x, 7), Error::Domain { argument: "m", value: 7.0, .. });
        refused!(choose(&bad, 2), Error::NotFinite { argument: "x", .. });
        refused!(choose(&Array2::zeros((0, 2)), 2), Error::Empty { argument: "x", .. });
        refused!(choose(&Array2::zeros((6, 0)), 2), Error::Empty { argument: "x", .. });
        refused!(
            rule.choose(&Gaussian { sigma: 0.0 }, x.view(), 2, &mut rng(1)),
            Error::Domain { argument: "sigma", .. }
        );
        assert_eq!(choose(&x, 6).unwrap().dim(), (6, 2));
    }
    for ridge in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        refused!(
            leverage_scores(&KERNEL, x.view(), x.view(), ridge),
            Error::Domain { argument: "ridge", .. }
        );
    }
    refused!(leverage_scores(&KERNEL, bad.view(), x.view(), 1.0), Error::NotFinite { argument: "x", .. });
    refused!(
        leverage_scores(&KERNEL, x.view(), bad.view(), 1.0),
        Error::NotFinite { argument: "sketch", .. }
    );
    let wide = gaussian(6, 3, &mut rng(2));
    refused!(leverage_scores(&KERNEL, x.view(), wide.view(), 1.0), Error::Shape { argument: "sketch", .. });
    refused!(
        leverage_scores(&KERNEL, x.view(), Array2::zeros((0, 2)).view(), 1.0),
        Error::Empty { argument: "sketch", .. }
    );
}
