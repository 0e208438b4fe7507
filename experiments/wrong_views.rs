//! What does an augmentation do that breaks the classes, and how few answers mend it?
//!
//! A half-turn makes a 6 of a 9. Views that are turned so put the two together, and no amount of images takes them apart again. What
//! does are answers: about pairs of images, on which the encoder is trained beside the views, or about views, which tell the
//! change that breaks classes from those that keep them.

use std::process::ExitCode;

use ndarray::Array2;
use pal::active::{Belief, ask_pairs, strategy};
use pal::data::augment::{Augmentation, Change};
use pal::data::{Labelled, Labels};
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Story, require, run_main,
};
use pal::graph::SimilarityGraph;
use pal::model::{default_augmentation, default_loss};
use pal::oracle::{Closure, LabelOracle, Oracle};
use pal::{Result, plot};
use rand::Rng;
use rand::seq::SliceRandom;
use serde::Serialize;

#[allow(dead_code)] // what others need
mod encoders;

use encoders::{RECIPE, Recipe, SHAPE, accuracy, balanced_order, embed, part, read, small_mnist};

pub const EXPERIMENT: Experiment = Experiment {
    name: "wrong_views",
    about: "Test accuracy on sixes and nines against number of answers, with views that turn one into the other",
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
    /// How often a view is turned.
    turned: f64,
    answers: &'static [usize],
    /// Weight of two images that the answers put together, where two views of one have 1.
    together: f64,
    /// A change is left out if more than this share of the answers about its views refuse it.
    tolerated: f64,
    /// One of so many images is taken.
    thinned: usize,
}

const FULL: Protocol = Protocol {
    recipe: Recipe { epochs: 60, ..RECIPE },
    turned: 0.5,
    answers: &[0, 10, 30, 100],
    together: 1.0,
    tolerated: 0.25,
    thinned: 1,
};
const QUICK: Protocol =
    Protocol { recipe: Recipe { epochs: 2, ..RECIPE }, answers: &[0, 30], thinned: 4, ..FULL };

const RIGHT: &str = "views that keep classes";
const WRONG: &str = "half-turns among the views";
const PAIRS: &str = "half-turns, and answers about pairs";
const VIEWS: &str = "changes that answers about views keep";

const STORY: Story = Story {
    title: "Views that break classes, and answers that mend them",
    description: "Sixes and nines of MNIST at 14 × 14 pixels. Half of the views are turned upside down, which makes one of the other. \
                  Answers are about pairs of images that pal chooses, on which the encoder is then trained beside the views; or about \
                  views by one change each, of which those are left out that more than a quarter of the answers refuse. A \
                  linear probe with the labels of half the images reads the other half.",
    findings: |curves| {
        let of = |series: &str, answers: f64| Ok::<_, pal::Error>(curves.of(series)?.at(answers));
        Ok(format!(
            "Turned views cost {:.3} of an accuracy of {:.3}. Ten answers about views bring {:.0} % of that back, a hundred {:.0} %: \
             after a few the half-turn is left out. With answers about pairs in the loss, beside the same views, the accuracy is \
             {:.3} after ten, {:.3} after a hundred and {:.3} without: each answer tells of its own pair, and the views go on saying \
             the opposite of all other images.",
            of(RIGHT, 0.0)? - of(WRONG, 0.0)?,
            of(RIGHT, 0.0)?,
            100.0 * back(curves, VIEWS, 10.0)?,
            100.0 * back(curves, VIEWS, 100.0)?,
            of(PAIRS, 10.0)?,
            of(PAIRS, 100.0)?,
            of(WRONG, 0.0)?,
        ))
    },
    pictures: &[Picture::new("", "Test accuracy of a probe against the number of answers.")],
};

/// The share of the lost accuracy that is back.
fn back(curves: &Curves, series: &str, answers: f64) -> Result<f64> {
    let (right, wrong) = (curves.of(RIGHT)?.first(), curves.of(WRONG)?.first());
    Ok((curves.of(series)?.at(answers) - wrong) / (right - wrong))
}

const CLAIMS: &[Claim] = &[
    Claim::of_every_run("Every accuracy is one.", |curves| {
        curves.iter().try_for_each(|curve| {
            let sound = curve.mean.iter().all(|accuracy| (0.4..=1.0).contains(accuracy));
            require(sound, || format!("{}: {:?}", curve.series, curve.mean))
        })
    }),
    Claim::of_full_protocol(
        "Half of what turned views cost is back after a hundred answers about views.",
        |curves| {
            let back = back(curves, VIEWS, 100.0)?;
            require(back >= 0.5, || format!("{back}"))
        },
    ),
];

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

fn run(run: &Run) -> Result<()> {
    let protocol = run.scale.of(FULL, QUICK);
    let data = sixes_and_nines(protocol.thinned)?;
    let trials =
        run.trials(|trial, rng| Task::new(protocol, &data, run.trial_seed(trial), rng)?.rows(rng))?;
    let x: Vec<f64> = protocol.answers.iter().map(|&answers| answers as f64).collect();
    let curves = [RIGHT, WRONG, PAIRS, VIEWS].iter().enumerate().map(|(series, name)| {
        let rows: Vec<&Vec<f64>> = trials.iter().map(|trial| &trial[series]).collect();
        Curve::from_trials(*name, &x, &rows)
    });
    let curves = Curves::from(curves.collect::<Result<Vec<_>>>()?);
    run.save(&curves, &protocol)?;
    draw(&run.outputs, &curves)
}

fn draw(outputs: &Outputs, curves: &Curves) -> Result<()> {
    let axes = plot::Axes::new("Number of answers", "Test accuracy of a probe");
    plot::curves(&outputs.picture(""), curves, &axes)
}

