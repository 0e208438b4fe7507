//! Questions: several open at a time, withdrawn, and none left; and what the records say of who answered.

use ndarray::array;
use pal::active::{StoppingRule, remaining_error};
use pal::oracle::Pair;
use pal::session::{Session, SessionOptions, Settings, Stop, create};

use crate::{Irises, answer_some, assert_same, pair, species};

#[test]
fn open_questions_differ_and_are_closed_by_what_is_said_of_their_pair() {
    let irises = Irises::new(Settings::default());
    let mut session = irises.session();
    let questions = [(); 4].map(|()| session.next_question().unwrap().unwrap());
    for (at, question) in questions.iter().enumerate() {
        assert_eq!(question.id, at);
        assert!(questions[..at].iter().all(|other| other.pair != question.pair));
    }
    let ids = |session: &Session| session.open_questions().iter().map(|open| open.id).collect::<Vec<_>>();
    assert_eq!(ids(&session), [0, 1, 2, 3]);
    session.answer(2, true).unwrap();
    let reversed = pair(questions[0].pair.second(), questions[0].pair.first(), false);
    session.record(reversed, "eve", 1.0).unwrap();
    session.skip(questions[3].pair).unwrap();
    session.record(pair(0, 1, true), "eve", 1.0).unwrap(); // not asked
    assert_eq!((ids(&session), session.question(1).unwrap()), (vec![1], questions[1]));
    let next = session.next_question().unwrap().unwrap();
    assert_eq!(next.id, 4);
    assert!(next.pair != questions[3].pair);
}

#[test]
fn a_question_that_is_withdrawn_may_be_asked_again() {
    let irises = Irises::new(Settings::default());
    let mut session = irises.session();
    answer_some(&mut session, 3);
    let first = session.next_question().unwrap().unwrap();
    session.withdraw(first.id).unwrap();
    assert!(session.open_questions().is_empty());
    let again = session.next_question().unwrap().unwrap();
    assert_eq!((again.pair, again.id), (first.pair, first.id + 1));
}

#[test]
fn it_says_why_there_is_no_next_question() {
    let folder = tempfile::tempdir().unwrap();
    create(folder.path(), array![[0.0], [0.1], [5.0], [5.2]], Settings::default()).unwrap();
    let mut session = Session::open(folder.path(), SessionOptions::default()).unwrap();
    while let Some(question) = session.next_question().unwrap() {
        session.answer(question.id, question.pair.first() / 2 == question.pair.second() / 2).unwrap();
    }
    assert_eq!(session.stop(), Some(Stop::NothingLeft));
    let classes = session.state().belief().classes();
    assert!(classes[0] == classes[1] && classes[2] == classes[3] && classes[0] != classes[2], "{classes:?}");

    let irises = Irises::new(Settings::default());
    let rule = StoppingRule { target: 0.5, at_least: 5 };
    let options = SessionOptions { until: Some(rule), ..SessionOptions::default() };
    let mut session = Session::open(irises.path(), options).unwrap();
    let truth = species();
    while let Some(question) = session.next_question().unwrap() {
        assert!(!rule.is_met(session.state().belief()).unwrap());
        session.answer(question.id, truth[question.pair.first()] == truth[question.pair.second()]).unwrap();
    }
    assert_eq!(session.stop(), Some(Stop::ErrorSmallEnough));
    assert!(remaining_error(session.state().belief()).interval.1 <= 0.5);
    assert!(session.state().summary().answers >= 5 && session.open_questions().is_empty());
}

#[test]
fn every_record_names_its_annotator() {
    let irises = Irises::new(Settings::default());
    let options = SessionOptions { annotator: "ada".into(), ..SessionOptions::default() };
    let mut session = Session::open(irises.path(), options).unwrap();
    answer_some(&mut session, 2);
    session.record(pair(0, 1, true), "eve", 7.0).unwrap();
    session.record(pair(0, 120, true), "eve", 5.0).unwrap();
    session.record(pair(1, 2, true), "eve", 6.0).unwrap();
    let annotators = session.state().annotators();
    let [ada, eve] = &annotators[..] else { panic!("{annotators:?}") };
    assert_eq!((ada.name.as_str(), ada.answers, eve.name.as_str(), eve.answers), ("ada", 2, "eve", 3));
    assert_eq!((eve.seconds, eve.reliability), (6.0, None));
    let classes = session.state().belief().classes();
    let agree = [(0, 1), (0, 120), (1, 2)].iter().filter(|(i, j)| classes[*i] == classes[*j]).count();
    assert!((eve.agreement - agree as f64 / 3.0).abs() < 1e-15);
    assert!(session.state().log().records().take(2).all(|(_, record)| record.seconds >= 0.0));
    assert_same(session.state(), &irises.state());
    let id = session.record(pair(0, 2, false), "ada", 1.0).unwrap();
    assert_eq!(session.state().contradicted_by(id), [3, 5]);
    session.skip(Pair::new(0, 3).unwrap()).unwrap();
    assert_eq!(session.state().statements().count(), 6);
}

/// A front may keep a session wherever it likes.
#[test]
fn a_session_can_be_sent_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Session>();
    is_send::<pal::session::State>();
}
