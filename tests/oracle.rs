//! Questions and answers: the shared captcha state against a literal dense copy of section 8.2, and what an answer does
//! and does not conclude.

use ndarray::{Array2, array};
use pal::Error;
use pal::active::{CaptchaStrategy as _, UniformCaptcha};
use pal::data::Labels;
use pal::oracle::{Captcha, CaptchaAnswer, Knowledge, LabelOracle, Oracle};
use proptest::prelude::*;
use rand::RngExt;
use rand::seq::SliceRandom;

mod support;

use support::{cases, refused, rng};

/// The captcha state as section 8.2 of the theory writes it: `F`, `A`, known, asked, all dense.
struct Dense {
    class_of: Vec<usize>,
    full: Array2<f64>,
    graph: Array2<f64>,
    known: Vec<bool>,
    asked: Array2<bool>,
}

impl Dense {
    fn new(class_of: &[usize], classes: usize, negative: f64) -> Self {
        let n = class_of.len();
        let full =
            Array2::from_shape_fn((n, n), |(i, j)| if class_of[i] == class_of[j] { 1.0 } else { negative });
        let mut known = vec![false; n];
        for class in 0..classes {
            known[class_of.iter().position(|&c| c == class).unwrap()] = true;
        }
        let asked = Array2::from_elem((n, classes), false);
        Self { class_of: class_of.to_vec(), full, graph: Array2::eye(n), known, asked }
    }

    fn update(&mut self, class: usize, ids: &[usize]) {
        let n = self.class_of.len();
        for &i in ids.iter().filter(|&&i| self.class_of[i] == class) {
            self.known[i] = true;
        }
        for i in (0..n).filter(|&i| self.known[i]) {
            for j in (0..n).filter(|&j| self.known[j]) {
                self.graph[[i, j]] = self.full[[i, j]];
            }
        }
        for &j in ids.iter().filter(|&&j| self.class_of[j] != class) {
            for i in (0..n).filter(|&i| self.known[i] && self.class_of[i] == class) {
                self.graph[[i, j]] = self.full[[i, j]];
                self.graph[[j, i]] = self.full[[i, j]];
            }
        }
        for i in (0..n).filter(|&i| self.known[i]) {
            self.asked.row_mut(i).fill(true);
        }
        for &i in ids {
            self.asked[[i, class]] = true;
        }
    }

    fn least_asked(&self) -> usize {
        let counts: Vec<usize> =
            self.asked.columns().into_iter().map(|column| column.iter().filter(|&&a| a).count()).collect();
        counts.iter().position(|count| count == counts.iter().min().unwrap()).unwrap()
    }

    fn candidates(&self, class: usize) -> Vec<usize> {
        (0..self.known.len()).filter(|&i| !self.known[i] && !self.asked[[i, class]]).collect()
    }
}

/// Labels of `n` samples with every class of `classes` present, in random order.
fn labels(n: usize, classes: usize) -> impl Strategy<Value = Vec<usize>> {
    any::<u64>().prop_map(move |seed| {
        let mut rng = rng(seed);
        let mut class_of: Vec<usize> = (0..classes).collect();
        class_of.extend((classes..n).map(|_| rng.random_range(0..classes)));
        class_of.shuffle(&mut rng);
        class_of
    })
}

/// The state of both graphs agrees with the definition, and the definition with claim T49.
fn require_state(knowledge: &Knowledge, signed: &Dense, positive: &Dense) -> Result<(), TestCaseError> {
    let a = knowledge.contrastive_graph().unwrap().to_dense();
    prop_assert_eq!(&a, &signed.graph);
    let b = knowledge.positive_graph().unwrap().to_dense();
    prop_assert_eq!(&b, &positive.graph);
    prop_assert_eq!(&b, &a.mapv(|entry| entry.max(0.0)));

    prop_assert_eq!(&a, &a.t());
    prop_assert!(a.diag().iter().all(|&entry| entry == 1.0));
    for (entry, truth) in a.iter().zip(&signed.full) {
        prop_assert!(*entry == 0.0 || entry == truth);
    }
    for (sample, &known) in signed.known.iter().enumerate() {
        let class = knowledge.labels().class_of(sample);
        prop_assert_eq!(class, known.then_some(signed.class_of[sample]));
    }
    for class in 0..knowledge.number_of_classes() {
        prop_assert_eq!(knowledge.candidates(class).unwrap(), signed.candidates(class));
    }
    prop_assert_eq!(knowledge.least_asked_class(), signed.least_asked());
    Ok(())
}

