//! What do labels add to views in the same loss?
//!
//! One training call, three losses; what differs is the graph: two views of every image, those and the labels there are, or the
//! labels alone. Every training takes as many steps. A linear probe on the labelled images reads each representation, that
//! of a network trained by cross-entropy on the same labels and views, and the raw pixels.

use std::process::ExitCode;

use ndarray::Array2;
use pal::data::Labelled;
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Story, require, run_main,
};
use pal::graph::SimilarityGraph;
use pal::loss::Loss;
use pal::model::{default_augmentation, default_loss};
use pal::plot::{AxisScale, CurvePanel, Series};
use pal::{Error, Result, plot};
use rand::{Rng, RngExt};
use serde::Serialize;

mod encoders;

use encoders::{
    CrossEntropy, RECIPE, Recipe, SHAPE, accuracy, balanced_order, embed, part, read, small_mnist,
};

pub const EXPERIMENT: Experiment = Experiment {
    name: "labels_in_the_loss",
    about: "Test accuracy on MNIST against number of labels, for views, labels and both in three losses",
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
    recipe: Recipe,
    /// Images to train on and to test.
    train: usize,
    test: usize,
    labels: &'static [usize],
    /// Weight of two images of one label, where two views of one image have 1, in each loss. VICReg adds up the pairs of an image, of
    /// which it has a dozen times as many by label as by view; the others take means over them.
    weight: [f64; 3],
    /// The weights that are tried with so many labels.
    weights: &'static [f64],
    labels_of_weights: usize,
}

const FULL: Protocol = Protocol {
    recipe: Recipe { epochs: 10, ..RECIPE },
    train: 4000,
    test: 1000,
    labels: &[20, 200, 600, 2000],
    weight: [0.1, 1.0, 1.0],
    weights: &[0.25, 1.0, 4.0],
    labels_of_weights: 200,
};
const QUICK: Protocol = Protocol {
    recipe: Recipe { epochs: 1, ..RECIPE },
    train: 500,
    test: 200,
    labels: &[20, 200],
    weights: &[1.0],
    ..FULL
};

const RAW: &str = "raw pixels";
const CROSS_ENTROPY: &str = "cross-entropy";
/// What the graph holds.
const KNOWLEDGE: [&str; 3] = ["views", "views and labels", "labels"];
/// What views and labels read better than views alone, trial by trial.
const GAIN: &str = "gain of labels";
const OF_WEIGHT: &str = "by weight";
/// The losses as they are called, and by name.
const LOSSES: [(&str, &str); 3] =
    [("VICReg", "vicreg"), ("SimCLR", "simclr"), ("Barlow Twins", "barlow-twins")];
/// From so many labels on they are to help.
const MANY: f64 = 200.0;

const STORY: Story = Story {
    title: "Labels and views in one loss",
    description: "MNIST at 14 × 14 pixels, 4000 images to train on. One training of one residual encoder, whose graph holds two \
                  views of every image, those and the labels there are, or the labels alone; all take as many steps. A ridge \
                  probe on the labelled images reads each representation, that of cross-entropy on the same labels \
                  and views, and the raw pixels.",
    findings: |curves| {
        let all = |of: &dyn Fn(&str) -> Result<String>| -> Result<String> {
            let [first, second, third] = LOSSES.map(|(name, _)| name);
            Ok(format!("{} ({first}), {} ({second}) and {} ({third})", of(first)?, of(second)?, of(third)?))
        };
        let at = |knowledge: &'static str, labels: f64| {
            move |loss: &str| Ok(format!("{:.3}", curves.of(&format!("{loss}, {knowledge}"))?.near(labels)))
        };
        let gain = |labels: f64| {
            move |loss: &str| {
                let (gain, error) = gain(curves, loss, labels)?;
                Ok(format!("{gain:+.3} ± {error:.3}"))
            }
        };
        let of_weight = |loss: &str| {
            let curve = curves.of(&format!("{loss}, {OF_WEIGHT}"))?;
            let parts =
                curve.x.iter().zip(&curve.mean).map(|(weight, read)| format!("{read:.3} at {weight}"));
            Ok(parts.collect::<Vec<_>>().join(", "))
        };
        Ok(format!(
            "With 200 labels views alone read {}, with the labels in the same loss {}: a gain, trial by trial, of {}. With 20 \
             labels the gain is {}, with 2000 {}. Labels alone, seen in views, read {} of 200; cross-entropy on them reads \
             {:.3}, raw pixels {:.3}. By the weight of a pair of one label, with 200: {}.",
            all(&at(KNOWLEDGE[0], MANY))?,
            all(&at(KNOWLEDGE[1], MANY))?,
            all(&gain(MANY))?,
            all(&gain(20.0))?,
            all(&gain(2000.0))?,
            all(&at(KNOWLEDGE[2], MANY))?,
            curves.of(CROSS_ENTROPY)?.near(MANY),
            curves.of(RAW)?.near(MANY),
            all(&of_weight)?,
        ))
    },
    pictures: &[
        Picture::new("", "Test accuracy against the number of labels, for three losses."),
        Picture::new("_weight", "What labels add, trial by trial, against their number."),
    ],
};

