//! The methods on paper that `pal` is compared with, each on an instance worked by hand.
#![allow(clippy::unwrap_used)] // a test may panic
#![allow(dead_code)] // the program uses what the tests do not

use approx::assert_abs_diff_eq;
use ndarray::{Array2, array, s};
use pal::Error;
use pal::oracle::Pair;
use pal::random::stream;

#[path = "../benches/peers/rivals/a3s.rs"]
mod a3s;
#[path = "../benches/peers/rivals/correlation.rs"]
mod correlation;
#[path = "../benches/peers/rivals/interview.rs"]
mod interview;
#[path = "../benches/peers/rivals/probabilities.rs"]
mod probabilities;

use a3s::A3s;
use correlation::{Acquisition, CorrelationClustering, MOST_SAMPLES, Options, least_energy, mean_field};
use interview::Interview;
use probabilities::{falling, pair_probabilities};

/// What A3S asks of truthful answers, and the clusters in the end.
fn asked_by_a3s(
    clusters: &[usize],
    probabilities: Array2<f64>,
    truth: &[usize],
    budget: usize,
) -> (Vec<(usize, usize)>, Vec<usize>) {
    let mut questions = Vec::new();
    let mut found = Vec::new();
    let mut answer = |pair: Pair| {
        questions.push((pair.first(), pair.second()));
        Ok(truth[pair.first()] == truth[pair.second()])
    };
    let mut watch = |_: usize, clusters: &[usize]| {
        found = clusters.to_vec();
        Ok(())
    };
    let mut a3s = A3s::new(clusters.to_vec(), probabilities).unwrap();
    a3s.run(Interview::new(&mut answer, budget, &mut watch)).unwrap();
    (questions, found)
}

/// Whether two clusterings are the same but for the names.
fn agree(one: &[usize], other: &[usize]) -> bool {
    let n = one.len();
    (0..n).all(|i| (0..n).all(|j| (one[i] == one[j]) == (other[i] == other[j])))
}

fn assert_close(found: &Array2<f64>, expected: &Array2<f64>, epsilon: f64) {
    assert_eq!(found.dim(), expected.dim());
    assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= epsilon), "{found} is not {expected}");
}

/// Probabilities by block: `blocks` are ranges of samples, `between` has what holds within and between them.
fn blocks(sizes: &[usize], between: &Array2<f64>) -> Array2<f64> {
    let block_of: Vec<usize> =
        sizes.iter().enumerate().flat_map(|(block, &size)| vec![block; size]).collect();
    let n = block_of.len();
    Array2::from_shape_fn((n, n), |(i, j)| if i == j { 1.0 } else { between[[block_of[i], block_of[j]]] })
}

/// Clusters of 4, 4 and 2 samples, all dense. That the first two are of one class has probability (1 + 16 · 0.6) / 18 = 0.589
/// and the union loses (8 ln 8 − 8 ln 4) / 10 = 0.555; of the first and the last (1 + 8 · 0.8) / 10 = 0.74 and
/// (6 ln 6 − 4 ln 4 − 2 ln 2) / 10 = 0.382. So 0.327 are to be gained against 0.283: the larger union is asked about first,
/// though the smaller is the likelier one.
#[test]
fn a3s_merges_what_promises_most_first() {
    let probabilities = blocks(&[4, 4, 2], &array![[0.95, 0.6, 0.8], [0.6, 0.95, 0.1], [0.8, 0.1, 0.95]]);
    let clusters = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2];
    let truth = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1];
    let (questions, found) = asked_by_a3s(&clusters, probabilities, &truth, 10);
    assert_eq!(questions, [(0, 4), (4, 8)]);
    assert!(agree(&found, &truth));
}

