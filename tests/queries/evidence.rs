//! Statements with their answers: contradictions, reasons, retraction (claim T39) and stars (claim T45), against closures
//! built anew, all chains, and Boolean matrix products.

use std::collections::{BTreeMap, BTreeSet};

use pal::Error;
use pal::data::Labels;
use pal::oracle::{Answered, Closure, Evidence, Pair, Statement as Said};
use proptest::prelude::*;
use rand::RngExt;

use super::closure::{entries, matrix_closure, tell};
use super::partitions::pairs;
use crate::support::{refused, rng};

type Statement = (usize, usize, usize, bool);

/// Statements `(id, i, j, same)` on `n` samples, some of them wrong; now and then several share an id.
fn statements() -> impl Strategy<Value = (usize, Vec<Statement>)> {
    (2..=10_usize, 1..=4_usize, 0..25_usize, 0.0..0.4_f64, any::<u64>()).prop_map(
        |(n, classes, m, error, seed)| {
            let mut rng = rng(seed);
            let class_of: Vec<usize> = (0..n).map(|_| rng.random_range(0..classes)).collect();
            let statements = (0..m)
                .map(|at| {
                    let i = rng.random_range(0..n);
                    let j = (i + rng.random_range(1..n)) % n;
                    let id = if rng.random_bool(0.2) { at / 2 } else { at };
                    (id, i, j, (class_of[i] == class_of[j]) != rng.random_bool(error))
                })
                .collect();
            (n, statements)
        },
    )
}

fn evidence(n: usize, statements: &[Statement]) -> Evidence {
    let mut evidence = Evidence::new(n).unwrap();
    for &(id, i, j, same) in statements {
        evidence.insert(id, i, j, same).unwrap();
    }
    evidence
}

/// The statements that do not contradict those taken before them, by Boolean matrix products, and the others.
fn taken(n: usize, statements: &[Statement]) -> (Vec<Statement>, Vec<Statement>) {
    let (mut taken, mut left_out) = (Vec::new(), Vec::new());
    for &(id, i, j, same) in statements {
        let (positive, negative) = matrix_closure(n, &without_ids(&taken));
        let opposite = if same { negative } else { positive };
        if opposite[[i, j]] { &mut left_out } else { &mut taken }.push((id, i, j, same));
    }
    (taken, left_out)
}

fn without_ids(statements: &[Statement]) -> Vec<(usize, usize, bool)> {
    statements.iter().map(|&(_, i, j, same)| (i, j, same)).collect()
}

/// Fewest statements in a chain from `i` to `j` with at most one cannot-link, by matrix powers.
fn fewest(n: usize, taken: &[Statement], i: usize, j: usize) -> Option<usize> {
    // reached[b][k]: sample k is reached with b cannot-links after so many steps.
    let mut reached = vec![vec![false; n]; 2];
    reached[0][i] = true;
    for steps in 0..=2 * n {
        if reached[0][j] || reached[1][j] {
            return Some(steps);
        }
        let before = reached.clone();
        for &(_, a, b, same) in taken {
            for (from, to) in [(a, b), (b, a)] {
                if same {
                    reached[0][to] |= before[0][from];
                    reached[1][to] |= before[1][from];
                } else {
                    reached[1][to] |= before[0][from];
                }
            }
        }
    }
    None
}

