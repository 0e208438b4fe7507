//! How many labels does it take to know the digits, drawn at random or chosen?
//!
//! A label says that a digit belongs together with the first one of the same label, and apart from the first ones of the
//! others. Random labels are those that the Python packages got (`benches/peers/labels.py`); those chosen are the centres of the
//! starting clusters, then the digits by which most are expected to be wrong.

use std::process::ExitCode;
use std::sync::Arc;

use ndarray::Ix2;
use pal::active::{Belief, BeliefOptions, WarmStart, WarmStartOptions, next_label};
use pal::data::io::read_npy;
use pal::data::{Labels, digits};
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Story, require, run_main,
};
use pal::oracle::{LabelOf, LabelOracle, LabelStatements, Oracle};
use pal::plot::{AxisScale, CurvePanel, Series};
use pal::{Result, plot};
use serde::Serialize;

mod peers;

pub const EXPERIMENT: Experiment = Experiment {
    name: "labels_on_real_data",
    about: "Accuracy on unlabelled digits against number of labels, random or chosen, beside graph methods in Python",
    trials: 10,
    quick_trials: 1,
    length: Length::Short,
    body: run,
    draw,
    story: STORY,
    claims: CLAIMS,
};

#[derive(Serialize)]
struct Protocol {
    labels: [usize; 5],
}

const PROTOCOL: Protocol = Protocol { labels: [10, 20, 50, 100, 200] };

/// The curves of the Python packages.
const PEER_CURVES: &str = "labels.csv";

const RANDOM: &str = "digits/pal, random labels";
const CHOSEN: &str = "digits/pal, chosen labels";

const STORY: Story = Story {
    title: "Labels of digits, random or chosen",
    description: "A label puts a digit together with the first of its class and apart from the first of each other. \
                  Random labels are those that the Python packages got, dashed, whose hyper-parameters were tuned on the \
                  true classes and of which PoissonMBO knows the size of every class.",
    findings: |curves| {
        let in_words = |of: &dyn Fn(f64) -> Result<f64>| -> Result<String> {
            Ok(format!("{:.3}, {:.3} and {:.3}", of(20.0)?, of(50.0)?, of(100.0)?))
        };
        Ok(format!(
            "With 20, 50 and 100 labels of its own choice pal is right on {} of the other digits. On random labels it is \
             right on {}; the best package for each number of them, by hyper-parameters tuned on the truth, on {}.",
            in_words(&|labels| Ok(curves.of(CHOSEN)?.near(labels)))?,
            in_words(&|labels| Ok(curves.of(RANDOM)?.near(labels)))?,
            in_words(&best_peer)?,
        ))
    },
    pictures: &[Picture::new(
        "",
        "Accuracy on the unlabelled digits against the number of labels; packages dashed.",
    )],
};

const CLAIMS: &[Claim] = &[Claim::of_full_protocol(
    "Chosen labels are worth more than random ones to pal or a package.",
    |curves| {
        PROTOCOL.labels.iter().try_for_each(|&labels| {
            let labels = labels as f64;
            let (chosen, random) = (curves.of(CHOSEN)?.at(labels), curves.of(RANDOM)?.at(labels));
            let best = best_peer(labels)?;
            require(chosen > best.max(random), || {
                format!("{chosen}, {random} and {best} with {labels} labels")
            })
        })
    },
)];

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

fn run(run: &Run) -> Result<()> {
    let digits = digits()?;
    // A row a trial, from one on that the seed says; beyond those there are, over again with other starting clusters.
    let draws = read_npy::<Ix2>(peers::file("labels_draws.npy"))?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // positions of rows and digits
    let drawn =
        |trial: usize, i: usize| draws[[(run.trial_seed(trial) % draws.nrows() as u64) as usize, i]] as usize;
    let trials = run.trials(|trial, _| {
        let options = WarmStartOptions { seed: run.trial_seed(trial), ..WarmStartOptions::default() };
        let start = Arc::new(WarmStart::of_features(digits.inputs.view(), &options)?);
        let at_random = accuracies(&start, &digits.labels, |_, labelled| Some(drawn(trial, labelled.len())))?;
        let chosen = accuracies(&start, &digits.labels, next_label)?;
        Ok([at_random, chosen])
    })?;
    let x: Vec<f64> = PROTOCOL.labels.iter().map(|&labels| labels as f64).collect();
    let rows = |series: usize| trials.iter().map(|trial| &trial[series]).collect::<Vec<_>>();
    let curves = Curves::from(vec![
        Curve::from_trials(RANDOM, &x, &rows(0))?,
        Curve::from_trials(CHOSEN, &x, &rows(1))?,
    ]);
    run.save(&curves, &PROTOCOL)?;
    draw(&run.outputs, &curves)
}

