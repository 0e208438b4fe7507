//! How do the recommended questions, and what is said of the error that remains, fare on data that nobody tuned to?
//!
//! A suite of data sets, one half for development and one for validation, is described by `benches/peers/sets.csv` and made
//! by `benches/peers/sets.py` in `benches/peers/sets`; sets that are neither there nor bundled are skipped. On every set an
//! annotator answers truthfully, or wrongly at a rate, with the same options everywhere; neither classes nor their number are
//! known. The Python packages were measured by `benches/peers/unseen.py` and `starts.py`, methods that exist on paper by the
//! example `rivals`.

use std::process::ExitCode;
use std::sync::Arc;

use pal::active::{
    Belief, BeliefOptions, STRATEGIES, WarmStart, WarmStartOptions, ask_pairs, remaining_error, strategy,
};
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Story, require, run_main,
};
use pal::oracle::{LabelOracle, Noise, Noisy, Oracle};
use pal::plot::{AxisScale, CurvePanel, Series};
use pal::probe::{adjusted_rand_index, matched_accuracy};
use pal::random::stream;
use pal::{Result, plot};
use serde::Serialize;

mod account;
mod peers;
mod suite;

use account::{Account, Case, TABLE_HEAD};
use suite::{DataSet, halves, rows, suite};

pub const EXPERIMENT: Experiment = Experiment {
    name: "unseen_data",
    about: "Agreement with the true classes, and the stated error against the true one, on a suite of data sets",
    trials: 1,
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
    rates: &'static [f64],
    most_answers: usize,
    /// Answers between two looks at the stated error.
    every: usize,
    /// The share of wrong samples below which an annotator stops.
    until_error: f64,
}

const FULL: Protocol =
    Protocol { rates: &[0.0, 0.05, 0.15], most_answers: 400, every: 20, until_error: 0.05 };
const QUICK: Protocol = Protocol { rates: &[0.0], most_answers: 20, ..FULL };

impl Protocol {
    /// Numbers of answers after which is measured.
    fn checkpoints(&self) -> impl Iterator<Item = usize> {
        (0..=self.most_answers).step_by(self.every)
    }
}

const STORY: Story = Story {
    title: "Data that nobody tuned to",
    description: "A suite of data sets, generated and real, with 1 to 250 classes. Which half of it is for development and \
                  which for validation was fixed before the learner was tuned. An annotator answers questions about \
                  pairs, truthfully or wrongly at a rate; neither the classes nor their number are known. The second \
                  picture holds the upper end of what is said to be wrong, at 95 %, against what is wrong.",
    findings: |curves| {
        let Summary { sets, held, always, median_excess } = summary(curves)?;
        Ok(format!(
            "On the {sets} sets of the validation half the upper end was at least the true share of wrong samples at {:.1} % \
             of the points looked at, and on {always} sets at every point of every run. With truthful answers it ends above the \
             truth by {median_excess:.2} in the median.",
            100.0 * held,
        ))
    },
    pictures: &[
        Picture::new("", "Adjusted Rand index against answers, by set."),
        Picture::new("_error", "Stated and true share of wrong samples against answers, by set."),
    ],
};

const CLAIMS: &[Claim] = &[
    Claim::of_every_run("What is said to be wrong, what is, and whether that held are shares.", |curves| {
        curves.iter().filter(|curve| !curve.series.ends_with(INDEX)).try_for_each(|curve| {
            let sound = curve.mean.iter().all(|share| (0.0..=1.0).contains(share));
            require(sound, || format!("{}: {:?}", curve.series, curve.mean))
        })
    }),
    Claim::of_full_protocol(
        "The upper end at 95 % holds at 95 % of the points of the validation half.",
        |curves| {
            let held = summary(curves)?.held;
            require(held >= 0.95, || format!("{held}"))
        },
    ),
];

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

/// What one annotator saw after 0, 1, … answers.
struct Session {
    /// The adjusted Rand index.
    index: Vec<f64>,
    /// The true share of wrong samples, and the upper end of what is said of it.
    truth: Vec<f64>,
    upper: Vec<f64>,
}