proptest! {
    /// A contradiction names the answers before it that imply the opposite.
    #[test]
    fn t39_evidence_is_a_closure((n, statements) in statements()) {
        let mut evidence = Evidence::new(n).unwrap();
        for &(id, i, j, same) in &statements {
            let (entry, why) = (evidence.closure().entry(i, j).unwrap(), evidence.why(j.min(i), j.max(i)));
            let contradicts = entry == if same { -1.0 } else { 1.0 };
            let contradiction = evidence.insert(id, i, j, same).unwrap();
            prop_assert_eq!(contradiction.map(|c| c.implied_by.clone()), why.filter(|_| contradicts));
        }
        let (taken, left_out) = taken(n, &statements);
        let (positive, negative) = matrix_closure(n, &without_ids(&taken));
        for ((i, j), entry) in entries(evidence.closure()).indexed_iter() {
            prop_assert_eq!(*entry, f64::from(positive[[i, j]]) - f64::from(negative[[i, j]]));
        }
        prop_assert_eq!(evidence.statements(), statements.len());
        let found: Vec<Statement> = evidence
            .contradictions()
            .iter()
            .map(|c| match c.statement {
                Said::Pair { pair, same } => (c.id, pair.first(), pair.second(), same),
                Said::Label { .. } => unreachable!("no label was given"),
            })
            .collect();
        let expected: Vec<Statement> =
            left_out.into_iter().map(|(id, i, j, same)| (id, i.min(j), i.max(j), same)).collect();
        prop_assert_eq!(found, expected);
    }

    /// The answers named imply the entry by themselves, and no chain is shorter.
    #[test]
    fn t39_reasons_are_sound_and_shortest((n, statements) in statements()) {
        let evidence = evidence(n, &statements);
        let (taken, _) = taken(n, &statements);
        let ids_are_positions = taken.iter().map(|s| s.0).collect::<BTreeSet<_>>().len() == taken.len();
        for i in 0..n {
            prop_assert_eq!(evidence.why(i, i), Some(vec![]));
            for j in (0..n).filter(|&j| j != i) {
                let entry = evidence.closure().entry(i, j).unwrap();
                let Some(why) = evidence.why(i, j) else {
                    prop_assert_eq!(entry, 0.0);
                    prop_assert_eq!(fewest(n, &taken, i, j), None);
                    continue;
                };
                let mut alone = Closure::new(n).unwrap();
                for &(_, a, b, same) in taken.iter().filter(|statement| why.contains(&statement.0)) {
                    tell(&mut alone, (a, b, same)).unwrap();
                }
                prop_assert!(entry != 0.0);
                prop_assert_eq!(alone.entry(i, j).unwrap(), entry);
                let shortest = fewest(n, &taken, i, j).unwrap();
                prop_assert!(why.len() <= shortest);
                if ids_are_positions {
                    prop_assert_eq!(why.len(), shortest);
                }
                prop_assert_eq!(why.iter().collect::<BTreeSet<_>>().len(), why.len(), "each once");
            }
        }
    }

    /// Whatever is taken back, what is left is as if it had never been said.
    #[test]
    fn t39_retraction((n, statements) in statements(), gone in prop::collection::vec(0..25_usize, 1..4)) {
        let mut evidence = evidence(n, &statements);
        let mut left = statements;
        for id in gone {
            let before = left.len();
            left.retain(|statement| statement.0 != id);
            prop_assert_eq!(evidence.retract(id).unwrap(), before - left.len());
            let anew = self::evidence(n, &left);
            prop_assert_eq!(entries(evidence.closure()), entries(anew.closure()));
            prop_assert_eq!(evidence.contradictions(), anew.contradictions());
            prop_assert_eq!(evidence.statements(), left.len());
            for (i, j) in pairs(n) {
                prop_assert_eq!(evidence.why(i, j), anew.why(i, j));
            }
        }
    }

    /// A star holds what the majority of the direct answers say, and nothing else.
    #[test]
    fn t45_star((n, statements) in statements(), c in 1..4_usize) {
        let c = c.min(n);
        let star = evidence(n, &statements).star(&(0..c).collect::<Vec<_>>()).unwrap();
        let mut majorities = BTreeMap::new();
        for &(_, i, j, same) in &statements {
            *majorities.entry((i.min(j), i.max(j))).or_insert(0) += if same { 1 } else { -1 };
        }
        let majority = |sample: usize, class: usize| *majorities.get(&(class, sample)).unwrap_or(&0);
        let class_of = |sample: usize| {
            if sample < c {
                return Some(sample);
            }
            (0..c).find(|&class| {
                majority(sample, class) > 0
                    && (0..c).all(|other| other == class || majority(sample, other) < majority(sample, class))
            })
        };
        for (i, j) in pairs(n) {
            let expected = match (class_of(i), class_of(j)) {
                (Some(a), Some(b)) => if a == b { 1.0 } else { -1.0 },
                (Some(a), None) if majority(j, a) < 0 => -1.0,
                (None, Some(b)) if majority(i, b) < 0 => -1.0,
                _ => 0.0,
            };
            prop_assert_eq!(star.entry(i, j).unwrap(), expected, "{:?}", (i, j));
        }
    }
}

