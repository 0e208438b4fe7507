//! What do wrong labels do?
//!
//! Labels are redrawn uniformly, ten more a round, and the contrastive graph believes them.

use std::process::ExitCode;

use pal::data::{Labelled, circles, circles_sweep};
use pal::experiment::{Curve, Experiment, Run, run_main};
use pal::graph::{SimilarityGraph, redraw_labels};
use pal::{Result, plot};
use rand::Rng;
use rand::seq::SliceRandom;
use serde::Serialize;

mod illustrate;
mod reference;

use illustrate::{Illustration, illustrate};
use reference::{Reader, Representation};

pub const EXPERIMENT: Experiment = Experiment {
    name: "noise",
    about: "Test error against number of corrupted labels",
    trials: 100,
    quick_trials: 6,
    body: run,
};

#[derive(Serialize)]
struct Protocol {
    n_train: usize,
    n_test: usize,
    noise: f64,
    representation: Representation,
    rounds: usize,
    labels_a_round: usize,
}

const PROTOCOL: Protocol = Protocol {
    n_train: 300,
    n_test: 1000,
    noise: 0.0,
    representation: Representation { sigma: 0.2, beta: 1e-3, cutoff: 1e-5 / 300.0, width: 5 },
    rounds: 30,
    labels_a_round: 10,
};

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

fn run(run: &Run) -> Result<()> {
    let test = circles_sweep(PROTOCOL.n_test, PROTOCOL.noise, &mut run.shared_rng())?;
    let trials = run.trials(|_, rng| trial(&test, rng))?;
    // The reference axis: the error at x was measured after ten more labels than x were redrawn.
    let corrupted: Vec<f64> =
        (0..PROTOCOL.rounds).map(|round| (PROTOCOL.labels_a_round * round) as f64).collect();
    let rows: Vec<_> = trials.iter().map(|(errors, _)| errors).collect();
    let curve = Curve::from_trials("error", &corrupted, &rows)?;
    run.save(std::slice::from_ref(&curve), &PROTOCOL)?;
    let axes = plot::Axes::new("Number of corrupted labels", "Test error");
    let redrawn = corrupted.iter().map(|x| x + PROTOCOL.labels_a_round as f64).collect();
    let corrected = Curve { x: redrawn, ..curve.clone() };
    let corrected_axes = plot::Axes::new("Number of labels redrawn before measuring", "Test error");
    run.both(
        || {
            plot::curves(&run.stem(), &[curve], &axes)?;
            plot::curves(&run.out.join("noise_corrected"), &[corrected], &corrected_axes)
        },
        || illustrate(run, &trials[0].1, PROTOCOL.representation, (-1.0, 1.0)),
    )
}

/// The errors, and the graph before, halfway and after.
fn trial(test: &Labelled, rng: &mut impl Rng) -> Result<(Vec<f64>, Illustration)> {
    let train = circles(PROTOCOL.n_train, PROTOCOL.noise, rng)?;
    let fit = PROTOCOL.representation.on(&train.inputs)?;
    let lift = fit.lift(test.inputs.view())?;
    let mut reader = Reader::new(&fit, &lift, &test.labels, PROTOCOL.representation.width);
    let wrong = redraw_labels(&train.labels, 1.0, rng)?;
    let mut order: Vec<usize> = (0..PROTOCOL.n_train).collect();
    order.shuffle(rng);

    let mut believed = train.labels.clone();
    let mut graphs = vec![("0 labels redrawn".to_owned(), SimilarityGraph::contrastive_labels(&believed))];
    let mut errors = Vec::new();
    for (round, redrawn) in order.rchunks(PROTOCOL.labels_a_round).enumerate() {
        for &sample in redrawn {
            if let Some(class) = wrong.class_of(sample) {
                believed.assign(sample, class)?;
            }
        }
        let graph = SimilarityGraph::contrastive_labels(&believed);
        errors.push(reader.error_of(&graph)?);
        if [PROTOCOL.rounds / 2 - 1, PROTOCOL.rounds - 1].contains(&round) {
            graphs.push((format!("{} labels redrawn", PROTOCOL.labels_a_round * (round + 1)), graph));
        }
    }
    Ok((errors, Illustration { train, graphs }))
}
