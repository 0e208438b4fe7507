//! Sets that hardly tell anything apart and annotators who do not look: learning ends, and no error is stated to be small that
//! is not.
#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::HashMap;
use std::sync::Arc;

use ndarray::{Array1, Array2};
use pal::Error;
use pal::active::{
    Belief, BeliefOptions, STRATEGIES, StoppingRule, WarmStart, WarmStartOptions, ask_pairs, next_label,
    remaining_error, strategy,
};
use pal::graph::SimilarityGraph;
use pal::oracle::Pair;
use pal::probe::matched_accuracy;
use rand::RngExt;

mod support;

use support::{gaussian, refused, rng};

/// Most answers about one pair: an audit that is refused is put again.
const MOST_ANSWERS: usize = 9;

fn start_of(x: &Array2<f64>) -> Arc<WarmStart> {
    Arc::new(WarmStart::of_features(x.view(), &WarmStartOptions::default()).unwrap())
}

/// Samples of which nothing is known: each like every other, or none like any.
fn alike(n: usize, weight: f64) -> Arc<WarmStart> {
    let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j, weight)));
    let graph = SimilarityGraph::pairs(n, pairs.filter(|_| weight > 0.0)).unwrap();
    Arc::new(WarmStart::of_graph(graph, &WarmStartOptions::default()).unwrap())
}

/// Normal clouds of these classes, their centres drawn with deviation `spread`.
fn clouds(truth: &[usize], spread: f64, seed: u64) -> Arc<WarmStart> {
    let classes = truth.iter().max().map_or(0, |last| last + 1);
    let centres = gaussian(classes, 6, &mut rng(seed)) * spread;
    let mut x = gaussian(truth.len(), 6, &mut rng(seed + 1));
    for (mut row, &class) in x.outer_iter_mut().zip(truth) {
        row += &centres.row(class);
    }
    start_of(&x)
}

fn truthful(truth: &[usize]) -> impl FnMut(Pair) -> bool {
    |pair: Pair| truth[pair.first()] == truth[pair.second()]
}

/// A run of the recommended strategy.
#[derive(Debug, Default)]
struct Played {
    asked: usize,
    /// Whether nothing was left to ask.
    is_over: bool,
    /// Share of wrong samples in the end.
    wrong: f64,
    /// Most that the truth was above the upper end, at any moment.
    most_above: f64,
    /// The lowest upper end, at any moment.
    lowest: f64,
    /// Share of wrong samples when the stopping rule was first met at 5 %.
    stopped: Option<f64>,
}

/// Asks until nothing is left to ask or `most` questions were answered, and holds what is said against `truth`. All that is said
/// is finite, and no question comes more often than it may.
fn play(
    start: &Arc<WarmStart>,
    truth: &[usize],
    seed: u64,
    most: usize,
    mut answer: impl FnMut(Pair) -> bool,
) -> Played {
    let n = truth.len();
    let rule = StoppingRule { target: 0.05, ..StoppingRule::default() };
    let options = BeliefOptions { seed, ..BeliefOptions::default() };
    let mut belief = Belief::new(Arc::clone(start), options).unwrap();
    let mut times = HashMap::new();
    let mut played = Played { lowest: 1.0, most_above: -1.0, ..Played::default() };
    let answer = |pair: Pair| {
        let times = times.entry(pair).or_insert(0);
        *times += 1;
        assert!(pair.second() < n && *times <= MOST_ANSWERS, "{pair:?} for the {times}th time");
        Ok(answer(pair))
    };
    let pal = strategy("pal").unwrap();
    played.asked = ask_pairs(&mut belief, &pal, answer, most, &mut rng(seed), |_, belief| {
        let error = remaining_error(belief);
        assert!(error.interval.0 == 0.0 && error.share <= error.interval.1 && error.interval.1 <= 1.0);
        assert!(error.refused <= error.audited && error.audited <= n);
        assert!(belief.number_of_classes() <= belief.start().number_of_micro_clusters() + n);
        assert!(
            belief.probabilities().iter().chain(&belief.confidence()).all(|p| (0.0..1.0 + 1e-9).contains(p))
        );
        played.wrong = 1.0 - matched_accuracy(belief.classes(), truth)?;
        played.most_above = played.most_above.max(played.wrong - error.interval.1);
        played.lowest = played.lowest.min(error.interval.1);
        if played.stopped.is_none() && rule.is_met(belief)? {
            played.stopped = Some(played.wrong);
        }
        Ok(())
    })
    .unwrap();
    played.is_over = pal.propose(&belief, &mut rng(seed)).unwrap().is_none();
    assert!(played.is_over || played.asked == most, "{played:?}");
    played
}

/// With truthful answers the upper end holds at every moment. It does so in 95 % of runs by claim T52; in these all the time.
fn holds(name: &str, start: &Arc<WarmStart>, truth: &[usize], most: usize) {
    for seed in 0..3 {
        let played = play(start, truth, seed, most, truthful(truth));
        assert!(played.most_above < 1e-9, "{name}: {played:?}");
        assert!(played.stopped.is_none_or(|wrong| wrong < 0.05 + 1e-9), "{name}: {played:?}");
    }
}

