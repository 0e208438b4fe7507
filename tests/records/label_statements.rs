//! Labels say as much as all the pairs that follow from them.

use pal::oracle::{Answered, Closure, Evidence, LabelStatements, Pair};
use proptest::prelude::*;

proptest! {
    #[test]
    fn the_statements_imply_every_pair_of_labelled_samples(classes in proptest::collection::vec(0..4_usize, 2..12)) {
        let mut labels = LabelStatements::default();
        let mut closure = Closure::new(classes.len()).unwrap();
        for (sample, class) in classes.iter().enumerate() {
            let answered = Answered::Label { sample, class: class.to_string() };
            for (pair, same) in labels.of(&answered).unwrap() {
                closure.link(pair.first(), pair.second(), same).unwrap();
            }
        }
        for (i, a) in classes.iter().enumerate() {
            for (j, b) in classes.iter().enumerate() {
                prop_assert_eq!(closure.entry(i, j).unwrap(), if a == b { 1.0 } else { -1.0 });
            }
        }
    }
}

#[test]
fn a_sample_of_two_classes_is_a_contradiction() {
    let mut labels = LabelStatements::default();
    let mut evidence = Evidence::new(5).unwrap();
    for (id, (sample, class)) in [(0, "a"), (1, "b"), (2, "a"), (2, "b")].into_iter().enumerate() {
        for (pair, same) in labels.of_label(sample, class) {
            evidence.insert(id, pair.first(), pair.second(), same).unwrap();
        }
    }
    let named: Vec<_> = evidence.contradictions().iter().map(|contradiction| contradiction.id).collect();
    assert_eq!(named, [3, 3]);
    assert!(labels.classes().eq([("a", 0), ("b", 1)]));
}

#[test]
fn a_sample_of_two_classes_stands_for_the_first_alone() {
    let pair = |i, j| Pair::new(i, j).unwrap();
    let mut labels = LabelStatements::default();
    assert!(labels.of_label(0, "x").is_empty());
    assert!(labels.of_label(0, "y").is_empty()); // no other sample is known of either class
    assert_eq!(labels.of_label(1, "x"), [(pair(0, 1), true)]);
    assert_eq!(labels.of_label(2, "y"), [(pair(0, 2), false)]);
    assert_eq!(labels.of_label(0, "y"), [(pair(0, 2), true)]);
    assert!(labels.classes().eq([("x", 0), ("y", 2)]));
    assert_eq!((labels.class_of(0), labels.class_of(3)), (Some("x"), None));
}