fn complete_among_known(graph: &Array2<f64>, truth: &Array2<f64>, labels: &Labels) -> bool {
    let known = |i: usize| labels.class_of(i).is_some();
    graph.indexed_iter().all(|((i, j), &entry)| !(known(i) && known(j)) || entry == truth[[i, j]])
}

proptest! {
    #![proptest_config(cases(30))]

    #[test]
    fn t49_query_state(
        (classes, class_of) in (1..=5_usize).prop_flat_map(|c| (Just(c), labels(60, c))),
        size in 1..=12_usize,
        seed: u64,
    ) {
        let truth = Labels::new(class_of.clone(), classes).unwrap();
        let mut knowledge = Knowledge::first_of_each_class(&truth).unwrap();
        let (mut signed, mut positive) =
            (Dense::new(&class_of, classes, -1.0), Dense::new(&class_of, classes, 0.0));
        require_state(&knowledge, &signed, &positive)?;
        let (mut oracle, mut rng) = (LabelOracle::new(&truth), rng(seed));
        let z = Array2::zeros((60, 1));
        // Each round settles or refuses at least one (sample, class) while any is open.
        for _ in 0..=60 * classes {
            let captcha = UniformCaptcha { size }.propose(&knowledge, z.view(), &mut rng).unwrap();
            let answer = oracle.answer(&captcha).unwrap();
            knowledge.learn(&captcha, &answer).unwrap();
            signed.update(captcha.class, &captcha.candidates);
            positive.update(captcha.class, &captcha.candidates);
            require_state(&knowledge, &signed, &positive)?;
            prop_assert!(complete_among_known(&signed.graph, &signed.full, knowledge.labels()));
            if knowledge.labels() == &truth {
                break;
            }
        }
        prop_assert_eq!(knowledge.labels(), &truth);
        prop_assert_eq!(&knowledge.contrastive_graph().unwrap().to_dense(), &signed.full);
        prop_assert_eq!(&knowledge.positive_graph().unwrap().to_dense(), &positive.full);
        // Empty rounds change nothing any more.
        let captcha = UniformCaptcha { size }.propose(&knowledge, z.view(), &mut rng).unwrap();
        prop_assert!(captcha.candidates.is_empty());
        knowledge.learn(&captcha, &CaptchaAnswer { belongs: vec![] }).unwrap();
        prop_assert_eq!(&knowledge.contrastive_graph().unwrap().to_dense(), &signed.full);
    }

    /// Any questions, not only a strategy's: known candidates, repeated ones, classes out of turn, empty lists.
    #[test]
    fn t49_arbitrary_questions(
        (classes, class_of) in (1..=4_usize).prop_flat_map(|c| (Just(c), labels(12, c))),
        questions in proptest::collection::vec((any::<u16>(), proptest::collection::vec(0..12_usize, 0..5)), 1..20),
    ) {
        let truth = Labels::new(class_of.clone(), classes).unwrap();
        let mut knowledge = Knowledge::first_of_each_class(&truth).unwrap();
        let (mut signed, mut positive) =
            (Dense::new(&class_of, classes, -1.0), Dense::new(&class_of, classes, 0.0));
        for (class, candidates) in questions {
            let captcha = Captcha { class: usize::from(class) % classes, candidates };
            let answer = LabelOracle::new(&truth).answer(&captcha).unwrap();
            knowledge.learn(&captcha, &answer).unwrap();
            signed.update(captcha.class, &captcha.candidates);
            positive.update(captcha.class, &captcha.candidates);
            require_state(&knowledge, &signed, &positive)?;
        }
    }

    #[test]
    fn label_oracle_answers_by_the_labels(
        class_of in labels(20, 4),
        class in 0..4_usize,
        candidates in proptest::collection::vec(0..20_usize, 0..30),
    ) {
        let truth = Labels::new(class_of.clone(), 4).unwrap();
        let captcha = Captcha { class, candidates };
        let answer = LabelOracle::new(&truth).answer(&captcha).unwrap();
        let expected: Vec<bool> = captcha.candidates.iter().map(|&i| class_of[i] == class).collect();
        prop_assert_eq!(answer.belongs, expected);
    }
}