#[test]
fn two_samples_take_one_question() {
    let apart = start_of(&Array2::from_shape_fn((2, 1), |(i, _)| i as f64));
    for start in [apart, alike(2, 1.0), alike(2, 0.0)] {
        for truth in [[0, 0], [0, 1]] {
            let played = play(&start, &truth, 0, 100, truthful(&truth));
            let repeats = usize::from(truth == [0, 1]) * (MOST_ANSWERS - 1);
            assert!(played.is_over && (1..=1 + repeats).contains(&played.asked), "{truth:?}: {played:?}");
            assert!(played.wrong < 1e-9 && played.most_above < 1e-9, "{truth:?}: {played:?}");
        }
        // Without an edge there is no representation that an answer could change.
        let is_edge = start.graph().degrees()[0] > 0.0;
        for name in STRATEGIES.into_iter().filter(|&name| is_edge || name != "representation") {
            let mut belief = Belief::new(Arc::clone(&start), BeliefOptions::default()).unwrap();
            let chosen = strategy(name).unwrap();
            let asked = ask_pairs(&mut belief, &chosen, |_| Ok(false), 100, &mut rng(0), |_, _| Ok(()));
            assert!((1..=MOST_ANSWERS).contains(&asked.unwrap()), "{name}");
            assert_eq!(belief.number_of_classes(), 2, "{name}");
        }
    }
}

/// One sample leaves nothing to ask, and cannot be in the wrong class.
#[test]
fn one_sample_takes_none() {
    let graph = SimilarityGraph::pairs(1, []).unwrap();
    refused!(
        WarmStart::of_graph(graph.clone(), &WarmStartOptions::default()),
        Error::Domain { argument: "number of samples", value: 1.0, .. }
    );
    let made = WarmStart::from_parts(graph, Array1::ones(1), Array2::ones((1, 1)), vec![0]).unwrap();
    let belief = Belief::new(Arc::new(made), BeliefOptions::default()).unwrap();
    for name in STRATEGIES {
        assert_eq!(strategy(name).unwrap().propose(&belief, &mut rng(0)).unwrap(), None, "{name}");
    }
    assert_eq!(next_label(&belief, &[0]), None);
}

/// Equal features are refused; a graph in which all samples are alike, or none, says nothing, and the answers all.
///
/// A complete graph gives no order to the comparisons of classes, so that samples of a third class, told apart from the first
/// two, look like many classes: the interval's assumption about comparisons fails there, and only the end is claimed.
#[test]
fn equal_samples_are_learned_from_answers_alone() {
    let equal = Array2::from_elem((30, 3), 7.0);
    refused!(
        WarmStart::of_features(equal.view(), &WarmStartOptions::default()),
        Error::Empty { argument: "features", .. }
    );
    let mut but_one = equal;
    but_one[[4, 1]] = 8.0;
    for classes in [1, 3] {
        let truth: Vec<usize> = (0..30).map(|i| i % classes).collect();
        for (name, start) in [
            ("all alike", alike(30, 1.0)),
            ("none alike", alike(30, 0.0)),
            ("all equal but one", start_of(&but_one)),
        ] {
            if classes == 1 || name != "all alike" {
                holds(name, &start, &truth, 1000);
            }
            let played = play(&start, &truth, 3, 1000, truthful(&truth));
            assert!(played.is_over && played.wrong < 1e-9, "{name}, {classes} classes: {played:?}");
        }
    }
}

#[test]
fn more_classes_than_half_the_samples() {
    for (n, classes, most) in [(24, 15, 400), (24, 24, 500), (120, 70, 150)] {
        let truth: Vec<usize> = (0..n).map(|i| i % classes).collect();
        for spread in [0.0, 4.0] {
            holds(&format!("{classes} classes, {spread}"), &clouds(&truth, spread, 1), &truth, most);
        }
        holds(&format!("{classes} classes, all alike"), &alike(n, 1.0), &truth, most);
    }
}

/// Whose answers never vary says that there is one class, or that each sample is one: of these classes the interval holds.
///
/// Of any others nothing is claimed, since more than one answer in five may be wrong, and not by chance: nobody can tell from
/// answers alone that an annotator who says yes throughout did not look.
#[test]
fn answers_that_never_vary_are_taken_at_their_word() {
    let n = 120;
    let start = clouds(&(0..n).map(|i| i % 3).collect::<Vec<_>>(), 3.0, 2);
    let (one, each): (Vec<usize>, Vec<usize>) = (vec![0; n], (0..n).collect());
    for seed in 0..3 {
        let yes = play(&start, &one, seed, 300, |_| true);
        assert!(yes.most_above < 1e-9 && yes.stopped == Some(0.0), "{yes:?}");
        let no = play(&start, &each, seed, 200, |_| false);
        assert!(no.most_above < 1e-9 && no.stopped.is_none() && no.lowest > 0.6, "{no:?}");
    }
}

/// A coin is wrong half of the time, more often than the one answer in five that the interval allows for, so that it need not
/// hold. But half of all audits are refused, and a small error is never stated.
#[test]
fn a_coin_never_shows_a_small_error() {
    for (n, most) in [(30, 500), (60, 600), (120, 500)] {
        let truth: Vec<usize> = (0..n).map(|i| i % 3).collect();
        let start = clouds(&truth, 3.0, 4);
        for seed in 0..4 {
            let mut coin = rng(10 + seed);
            let played = play(&start, &truth, seed, most, |_| coin.random());
            println!("{n} {seed}: {played:?}");
            assert!(played.stopped.is_none() && played.lowest > 0.05, "{n} samples: {played:?}");
        }
    }
}
