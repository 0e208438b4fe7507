//! How many labels does a picture of a digit need, and what do views add?
//!
//! One training call, three losses; what differs is the graph: views of every digit, those and the labels there are, the
//! labels alone. A linear probe on the labelled digits reads each, and the raw pixels.

use std::process::ExitCode;

use ndarray::{Array2, ArrayView2, Axis, concatenate};
use pal::data::augment::{Augmentation, Change};
use pal::data::{DIGITS_SHAPE, Labelled, Labels, digits_train_and_test};
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Story, require, run_main,
};
use pal::graph::SimilarityGraph;
use pal::loss::{BarlowTwins, NamedLoss, NtXent, VicReg};
use pal::model::{Activation, Adam, Model, Network, Projected, Rule, Schedule, Trainer, Training};
use pal::probe::LinearProbe;
use pal::{Error, Result, plot};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use serde::Serialize;

pub const EXPERIMENT: Experiment = Experiment {
    name: "digits",
    about: "Test accuracy on handwritten digits against number of labels, for views, labels and both in three losses",
    trials: 5,
    quick_trials: 1,
    length: Length::Long,
    body: run,
    draw,
    story: STORY,
    claims: CLAIMS,
};

#[derive(Clone, Copy, Serialize)]
struct Protocol {
    labels: &'static [usize],
    /// Widths of the encoder and of the projector behind it.
    encoder: [usize; 3],
    projector: [usize; 3],
    /// Steps of a training on all samples, or on some.
    steps: usize,
    batch: usize,
    rate: f64,
    /// Weight of the labels where there are views, too.
    alpha: f64,
    temperature: f64,
    /// Ridge of the probe on standardised features.
    ridge: f64,
}

const FULL: Protocol = Protocol {
    labels: &[10, 20, 50, 100, 200, 400],
    encoder: [64, 256, 256],
    projector: [256, 128, 64],
    steps: 200,
    batch: 256,
    rate: 2e-3,
    alpha: 0.5,
    temperature: 0.2,
    ridge: 0.03,
};
const QUICK: Protocol = Protocol { labels: &[10, 50, 200], steps: 30, ..FULL };

const RAW: &str = "raw pixels";
/// What the graph holds.
const KNOWLEDGE: [&str; 3] = ["views", "views and labels", "labels"];

/// The losses, each with the ending of its picture's name.
fn losses(protocol: Protocol) -> [(&'static str, &'static str, NamedLoss); 3] {
    [
        ("VICReg", "", NamedLoss::VicReg(VicReg::default())),
        ("SimCLR", "_simclr", NamedLoss::NtXent(NtXent { temperature: protocol.temperature })),
        ("Barlow Twins", "_barlow_twins", NamedLoss::BarlowTwins(BarlowTwins::default())),
    ]
}

const STORY: Story = Story {
    title: "Handwritten digits: what views and labels are worth",
    description: "One training of one network on 8×8 digits, whose graph holds two views of every digit, those and the \
                  labels there are, or the labels alone. A ridge probe on the labelled digits reads each \
                  representation, and the raw pixels; test digits are by other hands.",
    findings: |curves| {
        let with_fifty = |series: &str| Ok::<_, Error>(curves.of(series)?.near(50.0));
        Ok(format!(
            "With 50 labels views alone read {:.2} (VICReg), {:.2} (SimCLR) and {:.2} (Barlow Twins) of the test \
             digits right, with the labels in the same loss {:.2}, {:.2} and {:.2}, against {:.2} from raw pixels. \
             Labels alone, seen in many views, give {:.2}, {:.2} and {:.2}: on so small a set the labels there are \
             serve a network about as well as all the digits without.",
            with_fifty("VICReg, views")?,
            with_fifty("SimCLR, views")?,
            with_fifty("Barlow Twins, views")?,
            with_fifty("VICReg, views and labels")?,
            with_fifty("SimCLR, views and labels")?,
            with_fifty("Barlow Twins, views and labels")?,
            with_fifty(RAW)?,
            with_fifty("VICReg, labels")?,
            with_fifty("SimCLR, labels")?,
            with_fifty("Barlow Twins, labels")?,
        ))
    },
    pictures: &[
        Picture::new("", "VICReg: test accuracy against the number of labels."),
        Picture::new("_simclr", "SimCLR: test accuracy against the number of labels."),
        Picture::new("_barlow_twins", "Barlow Twins: test accuracy against the number of labels."),
    ],
};

