//! Does training find what the closed forms predict?
//!
//! Descent from random starts on each squared loss, in the free, linear and kernel regimes: how far its value is above the
//! closed form's and its span from the closed form's span, iteration by iteration; and a perceptron beside them.

use std::process::ExitCode;

use ndarray::{Array2, ArrayView2};
use pal::closed_form::{KernelRegime, LinearRegime, free};
use pal::data::circles;
use pal::experiment::{Curve, Experiment, Run, run_main};
use pal::graph::SimilarityGraph;
use pal::kernel::{Exponential, gram};
use pal::linalg::{SpectralFactor, sine_between};
use pal::loss::SpectralLoss;
use pal::model::{Activation, FullBatch, Lbfgs, Network, lbfgs};
use pal::{Result, plot};
use rand::Rng;
use serde::Serialize;

mod descent;
use descent::Problem;

pub const EXPERIMENT: Experiment = Experiment {
    name: "training_meets_theory",
    about: "Gap to the closed form and angle to its span over the iterations of training",
    trials: 20,
    quick_trials: 2,
    body: run,
};

#[derive(Serialize)]
struct Protocol {
    n_train: usize,
    noise: f64,
    width: usize,
    /// Weight of the invariance term of VIC²: large enough to span the classes alone.
    lambda: f64,
    /// Penalty `2β‖W‖²`, without which squared Barlow Twins has many minimisers.
    beta: f64,
    sigma: f64,
    iterations: usize,
    hidden: [usize; 2],
}

const PROTOCOL: Protocol = Protocol {
    n_train: 60,
    noise: 0.1,
    width: 4,
    lambda: 1.0,
    beta: 1e-3,
    sigma: 1.0,
    iterations: 300,
    hidden: [64, 64],
};

/// The losses, and what their pictures are called after.
const LOSSES: [(&str, &str, SpectralLoss); 3] = [
    ("SimCLR²", "simclr2", SpectralLoss::SimClr2),
    ("VIC²", "vic2", SpectralLoss::Vic2 { lambda: PROTOCOL.lambda }),
    ("BT²", "bt2", SpectralLoss::BarlowTwins2),
];
const REGIMES: [&str; 4] = ["free", "linear", "kernel", "perceptron"];

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

fn run(run: &Run) -> Result<()> {
    // By loss, then by regime.
    let trials = run.trials(|_, rng| trial(rng))?;
    let x: Vec<f64> = (0..=PROTOCOL.iterations).map(|iteration| iteration as f64).collect();
    let mut all = Vec::new();
    for (loss, (name, slug, _)) in LOSSES.iter().enumerate() {
        let curves = |quantity: fn(&Path) -> &Vec<f64>, what: &str| {
            (0..REGIMES.len())
                .map(|regime| {
                    let rows: Vec<_> = trials.iter().map(|trial| quantity(&trial[loss][regime])).collect();
                    Curve::from_trials(format!("{name}, {}{what}", REGIMES[regime]), &x, &rows)
                })
                .collect::<Result<Vec<_>>>()
        };
        let gaps = curves(|path| &path.gaps, "")?;
        let angles = curves(|path| &path.sines, ", angle")?;
        let stem = |view: &str| run.out.join(format!("{}_{slug}_{view}", run.name));
        let gap_axes = plot::Axes::new("Iterations", "log₁₀ of gap of the loss");
        plot::curves(&if loss == 0 { run.stem() } else { stem("gap") }, &gaps, &gap_axes)?;
        plot::curves(&stem("angle"), &angles, &plot::Axes::new("Iterations", "log₁₀ of sine of angle"))?;
        all.extend(gaps.into_iter().chain(angles));
    }
    run.save(&all, &PROTOCOL)
}

/// A descent, iteration by iteration; from where it stopped on, its end.
#[derive(Default)]
struct Path {
    /// `log₁₀` of the value above the closed form's, over one plus that, at least [`FLOOR`].
    gaps: Vec<f64>,
    /// `log₁₀` of the sine of the largest angle between the spans.
    sines: Vec<f64>,
}

/// Rounding: smaller numbers are drawn as this.
const FLOOR: f64 = 1e-15;