/// The first cluster is not dense: its centre 0 and sample 4, on the border of seven tenths of the others, are asked about and
/// refused. It is split: all are compared with the first samples of the parts, the likelier first. One part belongs to the other
/// cluster. That neither the others do, nor the outlier 5 to any, is implied and not asked.
#[test]
fn a3s_splits_what_is_refused() {
    let probabilities = blocks(&[3, 3, 2], &array![[0.9, 0.3, 0.7], [0.3, 0.9, 0.1], [0.7, 0.1, 0.95]]);
    let clusters = [0, 0, 0, 0, 0, 0, 1, 1];
    let truth = [0, 0, 0, 1, 1, 2, 0, 0];
    let (questions, found) = asked_by_a3s(&clusters, probabilities.clone(), &truth, 20);
    assert_eq!(questions, [(0, 4), (0, 1), (0, 2), (0, 3), (3, 4), (3, 5), (0, 5), (0, 6)]);
    assert!(agree(&found, &truth));

    // Without an answer left, those that were not compared go where they most probably belong.
    let (questions, found) = asked_by_a3s(&clusters, probabilities, &truth, 4);
    assert_eq!(questions.len(), 4);
    assert!(agree(&found, &[0, 0, 0, 1, 1, 1, 2, 2]));
}

/// A sample alone is compared with the centres of clusters, the more probable first.
#[test]
fn a3s_places_outliers() {
    let probabilities = blocks(&[2, 2, 1], &array![[0.95, 0.1, 0.2], [0.1, 0.95, 0.3], [0.2, 0.3, 0.95]]);
    let truth = [0, 0, 1, 1, 0];
    let (questions, found) = asked_by_a3s(&[0, 0, 1, 1, 2], probabilities, &truth, 10);
    assert_eq!(questions, [(0, 2), (2, 4), (0, 4)]);
    assert!(agree(&found, &truth));
}

/// Two yes, then no, yes, which rises and is pooled, then no.
#[test]
fn probabilities_fall_with_the_distance() {
    let seen = [(5.0, false), (1.0, true), (3.0, false), (2.0, true), (4.0, true)];
    assert_eq!(falling(seen.to_vec()), [(1.0, 1.0), (3.0, 0.5), (5.0, 0.0)]);
    // Two triples far apart: nothing but certainty, which is never complete.
    let x = array![[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]];
    let probabilities = pair_probabilities(x.view(), &[0, 0, 0, 1, 1, 1], &mut stream(0, 0));
    let expected = blocks(&[3, 3], &array![[0.99, 0.01], [0.01, 0.99]]);
    assert_close(&probabilities, &expected, 1e-12);
}

/// Two pairs of samples, similar within and dissimilar between them.
fn two_pairs() -> Array2<f64> {
    array![[0.0, 1.0, -1.0, -1.0], [1.0, 0.0, -1.0, -1.0], [-1.0, -1.0, 0.0, 1.0], [-1.0, -1.0, 1.0, 0.0]]
}

/// By symmetry `q` is `(1 + m) / 2` in the own cluster. The energies of a sample are then −1 · (1 + m)/2 + 2 · (1 − m)/2 =
/// (1 − 3m)/2 in its own and (1 + 3m)/2 in the other one; so m = tanh(3 β m / 2). For β = 1 that is 0.8586; for β = 1/2 the slope
/// 3/4 at 0 leaves m = 0 alone.
#[test]
fn the_mean_field_of_two_pairs() {
    let sharp = array![[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]];
    let settled = mean_field(&two_pairs(), 1.0, sharp.clone());
    let (own, other) = ((1.0 + 0.8586) / 2.0, (1.0 - 0.8586) / 2.0);
    let expected = array![[own, other], [own, other], [other, own], [other, own]];
    assert_close(&settled, &expected, 1e-3);
    assert_close(&mean_field(&two_pairs(), 0.5, sharp), &Array2::from_elem((4, 2), 0.5), 1e-3);
}

/// The two pairs, and samples after them of which nothing is known.
fn with_strangers(strangers: usize, acquisition: Acquisition) -> CorrelationClustering {
    let mut similarities = Array2::zeros((4 + strangers, 4 + strangers));
    similarities.slice_mut(s![..4, ..4]).assign(&two_pairs());
    let clusters = [vec![0, 0, 1, 1], vec![0; strangers]].concat();
    CorrelationClustering::new(similarities, clusters, Options { beta: 30.0, acquisition }).unwrap()
}

