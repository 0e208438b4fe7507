//! How few labels does it take, on top of views?
//!
//! Two noisy views of every sample say "these belong together"; labels, revealed one by one for the first view only,
//! join them in the mixture `(1 − α) G_views + α Y Yᵀ`.

use std::process::ExitCode;

use pal::closed_form::{FittedKernel, Lift};
use pal::data::{Labelled, circles, circles_sweep, views_by_noise};
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Story, require, run_main,
};
use pal::graph::SimilarityGraph;
use pal::kernel::Exponential;
use pal::random::stream;
use pal::{Result, plot};
use rand::Rng;
use rand::seq::SliceRandom;
use serde::Serialize;

mod illustrate;
mod reference;

use illustrate::{FEATURES, Illustration, TRAINING, illustrate};
use reference::{Reader, Representation};

pub const EXPERIMENT: Experiment = Experiment {
    name: "interpolation",
    about: "Test error against number of labels, for three weights of the labels beside the views",
    trials: 50,
    quick_trials: 2,
    length: Length::Short,
    body: run,
    draw,
    story: STORY,
    claims: CLAIMS,
};

#[derive(Serialize)]
struct Protocol {
    samples: usize,
    views: usize,
    n_test: usize,
    noise: f64,
    view_noise: f64,
    representation: Representation,
    /// Weights of the labels, in the order of [`SERIES`].
    alphas: [f64; 3],
    /// Trials that share a training set, each with its own order of the labels.
    orders_a_set: usize,
}

const PROTOCOL: Protocol = Protocol {
    samples: 200,
    views: 2,
    n_test: 500,
    noise: 0.0,
    view_noise: 0.1,
    representation: Representation { sigma: 1.0, beta: 1e-3, cutoff: 0.0, width: 5 },
    alphas: [0.5, 1e-3, 1e-6],
    orders_a_set: 5,
};

const SERIES: [&str; 3] = ["alpha=0.5", "alpha=1e-3", "alpha=1e-6"];

/// The random streams of the training sets begin here, past those of the trials.
const TRAINING_STREAMS: u64 = 1 << 32;

const STORY: Story = Story {
    title: "A few labels on top of views",
    description: "Two noisy views of every sample form the self-supervised graph, and labels, revealed one by one \
                  for the first view only, the supervised one. The graph is (1 − α) of the first and α of the second.",
    findings: |curves| {
        let (half, small, tiny) = (curves.of(SERIES[0])?, curves.of(SERIES[1])?, curves.of(SERIES[2])?);
        let (peak_at, peak) = half.peak();
        Ok(format!(
            "The few first labels hurt when they weigh much, up to {:.2} at {} labels for α = 0.5: their \
             eigenvectors push out those of the views before they separate the classes. α = 1e-3 is below 0.1 from \
             {} labels on and α = 0.5 from {}, while α = 1e-6 is too small to be heard and goes from {:.2} to {:.2}.",
            peak,
            peak_at,
            small.settled(0.1),
            half.settled(0.1),
            tiny.first(),
            tiny.last(),
        ))
    },
    pictures: &[
        Picture::new("", "Test error against the number of labels, for three weights of the labels."),
        TRAINING,
        Picture::new(
            "_graph",
            "The graph for α = 0.5 before, halfway and after; two views of a sample are neighbours.",
        ),
        FEATURES,
    ],
};

const CLAIMS: &[Claim] = &[
    Claim::of_every_run("One label after another, for two hundred.", |curves| {
        let labels: Vec<f64> = (0..200).map(f64::from).collect();
        SERIES.iter().try_for_each(|series| {
            let x = &curves.of(series)?.x;
            require(*x == labels, || format!("{x:?} of {series}"))
        })
    }),
    Claim::of_every_run("Without a label all weights start from the views alone.", |curves| {
        let [half, small, tiny] = [curves.of(SERIES[0])?, curves.of(SERIES[1])?, curves.of(SERIES[2])?];
        let difference = (half.first() - tiny.first()).abs().max((small.first() - tiny.first()).abs());
        require(difference < 2e-3, || format!("they differ by {difference}"))
    }),
    Claim::of_every_run("From 25 labels on the weight in the middle is the best.", |curves| {
        let [half, small, tiny] = [curves.of(SERIES[0])?, curves.of(SERIES[1])?, curves.of(SERIES[2])?];
        (25..200).try_for_each(|i| {
            let [half, small, tiny] = [half, small, tiny].map(|curve| curve.mean[i]);
            require(small < half && small < tiny, || format!("{half}, {small} and {tiny} at {i} labels"))
        })
    }),
    Claim::of_every_run("Few labels of much weight hurt, all of them help.", |curves| {
        let half = &curves.of(SERIES[0])?.mean;
        require(half[5] > half[0] + 0.1 && half[199] < 0.1, || {
            format!("{} without, {} with five, {} with all", half[0], half[5], half[199])
        })
    }),
];

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