impl Path {
    fn push(&mut self, value: f64, z: ArrayView2<f64>, best: (f64, ArrayView2<f64>, usize)) -> Result<()> {
        let (least, span, rank) = best;
        self.gaps.push(((value - least) / (1.0 + least.abs())).max(FLOOR).log10());
        self.sines.push(sine_between(z, span, rank)?.max(FLOOR).log10());
        Ok(())
    }

    fn completed(mut self) -> Self {
        for row in [&mut self.gaps, &mut self.sines] {
            let last = row.last().copied().unwrap_or_default();
            row.resize(PROTOCOL.iterations + 1, last);
        }
        self
    }
}

fn trial(rng: &mut impl Rng) -> Result<Vec<Vec<Path>>> {
    let Protocol { n_train, noise, width, beta, sigma, .. } = PROTOCOL;
    let train = circles(n_train, noise, rng)?;
    let inputs = train.inputs.view();
    let graph = SimilarityGraph::labels(&train.labels);
    let kernel = Exponential { sigma };
    let regime = KernelRegime::new(kernel, beta).on(inputs)?;
    let root = SpectralFactor::new(gram(&kernel, inputs)?.view(), 0.0)?.power(0.5);
    let identity = Array2::eye(n_train);
    let monomials = monomials(inputs);
    let linear = LinearRegime::new(monomials.view(), beta)?;
    LOSSES
        .iter()
        .map(|&(.., loss)| {
            let unconstrained = free(loss, &graph, width, beta)?;
            let of_monomials = linear.minimise(loss, &graph, width)?;
            let of_kernel = regime.minimise(loss, &graph, width)?;
            let classes = free(loss, &graph, width, 0.0)?;
            let mut descend = |features: &Array2<f64>, least: f64, z: &Array2<f64>, rank: usize| {
                let problem = Problem { loss, graph: &graph, features: features.view(), beta, width };
                problem.path((least, z.view(), rank), rng)
            };
            Ok(vec![
                descend(&identity, unconstrained.value, &unconstrained.z, unconstrained.rank())?,
                descend(&monomials, of_monomials.value, &of_monomials.z, of_monomials.rank())?,
                descend(&root, of_kernel.value, &of_kernel.z, of_kernel.rank())?,
                perceptron(loss, &graph, inputs, (classes.value, classes.z.view(), classes.rank()), rng)?,
            ])
        })
        .collect()
}

impl Problem<'_> {
    fn path(&self, best: (f64, ArrayView2<f64>, usize), rng: &mut impl Rng) -> Result<Path> {
        let mut path = Path::default();
        self.descend(options(), rng, |progress| {
            path.push(progress.value, self.represent(progress.point)?.view(), best)
        })?;
        Ok(path.completed())
    }
}

/// A perceptron without a penalty, against the free optimum that it can at best reach.
fn perceptron(
    loss: SpectralLoss,
    graph: &SimilarityGraph,
    inputs: ArrayView2<f64>,
    best: (f64, ArrayView2<f64>, usize),
    rng: &mut impl Rng,
) -> Result<Path> {
    let [first, second] = PROTOCOL.hidden;
    let network = Network::mlp(&[inputs.ncols(), first, second, PROTOCOL.width], Activation::Tanh, rng)?;
    let mut problem = FullBatch::new(network.clone(), &loss, graph, inputs)?;
    let mut observed = FullBatch::new(network, &loss, graph, inputs)?;
    let mut path = Path::default();
    lbfgs(
        problem.point(),
        options(),
        |point| problem.value_and_gradient(point),
        |progress| path.push(progress.value, observed.represent(progress.point)?.view(), best),
    )?;
    Ok(path.completed())
}

fn options() -> Lbfgs {
    Lbfgs { iterations: PROTOCOL.iterations, ..Lbfgs::default() }
}

/// All monomials of degree up to 4 in two coordinates over their largest radius: what is linear in them tells rings apart.
fn monomials(inputs: ArrayView2<f64>) -> Array2<f64> {
    const DEGREE: i32 = 4;
    const RADIUS: f64 = 4.0;
    let exponents: Vec<(i32, i32)> =
        (0..=DEGREE).flat_map(|total| (0..=total).map(move |y| (total - y, y))).collect();
    Array2::from_shape_fn((inputs.nrows(), exponents.len()), |(i, j)| {
        (inputs[[i, 0]] / RADIUS).powi(exponents[j].0) * (inputs[[i, 1]] / RADIUS).powi(exponents[j].1)
    })
}
