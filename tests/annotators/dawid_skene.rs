//! The model of Dawid and Skene against its definition, and where it can and cannot work.

use pal::Error;
use pal::oracle::{Consensus, DawidSkene, Vote};
use proptest::prelude::*;
use rand::RngExt;

use crate::support::{refused, rng};

/// True answers, and each annotator's votes with their sensitivity and specificity.
fn votes(questions: usize, rates: &[(f64, f64)], share_yes: f64, seed: u64) -> (Vec<bool>, Vec<Vote>) {
    let mut rng = rng(seed);
    let truth: Vec<bool> = (0..questions).map(|_| rng.random_bool(share_yes)).collect();
    let votes = (0..questions)
        .flat_map(|question| (0..rates.len()).map(move |annotator| (question, annotator)))
        .map(|(question, annotator)| {
            let (sensitivity, specificity) = rates[annotator];
            let right = rng.random_bool(if truth[question] { sensitivity } else { specificity });
            Vote { question, annotator, yes: truth[question] == right }
        })
        .collect();
    (truth, votes)
}

/// Logarithm of the posterior density of the parameters, with the sum over the answers taken literally.
fn log_posterior(model: &DawidSkene, fit: &Consensus, votes: &[Vote]) -> f64 {
    let chance = |vote: &Vote, answer: bool| {
        let annotator = fit.annotators[vote.annotator];
        let right = if answer { annotator.sensitivity } else { annotator.specificity };
        if vote.yes == answer { right } else { 1.0 - right }
    };
    let beta = |x: f64, a: f64, b: f64| x.powf(a - 1.0) * (1.0 - x).powf(b - 1.0);
    let mut sum = beta(fit.prevalence, model.balance, model.balance).ln();
    for annotator in &fit.annotators {
        sum += beta(annotator.sensitivity, model.right, model.wrong).ln();
        sum += beta(annotator.specificity, model.right, model.wrong).ln();
    }
    for question in 0..fit.posteriors.len() {
        let on = || votes.iter().filter(|vote| vote.question == question);
        let if_yes: f64 = on().map(|vote| chance(vote, true)).product::<f64>() * fit.prevalence;
        let if_no: f64 = on().map(|vote| chance(vote, false)).product::<f64>() * (1.0 - fit.prevalence);
        assert!((fit.posteriors[question] - if_yes / (if_yes + if_no)).abs() < 1e-6);
        sum += (if_yes + if_no).ln();
    }
    sum
}

fn some_votes() -> impl Strategy<Value = (usize, usize, Vec<Vote>)> {
    (1..12_usize, 1..6_usize).prop_flat_map(|(questions, annotators)| {
        let vote = (0..questions, 0..annotators, any::<bool>()).prop_map(|(question, annotator, yes)| Vote {
            question,
            annotator,
            yes,
        });
        (Just(questions), Just(annotators), prop::collection::vec(vote, 1..60))
    })
}

