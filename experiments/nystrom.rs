//! How many landmarks, or random features, does the kernel regime need, and which landmarks?
//!
//! The leading eigenpairs of `T = G − βK⁻¹` for the graph of all labels, on circles and on handwritten digits, from the pencil of
//! order `m` that features give (claims T30 and T32), against those of the dense matrix of order `n`.

use std::process::ExitCode;

use ndarray::{Array2, ArrayView2};
use pal::closed_form::{FeatureRegime, KernelRegime};
use pal::data::{Labelled, circles, digits};
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Scale, Story, require, run_main,
};
use pal::graph::SimilarityGraph;
use pal::kernel::{Exponential, Gaussian, Landmarks, Nystrom, RadialKernel, RandomFeatures};
use pal::linalg::{Eigenpairs, sine_between};
use pal::plot::{AxisScale, CurvePanel, Series};
use pal::{Result, plot};
use rand::Rng;
use serde::Serialize;

pub const EXPERIMENT: Experiment = Experiment {
    name: "nystrom",
    about: "Error of eigenvalues and angle of eigenvectors against the number of landmarks or random features",
    trials: 10,
    quick_trials: 2,
    length: Length::Long,
    body: run,
    draw,
    story: STORY,
    claims: CLAIMS,
};

#[derive(Serialize)]
struct Protocol {
    /// Samples of the circles, and how many of the digits, the first ones.
    n: [usize; 2],
    noise: f64,
    /// Length scales of the exponential kernel on circles and of the Gaussian one on digits.
    sigma: [f64; 2],
    beta: f64,
    /// Features, landmarks or random ones.
    features: &'static [usize],
    /// Rounds of Lloyd's algorithm after k-means++.
    rounds: usize,
}

const PROTOCOL: Protocol = Protocol {
    n: [1500, 1347],
    noise: 0.1,
    sigma: [0.2, 2.0],
    beta: 1e-3,
    features: &[16, 32, 64, 128, 256, 512, 1024],
    rounds: 5,
};
const QUICK: Protocol = Protocol { n: [200, 300], features: &[16, 32, 64, 128], ..PROTOCOL };

const SETS: [&str; 2] = ["circles", "digits"];
const RULES: [&str; 4] = ["uniform", "leverage scores", "k-means++", "random features"];
/// What the names of the series end with, for each of the two quantities.
const VALUES: &str = "eigenvalues";
const ANGLE: &str = "angle";

fn series(set: &str, rule: &str, quantity: &str) -> String {
    format!("{set}, {rule}, {quantity}")
}

const STORY: Story = Story {
    title: "Landmarks and random features",
    description: "The leading eigenvectors of G − βK⁻¹, one a class, for the graph of all labels, once from the dense matrix \
                  and once on features: Nyström features on landmarks, drawn uniformly, in proportion to their ridge leverage \
                  scores, or means of clusters (k-means++ and five rounds of Lloyd's algorithm), and random Fourier features. \
                  Circles with the exponential kernel (n = 1500), digits with the Gaussian one (n = 1347).",
    findings: |curves| {
        let error = |set: usize, rule: usize, m: f64| -> Result<String> {
            let error = 100.0 * curves.of(&series(SETS[set], RULES[rule], VALUES))?.near(m);
            let decimals = [2, 1, 0][usize::from(error >= 1.0) + usize::from(error >= 10.0)];
            Ok(format!("{error:.decimals$} %"))
        };
        let sine = curves.of(&series(SETS[1], RULES[2], ANGLE))?;
        Ok(format!(
            "With 128 means of clusters the worst of the leading eigenvalues is off by {} on circles and {} on digits, where \
             as many uniform landmarks leave {} and {}, and four times as many {} and {}. Leverage scores draw outliers first: \
             they gain nothing on uniform draws of few, and a little of many, {} against {} with 1024 on circles. Random \
             features are the worst of few, and with 512 and more the best on circles, {} with 1024. Eigenvalues, which are \
             quotients at a stationary point, are off by about the square of the sine: on digits 1024 means leave {} at a sine \
             of {:.2}.",
            error(0, 2, 128.0)?,
            error(1, 2, 128.0)?,
            error(0, 0, 128.0)?,
            error(1, 0, 128.0)?,
            error(0, 0, 512.0)?,
            error(1, 0, 512.0)?,
            error(0, 1, 1024.0)?,
            error(0, 0, 1024.0)?,
            error(0, 3, 1024.0)?,
            error(1, 2, 1024.0)?,
            sine.near(1024.0),
        ))
    },
    pictures: &[Picture::new(
        "",
        "Error of the eigenvalues, and sine of the largest angle of the eigenvectors, against the number of features.",
    )],
};

