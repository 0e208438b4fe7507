//! The clusters that learning starts from, for classes of every number, size and shape, and what a few answers make of them.

use std::f64::consts::{PI, TAU};
use std::sync::Arc;

use ndarray::Array2;
use pal::active::{Belief, BeliefOptions, WarmStart, WarmStartOptions, ask_pairs, strategy};
use pal::graph::SimilarityGraph;
use pal::oracle::Pair;
use pal::probe::adjusted_rand_index;
use proptest::prelude::*;
use rand::RngExt;

mod support;

use support::{cases, gaussian, rng};

/// Normal clouds of these sizes, their centres drawn with deviation `spread`; their classes.
fn clouds(sizes: &[usize], columns: usize, spread: f64, seed: u64) -> (Array2<f64>, Vec<usize>) {
    let truth: Vec<usize> =
        sizes.iter().enumerate().flat_map(|(class, &size)| std::iter::repeat_n(class, size)).collect();
    let centres = gaussian(sizes.len(), columns, &mut rng(seed)) * spread;
    let mut x = gaussian(truth.len(), columns, &mut rng(seed + 1));
    for (mut row, &class) in x.outer_iter_mut().zip(&truth) {
        row += &centres.row(class);
    }
    (x, truth)
}

/// Curves in the plane with noise: `point` of the class and the position along the curve, of 0 to 1.
fn curves(
    classes: usize,
    each: usize,
    noise: f64,
    point: impl Fn(usize, f64) -> [f64; 2],
) -> (Array2<f64>, Vec<usize>) {
    let truth: Vec<usize> = (0..classes * each).map(|i| i % classes).collect();
    let mut x = gaussian(truth.len(), 2, &mut rng(3)) * noise;
    let mut along = rng(4);
    for (mut row, &class) in x.outer_iter_mut().zip(&truth) {
        let [first, second] = point(class, along.random());
        row[0] += first;
        row[1] += second;
    }
    (x, truth)
}

fn rings() -> (Array2<f64>, Vec<usize>) {
    curves(2, 200, 0.05, |class, along| {
        let radius = 1.0 + class as f64;
        [radius * (TAU * along).cos(), radius * (TAU * along).sin()]
    })
}

fn moons() -> (Array2<f64>, Vec<usize>) {
    curves(2, 200, 0.07, |class, along| {
        let (sine, cosine) = (PI * along).sin_cos();
        if class == 0 { [cosine, sine] } else { [1.0 - cosine, 0.5 - sine] }
    })
}

fn start_of(x: &Array2<f64>) -> Arc<WarmStart> {
    Arc::new(WarmStart::of_features(x.view(), &WarmStartOptions::default()).unwrap())
}

/// The index after so many truthful answers to the recommended questions.
fn index_after(answers: usize, start: &Arc<WarmStart>, truth: &[usize]) -> f64 {
    let mut belief = Belief::new(Arc::clone(start), BeliefOptions::default()).unwrap();
    let answer = |pair: Pair| Ok(truth[pair.first()] == truth[pair.second()]);
    ask_pairs(&mut belief, &strategy("pal").unwrap(), answer, answers, &mut rng(5), |_, _| Ok(())).unwrap();
    adjusted_rand_index(belief.classes(), truth).unwrap()
}

#[test]
fn clouds_in_any_number_and_of_any_size_are_the_start() {
    for (sizes, columns) in [
        (vec![150; 2], 6),
        (vec![80; 25], 16),
        (vec![10; 60], 24),
        (vec![950, 30, 20], 6),
        (vec![6, 12, 25, 50, 100, 200], 10),
    ] {
        let (x, truth) = clouds(&sizes, columns, 4.0, 10);
        let start = start_of(&x);
        let index = adjusted_rand_index(start.clusters(), &truth).unwrap();
        assert!(index > 0.9, "{sizes:?}: {index}, {} clusters", start.number_of_clusters());
    }
}

#[test]
fn one_sample_is_refused_by_its_number() {
    let graph = SimilarityGraph::identity(1).unwrap();
    let refused = WarmStart::of_graph(graph, &WarmStartOptions::default()).unwrap_err();
    assert_eq!(refused.to_string(), "number of samples = 1 must be at least 2");
}

#[test]
fn where_nothing_separates_there_is_one_cluster() {
    let (x, _) = clouds(&[300], 8, 1.0, 20);
    assert_eq!(start_of(&x).number_of_clusters(), 1);
}

