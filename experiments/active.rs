//! Do questions chosen by the current representation beat pairs drawn at random?
//!
//! Active: ten candidates a round that a linear probe takes for members of the class asked about least; answers are
//! closed under transitivity. Passive: ten random pairs a round, no closure.

use std::process::ExitCode;

use pal::active::{PredictedCaptcha, ask_captcha, random_pairs};
use pal::data::{Labelled, circles, circles_sweep};
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Story, require, run_main,
};
use pal::graph::SimilarityGraph;
use pal::oracle::{Knowledge, LabelOracle};
use pal::{Result, plot};
use rand::Rng;
use serde::Serialize;

mod illustrate;
mod reference;

use illustrate::{FEATURES, Illustration, TRAINING, illustrate};
use reference::{Reader, Representation};

pub const EXPERIMENT: Experiment = Experiment {
    name: "active",
    about: "Test error against number of queries: questions chosen by the representation, or random pairs",
    trials: 100,
    quick_trials: 4,
    length: Length::Short,
    body: run,
    draw,
    story: STORY,
    claims: CLAIMS,
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

const STORY: Story = Story {
    title: "Questions chosen by the representation, or random pairs",
    description: "Active: ten times a round a probe's guess “which of these are in class q?” is put to an oracle, and known \
                  samples are closed under transitivity. Passive: ten random pairs a round, not closed.",
    findings: |curves| {
        let (active, passive) = (curves.of("active")?, curves.of("passive")?);
        Ok(format!(
            "Both start at {:.2}, the error of kernel PCA with no answer at all, and the active curve is below \
             0.1 from {} queries on, the passive one from {}. The active curve ends at its floor of {:.3}, \
             where every label is known and only the noise of the rings is left; the passive one is at {:.3} \
             after all {} queries.",
            active.first(),
            active.settled(0.1),
            passive.settled(0.1),
            active.last(),
            passive.last(),
            active.end(),
        ))
    },
    pictures: &[
        Picture::new("", "Test error against the number of queries."),
        TRAINING,
        Picture::new(
            "_graph",
            "The active graph before, halfway and after: white together, black apart, grey unknown.",
        ),
        FEATURES,
    ],
};

const CLAIMS: &[Claim] = &[
    Claim::of_every_run("Ten queries a round, for eighty rounds.", |curves| {
        let [active, passive] = [curves.of("active")?, curves.of("passive")?];
        let rounds: Vec<f64> = (0..80).map(|round| 10.0 * f64::from(round)).collect();
        require(active.x == rounds && passive.x == rounds, || format!("{:?}", active.x))
    }),
    Claim::of_every_run("Once all labels are known the error is at its floor and stays there.", |curves| {
        let active = &curves.of("active")?.mean;
        let floor = active[79];
        require((0.01..0.05).contains(&floor), || format!("a floor of {floor}"))?;
        require(active[60..].iter().all(|error| *error == floor), || format!("{:?}", &active[60..]))
    }),
    Claim::of_every_run("Chosen questions are worth more than random ones until all is known.", |curves| {
        let [active, passive] = [&curves.of("active")?.mean, &curves.of("passive")?.mean];
        (4..=60).try_for_each(|i| {
            require(active[i] < passive[i], || format!("{} against {} in round {i}", active[i], passive[i]))
        })
    }),
];

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

fn run(run: &Run) -> Result<()> {
    let test = circles_sweep(PROTOCOL.n_test, PROTOCOL.noise, &mut run.shared_rng())?;
    let trials = run.trials(|_, rng| trial(&test, rng))?;
    let queries: Vec<f64> =
        (0..PROTOCOL.rounds).map(|round| (PROTOCOL.answers_a_round * round) as f64).collect();
    let rows = |series: usize| trials.iter().map(|(errors, _)| &errors[series]).collect::<Vec<_>>();
    let curves = Curves::from(vec![
        Curve::from_trials("active", &queries, &rows(0))?,
        Curve::from_trials("passive", &queries, &rows(1))?,
    ]);
    run.save(&curves, &PROTOCOL)?;
    run.both(
        || draw(&run.outputs, &curves),
        || illustrate(run, &trials[0].1, PROTOCOL.representation, (-1.0, 1.0)),
    )
}

fn draw(outputs: &Outputs, curves: &Curves) -> Result<()> {
    plot::curves(&outputs.picture(""), curves, &plot::Axes::new("Number of queries", "Test error"))
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
        ask_captcha(&strategy, &mut oracle, &mut knowledge, z.view(), rng)?;
    }

    // The reference order begins with one empty step, hence one pair less.
    let seen = |round: usize| (PROTOCOL.answers_a_round * round).saturating_sub(1);
    let truth = SimilarityGraph::contrastive_labels(&train.labels);
    let order = random_pairs(PROTOCOL.n_train, seen(PROTOCOL.rounds - 1), rng)?
        .into_iter()
        .map(|pair| (pair.first(), pair.second()))
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