const CLAIMS: &[Claim] = &[
    Claim::of_every_run(
        "From 32 on, means of clusters are better landmarks than points drawn by either rule.",
        |curves| {
            for set in SETS {
                for quantity in [VALUES, ANGLE] {
                    let of = |rule: usize| curves.of(&series(set, RULES[rule], quantity));
                    let (uniform, leverage, means) = (of(0)?, of(1)?, of(2)?);
                    for (i, &m) in means.x.iter().enumerate().filter(|(_, m)| **m >= 32.0) {
                        let [uniform, leverage, means] =
                            [uniform, leverage, means].map(|curve| curve.mean[i]);
                        require(means < uniform.min(leverage), || {
                            format!(
                                "{set}, {quantity} with {m}: {means}, {uniform} drawn uniformly, {leverage} by leverage"
                            )
                        })?;
                    }
                }
            }
            Ok(())
        },
    ),
    Claim::of_every_run(
        "More features are better: of eight times as many the error is a tenth less at least.",
        |curves| {
            for curve in curves.iter() {
                for i in 3..curve.x.len() {
                    let (few, many) = (curve.mean[i - 3], curve.mean[i]);
                    require(many < 0.9 * few, || {
                        format!("{}: {few}, then {many} with {}", curve.series, curve.x[i])
                    })?;
                }
            }
            Ok(())
        },
    ),
    Claim::of_every_run("The error of the eigenvalues is of the size of the squared sine.", |curves| {
        for set in SETS {
            for rule in RULES {
                let values = curves.of(&series(set, rule, VALUES))?;
                let sines = curves.of(&series(set, rule, ANGLE))?;
                for (error, sine) in values.mean.iter().zip(&sines.mean).filter(|(_, sine)| **sine < 0.5) {
                    let ratio = error / (sine * sine);
                    require((0.4..1.6).contains(&ratio), || {
                        format!("{set}, {rule}: {error} at a sine of {sine}")
                    })?;
                }
            }
        }
        Ok(())
    }),
    Claim::of_full_protocol(
        "Random features are the worst of few, and the best of many on circles alone.",
        |curves| {
            for (set, is_best) in SETS.into_iter().zip([true, false]) {
                let of = |rule: &str| curves.of(&series(set, rule, VALUES));
                let (random, others) = (of(RULES[3])?, [of(RULES[0])?, of(RULES[1])?, of(RULES[2])?]);
                for m in [64.0, 128.0] {
                    require(others.iter().all(|other| other.at(m) < random.at(m)), || {
                        format!("{set} with {m}")
                    })?;
                }
                for m in [512.0, 1024.0] {
                    let better = others.iter().all(|other| random.at(m) < other.at(m));
                    require(better == is_best, || format!("{set} with {m}"))?;
                }
            }
            Ok(())
        },
    ),
];

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

fn run(run: &Run) -> Result<()> {
    let protocol = if run.scale == Scale::Full { &PROTOCOL } else { &QUICK };
    let [exponential, gaussian] = protocol.sigma;
    let (exponential, gaussian) = (Exponential { sigma: exponential }, Gaussian { sigma: gaussian });
    let of_digits = run.parallel(1, |_| {
        let (first, _) = digits()?.split_at(protocol.n[1])?;
        Problem::new(protocol, gaussian, first)
    })?;
    let trials = run.trials(|_, rng| {
        let circles = Problem::new(protocol, exponential, circles(protocol.n[0], protocol.noise, rng)?)?;
        Ok([circles.errors(protocol, rng)?, of_digits[0].errors(protocol, rng)?])
    })?;
    let x: Vec<f64> = protocol.features.iter().map(|&m| m as f64).collect();
    let mut all = Vec::new();
    for (of_set, set) in SETS.iter().enumerate() {
        for (of_rule, rule) in RULES.iter().enumerate() {
            for (of_quantity, quantity) in [VALUES, ANGLE].into_iter().enumerate() {
                let rows: Vec<Vec<f64>> = trials
                    .iter()
                    .map(|trial| trial[of_set][of_rule].iter().map(|errors| errors[of_quantity]).collect())
                    .collect();
                all.push(Curve::from_trials(series(set, rule, quantity), &x, &rows)?);
            }
        }
    }
    let curves = Curves::from(all);
    run.save(&curves, protocol)?;
    draw(&run.outputs, &curves)
}

