//! Captcha strategies and the passive order of pairs, against sections 8.3 and 8.4 of the theory.

use std::collections::HashMap;

use ndarray::{Array2, ArrayView2, s};
use pal::active::{CaptchaStrategy as _, PredictedCaptcha, UniformCaptcha, ask_captcha, random_pairs};
use pal::data::Labels;
use pal::oracle::{Captcha, CaptchaAnswer, Knowledge, LabelOracle, Oracle as _, Pair};
use pal::{Error, Result};
use proptest::prelude::*;
use rand::{Rng, RngExt};

mod support;

use support::chance::{plausible_mean, plausibly_uniform};
use support::{gaussian, jacobi, refused, rng};

/// `n` samples of `classes` classes, the first of each class in front, and what is known after some random questions.
fn partly_known(n: usize, classes: usize, rounds: usize, rng: &mut impl Rng) -> (Labels, Knowledge) {
    let class_of = (0..n).map(|i| if i < classes { i } else { rng.random_range(0..classes) }).collect();
    let truth = Labels::new(class_of, classes).unwrap();
    let mut knowledge = Knowledge::first_of_each_class(&truth).unwrap();
    for _ in 0..rounds {
        let candidates = (0..4).map(|_| rng.random_range(0..n)).collect();
        let captcha = Captcha { class: rng.random_range(0..classes), candidates };
        let answer = LabelOracle::new(&truth).answer(&captcha).unwrap();
        knowledge.learn(&captcha, &answer).unwrap();
    }
    (truth, knowledge)
}

/// The class that a least-squares probe on the known rows gives each row, by the pseudo-inverse of the Gram matrix; none
/// where its rank is not clear.
fn predicted(z: ArrayView2<f64>, labels: &Labels) -> Option<Vec<usize>> {
    let (n, k) = z.dim();
    let mut gram = Array2::<f64>::zeros((k, k));
    let mut moments = Array2::<f64>::zeros((k, labels.number_of_classes()));
    for i in 0..n {
        if let Some(class) = labels.class_of(i) {
            for a in 0..k {
                moments[[a, class]] += z[[i, a]];
                for b in 0..k {
                    gram[[a, b]] += z[[i, a]] * z[[i, b]];
                }
            }
        }
    }
    let (values, vectors) = jacobi(&gram);
    if values.iter().any(|value| (1e-13..1e-8).contains(&(value / values[0]))) {
        return None;
    }
    let inverse = values.mapv(|value| if value > 1e-10 * values[0] { value.recip() } else { 0.0 });
    let outputs = z.dot(&(&vectors * &inverse).dot(&vectors.t()).dot(&moments));
    let argmax = |row: ndarray::ArrayView1<f64>| {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        row.iter().position(|&output| output == largest).unwrap()
    };
    Some(outputs.rows().into_iter().map(argmax).collect())
}

fn captcha_of_class(classes: usize) -> impl Strategy<Value = (usize, usize, usize, u64)> {
    (Just(classes), 6..40_usize, 0..8_usize, any::<u64>())
}

