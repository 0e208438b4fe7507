//! A program that ends at any moment leaves what it acknowledged, and no more than one answer beside.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use pal::Error;
use pal::session::{Settings, State, hold_writes};

use crate::support::refused;
use crate::{Irises, answer_some, assert_same, belief_bits, pair};

/// The line of an answer is cut at any byte: what was not wholly written was not acknowledged, and is as if it had never been
/// said; all before is there.
#[test]
fn a_torn_last_line_is_dropped_and_the_answer_can_be_given_again() {
    let irises = Irises::new(Settings::default());
    let mut session = irises.session();
    answer_some(&mut session, 3);
    let (before, believed) = (irises.log_bytes().len(), belief_bits(session.state()));
    let question = session.next_question().unwrap().unwrap();
    session.answer(question.id, false).unwrap();
    let whole = irises.log_bytes();
    drop(session);
    let cuts = (before + 1..whole.len()).step_by(11).chain(whole.len() - 3..whole.len());
    for length in cuts {
        fs::write(irises.log(), &whole[..length]).unwrap();
        let mut again = irises.session();
        assert_eq!(again.state().log().torn(), (length - before) as u64);
        assert_eq!((belief_bits(again.state()), again.state().ledger().spent()), (believed.clone(), 3.0));
        let asked = again.next_question().unwrap().unwrap();
        assert_eq!(asked.pair, question.pair);
        assert_eq!(again.answer(asked.id, false).unwrap(), 4);
        assert_same(again.state(), &irises.state());
    }
}

/// The line is on disk and the program ends before it says so: the answer counts, once, and is not asked for again.
#[test]
fn an_answer_that_was_written_and_not_acknowledged_counts_once() {
    let irises = Irises::new(Settings::default());
    let mut session = irises.session();
    answer_some(&mut session, 3);
    let question = session.next_question().unwrap().unwrap();
    // What another program that was killed after the write has left.
    let killed = copied(&irises);
    let mut written = killed.session();
    written.record(pair(question.pair.first(), question.pair.second(), true), "me", 1.0).unwrap();
    drop(session);
    fs::copy(written.state().log().path(), irises.log()).unwrap();
    let mut again = irises.session();
    assert_eq!((again.state().summary().answers, again.state().log().torn()), (4, 0));
    assert_same(again.state(), written.state());
    assert_ne!(again.next_question().unwrap().unwrap().pair, question.pair);
}

/// The same state in a folder of its own.
fn copied(irises: &Irises) -> Irises {
    let copy = Irises { folder: tempfile::tempdir().unwrap() };
    for file in fs::read_dir(irises.path()).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    copy
}

#[test]
fn what_could_not_be_written_is_not_believed() {
    let irises = Irises::new(Settings::default());
    let mut session = irises.session();
    answer_some(&mut session, 2);
    let question = session.next_question().unwrap().unwrap();
    let (believed, spent) = (belief_bits(session.state()), session.state().ledger().clone());
    // Someone who cares for no lock.
    OpenOptions::new().append(true).open(irises.log()).unwrap().write_all(b"x").unwrap();
    refused!(session.answer(question.id, true), Error::Format { .. });
    refused!(session.skip(question.pair), Error::Format { .. });
    refused!(session.undo(), Error::Format { .. });
    assert_eq!((belief_bits(session.state()), session.state().ledger()), (believed, &spent));
    assert_eq!(session.open_questions(), [question]);
    assert_eq!(State::open(irises.path()).unwrap().summary().answers, 2);
}

#[test]
fn writes_wait_while_they_are_held() {
    let irises = Irises::new(Settings::default());
    let mut session = irises.session();
    let held = hold_writes();
    let (tell, told) = mpsc::channel();
    let writer = thread::spawn(move || {
        tell.send(session.record(pair(0, 1, true), "eve", 1.0).unwrap()).unwrap();
        session
    });
    assert!(told.recv_timeout(Duration::from_millis(300)).is_err());
    assert!(irises.log_bytes().is_empty());
    drop(held);
    assert_eq!(told.recv().unwrap(), 1);
    assert_same(writer.join().unwrap().state(), &irises.state());
}