const CLAIMS: &[Claim] = &[
    Claim::of_every_run("More labels, more digits read right, and none by all.", |curves| {
        curves.iter().try_for_each(|curve| {
            let sound = curve.mean.iter().all(|accuracy| (0.3..1.0).contains(accuracy));
            require(sound && curve.last() > curve.first() + 0.2, || {
                format!("{}: {:?}", curve.series, curve.mean)
            })
        })
    }),
    Claim::of_full_protocol(
        "With a hundred labels all that is learned reads better than pixels.",
        |curves| {
            let raw = curves.of(RAW)?.at(100.0);
            for (loss, ..) in losses(FULL) {
                for knowledge in KNOWLEDGE {
                    let learned = curves.of(&format!("{loss}, {knowledge}"))?.at(100.0);
                    require(learned > raw, || format!("{loss}, {knowledge}: {learned} against {raw}"))?;
                }
            }
            Ok(())
        },
    ),
];

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

fn run(run: &Run) -> Result<()> {
    let protocol = run.scale.of(FULL, QUICK);
    let (train, test) = digits_train_and_test()?;
    let trials = run.trials(|_, rng| trial(protocol, &train, &test, rng))?;
    let x: Vec<f64> = protocol.labels.iter().map(|&count| count as f64).collect();
    let curves = (0..trials[0].len())
        .map(|series| {
            let rows: Vec<&Vec<f64>> = trials.iter().map(|trial| &trial[series].1).collect();
            Curve::from_trials(trials[0][series].0.clone(), &x, &rows)
        })
        .collect::<Result<Vec<_>>>()?;
    let curves = Curves::from(curves);
    run.save(&curves, &protocol)?;
    draw(&run.outputs, &curves)
}

fn draw(outputs: &Outputs, curves: &Curves) -> Result<()> {
    let axes = plot::Axes::new("Number of labels", "Test accuracy");
    for (name, ending, _) in losses(FULL) {
        let series = KNOWLEDGE.map(|knowledge| format!("{name}, {knowledge}")).into_iter();
        let shown = curves.select(&series.chain([RAW.to_owned()]).collect::<Vec<_>>())?;
        plot::curves(&outputs.picture(ending), &shown, &axes)?;
    }
    Ok(())
}

/// For every series its accuracies over the numbers of labels.
fn trial(
    protocol: Protocol,
    train: &Labelled,
    test: &Labelled,
    rng: &mut impl Rng,
) -> Result<Vec<(String, Vec<f64>)>> {
    let order = balanced_order(&train.labels, rng)?;
    let some = |count: usize| {
        let mut chosen = order[..count].to_vec();
        chosen.sort_unstable();
        chosen
    };
    let labels = |count: usize| {
        let chosen = some(count);
        train.labels.reveal(|sample| chosen.binary_search(&sample).is_ok())
    };
    let views = SimilarityGraph::views(train.labels.len(), 2)?;
    let accuracy = |model: &dyn Fn(ArrayView2<f64>) -> Result<Array2<f64>>, count: usize| {
        read(
            model(train.inputs.view())?,
            model(test.inputs.view())?,
            &labels(count),
            &test.labels,
            protocol.ridge,
        )
    };
    let mut series = Vec::new();
    for (name, _, loss) in losses(protocol) {
        let seed = rng.random();
        let fit =
            |inputs: ArrayView2<f64>, graph: &SimilarityGraph| represent(protocol, loss, inputs, graph, seed);
        let by_views = fit(train.inputs.view(), &views)?;
        let (mut unsupervised, mut both, mut supervised) = (Vec::new(), Vec::new(), Vec::new());
        for &count in protocol.labels {
            unsupervised.push(accuracy(&|x| embed(&by_views, x), count)?);

            let known = SimilarityGraph::labels(&labels(count)).on_views(2)?;
            let mixture =
                SimilarityGraph::mixture([(1.0 - protocol.alpha, views.clone()), (protocol.alpha, known)])?;
            let model = fit(train.inputs.view(), &mixture)?;
            both.push(accuracy(&|x| embed(&model, x), count)?);

            let chosen = some(count);
            let class_of = chosen.iter().filter_map(|&sample| train.labels.class_of(sample)).collect();
            let alone = SimilarityGraph::labels(&Labels::new(class_of, train.labels.number_of_classes())?)
                .on_views(2)?;
            let model = fit(train.inputs.select(Axis(0), &chosen).view(), &alone)?;
            supervised.push(accuracy(&|x| embed(&model, x), count)?);
        }
        for (knowledge, accuracies) in KNOWLEDGE.into_iter().zip([unsupervised, both, supervised]) {
            series.push((format!("{name}, {knowledge}"), accuracies));
        }
    }
    let raw = protocol.labels.iter().map(|&count| accuracy(&|x| Ok(x.to_owned()), count));
    series.push((RAW.to_owned(), raw.collect::<Result<_>>()?));
    Ok(series)
}