proptest! {
    #[test]
    fn s8_4_uniform_captcha(
        (classes, n, rounds, seed) in (1..5_usize).prop_flat_map(captcha_of_class),
        size in 1..15_usize,
    ) {
        let mut rng = rng(seed);
        let (_, knowledge) = partly_known(n, classes, rounds, &mut rng);
        let captcha = UniformCaptcha { size }.propose(&knowledge, Array2::zeros((n, 1)).view(), &mut rng).unwrap();
        prop_assert_eq!(captcha.class, knowledge.least_asked_class());
        let open = knowledge.candidates(captcha.class).unwrap();
        if open.len() < size {
            prop_assert_eq!(captcha.candidates, open, "all of them, once");
        } else {
            prop_assert_eq!(captcha.candidates.len(), size);
            prop_assert!(captcha.candidates.iter().all(|sample| open.contains(sample)));
        }
    }

    #[test]
    fn s8_3_predicted_captcha(
        (classes, n, rounds, seed) in (1..5_usize).prop_flat_map(captcha_of_class),
        size in 1..15_usize,
        k in 1..6_usize,
    ) {
        let mut rng = rng(seed);
        let (_, knowledge) = partly_known(n, classes, rounds, &mut rng);
        let z = gaussian(n, k, &mut rng);
        let captcha = PredictedCaptcha { size }.propose(&knowledge, z.view(), &mut rng).unwrap();
        prop_assert_eq!(captcha.class, knowledge.least_asked_class());
        let open = knowledge.candidates(captcha.class).unwrap();
        let classes = predicted(z.view(), knowledge.labels());
        prop_assume!(classes.is_some());
        let classes = classes.unwrap();
        let promising: Vec<usize> = open.iter().copied().filter(|&i| classes[i] == captcha.class).collect();
        let pool = if promising.len() > size { promising } else { open };
        if pool.len() < size {
            prop_assert_eq!(captcha.candidates, pool);
        } else {
            prop_assert_eq!(captcha.candidates.len(), size);
            prop_assert!(captcha.candidates.iter().all(|sample| pool.contains(sample)));
        }
    }

    #[test]
    fn random_pairs_are_distinct_and_ordered(n in 0..40_usize, fraction in 0.0..=1.0_f64, seed: u64) {
        let all = (n * n).saturating_sub(n) / 2;
        let amount = (fraction * all as f64).round() as usize;
        let pairs = random_pairs(n, amount, &mut rng(seed)).unwrap();
        prop_assert_eq!(pairs.len(), amount);
        prop_assert!(pairs.iter().all(|pair| pair.second() < n));
        let mut distinct = pairs.clone();
        distinct.sort_unstable();
        distinct.dedup();
        prop_assert_eq!(distinct.len(), amount);
        prop_assert_eq!(random_pairs(n, amount, &mut rng(seed)).unwrap(), pairs, "the same stream, the same pairs");
        refused!(random_pairs(n, all + 1, &mut rng(seed)), Error::Domain { argument: "amount", .. });
    }
}

#[test]
fn the_least_asked_class_is_the_first_of_equals() {
    let truth = Labels::new(vec![0, 1, 2, 0, 1, 2, 2, 2], 3).unwrap();
    let mut knowledge = Knowledge::first_of_each_class(&truth).unwrap();
    let mut refuse = |class: usize, candidates: &[usize]| {
        let captcha = Captcha { class, candidates: candidates.to_vec() };
        knowledge.learn(&captcha, &CaptchaAnswer { belongs: vec![false; candidates.len()] }).unwrap();
        knowledge.least_asked_class()
    };
    assert_eq!(refuse(0, &[5]), 1);
    assert_eq!(refuse(1, &[5, 6]), 2);
    assert_eq!(refuse(2, &[3, 4]), 0);
    assert_eq!(refuse(0, &[6]), 0, "all three alike");
    assert_eq!(refuse(0, &[6, 5]), 0, "nothing new");
    assert_eq!(refuse(0, &[7]), 1);
}

/// Each sample lies on the axis of its class, so that a probe predicts it; one example of each of the three classes is
/// known, in front.
fn on_axes(of_class_0: usize, of_others: usize) -> (Knowledge, Array2<f64>) {
    let mut class_of = vec![0, 1, 2];
    class_of.extend(vec![0; of_class_0]);
    class_of.extend((0..of_others).map(|i| 1 + i % 2));
    let z = Array2::from_shape_fn((class_of.len(), 3), |(i, j)| f64::from(u8::from(class_of[i] == j)));
    (Knowledge::first_of_each_class(&Labels::new(class_of, 3).unwrap()).unwrap(), z)
}