/// One wrong answer on top of right ones: the closure takes over a whole class, the star one sample.
#[test]
fn t45_stars_of_evidence_keep_errors_local() {
    let truth = Labels::new((0..12).map(|i| i / 4).collect(), 3).unwrap();
    let mut evidence = Evidence::new(12).unwrap();
    evidence.insert(0, 1, 4, true).unwrap(); // wrong, and first
    for i in (0..12).filter(|i| i % 4 > 1 || *i > 4 && i % 4 > 0) {
        evidence.insert(i, i, i / 4 * 4, true).unwrap();
    }
    let wrong = |closure: &Closure| {
        (closure.false_positives(&truth).unwrap(), closure.missing_positives(&truth).unwrap())
    };
    assert_eq!(wrong(&evidence.star(&[0, 4, 8]).unwrap()), (4, 3));
    // The chain 3 — 5 between the classes does nothing to the star.
    evidence.insert(20, 3, 5, true).unwrap();
    assert_eq!(wrong(&evidence.star(&[0, 4, 8]).unwrap()), (4, 3));
    assert_eq!(wrong(evidence.closure()), (16, 0));
    // Two against one: the right answers, one of which contradicts the closure, win.
    for id in 30..32 {
        evidence.insert(id, 1, 4, false).unwrap();
        evidence.insert(id, 1, 0, true).unwrap();
    }
    assert!(!evidence.contradictions().is_empty());
    assert_eq!(wrong(&evidence.star(&[0, 4, 8]).unwrap()), (0, 0));
}

#[test]
fn answers_of_every_kind_are_evidence() {
    let mut evidence = Evidence::new(6).unwrap();
    let captcha = |candidates: &[usize], belongs: &[bool]| Answered::Captcha {
        shown: vec![2, 5],
        candidates: candidates.to_vec(),
        belongs: belongs.to_vec(),
    };
    evidence.learn(7, &captcha(&[0, 1, 3], &[true, false, true])).unwrap();
    evidence.learn(8, &Answered::Label { sample: 4, class: "cat".into() }).unwrap();
    evidence.learn(9, &Answered::Pair { pair: Pair::new(4, 1).unwrap(), same: true }).unwrap();
    assert_eq!(evidence.statements(), 5);
    assert_eq!(evidence.why(0, 3), Some(vec![7]), "two statements of one answer");
    assert_eq!(evidence.why(3, 4), Some(vec![7, 9]));
    assert_eq!(evidence.why(5, 0), None, "only the first sample shown is related");
    assert_eq!(evidence.retract(7).unwrap(), 3);
    assert_eq!(evidence.why(3, 4), None);
    assert_eq!(evidence.retract(7).unwrap(), 0);

    // Nothing of a bad answer is taken in.
    refused!(evidence.learn(10, &captcha(&[0, 6], &[true; 2])), Error::Domain { value: 6.0, .. });
    refused!(evidence.learn(10, &captcha(&[0, 2], &[true; 2])), Error::Domain { value: 2.0, .. });
    refused!(evidence.learn(10, &captcha(&[0, 1], &[true])), Error::Shape { argument: "belongs", .. });
    assert_eq!(evidence.statements(), 2, "a label and a pair");
}

/// Long chains and many answers stay cheap: the chain is found in one sweep.
#[test]
fn evidence_of_many_answers() {
    let n = 20_000;
    let mut evidence = Evidence::new(n).unwrap();
    for i in 1..n {
        evidence.insert(i, i - 1, i, true).unwrap();
    }
    assert_eq!(evidence.why(n - 1, 0).unwrap(), (1..n).rev().collect::<Vec<_>>());
    evidence.insert(n, 0, n - 1, true).unwrap();
    assert_eq!(evidence.why(0, n - 1), Some(vec![n]));
    assert_eq!(evidence.retract(n).unwrap(), 1);
    assert_eq!(evidence.why(0, n - 1).unwrap().len(), n - 1);
}

