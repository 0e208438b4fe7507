//! How many answers about pairs does it take to find the classes of real data?
//!
//! An annotator says truthfully of two samples whether they belong together. Every strategy starts from the same clusters and
//! the same representation, with the same options on every set, and knows neither classes nor their number. The Python packages
//! that ask such questions were measured by `benches/peers/pairs.py`.

use std::fmt;
use std::process::ExitCode;
use std::sync::Arc;

use pal::active::{Belief, BeliefOptions, STRATEGIES, WarmStart, WarmStartOptions, learning_curve, strategy};
use pal::data::{Labelled, breast_cancer, digits, iris, wine};
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Story, require, run_main,
};
use pal::oracle::{LabelOracle, Oracle};
use pal::plot::{AxisScale, CurvePanel, Series};
use pal::probe::adjusted_rand_index;
use pal::{Result, plot};
use rand::Rng;
use serde::Serialize;

mod peers;

pub const EXPERIMENT: Experiment = Experiment {
    name: "pairs_on_real_data",
    about: "Agreement with the true classes of four data sets against number of answers about pairs, by strategy",
    trials: 10,
    quick_trials: 1,
    length: Length::Long,
    body: run,
    draw,
    story: STORY,
    claims: CLAIMS,
};

#[derive(Clone, Copy, Serialize)]
struct Protocol {
    /// Most answers on digits: of the recommended strategy, of the others, and of the two that take longest, since one looks
    /// ahead and one asks about two new samples each time.
    on_digits: [usize; 3],
    /// Most answers on the other sets.
    on_others: usize,
}

const FULL: Protocol = Protocol { on_digits: [700, 400, 200], on_others: 100 };
const QUICK: Protocol = Protocol { on_digits: [25, 25, 10], on_others: 15 };

/// The curves of the Python packages.
const PEER_CURVES: &str = "pairs.csv";

const SLOW: [&str; 2] = ["error-reduction", "random"];
/// The recommended strategy.
const PAL: &str = STRATEGIES[0];

const STORY: Story = Story {
    title: "Answers about pairs of real samples",
    description: "A truthful annotator says whether two samples belong together, and each strategy chooses the pairs. \
                  Options are the same on all sets, and the number of classes is unknown. Dashed are the Python packages \
                  that ask such questions; all but COBRAS are told the number of classes.",
    findings: |curves| {
        let number =
            |answers: Option<f64>| answers.map_or("more".to_owned(), |answers| format!("{answers:.0}"));
        let reached = levels(curves)?.into_iter().map(|level| {
            let peer = level
                .peer
                .as_ref()
                .map_or("none".to_owned(), |(answers, peer)| format!("{answers:.0}, {peer}"));
            let set = level.set.replace('_', " ");
            format!("{} answers ({peer}) for {:.2} on {set}", number(level.pal), level.index)
        });
        let (pal, error_reduction) = (curves.of("digits/pal")?, curves.of("digits/error-reduction")?);
        Ok(format!(
            "What pal needs to reach a level of the index, and in brackets the best of the packages, whose first \
             measurement is at 10 answers on digits and at 5 elsewhere: {}. The other strategies share its starting \
             clusters and its inference, and differ in their questions alone. On digits, pal settles what the \
             clusters are before it asks about samples: after 25 answers it is at {:.2} and error reduction at {:.2}, \
             after 200 at {:.2} and {:.2}.",
            reached.collect::<Vec<_>>().join("; "),
            pal.near(25.0),
            error_reduction.near(25.0),
            pal.near(200.0),
            error_reduction.near(200.0),
        ))
    },
    pictures: &[Picture::new(
        "",
        "Adjusted Rand index against the number of answers, on four data sets; strategies solid, packages dashed.",
    )],
};

const CLAIMS: &[Claim] = &[
    Claim::of_every_run("Ten strategies on four sets.", |curves| {
        require(curves.len() == 40, || format!("{} curves", curves.len()))
    }),
    Claim::of_full_protocol("The recommended strategy needs half the answers of its peers.", |curves| {
        levels(curves)?.into_iter().try_for_each(|level| {
            let pal = level.pal.unwrap_or(f64::INFINITY);
            let most = level.peer.as_ref().map_or(f64::MAX, |(peer, _)| 0.5 * peer);
            require(pal <= most, || level.to_string())
        })
    }),
];

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

