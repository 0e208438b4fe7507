//! What do wrong labels do?
//!
//! Labels are redrawn uniformly, ten more a round, and the contrastive graph believes them.

use std::process::ExitCode;

use pal::data::{Labelled, circles, circles_sweep};
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Story, require, run_main,
};
use pal::graph::{SimilarityGraph, redraw_labels};
use pal::{Result, plot};
use rand::Rng;
use rand::seq::SliceRandom;
use serde::Serialize;

mod illustrate;
mod reference;

use illustrate::{FEATURES, Illustration, TRAINING, illustrate};
use reference::{Reader, Representation};

pub const EXPERIMENT: Experiment = Experiment {
    name: "noise",
    about: "Test error against number of corrupted labels",
    trials: 100,
    quick_trials: 6,
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

const STORY: Story = Story {
    title: "Wrong labels",
    description: "Labels are redrawn uniformly, ten more a round, and the contrastive graph believes them all. A \
                  redrawn label is right by luck one time in four.",
    findings: |curves| {
        let error = curves.of("error")?;
        Ok(format!(
            "The error grows by about {:.2} for every hundred labels redrawn, which makes 0.25 of the 300 labels \
             wrong: at this kernel width every label decides its own neighbourhood, and hardly any is outvoted. It \
             ends at {:.2}, below the 0.75 of guessing, since the best probe finds something to read in any five \
             features.",
            (error.near(200.0) - error.first()) / 2.0,
            error.last(),
        ))
    },
    pictures: &[
        Picture::new("", "Test error against the number of corrupted labels, on the reference axis."),
        Picture::new(
            "_corrected",
            "The same curve on the corrected axis: the reference measures after redrawing ten more labels than it \
             says.",
        ),
        TRAINING,
        Picture::new(
            "_graph",
            "The graph before, halfway and after: white believed together, black believed apart.",
        ),
        FEATURES,
    ],
};

const CLAIMS: &[Claim] = &[
    Claim::of_every_run("Ten labels a round, for thirty rounds.", |curves| {
        let error = curves.of("error")?;
        let rounds: Vec<f64> = (0..30).map(|round| 10.0 * f64::from(round)).collect();
        require(error.x == rounds, || format!("{:?}", error.x))
    }),
    Claim::of_every_run(
        "Up to half of the labels redrawn, the error is near the share of wrong labels.",
        |curves| {
            curves.of("error")?.mean.iter().enumerate().take(15).try_for_each(|(i, error)| {
                let wrong = 0.75 * 10.0 * (i as f64 + 1.0) / 300.0;
                require((error - wrong).abs() < 0.3 * wrong + 0.02, || {
                    format!("{error} in round {i}, {wrong} of the labels wrong")
                })
            })
        },
    ),
    Claim::of_every_run("With every label redrawn the error is below that of guessing.", |curves| {
        let last = curves.of("error")?.last();
        require((0.5..0.75).contains(&last), || format!("{last}"))
    }),
];

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
    let curves = Curves::from(vec![Curve::from_trials("error", &corrupted, &rows)?]);
    run.save(&curves, &PROTOCOL)?;
    run.both(
        || draw(&run.outputs, &curves),
        || illustrate(run, &trials[0].1, PROTOCOL.representation, (-1.0, 1.0)),
    )
}

fn draw(outputs: &Outputs, curves: &Curves) -> Result<()> {
    let axes = plot::Axes::new("Number of corrupted labels", "Test error");
    plot::curves(&outputs.picture(""), curves, &axes)?;
    let curve = curves.of("error")?;
    let redrawn = curve.x.iter().map(|x| x + PROTOCOL.labels_a_round as f64).collect();
    let corrected = Curve { x: redrawn, ..curve.clone() };
    let corrected_axes = plot::Axes::new("Number of labels redrawn before measuring", "Test error");
    plot::curves(&outputs.picture("_corrected"), &[corrected], &corrected_axes)
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
