//! Do answers about pairs make a better representation?
//!
//! `pal` asks from fixed features, from a self-supervised encoder, and from one that is trained on with the answers so far; beside
//! it, the same training on answers about random pairs, and a classifier on as many labels as bits were bought.

use std::process::ExitCode;

use ndarray::{Array2, ArrayView2};
use pal::active::{
    Belief, BeliefOptions, WarmStart, WarmStartOptions, learning_curve, random_pairs, strategy,
};
use pal::data::augment::{Augmentation, ImageShape};
use pal::data::{DIGITS_SHAPE, Labelled, MNIST_SHAPE, digits, mnist};
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Story, require, run_main,
};
use pal::graph::SimilarityGraph;
use pal::loss::{Loss, NamedLoss};
use pal::model::{Projected, default_augmentation, default_loss};
use pal::oracle::{Closure, LabelOracle, Oracle, Pair};
use pal::plot::{AxisScale, CurvePanel, Series};
use pal::probe::adjusted_rand_index;
use pal::random::stream;
use pal::{Result, plot};
use rand::{Rng, RngExt};
use serde::Serialize;

#[allow(dead_code)] // what others need
mod encoders;

use encoders::{CrossEntropy, RECIPE, Recipe, accuracy, balanced_order, embed, part, read};

pub const EXPERIMENT: Experiment = Experiment {
    name: "active_ssl",
    about: "Agreement with the true classes of digits and MNIST against answers, from representations fixed or trained on them",
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
    /// Epochs of a training that goes on with answers, and its rate.
    further_epochs: usize,
    further_rate: f64,
    /// Weights of two samples that the answers put together, and of the probability of it that is believed, where two views of
    /// one have 1.
    together: f64,
    believed: f64,
    /// Numbers of answers after which is measured, and trained where answers are.
    answers: &'static [usize],
    /// One of so many samples of those of a set is taken.
    thinned: usize,
}

const FULL: Protocol = Protocol {
    recipe: Recipe { channels: [16, 32, 64], epochs: 20, ..RECIPE },
    further_epochs: 8,
    further_rate: 2e-3,
    together: 1.0,
    believed: 0.02,
    answers: &[0, 100, 300],
    thinned: 1,
};
const QUICK: Protocol = Protocol {
    recipe: Recipe { channels: [8, 16, 32], epochs: 1, ..RECIPE },
    further_epochs: 1,
    answers: &[0, 20],
    thinned: 10,
    ..FULL
};

const FIXED: &str = "pal on pixels";
const SELF_SUPERVISED: &str = "pal on a self-supervised encoder";
const CHOSEN: &str = "pal, encoder trained on its answers";
const RANDOM: &str = "encoder trained on random answers";
const SUPERVISED: &str = "classifier on labels of as many bits";
const SERIES: [&str; 5] = [CHOSEN, SELF_SUPERVISED, RANDOM, FIXED, SUPERVISED];
/// What training on answers adds to the self-supervised encoder, trial by trial.
const GAIN: &str = "gain of training on answers";
const PROBE: &str = "probe";

struct DataSet {
    name: &'static str,
    title: &'static str,
    shape: ImageShape,
    read: fn() -> Result<Labelled>,
    /// One of so many samples is taken.
    thinned: usize,
}

const DATA_SETS: [DataSet; 2] = [
    DataSet { name: "digits", title: "Digits (1797)", shape: DIGITS_SHAPE, read: digits, thinned: 1 },
    DataSet { name: "mnist", title: "MNIST (2500)", shape: MNIST_SHAPE, read: mnist, thinned: 2 },
];