/// A data set: its name, its title in the picture, and where it comes from.
struct DataSet {
    name: &'static str,
    title: &'static str,
    /// Lower end of the vertical axis, unless a curve goes below.
    floor: f64,
    read: fn() -> Result<Labelled>,
}

const DATA_SETS: [DataSet; 4] = [
    DataSet { name: "digits", title: "Digits (1797)", floor: 0.5, read: digits },
    DataSet { name: "iris", title: "Iris (150)", floor: 0.5, read: iris },
    DataSet { name: "wine", title: "Wine (178)", floor: 0.6, read: wine },
    DataSet { name: "breast_cancer", title: "Breast cancer (569)", floor: 0.5, read: breast_cancer },
];

impl DataSet {
    /// The numbers of answers after which is measured: none, and those of the peers.
    fn answers(&self, strategy: &str, protocol: Protocol) -> Vec<usize> {
        let (all, most): (Vec<usize>, usize) = if self.name == "digits" {
            let pace = if strategy == PAL { 0 } else { 1 + usize::from(SLOW.contains(&strategy)) };
            ([0, 10, 25, 50].into_iter().chain((100..=700).step_by(50)).collect(), protocol.on_digits[pace])
        } else {
            ((0..=100).step_by(5).collect(), protocol.on_others)
        };
        all.into_iter().filter(|&answers| answers <= most).collect()
    }
}

fn run(run: &Run) -> Result<()> {
    let protocol = run.scale.of(FULL, QUICK);
    let sets = DATA_SETS.iter().map(|set| Ok((set, (set.read)()?))).collect::<Result<Vec<_>>>()?;
    let cases: Vec<(usize, &str)> =
        (0..sets.len()).flat_map(|set| STRATEGIES.map(|strategy| (set, strategy))).collect();
    // By trial, then by data set and strategy: the index after each number of answers.
    let trials = run.trials(|trial, rng| {
        let mut rows = Vec::new();
        for (set, data) in &sets {
            let options = WarmStartOptions { seed: run.trial_seed(trial), ..WarmStartOptions::default() };
            let start = Arc::new(WarmStart::of_features(data.inputs.view(), &options)?);
            for strategy in STRATEGIES {
                rows.push(indices(&start, data, strategy, &set.answers(strategy, protocol), rng)?);
            }
        }
        Ok(rows)
    })?;
    let mut curves = Vec::new();
    for (position, &(set, strategy)) in cases.iter().enumerate() {
        let set = sets[set].0;
        let x: Vec<f64> = set.answers(strategy, protocol).into_iter().map(|answers| answers as f64).collect();
        let rows: Vec<&Vec<f64>> = trials.iter().map(|trial| &trial[position]).collect();
        curves.push(Curve::from_trials(format!("{}/{strategy}", set.name), &x, &rows)?);
    }
    let curves = Curves::from(curves);
    run.save(&curves, &protocol)?;
    println!("| data set | index | answers, pal | answers, best peer | ratio |\n|---|---|---|---|---|");
    for level in levels(&curves)? {
        println!("{level}");
    }
    draw(&run.outputs, &curves)
}

fn draw(outputs: &Outputs, curves: &Curves) -> Result<()> {
    let peers = peers::curves(PEER_CURVES)?;
    let panels: Vec<CurvePanel> = DATA_SETS.iter().map(|set| panel(set, curves, &peers)).collect();
    plot::curve_panels(&outputs.picture(""), &panels)
}

/// The adjusted Rand index after each number of `answers`; where a strategy has nothing left to ask, its last one.
fn indices(
    start: &Arc<WarmStart>,
    data: &Labelled,
    name: &str,
    answers: &[usize],
    rng: &mut impl Rng,
) -> Result<Vec<f64>> {
    let truth: Vec<usize> = data.labels.iter().flatten().collect();
    let mut annotator = LabelOracle::new(&data.labels);
    let mut belief = Belief::new(Arc::clone(start), BeliefOptions::default())?;
    let ask = |pair| annotator.answer(&pair);
    let index = |belief: &Belief| adjusted_rand_index(belief.classes(), &truth);
    learning_curve(&mut belief, &strategy(name)?, ask, answers, rng, index)
}

