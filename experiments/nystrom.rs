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
    n: [1000, 1347],
    noise: 0.1,
    sigma: [0.2, 2.0],
    beta: 1e-3,
    features: &[16, 32, 64, 128, 256, 512],
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
                  Circles with the exponential kernel (n = 1000), digits with the Gaussian one (n = 1347).",
    findings: |curves| {
        let of =
            |set: usize, rule: usize, quantity: &str| curves.of(&series(SETS[set], RULES[rule], quantity));
        Ok(format!("{}", of(0, 0, VALUES)?.last()))
    },
    pictures: &[Picture::new(
        "",
        "Relative error of the eigenvalues, and sine of the largest angle of the eigenvectors' span, against the number of features.",
    )],
};

const CLAIMS: &[Claim] = &[];

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

fn run(run: &Run) -> Result<()> {
    let protocol = if run.scale == Scale::Full { &PROTOCOL } else { &QUICK };
    let [exponential, gaussian] = protocol.sigma;
    let (exponential, gaussian) = (Exponential { sigma: exponential }, Gaussian { sigma: gaussian });
    let digits = digits()?;
    let digits = Problem::new(protocol, gaussian, digits.split_at(protocol.n[1])?.0)?;
    let trials = run.trials(|_, rng| {
        let circles = Problem::new(protocol, exponential, circles(protocol.n[0], protocol.noise, rng)?)?;
        Ok([circles.errors(protocol, rng)?, digits.errors(protocol, rng)?])
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
    let panel = |set: &str, quantity: &str, label: &str| {
        let lines = RULES.iter().zip(COLOURS).map(|(rule, colour)| {
            let mut curve = curves.of(&series(set, rule, quantity))?.clone();
            curve.x.iter_mut().for_each(|m| *m = m.log2());
            Ok(Series::line(*rule, &curve, colour).without_band())
        });
        Ok(CurvePanel {
            title: set.to_owned(),
            axes: plot::Axes::new("log₂ of the number of features", label),
            series: lines.collect::<Result<_>>()?,
            scale: AxisScale::Logarithmic,
        })
    };
    let panels = [
        panel(SETS[0], VALUES, "Error of eigenvalues")?,
        panel(SETS[1], VALUES, "Error of eigenvalues")?,
        panel(SETS[0], ANGLE, "Sine of angle")?,
        panel(SETS[1], ANGLE, "Sine of angle")?,
    ];
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
