//! What do wrong answers do to what is concluded from them?
//!
//! Answers about pairs of digits are wrong at a rate, each on its own, or are majorities of three such at three times the cost.
//! Three ways to conclude: the transitive closure of all answers that do not contradict those before; a star, in which samples
//! are compared with one known representative a class, the most similar first, until one takes them (claim T45); and the belief,
//! which weighs all answers by the rate. Beside it the share of samples that stars place right, in theory and in trials.

use std::process::ExitCode;
use std::sync::Arc;

use pal::active::{
    Belief, BeliefOptions, WarmStart, WarmStartOptions, discover, learning_curve, placement_probability,
    strategy,
};
use pal::data::{Labelled, Labels, digits};
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Story, linspace, require, run_main,
};
use pal::oracle::cost::majority_error;
use pal::oracle::{Aggregation, Closure, Crowd, Evidence, LabelOracle, Noise, Noisy, Oracle, Pair};
use pal::plot::{AxisScale, CurvePanel, Series};
use pal::probe::adjusted_rand_index;
use pal::{Error, Result, plot};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use serde::Serialize;

pub const EXPERIMENT: Experiment = Experiment {
    name: "noisy_oracle",
    about: "Agreement with the true classes of digits against cost of wrong answers, by how they are put together",
    trials: 4,
    quick_trials: 1,
    length: Length::Long,
    body: run,
    draw,
    story: STORY,
    claims: CLAIMS,
};

#[derive(Clone, Copy, Serialize)]
struct Protocol {
    /// How often an answer is wrong.
    rates: [f64; 4],
    /// Votes a question, of which the majority is the answer.
    votes: [usize; 2],
    /// Answers paid for in the end, and between two measurements.
    most_answers: usize,
    step: usize,
    /// Rates from 0 to this for the theory, with as many samples in as many classes.
    highest_rate: f64,
    samples: usize,
    classes: usize,
}

const FULL: Protocol = Protocol {
    rates: [0.0, 0.05, 0.1, 0.2],
    votes: [1, 3],
    most_answers: 1000,
    step: 50,
    highest_rate: 0.4,
    samples: 2000,
    classes: 5,
};
const QUICK: Protocol = Protocol { most_answers: 60, step: 30, ..FULL };

/// The least error rate that the belief is told: answers are never beyond doubt.
const LEAST_ERROR: f64 = 0.01;

const STORY: Story = Story {
    title: "Wrong answers, and what is concluded from them",
    description: "Answers about pairs of digits are flipped at a rate; or each question is asked three times, for three \
                  times the price, and the majority counts. The transitive closure takes in all answers that do not \
                  contradict those before, the star compares samples with one known representative a class, the \
                  likeliest first, and the belief weighs answers by their rate. Digits that no answer is about follow the most similar one.",
    findings: |curves| {
        let at = |rate: &str, name: &str| {
            Ok::<_, Error>(curves.of(&format!("{rate} % wrong/{name}"))?.near(1000.0))
        };
        Ok(format!(
            "With one answer in ten wrong the belief reaches an index of {:.2} within 1000 answers; the transitive \
             closure of the same answers stays at {:.2}, since one wrong answer joins two classes, and the star at {:.2}, \
             since each wrong answer misplaces a sample and what follows it. To ask three times and take the majority \
             helps both, to {:.2} and {:.2}, and the belief only where answers are bad: {:.2} instead of {:.2} at one in \
             five.",
            at("10", "belief")?,
            at("10", "transitive closure")?,
            at("10", "star closure")?,
            at("10", "transitive closure, majority of 3")?,
            at("10", "star closure, majority of 3")?,
            at("20", "belief, majority of 3")?,
            at("20", "belief")?,
        ))
    },
    pictures: &[
        Picture::new("", "Adjusted Rand index against answers paid for, at four rates of wrong answers."),
        Picture::new(
            "_star",
            "Share of samples that stars of right representatives place right, five classes: theory and trials.",
        ),
    ],
};

