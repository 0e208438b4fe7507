//! What is refused is named, and changes nothing.

use pal::oracle::{Answered, Budget, Pair};
use pal::session::{Session, SessionOptions, Settings, State, create};
use pal::{Error, StateError};

use crate::support::refused;
use crate::{Irises, answer_some, assert_same, pair};

#[test]
fn a_second_session_is_refused_by_the_lock() {
    let irises = Irises::new(Settings::default());
    let session = irises.session();
    let own = std::process::id().to_string();
    match Session::open(irises.path(), SessionOptions::default()) {
        Err(Error::State(StateError::Locked { folder, process })) => {
            assert_eq!((folder.as_path(), process), (irises.path(), own));
        }
        other => panic!("{other:?}"),
    }
    let made = create(irises.path(), pal::data::iris().unwrap().inputs, Settings::default());
    refused!(made, Error::State(StateError::Locked { .. }));
    assert_same(&irises.state(), session.state()); // whoever looks needs no lock
    drop(session);
    irises.session();
}

#[test]
fn an_answer_to_a_question_that_is_not_open_is_refused() {
    let irises = Irises::new(Settings::default());
    let mut session = irises.session();
    refused!(session.answer(0, true), Error::State(StateError::NoQuestion { id: 0, .. }));
    let first = session.next_question().unwrap().unwrap();
    let second = session.next_question().unwrap().unwrap();
    assert_eq!((first.id, second.id), (0, 1));
    session.answer(0, true).unwrap();
    let log = irises.log_bytes();
    for id in [0, 2, usize::MAX] {
        let answered = session.answer(id, true).unwrap_err();
        let withdrawn = session.withdraw(id).unwrap_err();
        for refused in [answered, withdrawn] {
            match refused {
                Error::State(StateError::PastQuestion { id: 0, open }) if id == 0 => assert_eq!(open, [1]),
                Error::State(StateError::NoQuestion { id: other, open }) if other == id => {
                    assert_eq!(open, [1]);
                }
                other => panic!("{other}"),
            }
        }
    }
    assert_eq!((irises.log_bytes(), session.open_questions()), (log, &[second][..]));
    assert_same(session.state(), &irises.state());
}

#[test]
fn what_does_not_fit_is_neither_kept_nor_believed_nor_paid_for() {
    let classes = vec!["setosa".to_owned(), "other".to_owned()];
    let irises = Irises::new(Settings { classes, ..Settings::default() });
    let options = SessionOptions { budget: Budget::new(4.0).unwrap(), ..SessionOptions::default() };
    let mut session = Session::open(irises.path(), options).unwrap();
    answer_some(&mut session, 2);
    let open = session.next_question().unwrap().unwrap();
    let log = irises.log_bytes();
    let label = |sample, class: &str| Answered::Label { sample, class: class.into() };
    let captcha = |shown: &[usize], candidates: &[usize], belongs: &[bool]| Answered::Captcha {
        shown: shown.to_vec(),
        candidates: candidates.to_vec(),
        belongs: belongs.to_vec(),
    };
    type IsExpected = fn(&Error) -> bool;
    let no_sample: IsExpected =
        |error| matches!(error, Error::State(StateError::NoSample { sample: 150, samples: 150 }));
    let candidates: IsExpected = |error| matches!(error, Error::State(StateError::Candidates { .. }));
    let no_class: IsExpected = |error| match error {
        Error::State(StateError::UnknownClass { name, known }) => name == "rose" && known.len() == 2,
        _ => false,
    };
    let refused: [(Answered, f64, IsExpected); 12] = [
        (pair(0, 150, true), 1.0, no_sample),
        (pair(150, 0, true), 1.0, no_sample),
        (label(150, "setosa"), 1.0, no_sample),
        (captcha(&[150], &[1], &[true]), 1.0, no_sample),
        (captcha(&[1], &[150], &[true]), 1.0, no_sample),
        (captcha(&[1], &[], &[]), 1.0, candidates),
        (captcha(&[1], &[2, 3, 2], &[true, true, false]), 1.0, candidates),
        (captcha(&[], &[1], &[true]), 1.0, |error| matches!(error, Error::Empty { argument: "shown", .. })),
        (label(0, "rose"), 1.0, no_class),
        (label(0, " "), 1.0, |error| matches!(error, Error::Empty { argument: "name of a class", .. })),
        (pair(0, 1, true), -1.0, |error| matches!(error, Error::Domain { argument: "seconds", .. })),
        (label(0, "setosa"), 1.0, |error| matches!(error, Error::Budget { spent: 2.0, price: 2.5, .. })),
    ];
    for (answered, seconds, is_expected) in refused {
        let error = session.record(answered.clone(), "eve", seconds).unwrap_err();
        assert!(is_expected(&error), "{answered:?}: {error:?}");
    }
    refused!(session.skip(Pair::new(3, 150).unwrap()), Error::State(StateError::NoSample { .. }));
    assert_eq!((irises.log_bytes(), session.open_questions()), (log, &[open][..]));
    assert_same(session.state(), &irises.state());
    session.record(label(0, "setosa"), "eve", 1.0).unwrap_err();
    session.answer(open.id, true).unwrap(); // it goes on
}

#[test]
fn options_are_checked_when_a_session_is_opened() {
    let irises = Irises::new(Settings::default());
    let open = |options| Session::open(irises.path(), options);
    let strategy = SessionOptions { strategy: "best".into(), ..SessionOptions::default() };
    refused!(open(strategy), Error::UnknownName { argument: "strategy", .. });
    let until = Some(pal::active::StoppingRule { target: 2.0, at_least: 0 });
    refused!(
        open(SessionOptions { until, ..SessionOptions::default() }),
        Error::Domain { argument: "target", .. }
    );
    let nowhere = irises.path().join("nowhere");
    refused!(Session::open(&nowhere, SessionOptions::default()), Error::State(StateError::Missing { .. }));
    refused!(State::open(&nowhere), Error::State(StateError::Missing { .. }));
    assert!(!nowhere.exists(), "no directory is made by mistake");
}
