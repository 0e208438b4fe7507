//! Recorded answers, given again.

use pal::Error;
use pal::oracle::{Answered, Oracle, Pair, Record, Replayed};

use crate::support::refused;

fn record(answered: Answered) -> Record {
    Record { answered, annotator: "someone".into(), at: 0.0, seconds: 1.0, cost: 1.0 }
}

fn pair(i: usize, j: usize, same: bool) -> Record {
    record(Answered::Pair { pair: Pair::new(i, j).unwrap(), same })
}

#[test]
fn records_are_given_again_in_order() {
    let captcha = Answered::Captcha { shown: vec![4, 5], candidates: vec![0, 1], belongs: vec![true, false] };
    let label = Answered::Label { sample: 9, class: "cat".into() };
    let records = [
        pair(2, 1, true),
        pair(1, 2, false),
        record(captcha),
        record(label),
        pair(0, 1, false),
        pair(2, 1, true),
        pair(0, 4, false),
    ];
    let mut oracle = Replayed::new(&records).unwrap();
    let mut ask = |i: usize, j: usize| oracle.answer(&Pair::new(i, j).unwrap());
    let repeated: Vec<bool> = (0..5).map(|_| ask(1, 2).unwrap()).collect();
    assert_eq!(repeated, [true, false, true, true, true], "the last one from then on");
    assert_eq!((ask(4, 0).unwrap(), ask(4, 0).unwrap(), ask(4, 1).unwrap()), (true, false, false));
    assert!(!ask(1, 0).unwrap());
    refused!(ask(5, 0), Error::Unanswered { row: 0, column: 5 });
    refused!(ask(2, 0), Error::Unanswered { row: 0, column: 2 });
    assert_eq!(ask(9, 4).unwrap_err().to_string(), "the pair (4, 9) is not among the recorded answers");
    refused!(Replayed::new(&[]).unwrap().answer(&Pair::new(0, 1).unwrap()), Error::Unanswered { .. });
}

#[test]
fn bad_records_are_refused() {
    let of_itself = Answered::Captcha { shown: vec![3], candidates: vec![3], belongs: vec![true] };
    refused!(Replayed::new(&[pair(0, 1, true), record(of_itself)]), Error::Domain { value: 3.0, .. });
    let short = Answered::Captcha { shown: vec![4], candidates: vec![0, 1], belongs: vec![true] };
    refused!(Replayed::new(&[record(short)]), Error::Shape { argument: "belongs", .. });
}