/// False alarm below 1e-8 for fresh seeds: ten of a hundred candidates are of the class, and all ten draws fall on them
/// at a rate of 1e-10 a seed.
#[test]
fn s8_3_filters_only_if_more_than_size_are_promising() {
    let size = 10;
    let shown = |of_class_0: usize, of_others: usize, seed: u64| {
        let (knowledge, z) = on_axes(of_class_0, of_others);
        let captcha = PredictedCaptcha { size }.propose(&knowledge, z.view(), &mut rng(seed)).unwrap();
        assert_eq!(captcha.class, 0);
        captcha.candidates
    };
    let others = |candidates: &[usize], of_class_0: usize| {
        candidates.iter().filter(|&&sample| sample >= 3 + of_class_0).count()
    };
    for seed in 0..20 {
        assert_eq!(others(&shown(11, 30, seed), 11), 0, "eleven are enough");
        assert!(others(&shown(10, 90, seed), 10) > 0, "ten are not");
    }
    assert_eq!(shown(2, 5, 0), (3..10).collect::<Vec<_>>(), "all, if there are fewer than ten");
    assert_eq!(shown(0, 0, 0), Vec::<usize>::new());
}

/// False alarm below 1e-12 for fresh seeds: four uniform laws and four means.
#[test]
fn s8_3_draws_uniformly_with_replacement() {
    let draws = 3000;
    let uniform = |strategy: &dyn pal::active::CaptchaStrategy,
                   pool: &[usize],
                   of_class_0: usize,
                   of_others: usize| {
        let (knowledge, z) = on_axes(of_class_0, of_others);
        let mut rng = rng(7);
        let (mut counts, mut repeated) = (HashMap::new(), 0);
        for _ in 0..draws {
            let captcha = strategy.propose(&knowledge, z.view(), &mut rng).unwrap();
            let mut distinct = captcha.candidates.clone();
            distinct.sort_unstable();
            distinct.dedup();
            repeated += captcha.candidates.len() - distinct.len();
            for sample in captcha.candidates {
                assert!(pool.contains(&sample));
                *counts.entry(sample).or_insert(0) += 1;
            }
        }
        // Of 10 draws from m with replacement, m(1 − q) differ where q = (1 − 1/m)^10, with the variance of
        // occupied cells, and the others repeat an earlier one.
        let m = pool.len() as f64;
        let [one, two] = [1.0, 2.0].map(|cells| (1.0 - cells / m).powi(10));
        let variance = m * one + m * (m - 1.0) * two - (m * one).powi(2);
        let mean = repeated as f64 / f64::from(draws);
        assert!(plausible_mean(mean, 10.0 - m * (1.0 - one), (variance / f64::from(draws)).sqrt()), "{mean}");
        assert!(plausibly_uniform(&counts, pool.len()), "{counts:?}");
    };
    let pool = |range: std::ops::Range<usize>| range.collect::<Vec<_>>();
    uniform(&UniformCaptcha { size: 10 }, &pool(3..15), 6, 6);
    uniform(&UniformCaptcha { size: 10 }, &pool(3..13), 5, 5); // ten candidates: drawn, not listed
    uniform(&PredictedCaptcha { size: 10 }, &pool(3..15), 12, 9);
    uniform(&PredictedCaptcha { size: 10 }, &pool(3..22), 10, 9);
}

#[test]
fn asking_until_all_is_known() {
    let mut rng = rng(3);
    let (truth, mut knowledge) = partly_known(60, 4, 0, &mut rng);
    let z = gaussian(60, 5, &mut rng);
    let mut oracle = LabelOracle::new(&truth);
    let mut rounds = 0;
    while knowledge.labels() != &truth {
        ask_captcha(&PredictedCaptcha { size: 10 }, &mut oracle, &mut knowledge, z.view(), &mut rng).unwrap();
        rounds += 1;
        assert!(rounds <= 240);
    }
    for strategy in
        [&PredictedCaptcha { size: 10 } as &dyn pal::active::CaptchaStrategy, &UniformCaptcha { size: 10 }]
    {
        assert!(strategy.propose(&knowledge, z.view(), &mut rng).unwrap().candidates.is_empty());
    }
}