/// Samples in random order, the classes in turns.
fn balanced_order(labels: &Labels, rng: &mut impl Rng) -> Result<Vec<usize>> {
    labels.require_every_class("labels")?;
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.shuffle(rng);
    let mut seen = vec![0_usize; labels.number_of_classes()];
    let mut ranked: Vec<(usize, usize)> = order
        .into_iter()
        .map(|sample| {
            let count = labels.class_of(sample).map_or(0, |class| {
                seen[class] += 1;
                seen[class]
            });
            (count, sample)
        })
        .collect();
    ranked.sort_by_key(|&(count, _)| count);
    Ok(ranked.into_iter().map(|(_, sample)| sample).collect())
}

/// An encoder trained on what the graph says of two views of each input.
fn represent(
    protocol: Protocol,
    loss: NamedLoss,
    inputs: ArrayView2<f64>,
    graph: &SimilarityGraph,
    seed: u64,
) -> Result<Projected<f32>> {
    let batches = inputs.nrows().div_ceil(protocol.batch);
    let training = Training {
        epochs: protocol.steps.div_ceil(batches),
        batch: protocol.batch,
        rule: Rule::Adam(Adam::default()),
        schedule: Schedule::Cosine { peak: protocol.rate, warm_up: 0.1 },
        seed,
        ..Training::default()
    };
    let augmentation = Augmentation::new(
        DIGITS_SHAPE,
        [
            Change::Rotate { turns: -0.03..=0.03 },
            Change::Shift { down: -1..=1, right: -1..=1 },
            Change::Noise { std: 0.1 },
        ],
    )?;
    let mut rng = pal::random::stream(seed, 0);
    let model = Projected::new(
        Network::mlp(&protocol.encoder, Activation::Relu, &mut rng)?,
        Network::projector(&protocol.projector, &mut rng)?,
    )?;
    let mut trainer = Trainer::new(training, model)?;
    let inputs = inputs.mapv(narrow);
    trainer.run(&loss, graph, inputs.view(), &augmentation, |_, epoch| Ok(epoch.loss))?;
    Ok(trainer.into_model())
}

#[allow(clippy::cast_possible_truncation)] // single precision is enough for pixels
fn narrow(pixel: f64) -> f32 {
    pixel as f32
}

fn embed(model: &Projected<f32>, inputs: ArrayView2<f64>) -> Result<Array2<f64>> {
    Ok(model.embed(inputs.mapv(narrow).view())?.mapv(f64::from))
}

/// Test accuracy of a ridge probe on features at mean 0 and variance 1 over the training set, beside a constant one.
fn read(train: Array2<f64>, test: Array2<f64>, known: &Labels, truth: &Labels, ridge: f64) -> Result<f64> {
    let mean = train.mean_axis(Axis(0)).unwrap_or_else(|| ndarray::Array1::zeros(train.ncols()));
    // Pixels that are the same in every digit stay zero.
    let scale = train.std_axis(Axis(0), 0.0).mapv(|std| if std > 1e-6 { std.recip() } else { 0.0 });
    let standard = |features: Array2<f64>| {
        let constant = Array2::ones((features.nrows(), 1));
        concatenate![Axis(1), (features - &mean) * &scale, constant]
    };
    let probe = LinearProbe::ridge(standard(train).view(), known, ridge)?;
    Ok(1.0 - probe.error(standard(test).view(), truth)?)
}