fn run(run: &Run) -> Result<()> {
    let test = circles_sweep(PROTOCOL.n_test, PROTOCOL.noise, &mut run.shared_rng())?;
    let sets = run.parallel(run.trial_count.div_ceil(PROTOCOL.orders_a_set), |set| {
        TrainingSet::draw(&test, &mut stream(run.seed, TRAINING_STREAMS + set as u64))
    })?;
    let readers = run.parallel(sets.len(), |set| sets[set].readers(&test))?;
    let trials = run.trials(|t, rng| {
        let set = t / PROTOCOL.orders_a_set;
        trial(&sets[set].train, readers[set].clone(), rng)
    })?;
    let labels: Vec<f64> = (0..PROTOCOL.samples).map(|labels| labels as f64).collect();
    let curves: Curves = SERIES
        .into_iter()
        .enumerate()
        .map(|(alpha, series)| {
            let rows: Vec<_> = trials.iter().map(|(errors, _)| &errors[alpha]).collect();
            Curve::from_trials(series, &labels, &rows)
        })
        .collect::<Result<Vec<_>>>()?
        .into();
    run.save(&curves, &PROTOCOL)?;
    run.both(
        || draw(&run.outputs, &curves),
        || illustrate(run, &trials[0].1, PROTOCOL.representation, (0.0, 1.0)),
    )
}

fn draw(outputs: &Outputs, curves: &Curves) -> Result<()> {
    plot::curves(&outputs.picture(""), curves, &plot::Axes::new("Number of labels", "Test error"))
}

/// Two views of every sample, and what depends on them alone.
struct TrainingSet {
    train: Labelled,
    fit: FittedKernel<Exponential>,
    lift: Lift,
}

impl TrainingSet {
    fn draw(test: &Labelled, rng: &mut impl Rng) -> Result<Self> {
        let clean = circles(PROTOCOL.samples, PROTOCOL.noise, rng)?;
        let train = Labelled {
            inputs: views_by_noise(clean.inputs.view(), PROTOCOL.views, PROTOCOL.view_noise, rng)?,
            labels: clean.labels.for_views(PROTOCOL.views)?,
        };
        let fit = PROTOCOL.representation.on(&train.inputs)?;
        let lift = fit.lift(test.inputs.view())?.multiplied();
        Ok(Self { train, fit, lift })
    }

    /// A reader for each α, prepared for any labels beside the views.
    fn readers<'a>(&'a self, test: &'a Labelled) -> Result<[Reader<'a>; 3]> {
        let reader = Reader::new(&self.fit, &self.lift, &test.labels, PROTOCOL.representation.width);
        let mut readers = PROTOCOL.alphas.map(|_| reader.clone());
        for (reader, alpha) in readers.iter_mut().zip(PROTOCOL.alphas) {
            reader.solver.decompose(&SimilarityGraph::mixture([(1.0 - alpha, views()?)])?)?;
        }
        Ok(readers)
    }
}

fn views() -> Result<SimilarityGraph> {
    SimilarityGraph::views(PROTOCOL.samples, PROTOCOL.views)
}

/// The errors for each α, and the graph of the first α before, halfway and after.
fn trial(
    train: &Labelled,
    readers: [Reader<'_>; 3],
    rng: &mut impl Rng,
) -> Result<([Vec<f64>; 3], Illustration)> {
    let mut order: Vec<usize> = (0..PROTOCOL.samples).collect();
    order.shuffle(rng);
    // The end of the permutation is revealed first; `place` is how many labels come before a sample's own.
    let mut place = vec![0; PROTOCOL.samples];
    order.iter().rev().enumerate().for_each(|(labels, &sample)| place[sample] = labels);

    let views = views()?;
    let (mut errors, mut graphs) = ([Vec::new(), Vec::new(), Vec::new()], Vec::new());
    for ((errors, alpha), mut reader) in errors.iter_mut().zip(PROTOCOL.alphas).zip(readers) {
        for labels in 0..PROTOCOL.samples {
            let first_view = |row: usize| row.is_multiple_of(PROTOCOL.views);
            let known = train.labels.reveal(|row| first_view(row) && place[row / PROTOCOL.views] < labels);
            let graph = SimilarityGraph::mixture([
                (1.0 - alpha, views.clone()),
                (alpha, SimilarityGraph::labels(&known)),
            ])?;
            errors.push(reader.error_of(&graph)?);
            if alpha == PROTOCOL.alphas[0]
                && [0, PROTOCOL.samples / 2, PROTOCOL.samples - 1].contains(&labels)
            {
                graphs.push((format!("{labels} labels"), graph));
            }
        }
    }
    Ok((errors, Illustration { train: train.clone(), graphs }))
}
