//! Every answer is paid for once, at the price it was asked at.

use pal::Error;
use pal::oracle::{Answered, Budget, Prices, QuestionKind};
use pal::session::{Session, SessionOptions, Settings, State, Stop, create};

use crate::support::refused;
use crate::{Irises, answer_some, pair};

const PRICES: Prices = Prices { pair: 0.1, label: 0.7, captcha: 0.0, candidate: 0.2 };

/// What the records say was paid, those taken back included.
fn on_record(state: &State) -> f64 {
    let costs = state.log().entries().filter_map(|(_, entry)| match entry {
        pal::session::Entry::Answer(record) => Some(record.cost),
        _ => None,
    });
    costs.sum()
}

#[test]
fn the_ledger_is_the_one_account() {
    let irises = Irises::new(Settings { prices: PRICES, ..Settings::default() });
    let mut session = irises.session();
    answer_some(&mut session, 6);
    session.record(Answered::Label { sample: 0, class: "setosa".into() }, "ada", 1.0).unwrap();
    let belongs = vec![true, false, false];
    session
        .record(Answered::Captcha { shown: vec![60], candidates: vec![61, 120, 1], belongs }, "ada", 1.0)
        .unwrap();
    session.undo().unwrap();
    let ledger = session.state().ledger().clone();
    let spent =
        [QuestionKind::Pair, QuestionKind::Label, QuestionKind::Captcha].map(|kind| ledger.spent_on(kind));
    let expected = [0.1 * 6.0, 0.7, 0.2 * 3.0];
    assert!(
        spent.iter().zip(expected).all(|(spent, expected)| (spent - expected).abs() < 1e-15),
        "{spent:?}"
    );
    assert_eq!((ledger.account(QuestionKind::Pair).questions, ledger.answers()), (6, 10));
    assert!((on_record(session.state()) - ledger.spent()).abs() < 1e-12);
    assert_eq!(session.state().summary().spent, ledger.spent());
    assert_eq!(&ledger, irises.state().ledger());
}

/// Other prices are those of later answers alone.
#[test]
fn what_was_paid_stays_paid_at_the_old_price() {
    let irises = Irises::new(Settings::default());
    answer_some(&mut irises.session(), 3);
    let settings = Settings { prices: Prices { pair: 10.0, ..PRICES }, ..Settings::default() };
    let made = create(irises.path(), pal::data::iris().unwrap().inputs, settings).unwrap();
    assert_eq!(made.answers, 3);
    let mut session = irises.session();
    assert_eq!(session.state().ledger().spent(), 3.0);
    answer_some(&mut session, 1);
    assert_eq!((session.state().ledger().spent(), on_record(&irises.state())), (13.0, 13.0));
}

#[test]
fn the_budget_is_for_all_sessions_and_stops_exactly() {
    let irises = Irises::new(Settings { prices: PRICES, ..Settings::default() });
    let open = |amount| {
        let options = SessionOptions { budget: Budget::new(amount).unwrap(), ..SessionOptions::default() };
        Session::open(irises.path(), options).unwrap()
    };
    let mut asked = 0;
    for amount in [0.3, 1.0, 1.05] {
        let mut session = open(amount);
        while let Some(question) = session.next_question().unwrap() {
            assert_eq!(session.stop(), None);
            session.answer(question.id, asked % 2 == 0).unwrap();
            asked += 1;
        }
        assert_eq!(session.stop(), Some(Stop::BudgetReached));
        assert_eq!(asked, if amount < 1.0 { 3 } else { 10 }, "0.1 + … + 0.1 is neither below nor beyond 1");
        refused!(session.record(pair(0, 1, true), "eve", 1.0), Error::Budget { .. });
        assert_eq!(irises.state().summary().answers, asked);
    }
}
