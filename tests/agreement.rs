//! Agreement of partitions against all pairs and against all namings.

use pal::Error;
use pal::probe::{adjusted_rand_index, matched_accuracy};
use proptest::prelude::*;

mod support;

use support::refused;

fn two_partitions() -> impl Strategy<Value = (Vec<usize>, Vec<usize>)> {
    (2_usize..40).prop_flat_map(|n| {
        (proptest::collection::vec(0_usize..4, n), proptest::collection::vec(0_usize..5, n))
    })
}

/// Every order of `0..n`.
fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let longer = |order: Vec<usize>| {
        (0..n).map(move |place| {
            let mut longer = order.clone();
            longer.insert(place, n - 1);
            longer
        })
    };
    orders(n - 1).into_iter().flat_map(longer).collect()
}

proptest! {
    /// (agreements − expected) / (most − expected), counted pair by pair.
    #[test]
    fn adjusted_rand_index_counts_pairs((a, b) in two_partitions()) {
        let (mut both, mut in_a, mut in_b, mut all) = (0.0, 0.0, 0.0, 0.0);
        for i in 0..a.len() {
            for j in 0..i {
                let (same_a, same_b) = (f64::from(u8::from(a[i] == a[j])), f64::from(u8::from(b[i] == b[j])));
                both += same_a * same_b;
                in_a += same_a;
                in_b += same_b;
                all += 1.0;
            }
        }
        let expected = in_a * in_b / all;
        let most = f64::midpoint(in_a, in_b);
        if most > expected {
            let index = adjusted_rand_index(&a, &b).unwrap();
            prop_assert!((index - (both - expected) / (most - expected)).abs() < 1e-12);
        }
    }

    #[test]
    fn names_of_classes_do_not_matter((a, b) in two_partitions(), shift in 1_usize..4) {
        let renamed: Vec<usize> = a.iter().map(|class| (class + shift) % 4).collect();
        prop_assert!((adjusted_rand_index(&a, &renamed).unwrap() - 1.0).abs() < 1e-12);
        prop_assert_eq!(matched_accuracy(&a, &renamed).unwrap(), 1.0);
        prop_assert!((adjusted_rand_index(&a, &b).unwrap() - adjusted_rand_index(&renamed, &b).unwrap()).abs() < 1e-12);
    }

    #[test]
    fn matched_accuracy_is_the_best_naming((a, b) in two_partitions()) {
        let right = |names: &Vec<usize>| a.iter().zip(&b).filter(|&(&a, &b)| names[a] == b).count();
        let best = orders(5).iter().map(right).max().unwrap();
        prop_assert!((matched_accuracy(&a, &b).unwrap() - best as f64 / a.len() as f64).abs() < 1e-12);
    }
}

#[test]
fn partitions_of_one_kind_agree() {
    assert_eq!(adjusted_rand_index(&[0, 0, 0], &[4, 4, 4]).unwrap(), 1.0);
    assert_eq!(adjusted_rand_index(&[0, 1, 2], &[2, 1, 0]).unwrap(), 1.0);
    assert_eq!(adjusted_rand_index(&[0, 1, 2], &[0, 0, 0]).unwrap(), 0.0);
    assert_eq!(matched_accuracy(&[0, 1, 2, 3], &[0, 0, 0, 0]).unwrap(), 0.25);
}

#[test]
fn bad_partitions_are_refused() {
    refused!(adjusted_rand_index(&[], &[]), Error::Empty { argument: "found", .. });
    refused!(matched_accuracy(&[0, 1], &[0]), Error::Shape { argument: "truth", .. });
}