/// All strategies, and dashed the peers; the recommended one with its band.
fn panel(set: &DataSet, curves: &[Curve], peers: &[Curve]) -> CurvePanel {
    let of = |curves: &[Curve], name: &str| {
        curves.iter().find(|curve| curve.series == format!("{}/{name}", set.name)).cloned()
    };
    let peers = PEERS
        .iter()
        .filter_map(|&(name, colour)| Some(Series::dashed(name, &of(peers, name)?, colour).without_band()));
    let others = STRATEGIES[1..]
        .iter()
        .zip(COLOURS)
        .filter_map(|(&name, colour)| Some(Series::line(name, &of(curves, name)?, colour).without_band()));
    let recommended = of(curves, PAL).map(|curve| Series::line(PAL, &curve, PAL_COLOUR));
    let axes = plot::Axes {
        y_range: Some((set.floor, 1.0)),
        ..plot::Axes::new("Answers about pairs", "Adjusted Rand index")
    };
    CurvePanel {
        title: set.title.to_owned(),
        axes,
        series: recommended.into_iter().chain(peers).chain(others).collect(),
        scale: AxisScale::Linear,
    }
}

/// Places in the palette: vermillion for the recommended strategy alone.
const PAL_COLOUR: usize = 1;
const COLOURS: [usize; 9] = [7, 4, 2, 5, 0, 3, 8, 9, 10];
const PEERS: [(&str, usize); 4] = [("COBRAS", 6), ("NPU", 0), ("MinMax", 3), ("ExploreConsolidate", 2)];

/// Levels of the index that say how fast classes are found.
const LEVELS: [(&str, &[f64]); 4] = [
    ("digits", &[0.69, 0.78, 0.84, 0.87, 0.95]),
    ("iris", &[0.78, 0.86]),
    ("wine", &[0.87, 0.93]),
    ("breast_cancer", &[0.69, 0.74]),
];

/// A level of the index on a data set, the answers until the recommended strategy reaches it, and those of the first peer.
struct Level {
    set: &'static str,
    index: f64,
    pal: Option<f64>,
    peer: Option<(f64, String)>,
}

/// A row of a table.
impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let pal = self.pal.map_or("not reached".to_owned(), |answers| format!("{answers:.0}"));
        let peer = match &self.peer {
            Some((answers, peer)) => format!("{answers:.0} ({peer})"),
            None => "not reached".to_owned(),
        };
        let ratio = match (self.pal, &self.peer) {
            (Some(pal), Some((peer, _))) => format!("{:.2}", pal / peer),
            _ => "–".to_owned(),
        };
        write!(f, "| {} | {:.2} | {pal} | {peer} | {ratio} |", self.set, self.index)
    }
}

/// Every level, from the curves of this experiment and those of the peers.
fn levels(curves: &Curves) -> Result<Vec<Level>> {
    let peers = peers::curves(PEER_CURVES)?;
    let level = |set: &'static str, index: f64| {
        let pal = curves.iter().find(|curve| curve.series == format!("{set}/{PAL}"));
        let of_peers = peers.iter().filter_map(|curve| {
            let peer = curve.series.strip_prefix(set)?.strip_prefix('/')?;
            Some((answers_until(curve, index)?, peer.to_owned()))
        });
        Level {
            set,
            index,
            pal: pal.and_then(|curve| answers_until(curve, index)),
            peer: of_peers.min_by(|a, b| a.0.total_cmp(&b.0)),
        }
    };
    Ok(LEVELS
        .iter()
        .flat_map(|&(set, indices)| indices.iter().map(|&index| level(set, index)).collect::<Vec<_>>())
        .collect())
}

/// Where the mean first reaches `level`, on straight lines between the points; the first point if it is there already.
fn answers_until(curve: &Curve, level: f64) -> Option<f64> {
    let (x, mean) = (&curve.x, &curve.mean);
    let reached = mean.iter().position(|&mean| mean >= level)?;
    if reached == 0 {
        return Some(x[0]);
    }
    let share = (level - mean[reached - 1]) / (mean[reached] - mean[reached - 1]);
    Some(x[reached - 1] + share * (x[reached] - x[reached - 1]))
}
