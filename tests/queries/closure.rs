//! Claims T39 and T46: the closure against Boolean matrix products and against all labellings.

use ndarray::Array2;
use pal::Error;
use pal::data::Labels;
use pal::oracle::Closure;
use pal::oracle::cost::pairs_of_labels;
use proptest::prelude::*;
use rand::RngExt;
use rand::seq::SliceRandom;

use super::partitions::{classes, pairs, partitions};
use crate::support::{refused, rng};

pub(crate) type Answer = (usize, usize, bool);

fn boolean_product(a: &Array2<bool>, b: &Array2<bool>) -> Array2<bool> {
    let n = a.nrows();
    Array2::from_shape_fn((n, n), |(i, j)| (0..n).any(|k| a[[i, k]] && b[[k, j]]))
}

/// `P = (I + pos)*` and `P · neg · P`.
pub(crate) fn matrix_closure(n: usize, answers: &[Answer]) -> (Array2<bool>, Array2<bool>) {
    let matrix = |sign: bool| {
        let mut matrix = Array2::from_elem((n, n), false);
        for &(i, j, _) in answers.iter().filter(|answer| answer.2 == sign) {
            matrix[[i, j]] = true;
            matrix[[j, i]] = true;
        }
        matrix
    };
    let mut positive = matrix(true);
    positive.diag_mut().fill(true);
    loop {
        let longer = boolean_product(&positive, &positive);
        if longer == positive {
            break;
        }
        positive = longer;
    }
    let negative = boolean_product(&boolean_product(&positive, &matrix(false)), &positive);
    (positive, negative)
}

pub(crate) fn tell(closure: &mut Closure, (i, j, together): Answer) -> pal::Result<()> {
    if together { closure.must_link(i, j) } else { closure.cannot_link(i, j) }
}

pub(crate) fn entries(closure: &Closure) -> Array2<f64> {
    Array2::from_shape_fn((closure.len(), closure.len()), |(i, j)| closure.entry(i, j).unwrap())
}

/// Samples in classes and truthful answers on random pairs of them, from none to most.
fn truthful() -> impl Strategy<Value = (Vec<usize>, Vec<Answer>)> {
    (1..=14_usize, 1..=5_usize, 0.0..1.5_f64, any::<u64>()).prop_map(|(n, classes, share, seed)| {
        let mut rng = rng(seed);
        let class_of: Vec<usize> = (0..n).map(|_| rng.random_range(0..classes)).collect();
        let mut asked = pairs(n);
        asked.shuffle(&mut rng);
        asked.truncate((share * n as f64) as usize);
        let answers = asked
            .into_iter()
            .map(|(i, j)| if rng.random_bool(0.5) { (i, j) } else { (j, i) })
            .map(|(i, j)| (i, j, class_of[i] == class_of[j]))
            .collect();
        (class_of, answers)
    })
}

fn count(upper: &Array2<f64>, value: f64) -> usize {
    upper.indexed_iter().filter(|&((i, j), &entry)| i < j && entry == value).count()
}