/// Places in the palette.
const COLOURS: [usize; 4] = [0, 1, 2, 3];

fn draw(outputs: &Outputs, curves: &Curves) -> Result<()> {
    let panel = |set: &str, (quantity, unit, label): (&str, f64, &str)| {
        let lines = RULES.iter().zip(COLOURS).map(|(rule, colour)| {
            let mut curve = curves.of(&series(set, rule, quantity))?.clone();
            curve.x.iter_mut().for_each(|m| *m = m.log2());
            curve.mean.iter_mut().for_each(|mean| *mean *= unit);
            Ok(Series::line(*rule, &curve, colour).without_band())
        });
        Ok(CurvePanel {
            title: set.to_owned(),
            axes: plot::Axes::new("log₂ of the number of features", label),
            series: lines.collect::<Result<_>>()?,
            scale: AxisScale::Logarithmic,
        })
    };
    let (values, angle) = ((VALUES, 100.0, "Error of eigenvalues, %"), (ANGLE, 1.0, "Sine of angle"));
    let panels =
        [panel(SETS[0], values)?, panel(SETS[1], values)?, panel(SETS[0], angle)?, panel(SETS[1], angle)?];
    plot::curve_panels(&outputs.picture(""), &panels)
}

/// Samples with all their labels, and the leading eigenpairs of `T`, one a class, by the dense route.
struct Problem<K> {
    kernel: K,
    inputs: Array2<f64>,
    graph: SimilarityGraph,
    exact: Eigenpairs,
}

impl<K: RadialKernel + Clone> Problem<K> {
    fn new(protocol: &Protocol, kernel: K, samples: Labelled) -> Result<Self> {
        let Labelled { inputs, labels } = samples;
        let graph = SimilarityGraph::labels(&labels);
        let regime = KernelRegime::new(kernel.clone(), protocol.beta).on(inputs.view())?;
        let exact = regime.leading(&graph, labels.number_of_classes())?.0;
        Ok(Self { kernel, inputs, graph, exact })
    }

    /// For every rule and number of features the two errors.
    fn errors(&self, protocol: &Protocol, rng: &mut impl Rng) -> Result<Vec<Vec<[f64; 2]>>> {
        let rules = [
            Some(Landmarks::Uniform),
            Some(Landmarks::LeverageScores),
            Some(Landmarks::KMeans { rounds: protocol.rounds }),
            None,
        ];
        let of_rule = |rule: Option<Landmarks>, rng: &mut _| {
            let of_number = |&m: &usize| {
                let x = self.inputs.view();
                let features = match rule {
                    Some(rule) => {
                        let landmarks = rule.choose(&self.kernel, x, m, rng)?;
                        Nystrom::new(self.kernel.clone(), landmarks.view())?.features(x)?
                    }
                    None => RandomFeatures::new(&self.kernel, m, x.ncols(), rng)?.features(x)?,
                };
                self.error(protocol.beta, features.view())
            };
            protocol.features.iter().map(of_number).collect::<Result<Vec<_>>>()
        };
        rules.into_iter().map(|rule| of_rule(rule, rng)).collect()
    }

    /// The largest relative error of the leading eigenvalues, and the sine of the largest angle of the eigenvectors' span.
    fn error(&self, beta: f64, features: ArrayView2<f64>) -> Result<[f64; 2]> {
        let Eigenpairs { values, vectors, .. } = &self.exact;
        let (found, _) = FeatureRegime::new(features, beta)?.leading(&self.graph, values.len())?;
        let errors = values.iter().zip(&found.values).map(|(exact, found)| ((found - exact) / exact).abs());
        let sine = sine_between(found.vectors.view(), vectors.view(), values.len())?;
        Ok([errors.fold(0.0, f64::max), sine])
    }
}
