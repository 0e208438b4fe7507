//! What observers are told: every step in order, and an end; the results are the same whether or not someone listens.
#![allow(clippy::unwrap_used)] // a test may panic

use std::sync::{Arc, Mutex};
use std::thread;

use ndarray::Array2;
use pal::data::augment::{Augmentation, ImageShape};
use pal::graph::SimilarityGraph;
use pal::linalg::{Eigenpairs, PartialEigensolver, SubspaceIteration, random_block};
use pal::loss::VicReg;
use pal::model::{Network, Trainer, Training};
use pal::{Error, Observer, Progress};

mod support;
use support::{gaussian, rng};

/// Tasks, numbers done and totals in the order of the reports.
type Reports = Arc<Mutex<Vec<(String, usize, usize)>>>;

fn recorder() -> (Observer, Reports) {
    let reports = Reports::default();
    let kept = reports.clone();
    let observer = Observer::new(move |Progress { task, unit, done, total }| {
        kept.lock().unwrap().push((format!("{task}, {unit}"), done, total));
    });
    (observer, reports)
}

/// The reports are of one task with every number from `first` to `last` in order; at the end all is done.
fn counts(reports: &Reports, task: &str, first: usize, last: usize, most: usize) {
    let expected: Vec<_> = (first..=last).map(|done| (task.to_owned(), done, most)).collect();
    let mut reports = reports.lock().unwrap().clone();
    if last < most {
        assert_eq!(reports.pop(), Some((task.to_owned(), last, last)));
    }
    assert_eq!(reports, expected);
}

#[test]
fn every_epoch_of_a_training_is_reported() {
    let x = gaussian(6, 2, &mut rng(1));
    let graph = SimilarityGraph::views(6, 1).unwrap();
    let same = Augmentation::new(ImageShape::vector(2), []).unwrap();
    let run = |observer, patience, failing: usize| {
        let settings = Training { epochs: 9, patience, observer, ..Training::default() };
        let mut trainer = Trainer::new(settings, Network::<f64>::linear(2, 2, &mut rng(2)).unwrap()).unwrap();
        let score = |_: &Network<f64>, epoch: &pal::model::Epoch| {
            if epoch.number == failing {
                return Err(Error::Empty { argument: "power", expected: "volt" });
            }
            Ok(1.0)
        };
        let done = trainer.run(&VicReg::default(), &graph, x.view(), &same, score);
        (done.is_ok(), trainer.history().to_vec())
    };
    let silent = run(Observer::default(), None, 0);
    let (observer, reports) = recorder();
    assert_eq!(run(observer, None, 0), silent);
    counts(&reports, "training, epochs", 0, 9, 9);
    let (observer, reports) = recorder();
    assert!(run(observer, Some(3), 0).0);
    counts(&reports, "training, epochs", 0, 5, 9);
    let (observer, reports) = recorder();
    assert!(!run(observer, None, 4).0);
    counts(&reports, "training, epochs", 0, 3, 9);
}

#[test]
fn every_step_of_the_eigensolvers_is_reported() {
    let (n, k) = (60, 3);
    let half = gaussian(n, n, &mut rng(3));
    let a: Array2<f64> = &half + &half.t();
    let bits = |pairs: &Eigenpairs| pairs.vectors.mapv(f64::to_bits);

    let (observer, reports) = recorder();
    let mut solver = PartialEigensolver::default().observed_by(observer).clone();
    let direct = solver.leading(a.view(), k).unwrap();
    counts(&reports, "reduction to tridiagonal form, columns", 0, n, n);
    assert_eq!(bits(&direct), bits(&PartialEigensolver::default().leading(a.view(), k).unwrap()));

    let (observer, reports) = recorder();
    let start = random_block(n, 8, &mut rng(4));
    let iteration = SubspaceIteration { observer, ..SubspaceIteration::default() };
    let found = iteration.leading(&a.view(), k, start.view()).unwrap();
    counts(&reports, "subspace iteration, steps", 0, found.steps, iteration.most_steps);
    let silent = SubspaceIteration::default().leading(&a.view(), k, start.view()).unwrap();
    assert_eq!(bits(&found.pairs), bits(&silent.pairs));
}

/// From many threads, too.
#[test]
fn reports_come_in_order() {
    let (observer, reports) = recorder();
    let task = observer.begin("counting", "units", 2..1002);
    thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| (0..50).for_each(|_| task.step()));
        }
    });
    task.steps(500);
    drop(task);
    assert_eq!(reports.lock().unwrap().pop(), Some(("counting, units".into(), 1002, 1002)));
    let each: Vec<_> = (2..=502).map(|done| ("counting, units".to_owned(), done, 1002)).collect();
    assert_eq!(*reports.lock().unwrap(), each);
}