proptest! {
    /// Every step raises the posterior density; the end is a stationary point of it; and everything is a probability.
    #[test]
    fn the_fit_climbs_to_a_maximum((questions, annotators, votes) in some_votes()) {
        let model = DawidSkene { tolerance: 1e-10, ..DawidSkene::default() };
        let fit = model.fit(questions, annotators, &votes).unwrap();
        prop_assert!(fit.log_posterior.windows(2).all(|pair| pair[1] >= pair[0] - 1e-11 * (1.0 + pair[0].abs())));
        prop_assert!(fit.posteriors.iter().all(|posterior| (0.0..=1.0).contains(posterior)));
        let value = log_posterior(&model, &fit, &votes);
        prop_assert!((value - fit.log_posterior.last().unwrap()).abs() < 1e-9 * (1.0 + value.abs()));

        // Differences of the density in every parameter vanish.
        let h = 1e-5;
        let slope = |change: &dyn Fn(&mut Consensus, f64)| {
            let at = |h: f64| {
                let mut moved = fit.clone();
                change(&mut moved, h);
                moved.posteriors = model_posteriors(&moved, &votes);
                log_posterior(&model, &moved, &votes)
            };
            (at(h) - at(-h)) / (2.0 * h)
        };
        prop_assert!(slope(&|fit, h| fit.prevalence += h).abs() < 1e-3);
        for annotator in 0..annotators {
            prop_assert!(slope(&|fit, h| fit.annotators[annotator].sensitivity += h).abs() < 1e-3);
            prop_assert!(slope(&|fit, h| fit.annotators[annotator].specificity += h).abs() < 1e-3);
        }
        prop_assert_eq!(&fit, &model.fit(questions, annotators, &votes).unwrap(), "deterministic");
    }

    /// Exchanging yes and no exchanges sensitivity and specificity, to the last bit.
    #[test]
    fn yes_and_no_are_alike((questions, annotators, votes) in some_votes()) {
        let model = DawidSkene::default();
        let fit = model.fit(questions, annotators, &votes).unwrap();
        let opposite: Vec<Vote> = votes.iter().map(|vote| Vote { yes: !vote.yes, ..*vote }).collect();
        let mirror = model.fit(questions, annotators, &opposite).unwrap();
        prop_assert_eq!(&fit.log_posterior, &mirror.log_posterior);
        for (a, b) in fit.posteriors.iter().zip(&mirror.posteriors) {
            prop_assert!((a + b - 1.0).abs() <= f64::EPSILON);
        }
        for (a, b) in fit.annotators.iter().zip(&mirror.annotators) {
            prop_assert_eq!((a.sensitivity, a.specificity), (b.specificity, b.sensitivity));
        }
    }

    /// However extreme the prior and however few or many the votes, a fit is found in far fewer steps than are allowed.
    #[test]
    fn every_set_of_votes_is_fitted(
        (questions, annotators, votes) in some_votes(),
        copies in prop::sample::select(vec![1_usize, 30]),
        (right, wrong, balance) in (0.01..3.0_f64, 0.01..3.0_f64, 0.01..3.0_f64),
    ) {
        let above_1 = |log: f64| 1.0 + 10_f64.powf(log - 2.0);
        let model = DawidSkene {
            right: above_1(right), wrong: above_1(wrong), balance: above_1(balance), ..DawidSkene::default()
        };
        let many: Vec<Vote> = votes.iter().cycle().take(copies * votes.len()).copied().collect();
        let fit = model.fit(questions, annotators, &many).unwrap();
        prop_assert!(fit.log_posterior.len() < 300, "{} steps", fit.log_posterior.len());
        prop_assert!(fit.posteriors.iter().all(|posterior| (0.0..=1.0).contains(posterior)));
        prop_assert!((0.0..=1.0).contains(&fit.prevalence));
    }
}

/// The posteriors at the parameters of `fit`, by the definition.
fn model_posteriors(fit: &Consensus, votes: &[Vote]) -> Vec<f64> {
    (0..fit.posteriors.len())
        .map(|question| {
            let (mut if_yes, mut if_no) = (fit.prevalence, 1.0 - fit.prevalence);
            for vote in votes.iter().filter(|vote| vote.question == question) {
                let annotator = fit.annotators[vote.annotator];
                let (yes, no) = (annotator.sensitivity, annotator.specificity);
                if_yes *= if vote.yes { yes } else { 1.0 - yes };
                if_no *= if vote.yes { 1.0 - no } else { no };
            }
            if_yes / (if_yes + if_no)
        })
        .collect()
}

