//! Adjusted Rand index against answers over the suite of `sets.py`, for methods that exist on paper: A3S, and information-theoretic
//! active correlation clustering (ITACC) with the entropy or the joint gain as what makes a pair worth asking about. They begin
//! with the start and the features that `pal` has.
//!
//! ```text
//! rivals [--seeds N] [NAME ...]
//! ```
//!
//! measures the sets that are named, else all that are there, and puts the curves, SET/METHOD, into `rivals.csv`; those of other
//! sets stay. The annotator answers truthfully. No method is told the number of classes, and options are the same everywhere.
//! ITACC is measured on small sets only.

use std::env;
use std::error::Error;
use std::time::Instant;

use ndarray::Array2;
use pal::Result;
use pal::active::{WarmStart, WarmStartOptions};
use pal::experiment::{Curve, write_curves};
use pal::oracle::{LabelOracle, Oracle, Pair};
use pal::probe::adjusted_rand_index;
use pal::random::stream;

use a3s::A3s;
use correlation::{Acquisition, CorrelationClustering, MOST_SAMPLES, Options};
use interview::Interview;
use probabilities::pair_probabilities;
use suite::{DataSet, suite};

mod a3s;
mod correlation;
mod interview;
#[path = "../../../experiments/peers.rs"]
mod peers;
mod probabilities;
#[path = "../../../experiments/suite.rs"]
mod suite;

/// ITACC by what it asks for; without, A3S.
const RIVALS: [(&str, Option<Acquisition>); 3] = [
    ("A3S", None),
    ("ITACC entropy", Some(Acquisition::Entropy)),
    ("ITACC gain", Some(Acquisition::JointGain { draws: 3, pairs: 50 })),
];
const CURVES: &str = "rivals.csv";
const MOST_ANSWERS: usize = 300;
/// The similarity of samples before they are asked about: that of the authors where a clustering is given.
const PRIOR: f64 = 0.01;
const BETA: f64 = 1.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut names: Vec<String> = env::args().skip(1).collect();
    let mut seeds = 1;
    if let Some(option) = names.iter().position(|name| name == "--seeds") {
        seeds = names.get(option + 1).ok_or("--seeds: expected a number")?.parse()?;
        names.drain(option..=option + 1);
    }
    let sets = suite()?;
    if let Some(unknown) = names.iter().find(|name| !sets.iter().any(|set| set.name == **name)) {
        return Err(format!("{unknown}: there is no such set").into());
    }
    // As `unseen.py` has them.
    let at: Vec<usize> = (0..50).step_by(5).chain((50..=MOST_ANSWERS).step_by(25)).collect();
    let x: Vec<f64> = at.iter().map(|&answers| answers as f64).collect();
    for set in sets.iter().filter(|set| names.is_empty() || names.contains(&set.name)) {
        for (rival, acquisition) in RIVALS {
            if acquisition.is_some() && set.truth.len() > MOST_SAMPLES {
                continue;
            }
            let started = Instant::now();
            let rows =
                (0..seeds).map(|seed| indices(set, acquisition, seed, &at)).collect::<Result<Vec<_>>>()?;
            let curve = Curve::from_trials(format!("{}/{rival}", set.name), &x, &rows)?;
            let means: Vec<String> = curve.mean.iter().map(|mean| format!("{mean:.3}")).collect();
            println!(
                "{} ({}): {}; {:.0} s",
                curve.series,
                set.half,
                means.join(" "),
                started.elapsed().as_secs_f64()
            );
            put(curve)?;
        }
    }
    Ok(())
}

/// The index after each of the numbers of answers; where there is nothing left to ask, the last one.
fn indices(set: &DataSet, acquisition: Option<Acquisition>, seed: u64, at: &[usize]) -> Result<Vec<f64>> {
    let options = WarmStartOptions { seed, ..WarmStartOptions::default() };
    let start = WarmStart::of_features(set.inputs.view(), &options)?;
    let mut rng = stream(seed, 0);
    let mut annotator = LabelOracle::new(&set.labels);
    let mut answer = |pair: Pair| annotator.answer(&pair);
    let mut every = Vec::with_capacity(MOST_ANSWERS + 1);
    let mut watch = |_: usize, clusters: &[usize]| {
        every.push(adjusted_rand_index(clusters, &set.truth)?);
        Ok(())
    };
    let interview = Interview::new(&mut answer, MOST_ANSWERS, &mut watch);
    let clusters = start.clusters();
    if let Some(acquisition) = acquisition {
        let similarities = Array2::from_shape_fn((start.len(), start.len()), |(i, j)| {
            if clusters[i] == clusters[j] { PRIOR } else { -PRIOR }
        });
        let options = Options { beta: BETA, acquisition };
        CorrelationClustering::new(similarities, clusters.to_vec(), options)?.run(interview, &mut rng)?;
    } else {
        let probabilities = pair_probabilities(start.features(), clusters, &mut rng);
        A3s::new(start.micro_clusters().to_vec(), probabilities)?.run(interview)?;
    }
    Ok(at.iter().map(|&answers| every[answers.min(every.len() - 1)]).collect())
}

/// Into the file, in the place of a curve of that name.
fn put(curve: Curve) -> Result<()> {
    let path = peers::file(CURVES);
    let mut curves = if path.exists() { peers::curves(CURVES)?.to_vec() } else { Vec::new() };
    match curves.iter_mut().find(|other| other.series == curve.series) {
        Some(other) => *other = curve,
        None => curves.push(curve),
    }
    write_curves(&path, &curves)
}
