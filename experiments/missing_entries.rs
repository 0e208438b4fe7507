//! Is it the amount of what is known that limits learning, or its connectedness?
//!
//! Entries of the full label graph are dropped at random. Beside the error, the number of connected components.

use std::process::ExitCode;

use pal::data::{Labelled, circles, circles_sweep};
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Story, linspace, require, run_main,
};
use pal::graph::{SimilarityGraph, drop_entries};
use pal::{Result, plot};
use rand::Rng;
use serde::Serialize;

mod illustrate;
mod reference;

use illustrate::{FEATURES, Illustration, TRAINING, illustrate};
use reference::{Reader, Representation};

pub const EXPERIMENT: Experiment = Experiment {
    name: "missing_entries",
    about: "Test error and connected components against the fraction of entries missing from the label graph",
    trials: 100,
    quick_trials: 10,
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
    /// First and last fraction, and how many.
    fractions: (f64, f64, usize),
}

const PROTOCOL: Protocol = Protocol {
    n_train: 100,
    n_test: 1000,
    noise: 0.0,
    representation: Representation { sigma: 0.2, beta: 1e-3, cutoff: 1e-5 / 100.0, width: 5 },
    fractions: (0.5, 1.0, 20),
};

const STORY: Story = Story {
    title: "Missing entries, or a graph in pieces",
    description: "Entries of the full label graph are dropped at random, a fresh mask for every fraction. Beside \
                  the error, the number of connected components of what is left.",
    findings: |curves| {
        let (error, components) = (curves.of("error")?, curves.of("components")?);
        Ok(format!(
            "Half of the entries can be missing at no price, and the error still is {:.2} at four fifths: what \
             counts is that the four classes stay connected ({:.1} components there). It rises together with the \
             number of components, to {:.2} with {:.0} components, and to {:.2}, that of the kernel alone, when \
             nothing is left.",
            error.near(0.8),
            components.near(0.8),
            error.near(0.974),
            components.last(),
            error.last(),
        ))
    },
    pictures: &[
        Picture::new(
            "",
            "Test error (left axis) and connected components (right axis) against the fraction of missing entries.",
        ),
        TRAINING,
        Picture::new("_graph", "The graph before, halfway and after: white together, black not known to be."),
        FEATURES,
    ],
};

const CLAIMS: &[Claim] = &[
    Claim::of_every_run("Twenty fractions from a half to all, the last without components.", |curves| {
        let [error, components] = [curves.of("error")?, curves.of("components")?];
        let even = |i: usize, x: f64| (x - (0.5 + 0.5 * i as f64 / 19.0)).abs() < 1e-15;
        let all = error.x.len() == 20 && error.x.iter().enumerate().all(|(i, &x)| even(i, x));
        require(all && components.x == error.x[..19], || format!("{:?}", error.x))
    }),
    Claim::of_every_run("Up to three fifths missing, the classes stay connected.", |curves| {
        let components = &curves.of("components")?.mean;
        require(components[..5] == [4.0; 5], || format!("{:?} components", &components[..5]))
    }),
    Claim::of_every_run("With nearly all missing, the classes fall apart.", |curves| {
        let components = &curves.of("components")?.mean;
        require(components[17] > 20.0 && components[18] > components[17], || {
            format!("{} and {} components", components[17], components[18])
        })
    }),
];

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

fn run(run: &Run) -> Result<()> {
    let test = circles_sweep(PROTOCOL.n_test, PROTOCOL.noise, &mut run.shared_rng())?;
    let trials = run.trials(|_, rng| trial(&test, rng))?;
    let (first, last, count) = PROTOCOL.fractions;
    let fractions = linspace(first, last, count);
    let errors: Vec<_> = trials.iter().map(|trial| &trial.errors).collect();
    // With every entry gone each point is a component: that tells nothing and would dwarf the rest.
    let components: Vec<_> = trials.iter().map(|trial| &trial.components[..count - 1]).collect();
    let curves = Curves::from(vec![
        Curve::from_trials("error", &fractions, &errors)?,
        Curve::from_trials("components", &fractions[..count - 1], &components)?,
    ]);
    run.save(&curves, &PROTOCOL)?;
    run.both(
        || draw(&run.outputs, &curves),
        || illustrate(run, &trials[0].illustration, PROTOCOL.representation, (0.0, 1.0)),
    )
}

fn draw(outputs: &Outputs, curves: &Curves) -> Result<()> {
    let axes = plot::TwinAxes {
        x_label: "Percentage missing entries".into(),
        left_label: "Test error".into(),
        left_range: Some((0.0, 0.7)),
        right_label: "Connected components".into(),
        right_range: Some((0.0, 70.0)),
    };
    plot::twin(&outputs.picture(""), curves.of("error")?, curves.of("components")?, &axes)
}

struct Trial {
    errors: Vec<f64>,
    components: Vec<f64>,
    /// The graph before, halfway and after all but everything is gone.
    illustration: Illustration,
}

fn trial(test: &Labelled, rng: &mut impl Rng) -> Result<Trial> {
    let train = circles(PROTOCOL.n_train, PROTOCOL.noise, rng)?;
    let fit = PROTOCOL.representation.on(&train.inputs)?;
    let lift = fit.lift(test.inputs.view())?;
    let mut reader = Reader::new(&fit, &lift, &test.labels, PROTOCOL.representation.width);
    let full = SimilarityGraph::labels(&train.labels);
    let (mut errors, mut components) = (Vec::new(), Vec::new());
    let mut graphs = vec![("0 % missing".to_owned(), full.clone())];
    let (first, last, count) = PROTOCOL.fractions;
    for (point, fraction) in linspace(first, last, count).into_iter().enumerate() {
        let graph = drop_entries(&full, fraction, rng)?;
        errors.push(reader.error_of(&graph)?);
        components.push(graph.components() as f64);
        if [0, 3 * count / 4].contains(&point) {
            graphs.push((format!("{:.0} % missing", 100.0 * fraction), graph));
        }
    }
    Ok(Trial { errors, components, illustration: Illustration { train, graphs } })
}