/// Mean gain of labels and its standard error.
fn gain(curves: &Curves, loss: &str, labels: f64) -> Result<(f64, f64)> {
    let curve = curves.of(&format!("{loss}, {GAIN}"))?;
    let at = curve.x.iter().position(|&x| x >= labels).unwrap_or(curve.x.len() - 1);
    let degrees = curve.n.saturating_sub(1).max(1) as f64;
    Ok((curve.mean[at], curve.std[at] / degrees.sqrt()))
}

const CLAIMS: &[Claim] = &[
    Claim::of_every_run("What is learned is read better than by chance, and by no probe wholly.", |curves| {
        curves.iter().filter(|curve| !curve.series.contains(GAIN)).try_for_each(|curve| {
            let sound = curve.mean.iter().all(|accuracy| (0.1..1.0).contains(accuracy));
            require(sound, || format!("{}: {:?}", curve.series, curve.mean))
        })
    }),
    Claim::of_full_protocol(
        "From 200 labels on they add more than two standard errors in two of three losses, and take more than one in none.",
        |curves| {
            let many: Vec<f64> =
                FULL.labels.iter().map(|&labels| labels as f64).filter(|&labels| labels >= MANY).collect();
            for labels in many {
                let gains =
                    LOSSES.iter().map(|(name, _)| gain(curves, name, labels)).collect::<Result<Vec<_>>>()?;
                let helped = gains.iter().filter(|(gain, error)| *gain > 2.0 * error).count();
                let hurt = gains.iter().any(|(gain, error)| *gain < -error);
                require(helped >= 2 && !hurt, || format!("{labels} labels: {gains:?}"))?;
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
    let data = small_mnist()?;
    let trials = run.trials(|_, rng| trial(protocol, &data, rng))?;
    let curves = (0..trials[0].len()).map(|series| {
        let (name, x, _) = &trials[0][series];
        let rows: Vec<&Vec<f64>> = trials.iter().map(|trial| &trial[series].2).collect();
        Curve::from_trials(name.clone(), x, &rows)
    });
    let curves = Curves::from(curves.collect::<Result<Vec<_>>>()?);
    run.save(&curves, &protocol)?;
    draw(&run.outputs, &curves)
}

fn draw(outputs: &Outputs, curves: &Curves) -> Result<()> {
    let panels = LOSSES.map(|(name, _)| panel(name, curves));
    plot::curve_panels(&outputs.picture(""), &panels.into_iter().collect::<Result<Vec<_>>>()?)?;
    let gains = LOSSES.map(|(name, _)| format!("{name}, {GAIN}"));
    let axes = plot::Axes::new("Number of labels", "Gain of test accuracy");
    plot::curves(&outputs.picture("_weight"), &curves.select(&gains)?, &axes)
}

fn panel(name: &str, curves: &Curves) -> Result<CurvePanel> {
    let of = |series: &str| curves.of(series);
    let learned = KNOWLEDGE.iter().zip([0, 1, 2]).map(|(knowledge, colour)| {
        Ok(Series::line(*knowledge, of(&format!("{name}, {knowledge}"))?, colour))
    });
    let others = [CROSS_ENTROPY, RAW].iter().zip([3, 4]);
    let others =
        others.map(|(series, colour)| Ok(Series::dashed(*series, of(series)?, colour).without_band()));
    Ok(CurvePanel {
        title: name.to_owned(),
        axes: plot::Axes::new("Number of labels", "Test accuracy"),
        series: learned.chain(others).collect::<Result<Vec<_>>>()?,
        scale: AxisScale::Linear,
    })
}

/// A series, its abscissae, and what a trial has there.
type Row = (String, Vec<f64>, Vec<f64>);

fn trial(protocol: Protocol, data: &Labelled, rng: &mut impl Rng) -> Result<Vec<Row>> {
    let Protocol { recipe, train: size, .. } = protocol;
    let order = balanced_order(&data.labels, rng)?;
    let train = part(data, order[..size].to_vec())?;
    let test = part(data, order[order.len() - protocol.test..].to_vec())?;
    let order = balanced_order(&train.labels, rng)?;
    let labels = |count: usize| {
        let mut is_known = vec![false; size];
        order[..count].iter().for_each(|&sample| is_known[sample] = true);
        train.labels.reveal(|sample| is_known[sample])
    };
    let augmentation = default_augmentation(SHAPE)?;
    let views = SimilarityGraph::views(size, 2)?;
    let x: Vec<f64> = protocol.labels.iter().map(|&count| count as f64).collect();
    // What training on the graph makes of all images, in as many steps whatever there is to train on.
    let fit = |data: &Labelled, graph: &SimilarityGraph, loss: &dyn Loss<f32>, seed: u64| {
        let new = encoders::new(recipe, SHAPE, seed)?;
        let model =
            encoders::train(recipe, new, (data.inputs.view(), size), graph, loss, &augmentation, seed)?;
        Ok::<_, Error>([embed(&model, train.inputs.view())?, embed(&model, test.inputs.view())?])
    };
    let of_images = |loss: &dyn Loss<f32>, graph: &SimilarityGraph, seed: u64| fit(&train, graph, loss, seed);
    let of_labelled = |loss: &dyn Loss<f32>, count: usize, seed: u64| {
        let labelled = part(&train, order[..count].to_vec())?;
        fit(&labelled, &SimilarityGraph::labels(&labelled.labels).on_views(2)?, loss, seed)
    };
    let accuracy = |[of_train, of_test]: &[Array2<f64>; 2], count: usize| {
        let found = read(of_train.view(), &labels(count), of_test.view(), recipe.ridge)?;
        Ok::<_, Error>(accuracy(&found, &test.labels))
    };
    let mixture = |count: usize, weight: f64| {
        let known = SimilarityGraph::labels(&labels(count)).on_views(2)?;
        SimilarityGraph::mixture([(1.0, views.clone()), (weight, known)])
    };
    let each = |of: &dyn Fn(usize) -> Result<f64>| {
        protocol.labels.iter().map(|&count| of(count)).collect::<Result<Vec<_>>>()
    };
    let mut rows = Vec::new();
    for ((name, loss), own) in LOSSES.into_iter().zip(protocol.weight) {
        let (loss, seed) = (default_loss(loss)?, rng.random());
        let of_views = of_images(&loss, &views, seed)?;
        let unsupervised = each(&|count| accuracy(&of_views, count))?;
        let both = each(&|count| accuracy(&of_images(&loss, &mixture(count, own)?, seed)?, count))?;
        let supervised = each(&|count| accuracy(&of_labelled(&loss, count, seed)?, count))?;
        let count = protocol.labels_of_weights;
        let of_weights = protocol.weights.iter().map(|&weight| {
            let known = protocol.labels.iter().position(|&labels| labels == count);
            match known.filter(|_| weight.to_bits() == own.to_bits()) {
                Some(at) => Ok(both[at]),
                None => accuracy(&of_images(&loss, &mixture(count, weight)?, seed)?, count),
            }
        });
        rows.push((
            format!("{name}, {OF_WEIGHT}"),
            protocol.weights.to_vec(),
            of_weights.collect::<Result<_>>()?,
        ));
        let gain = both.iter().zip(&unsupervised).map(|(both, views)| both - views).collect();
        rows.push((format!("{name}, {GAIN}"), x.clone(), gain));
        for (knowledge, accuracies) in KNOWLEDGE.into_iter().zip([unsupervised, both, supervised]) {
            rows.push((format!("{name}, {knowledge}"), x.clone(), accuracies));
        }
    }
    let seed = rng.random();
    let by_entropy = each(&|count| accuracy(&of_labelled(&CrossEntropy, count, seed)?, count))?;
    rows.push((CROSS_ENTROPY.to_owned(), x.clone(), by_entropy));
    let pixels = [train.inputs.clone(), test.inputs.clone()];
    rows.push((RAW.to_owned(), x, each(&|count| accuracy(&pixels, count))?));
    Ok(rows)
}