proptest! {
    #[test]
    fn t39_closure((class_of, answers) in truthful()) {
        let n = class_of.len();
        let mut closure = Closure::new(n).unwrap();
        for &answer in &answers {
            tell(&mut closure, answer).unwrap();
        }
        let (positive, negative) = matrix_closure(n, &answers);
        let expected = Array2::from_shape_fn((n, n), |at| f64::from(positive[at]) - f64::from(negative[at]));
        prop_assert_eq!(&entries(&closure), &expected);
        prop_assert_eq!(closure.positives(), count(&expected, 1.0));
        prop_assert_eq!(closure.negatives(), count(&expected, -1.0));
        prop_assert_eq!(closure.is_complete(), count(&expected, 0.0) == 0);
        prop_assert_eq!(&closure.graph().unwrap().to_dense(), &expected);

        let labels = closure.labels();
        for (i, j) in pairs(n) {
            let is_one = labels.class_of(i).is_some() && labels.class_of(i) == labels.class_of(j);
            prop_assert_eq!(is_one, positive[[i, j]]);
        }
        let alone = |i: usize| (0..n).all(|j| j == i || !positive[[i, j]]);
        prop_assert!((0..n).all(|i| labels.class_of(i).is_none() == alone(i)));

        // With a truthful oracle every implied pair is right.
        for (i, j) in pairs(n) {
            let truth = if class_of[i] == class_of[j] { 1.0 } else { -1.0 };
            prop_assert!(expected[[i, j]] == 0.0 || expected[[i, j]] == truth);
        }
        let component_of = closure.component_of();
        prop_assert_eq!(closure.components(), classes(&component_of));
        prop_assert!(pairs(n).into_iter().all(|(i, j)| (component_of[i] == component_of[j]) == positive[[i, j]]));
        for (i, component) in component_of.iter().enumerate() {
            prop_assert!(*component <= classes(&component_of[..i]), "numbered by first appearance");
        }
    }

    /// Needs a truthful oracle: an answer of the other sign than implied is refused, and changes nothing.
    #[test]
    fn t39_contradiction((class_of, answers) in truthful(), seed in any::<u64>()) {
        let n = class_of.len();
        let mut rng = rng(seed);
        let mut closure = Closure::new(n).unwrap();
        for &answer in &answers {
            tell(&mut closure, answer).unwrap();
        }
        let (i, j) = (rng.random_range(0..n), rng.random_range(0..n));
        let (before, components) = (entries(&closure), closure.component_of());
        for together in [true, false] {
            let mut told = closure.clone();
            let sign = if together { 1.0 } else { -1.0 };
            match tell(&mut told, (i, j, together)) {
                Ok(()) => {
                    prop_assert!(before[[i, j]] != -sign);
                    prop_assert_eq!(told.entry(i, j).unwrap(), sign);
                }
                Err(Error::Contradiction { row, column, answer, implied }) => {
                    prop_assert_eq!((row, column, answer, implied), (i, j, sign, -sign));
                    prop_assert_eq!(before[[i, j]], -sign);
                    prop_assert_eq!(&entries(&told), &before);
                    prop_assert_eq!(told.component_of(), components.clone());
                }
                Err(other) => panic!("{other}"),
            }
        }
    }

    /// The signed closure of two classes holds what all labellings with two classes that agree with the answers share.
    #[test]
    fn t46_two_classes_compose(n in 1..=8_usize, share in 0.0..1.5_f64, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let truth: Vec<bool> = (0..n).map(|_| rng.random()).collect();
        let mut asked = pairs(n);
        asked.shuffle(&mut rng);
        asked.truncate((share * n as f64) as usize);
        let mut closure = Closure::new(n).unwrap();
        for &(i, j) in &asked {
            tell(&mut closure, (i, j, truth[i] == truth[j])).unwrap();
        }
        let of = |labelling: u32, i: usize| labelling >> i & 1;
        let agree: Vec<u32> = (0..1 << n)
            .filter(|&l| asked.iter().all(|&(i, j)| (of(l, i) == of(l, j)) == (truth[i] == truth[j])))
            .collect();
        let shared = Array2::from_shape_fn((n, n), |(i, j)| {
            let together = agree.iter().filter(|&&l| of(l, i) == of(l, j)).count();
            f64::from(together == agree.len()) - f64::from(together == 0)
        });
        let closed = closure.of_two_classes().unwrap();
        prop_assert_eq!(&entries(&closed), &shared);
        // s_ij s_jk = s_ik wherever two are known.
        for (i, j, k) in (0..n).flat_map(|i| (0..n).flat_map(move |j| (0..n).map(move |k| (i, j, k)))) {
            let product = shared[[i, j]] * shared[[j, k]];
            prop_assert!(product == 0.0 || product == closed.entry(i, k).unwrap());
        }
    }

    /// For three classes and more, answers allow a partition into C classes exactly if the components can be coloured
    /// with C colours so that separated ones differ; what the closure leaves open is open.
    #[test]
    fn t46_completing_is_colouring(n in 1..=6_usize, colours in 1..=4_usize, share in 0.0..2.0_f64, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let mut closure = Closure::new(n).unwrap();
        let mut taken = Vec::new();
        for _ in 0..(share * n as f64) as usize {
            let answer = (rng.random_range(0..n), rng.random_range(0..n), rng.random_bool(0.3));
            if tell(&mut closure, answer).is_ok() {
                taken.push(answer);
            }
        }
        let fits = |of: &[usize]| taken.iter().all(|&(i, j, together)| (of[i] == of[j]) == together);
        let partition_exists = partitions(n).iter().any(|p| classes(p) <= colours && fits(p));

        let component_of = closure.component_of();
        let components = closure.components();
        let member = |component: usize| component_of.iter().position(|&c| c == component).unwrap();
        let separated: Vec<(usize, usize)> = pairs(components)
            .into_iter()
            .filter(|&(a, b)| closure.entry(member(a), member(b)).unwrap() < 0.0)
            .collect();
        let colour = |colouring: usize, component: usize| colouring / colours.pow(component as u32) % colours;
        let colouring_exists = (0..colours.pow(components as u32))
            .any(|colouring| separated.iter().all(|&(a, b)| colour(colouring, a) != colour(colouring, b)));
        prop_assert_eq!(partition_exists, colouring_exists);
    }
}

