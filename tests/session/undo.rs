//! What is taken back is as if it had never been said, but for what it cost.

use pal::Error;
use pal::oracle::Pair;
use pal::session::{Entry, Settings};

use crate::support::refused;
use crate::{Irises, answer_some, assert_same, belief_bits, pair};

#[test]
fn undo_takes_back_the_last_that_stands_and_no_cost() {
    let irises = Irises::new(Settings::default());
    let mut session = irises.session();
    assert_eq!(session.undo().unwrap(), None);
    answer_some(&mut session, 5);
    let before = belief_bits(session.state());
    session.record(pair(0, 100, true), "eve", 1.0).unwrap();
    assert_ne!(belief_bits(session.state()), before);
    let (id, entry) = session.undo().unwrap().unwrap();
    let Entry::Answer(record) = entry else { panic!("{entry:?}") };
    assert_eq!((id, record.answered, record.annotator.as_str()), (6, pair(0, 100, true), "eve"));
    assert_eq!(belief_bits(session.state()), before);
    assert_eq!((session.state().summary().answers, session.state().ledger().spent()), (5, 6.0));

    // A skipped pair, and at last the answers of an earlier session.
    let skipped = Pair::new(7, 77).unwrap();
    session.skip(skipped).unwrap();
    assert!(session.state().belief().asked().contains(&skipped));
    assert_eq!(session.undo().unwrap().unwrap().1, Entry::Skip(Pair::new(7, 77).unwrap()));
    assert_eq!(belief_bits(session.state()), before);
    drop(session);
    let mut again = irises.session();
    for id in (1..=5).rev() {
        assert_eq!(again.undo().unwrap().unwrap().0, id);
        assert_same(again.state(), &irises.state());
    }
    assert_eq!(again.undo().unwrap(), None);
    let untouched = Irises::new(Settings::default());
    assert_eq!(belief_bits(again.state()), belief_bits(&untouched.state()));
    assert_eq!(again.state().ledger().spent(), 6.0);
}

#[test]
fn only_what_stands_is_taken_back() {
    let irises = Irises::new(Settings::default());
    let mut session = irises.session();
    answer_some(&mut session, 3);
    session.retract(2).unwrap(); // with id 4
    let (log, belief) = (irises.log_bytes(), belief_bits(session.state()));
    for id in [0, 2, 4, 5, usize::MAX] {
        refused!(session.retract(id), Error::Domain { argument: "retraction", .. });
        assert_eq!((irises.log_bytes(), belief_bits(session.state())), (log.clone(), belief.clone()));
    }
    // The last is at hand still, although others were refused in between.
    session.retract(3).unwrap();
    assert_same(session.state(), &irises.state());
}
