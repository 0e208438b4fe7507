//! Labels one at a time: which sample is worth most.
#![allow(clippy::unwrap_used)] // a test may panic

use std::sync::Arc;

use ndarray::Array2;
use pal::active::{Belief, BeliefOptions, Subject, WarmStart, WarmStartOptions, next_label};
use pal::oracle::Pair;

/// Groups of these sizes round centres far apart; the group of every sample.
fn groups(sizes: &[usize]) -> (Array2<f64>, Vec<usize>) {
    let group_of: Vec<usize> =
        sizes.iter().enumerate().flat_map(|(group, &size)| vec![group; size]).collect();
    let place = |sample: usize, axis: usize| {
        let wobble = ((7 * sample + 3 * axis) % 11) as f64 / 11.0;
        if axis == group_of[sample] { 5.0 + wobble } else { wobble }
    };
    (Array2::from_shape_fn((group_of.len(), sizes.len()), |(sample, axis)| place(sample, axis)), group_of)
}

fn belief(sizes: &[usize]) -> (Belief, Vec<usize>) {
    let (inputs, group_of) = groups(sizes);
    let options = WarmStartOptions { neighbours: 5, ..WarmStartOptions::default() };
    let made = WarmStart::of_features(inputs.view(), &options).unwrap();
    let (eigenvalues, features) = (made.eigenvalues().to_owned(), made.features().to_owned());
    let start = WarmStart::from_parts(made.graph().clone(), eigenvalues, features, group_of.clone()).unwrap();
    (Belief::new(Arc::new(start), BeliefOptions::default()).unwrap(), group_of)
}

#[test]
fn the_first_labels_are_one_a_cluster_the_largest_first() {
    let (belief, group_of) = belief(&[12, 30, 20]);
    let mut labelled = Vec::new();
    for _ in 0..3 {
        labelled.push(next_label(&belief, &labelled).unwrap());
    }
    assert_eq!(labelled.iter().map(|&sample| group_of[sample]).collect::<Vec<_>>(), [1, 2, 0]);
}

#[test]
fn every_sample_in_doubt_comes_once_and_then_none() {
    let (belief, _) = belief(&[10, 8]);
    let in_doubt = belief.doubts_about_samples().len();
    let mut labelled = Vec::new();
    while let Some(sample) = next_label(&belief, &labelled) {
        assert!(!labelled.contains(&sample));
        labelled.push(sample);
    }
    assert_eq!(labelled.len(), 2 + in_doubt);
}

/// A sample that was refused by its own cluster is likely misplaced, and is not asked for again once labelled.
#[test]
fn what_was_labelled_is_left_alone() {
    let (mut belief, group_of) = belief(&[10, 8]);
    let centres = [next_label(&belief, &[]).unwrap()];
    let centres = [centres[0], next_label(&belief, &centres).unwrap()];
    let outsider =
        (0..group_of.len()).find(|&i| group_of[i] == group_of[centres[0]] && i != centres[0]).unwrap();
    belief.learn(Pair::new(centres[0], outsider).unwrap(), false).unwrap();
    let labelled = [centres[0], centres[1], outsider];
    assert!(!labelled.contains(&next_label(&belief, &labelled).unwrap()));
    let subjects = belief.doubts_about_samples();
    assert!(subjects.iter().all(|doubt| matches!(doubt.subject, Subject::Sample { .. })));
}
