//! Do questions chosen by the current representation beat pairs drawn at random?
//!
//! Active: ten candidates a round that a linear probe takes for members of the class asked about least; answers are
//! closed under transitivity. Passive: ten random pairs a round, no closure.

use std::process::ExitCode;

use pal::active::{PredictedCaptcha, ask, random_pairs};
use pal::data::{Labelled, circles, circles_sweep};
use pal::experiment::{Curve, Experiment, Run, run_main};
use pal::graph::SimilarityGraph;
use pal::oracle::{Knowledge, LabelOracle};
use pal::{Result, plot};
use rand::Rng;
use serde::Serialize;

mod illustrate;
mod reference;

use illustrate::{Illustration, illustrate};
use reference::{Reader, Representation};

pub const EXPERIMENT: Experiment = Experiment {
    name: "active",
    about: "Test error against number of queries: questions chosen by the representation, or random pairs",
    trials: 100,
    quick_trials: 4,
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
    n_train: 150,
    n_test: 1000,
    noise: 0.1,
    representation: Representation { sigma: 0.2, beta: 1e-3, cutoff: 1e-5 / 150.0, width: 5 },
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
        Curve::from_trials("active", &queries, &rows(0))?,
        Curve::from_trials("passive", &queries, &rows(1))?,
    ];
    run.save(&curves, &PROTOCOL)?;
    run.both(
        || plot::curves(&run.stem(), &curves, &plot::Axes::new("Number of queries", "Test error")),
        || illustrate(run, &trials[0].1, PROTOCOL.representation, (-1.0, 1.0)),
    )
}

/// The errors of both series, and the active graph before, halfway and after.
fn trial(test: &Labelled, rng: &mut impl Rng) -> Result<([Vec<f64>; 2], Illustration)> {
    let train = circles(PROTOCOL.n_train, PROTOCOL.noise, rng)?;
    let fit = PROTOCOL.representation.on(&train.inputs)?;
    let lift = fit.lift(test.inputs.view())?;
    let mut reader = Reader::new(&fit, &lift, &test.labels, PROTOCOL.representation.width);

    let mut knowledge = Knowledge::first_of_each_class(&train.labels)?;
    let mut oracle = LabelOracle::new(&train.labels);
    let strategy = PredictedCaptcha { size: PROTOCOL.answers_a_round };
    let (mut active, mut graphs) = (Vec::new(), Vec::new());
    for round in 0..PROTOCOL.rounds {
        let graph = knowledge.contrastive_graph()?;
        let z = reader.represent(&graph)?;
        active.push(reader.error(&z)?);
        if [0, PROTOCOL.rounds / 2, PROTOCOL.rounds - 1].contains(&round) {
            graphs.push((format!("{} queries", PROTOCOL.answers_a_round * round), graph));
        }
        ask(&strategy, &mut oracle, &mut knowledge, z.view(), rng)?;
    }

    // The reference order begins with one empty step, hence one pair less.
    let seen = |round: usize| (PROTOCOL.answers_a_round * round).saturating_sub(1);
    let truth = SimilarityGraph::contrastive_labels(&train.labels);
    let order = random_pairs(PROTOCOL.n_train, seen(PROTOCOL.rounds - 1), rng)?
        .into_iter()
        .map(|(i, j)| Ok((i, j, truth.entry(i, j)?)))
        .collect::<Result<Vec<_>>>()?;
    let alone = SimilarityGraph::identity(PROTOCOL.n_train)?;
    let mut passive = Vec::new();
    for round in 0..PROTOCOL.rounds {
        let pairs = SimilarityGraph::pairs(PROTOCOL.n_train, order[..seen(round)].iter().copied())?;
        passive.push(reader.error_of(&SimilarityGraph::mixture([(1.0, alone.clone()), (1.0, pairs)])?)?);
    }
    Ok(([active, passive], Illustration { train, graphs }))
}