/// The stranger is in either cluster with probability 1/2: the answer about it and any other sample has the entropy ln 2, and so
/// has its gain, since one other answer about the stranger tells it. Of the other pairs all is decided: they gain nothing.
#[test]
fn a_decided_pair_has_nothing_to_gain() {
    for acquisition in [Acquisition::Entropy, Acquisition::JointGain { draws: 20, pairs: 1 }] {
        let clustering = with_strangers(1, acquisition);
        let worth = clustering.worth(&mut stream(0, 0));
        for ((_, j), &worth) in worth.indexed_iter().filter(|((i, j), _)| i < j) {
            let expected = if j == 4 { std::f64::consts::LN_2 } else { 0.0 };
            assert_abs_diff_eq!(worth, expected, epsilon = 1e-6);
        }
        assert_eq!(clustering.propose(&mut stream(0, 0)).unwrap().second(), 4);
    }
}

/// Whether two strangers belong together has the entropy ln 2, too, but no other single answer tells it: that would say where one
/// of the two belongs. So its gain is 0, unlike that of the answers about a stranger and a sample that is known.
#[test]
fn what_no_other_answer_tells_is_not_gained() {
    let gain = |acquisition| with_strangers(2, acquisition).worth(&mut stream(0, 0));
    let (entropy, gain) = (gain(Acquisition::Entropy), gain(Acquisition::JointGain { draws: 40, pairs: 1 }));
    assert_abs_diff_eq!(entropy[[4, 5]], std::f64::consts::LN_2, epsilon = 1e-6);
    assert_abs_diff_eq!(gain[[4, 5]], 0.0, epsilon = 1e-6);
    // Of nine pairs that are uncertain four are of the one stranger and a sample that is known.
    for stranger in [4, 5] {
        assert_abs_diff_eq!(gain[[0, stranger]], 4.0 / 9.0 * std::f64::consts::LN_2, epsilon = 0.2);
    }
}

/// Energies of the clusterings of three samples with 0.01 between any two but −1 between 0 and 1: the best is 0 | 1, 2 or 1 |
/// 0, 2 with −0.01. The answer that 0 and 2 belong together leaves the second.
#[test]
fn answers_move_samples_to_less_energy() {
    let mut similarities = Array2::from_elem((3, 3), 0.01);
    similarities.diag_mut().fill(0.0);
    (similarities[[0, 1]], similarities[[1, 0]]) = (-1.0, -1.0);
    let clusters = least_energy(&similarities, vec![0; 3]);
    assert!(clusters[0] != clusters[1] && clusters[..2].contains(&clusters[2]));
    (similarities[[0, 2]], similarities[[2, 0]]) = (1.0, 1.0);
    assert!(agree(&least_energy(&similarities, clusters), &[0, 1, 0]));
    assert!(agree(&least_energy(&two_pairs(), vec![0; 4]), &[0, 0, 1, 1]));
}

/// All pairs of the stranger are asked until every pair is answered; each once.
#[test]
fn every_pair_is_asked_once() {
    let mut questions = Vec::new();
    let mut answer = |pair: Pair| {
        questions.push(pair);
        Ok(pair.second() != 4 && pair.first() / 2 == pair.second() / 2)
    };
    let mut counts = Vec::new();
    let mut last = Vec::new();
    let mut watch = |asked: usize, clusters: &[usize]| {
        counts.push(asked);
        last = clusters.to_vec();
        Ok(())
    };
    let interview = Interview::new(&mut answer, 100, &mut watch);
    with_strangers(1, Acquisition::Entropy).run(interview, &mut stream(0, 0)).unwrap();
    questions.sort_unstable();
    questions.dedup();
    assert_eq!(questions.len(), 10);
    assert_eq!(counts, (0..=10).collect::<Vec<_>>());
    assert!(agree(&last, &[0, 0, 1, 1, 2]));
}

#[test]
fn large_sets_are_refused() {
    let n = MOST_SAMPLES + 1;
    let options = Options { beta: 1.0, acquisition: Acquisition::Entropy };
    let refused = CorrelationClustering::new(Array2::zeros((n, n)), vec![0; n], options);
    let Err(Error::Domain { argument: "number of samples", value, .. }) = refused else {
        panic!("401 samples are taken")
    };
    assert_eq!(value, n as f64);
    let misfit = CorrelationClustering::new(Array2::zeros((2, 3)), vec![0; 2], options);
    assert!(matches!(misfit, Err(Error::Shape { argument: "similarities", .. })));
}