/// Samples 0 to 3 are the first of their classes; 4 to 7 are unknown.
fn four_classes() -> (Labels, Knowledge) {
    let truth = Labels::new(vec![0, 1, 2, 3, 3, 3, 0, 1], 4).unwrap();
    let knowledge = Knowledge::first_of_each_class(&truth).unwrap();
    (truth, knowledge)
}

fn put(class: usize, candidates: &[usize], truth: &Labels, knowledge: &mut Knowledge) {
    let captcha = Captcha { class, candidates: candidates.to_vec() };
    let answer = LabelOracle::new(truth).answer(&captcha).unwrap();
    knowledge.learn(&captcha, &answer).unwrap();
}

#[test]
fn refused_by_three_classes_is_not_concluded_to_be_in_the_fourth() {
    let (truth, mut knowledge) = four_classes();
    for class in 0..3 {
        put(class, &[4], &truth, &mut knowledge);
    }
    assert_eq!(knowledge.labels().class_of(4), None);
    let graph = knowledge.contrastive_graph().unwrap();
    let row: Vec<f64> = (0..8).map(|j| graph.entry(4, j).unwrap()).collect();
    assert_eq!(row, [-1.0, -1.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
    assert_eq!(knowledge.candidates(3).unwrap(), [4, 5, 6, 7], "it must be asked");
    assert_eq!(knowledge.candidates(0).unwrap(), [5, 6, 7]);
    put(3, &[4], &truth, &mut knowledge);
    assert_eq!(knowledge.labels().class_of(4), Some(3));
}

#[test]
fn a_refused_sample_is_not_related_to_later_members() {
    let (truth, mut knowledge) = four_classes();
    put(0, &[4], &truth, &mut knowledge);
    put(0, &[6], &truth, &mut knowledge);
    let graph = knowledge.contrastive_graph().unwrap();
    assert_eq!([graph.entry(4, 0).unwrap(), graph.entry(4, 6).unwrap()], [-1.0, 0.0]);
    // Accepted in the same answer is a member already, whatever the order of the list.
    let (truth, mut knowledge) = four_classes();
    put(0, &[4, 6], &truth, &mut knowledge);
    let graph = knowledge.contrastive_graph().unwrap();
    assert_eq!([graph.entry(4, 0).unwrap(), graph.entry(4, 6).unwrap()], [-1.0, -1.0]);
}

#[test]
fn the_first_examples_are_related_by_the_first_answer() {
    let (truth, mut knowledge) = four_classes();
    assert_eq!(knowledge.contrastive_graph().unwrap().to_dense(), Array2::<f64>::eye(8));
    assert_eq!(knowledge.number_of_classes(), 4);
    assert_eq!(knowledge.least_asked_class(), 0);
    put(2, &[], &truth, &mut knowledge);
    let first = knowledge.contrastive_graph().unwrap().to_dense();
    assert_eq!(first.slice(ndarray::s![..4, ..4]), 2.0 * Array2::<f64>::eye(4) - 1.0);
    assert_eq!(first.slice(ndarray::s![4.., 4..]), Array2::<f64>::eye(4));
    assert!(first.slice(ndarray::s![..4, 4..]).iter().all(|&entry| entry == 0.0));
    assert_eq!(knowledge.positive_graph().unwrap().to_dense(), Array2::<f64>::eye(8));
}

#[test]
fn repeated_candidates_count_once() {
    let (truth, mut once) = four_classes();
    let mut twice = once.clone();
    put(0, &[4, 6], &truth, &mut once);
    put(0, &[4, 6, 4, 6, 6], &truth, &mut twice);
    put(0, &[4], &truth, &mut twice);
    let dense = |knowledge: &Knowledge| knowledge.contrastive_graph().unwrap().to_dense();
    assert_eq!(once.labels(), twice.labels());
    assert_eq!(dense(&once).slice(ndarray::s![4, ..]), dense(&twice).slice(ndarray::s![4, ..]));
    assert_eq!(once.candidates(0).unwrap(), twice.candidates(0).unwrap());
}

#[test]
fn any_function_is_an_oracle() {
    let mut asked = Vec::new();
    let mut oracle = |captcha: &Captcha| {
        asked.push(captcha.class);
        Ok(CaptchaAnswer { belongs: vec![true; captcha.candidates.len()] })
    };
    let captcha = Captcha { class: 2, candidates: vec![5, 5] };
    assert_eq!(oracle.answer(&captcha).unwrap(), CaptchaAnswer { belongs: vec![true, true] });
    assert_eq!(asked, [2]);
}

#[test]
fn bad_questions_and_answers_change_nothing() {
    let (truth, mut knowledge) = four_classes();
    put(0, &[4, 6], &truth, &mut knowledge);
    let before = format!("{knowledge:?}");
    let mut learn = |class: usize, candidates: &[usize], belongs: &[bool]| {
        let captcha = Captcha { class, candidates: candidates.to_vec() };
        let outcome = knowledge.learn(&captcha, &CaptchaAnswer { belongs: belongs.to_vec() });
        assert_eq!(format!("{knowledge:?}"), before);
        outcome
    };
    refused!(learn(4, &[5], &[true]), Error::Domain { argument: "class", value: 4.0, .. });
    refused!(learn(0, &[5, 8], &[true, true]), Error::Domain { argument: "candidate", value: 8.0, .. });
    refused!(learn(0, &[5, 7], &[true]), Error::Shape { argument: "answer", .. });
    refused!(learn(0, &[], &[true]), Error::Shape { argument: "answer", .. });
    // 6 is known to be in class 0.
    refused!(learn(1, &[5, 6], &[true, true]), Error::Domain { argument: "candidate", value: 6.0, .. });
    refused!(learn(0, &[5, 6], &[true, false]), Error::Domain { argument: "candidate", value: 6.0, .. });
    refused!(
        learn(3, &[5, 7, 5], &[true, true, false]),
        Error::Domain { argument: "candidate", value: 5.0, .. }
    );
    refused!(
        learn(3, &[5, 7, 5], &[false, true, true]),
        Error::Domain { argument: "candidate", value: 5.0, .. }
    );
    refused!(knowledge.candidates(4), Error::Domain { argument: "class", value: 4.0, .. });

    let none_of_2 = Labels::new(vec![0, 1, 3], 4).unwrap();
    refused!(
        Knowledge::first_of_each_class(&none_of_2),
        Error::EmptyClass { argument: "labels", class: 2, classes: 4 }
    );
}

#[test]
fn the_label_oracle_answers_only_what_it_knows() {
    let partial = Labels::partial(vec![Some(0), None, Some(1)], 2).unwrap();
    let ask = |class: usize, candidates: &[usize]| {
        LabelOracle::new(&partial).answer(&Captcha { class, candidates: candidates.to_vec() })
    };
    assert_eq!(ask(1, &[0, 2]).unwrap().belongs, [false, true]);
    refused!(ask(2, &[0]), Error::Domain { argument: "class", value: 2.0, .. });
    refused!(ask(0, &[0, 1]), Error::Domain { argument: "candidate", value: 1.0, .. });
    refused!(ask(0, &[3]), Error::Domain { argument: "candidate", value: 3.0, .. });
    // Unknown labels may stay unknown: they are asked about but never answered.
    let knowledge = Knowledge::first_of_each_class(&partial).unwrap();
    assert_eq!(knowledge.candidates(0).unwrap(), [1]);
    assert_eq!(knowledge.labels(), &partial);
    assert_eq!(
        knowledge.contrastive_graph().unwrap().to_dense(),
        array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    );
}