#[test]
fn asking_reports_what_went_wrong_and_learns_nothing() {
    let mut rng = rng(4);
    let (truth, mut knowledge) = partly_known(20, 3, 2, &mut rng);
    let before = format!("{knowledge:?}");
    let z = gaussian(20, 2, &mut rng);
    let mut refuses = |_: &Captcha| -> Result<CaptchaAnswer> {
        Err(Error::Empty { argument: "queue", expected: "answer" })
    };
    let mut too_short = |_: &Captcha| Ok(CaptchaAnswer { belongs: vec![true] });
    let (uniform, predicted) = (UniformCaptcha { size: 5 }, PredictedCaptcha { size: 5 });
    let mut oracle = LabelOracle::new(&truth);
    refused!(
        ask_captcha(&uniform, &mut refuses, &mut knowledge, z.view(), &mut rng),
        Error::Empty { argument: "queue", .. }
    );
    refused!(
        ask_captcha(&uniform, &mut too_short, &mut knowledge, z.view(), &mut rng),
        Error::Shape { argument: "answer", .. }
    );
    refused!(
        ask_captcha(&UniformCaptcha { size: 0 }, &mut oracle, &mut knowledge, z.view(), &mut rng),
        Error::Domain { argument: "size", value: 0.0, .. }
    );
    refused!(
        ask_captcha(&PredictedCaptcha { size: 0 }, &mut oracle, &mut knowledge, z.view(), &mut rng),
        Error::Domain { argument: "size", value: 0.0, .. }
    );
    refused!(
        ask_captcha(&predicted, &mut oracle, &mut knowledge, z.slice(s![..19, ..]), &mut rng),
        Error::Shape { argument: "labels", .. }
    );
    refused!(
        ask_captcha(&predicted, &mut oracle, &mut knowledge, z.slice(s![.., ..0]), &mut rng),
        Error::Empty { argument: "features", .. }
    );
    for bad in [f64::NAN, f64::INFINITY] {
        let mut z = z.clone();
        z[[19, 1]] = bad;
        refused!(
            ask_captcha(&predicted, &mut oracle, &mut knowledge, z.view(), &mut rng),
            Error::NotFinite { argument: "features", .. }
        );
    }
    assert_eq!(format!("{knowledge:?}"), before);
}

/// False alarm below 1e-12 for fresh seeds: ten uniform laws.
#[test]
fn random_pairs_come_in_uniform_order() {
    // Whatever the amount, the first two of n = 4 are each of the 6 · 5 ordered choices equally often.
    for amount in 2..=6 {
        let draws = 20_000;
        let (mut starts, mut ends) = (HashMap::new(), HashMap::new());
        let mut rng = rng(u64::try_from(amount).unwrap());
        for _ in 0..draws {
            let pairs = random_pairs(4, amount, &mut rng).unwrap();
            *starts.entry([pairs[0], pairs[1]]).or_insert(0) += 1;
            *ends.entry([pairs[amount - 2], pairs[amount - 1]]).or_insert(0) += 1;
        }
        for counts in [starts, ends] {
            assert!(plausibly_uniform(&counts, 30), "amount {amount}: {counts:?}");
        }
    }
}

/// False alarm below 1e-12 for fresh seeds: two means.
#[test]
fn random_pairs_of_many_samples() {
    // 11175 pairs of 150 samples: every one comes once, and each position is uniform on them.
    let mut all = random_pairs(150, 11_175, &mut rng(5)).unwrap();
    all.sort_unstable();
    let expected: Vec<_> =
        (0..150).flat_map(|i| (i + 1..150).map(move |j| Pair::new(i, j).unwrap())).collect();
    assert_eq!(all, expected);
    // The smaller index of a uniform pair is i with probability (n − 1 − i) / (n (n − 1) / 2): mean (n − 2) / 3.
    let n = 1 << 31;
    let few = random_pairs(n, 2000, &mut rng(6)).unwrap();
    let mean =
        |of: fn(Pair) -> usize| few.iter().map(|&pair| of(pair) as f64).sum::<f64>() / (few.len() * n) as f64;
    assert!(few.iter().all(|pair| pair.second() < n));
    // The smaller and the larger of two uniform numbers have the variance 1/18.
    let standard_error = (1.0 / 18.0 / few.len() as f64).sqrt();
    assert!(plausible_mean(mean(Pair::first), 1.0 / 3.0, standard_error));
    assert!(plausible_mean(mean(Pair::second), 2.0 / 3.0, standard_error));
    for many in [n + 1, usize::MAX] {
        refused!(random_pairs(many, 1, &mut rng(7)), Error::Domain { argument: "n", .. });
    }
}