const STORY: Story = Story {
    title: "Answers train the representation",
    description: "A truthful annotator says whether two images belong together. pal asks from the pixels, from an encoder trained \
                  on views alone, and from one that is trained on with the answers after the first hundred and after all; random pairs train one in \
                  the same way. A classifier has as many labels as bits were bought, one answer being a bit.",
    findings: |curves| {
        let of = |set: &str, series: &str, answers: f64| -> Result<String> {
            Ok(format!("{:.3}", curves.of(&format!("{set}/{series}"))?.at(answers)))
        };
        let about = |set: &str| -> Result<String> {
            let at = |answers: f64| {
                let (gain, error) = gain(curves, set, answers)?;
                Ok::<_, pal::Error>(format!(
                    "after {answers:.0} answers {} on what they trained, {} on the self-supervised encoder (a difference, trial by \
                     trial, of {gain:+.3} ± {error:.3}), {} on pixels, {} by random pairs and {} by labels",
                    of(set, CHOSEN, answers)?,
                    of(set, SELF_SUPERVISED, answers)?,
                    of(set, FIXED, answers)?,
                    of(set, RANDOM, answers)?,
                    of(set, SUPERVISED, answers)?,
                ))
            };
            Ok(format!(
                "on {set} the index is {} before the first answer, against {} on pixels; {}; {}",
                of(set, SELF_SUPERVISED, 0.0)?,
                of(set, FIXED, 0.0)?,
                at(100.0)?,
                at(300.0)?
            ))
        };
        let [digits, mnist] = DATA_SETS.map(|set| about(set.name));
        Ok(format!("Of the self-supervised encoder, {}. Likewise, {}.", digits?, mnist?))
    },
    pictures: &[
        Picture::new("", "Adjusted Rand index against the number of answers, on two data sets."),
        Picture::new(
            "_probe",
            "Accuracy of a linear probe on all labels of half the images, tested on the other half.",
        ),
    ],
};

/// Mean of the gain and its standard error.
fn gain(curves: &Curves, set: &str, answers: f64) -> Result<(f64, f64)> {
    let curve = curves.of(&format!("{set}/{GAIN}"))?;
    let at = curve.x.iter().position(|&x| x >= answers).unwrap_or(curve.x.len() - 1);
    Ok((curve.mean[at], curve.std[at] / (curve.n.max(2) as f64 - 1.0).sqrt()))
}

const CLAIMS: &[Claim] = &[
    Claim::of_every_run("Every index is one.", |curves| {
        curves.iter().try_for_each(|curve| {
            let sound = curve.mean.iter().all(|mean| (-1.0..=1.0).contains(mean));
            require(sound, || format!("{}: {:?}", curve.series, curve.mean))
        })
    }),
    Claim::of_full_protocol(
        "On one of the sets training on answers adds more than two standard errors to the index, at 100 and at 300.",
        |curves| {
            let gains = DATA_SETS
                .iter()
                .map(|set| Ok([gain(curves, set.name, 100.0)?, gain(curves, set.name, 300.0)?]));
            let gains = gains.collect::<Result<Vec<_>>>()?;
            let helps = |of: &[(f64, f64); 2]| of.iter().all(|(gain, error)| *gain > 2.0 * error);
            require(gains.iter().any(helps), || format!("{gains:?}"))
        },
    ),
];

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

fn run(run: &Run) -> Result<()> {
    let protocol = run.scale.of(FULL, QUICK);
    let sets = DATA_SETS.iter().map(|set| {
        let data = (set.read)()?;
        Ok((set, part(&data, (0..data.labels.len()).step_by(protocol.thinned * set.thinned).collect())?))
    });
    let sets = sets.collect::<Result<Vec<_>>>()?;
    let trials = run.trials(|trial, rng| {
        let mut rows = Vec::new();
        for (set, data) in &sets {
            let task = Task::new(protocol, set.shape, data, run.trial_seed(trial), rng)?;
            rows.extend(
                task.rows(rng)?.into_iter().map(|(series, row)| (format!("{}/{series}", set.name), row)),
            );
        }
        Ok(rows)
    })?;
    let x: Vec<f64> = protocol.answers.iter().map(|&answers| answers as f64).collect();
    let curves = (0..trials[0].len()).map(|series| {
        let rows: Vec<&Vec<f64>> = trials.iter().map(|trial| &trial[series].1).collect();
        Curve::from_trials(trials[0][series].0.clone(), &x, &rows)
    });
    let curves = Curves::from(curves.collect::<Result<Vec<_>>>()?);
    run.save(&curves, &protocol)?;
    draw(&run.outputs, &curves)
}

fn draw(outputs: &Outputs, curves: &Curves) -> Result<()> {
    let panels = |ending: &str, label: &str| {
        let panels = DATA_SETS.iter().map(|set| {
            let series = SERIES.iter().zip([0, 1, 2, 3, 4]).map(|(series, colour)| {
                Ok(Series::line(*series, curves.of(&format!("{}/{series}{ending}", set.name))?, colour))
            });
            Ok(CurvePanel {
                title: set.title.to_owned(),
                axes: plot::Axes::new("Number of answers", label),
                series: series.collect::<Result<Vec<_>>>()?,
                scale: AxisScale::Linear,
            })
        });
        panels.collect::<Result<Vec<_>>>()
    };
    plot::curve_panels(&outputs.picture(""), &panels("", "Adjusted Rand index")?)?;
    plot::curve_panels(
        &outputs.picture("_probe"),
        &panels(&format!(", {PROBE}"), "Test accuracy of a probe")?,
    )
}

