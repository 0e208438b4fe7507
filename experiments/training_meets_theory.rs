//! Does training find what the closed forms predict?
//!
//! Descent from random starts on each squared loss, in the free, linear and kernel regimes: how far its value is above the
//! closed form's and its span from the closed form's span, iteration by iteration; and a perceptron beside them.

use std::process::ExitCode;

use ndarray::{Array2, ArrayView2};
use pal::closed_form::{KernelRegime, LinearRegime, free};
use pal::data::circles;
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Story, require, run_main,
};
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
    length: Length::Short,
    body: run,
    draw,
    story: STORY,
    claims: CLAIMS,
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
/// What the names of the series end with, for each of the two quantities.
const GAP: &str = "";
const ANGLE: &str = ", angle";

fn series(loss: &str, regime: &str, quantity: &str) -> String {
    format!("{loss}, {regime}{quantity}")
}

const STORY: Story = Story {
    title: "Training finds the closed forms",
    description: "L-BFGS descends on each squared loss from random entries: on Z itself, on weights of monomials, on \
                  functions of an RKHS, all with the penalty of the closed form, and on a perceptron without one. Drawn \
                  is how far the loss is above its closed-form minimum, and the span from its span.",
    findings: |curves| {
        let of = |regime: &str, quantity: &str| curves.of(&series(LOSSES[0].0, regime, quantity));
        Ok(format!(
            "Free representations reach the minimum of SimCLR² to rounding within 30 iterations, functions of the \
             RKHS need about a hundred, and monomials, which are nearly dependent, are at a gap of 10^{:.0} after {}. \
             The spans follow, to sines of 10^{:.0}, 10^{:.0} and 10^{:.0}; the perceptron, measured against the free \
             minimum, stays above it at 10^{:.1}.",
            of("linear", GAP)?.last(),
            of("linear", GAP)?.end(),
            of("free", ANGLE)?.last(),
            of("kernel", ANGLE)?.last(),
            of("linear", ANGLE)?.last(),
            of("perceptron", GAP)?.last(),
        ))
    },
    pictures: &[
        Picture::new("", "SimCLR²: gap of the loss."),
        Picture::new("_simclr2_angle", "SimCLR²: angle of the spans."),
        Picture::new("_vic2_gap", "VIC²: gap of the loss."),
        Picture::new("_vic2_angle", "VIC²: angle of the spans."),
        Picture::new("_bt2_gap", "BT²: gap of the loss."),
        Picture::new("_bt2_angle", "BT²: angle of the spans."),
    ],
};

/// Regimes with a closed form, and where their gap and angle end at most, as logarithms.
const ENDS: [(&str, f64, f64); 3] = [("free", -9.0, -4.0), ("kernel", -4.0, -2.0), ("linear", -1.5, 0.1)];

const CLAIMS: &[Claim] = &[
    Claim::of_every_run("Descent finds the closed forms (claims T18, T19, T28, T29 and T47).", |curves| {
        for (loss, ..) in LOSSES {
            for (regime, gap, sine) in ENDS {
                let gaps = &curves.of(&series(loss, regime, GAP))?.mean;
                require(gaps.windows(2).all(|pair| pair[1] <= pair[0] + 1e-9), || {
                    format!("{loss}, {regime} does not descend")
                })?;
                require(gaps[300] < gap, || format!("{loss}, {regime}: a gap of 10^{}", gaps[300]))?;
                let angle = curves.of(&series(loss, regime, ANGLE))?.mean[300];
                require(angle < sine, || format!("{loss}, {regime}: a sine of 10^{angle}"))?;
            }
        }
        Ok(())
    }),
    Claim::of_every_run("A perceptron descends, and not below the free minimum.", |curves| {
        LOSSES.iter().try_for_each(|(loss, ..)| {
            let gaps = &curves.of(&series(loss, "perceptron", GAP))?.mean;
            require(gaps[300] < gaps[0] - 1.0 && gaps[300] >= -15.0, || {
                format!("{loss}: from 10^{} to 10^{}", gaps[0], gaps[300])
            })
        })
    }),
];

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

fn run(run: &Run) -> Result<()> {
    // By loss, then by regime.
    let trials = run.trials(|_, rng| trial(rng))?;
    let x: Vec<f64> = (0..=PROTOCOL.iterations).map(|iteration| iteration as f64).collect();
    let mut all = Vec::new();
    type Quantity = fn(&Path) -> &Vec<f64>;
    let quantities: [(&str, Quantity); 2] = [(GAP, |path| &path.gaps), (ANGLE, |path| &path.sines)];
    for (loss, (name, ..)) in LOSSES.iter().enumerate() {
        for (what, quantity) in quantities {
            for (regime, of_regime) in REGIMES.iter().enumerate() {
                let rows: Vec<_> = trials.iter().map(|trial| quantity(&trial[loss][regime])).collect();
                all.push(Curve::from_trials(series(name, of_regime, what), &x, &rows)?);
            }
        }
    }
    let curves = Curves::from(all);
    run.save(&curves, &PROTOCOL)?;
    draw(&run.outputs, &curves)
}

fn draw(outputs: &Outputs, curves: &Curves) -> Result<()> {
    for (loss, (name, slug, _)) in LOSSES.iter().enumerate() {
        let panel = |ending: &str, what: &str, y: &str| {
            let shown = curves.select(&REGIMES.map(|regime| series(name, regime, what)))?;
            plot::curves(&outputs.picture(ending), &shown, &plot::Axes::new("Iterations", y))
        };
        let ending = if loss == 0 { String::new() } else { format!("_{slug}_gap") };
        panel(&ending, GAP, "log₁₀ of gap of the loss")?;
        panel(&format!("_{slug}_angle"), ANGLE, "log₁₀ of sine of angle")?;
    }
    Ok(())
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
