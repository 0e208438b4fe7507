//! What do the negative answers add?
//!
//! One sequence of captchas updates two graphs: the contrastive one holds −1 where samples are known to differ, the
//! non-contrastive one 0.

use std::process::ExitCode;

use pal::active::{UniformCaptcha, ask};
use pal::data::{Labelled, circles, circles_sweep};
use pal::experiment::{Curve, Experiment, Run, run_main};
use pal::oracle::{Knowledge, LabelOracle};
use pal::{Result, plot};
use rand::Rng;
use serde::Serialize;

mod illustrate;
mod reference;

use illustrate::{Illustration, illustrate};
use reference::{Reader, Representation};

pub const EXPERIMENT: Experiment = Experiment {
    name: "contrastive",
    about: "Test error against number of queries: with and without the negative answers in the graph",
    trials: 100,
    quick_trials: 2,
    body: run,
};

#[derive(Serialize)]
struct Protocol {
    n_train: usize,
    n_test: usize,
    noise: f64,
    representation: Representation,
    rounds: usize,
    answers_a_round: usize,
}

const PROTOCOL: Protocol = Protocol {
    n_train: 300,
    n_test: 1000,
    noise: 0.0,
    representation: Representation { sigma: 0.2, beta: 1e-3, cutoff: 1e-5 / 300.0, width: 5 },
    rounds: 80,
    answers_a_round: 10,
};

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

fn run(run: &Run) -> Result<()> {
    let test = circles_sweep(PROTOCOL.n_test, PROTOCOL.noise, &mut run.shared_rng())?;
    let trials = run.trials(|_, rng| trial(&test, rng))?;
    let queries: Vec<f64> =
        (0..PROTOCOL.rounds).map(|round| (PROTOCOL.answers_a_round * round) as f64).collect();
    let rows = |series: usize| trials.iter().map(|(errors, _)| &errors[series]).collect::<Vec<_>>();
    let curves = [
        Curve::from_trials("contrastive", &queries, &rows(0))?,
        Curve::from_trials("non-contrastive", &queries, &rows(1))?,
    ];
    run.save(&curves, &PROTOCOL)?;
    run.both(
        || plot::curves(&run.stem(), &curves, &plot::Axes::new("Number of queries", "Test error")),
        || illustrate(run, &trials[0].1, PROTOCOL.representation, (-1.0, 1.0)),
    )
}

/// The errors of both series, and the contrastive graph before, halfway and after.
fn trial(test: &Labelled, rng: &mut impl Rng) -> Result<([Vec<f64>; 2], Illustration)> {
    let train = circles(PROTOCOL.n_train, PROTOCOL.noise, rng)?;
    let fit = PROTOCOL.representation.on(&train.inputs)?;
    let lift = fit.lift(test.inputs.view())?;
    let mut reader = Reader::new(&fit, &lift, &test.labels, PROTOCOL.representation.width);
    let mut positive = reader.clone();

    let mut knowledge = Knowledge::first_of_each_class(&train.labels)?;
    let mut oracle = LabelOracle::new(&train.labels);
    let strategy = UniformCaptcha { size: PROTOCOL.answers_a_round };
    let (mut errors, mut graphs) = ([Vec::new(), Vec::new()], Vec::new());
    for round in 0..PROTOCOL.rounds {
        let graph = knowledge.contrastive_graph()?;
        let z = reader.represent(&graph)?;
        errors[0].push(reader.error(&z)?);
        errors[1].push(positive.error_of(&knowledge.positive_graph()?)?);
        if [0, PROTOCOL.rounds / 2, PROTOCOL.rounds - 1].contains(&round) {
            graphs.push((format!("{} queries", PROTOCOL.answers_a_round * round), graph));
        }
        ask(&strategy, &mut oracle, &mut knowledge, z.view(), rng)?;
    }
    Ok((errors, Illustration { train, graphs }))
}
