//! Prices, the ledger and the budget, against sums of the single prices and bits.

use pal::Error;
use pal::oracle::{Account, Budget, Ledger, Prices, QuestionKind, information};
use proptest::prelude::*;

use crate::support::refused;

const PRICES: Prices = Prices { pair: 0.1, label: 0.7, captcha: 0.3, candidate: 0.2 };

fn question() -> impl Strategy<Value = (QuestionKind, usize)> {
    prop_oneof![
        Just((QuestionKind::Pair, 1)),
        Just((QuestionKind::Label, 1)),
        (0..12_usize).prop_map(|size| (QuestionKind::Captcha, size)),
    ]
}

fn price((kind, size): (QuestionKind, usize)) -> f64 {
    match kind {
        QuestionKind::Pair => 0.1,
        QuestionKind::Label => 0.7,
        QuestionKind::Captcha => 0.3 + 0.2 * size as f64,
    }
}

proptest! {
    #[test]
    fn the_ledger_adds_up_and_keeps_to_its_budget(
        questions in prop::collection::vec(question(), 0..60),
        budget in 0.05..40.0_f64,
    ) {
        let prior = [0.5, 0.3, 0.2];
        let mut ledger =
            Ledger::new(PRICES, Budget::new(budget).unwrap()).unwrap().with_prior(&prior).unwrap();
        let (mut spent, mut bits, mut answers) = (0.0, 0.0, 0);
        for (kind, size) in questions {
            let before = ledger.clone();
            let expected = price((kind, size));
            prop_assert!((ledger.prices().of(kind, size) - expected).abs() < 1e-12);
            match ledger.charge(kind, size) {
                Ok(price) => {
                    prop_assert!((price - expected).abs() < 1e-12);
                    prop_assert_eq!(before.require(kind, size).unwrap(), price);
                    spent += price;
                    answers += size;
                    bits += match kind {
                        QuestionKind::Pair => information::pair(&prior).unwrap(),
                        QuestionKind::Label => information::label(&prior).unwrap(),
                        QuestionKind::Captcha => information::captcha(&prior, size).unwrap(),
                    };
                }
                Err(Error::Budget { spent: told, price, budget: limit }) => {
                    prop_assert!((told - spent).abs() < 1e-9 && (price - expected).abs() < 1e-12);
                    prop_assert_eq!(limit, budget);
                    prop_assert!(spent + price > budget - 1e-9);
                    prop_assert_eq!(&before, &ledger, "nothing is paid");
                    prop_assert!(before.require(kind, size).is_err());
                }
                Err(other) => panic!("{other}"),
            }
            prop_assert!(spent <= budget + 1e-9);
            prop_assert!((ledger.spent() - spent).abs() < 1e-9);
            prop_assert!((ledger.left() - (budget - spent).max(0.0)).abs() < 1e-9);
            prop_assert!((ledger.bits() - bits).abs() < 1e-9);
            prop_assert_eq!(ledger.answers(), answers);
            let by_kind: f64 = QuestionKind::ALL.iter().map(|&kind| ledger.spent_on(kind)).sum();
            prop_assert!((by_kind - spent).abs() < 1e-9);
        }
    }
}

/// Whatever the price, as many questions are asked as the budget is multiples of it: sums of 0.1 do not fall short of 1.
#[test]
fn the_budget_stops_exactly() {
    for (price, questions) in [(0.1, 3), (0.1, 10), (0.7, 1000), (1.0 / 3.0, 999), (1e-3, 12_345), (1e9, 7)] {
        let prices = Prices { pair: price, ..PRICES };
        let budget = Budget::new(price * f64::from(questions)).unwrap();
        let mut ledger = Ledger::new(prices, budget).unwrap();
        let mut asked = 0;
        while ledger.charge(QuestionKind::Pair, 1).is_ok() {
            asked += 1;
        }
        assert_eq!(asked, questions);
        assert!(ledger.left() < 1e-9 * price);
    }
    // 0.1 + 0.1 + 0.1 > 0.3 in binary.
    let mut ledger = Ledger::new(PRICES, Budget::new(0.3).unwrap()).unwrap();
    for _ in 0..3 {
        ledger.charge(QuestionKind::Pair, 1).unwrap();
    }
    refused!(ledger.charge(QuestionKind::Pair, 1), Error::Budget { budget: 0.3, .. });
}

/// The prices by default are what answers tell in four balanced classes (claim T43), the label's rounded.
#[test]
fn default_prices_are_bits() {
    let told = Prices::by_information(&[0.25; 4]).unwrap();
    let default = Prices::default();
    assert!((told.label - default.label).abs() < 0.05);
    assert_eq!((default.pair, default.captcha, default.candidate), (told.pair, told.captcha, told.candidate));
    for c in 2..7 {
        let prior = vec![1.0 / f64::from(c); c as usize];
        let prices = Prices::by_information(&prior).unwrap();
        let unit = information::pair(&prior).unwrap();
        for m in 0..5 {
            let bits = information::captcha(&prior, m).unwrap();
            assert!((prices.of(QuestionKind::Captcha, m) * unit - bits).abs() < 1e-12);
        }
        assert!((prices.of(QuestionKind::Label, 1) * unit - f64::from(c).log2()).abs() < 1e-12);
    }
    // Needs balance: else candidates shown together tell less.
    let prior = [0.6, 0.3, 0.1];
    let (prices, unit) = (Prices::by_information(&prior).unwrap(), information::pair(&prior).unwrap());
    assert!(prices.of(QuestionKind::Captcha, 3) * unit > information::captcha(&prior, 3).unwrap() + 0.01);
}