/// With enough votes the rates are found, unequal ones for yes and no too, and the answers are better than the majority's.
/// False alarm below 1e-8 for a fresh seed: the bounds stand six standard errors away and more.
#[test]
fn rates_are_recovered() {
    let rates = [(0.95, 0.9), (0.6, 0.95), (0.9, 0.6), (0.7, 0.7), (0.05, 0.1)];
    let questions = 40_000;
    let (truth, votes) = votes(questions, &rates, 0.3, 1);
    let fit = DawidSkene::default().fit(questions, rates.len(), &votes).unwrap();
    for (found, (sensitivity, specificity)) in fit.annotators.iter().zip(rates) {
        assert!((found.sensitivity - sensitivity).abs() < 0.04, "{found:?} {sensitivity}");
        assert!((found.specificity - specificity).abs() < 0.04, "{found:?} {specificity}");
    }
    assert!((fit.prevalence - 0.3).abs() < 0.03);
    let wrong = |answer: &dyn Fn(usize) -> bool| (0..questions).filter(|&q| answer(q) != truth[q]).count();
    let yes = |q: usize| votes.iter().skip(q * rates.len()).take(rates.len()).filter(|vote| vote.yes).count();
    let by_model = wrong(&|q| fit.posteriors[q] > 0.5);
    assert!(2 * by_model < wrong(&|q| 2 * yes(q) > rates.len()), "{by_model}");
    // Posteriors are calibrated: as many are wrong as they say.
    let expected: f64 = fit.posteriors.iter().map(|posterior| posterior.min(1.0 - posterior)).sum();
    assert!((by_model as f64 - expected).abs() < 7.5 * expected.sqrt(), "{by_model} {expected}");
}

/// Needs most annotators to be right more often than wrong: a majority of liars is believed. A fresh seed fails at a rate
/// below 1e-20.
#[test]
fn a_majority_of_liars_is_believed() {
    let (truth, votes) = votes(500, &[(0.05, 0.05), (0.05, 0.05), (0.95, 0.95)], 0.5, 2);
    let fit = DawidSkene::default().fit(500, 3, &votes).unwrap();
    let wrong = (0..500).filter(|&q| (fit.posteriors[q] > 0.5) != truth[q]).count();
    assert!(wrong > 400, "{wrong}");
}

#[test]
fn questions_and_annotators_without_votes() {
    let model = DawidSkene::default();
    let fit = model.fit(3, 2, &[Vote { question: 1, annotator: 0, yes: true }]).unwrap();
    assert!((fit.posteriors[0] - fit.prevalence).abs() < 1e-6 && fit.posteriors[0] == fit.posteriors[2]);
    assert!(fit.posteriors[1] > fit.posteriors[0]);
    assert_eq!((fit.annotators[1].sensitivity, fit.annotators[1].specificity), (0.75, 0.75));
}

#[test]
fn dawid_skene_inputs() {
    let model = DawidSkene::default();
    let vote = Vote { question: 0, annotator: 0, yes: true };
    refused!(model.fit(1, 1, &[]), Error::Empty { argument: "votes", .. });
    refused!(model.fit(0, 1, &[vote]), Error::Domain { argument: "question", value: 0.0, .. });
    refused!(model.fit(1, 0, &[vote]), Error::Domain { argument: "annotator", value: 0.0, .. });
    for bad in [1.0, 0.0, f64::NAN, f64::INFINITY] {
        let refuse = |model: DawidSkene| match model.fit(1, 1, &[vote]) {
            Err(Error::Domain { argument, .. }) => argument,
            other => panic!("{other:?}"),
        };
        assert_eq!(refuse(DawidSkene { right: bad, ..model }), "right");
        assert_eq!(refuse(DawidSkene { wrong: bad, ..model }), "wrong");
        assert_eq!(refuse(DawidSkene { balance: bad, ..model }), "balance");
    }
    refused!(
        DawidSkene { tolerance: 0.0, ..model }.fit(1, 1, &[vote]),
        Error::Domain { argument: "tolerance", .. }
    );
    refused!(
        DawidSkene { rounds: 1, ..model }.fit(1, 1, &[vote]),
        Error::NotConverged { solver: "Dawid-Skene", iterations: 1, .. }
    );
}
