//! Annotators who err at a rate.

use pal::Error;
use pal::oracle::{Captcha, CaptchaAnswer, LabelOracle, Noise, Noisy, Oracle, Pair, adversarial_rates};
use proptest::prelude::*;
use rand::seq::SliceRandom;

use super::{labels, pairs, same};
use crate::support::chance::plausible_count;
use crate::support::{cases, refused, rng};

proptest! {
    #![proptest_config(cases(24))]

    /// False alarm below 4e-13 a case, 1e-8 in 20 000 fresh ones: two counts.
    #[test]
    fn answers_are_flipped_at_the_rate(rate in 0.0..=1.0_f64, persistent: bool, seed: u64) {
        let truth = labels(100, 4);
        let errors = if persistent { Noise::Persistent } else { Noise::Fresh };
        let mut oracle = Noisy::new(LabelOracle::new(&truth), rate, errors, seed).unwrap();
        let asked = pairs(100);
        let wrong = asked.iter().filter(|pair| oracle.answer(*pair).unwrap() != same(&truth, **pair)).count();
        prop_assert!(plausible_count(wrong, asked.len(), rate), "{} of {} at {}", wrong, asked.len(), rate);

        let captcha = Captcha { class: 1, candidates: (0..100).collect() };
        let CaptchaAnswer { belongs } = oracle.answer(&captcha).unwrap();
        let wrong = (0..100).filter(|&i| belongs[i] != (truth.class_of(i) == Some(1))).count();
        prop_assert!(plausible_count(wrong, 100, rate), "{} of 100 at {}", wrong, rate);
    }

    /// What persists depends on neither the order nor the number of askings, unlike what is fresh: 190 answers are all the
    /// same again at a rate of 0.58¹⁹⁰ < 1e-44.
    #[test]
    fn errors_persist_or_not(seed: u64, order: u64) {
        let truth = labels(20, 3);
        let asked = pairs(20);
        let mut shuffled = asked.clone();
        shuffled.shuffle(&mut rng(order));
        let mut persistent = Noisy::new(LabelOracle::new(&truth), 0.3, Noise::Persistent, seed).unwrap();
        let first: Vec<bool> = asked.iter().map(|pair| persistent.answer(pair).unwrap()).collect();
        for pair in &shuffled {
            let at = asked.iter().position(|other| other == pair).unwrap();
            prop_assert_eq!(persistent.answer(pair).unwrap(), first[at]);
        }
        let captcha = Captcha { class: 2, candidates: vec![3, 4, 5, 3, 4, 5] };
        let CaptchaAnswer { belongs } = persistent.answer(&captcha).unwrap();
        prop_assert_eq!(&belongs[..3], &belongs[3..]);

        let mut fresh = Noisy::new(LabelOracle::new(&truth), 0.3, Noise::Fresh, seed).unwrap();
        let mut round = || asked.iter().map(|pair| fresh.answer(pair).unwrap()).collect::<Vec<bool>>();
        prop_assert_ne!(round(), round(), "of 190 answers some change");
        let mut again = Noisy::new(LabelOracle::new(&truth), 0.3, Noise::Fresh, seed).unwrap();
        let mut round_again = || asked.iter().map(|pair| again.answer(pair).unwrap()).collect::<Vec<bool>>();
        let mut fresh = Noisy::new(LabelOracle::new(&truth), 0.3, Noise::Fresh, seed).unwrap();
        let mut round = || asked.iter().map(|pair| fresh.answer(pair).unwrap()).collect::<Vec<bool>>();
        prop_assert_eq!(round(), round_again(), "the same seed, the same errors");
    }
}

/// Each of a panel errs at their own rate and independently of the others. False alarm below 1e-11 for a fresh seed: 16
/// counts.
#[test]
fn a_panel_errs_independently() {
    let truth = labels(150, 4);
    let asked = pairs(150);
    let rates = [0.1, 0.3, 0.3, 1.0, 0.0];
    for errors in [Noise::Fresh, Noise::Persistent] {
        let mut panel = Noisy::panel(&LabelOracle::new(&truth), &rates, errors, 5).unwrap();
        let wrong: Vec<Vec<bool>> = panel
            .iter_mut()
            .map(|annotator| {
                asked.iter().map(|pair| annotator.answer(pair).unwrap() != same(&truth, *pair)).collect()
            })
            .collect();
        for (wrong, rate) in wrong.iter().zip(rates) {
            assert!(plausible_count(wrong.iter().filter(|&&wrong| wrong).count(), asked.len(), rate));
        }
        let both = |a: usize, b: usize| (0..asked.len()).filter(|&at| wrong[a][at] && wrong[b][at]).count();
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            assert!(plausible_count(both(a, b), asked.len(), rates[a] * rates[b]));
        }
    }
}

#[test]
fn adversaries_always_lie() {
    assert_eq!(adversarial_rates(5, 0.4, 0.1).unwrap(), [1.0, 1.0, 0.1, 0.1, 0.1]);
    assert_eq!(adversarial_rates(3, 0.0, 0.2).unwrap(), [0.2; 3]);
    assert_eq!(adversarial_rates(3, 1.0, 0.2).unwrap(), [1.0; 3]);
    assert_eq!(adversarial_rates(0, 0.5, 0.2).unwrap(), [0.0; 0]);
    for count in 0..40_usize {
        for share in 0..=10_usize {
            let rates = adversarial_rates(count, share as f64 / 10.0, 0.0).unwrap();
            let liars = rates.iter().filter(|&&rate| rate == 1.0).count();
            assert!((liars as f64 - count as f64 * share as f64 / 10.0).abs() <= 0.5 + 1e-12);
        }
    }
    let truth = labels(10, 2);
    let mut liar = Noisy::new(LabelOracle::new(&truth), 1.0, Noise::Fresh, 0).unwrap();
    assert!(pairs(10).into_iter().all(|pair| liar.answer(&pair).unwrap() != same(&truth, pair)));
}

#[test]
fn noisy_inputs() {
    let truth = labels(3, 2);
    for bad in [-0.1, 1.1, f64::NAN] {
        let oracle = LabelOracle::new(&truth);
        refused!(Noisy::new(oracle.clone(), bad, Noise::Fresh, 0), Error::Domain { argument: "rate", .. });
        refused!(Noisy::panel(&oracle, &[0.1, bad], Noise::Fresh, 0), Error::Domain { argument: "rate", .. });
        refused!(adversarial_rates(3, bad, 0.1), Error::Domain { argument: "adversarial", .. });
        refused!(adversarial_rates(3, 0.1, bad), Error::Domain { argument: "rate", .. });
    }
    let mut noisy = Noisy::new(LabelOracle::new(&truth), 0.5, Noise::Persistent, 0).unwrap();
    refused!(noisy.answer(&Pair::new(0, 3).unwrap()), Error::Domain { argument: "sample", value: 3.0, .. });
    let captcha = Captcha { class: 2, candidates: vec![0] };
    refused!(noisy.answer(&captcha), Error::Domain { argument: "class", value: 2.0, .. });
    // Any indices have their place in the stream.
    let mut yes = Noisy::new(|_: &Pair| Ok(true), 0.0, Noise::Persistent, 0).unwrap();
    assert!(yes.answer(&Pair::new(usize::MAX, usize::MAX - 1).unwrap()).unwrap());
}