#[test]
fn evidence_inputs() {
    refused!(Evidence::new(0), Error::Empty { argument: "samples", .. });
    let mut evidence = Evidence::new(3).unwrap();
    refused!(evidence.insert(0, 1, 3, true), Error::Domain { argument: "sample", value: 3.0, .. });
    refused!(evidence.insert(0, 7, 1, true), Error::Domain { argument: "sample", value: 7.0, .. });
    refused!(evidence.insert(0, 1, 1, true), Error::Domain { value: 1.0, .. });
    assert_eq!(evidence.statements(), 0);
    assert_eq!(evidence.why(0, 3), None);
    assert_eq!(evidence.why(3, 3), None);
    refused!(evidence.star(&[0, 3]), Error::Domain { argument: "representative", value: 3.0, .. });
    refused!(evidence.star(&[0, 1, 0]), Error::Domain { argument: "representative", value: 0.0, .. });
    assert_eq!(evidence.star(&[]).unwrap().components(), 3);
    let contradiction = evidence.insert(0, 2, 1, true).unwrap().cloned();
    assert_eq!(contradiction, None);
    let contradiction = evidence.insert(1, 1, 2, false).unwrap().unwrap();
    assert_eq!(contradiction.id, 1);
    assert!(matches!(contradiction.statement, Said::Pair { same: false, .. }));
    assert_eq!(contradiction.implied_by, [0]);
}

/// A second class for the same sample contradicts the answer that named the first, and nothing else: the samples that are
/// labelled rightly afterwards are in their classes.
#[test]
fn a_sample_named_in_two_classes_contradicts_itself_alone() {
    let label = |sample, class: &str| Answered::Label { sample, class: class.to_owned() };
    let mut evidence = Evidence::new(5).unwrap();
    for (id, (sample, class)) in [(0, "x"), (0, "y"), (1, "x"), (2, "y"), (3, "y")].into_iter().enumerate() {
        evidence.learn(id, &label(sample, class)).unwrap();
    }
    let [contradiction] = evidence.contradictions() else { panic!("{:?}", evidence.contradictions()) };
    assert_eq!((contradiction.id, &contradiction.implied_by[..]), (1, &[0][..]));
    assert_eq!(contradiction.statement, Said::Label { sample: 0, class: "y".into() });
    let entry = |evidence: &Evidence, i, j| evidence.closure().entry(i, j).unwrap();
    let together = [(0, 1), (2, 3)];
    let apart = [(0, 2), (1, 2), (0, 3), (1, 3)];
    assert!(together.iter().all(|&(i, j)| entry(&evidence, i, j) == 1.0));
    assert!(apart.iter().all(|&(i, j)| entry(&evidence, i, j) == -1.0));

    // Without the first answer the second stands, and says what it would have said.
    evidence.retract(0).unwrap();
    assert!(evidence.contradictions().is_empty());
    assert_eq!((entry(&evidence, 0, 2), entry(&evidence, 0, 3), entry(&evidence, 0, 1)), (1.0, 1.0, -1.0));

    refused!(evidence.learn(9, &label(5, "x")), Error::Domain { argument: "sample", value: 5.0, .. });
    assert_eq!(evidence.statements(), 4);
}

/// The same pair answered both ways, in either order of its samples, is one contradiction of one answer.
#[test]
fn a_pair_answered_both_ways_contradicts_itself() {
    let mut evidence = Evidence::new(3).unwrap();
    for (id, (i, j, same)) in [(0, 1, true), (1, 0, false), (0, 1, true)].into_iter().enumerate() {
        evidence.learn(id, &Answered::Pair { pair: Pair::new(i, j).unwrap(), same }).unwrap();
    }
    let [contradiction] = evidence.contradictions() else { panic!("{:?}", evidence.contradictions()) };
    assert_eq!((contradiction.id, &contradiction.implied_by[..]), (1, &[0][..]));
}
