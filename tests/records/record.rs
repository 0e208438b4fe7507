//! Records of answers: what they say about pairs, and how they are written.

use pal::Error;
#[cfg(feature = "files")]
use pal::oracle::Record;
use pal::oracle::{Answered, Pair, QuestionKind};
use proptest::prelude::*;

use crate::support::refused;

fn answered() -> impl Strategy<Value = Answered> {
    let pair = (0..20_usize, 0..20_usize, any::<bool>()).prop_filter_map("of itself", |(i, j, same)| {
        Some(Answered::Pair { pair: Pair::new(i, j).ok()?, same })
    });
    let captcha =
        (prop::collection::vec(0..20_usize, 1..4), prop::collection::vec((0..20_usize, any::<bool>()), 0..8))
            .prop_map(|(shown, asked)| {
                let (candidates, belongs) = asked.into_iter().unzip();
                Answered::Captcha { shown, candidates, belongs }
            });
    let label = (0..20_usize, ".*").prop_map(|(sample, class)| Answered::Label { sample, class });
    prop_oneof![pair, captcha, label]
}

proptest! {
    #[cfg(feature = "files")]
    #[test]
    fn records_survive_being_written(answered in answered(), annotator in ".*", at: f64, seconds in 0.0..1e4_f64) {
        prop_assume!(at.is_finite());
        let record = Record { answered, annotator, at, seconds, cost: seconds / 3.0 };
        let written = serde_json::to_string(&record).unwrap();
        prop_assert_eq!(serde_json::from_str::<Record>(&written).unwrap(), record);
    }

    #[test]
    fn statements_are_what_was_said(answered in answered()) {
        let statements = answered.statements();
        prop_assert_eq!(answered.require_valid().is_ok(), statements.is_ok());
        match &answered {
            Answered::Pair { pair, same } => {
                prop_assert_eq!(statements.unwrap(), [(*pair, *same)]);
                prop_assert_eq!((answered.kind(), answered.size()), (QuestionKind::Pair, 1));
            }
            Answered::Captcha { shown, candidates, belongs } => {
                prop_assert_eq!(statements.is_err(), candidates.contains(&shown[0]));
                let said = candidates.iter().zip(belongs);
                let expected = said.map(|(&candidate, &same)| Ok((Pair::new(shown[0], candidate)?, same)));
                prop_assert!(statements.is_err() || statements.unwrap() == expected.collect::<pal::Result<Vec<_>>>().unwrap());
                prop_assert_eq!((answered.kind(), answered.size()), (QuestionKind::Captcha, candidates.len()));
            }
            Answered::Label { .. } => {
                prop_assert!(statements.unwrap().is_empty());
                prop_assert_eq!((answered.kind(), answered.size()), (QuestionKind::Label, 1));
            }
        }
    }
}

#[cfg(feature = "files")]
#[test]
fn records_are_written_flatly_and_by_kind() {
    let written = |answered: &Answered| serde_json::to_string(answered).unwrap();
    assert_eq!(
        written(&Answered::Pair { pair: Pair::new(3, 1).unwrap(), same: false }),
        r#"{"kind":"pair","pair":[1,3],"same":false}"#
    );
    assert_eq!(
        written(&Answered::Label { sample: 3, class: "cat".into() }),
        r#"{"kind":"label","sample":3,"class":"cat"}"#
    );
    for bad in [
        r#"{"kind":"Pair","pair":[3,1],"same":false}"#,
        r#"{"kind":"pair","pair":[3],"same":false}"#,
        r#"{"kind":"pair","pair":[3,3],"same":false}"#,
        r#"{"kind":"pair","pair":[-3,1],"same":false}"#,
        r#"{"pair":[3,1],"same":false}"#,
    ] {
        assert!(serde_json::from_str::<Answered>(bad).is_err(), "{bad}");
    }
}

#[test]
fn records_that_no_one_can_have_given() {
    let captcha = |shown: &[usize], candidates: &[usize], belongs: &[bool]| Answered::Captcha {
        shown: shown.to_vec(),
        candidates: candidates.to_vec(),
        belongs: belongs.to_vec(),
    };
    captcha(&[1], &[], &[]).require_valid().unwrap();
    refused!(captcha(&[], &[1], &[true]).require_valid(), Error::Empty { argument: "shown", .. });
    refused!(captcha(&[1], &[2, 3], &[true]).require_valid(), Error::Shape { argument: "belongs", .. });
    refused!(captcha(&[1], &[2, 1], &[true; 2]).require_valid(), Error::Domain { value: 1.0, .. });
}