type Answers = Vec<(Pair, bool)>;

/// A data set in a trial.
struct Task<'a> {
    protocol: Protocol,
    shape: ImageShape,
    data: &'a Labelled,
    truth: Vec<usize>,
    augmentation: Augmentation,
    loss: NamedLoss,
    seed: u64,
    /// Samples in random order, the classes in turns.
    order: Vec<usize>,
    self_supervised: Projected<f32>,
}

/// What a series has after each number of answers.
#[derive(Default)]
struct Row {
    index: Vec<f64>,
    probe: Vec<f64>,
}

impl<'a> Task<'a> {
    fn new(
        protocol: Protocol,
        shape: ImageShape,
        data: &'a Labelled,
        seed: u64,
        rng: &mut impl Rng,
    ) -> Result<Self> {
        let (augmentation, loss) = (default_augmentation(shape)?, default_loss("simclr")?);
        let new = encoders::new(protocol.recipe, shape, seed)?;
        let views = SimilarityGraph::views(data.labels.len(), 2)?;
        let self_supervised = encoders::train(
            protocol.recipe,
            new,
            (data.inputs.view(), data.labels.len()),
            &views,
            &loss,
            &augmentation,
            seed,
        )?;
        let (truth, order) = (data.labels.iter().flatten().collect(), balanced_order(&data.labels, rng)?);
        Ok(Self { protocol, shape, data, truth, augmentation, loss, seed, order, self_supervised })
    }

    fn rows(&self, rng: &mut impl Rng) -> Result<Vec<(String, Vec<f64>)>> {
        let z = embed(&self.self_supervised, self.data.inputs.view())?;
        let fixed = self.asked(&self.data.inputs, rng, |_, _| Ok(None))?;
        let self_supervised = self.asked(&z, rng, |_, _| Ok(None))?;
        let chosen = self.asked(&z, rng, |answers, belief| self.trained_on(answers, belief).map(Some))?;
        let random = self.of_random_pairs(&z, rng)?;
        let supervised = self.of_labels(&z, rng)?;
        let gain = chosen.index.iter().zip(&self_supervised.index).map(|(a, b)| a - b).collect();
        let mut rows = vec![(GAIN.to_owned(), gain)];
        for (series, row) in SERIES.into_iter().zip([chosen, self_supervised, random, fixed, supervised]) {
            rows.push((format!("{series}, {PROBE}"), row.probe));
            rows.push((series.to_owned(), row.index));
        }
        Ok(rows)
    }

    fn belief(&self, z: ArrayView2<f64>, answers: &Answers) -> Result<Belief> {
        let options = WarmStartOptions { seed: self.seed, ..WarmStartOptions::default() };
        let mut belief = Belief::new(WarmStart::of_features(z, &options)?, BeliefOptions::default())?;
        belief.learn_all(answers.iter().copied())?;
        Ok(belief)
    }

    /// `pal` asks, from another representation wherever `next` makes one of the answers so far.
    fn asked(
        &self,
        z: &Array2<f64>,
        rng: &mut impl Rng,
        next: impl Fn(&Answers, &Belief) -> Result<Option<Array2<f64>>>,
    ) -> Result<Row> {
        let (mut annotator, pal) = (LabelOracle::new(&self.data.labels), strategy("pal")?);
        let (mut z, mut answers, mut row) = (z.clone(), Answers::new(), Row::default());
        let mut belief = self.belief(z.view(), &answers)?;
        for &count in self.protocol.answers {
            let more = count - answers.len().min(count);
            let ask = |pair| {
                let same = annotator.answer(&pair)?;
                answers.push((pair, same));
                Ok(same)
            };
            learning_curve(&mut belief, &pal, ask, &[more], rng, |_| Ok(()))?;
            if more > 0
                && let Some(other) = next(&answers, &belief)?
            {
                z = other;
                belief = self.belief(z.view(), &answers)?;
            }
            row.index.push(adjusted_rand_index(belief.classes(), &self.truth)?);
            row.probe.push(self.probe(&z)?);
        }
        Ok(row)
    }

