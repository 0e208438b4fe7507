//! What do the negative answers add?
//!
//! One sequence of captchas updates two graphs: the contrastive one holds −1 where samples are known to differ, the
//! non-contrastive one 0.

use std::process::ExitCode;

use pal::active::{UniformCaptcha, ask_captcha};
use pal::data::{Labelled, circles, circles_sweep};
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Story, require, run_main,
};
use pal::oracle::{Knowledge, LabelOracle};
use pal::{Result, plot};
use rand::Rng;
use serde::Serialize;

mod illustrate;
mod reference;

use illustrate::{FEATURES, Illustration, TRAINING, illustrate};
use reference::{Reader, Representation};

pub const EXPERIMENT: Experiment = Experiment {
    name: "contrastive",
    about: "Test error against number of queries: with and without the negative answers in the graph",
    trials: 100,
    quick_trials: 2,
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
    n_train: 300,
    n_test: 1000,
    noise: 0.0,
    representation: Representation { sigma: 0.2, beta: 1e-3, cutoff: 1e-5 / 300.0, width: 5 },
    rounds: 80,
    answers_a_round: 10,
};

const STORY: Story = Story {
    title: "What negative answers add",
    description: "One sequence of questions, uniform among the samples that may be in class q, updates two graphs. \
                  The contrastive graph holds −1 where two samples are known to differ, the other one 0.",
    findings: |curves| {
        let (contrastive, positive) = (curves.of("contrastive")?, curves.of("non-contrastive")?);
        Ok(format!(
            "Negative answers pay at both ends: the order of the curves changes at {}, in between the positive \
             entries alone are better, as {:.2} against {:.2} at 60 queries. At 400 queries the contrastive \
             error is {:.2} against {:.2}, and with all labels known both are near zero ({:.3} and {:.3}).",
            in_words(&crossings(contrastive, positive)),
            positive.near(60.0),
            contrastive.near(60.0),
            contrastive.near(400.0),
            positive.near(400.0),
            contrastive.last(),
            positive.last(),
        ))
    },
    pictures: &[
        Picture::new("", "Test error against the number of queries."),
        TRAINING,
        Picture::new(
            "_graph",
            "The contrastive graph before, halfway and after: white together, black apart, grey unknown.",
        ),
        FEATURES,
    ],
};

/// The abscissae at which `a` passes from below `b` to above, or the other way; not those of the first two points.
fn crossings(a: &Curve, b: &Curve) -> Vec<f64> {
    let ahead: Vec<bool> = a.mean.iter().zip(&b.mean).map(|(a, b)| a < b).collect();
    (2..ahead.len()).filter(|&i| ahead[i] != ahead[i - 1]).map(|i| a.x[i]).collect()
}

/// Numbers of queries: “a, b and c queries”.
fn in_words(queries: &[f64]) -> String {
    let words: Vec<String> = queries.iter().map(f64::to_string).collect();
    match words.as_slice() {
        [] => "no point".to_owned(),
        [one] => format!("{one} queries"),
        [rest @ .., last] => format!("{} and {last} queries", rest.join(", ")),
    }
}

const CLAIMS: &[Claim] = &[
    Claim::of_every_run("Ten queries a round, for eighty rounds.", |curves| {
        let [contrastive, positive] = [curves.of("contrastive")?, curves.of("non-contrastive")?];
        let rounds: Vec<f64> = (0..80).map(|round| 10.0 * f64::from(round)).collect();
        require(contrastive.x == rounds && positive.x == rounds, || format!("{:?}", contrastive.x))
    }),
    Claim::of_every_run("With all labels known hardly a test sample is read wrong.", |curves| {
        let [contrastive, positive] = [&curves.of("contrastive")?.mean, &curves.of("non-contrastive")?.mean];
        require(contrastive[79].max(positive[79]) < 0.02, || {
            format!("errors of {} and {}", contrastive[79], positive[79])
        })
    }),
    Claim::of_every_run("Negatives help at first, then they do not, then they do again.", |curves| {
        let [contrastive, positive] = [&curves.of("contrastive")?.mean, &curves.of("non-contrastive")?.mean];
        let help = |i: usize, expected: bool| {
            require(contrastive[i] != positive[i] && (contrastive[i] < positive[i]) == expected, || {
                format!("{} with and {} without in round {i}", contrastive[i], positive[i])
            })
        };
        (1..=3).try_for_each(|i| help(i, true))?;
        (5..=8).try_for_each(|i| help(i, false))?;
        (25..=60).try_for_each(|i| help(i, true))
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
        Curve::from_trials("contrastive", &queries, &rows(0))?,
        Curve::from_trials("non-contrastive", &queries, &rows(1))?,
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
        ask_captcha(&strategy, &mut oracle, &mut knowledge, z.view(), rng)?;
    }
    Ok((errors, Illustration { train, graphs }))
}