#[test]
fn without_prior_there_are_no_bits_and_without_limit_no_end() {
    let mut ledger = Ledger::new(Prices::default(), Budget::unlimited()).unwrap();
    for _ in 0..1000 {
        ledger.charge(QuestionKind::Captcha, 1000).unwrap();
    }
    assert_eq!((ledger.spent(), ledger.bits(), ledger.left()), (1e6, 0.0, f64::INFINITY));
    let account = Account { questions: 1000, answers: 1_000_000, bits: 0.0 };
    assert_eq!(ledger.account(QuestionKind::Captcha), account);
    assert_eq!(ledger.account(QuestionKind::Pair), Account::default());
    assert_eq!(ledger.budget(), Budget::unlimited());
}

/// What was paid elsewhere counts at its own price, however many parts it comes in, and beyond any budget.
#[test]
fn entries_count_at_what_they_cost() {
    let mut ledger = Ledger::new(PRICES, Budget::new(1.0).unwrap()).unwrap();
    for _ in 0..10_000 {
        ledger.enter(QuestionKind::Pair, 1, 1e-3).unwrap();
        ledger.enter(QuestionKind::Captcha, 2, 1e9 + 0.125).unwrap();
    }
    ledger.enter(QuestionKind::Pair, 1, 1e9).unwrap();
    assert_eq!(ledger.spent_on(QuestionKind::Pair), 1e9 + 10.0); // a running sum is off by 1e-7
    assert_eq!(ledger.spent_on(QuestionKind::Captcha), 1e13 + 1250.0);
    let account = Account { questions: 10_000, answers: 20_000, bits: 0.0 };
    assert_eq!((ledger.account(QuestionKind::Captcha), ledger.left()), (account, 0.0));
    refused!(ledger.charge(QuestionKind::Pair, 1), Error::Budget { .. });

    // At the prices of the ledger it is what a charge is.
    let new = || Ledger::new(PRICES, Budget::unlimited()).unwrap().with_prior(&[0.5, 0.5]).unwrap();
    let (mut charged, mut entered) = (new(), new());
    for (kind, size) in [(QuestionKind::Pair, 1), (QuestionKind::Captcha, 3), (QuestionKind::Label, 1)] {
        charged.charge(kind, size).unwrap();
        entered.enter(kind, size, price((kind, size))).unwrap();
    }
    assert_eq!(charged, entered);
    let before = entered.clone();
    for cost in [-0.1, f64::NAN, f64::INFINITY] {
        refused!(entered.enter(QuestionKind::Pair, 1, cost), Error::Domain { argument: "cost", .. });
    }
    refused!(entered.enter(QuestionKind::Label, 2, 1.0), Error::Domain { argument: "size", .. });
    assert_eq!(before, entered);
}

#[test]
fn ledger_inputs() {
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        refused!(Budget::new(bad), Error::Domain { argument: "budget", .. });
    }
    assert_eq!(Budget::new(0.0).unwrap_err().to_string(), "budget = 0 must be positive and finite");
    let refuse = |prices: Prices| match Ledger::new(prices, Budget::unlimited()) {
        Err(Error::Domain { argument, .. }) => argument,
        other => panic!("{other:?}"),
    };
    assert_eq!(refuse(Prices { pair: -1.0, ..PRICES }), "price of a pair");
    assert_eq!(refuse(Prices { label: f64::NAN, ..PRICES }), "price of a label");
    assert_eq!(refuse(Prices { captcha: f64::INFINITY, ..PRICES }), "price of a captcha");
    assert_eq!(refuse(Prices { candidate: -0.1, ..PRICES }), "price of a candidate");
    let mut ledger = Ledger::new(PRICES, Budget::new(0.25).unwrap()).unwrap();
    refused!(ledger.charge(QuestionKind::Pair, 2), Error::Domain { argument: "size", value: 2.0, .. });
    refused!(ledger.charge(QuestionKind::Label, 0), Error::Domain { argument: "size", value: 0.0, .. });
    let error = ledger.charge(QuestionKind::Label, 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the budget of 0.25 is used up: 0 is spent and the next question costs 0.7"
    );
    refused!(ledger.clone().with_prior(&[0.5, 0.4]), Error::Domain { .. });
    refused!(ledger.with_prior(&[1.5, -0.5]), Error::Domain { argument: "prior", .. });
    refused!(Prices::by_information(&[1.0]), Error::Domain { argument: "bits of a pair", .. });
    refused!(Prices::by_information(&[]), Error::Domain { .. });
}
