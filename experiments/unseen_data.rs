//! How do the recommended questions, and what is said of the error that remains, fare on data that nobody tuned to?
//!
//! A suite of data sets, one half for development and one for validation, is described by `benches/peers/sets.csv` and made
//! by `benches/peers/sets.py` in `benches/peers/sets`; sets that are neither there nor bundled are skipped. On every set an
//! annotator answers truthfully, or wrongly at a rate, with the same options everywhere; neither classes nor their number are
//! known. The Python packages were measured by `benches/peers/unseen.py` and `starts.py`.

use std::process::ExitCode;
use std::sync::Arc;

use ndarray::{Array1, Array2};
use pal::active::{
    Belief, BeliefOptions, STRATEGIES, StoppingRule, WarmStart, WarmStartOptions, ask_pairs, remaining_error,
    strategy,
};
use pal::data::io::read_npy;
use pal::data::{Labelled, Labels, breast_cancer, digits, iris, wine};
use pal::experiment::{Curve, Experiment, Run, read_curves, run_main};
use pal::oracle::{LabelOracle, Noise, Noisy, Oracle};
use pal::plot::{AxisScale, CurvePanel, Series};
use pal::probe::{adjusted_rand_index, matched_accuracy};
use pal::random::stream;
use pal::{Error, Result, plot};
use serde::Serialize;

mod peers;

pub const EXPERIMENT: Experiment = Experiment {
    name: "unseen_data",
    about: "Agreement with the true classes, and the stated error against the true one, on a suite of data sets",
    trials: 1,
    quick_trials: 1,
    body: run,
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

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

/// A set of the suite that is there.
struct DataSet {
    name: String,
    half: String,
    inputs: Array2<f64>,
    labels: Labels,
    truth: Vec<usize>,
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

    let at: Vec<usize> = (0..=protocol.most_answers).step_by(protocol.every).collect();
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
    run.save(&curves, &protocol)?;

    let peers = read_curves(peers::file(PEER_CURVES))?;
    let best_starts = best_starts()?;
    println!("{TABLE_HEAD}");
    for half in HALVES {
        let mut account = Account::default();
        for (number, set) in sets.iter().enumerate().filter(|(_, set)| set.half == half) {
            let by_rate: Vec<Vec<&Session>> =
                (0..protocol.rates.len()).map(|rate| of(number, rate)).collect();
            account.add(set, &by_rate, &at, &peers, &best_starts, &protocol);
        }
        if account.sets > 0 {
            println!("{}", account.summary(half));
        }
    }
    draw(run, &sets, &curves, &peers, &protocol)
}

/// What is measured of every set at every rate of wrong answers.
const INDEX: &str = "index";
const ERROR: &str = "error";
const UPPER_END: &str = "upper end";
const HELD: &str = "held";

const HALVES: [&str; 2] = ["development", "validation"];
/// The curves of the Python packages, and their clusterings that are told the number of classes.
const PEER_CURVES: &str = "unseen_peers.csv";
const PEER_STARTS: &str = "starts.csv";
const PEER: &str = "COBRAS";

/// Numbers of answers after which the index is compared with the peer's, and looked at in the table.
const COMPARED: [usize; 5] = [25, 50, 100, 200, 300];
/// A start is near the best one that is told the number of classes if it has this share of its index; behind the peer is who
/// has this much less.
const NEAR: f64 = 0.9;
const BEHIND: f64 = 0.02;
/// The share of its final index until which the answers of the peer are counted.
const MOST_OF_IT: f64 = 0.8;
/// Stopping is not late at so many times the answers after which it was right, and so many more.
const LATE: (f64, f64) = (2.0, 120.0);

/// The sets that are there or bundled, as `sets.csv` lists them.
fn suite() -> Result<Vec<DataSet>> {
    let mut sets = Vec::new();
    for (name, half) in halves()? {
        let file = |ending: &str| peers::file("sets").join(format!("{name}{ending}.npy"));
        let Labelled { inputs, labels } = match &*name {
            "digits" => digits()?,
            "iris" => iris()?,
            "wine" => wine()?,
            "breast_cancer" => breast_cancer()?,
            _ if !file("").exists() => {
                println!("{name} is skipped: there is no {}", file("").display());
                continue;
            }
            _ => {
                let numbers: Array1<f64> = read_npy(file("_labels"))?;
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // classes count from 0
                let truth: Vec<usize> = numbers.iter().map(|&class| class as usize).collect();
                let classes = truth.iter().max().map_or(0, |&last| last + 1);
                Labelled { inputs: read_npy(file(""))?, labels: Labels::new(truth, classes)? }
            }
        };
        let truth = labels.iter().flatten().collect();
        sets.push(DataSet { name, half, inputs, labels, truth });
    }
    Ok(sets)
}

/// For each set the largest index of the clusterings that are told the number of classes.
fn best_starts() -> Result<Vec<(String, f64)>> {
    let path = peers::file(PEER_STARTS);
    let text = std::fs::read_to_string(&path).map_err(|source| Error::Io { path, source })?;
    let mut best: Vec<(String, f64)> = Vec::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let &[set, _, index, ..] = &cells[..] else { continue };
        let Ok(index) = index.parse::<f64>() else { continue };
        match best.iter_mut().find(|(name, _)| name == set) {
            Some((_, most)) => *most = index.max(*most),
            None => best.push((set.to_owned(), index)),
        }
    }
    Ok(best)
}