/// The two as classes 0 and 1.
fn sixes_and_nines(thinned: usize) -> Result<Labelled> {
    let data = small_mnist()?;
    let is_one = |&sample: &usize| matches!(data.labels.class_of(sample), Some(6 | 9));
    let chosen: Vec<usize> = (0..data.labels.len()).filter(is_one).step_by(thinned).collect();
    let Labelled { inputs, labels } = part(&data, chosen)?;
    let class_of = labels.iter().flatten().map(|digit| usize::from(digit == 9)).collect();
    Ok(Labelled { inputs, labels: Labels::new(class_of, 2)? })
}

/// A change, and whether a view that it changed is of the class of its image, as annotators see it.
type Candidate = (Change, bool);

/// What is trained on and tested in a trial.
struct Task<'a> {
    protocol: Protocol,
    data: &'a Labelled,
    train: Vec<usize>,
    test: Vec<usize>,
    candidates: Vec<Candidate>,
    seed: u64,
}

impl<'a> Task<'a> {
    fn new(protocol: Protocol, data: &'a Labelled, seed: u64, rng: &mut impl Rng) -> Result<Self> {
        let mut train = balanced_order(&data.labels, rng)?;
        let test = train.split_off(train.len() / 2);
        let turn = Change::Rotate { turns: 0.5..=0.5 };
        let turn = Change::Sometimes { probability: protocol.turned, change: Box::new(turn) };
        let kept = default_augmentation(SHAPE)?.changes().to_vec();
        let candidates = std::iter::once((turn, false)).chain(kept.into_iter().map(|change| (change, true)));
        Ok(Self { protocol, data, train, test, candidates: candidates.collect(), seed })
    }

    fn rows(&self, rng: &mut impl Rng) -> Result<[Vec<f64>; 4]> {
        let views = SimilarityGraph::views(self.data.labels.len(), 2)?;
        let all = self.augmentation(|_| true)?;
        let right = self.represent(&views, &self.augmentation(|candidate| self.candidates[candidate].1)?)?;
        let wrong = self.represent(&views, &all)?;
        let (mut pairs, mut kept) = (Vec::new(), Vec::new());
        for &answers in self.protocol.answers {
            let of_pairs = match answers {
                0 => wrong.clone(),
                _ => self.represent(&self.with_answers(&wrong, answers, rng)?, &all)?,
            };
            pairs.push(self.accuracy(&of_pairs)?);
            let is_kept = self.kept(answers, rng);
            kept.push(
                self.accuracy(&self.represent(&views, &self.augmentation(|candidate| is_kept[candidate])?)?)?,
            );
        }
        let flat =
            |z: &Array2<f64>| Ok::<_, pal::Error>(vec![self.accuracy(z)?; self.protocol.answers.len()]);
        Ok([flat(&right)?, flat(&wrong)?, pairs, kept])
    }

    fn augmentation(&self, keep: impl Fn(usize) -> bool) -> Result<Augmentation> {
        let kept = self.candidates.iter().enumerate().filter(|&(candidate, _)| keep(candidate));
        Augmentation::new(SHAPE, kept.map(|(_, (change, _))| change.clone()))
    }

    /// What an encoder that is trained on all images, not on their classes, makes of them.
    fn represent(&self, graph: &SimilarityGraph, augmentation: &Augmentation) -> Result<Array2<f64>> {
        let (recipe, loss) = (self.protocol.recipe, default_loss("simclr")?);
        let (new, inputs) = (encoders::new(recipe, SHAPE, self.seed)?, self.data.inputs.view());
        embed(
            &encoders::train(recipe, new, (inputs, inputs.nrows()), graph, &loss, augmentation, self.seed)?,
            inputs,
        )
    }

    /// Views, and what so many answers about pairs that `pal` chose put together.
    fn with_answers(&self, z: &Array2<f64>, answers: usize, rng: &mut impl Rng) -> Result<SimilarityGraph> {
        let n = self.data.labels.len();
        let (mut belief, mut annotator) =
            (Belief::of_features(z.view())?, LabelOracle::new(&self.data.labels));
        let mut closure = Closure::new(n)?;
        let ask = |pair: pal::oracle::Pair| {
            let same = annotator.answer(&pair)?;
            closure.link(pair.first(), pair.second(), same)?;
            Ok(same)
        };
        ask_pairs(&mut belief, &strategy("pal")?, ask, answers, rng, |_, _| Ok(()))?;
        let known = SimilarityGraph::labels(&closure.labels()).on_views(2)?;
        SimilarityGraph::mixture([(1.0, SimilarityGraph::views(n, 2)?), (self.protocol.together, known)])
    }

    /// Which changes are kept after so many answers about views, each by one change, in turns.
    fn kept(&self, answers: usize, rng: &mut impl Rng) -> Vec<bool> {
        let mut order: Vec<usize> = (0..self.candidates.len()).collect();
        order.shuffle(rng);
        let mut said = vec![[0_usize; 2]; self.candidates.len()];
        for &candidate in order.iter().cycle().take(answers) {
            said[candidate][usize::from(self.candidates[candidate].1)] += 1;
        }
        let is_kept =
            |&[refused, all]: &[usize; 2]| refused as f64 <= self.protocol.tolerated * (refused + all) as f64;
        said.iter().map(is_kept).collect()
    }

    fn accuracy(&self, z: &Array2<f64>) -> Result<f64> {
        let of = |samples: &[usize]| {
            part(&Labelled { inputs: z.clone(), labels: self.data.labels.clone() }, samples.to_vec())
        };
        let (train, test) = (of(&self.train)?, of(&self.test)?);
        let found = read(train.inputs.view(), &train.labels, test.inputs.view(), self.protocol.recipe.ridge)?;
        Ok(accuracy(&found, &test.labels))
    }
}