    fn of_random_pairs(&self, z: &Array2<f64>, rng: &mut impl Rng) -> Result<Row> {
        let mut annotator = LabelOracle::new(&self.data.labels);
        let most = self.protocol.answers.iter().max().copied().unwrap_or(0);
        let pairs = random_pairs(self.truth.len(), most.max(1), rng)?;
        let answers = pairs.into_iter().map(|pair| Ok((pair, annotator.answer(&pair)?)));
        let answers = answers.collect::<Result<Answers>>()?;
        let mut row = Row::default();
        for &count in self.protocol.answers {
            let known = answers[..count].to_vec();
            let before = self.belief(z.view(), &known)?;
            let z = if count > 0 { self.trained_on(&known, &before)? } else { z.clone() };
            row.index.push(adjusted_rand_index(self.belief(z.view(), &known)?.classes(), &self.truth)?);
            row.probe.push(self.probe(&z)?);
        }
        Ok(row)
    }

    /// Where there are no answers, and so no labels, what `z` starts with.
    fn of_labels(&self, z: &Array2<f64>, rng: &mut impl Rng) -> Result<Row> {
        let Protocol { recipe, further_epochs, answers, .. } = self.protocol;
        let bits = (self.data.labels.number_of_classes() as f64).log2();
        let mut row = Row::default();
        for &count in answers {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a few hundred
            let labels = (count as f64 / bits).round() as usize;
            if labels < self.data.labels.number_of_classes() {
                row.index.push(adjusted_rand_index(
                    self.belief(z.view(), &Answers::new())?.classes(),
                    &self.truth,
                )?);
                row.probe.push(self.probe(z)?);
                continue;
            }
            let labelled = part(self.data, self.order[..labels].to_vec())?;
            let graph = SimilarityGraph::labels(&labelled.labels).on_views(2)?;
            let recipe = Recipe { epochs: further_epochs, ..recipe };
            let model = self.fit(recipe, &labelled, &graph, &CrossEntropy, rng.random())?;
            let of_labelled = embed(&model, labelled.inputs.view())?;
            let z = embed(&model, self.data.inputs.view())?;
            let found = read(of_labelled.view(), &labelled.labels, z.view(), recipe.ridge)?;
            row.index.push(adjusted_rand_index(&found, &self.truth)?);
            row.probe.push(self.probe(&z)?);
        }
        Ok(row)
    }

    fn fit(
        &self,
        recipe: Recipe,
        data: &Labelled,
        graph: &SimilarityGraph,
        loss: &dyn Loss<f32>,
        seed: u64,
    ) -> Result<Projected<f32>> {
        let new = encoders::new(recipe, self.shape, seed)?;
        encoders::train(
            recipe,
            new,
            (data.inputs.view(), self.truth.len()),
            graph,
            loss,
            &self.augmentation,
            seed,
        )
    }

    /// What the self-supervised encoder becomes when it is trained on with the answers.
    fn trained_on(&self, answers: &Answers, belief: &Belief) -> Result<Array2<f64>> {
        let Protocol { recipe, further_epochs, further_rate, together, believed, .. } = self.protocol;
        let mut closure = Closure::new(self.truth.len())?;
        answers.iter().try_for_each(|&(pair, same)| closure.link(pair.first(), pair.second(), same))?;
        let known = SimilarityGraph::labels(&closure.labels()).on_views(2)?;
        let views = SimilarityGraph::views(self.truth.len(), 2)?;
        let graph = SimilarityGraph::mixture([
            (1.0, views),
            (together, known),
            (believed, belief.graph()?.on_views(2)?),
        ])?;
        let recipe = Recipe { epochs: further_epochs, rate: further_rate, ..recipe };
        let inputs = (self.data.inputs.view(), self.truth.len());
        let model = self.self_supervised.clone();
        let model =
            encoders::train(recipe, model, inputs, &graph, &self.loss, &self.augmentation, self.seed)?;
        embed(&model, inputs.0)
    }

    /// Test accuracy of a linear probe that has all labels of half the samples.
    fn probe(&self, z: &Array2<f64>) -> Result<f64> {
        let order = balanced_order(&self.data.labels, &mut stream(self.seed, 1))?;
        let (train, test) = order.split_at(order.len() / 2);
        let of = |samples: &[usize]| {
            part(&Labelled { inputs: z.clone(), labels: self.data.labels.clone() }, samples.to_vec())
        };
        let (train, test) = (of(train)?, of(test)?);
        let found = read(train.inputs.view(), &train.labels, test.inputs.view(), self.protocol.recipe.ridge)?;
        Ok(accuracy(&found, &test.labels))
    }
}
