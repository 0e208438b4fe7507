//! A log gives back what was acknowledged, drops what was not, and says where it is damaged.

use std::fs;
use std::path::{Path, PathBuf};

use pal::Error;
use pal::oracle::{Answered, Oracle, Pair, Record, Replayed};
use pal::session::{AnswerLog, Entry};
use proptest::prelude::*;

const ABOUT: &str = "six samples";

fn answer(i: usize, j: usize, same: bool) -> Entry {
    let answered = Answered::Pair { pair: Pair::new(i, j).unwrap(), same };
    Entry::Answer(Record { answered, annotator: "\"ä\"\n".into(), at: 1.5e9, seconds: 0.1, cost: 1.0 })
}

/// Six entries on disk, and the folder that holds them.
fn log_of_six() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answers.jsonl");
    let mut log = AnswerLog::open(&path, ABOUT).unwrap();
    let entries = [
        answer(0, 1, true),
        answer(1, 2, false),
        Entry::Skip(Pair::new(3, 4).unwrap()),
        Entry::Retraction(2),
        answer(0, 5, true),
    ];
    for (entry, id) in entries.into_iter().zip(1..) {
        assert_eq!((log.next_id(), log.append(entry).unwrap()), (id, id));
    }
    (folder, path)
}

fn refusal(path: &Path) -> String {
    AnswerLog::open(path, ABOUT).unwrap_err().to_string()
}

#[test]
fn what_was_appended_is_read_back_and_what_was_retracted_does_not_stand() {
    let (_folder, path) = log_of_six();
    let log = AnswerLog::open(&path, ABOUT).unwrap();
    assert_eq!(log.torn(), 0);
    assert_eq!(log.entries().nth(1), Some((1, &answer(0, 1, true))));
    assert_eq!(log.standing().map(|(id, _)| id).collect::<Vec<_>>(), [1, 3, 5]);
    assert_eq!(log.records().map(|(id, _)| id).collect::<Vec<_>>(), [1, 5]);

    let mut replayed = Replayed::new(log.records().map(|(_, record)| record)).unwrap();
    assert!(replayed.answer(&Pair::new(1, 0).unwrap()).unwrap());
    assert!(replayed.answer(&Pair::new(1, 2).unwrap()).is_err());
}

#[test]
fn a_log_that_was_cut_anywhere_keeps_its_whole_lines_and_goes_on() {
    let (_folder, path) = log_of_six();
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let lines = whole[..length].iter().filter(|&&byte| byte == b'\n').count();
        let mut log = AnswerLog::open(&path, ABOUT).unwrap();
        assert_eq!(log.entries().count(), lines);
        assert_eq!(log.torn() == 0, length == 0 || whole[length - 1] == b'\n');
        assert_eq!(fs::read(&path).unwrap(), &whole[..length], "opening writes nothing");

        let id = log.append(answer(2, 3, true)).unwrap();
        assert_eq!((id, log.torn()), (lines.max(1), 0));
        let again = AnswerLog::open(&path, ABOUT).unwrap();
        assert_eq!((again.torn(), again.entries().count()), (0, id + 1));
    }
}

#[test]
fn every_flipped_bit_is_found_and_its_record_named() {
    let (_folder, path) = log_of_six();
    let whole = fs::read(&path).unwrap();
    for place in 0..whole.len() {
        let line = whole[..place].iter().filter(|&&byte| byte == b'\n').count();
        for bit in 0..8 {
            let mut flipped = whole.clone();
            flipped[place] ^= 1 << bit;
            fs::write(&path, &flipped).unwrap();
            let refusal = refusal(&path);
            assert!(refusal.contains(&format!("record {line} ")), "byte {place}, bit {bit}: {refusal}");
        }
    }
}

proptest! {
    #[test]
    fn what_is_no_log_is_refused_without_a_panic(line in ".*") {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.jsonl");
        fs::write(&path, format!("{line}\n\n")).unwrap();
        prop_assert!(AnswerLog::open(&path, ABOUT).is_err());
    }
}

#[test]
fn the_log_of_other_samples_is_refused() {
    let (_folder, path) = log_of_six();
    let refusal = AnswerLog::open(&path, "seven samples").unwrap_err().to_string();
    assert!(refusal.contains("answers about six samples, expected answers about seven samples"), "{refusal}");
}

#[test]
fn a_log_of_two_writers_is_refused_before_anything_is_lost() {
    let (_folder, path) = log_of_six();
    let [mut one, mut other] = [(); 2].map(|()| AnswerLog::open(&path, ABOUT).unwrap());
    one.append(answer(1, 4, true)).unwrap();
    let refused = other.append(answer(2, 4, true)).unwrap_err();
    assert!(matches!(refused, Error::Format { .. }), "{refused}");
    assert_eq!(AnswerLog::open(&path, ABOUT).unwrap().entries().count(), 7);
}

#[test]
fn what_makes_no_sense_is_not_appended() {
    let (_folder, path) = log_of_six();
    let before = fs::read(&path).unwrap();
    let mut log = AnswerLog::open(&path, ABOUT).unwrap();
    let record = |seconds| {
        let answered = Answered::Pair { pair: Pair::new(0, 1).unwrap(), same: true };
        Entry::Answer(Record { answered, annotator: String::new(), at: 0.0, seconds, cost: 0.0 })
    };
    let nonsense = [
        record(f64::NAN),
        record(-1.0),
        Entry::Retraction(0), // what the log is about
        Entry::Retraction(2), // retracted before
        Entry::Retraction(4), // a retraction
        Entry::Retraction(6), // not yet there
        Entry::About(ABOUT.into()),
    ];
    for entry in nonsense {
        let refused = log.append(entry.clone());
        assert!(refused.is_err(), "{entry:?}");
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}
