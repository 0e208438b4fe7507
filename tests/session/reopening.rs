//! A session that is opened again goes on as if it had never been closed.

use std::sync::Arc;

use pal::active::Belief;
use pal::oracle::{Answered, Pair};
use pal::session::{Entry, Settings, State};

use crate::{Irises, answer_some, assert_same, belief_bits, pair};

/// Answers of every kind, contradictions, skipped pairs and retractions: after each, whoever reads the directory anew believes
/// the same.
#[test]
fn what_is_on_disk_is_what_is_believed_bit_for_bit() {
    let irises = Irises::new(Settings { seed: 3, ..Settings::default() });
    let mut session = irises.session();
    assert_same(session.state(), &irises.state());
    answer_some(&mut session, 12);
    let captcha =
        Answered::Captcha { shown: vec![60], candidates: vec![61, 120], belongs: vec![true, false] };
    let label = |sample, class: &str| Answered::Label { sample, class: class.into() };
    for answered in [
        pair(0, 1, true),
        pair(1, 2, true),
        captcha,
        label(0, "setosa"),
        label(61, "virginica"),
        pair(2, 0, false), // a contradiction
        label(0, "virginica"),
        label(149, "virginica"),
    ] {
        session.record(answered, "eve", 0.5).unwrap();
        assert_same(session.state(), &irises.state());
    }
    assert_eq!(session.state().evidence().contradictions().len(), 2);
    session.skip(Pair::new(3, 70).unwrap()).unwrap();
    assert_same(session.state(), &irises.state());
    for id in [21, 14, 1] {
        session.retract(id).unwrap(); // the last, one of a contradiction, the first
        assert_same(session.state(), &irises.state());
    }
    answer_some(&mut session, 3);
    assert_same(session.state(), &irises.state());
    let next = session.next_question().unwrap().unwrap().pair;
    drop(session);
    let mut again = irises.session();
    assert_eq!(again.next_question().unwrap().unwrap().pair, next);
    assert_same(again.state(), &irises.state());
}

/// Against the belief that is told the answers one after the other by hand.
#[test]
fn the_belief_is_that_of_the_answers_that_stand() {
    let irises = Irises::new(Settings::default());
    let mut session = irises.session();
    answer_some(&mut session, 8);
    session.retract(3).unwrap();
    answer_some(&mut session, 2);

    let state = irises.state();
    let mut belief = Belief::new(Arc::new(state.start().clone()), state.settings().belief()).unwrap();
    let mut told = 0;
    for (id, entry) in state.log().entries() {
        if let Entry::Answer(record) = entry
            && id != 3
        {
            for (pair, same) in record.answered.statements().unwrap() {
                belief.learn(pair, same).unwrap();
                told += 1;
            }
        }
    }
    assert_eq!((told, state.summary().answers), (9, 9));
    assert_eq!(belief.classes(), session.state().belief().classes());
    assert_eq!(belief.probabilities(), session.state().belief().probabilities());
    assert_eq!(belief.predictions(), session.state().belief().predictions());
}

#[test]
fn whoever_looks_sees_every_step() {
    let irises = Irises::new(Settings::default());
    let mut session = irises.session();
    answer_some(&mut session, 4);
    session.retract(2).unwrap();
    let mut steps = Vec::new();
    let state = State::watched(irises.path(), |ledger, belief| {
        steps.push((ledger.spent(), belief.answers()));
        Ok(())
    });
    // What was taken back is paid for, and never believed.
    assert_eq!(steps, [(0.0, 0), (1.0, 1), (3.0, 2), (4.0, 3)]);
    assert_eq!(belief_bits(&state.unwrap()), belief_bits(session.state()));
}
