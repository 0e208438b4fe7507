//! Are the short ways to the leading eigenpairs right on what the reference experiments meet?
//!
//! Every trial is a random point of a curve of one of the five, on a training set of its own. What the kernel solver returns
//! is held against the full decomposition of the same matrix, and certified by residuals and by inertia.

use std::process::ExitCode;

use ndarray::{Array2, Axis, Slice};
use pal::active::{UniformCaptcha, ask_captcha, random_pairs};
use pal::closed_form::KernelRegime;
use pal::data::{Labelled, circles, views_by_noise};
use pal::experiment::{Experiment, Run, run_main};
use pal::graph::{SimilarityGraph, drop_entries, redraw_labels};
use pal::kernel::{Exponential, gram};
use pal::linalg::{SpectralFactor, count_above, sine_between, symmetric_eigen};
use pal::oracle::{Knowledge, LabelOracle};
use pal::{Error, Result};
use rand::{Rng, RngExt};

pub const EXPERIMENT: Experiment = Experiment {
    name: "certify",
    about: "Holds the kernel solver against full decompositions on random points of the five curves",
    trials: 10_000,
    quick_trials: 25,
    body: run,
    ..Experiment::WITHOUT_FIGURES
};

const WIDTH: usize = 5;
const BETA: f64 = 1e-3;
const NAMES: [&str; 5] = ["active", "contrastive", "interpolation", "missing_entries", "noise"];

/// What must hold of every point: of eigenvalues as they are, of residuals in units of the norm of the matrix, most of which
/// is the penalty on directions in which two training points nearly coincide.
const EIGENVALUES: f64 = 1e-9;
const RESIDUAL: f64 = 1e-10;
/// A gap below this leaves the last vectors undetermined; then only residuals and eigenvalues are looked at.
const LEAST_GAP: f64 = 1e-8;

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

/// Largest deviations of some points.
#[derive(Clone, Copy, Default)]
struct Deviations {
    eigenvalues: f64,
    residual: f64,
    /// Sine of the angle to the true subspace, times the gap in units of the norm.
    subspace: f64,
}

fn run(run: &Run) -> Result<()> {
    let points = run.trials(|t, rng| point(t % NAMES.len(), rng))?;
    println!("{:16} {:>6} {:>12} {:>12} {:>14}", "", "points", "eigenvalues", "residual", "sine x gap");
    for (experiment, name) in NAMES.iter().enumerate() {
        let mut largest = Deviations::default();
        let of_experiment = points.iter().skip(experiment).step_by(NAMES.len());
        let count = of_experiment.len();
        for point in of_experiment {
            largest.eigenvalues = largest.eigenvalues.max(point.eigenvalues);
            largest.residual = largest.residual.max(point.residual);
            largest.subspace = largest.subspace.max(point.subspace);
        }
        let Deviations { eigenvalues, residual, subspace } = largest;
        println!("{name:16} {count:6} {eigenvalues:12.1e} {residual:12.1e} {subspace:14.1e}");
    }
    Ok(())
}