const CLAIMS: &[Claim] = &[
    Claim::of_every_run(
        "Stars of right representatives place the share of samples of claim T45.",
        |curves| {
            for votes in FULL.votes {
                let [theory, measured] = placement_series(votes).map(|series| curves.of(&series));
                for (theory, measured) in theory?.mean.iter().zip(&measured?.mean) {
                    // One trial places 1995 samples; a mean within four standard errors is all but certain.
                    let error = (theory * (1.0 - theory) / 1995.0).sqrt();
                    require((measured - theory).abs() <= 4.0 * error + 1e-9, || {
                        format!("{measured}, not {theory}, with {votes} votes")
                    })?;
                }
            }
            Ok(())
        },
    ),
    Claim::of_full_protocol("Wrong answers are outvoted by belief and spread by closure.", |curves| {
        let at = |rate: &str, name: &str| -> Result<f64> {
            Ok(curves.of(&format!("{rate} % wrong/{name}"))?.at(1000.0))
        };
        let truthful = at("0", "transitive closure")?;
        require(truthful > 0.95, || format!("{truthful} by the closure of truthful answers"))?;
        let [belief, closure] = [at("10", "belief")?, at("10", "transitive closure")?];
        require(belief >= 0.85 && closure < 0.7, || format!("{belief} and {closure} at 10 %"))?;
        for rate in ["5", "10", "20"] {
            let belief = at(rate, "belief")?;
            let [closure, star] = [at(rate, "transitive closure")?, at(rate, "star closure")?];
            // Errors stay local in a star.
            require(belief > closure.max(star) && star > closure + 0.05, || {
                format!("{belief} by belief, {closure} by closure, {star} by stars at {rate} %")
            })?;
        }
        Ok(())
    }),
];

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

/// How answers are put together.
#[derive(Clone, Copy, PartialEq)]
enum Conclusion {
    Closure,
    Star,
    Belief,
}

const CONCLUSIONS: [(Conclusion, &str); 3] = [
    (Conclusion::Closure, "transitive closure"),
    (Conclusion::Star, "star closure"),
    (Conclusion::Belief, "belief"),
];

impl Protocol {
    /// The costs at which is measured.
    fn costs(&self) -> Vec<usize> {
        (self.step..=self.most_answers).step_by(self.step).collect()
    }
}

fn run(run: &Run) -> Result<()> {
    let protocol = run.scale.of(FULL, QUICK);
    let digits = digits()?;
    let trials = run.trials(|trial, rng| {
        let options = WarmStartOptions { seed: run.trial_seed(trial), ..WarmStartOptions::default() };
        let start = Arc::new(WarmStart::of_features(digits.inputs.view(), &options)?);
        let mut rows = Vec::new();
        for (rate, votes) in cases(protocol) {
            rows.extend(by_conclusion(&start, &digits, rate, votes, protocol, rng)?);
        }
        Ok((rows, placed(protocol, rng)?))
    })?;
    let x: Vec<f64> = protocol.costs().into_iter().map(|cost| cost as f64).collect();
    let mut curves = Vec::new();
    for (case, (rate, votes)) in cases(protocol).into_iter().enumerate() {
        for (position, (_, name)) in CONCLUSIONS.iter().enumerate() {
            let rows: Vec<&Vec<f64>> =
                trials.iter().map(|(rows, _)| &rows[case * CONCLUSIONS.len() + position]).collect();
            curves.push(Curve::from_trials(series(rate, &named(name, votes)), &x, &rows)?);
        }
    }
    curves.extend(placements(protocol, &trials.iter().map(|(_, placed)| placed).collect::<Vec<_>>())?);
    let curves = Curves::from(curves);
    run.save(&curves, &protocol)?;
    draw(&run.outputs, &curves)
}

fn draw(outputs: &Outputs, curves: &Curves) -> Result<()> {
    let panels: Vec<CurvePanel> =
        FULL.rates.iter().map(|&rate| panel(rate, curves)).collect::<Result<_>>()?;
    plot::curve_panels(&outputs.picture(""), &panels)?;
    plot::curve_panels(&outputs.picture("_star"), &[star_panel(curves)?])
}

fn cases(protocol: Protocol) -> Vec<(f64, usize)> {
    protocol.rates.iter().flat_map(|&rate| protocol.votes.map(|votes| (rate, votes))).collect()
}

fn named(conclusion: &str, votes: usize) -> String {
    if votes == 1 { conclusion.to_owned() } else { format!("{conclusion}, majority of {votes}") }
}

fn series(rate: f64, name: &str) -> String {
    format!("{:.0} % wrong/{name}", 100.0 * rate)
}

