//! Several annotators, one answer.

use std::cell::RefCell;

use pal::Error;
use pal::oracle::cost::majority_error;
use pal::oracle::{Aggregation, Crowd, DawidSkene, LabelOracle, Noise, Noisy, Oracle, Pair, Vote};

use super::{labels, pairs, same};
use crate::support::chance::plausible_count;
use crate::support::refused;

fn wrong_answers(oracle: &mut impl Oracle<Pair>, truth: &pal::data::Labels, asked: &[Pair]) -> usize {
    asked.iter().filter(|pair| oracle.answer(*pair).unwrap() != same(truth, **pair)).count()
}

/// The majority errs as claim T45 says if errors are fresh, or if annotators differ. False alarm below 1e-11 for a fresh
/// seed: twelve counts.
#[test]
fn t45_crowds_err_as_majorities_do() {
    let truth = labels(150, 4);
    let asked = pairs(150);
    let oracle = LabelOracle::new(&truth);
    for votes in [1, 3, 5] {
        let claimed = majority_error(0.2, votes).unwrap();
        for (annotators, errors) in [(1, Noise::Fresh), (7, Noise::Fresh), (5, Noise::Persistent)] {
            let panel = Noisy::panel(&oracle, &vec![0.2; annotators], errors, 9).unwrap();
            let mut crowd = Crowd::new(panel, votes, Aggregation::Majority).unwrap();
            let wrong = wrong_answers(&mut crowd, &truth, &asked);
            assert!(plausible_count(wrong, asked.len(), claimed), "{votes}: {wrong}, {claimed}");
        }
        // Needs independent errors: one annotator whose errors persist errs as often as if asked once.
        let panel = Noisy::panel(&oracle, &[0.2], Noise::Persistent, 9).unwrap();
        let mut crowd = Crowd::new(panel, votes, Aggregation::Majority).unwrap();
        assert!(plausible_count(wrong_answers(&mut crowd, &truth, &asked), asked.len(), 0.2));
    }
}

/// Where two of five always lie and the others err, weighing the votes beats counting them. The rates are found to three
/// standard errors of some 80 answers: the seed is fixed, a fresh one would fail at a rate of a few per cent.
#[test]
fn liars_are_outweighed_by_dawid_skene() {
    let truth = labels(24, 3);
    let asked = pairs(24);
    let rates = [0.1, 1.0, 0.15, 1.0, 0.1];
    let panel = || Noisy::panel(&LabelOracle::new(&truth), &rates, Noise::Fresh, 3).unwrap();
    let mut majority = Crowd::new(panel(), 5, Aggregation::Majority).unwrap();
    let mut weighed = Crowd::new(panel(), 5, Aggregation::DawidSkene(DawidSkene::default())).unwrap();
    let by_majority = wrong_answers(&mut majority, &truth, &asked);
    wrong_answers(&mut weighed, &truth, &asked);
    // By the end it has found out; the first answers it gave could not know.
    let consensus = weighed.consensus(&DawidSkene::default()).unwrap();
    assert_eq!(weighed.pairs(), &asked);
    let posteriors = consensus.posteriors.iter().zip(&asked);
    let wrong = posteriors.filter(|(posterior, pair)| (**posterior > 0.5) != same(&truth, **pair)).count();
    assert!(by_majority as f64 > 0.2 * asked.len() as f64, "{by_majority}");
    assert!((wrong as f64) < 0.05 * asked.len() as f64, "{wrong}");
    for (annotator, rate) in consensus.annotators.iter().zip(rates) {
        assert!((annotator.sensitivity - (1.0 - rate)).abs() < 0.12, "{annotator:?} {rate}");
        assert!((annotator.specificity - (1.0 - rate)).abs() < 0.12, "{annotator:?} {rate}");
    }
}

/// Annotators take turns over all questions, and the consensus is that of exactly these votes.
#[test]
fn annotators_take_turns() {
    let asked = RefCell::new(Vec::new());
    let annotator = |number: usize| {
        let asked = &asked;
        move |pair: &Pair| {
            asked.borrow_mut().push((number, *pair));
            Ok((pair.first() + number).is_multiple_of(2))
        }
    };
    let annotators = (0..4).map(annotator).collect();
    let mut crowd = Crowd::new(annotators, 3, Aggregation::Majority).unwrap();
    let questions: Vec<Pair> =
        [(0, 1), (1, 2), (0, 1), (2, 3)].map(|(i, j)| Pair::new(i, j).unwrap()).to_vec();
    let answers: Vec<bool> = questions.iter().map(|pair| crowd.answer(pair).unwrap()).collect();
    let turns: Vec<(usize, Pair)> = (0..12).map(|turn| (turn % 4, questions[turn / 3])).collect();
    assert_eq!(*asked.borrow(), turns);
    let said = |(number, pair): (usize, Pair)| (pair.first() + number).is_multiple_of(2);
    for (answer, turns) in answers.iter().zip(turns.chunks(3)) {
        assert_eq!(*answer, turns.iter().filter(|turn| said(**turn)).count() >= 2);
    }
    assert_eq!(crowd.pairs(), [questions[0], questions[1], questions[3]]);
    let votes: Vec<Vote> = turns
        .iter()
        .map(|&(annotator, pair)| Vote { question: pair.first(), annotator, yes: said((annotator, pair)) })
        .collect();
    let model = DawidSkene::default();
    assert_eq!(crowd.consensus(&model).unwrap(), model.fit(3, 4, &votes).unwrap());
}

#[test]
fn crowd_inputs() {
    let yes = || |_: &Pair| Ok(true);
    let weighed = Aggregation::DawidSkene(DawidSkene::default());
    for aggregation in [Aggregation::Majority, weighed] {
        let nobody: Vec<fn(&Pair) -> pal::Result<bool>> = Vec::new();
        let refused = Crowd::new(nobody, 1, aggregation).err();
        assert!(matches!(refused, Some(Error::Empty { argument: "annotators", .. })));
        let refused = Crowd::new(vec![yes()], 0, aggregation).err();
        assert!(matches!(refused, Some(Error::Domain { argument: "votes", value: 0.0, .. })));
    }
    let refused = Crowd::new(vec![yes()], 2, Aggregation::Majority).err();
    assert!(matches!(refused, Some(Error::Domain { argument: "votes", value: 2.0, must: "odd" })));
    let mut even = Crowd::new(vec![yes()], 2, weighed).unwrap();
    refused!(even.consensus(&DawidSkene::default()), Error::Empty { argument: "votes", .. });
    assert!(even.answer(&Pair::new(0, 1).unwrap()).unwrap());
    // Whoever cannot answer leaves no votes of others behind.
    let truth = labels(3, 2);
    let mut crowd = Crowd::new(vec![LabelOracle::new(&truth)], 3, Aggregation::Majority).unwrap();
    refused!(crowd.answer(&Pair::new(0, 3).unwrap()), Error::Domain { argument: "sample", value: 3.0, .. });
    assert!(crowd.pairs().is_empty());
    refused!(crowd.consensus(&DawidSkene::default()), Error::Empty { argument: "votes", .. });
}
