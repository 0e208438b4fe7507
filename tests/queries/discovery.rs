//! Claim T41: sequential discovery and its number of questions.

use pal::Error;
use pal::active::{DiscoveryCost, discover, discovery_cost, most_discovery_cost};
use pal::data::Labels;
use pal::oracle::{Closure, LabelOracle, Oracle as _, Pair};
use proptest::prelude::*;
use rand::seq::SliceRandom;

use super::closure::tell;
use super::partitions::{classes, pairs, partitions, sizes};
use crate::support::{refused, rng};

/// Classes numbered in order of discovery.
fn in_order_of_discovery(class_of: &[usize]) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    class_of
        .iter()
        .map(|class| {
            found.iter().position(|other| other == class).unwrap_or_else(|| {
                found.push(*class);
                found.len() - 1
            })
        })
        .collect()
}

proptest! {
    #[test]
    fn t41_discovery(sizes_drawn in prop::collection::vec(1..=9_usize, 1..=6), seed in any::<u64>()) {
        let mut class_of: Vec<usize> = sizes_drawn
            .iter()
            .enumerate()
            .flat_map(|(class, &size)| std::iter::repeat_n(class, size))
            .collect();
        class_of.shuffle(&mut rng(seed));
        let (n, c) = (class_of.len(), sizes_drawn.len());
        let truth = Labels::new(class_of.clone(), c).unwrap();
        let mut oracle = LabelOracle::new(&truth);
        let expected = in_order_of_discovery(&class_of);
        let sizes = sizes(&expected);
        let claimed: usize = sizes.iter().enumerate().map(|(at, size)| (at + 1) * size).sum::<usize>() - c;
        let cost = discovery_cost(&sizes).unwrap();
        let most = most_discovery_cost(n, c).unwrap();

        let mut asked = 0;
        let mut closure = Closure::new(n).unwrap();
        let unknown = discover(n, None, |pair| {
            asked += 1;
            let answer = oracle.answer(&pair)?;
            tell(&mut closure, (pair.first(), pair.second(), answer))?;
            Ok(answer)
        })
        .unwrap();
        prop_assert_eq!((unknown.questions, asked), (claimed, claimed));
        prop_assert_eq!(cost.classes_unknown, claimed);
        prop_assert!(claimed <= most.classes_unknown);
        prop_assert!(closure.is_complete(), "the answers prove the partition");

        let mut asked = 0;
        let known = discover(n, Some(c), |pair| {
            asked += 1;
            oracle.answer(&pair)
        })
        .unwrap();
        let fewer = claimed - (sizes[c - 1] - 1);
        prop_assert_eq!((known.questions, asked), (fewer, fewer));
        prop_assert_eq!(cost.classes_known, fewer);
        prop_assert!(fewer <= most.classes_known);

        for found in [unknown, known] {
            prop_assert_eq!(&found.labels, &Labels::new(expected.clone(), c).unwrap());
            for (class, &representative) in found.representatives.iter().enumerate() {
                prop_assert_eq!(expected.iter().position(|&other| other == class), Some(representative));
            }
        }
    }

    /// Balanced classes, best and worst order of discovery.
    #[test]
    fn t41_extremes(mut sizes in prop::collection::vec(1..=20_usize, 1..=6), size in 1..=20_usize) {
        let c = sizes.len();
        let n = c * size;
        prop_assert_eq!(2 * (discovery_cost(&vec![size; c]).unwrap().classes_unknown + c), n * (c + 1));

        let cost = discovery_cost(&sizes).unwrap();
        sizes.sort_unstable();
        let smallest_first = discovery_cost(&sizes).unwrap();
        sizes.reverse();
        let largest_first = discovery_cost(&sizes).unwrap();
        prop_assert!(largest_first.classes_unknown <= cost.classes_unknown);
        prop_assert!(cost.classes_unknown <= smallest_first.classes_unknown);
        prop_assert!(largest_first.classes_known <= cost.classes_known);
        prop_assert!(cost.classes_known <= smallest_first.classes_known);
    }
}

/// The bounds are attained, and by no partition exceeded.
#[test]
fn t41_worst_case() {
    for n in 1..=6 {
        for c in 1..=n {
            let costs: Vec<DiscoveryCost> = partitions(n)
                .iter()
                .filter(|p| classes(p) == c)
                .map(|p| discovery_cost(&sizes(p)).unwrap())
                .collect();
            let claimed = most_discovery_cost(n, c).unwrap();
            assert_eq!(costs.iter().map(|cost| cost.classes_unknown).max(), Some(claimed.classes_unknown));
            assert_eq!(costs.iter().map(|cost| cost.classes_known).max(), Some(claimed.classes_known));
            assert_eq!(claimed.classes_unknown, c * n - pairs(c).len() - c);
        }
    }
}

/// Needs the order of discovery: the same class sizes found in another order cost differently.
#[test]
fn t41_order_of_discovery_matters() {
    assert_eq!(discovery_cost(&[5, 1]).unwrap(), DiscoveryCost { classes_unknown: 5, classes_known: 5 });
    assert_eq!(discovery_cost(&[1, 5]).unwrap(), DiscoveryCost { classes_unknown: 9, classes_known: 5 });
}

/// Needs the number of classes to be right: with one too few, the classes found last are taken for one.
#[test]
fn t41_wrong_number_of_classes() {
    let truth = Labels::new(vec![0, 1, 2, 2, 1, 0], 3).unwrap();
    let mut oracle = LabelOracle::new(&truth);
    let found = discover(6, Some(2), |pair| oracle.answer(&pair)).unwrap();
    assert_eq!(found.labels, Labels::new(vec![0, 1, 1, 1, 1, 0], 2).unwrap());
}

#[test]
fn discovery_inputs() {
    let never = |_: Pair| -> pal::Result<bool> { panic!("asked") };
    refused!(discover(0, None, never), Error::Empty { argument: "samples", .. });
    refused!(discover(3, Some(0), never), Error::Domain { argument: "classes", value: 0.0, .. });
    refused!(discover(3, Some(4), never), Error::Domain { argument: "classes", value: 4.0, .. });
    assert_eq!(discover(3, Some(1), never).unwrap().questions, 0);
    refused!(discovery_cost(&[]), Error::Empty { argument: "sizes", .. });
    refused!(discovery_cost(&[1, 0]), Error::EmptyClass { class: 1, .. });
    refused!(discovery_cost(&[usize::MAX, 1]), Error::Domain { .. });
    refused!(most_discovery_cost(2, 3), Error::Domain { argument: "classes", .. });

    let truth = Labels::partial(vec![Some(0), None], 1).unwrap();
    let mut oracle = LabelOracle::new(&truth);
    refused!(
        discover(2, None, |pair| oracle.answer(&pair)),
        Error::Domain { argument: "sample", value: 1.0, .. }
    );
    refused!(oracle.answer(&Pair::new(0, 7).unwrap()), Error::Domain { argument: "sample", value: 7.0, .. });
}