/// The adjusted Rand index at every cost, in the order of [`CONCLUSIONS`].
fn by_conclusion(
    start: &Arc<WarmStart>,
    digits: &Labelled,
    rate: f64,
    votes: usize,
    protocol: Protocol,
    rng: &mut impl Rng,
) -> Result<Vec<Vec<f64>>> {
    let truth: Vec<usize> = digits.labels.iter().flatten().collect();
    let questions: Vec<usize> = protocol.costs().into_iter().map(|cost| cost / votes).collect();
    let annotator = Noisy::new(LabelOracle::new(&digits.labels), rate, Noise::Fresh, rng.random())?;
    let mut annotator = Crowd::new(vec![annotator], votes, Aggregation::Majority)?;

    // The questions that the belief asks, and what it concludes from the answers.
    let error = majority_error(rate, votes)?.max(LEAST_ERROR);
    let mut belief = Belief::new(Arc::clone(start), BeliefOptions { error, ..BeliefOptions::default() })?;
    let mut answers = Vec::new();
    let ask = |pair: Pair| {
        let same = annotator.answer(&pair)?;
        answers.push((pair, same));
        Ok(same)
    };
    let index = |belief: &Belief| adjusted_rand_index(belief.classes(), &truth);
    let of_belief = learning_curve(&mut belief, &strategy("pal")?, ask, &questions, rng, index)?;

    // The same answers, closed.
    let mut closure = Closure::new(digits.labels.len())?;
    let mut followers = Followers::new(start);
    let mut of_closure = Vec::new();
    let mut taken = 0;
    for &asked in &questions {
        for &(pair, same) in &answers[taken.min(answers.len())..asked.min(answers.len())] {
            let (i, j) = (pair.first(), pair.second());
            match closure.link(i, j, same) {
                Ok(()) | Err(Error::Contradiction { .. }) => {}
                Err(other) => return Err(other),
            }
            followers.lead(i);
            followers.lead(j);
        }
        taken = asked;
        of_closure.push(adjusted_rand_index(&followers.classes(&closure.component_of()), &truth)?);
    }

    // Sample after sample against the representatives, until one of them takes it.
    let representatives = representatives(&digits.labels);
    let mut rays = Rays::new(start, &representatives, rng)?;
    let mut of_star = Vec::new();
    for asked in questions {
        while rays.asked < asked && rays.ask(&mut annotator)? {}
        let star = rays.evidence.star(&representatives)?;
        let mut followers = Followers::new(start);
        for (sample, entry) in placed_by(&star, &representatives)?.into_iter().enumerate() {
            if entry {
                followers.lead(sample);
            }
        }
        of_star.push(adjusted_rand_index(&followers.classes(&star.component_of()), &truth)?);
    }
    Ok(vec![of_closure, of_star, of_belief])
}

/// The first sample of each class, which are taken to be known.
fn representatives(labels: &Labels) -> Vec<usize> {
    (0..labels.number_of_classes())
        .filter_map(|class| labels.iter().position(|of| of == Some(class)))
        .collect()
}

/// Whether each sample is known to belong together with a representative.
fn placed_by(star: &Closure, representatives: &[usize]) -> Result<Vec<bool>> {
    let belongs = |sample: usize| {
        representatives
            .iter()
            .try_fold(false, |any, &representative| Ok(any || star.entry(sample, representative)? > 0.0))
    };
    (0..star.len()).map(belongs).collect()
}

/// Samples in random order, each compared with the representatives in turn, the most similar first.
struct Rays<'a> {
    evidence: Evidence,
    start: &'a WarmStart,
    representatives: &'a [usize],
    /// Samples yet to be compared, the next one last.
    open: Vec<usize>,
    /// The one being compared, and the representatives that it was not compared with, the most similar last.
    current: Option<(usize, Vec<usize>)>,
    asked: usize,
}

impl<'a> Rays<'a> {
    fn new(start: &'a WarmStart, representatives: &'a [usize], rng: &mut impl Rng) -> Result<Self> {
        let mut open: Vec<usize> =
            (0..start.len()).filter(|sample| !representatives.contains(sample)).collect();
        open.shuffle(rng);
        let evidence = Evidence::new(start.len())?;
        Ok(Self { evidence, start, representatives, open, current: None, asked: 0 })
    }

    /// Asks the next question; false if there is none.
    fn ask(&mut self, annotator: &mut impl Oracle<Pair>) -> Result<bool> {
        let Some((sample, mut left)) = self.current.take().or_else(|| self.next_sample()) else {
            return Ok(false);
        };
        let Some(representative) = left.pop() else { return Ok(false) };
        let same = annotator.answer(&Pair::new(sample, representative)?)?;
        self.evidence.insert(self.asked, sample, representative, same)?;
        self.asked += 1;
        if !same && !left.is_empty() {
            self.current = Some((sample, left));
        }
        Ok(true)
    }

    fn next_sample(&mut self) -> Option<(usize, Vec<usize>)> {
        let sample = self.open.pop()?;
        let features = self.start.features();
        let likeness = |&representative: &usize| {
            let row = features.row(representative);
            features.row(sample).dot(&row) / row.dot(&row).sqrt()
        };
        let mut left = self.representatives.to_vec();
        left.sort_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        Some((sample, left))
    }
}

/// Samples of which something is known, and the most similar one of these for every sample.
struct Followers<'a> {
    start: &'a WarmStart,
    nearest: Vec<(f64, usize)>,
    leads: Vec<bool>,
}

impl<'a> Followers<'a> {
    fn new(start: &'a WarmStart) -> Self {
        let n = start.len();
        let own = (0..n).map(|sample| (f64::NEG_INFINITY, sample)).collect();
        Self { start, nearest: own, leads: vec![false; n] }
    }

