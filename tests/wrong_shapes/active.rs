use ndarray::{Array1, Array2};
use pal::active::{
    Belief, BeliefOptions, CaptchaStrategy, PredictedCaptcha, Subject, WarmStart, WarmStartOptions,
    next_label,
};
use pal::data::Labels;
use pal::graph::SimilarityGraph;
use pal::oracle::{Knowledge, Pair};
use pal::{Error, Result};
use rand::Rng;

use crate::door::{Door, door, is_square, length, numbers, vector};
use crate::graph::similarities;
use crate::support::{self, gaussian, refused};

fn of_start(start: WarmStart) -> Result<Vec<f64>> {
    // Whichever way the eigenvectors of equal eigenvalues are turned.
    let mut all = numbers([&start.features().dot(&start.features().t())]);
    all.extend(start.eigenvalues());
    let belief = Belief::new(start, BeliefOptions::default())?;
    all.extend(belief.classes().iter().map(|&class| class as f64));
    all.extend(belief.confidence());
    Ok(all)
}

pub(crate) fn doors(n: usize, rng: &mut impl Rng) -> Vec<Door> {
    let options = WarmStartOptions { neighbours: 3, ..WarmStartOptions::default() };
    // Two groups far apart.
    let mut x = gaussian(n, 2, rng);
    x.slice_mut(ndarray::s![..n / 2, ..]).mapv_inplace(|entry| entry + 20.0);
    let clusters: Vec<usize> = (0..n).map(|i| usize::MAX - i % 2).collect();
    vec![
        door(
            "active::WarmStart::of_features active::Belief::new",
            vec![x.clone()],
            |d| d[0].0 > 1 && d[0].1 > 0,
            move |a| of_start(WarmStart::of_features(a[0].view(), &options)?),
        ),
        door(
            "active::WarmStart::of_features",
            vec![x.clone()],
            |d| d[0].0 > 1 && d[0].1 > 0,
            move |a| of_start(WarmStart::of_features(a[0].clone(), &options)?),
        ),
        door(
            "active::Belief::of_features",
            vec![x.clone()],
            |d| d[0].0 > 1 && d[0].1 > 0,
            |a| Ok(Belief::of_features(a[0].view())?.confidence().to_vec()),
        ),
        door(
            "active::WarmStart::of_graph",
            vec![similarities(n, rng)],
            |d| is_square(d[0]) && d[0].0 > 1,
            move |a| of_start(WarmStart::of_graph(SimilarityGraph::dense(a[0].clone())?, &options)?),
        ),
        door(
            "active::WarmStart::from_parts",
            vec![similarities(n, rng), gaussian(2, 1, rng), gaussian(n, 2, rng)],
            move |d| d[0] == (n, n) && d[2] == (n, length(d[1])),
            move |a| {
                let graph = SimilarityGraph::dense(a[0].clone())?;
                of_start(WarmStart::from_parts(graph, vector(&a[1]), a[2].clone(), clusters.clone())?)
            },
        ),
        door(
            "active::CaptchaStrategy::propose",
            vec![x],
            move |d| d[0].0 == n && d[0].1 > 0,
            move |a| {
                let truth = Labels::new((0..n).map(|i| 2 * i / n).collect(), 2)?;
                let knowledge = Knowledge::first_of_each_class(&truth)?;
                let captcha =
                    PredictedCaptcha { size: 2 }.propose(&knowledge, a[0].view(), &mut support::rng(0))?;
                Ok(captcha.candidates.into_iter().map(|sample| sample as f64).collect())
            },
        ),
    ]
}

/// A representation of no columns, a graph with negative entries, and a single sample.
#[test]
fn parts_of_a_start_that_say_nothing_are_no_panic() {
    let features = Array2::zeros((6, 0));
    let graph = SimilarityGraph::pairs(6, [(0, 1, -1.0), (2, 3, -0.5)]).unwrap();
    let start = WarmStart::from_parts(graph, Array1::zeros(0), features, vec![0; 6]).unwrap();
    of_start(start).unwrap();
    let one = SimilarityGraph::identity(1).unwrap();
    of_start(WarmStart::from_parts(one, Array1::ones(1), Array2::ones((1, 1)), vec![0]).unwrap()).unwrap();
}

/// What is asked about samples that a belief does not know.
#[test]
fn samples_that_are_not_there_are_refused() {
    let x = gaussian(12, 2, &mut support::rng(0));
    let mut belief = Belief::of_features(x.view()).unwrap();
    let beyond = Pair::new(3, 12).unwrap();
    refused!(belief.learn(beyond, true), Error::Domain { .. });
    refused!(belief.suppose(beyond), Error::Domain { .. });
    refused!(belief.probability_same(beyond), Error::Domain { .. });
    belief.skip(beyond);
    assert_eq!(belief.answer(beyond), None);
    assert!(!belief.was_asked(12));
    for subject in [
        Subject::Sample { sample: 12, class: 0 },
        Subject::Sample { sample: 0, class: 99 },
        Subject::Classes(98, 99),
        Subject::Parts(99),
    ] {
        assert_eq!(belief.question(subject), None);
    }
    assert!(next_label(&belief, &[12, usize::MAX]).is_some());
}