fn point(experiment: usize, rng: &mut impl Rng) -> Result<Deviations> {
    let (samples, views, noise, sigma) =
        [(150, 1, 0.1, 0.2), (300, 1, 0.0, 0.2), (200, 2, 0.1, 1.0), (100, 1, 0.0, 0.2), (300, 1, 0.0, 0.2)]
            [experiment];
    let clean = circles(samples, if views == 1 { noise } else { 0.0 }, rng)?;
    let train = if views == 1 {
        clean
    } else {
        let inputs = views_by_noise(clean.inputs.view(), views, noise, rng)?;
        Labelled { inputs, labels: clean.labels.for_views(views)? }
    };
    let regime = KernelRegime { kernel: Exponential { sigma }, beta: BETA, cutoff: 0.0 };
    let fit = regime.on(train.inputs.view())?;
    let mut solver = fit.solver();
    let graph = match experiment {
        0 if rng.random() => passive(&train, rng)?,
        0 | 1 => {
            let knowledge = queried(&train, rng)?;
            if rng.random() { knowledge.contrastive_graph()? } else { knowledge.positive_graph()? }
        }
        2 => {
            let alpha = [0.5, 1e-3, 1e-6][rng.random_range(0..3)];
            let beside = SimilarityGraph::views(samples, views)?;
            solver.decompose(&SimilarityGraph::mixture([(1.0 - alpha, beside.clone())])?)?;
            let share: f64 = rng.random();
            let revealed: Vec<bool> = (0..samples).map(|_| rng.random_bool(share)).collect();
            let known = train.labels.reveal(|row| row.is_multiple_of(views) && revealed[row / views]);
            SimilarityGraph::mixture([(1.0 - alpha, beside), (alpha, SimilarityGraph::labels(&known))])?
        }
        3 => drop_entries(&SimilarityGraph::labels(&train.labels), rng.random_range(0.5..1.0), rng)?,
        _ => {
            let probability = rng.random();
            SimilarityGraph::contrastive_labels(&redraw_labels(&train.labels, probability, rng)?)
        }
    };
    let pairs = solver.leading(&graph, WIDTH)?;

    let inverse =
        SpectralFactor::new(gram(&Exponential { sigma }, train.inputs.view())?.view(), 0.0)?.power(-1.0);
    let matrix = graph.to_dense() - inverse * BETA;
    compare(&pairs, &matrix)
}

fn compare(pairs: &pal::linalg::Eigenpairs, matrix: &Array2<f64>) -> Result<Deviations> {
    let all = symmetric_eigen(matrix.view())?;
    let eigenvalues =
        pairs.values.iter().zip(&all.values).fold(0.0_f64, |largest, (a, b)| largest.max((a - b).abs()));
    require("eigenvalues of the kernel solver", eigenvalues, EIGENVALUES)?;
    let certificate = pairs.certify(&matrix.view())?;
    let norm = all.values.iter().fold(1.0_f64, |norm, value| norm.max(value.abs()));
    let residual = certificate.residual_norm / norm;
    require("residuals of the kernel solver", residual, RESIDUAL)?;
    require("orthogonality of the kernel solver", certificate.orthogonality, RESIDUAL)?;
    let gap = all.values[WIDTH - 1] - all.values[WIDTH];
    let mut subspace = 0.0;
    if gap > LEAST_GAP {
        let leading = all.vectors.slice_axis(Axis(1), Slice::from(..WIDTH));
        subspace = gap / norm * sine_between(pairs.vectors.view(), leading, WIDTH)?;
        require("subspace of the kernel solver", subspace, RESIDUAL)?;
        let above = count_above(matrix.view(), pairs.values[WIDTH - 1] - 0.5 * gap)?;
        require("count of the kernel solver", above.abs_diff(WIDTH) as f64, 0.0)?;
    }
    Ok(Deviations { eigenvalues, residual, subspace })
}

fn require(what: &'static str, value: f64, tolerance: f64) -> Result<()> {
    if value <= tolerance {
        return Ok(());
    }
    Err(Error::NotConverged { solver: what, iterations: 0, residual: value, tolerance })
}

/// What is known after some rounds of questions.
fn queried(train: &Labelled, rng: &mut impl Rng) -> Result<Knowledge> {
    let mut knowledge = Knowledge::first_of_each_class(&train.labels)?;
    let mut oracle = LabelOracle::new(&train.labels);
    for _ in 0..rng.random_range(0..80) {
        // This strategy does not look at the representation.
        ask_captcha(&UniformCaptcha { size: 10 }, &mut oracle, &mut knowledge, train.inputs.view(), rng)?;
    }
    Ok(knowledge)
}

/// The identity and some random pairs.
fn passive(train: &Labelled, rng: &mut impl Rng) -> Result<SimilarityGraph> {
    let n = train.labels.len();
    let truth = SimilarityGraph::contrastive_labels(&train.labels);
    let seen = rng.random_range(1..790);
    let pairs = random_pairs(n, seen, rng)?
        .into_iter()
        .map(|pair| (pair.first(), pair.second()))
        .map(|(i, j)| Ok((i, j, truth.entry(i, j)?)))
        .collect::<Result<Vec<_>>>()?;
    SimilarityGraph::mixture([(1.0, SimilarityGraph::identity(n)?), (1.0, SimilarityGraph::pairs(n, pairs)?)])
}