#[test]
fn a_few_answers_join_what_is_one_curve() {
    for (name, (x, truth)) in [("rings", rings()), ("moons", moons())] {
        let index = index_after(30, &start_of(&x), &truth);
        assert!(index > 0.95, "{name}: {index}");
    }
}

/// The hierarchy below the starting clusters tells where to cut.
#[test]
fn a_few_answers_take_a_cluster_apart() {
    let (x, truth) = clouds(&[60; 6], 8, 4.0, 30);
    let made = start_of(&x);
    for (clusters, answers) in [(3, 15), (2, 20), (1, 25)] {
        let merged = truth.iter().map(|class| class % clusters).collect();
        let (values, features) = (made.eigenvalues().to_owned(), made.features().to_owned());
        let start = WarmStart::from_parts(made.graph().clone(), values, features, merged).unwrap();
        let index = index_after(answers, &Arc::new(start), &truth);
        assert!(index > 0.95, "{clusters} clusters, {answers} answers: {index}");
    }
}

#[test]
fn micro_clusters_are_small_and_lie_in_one_cluster() {
    let (x, _) = clouds(&[150, 60, 5], 5, 3.0, 40);
    let start = start_of(&x);
    let parts = start.number_of_micro_clusters();
    let mut cluster_of = vec![None; parts];
    let mut sizes = vec![0; parts];
    for (&part, &cluster) in start.micro_clusters().iter().zip(start.clusters()) {
        assert!(cluster_of[part].is_none_or(|other| other == cluster));
        cluster_of[part] = Some(cluster);
        sizes[part] += 1;
    }
    assert!(sizes.iter().all(|&size| 0 < size && size <= 40), "{sizes:?}");
}

proptest! {
    #![proptest_config(cases(24))]

    /// Whatever holds of a sample holds of its copies.
    #[test]
    fn copies_start_alike(
        rows in proptest::collection::vec((0_u8..4, 0_u8..4, 0_u8..2), 2..8),
        copies in 1_usize..30,
    ) {
        let n = rows.len() * copies;
        let x = Array2::from_shape_fn((n, 3), |(i, column)| {
            let row = rows[i % rows.len()];
            f64::from([row.0, row.1, row.2][column])
        });
        // Only copies of one row, and nothing varies: refused elsewhere.
        prop_assume!(n > 1 && rows.iter().any(|row| row != &rows[0]));
        let start = start_of(&x);
        for i in 0..n {
            for j in 0..i {
                if x.row(i) == x.row(j) {
                    prop_assert_eq!(start.clusters()[i], start.clusters()[j]);
                    prop_assert_eq!(start.micro_clusters()[i], start.micro_clusters()[j]);
                }
            }
        }
    }
}

/// Of more than 8192 samples eigenvectors are in single precision and clusters found by a part of the rows: those of clouds are
/// found all the same, copies are alike, and nothing depends on the number of threads.
#[test]
fn starts_of_many_samples() {
    let (mut x, truth) = clouds(&[3000, 2500, 2000, 1200, 300], 6, 4.0, 11);
    let first = x.row(0).to_owned();
    x.row_mut(17).assign(&first);
    let options = WarmStartOptions { modes: 24, ..WarmStartOptions::default() };
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| WarmStart::of_features(x.view(), &options).unwrap())
    };
    let start = on(1);
    assert_eq!(start.number_of_clusters(), 5);
    assert!(adjusted_rand_index(start.clusters(), &truth).unwrap() > 0.99);
    assert_eq!(start.features().row(0), start.features().row(17));
    let sizes = |group_of: &[usize], groups: usize| {
        let mut sizes = vec![0; groups];
        group_of.iter().for_each(|&group| sizes[group] += 1);
        sizes
    };
    let sizes = sizes(start.micro_clusters(), start.number_of_micro_clusters());
    assert!(sizes.iter().all(|&size| (1..=71).contains(&size)), "{sizes:?}"); // 9000 / 128
    let eigenvalues = start.eigenvalues();
    assert!(eigenvalues.iter().take(5).all(|value| (value - 1.0).abs() < 1e-2), "{eigenvalues}");
    let again = on(3);
    assert_eq!((start.features(), start.clusters()), (again.features(), again.clusters()));
    assert_eq!(start.micro_clusters(), again.micro_clusters());
    let mut belief = Belief::new(Arc::new(start), BeliefOptions::default()).unwrap();
    belief.learn(Pair::new(0, 8999).unwrap(), false).unwrap();
    assert_eq!(belief.number_of_classes(), 5);
}
