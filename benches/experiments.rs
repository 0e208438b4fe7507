//! One point of a curve of each experiment, halfway: the graph, its leading eigenvectors, the error of the probe.
//!
//! The work that depends on the inputs only (Gram matrix, its inverse, the lift to the test points) is done before.

use std::time::Duration;

use criterion::Criterion;
use pal::Result;
use pal::active::{UniformCaptcha, ask_captcha};
use pal::data::{Labelled, circles, circles_sweep, views_by_noise};
use pal::graph::{SimilarityGraph, drop_entries, redraw_labels};
use pal::oracle::{Knowledge, LabelOracle};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

#[path = "../experiments/reference.rs"]
mod reference;

use reference::{Reader, Representation};

const WIDTH: usize = 5;

fn main() -> Result<()> {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let rng = &mut ChaCha8Rng::seed_from_u64(0);

    let train = circles(150, 0.1, rng)?;
    let knowledge = halfway(&train, rng)?;
    point(&mut criterion, "active", &train, 0.2, 1000, || knowledge.contrastive_graph())?;

    let train = circles(300, 0.0, rng)?;
    let knowledge = halfway(&train, rng)?;
    point(&mut criterion, "contrastive", &train, 0.2, 1000, || knowledge.contrastive_graph())?;

    let clean = circles(200, 0.0, rng)?;
    let train = Labelled {
        inputs: views_by_noise(clean.inputs.view(), 2, 0.1, rng)?,
        labels: clean.labels.for_views(2)?,
    };
    let known = train.labels.reveal(|row| row.is_multiple_of(4));
    let views = SimilarityGraph::views(200, 2)?;
    point(&mut criterion, "interpolation", &train, 1.0, 500, || {
        SimilarityGraph::mixture([(0.5, views.clone()), (0.5, SimilarityGraph::labels(&known))])
    })?;

    let train = circles(100, 0.0, rng)?;
    let full = SimilarityGraph::labels(&train.labels);
    point(&mut criterion, "missing_entries", &train, 0.2, 1000, || drop_entries(&full, 0.75, rng))?;

    let rng = &mut ChaCha8Rng::seed_from_u64(1);
    let train = circles(300, 0.0, rng)?;
    let believed = redraw_labels(&train.labels, 0.5, rng)?;
    point(&mut criterion, "noise", &train, 0.2, 1000, || Ok(SimilarityGraph::contrastive_labels(&believed)))?;

    criterion.final_summary();
    Ok(())
}

/// What is known after 40 questions of 10 candidates.
fn halfway(train: &Labelled, rng: &mut ChaCha8Rng) -> Result<Knowledge> {
    let mut knowledge = Knowledge::first_of_each_class(&train.labels)?;
    let mut oracle = LabelOracle::new(&train.labels);
    for _ in 0..40 {
        // This strategy does not look at the representation.
        ask_captcha(&UniformCaptcha { size: 10 }, &mut oracle, &mut knowledge, train.inputs.view(), rng)?;
    }
    Ok(knowledge)
}

/// Measures a point of the curve: making the graph and reading it.
fn point(
    criterion: &mut Criterion,
    name: &str,
    train: &Labelled,
    sigma: f64,
    n_test: usize,
    mut graph: impl FnMut() -> Result<SimilarityGraph>,
) -> Result<()> {
    let representation = Representation { sigma, beta: 1e-3, cutoff: 0.0, width: WIDTH };
    let fit = representation.on(&train.inputs)?;
    let test = circles_sweep(n_test, 0.0, &mut ChaCha8Rng::seed_from_u64(0))?;
    let lift = fit.lift(test.inputs.view())?;
    let mut reader = Reader::new(&fit, &lift, &test.labels, representation.width);
    // What stays between the points of a curve is decomposed when it comes the second time.
    for _ in 0..2 {
        reader.error_of(&graph()?)?;
    }
    criterion.bench_function(&format!("curve point/{name}"), |bencher| {
        bencher.iter(|| reader.error_of(&graph()?));
    });
    Ok(())
}