    /// Something is known of this sample: those to which no other is more similar follow it.
    fn lead(&mut self, sample: usize) {
        if std::mem::replace(&mut self.leads[sample], true) {
            return;
        }
        let features = self.start.features();
        let own = features.row(sample);
        let norm = own.dot(&own).sqrt();
        for (nearest, row) in self.nearest.iter_mut().zip(features.outer_iter()) {
            let similarity = row.dot(&own) / norm;
            if similarity > nearest.0 {
                *nearest = (similarity, sample);
            }
        }
        self.nearest[sample] = (f64::INFINITY, sample);
    }

    /// The component of the sample that each follows.
    fn classes(&self, component_of: &[usize]) -> Vec<usize> {
        self.nearest.iter().map(|&(_, sample)| component_of[sample]).collect()
    }
}

/// By votes, then by rate: the share of samples that a star of right representatives places right, the number of classes being
/// known.
fn placed(protocol: Protocol, rng: &mut impl Rng) -> Result<Vec<Vec<f64>>> {
    let Protocol { samples, classes, .. } = protocol;
    // The representatives come first, and are told apart for certain.
    let labels = Labels::new((0..samples).map(|sample| sample % classes).collect(), classes)?;
    let of_votes = |votes: usize| {
        rates(protocol)
            .into_iter()
            .map(|rate| {
                let annotator = Noisy::new(LabelOracle::new(&labels), rate, Noise::Fresh, rng.random())?;
                let mut annotator = Crowd::new(vec![annotator], votes, Aggregation::Majority)?;
                let found = discover(samples, Some(classes), |pair| {
                    // The second is the sample, for its representative was found before.
                    if pair.second() < classes { Ok(false) } else { annotator.answer(&pair) }
                })?;
                let right = (classes..samples).filter(|&i| found.labels.class_of(i) == labels.class_of(i));
                Ok(right.count() as f64 / (samples - classes) as f64)
            })
            .collect()
    };
    protocol.votes.map(of_votes).into_iter().collect()
}

fn rates(protocol: Protocol) -> Vec<f64> {
    linspace(0.0, protocol.highest_rate, 9)
}

/// The theory of each number of votes, then what came out.
fn placements(protocol: Protocol, trials: &[&Vec<Vec<f64>>]) -> Result<Vec<Curve>> {
    let rates = rates(protocol);
    let mut curves = Vec::new();
    for (position, &votes) in protocol.votes.iter().enumerate() {
        let theory = |&rate: &f64| {
            let error = majority_error(rate, votes)?;
            let right = (0..protocol.classes)
                .map(|class| placement_probability(class, protocol.classes, error))
                .sum::<Result<f64>>()?;
            Ok(right / protocol.classes as f64)
        };
        let [theory_series, series] = placement_series(votes);
        let expected = rates.iter().map(theory).collect::<Result<Vec<_>>>()?;
        curves.push(Curve::from_trials(theory_series, &rates, &[expected])?);
        let rows: Vec<&Vec<f64>> = trials.iter().map(|trial| &trial[position]).collect();
        curves.push(Curve::from_trials(series, &rates, &rows)?);
    }
    Ok(curves)
}

/// The names of the series of a number of votes: the theory, and what came out.
fn placement_series(votes: usize) -> [String; 2] {
    let votes = if votes == 1 { "each asked once".to_owned() } else { format!("majority of {votes}") };
    [format!("{votes}, theory"), votes]
}

fn panel(rate: f64, curves: &Curves) -> Result<CurvePanel> {
    let mut shown = Vec::new();
    for votes in FULL.votes {
        for (colour, (_, name)) in [2, 0, 1].into_iter().zip(CONCLUSIONS).rev() {
            let name = named(name, votes);
            let curve = curves.of(&series(rate, &name))?;
            shown.push(match votes {
                1 => Series::line(name, curve, colour),
                _ => Series::dashed(name, curve, colour).without_band(),
            });
        }
    }
    Ok(CurvePanel {
        title: format!("{:.0} % of the answers wrong", 100.0 * rate),
        axes: plot::Axes {
            y_range: Some((0.3, 1.0)),
            ..plot::Axes::new("Answers paid for", "Adjusted Rand index")
        },
        series: shown,
        scale: AxisScale::Linear,
    })
}

fn star_panel(curves: &Curves) -> Result<CurvePanel> {
    let mut shown = Vec::new();
    for (votes, colour) in FULL.votes.into_iter().zip([1, 0]) {
        let [theory, measured] = placement_series(votes);
        shown.push(Series::line(theory.clone(), curves.of(&theory)?, colour).without_band());
        shown.push(Series::dots(measured.clone(), curves.of(&measured)?, colour));
    }
    Ok(CurvePanel {
        title: String::new(),
        axes: plot::Axes::new("Share of wrong answers", "Samples placed right"),
        series: shown,
        scale: AxisScale::Linear,
    })
}