fn run(run: &Run) -> Result<()> {
    let protocol = run.scale.of(FULL, QUICK);
    let sets = suite()?;
    let tasks = sets.len() * protocol.rates.len() * run.trial_count;
    // The large sets of all trials do not come last.
    let sessions = run.parallel(tasks, |task| {
        let (set, rate) = (task % sets.len(), task / sets.len() % protocol.rates.len());
        session(run, &sets[set], protocol.rates[rate], task / sets.len() / protocol.rates.len(), &protocol)
    })?;
    let of = |set: usize, rate: usize| -> Vec<&Session> {
        let first = set + rate * sets.len();
        sessions.iter().skip(first).step_by(sets.len() * protocol.rates.len()).collect()
    };

    let at: Vec<usize> = protocol.checkpoints().collect();
    let x: Vec<f64> = at.iter().map(|&answers| answers as f64).collect();
    let mut curves = Vec::new();
    for (number, set) in sets.iter().enumerate() {
        for (position, rate) in protocol.rates.iter().enumerate() {
            let mut add = |what: &str, value: fn(&Session, usize) -> f64| -> Result<()> {
                let row = |session: &&Session| at.iter().map(|&answers| value(session, answers)).collect();
                let rows: Vec<Vec<f64>> = of(number, position).iter().map(row).collect();
                curves.push(Curve::from_trials(format!("{}/{rate}/{what}", set.name), &x, &rows)?);
                Ok(())
            };
            add(INDEX, |session, answers| session.index[answers])?;
            add(ERROR, |session, answers| session.truth[answers])?;
            add(UPPER_END, |session, answers| session.upper[answers])?;
            add(HELD, |session, answers| {
                f64::from(u8::from(session.upper[answers] >= session.truth[answers]))
            })?;
        }
    }
    let curves = Curves::from(curves);
    run.save(&curves, &protocol)?;

    let (peers, best_starts) = (peer_curves()?, best_starts()?);
    println!("{TABLE_HEAD}");
    for half in HALVES {
        let mut account = Account::default();
        for (number, set) in sets.iter().enumerate().filter(|(_, set)| set.half == half) {
            let best_start = best_starts.iter().find(|(name, _)| *name == set.name);
            let row = account.add(&Case {
                half,
                name: &set.name,
                protocol: &protocol,
                by_rate: (0..protocol.rates.len()).map(|rate| of(number, rate)).collect(),
                peers: PEERS.map(|(peer, _)| peers.of(&format!("{}/{peer}", set.name)).ok()),
                best_start: best_start.map_or(f64::NAN, |(_, best)| *best),
            });
            println!("{row}");
        }
        if account.sets > 0 {
            println!("{}", account.summary(half));
        }
    }
    draw(&run.outputs, &curves)
}

/// What is measured of every set at every rate of wrong answers.
const INDEX: &str = "index";
const ERROR: &str = "error";
const UPPER_END: &str = "upper end";
const HELD: &str = "held";

const HALVES: [&str; 2] = ["development", "validation"];
/// The curves of the peers, and clusterings that are told the number of classes.
const PEER_CURVES: [&str; 2] = ["unseen_peers.csv", "rivals.csv"];
const PEER_STARTS: &str = "starts.csv";
/// Peers that are compared with, and their places in the palette; of the first one answers are counted.
const PEERS: [(&str, usize); 4] = [("COBRAS", 6), ("A3S", 0), ("ITACC entropy", 3), ("ITACC gain", 5)];

fn peer_curves() -> Result<Curves> {
    let [packages, rivals] = PEER_CURVES.map(peers::curves);
    Ok([&packages?[..], &rivals?].concat().into())
}

/// For each set the largest index of the clusterings that are told the number of classes.
fn best_starts() -> Result<Vec<(String, f64)>> {
    let mut best: Vec<(String, f64)> = Vec::new();
    for row in rows(PEER_STARTS)? {
        let [set, _, index, ..] = &row[..] else { continue };
        let Ok(index) = index.parse::<f64>() else { continue };
        match best.iter_mut().find(|(name, _)| name == set) {
            Some((_, most)) => *most = index.max(*most),
            None => best.push((set.clone(), index)),
        }
    }
    Ok(best)
}

fn session(run: &Run, set: &DataSet, rate: f64, trial: usize, protocol: &Protocol) -> Result<Session> {
    let seed = run.trial_seed(trial);
    let options = WarmStartOptions { seed, ..WarmStartOptions::default() };
    let start = Arc::new(WarmStart::of_features(set.inputs.view(), &options)?);
    // Answers are never beyond doubt.
    let defaults = BeliefOptions::default();
    let options = BeliefOptions { error: rate.max(defaults.error), seed, ..defaults };
    let mut belief = Belief::new(start, options)?;
    let mut annotator = Noisy::new(LabelOracle::new(&set.labels), rate, Noise::Fresh, seed)?;
    let mut session = Session { index: Vec::new(), truth: Vec::new(), upper: Vec::new() };
    let pal = strategy(STRATEGIES[0])?;
    ask_pairs(
        &mut belief,
        &pal,
        |pair| annotator.answer(&pair),
        protocol.most_answers,
        &mut stream(run.seed, trial as u64),
        |_, belief| {
            session.index.push(adjusted_rand_index(belief.classes(), &set.truth)?);
            session.truth.push(1.0 - matched_accuracy(belief.classes(), &set.truth)?);
            session.upper.push(remaining_error(belief).interval.1);
            Ok(())
        },
    )?;
    for values in [&mut session.index, &mut session.truth, &mut session.upper] {
        values.resize(protocol.most_answers + 1, values[values.len() - 1]);
    }
    Ok(session)
}