fn session(run: &Run, set: &DataSet, rate: f64, trial: usize, protocol: &Protocol) -> Result<Session> {
    let options = WarmStartOptions { seed: trial as u64, ..WarmStartOptions::default() };
    let start = Arc::new(WarmStart::of_features(set.inputs.view(), &options)?);
    // Answers are never beyond doubt.
    let defaults = BeliefOptions::default();
    let options = BeliefOptions { error: rate.max(defaults.error), seed: trial as u64, ..defaults };
    let mut belief = Belief::new(start, options)?;
    let mut annotator = Noisy::new(LabelOracle::new(&set.labels), rate, Noise::Fresh, trial as u64)?;
    let mut session = Session { index: Vec::new(), truth: Vec::new(), upper: Vec::new() };
    let pal = strategy(STRATEGIES[0])?;
    ask_pairs(
        &mut belief,
        &*pal,
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

const TABLE_HEAD: &str = "| half | set | best start told the number | start | after 25, 50, 100, 200, 300 | COBRAS | \
                          checkpoints held | runs held | excess after 200, 400 | stops |\n|---|---|---|---|---|---|---|---|---|---|";

/// How the sets of one half fare.
#[derive(Default)]
struct Account {
    sets: usize,
    /// Starts near the best one that is told the number of classes, with no answer and after fifty.
    near: [usize; 2],
    /// Points compared with the peer, and those not behind; sets compared, and those with half of its answers.
    compared: [usize; 2],
    halved: [usize; 2],
    /// Checkpoints, and those at which the upper end held; sets at which it held at nine of ten; runs, and those in which it
    /// always held.
    checkpoints: [usize; 2],
    mostly_held: usize,
    runs: [usize; 2],
    /// Upper end less truth of truthful runs, after 200 and after 400 answers.
    excess: [Vec<f64>; 2],
    /// Runs that stopped, those that were right to, and those that were not late; runs that ought to have stopped in time.
    stopped: usize,
    right: usize,
    in_time: usize,
    due: usize,
}

impl Account {
    /// Takes in a set and prints its row.
    #[allow(clippy::too_many_arguments)]
    fn add(
        &mut self,
        set: &DataSet,
        by_rate: &[Vec<&Session>],
        at: &[usize],
        peers: &[Curve],
        best_starts: &[(String, f64)],
        protocol: &Protocol,
    ) {
        self.sets += 1;
        let mean = |answers: usize, of: fn(&Session) -> &Vec<f64>| {
            let sessions = &by_rate[0];
            let most = protocol.most_answers;
            sessions.iter().map(|session| of(session)[answers.min(most)]).sum::<f64>() / sessions.len() as f64
        };
        let index = |answers: usize| mean(answers, |session| &session.index);
        let best = best_starts.iter().find(|(name, _)| *name == set.name).map_or(f64::NAN, |(_, best)| *best);
        self.near[0] += usize::from(index(0) >= NEAR * best);
        self.near[1] += usize::from(index(50) >= NEAR * best);
        let peer = peers.iter().find(|curve| curve.series == format!("{}/{PEER}", set.name));
        let compared: Vec<usize> =
            COMPARED.into_iter().filter(|&answers| answers <= protocol.most_answers).collect();
        if let Some(peer) = peer {
            for &answers in &compared {
                self.compared[0] += 1;
                self.compared[1] += usize::from(index(answers) >= height(peer, answers as f64) - BEHIND);
            }
            let level = MOST_OF_IT * peer.mean[peer.mean.len() - 1];
            let until =
                |of: &dyn Fn(usize) -> f64| (0..=protocol.most_answers).find(|&answers| of(answers) >= level);
            if let Some(theirs) = until(&|answers| height(peer, answers as f64)) {
                self.halved[0] += 1;
                self.halved[1] += usize::from(until(&index).is_some_and(|ours| 2 * ours <= theirs));
            }
        }
        let sessions: Vec<&&Session> = by_rate.iter().flatten().collect();
        let holds = |session: &Session, answers: usize| session.upper[answers] >= session.truth[answers];
        let held =
            sessions.iter().map(|session| at.iter().filter(|&&answers| holds(session, answers)).count());
        let (held, checkpoints) = (held.sum::<usize>(), sessions.len() * at.len());
        let whole =
            sessions.iter().filter(|session| (0..session.truth.len()).all(|answers| holds(session, answers)));
        let whole = whole.count();
        self.checkpoints[0] += checkpoints;
        self.checkpoints[1] += held;
        self.mostly_held += usize::from(10 * held >= 9 * checkpoints);
        self.runs[0] += sessions.len();
        self.runs[1] += whole;
        let excess = |answers: usize| {
            (answers <= protocol.most_answers)
                .then(|| mean(answers, |session| &session.upper) - mean(answers, |session| &session.truth))
        };
        let late = [excess(200), excess(400)];
        for (all, excess) in self.excess.iter_mut().zip(late) {
            all.extend(excess);
        }
        let at_least = StoppingRule::default().at_least;
        let mut stops = Vec::new();
        for session in &sessions {
            let is_small = |&error: &f64| error <= protocol.until_error;
            let reached = session.truth.iter().position(is_small);
            let latest = reached.map(|reached| LATE.0 * reached as f64 + LATE.1);
            let stop = session.upper.iter().skip(at_least).position(is_small).map(|after| after + at_least);
            self.due += usize::from(latest.is_some_and(|latest| latest <= protocol.most_answers as f64));
            if let Some(stop) = stop {
                self.stopped += 1;
                self.right += usize::from(session.truth[stop] <= protocol.until_error);
                self.in_time +=
                    usize::from(latest.is_some_and(|latest| {
                        latest <= protocol.most_answers as f64 && stop as f64 <= latest
                    }));
                stops.push(stop);
            }
        }
        stops.sort_unstable();
        let list = |of: &dyn Fn(usize) -> f64| {
            compared.iter().map(|&answers| format!("{:.2}", of(answers))).collect::<Vec<_>>().join(" ")
        };
        let theirs = peer.map_or("–".to_owned(), |peer| list(&|answers| height(peer, answers as f64)));
        let shown = |excess: Option<f64>| excess.map_or("–".to_owned(), |excess| format!("{excess:.2}"));
        println!(
            "| {} | {} | {best:.2} | {:.2} | {} | {theirs} | {held}/{checkpoints} | {whole}/{} | {} {} | {} of {}, median {} |",
            set.half,
            set.name,
            index(0),
            list(&index),
            sessions.len(),
            shown(late[0]),
            shown(late[1]),
            stops.len(),
            sessions.len(),
            stops.get(stops.len() / 2).map_or("–".to_owned(), usize::to_string),
        );
    }

    fn summary(&self, half: &str) -> String {
        let share = |of: [usize; 2]| {
            if of[0] == 0 {
                "–".to_owned()
            } else {
                format!("{:.1} %", 100.0 * of[1] as f64 / of[0] as f64)
            }
        };
        let median = |values: &[f64]| {
            median(values.to_vec()).map_or("–".to_owned(), |median| format!("{median:.3}"))
        };
        format!(
            "{half}, {} sets: the upper end held at {} of the checkpoints, at nine of ten on {}, always in {} of the runs. With \
             truthful answers it was above the truth by {} after 200 answers and {} after 400 (medians over the sets). Stopping \
             was right in {} of {} runs that stopped, and in time in {} of {} that ought to. The start was near the best one that \
             is told the number of classes on {} of the sets, after 50 answers on {}. Not behind {PEER} at {} of the points; half \
             of its answers on {} of the sets.",
            self.sets,
            share(self.checkpoints),
            share([self.sets, self.mostly_held]),
            share(self.runs),
            median(&self.excess[0]),
            median(&self.excess[1]),
            self.right,
            self.stopped,
            self.in_time,
            self.due,
            share([self.sets, self.near[0]]),
            share([self.sets, self.near[1]]),
            share(self.compared),
            share(self.halved),
        )
    }
}

/// The mean at `x`, on straight lines between the points; the last one beyond them.
fn height(curve: &Curve, x: f64) -> f64 {
    let last = curve.x.len() - 1;
    let Some(after) = curve.x.iter().position(|&point| point >= x) else { return curve.mean[last] };
    if after == 0 {
        return curve.mean[0];
    }
    let share = (x - curve.x[after - 1]) / (curve.x[after] - curve.x[after - 1]);
    curve.mean[after - 1] + share * (curve.mean[after] - curve.mean[after - 1])
}

/// What the curves say of the validation half; of all sets where none of that half is there.
pub struct Summary {
    pub sets: usize,
    /// Share of the points of all curves at which the upper end held, and the sets on which it held at all.
    pub held: f64,
    pub always: usize,
    /// Median over the sets of the upper end less the truth, in the end and with truthful answers.
    pub median_excess: f64,
}

pub fn summary(curves: &[Curve]) -> Summary {
    let validation = halves().unwrap_or_default();
    let is_validation = |curve: &&Curve| {
        let set = curve.series.split('/').next();
        validation.iter().any(|(name, half)| Some(&**name) == set && half == HALVES[1])
    };
    let mut chosen: Vec<&Curve> = curves.iter().filter(is_validation).collect();
    if chosen.is_empty() {
        chosen = curves.iter().collect();
    }
    let ending = |curve: &&&Curve, what: &str| curve.series.ends_with(&format!("/{what}"));
    let held: Vec<&&Curve> = chosen.iter().filter(|curve| ending(curve, HELD)).collect();
    let points: f64 = held.iter().map(|curve| curve.mean.len() as f64).sum();
    let set_of = |curve: &Curve| curve.series.split('/').next().unwrap_or_default().to_owned();
    let mut sets: Vec<String> = held.iter().map(|curve| set_of(curve)).collect();
    sets.dedup();
    let always = |set: &String| {
        held.iter()
            .filter(|curve| set_of(curve) == *set)
            .all(|curve| curve.mean.iter().all(|&mean| mean >= 1.0))
    };
    let last = |set: &str, what: &str| {
        let curve = chosen.iter().find(|curve| curve.series == format!("{set}/0/{what}"));
        curve.and_then(|curve| curve.mean.last().copied())
    };
    let excess = sets.iter().filter_map(|set| Some(last(set, UPPER_END)? - last(set, ERROR)?));
    Summary {
        sets: sets.len(),
        held: held.iter().flat_map(|curve| &curve.mean).sum::<f64>() / points,
        always: sets.iter().filter(|set| always(set)).count(),
        median_excess: median(excess.collect()).unwrap_or(f64::NAN),
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// The name and the half of every set of `sets.csv`.
fn halves() -> Result<Vec<(String, String)>> {
    let path = peers::file("sets.csv");
    let text = std::fs::read_to_string(&path).map_err(|source| Error::Io { path, source })?;
    let row = |line: &str| {
        let mut cells = line.split(',');
        Some((cells.next()?.to_owned(), cells.nth(1)?.to_owned()))
    };
    Ok(text.lines().skip(1).filter_map(row).collect())
}

/// Two pictures: the index, and the stated error against the true one.
fn draw(run: &Run, sets: &[DataSet], curves: &[Curve], peers: &[Curve], protocol: &Protocol) -> Result<()> {
    let of = |curves: &[Curve], series: String| curves.iter().find(|curve| curve.series == series).cloned();
    let most = protocol.most_answers as f64;
    let panel = |set: &DataSet, label: &str, series: Vec<Series>| CurvePanel {
        title: format!("{} ({})", set.name.replace('_', " "), set.half),
        axes: plot::Axes { y_range: Some((0.0, 1.0)), ..plot::Axes::new("Answers", label) },
        series,
        scale: AxisScale::Linear,
    };
    let indices: Vec<CurvePanel> = sets
        .iter()
        .map(|set| {
            let ours = protocol.rates.iter().zip(RATE_COLOURS).filter_map(|(rate, colour)| {
                let curve = of(curves, format!("{}/{rate}/{INDEX}", set.name))?;
                Some(Series::line(wrong(*rate), &curve, colour).without_band())
            });
            let peer = of(peers, format!("{}/{PEER}", set.name))
                .map(|curve| Series::dashed(PEER, &until(&curve, most), PEER_COLOUR).without_band());
            panel(set, "Adjusted Rand index", ours.chain(peer).collect())
        })
        .collect();
    plot::curve_panels(&run.stem(), &indices)?;
    let errors: Vec<CurvePanel> = sets
        .iter()
        .map(|set| {
            let both = protocol.rates.iter().zip(RATE_COLOURS).flat_map(|(rate, colour)| {
                let upper = of(curves, format!("{}/{rate}/{UPPER_END}", set.name));
                let truth = of(curves, format!("{}/{rate}/{ERROR}", set.name));
                let upper = upper.map(|curve| {
                    Series::line(format!("at most, {}", wrong(*rate)), &curve, colour).without_band()
                });
                let truth = truth.map(|curve| {
                    Series::dashed(format!("true, {}", wrong(*rate)), &curve, colour).without_band()
                });
                upper.into_iter().chain(truth)
            });
            panel(set, "Share of wrong samples", both.collect())
        })
        .collect();
    plot::curve_panels(&run.out.join(format!("{}_error", run.name)), &errors)
}

/// Places in the palette: vermillion for the recommended strategy, as elsewhere.
const RATE_COLOURS: [usize; 3] = [1, 4, 2];
const PEER_COLOUR: usize = 6;

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