fn draw(outputs: &Outputs, curves: &Curves) -> Result<()> {
    plot::curve_panels(&outputs.picture(""), &[panel(curves, &peers::curves(PEER_CURVES)?)])
}

/// The accuracy of the best of the Python packages after so many labels, 0 if none was measured there.
fn best_peer(labels: f64) -> Result<f64> {
    // NaN, which stands for no measurement, is never the larger one.
    Ok(peers::curves(PEER_CURVES)?.iter().map(|curve| curve.at(labels)).fold(0.0, f64::max))
}

/// What is known of the classes from labels.
struct Labelling {
    belief: Belief,
    labelled: Vec<usize>,
    /// The label of each.
    labels: Vec<usize>,
    statements: LabelStatements,
}

impl Labelling {
    /// Takes in the label of a sample as answers about pairs.
    fn learn(&mut self, sample: usize, label: usize) -> Result<()> {
        let statements = self.statements.of_label(sample, &label.to_string());
        self.labelled.push(sample);
        self.labels.push(label);
        self.belief.learn_all(statements)
    }

    /// The share of unlabelled samples whose label is right: that with the most probability among the classes that have
    /// labelled samples, each of which has the label of most of those.
    fn accuracy(&self, truth: &Labels) -> f64 {
        let classes = self.belief.number_of_classes();
        let mut votes = vec![vec![0_usize; truth.number_of_classes()]; classes];
        for (&sample, &label) in self.labelled.iter().zip(&self.labels) {
            votes[self.belief.classes()[sample]][label] += 1;
        }
        let label_of: Vec<Option<usize>> = votes
            .iter()
            .map(|votes| {
                (0..votes.len()).rev().max_by_key(|&label| votes[label]).filter(|&label| votes[label] > 0)
            })
            .collect();
        let unlabelled: Vec<usize> =
            (0..self.belief.len()).filter(|sample| !self.labelled.contains(sample)).collect();
        let right = unlabelled.iter().filter(|&&sample| {
            let mut scores = vec![0.0; truth.number_of_classes()];
            for (probability, label) in self.belief.probabilities().row(sample).iter().zip(&label_of) {
                if let Some(label) = *label {
                    scores[label] += probability;
                }
            }
            let best = (0..scores.len()).rev().max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
            best == truth.class_of(sample)
        });
        right.count() as f64 / unlabelled.len() as f64
    }
}

/// The accuracy after each number of labels, `next` saying which sample is labelled next.
fn accuracies(
    start: &Arc<WarmStart>,
    truth: &Labels,
    next: impl Fn(&Belief, &[usize]) -> Option<usize>,
) -> Result<Vec<f64>> {
    let mut annotator = LabelOracle::new(truth);
    let mut known = Labelling {
        belief: Belief::new(Arc::clone(start), BeliefOptions::default())?,
        labelled: Vec::new(),
        labels: Vec::new(),
        statements: LabelStatements::default(),
    };
    let mut accuracies = Vec::new();
    for wanted in PROTOCOL.labels {
        while known.labelled.len() < wanted
            && let Some(sample) = next(&known.belief, &known.labelled)
        {
            known.learn(sample, annotator.answer(&LabelOf(sample))?)?;
        }
        accuracies.push(known.accuracy(truth));
    }
    Ok(accuracies)
}

fn panel(curves: &[Curve], peers: &[Curve]) -> CurvePanel {
    let name = |curve: &Curve| curve.series.trim_start_matches("digits/").to_owned();
    let peers = peers.iter().zip([2, 5, 4, 3, 6, 7]);
    let peers = peers.map(|(curve, colour)| Series::dashed(name(curve), curve, colour).without_band());
    let ours =
        curves.iter().zip([0, 1]).map(|(curve, colour)| Series::line(name(curve), curve, colour)).rev();
    CurvePanel {
        title: String::new(),
        axes: plot::Axes {
            y_range: Some((0.4, 1.0)),
            ..plot::Axes::new("Labels", "Accuracy on unlabelled digits")
        },
        series: ours.chain(peers).collect(),
        scale: AxisScale::Linear,
    }
}