/// Needs two classes: with three, two cannot-links agree with either answer on the third pair, and three of them
/// are no contradiction.
#[test]
fn t46_three_classes_do_not_compose() {
    let mut closure = Closure::new(3).unwrap();
    closure.cannot_link(0, 1).unwrap();
    closure.cannot_link(1, 2).unwrap();
    assert_eq!(closure.entry(0, 2).unwrap(), 0.0);
    assert_eq!(closure.of_two_classes().unwrap().entry(0, 2).unwrap(), 1.0);
    closure.clone().must_link(0, 2).unwrap();
    closure.cannot_link(0, 2).unwrap();
    refused!(closure.of_two_classes(), Error::Contradiction { answer: 1.0, implied: -1.0, .. });
}

#[test]
fn t46_pairs_of_labels() {
    for m in 0..12 {
        assert_eq!(pairs_of_labels(m).unwrap(), pairs(m).len());
        if m > 0 {
            // What the labels reveal is what a complete closure of as many samples knows.
            let labels = Labels::new((0..m).map(|i| i % 3).collect(), 3).unwrap();
            let mut closure = Closure::new(m).unwrap();
            for (i, j) in pairs(m) {
                tell(&mut closure, (i, j, labels.class_of(i) == labels.class_of(j))).unwrap();
            }
            assert_eq!(closure.positives() + closure.negatives(), pairs_of_labels(m).unwrap());
        }
    }
    refused!(pairs_of_labels(usize::MAX), Error::Domain { argument: "labels", .. });
}

/// Answers that settle the classes of some samples give a graph without a list of pairs.
#[test]
fn t39_graph_is_cheap() {
    let (n, classes) = (3000, 3);
    let mut closure = Closure::new(n).unwrap();
    assert_eq!(closure.graph().unwrap().terms().len(), 1);
    for i in classes..n / 2 {
        closure.must_link(i, i % classes).unwrap();
    }
    assert_eq!(closure.graph().unwrap().terms().len(), 1);
    for (i, j) in pairs(classes) {
        closure.cannot_link(i, j).unwrap();
    }
    let graph = closure.graph().unwrap();
    assert!(graph.terms().iter().all(|(_, form)| !matches!(form, pal::graph::Form::Pairs(_))));
    assert_eq!(graph.terms().len(), 2);
    for i in n / 2..n {
        closure.must_link(i, i % classes).unwrap();
    }
    let graph = closure.graph().unwrap();
    assert!(matches!(graph.terms(), [(_, pal::graph::Form::Contrastive(_))]));
}

/// A chain built from its end is no slower than another order.
#[test]
fn t39_chains_stay_shallow() {
    let n = 200_000;
    let mut closure = Closure::new(n).unwrap();
    for i in (1..n).rev() {
        closure.must_link(i - 1, i).unwrap();
    }
    assert!((0..n).all(|i| closure.entry(i, n - 1).unwrap() == 1.0));
    assert_eq!(closure.positives(), n * (n - 1) / 2);
}

#[test]
fn closure_inputs() {
    refused!(Closure::new(0), Error::Empty { argument: "samples", .. });
    let mut closure = Closure::new(3).unwrap();
    refused!(closure.must_link(3, 0), Error::Domain { argument: "row", value: 3.0, .. });
    refused!(closure.cannot_link(0, 3), Error::Domain { argument: "column", value: 3.0, .. });
    refused!(closure.entry(0, 9), Error::Domain { argument: "column", value: 9.0, .. });
    let error = closure.cannot_link(1, 1).unwrap_err();
    assert_eq!(error.to_string(), "the pair (1, 1) is answered -1, but the answers before imply 1");
    closure.must_link(1, 1).unwrap();
    assert_eq!(closure.components(), 3);
}
