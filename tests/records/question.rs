//! Questions, and the oracle that answers all kinds of them.

use pal::Error;
use pal::data::Labels;
use pal::oracle::{Captcha, LabelOf, LabelOracle, Oracle, Pair, Question as _, QuestionKind};
use proptest::prelude::*;

use crate::support::refused;

proptest! {
    #[test]
    fn pairs_have_no_order(i: usize, j: usize) {
        prop_assume!(i != j);
        let pair = Pair::new(i, j).unwrap();
        prop_assert_eq!(pair, Pair::new(j, i).unwrap());
        prop_assert_eq!((pair.first(), pair.second()), (i.min(j), i.max(j)));
    }

    #[test]
    fn the_label_oracle_answers_every_kind(class_of in prop::collection::vec(0..4_usize, 2..20)) {
        let truth = Labels::new(class_of.clone(), 4).unwrap();
        let mut oracle = LabelOracle::new(&truth);
        for (i, &class) in class_of.iter().enumerate() {
            prop_assert_eq!(oracle.answer(&LabelOf(i)).unwrap(), class);
            for (j, &other) in class_of.iter().enumerate().filter(|&(j, _)| j != i) {
                prop_assert_eq!(oracle.answer(&Pair::new(i, j).unwrap()).unwrap(), class == other);
            }
        }
    }
}

#[test]
fn questions_that_cannot_be_answered() {
    refused!(Pair::new(3, 3), Error::Domain { value: 3.0, .. });
    let error = Pair::new(3, 3).unwrap_err();
    assert_eq!(error.to_string(), "pair of a sample with itself = 3 must be of two different samples");
    let partial = Labels::partial(vec![Some(0), None, Some(1)], 2).unwrap();
    let mut oracle = LabelOracle::new(&partial);
    for (i, j, unknown) in [(0, 1, 1.0), (1, 2, 1.0), (2, 7, 7.0)] {
        match oracle.answer(&Pair::new(i, j).unwrap()) {
            Err(Error::Domain { argument: "sample", value, .. }) => assert_eq!(value, unknown),
            other => panic!("{other:?}"),
        }
    }
    refused!(oracle.answer(&LabelOf(1)), Error::Domain { argument: "sample", value: 1.0, .. });
    refused!(oracle.answer(&LabelOf(3)), Error::Domain { argument: "sample", value: 3.0, .. });
}

#[test]
fn functions_answer_any_kind_of_question() {
    fn ask<Q: pal::oracle::Question>(oracle: &mut impl Oracle<Q>, question: &Q) -> Q::Answer {
        oracle.answer(question).unwrap()
    }
    let pair = Pair::new(4, 1).unwrap();
    assert!(ask(&mut |pair: &Pair| Ok(pair.first() == 1), &pair));
    assert_eq!(ask(&mut |&LabelOf(sample): &LabelOf| Ok(sample + 1), &LabelOf(5)), 6);
}

#[test]
fn kinds_and_sizes() {
    let captcha = Captcha { class: 0, candidates: vec![1, 2, 2] };
    assert_eq!((captcha.kind(), captcha.size()), (QuestionKind::Captcha, 3));
    assert_eq!((Pair::new(0, 1).unwrap().kind(), Pair::new(0, 1).unwrap().size()), (QuestionKind::Pair, 1));
    assert_eq!((LabelOf(9).kind(), LabelOf(9).size()), (QuestionKind::Label, 1));
    for (number, kind) in QuestionKind::ALL.into_iter().enumerate() {
        assert_eq!(kind as usize, number);
        #[cfg(feature = "files")]
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
    }
    assert_eq!(format!("{:8}|", QuestionKind::Pair), "pair    |");
}