/// What the curves say of the validation half; of all sets where none of that half is there.
struct Summary {
    sets: usize,
    /// Share of the points of all curves at which the upper end held, and the sets on which it held at all.
    held: f64,
    always: usize,
    /// Median over the sets of the upper end less the truth, in the end and with truthful answers.
    median_excess: f64,
}

fn summary(curves: &Curves) -> Result<Summary> {
    let suite = halves()?;
    let is_validation = |set: &&str| suite.iter().any(|(name, half)| name == set && half == HALVES[1]);
    let mut sets: Vec<&str> = sets_of(curves).into_iter().filter(is_validation).collect();
    if sets.is_empty() {
        sets = sets_of(curves);
    }
    let held = |set: &str| {
        let (of_set, what) = (format!("{set}/"), format!("/{HELD}"));
        curves.iter().filter(move |curve| curve.series.starts_with(&of_set) && curve.series.ends_with(&what))
    };
    let points: Vec<f64> =
        sets.iter().flat_map(|set| held(set)).flat_map(|curve| curve.mean.clone()).collect();
    let always = |set: &&&str| held(set).all(|curve| curve.mean.iter().all(|&mean| mean >= 1.0));
    let last = |set: &str, what: &str| curves.of(&format!("{set}/0/{what}")).map(Curve::last);
    let excess = sets.iter().map(|set| Ok(last(set, UPPER_END)? - last(set, ERROR)?));
    Ok(Summary {
        sets: sets.len(),
        held: points.iter().sum::<f64>() / points.len() as f64,
        always: sets.iter().filter(always).count(),
        median_excess: median(excess.collect::<Result<_>>()?).unwrap_or(f64::NAN),
    })
}

/// The names of the sets that the curves are about, in their order.
fn sets_of(curves: &Curves) -> Vec<&str> {
    let mut sets: Vec<&str> = curves.iter().filter_map(|curve| curve.series.split('/').next()).collect();
    sets.dedup();
    sets
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Two pictures: the index, and the stated error against the true one.
fn draw(outputs: &Outputs, curves: &Curves) -> Result<()> {
    let (suite, peers) = (halves()?, peer_curves()?);
    let of = |set: &str, rate: f64, what: &str| curves.of(&format!("{set}/{rate}/{what}")).ok();
    let panel = |set: &str, label: &str, series: Vec<Series>| {
        let half = suite.iter().find(|(name, _)| name == set).map_or("", |(_, half)| half);
        CurvePanel {
            title: format!("{} ({half})", set.replace('_', " ")),
            axes: plot::Axes { y_range: Some((0.0, 1.0)), ..plot::Axes::new("Answers", label) },
            series,
            scale: AxisScale::Linear,
        }
    };
    let (mut indices, mut errors) = (Vec::new(), Vec::new());
    for set in sets_of(curves) {
        let (mut of_index, mut of_error, mut most) = (Vec::new(), Vec::new(), 0.0);
        // A quick look has the first rate alone.
        for (&rate, colour) in FULL.rates.iter().zip(RATE_COLOURS) {
            let Some(index) = of(set, rate, INDEX) else { continue };
            most = index.end();
            of_index.push(Series::line(wrong(rate), index, colour).without_band());
            let upper = of(set, rate, UPPER_END)
                .map(|curve| Series::line(format!("at most, {}", wrong(rate)), curve, colour));
            let truth = of(set, rate, ERROR)
                .map(|curve| Series::dashed(format!("true, {}", wrong(rate)), curve, colour));
            of_error.extend(upper.into_iter().chain(truth).map(Series::without_band));
        }
        for (peer, colour) in PEERS {
            let Ok(curve) = peers.of(&format!("{set}/{peer}")) else { continue };
            of_index.push(Series::dashed(peer, &until(curve, most), colour).without_band());
        }
        indices.push(panel(set, "Adjusted Rand index", of_index));
        errors.push(panel(set, "Share of wrong samples", of_error));
    }
    plot::curve_panels(&outputs.picture(""), &indices)?;
    plot::curve_panels(&outputs.picture("_error"), &errors)
}

/// Places in the palette: vermillion for the recommended strategy, as elsewhere.
const RATE_COLOURS: [usize; 3] = [1, 4, 2];

fn wrong(rate: f64) -> String {
    format!("{:.0} % wrong answers", 100.0 * rate)
}

/// The points up to `most`.
fn until(curve: &Curve, most: f64) -> Curve {
    let points = curve.x.iter().filter(|&&x| x <= most).count();
    Curve {
        x: curve.x[..points].to_vec(),
        mean: curve.mean[..points].to_vec(),
        std: curve.std[..points].to_vec(),
        ..curve.clone()
    }
}
