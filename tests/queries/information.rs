//! Claim T43: the bits of each kind of question, against the enumeration of all outcomes.

use std::collections::HashMap;
use std::hash::Hash;

use pal::Error;
use pal::oracle::information::{captcha, captcha_bounds, label, log2_partitions, pair};
use proptest::prelude::*;

use super::partitions::{game_value, partitions, sizes};
use crate::support::refused;

/// Entropy in bits of what `answer` says of `draws` samples drawn from `prior`, by enumeration of the draws.
fn enumerated<A: Hash + Eq>(prior: &[f64], draws: usize, answer: impl Fn(&[usize]) -> A) -> f64 {
    let mut probability_of: HashMap<A, f64> = HashMap::new();
    for code in 0..prior.len().pow(draws as u32) {
        let drawn: Vec<usize> =
            (0..draws).map(|draw| code / prior.len().pow(draw as u32) % prior.len()).collect();
        *probability_of.entry(answer(&drawn)).or_default() +=
            drawn.iter().map(|&c| prior[c]).product::<f64>();
    }
    probability_of.values().filter(|&&p| p > 0.0).map(|p| -p * p.log2()).sum()
}

fn accepted(drawn: &[usize]) -> Vec<bool> {
    drawn[1..].iter().map(|&class| class == drawn[0]).collect()
}

fn prior() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(0.0..1.0_f64, 1..=4).prop_map(|mut weights| {
        weights[0] += 0.1;
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / sum).collect()
    })
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-12
}

proptest! {
    #[test]
    fn t43_bits(prior in prior(), m in 0..=4_usize) {
        let classes = prior.len() as f64;
        let label_bits = label(&prior).unwrap();
        prop_assert!(near(label_bits, enumerated(&prior, 1, |drawn| drawn[0])));
        prop_assert!(label_bits <= classes.log2() + 1e-12);

        let pair_bits = pair(&prior).unwrap();
        prop_assert!(near(pair_bits, enumerated(&prior, 2, |drawn| drawn[0] == drawn[1])));
        prop_assert!(pair_bits <= 1.0 + 1e-12);

        let captcha_bits = captcha(&prior, m).unwrap();
        prop_assert!(near(captcha_bits, enumerated(&prior, m + 1, accepted)));
        let (lower, upper) = captcha_bounds(&prior, m).unwrap();
        prop_assert!(lower <= captcha_bits + 1e-12 && captcha_bits <= upper + 1e-12);
    }
}

fn h(p: f64) -> f64 {
    -p * p.log2() - (1.0 - p) * (1.0 - p).log2()
}

#[test]
fn t43_balanced_captcha() {
    let prior = [0.25; 4];
    let bits = captcha(&prior, 3).unwrap();
    assert!(near(bits, 3.0 * h(0.25)));
    assert!(near(bits, enumerated(&prior, 4, accepted)));
    assert!(near(label(&prior).unwrap(), 2.0));
    // Long lists do not leave the range of numbers.
    assert!((captcha(&prior, 5000).unwrap() / (5000.0 * h(0.25)) - 1.0).abs() < 1e-9);
}

/// Needs equal probabilities for equality: else the answers share what they say of the anchor's class.
#[test]
fn t43_unbalanced_captcha() {
    let prior = [0.6, 0.3, 0.1];
    let bits = captcha(&prior, 3).unwrap();
    let lower = 3.0 * (0.6 * h(0.6) + 0.3 * h(0.3) + 0.1 * h(0.1));
    let upper = 3.0 * h(0.36 + 0.09 + 0.01);
    assert!(near(bits, enumerated(&prior, 4, accepted)));
    assert!(lower + 1e-3 < bits && bits < upper - 1e-3, "{lower} {bits} {upper}");
    let bounds = captcha_bounds(&prior, 3).unwrap();
    assert!(near(bounds.0, lower) && near(bounds.1, upper));
    assert!((bits - 3.0 * h(1.0 / 3.0)).abs() > 1e-3);
}

/// Needs answers free of noise: a flipped answer tells of the pair less than its own entropy.
#[test]
fn t43_noise_tells_less() {
    let (prior, flip) = ([0.5, 0.3, 0.2], 0.1);
    let together = 0.25 + 0.09 + 0.04;
    let answered = together * (1.0 - flip) + (1.0 - together) * flip;
    let mutual = h(answered) - h(flip);
    assert!(mutual < pair(&prior).unwrap() - 0.1);
}

#[test]
fn t43_partition_count() {
    for n in 1..=6 {
        let mut partitions_of: HashMap<Vec<usize>, Vec<Vec<usize>>> = HashMap::new();
        for partition in partitions(n) {
            let mut key = sizes(&partition);
            key.sort_unstable();
            partitions_of.entry(key).or_default().push(partition);
        }
        for (sizes, all) in partitions_of {
            // In whatever order the sizes are named.
            let largest_first: Vec<usize> = sizes.iter().rev().copied().collect();
            let mut mixed = sizes.clone();
            mixed.rotate_left(1);
            let bits = log2_partitions(&sizes).unwrap();
            assert!(near(log2_partitions(&largest_first).unwrap(), bits));
            assert!(near(log2_partitions(&mixed).unwrap(), bits));
            assert!((bits.exp2() - all.len() as f64).abs() < 1e-9, "{sizes:?}");
            if n < 6 {
                assert!(game_value(&all) as f64 >= bits - 1e-9, "{sizes:?}");
            }
        }
    }
}

#[test]
fn information_inputs() {
    refused!(label(&[]), Error::Domain { argument: "sum of the prior", value: 0.0, .. });
    refused!(label(&[0.5, 0.4]), Error::Domain { argument: "sum of the prior", .. });
    refused!(pair(&[1.5, -0.5]), Error::Domain { argument: "prior", value: 1.5, .. });
    refused!(captcha(&[f64::NAN], 2), Error::Domain { argument: "prior", .. });
    refused!(captcha_bounds(&[0.5], 2), Error::Domain { .. });
    refused!(log2_partitions(&[]), Error::Empty { argument: "sizes", .. });
    refused!(log2_partitions(&[2, 0]), Error::EmptyClass { class: 1, classes: 2, .. });
    refused!(log2_partitions(&[usize::MAX, 2]), Error::Domain { argument: "sum of sizes", .. });
}
