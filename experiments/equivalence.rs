//! When is self-supervised learning on the label graph the same as supervised learning, and when are losses the same?
//!
//! Three losses on one label graph span one space, so a least-squares probe reads the same predictor from each, whatever
//! the class sizes. Beside it what the statement needs: the same probe, regular graphs, a tie-break.

use std::process::ExitCode;

use ndarray::{Array2, ArrayView2};
use pal::closed_form::free;
use pal::data::Labels;
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Story, linspace, require, run_main,
};
use pal::graph::SimilarityGraph;
use pal::linalg::{Operator, sine_between, symmetric_eigen};
use pal::loss::SpectralLoss;
use pal::probe::LinearProbe;
use pal::{Result, plot};
use rand::Rng;
use rand::seq::index;
use serde::Serialize;

pub const EXPERIMENT: Experiment = Experiment {
    name: "equivalence",
    about: "Predictors of three losses and of ridge regression on one label graph, and what their equality needs",
    trials: 50,
    quick_trials: 4,
    length: Length::Short,
    body: run,
    draw,
    story: STORY,
    claims: CLAIMS,
};

#[derive(Serialize)]
struct Protocol {
    classes: usize,
    /// Size of the smallest class; the largest is `ratio` times as large.
    smallest: usize,
    largest_ratio: usize,
    /// Ridge penalty of the probe.
    ridge: f64,
    /// Edges between classes that make the graph irregular, at most.
    extra_edges: usize,
    /// Hyperbolic mixing parameter, at most.
    mixing: f64,
    steps: usize,
}

const PROTOCOL: Protocol = Protocol {
    classes: 3,
    smallest: 6,
    largest_ratio: 10,
    ridge: 0.1,
    extra_edges: 40,
    mixing: 1.5,
    steps: 11,
};

/// The squared losses; λ large enough that VIC² spans nothing but the classes (claim T26).
const LOSSES: [(&str, SpectralLoss); 3] = [
    ("SimCLR²", SpectralLoss::SimClr2),
    ("VIC²", SpectralLoss::Vic2 { lambda: 2.0 }),
    ("BT²", SpectralLoss::BarlowTwins2),
];

// The series of each picture; those of the ridge probe in the order of the losses.
const PREDICTORS: [&str; 4] = [
    "least-squares probe, all three losses",
    "ridge probe, SimCLR²",
    "ridge probe, VIC²",
    "ridge probe, BT²",
];
const REGULARITY: [&str; 2] = ["VIC² on L, SimCLR² on G", "VIC² on normalised L, SimCLR² on normalised G"];
const TIES: [&str; 3] = ["loss of BT²", "sine to the top eigenvectors", "excess of ‖Z‖² over the least"];

const STORY: Story = Story {
    title: "When self-supervised is supervised, and losses are the same",
    description: "Three squared losses are minimised on one label graph and read by the same probe as the labels \
                  themselves. Two further pictures leave out what the equality of losses needs: a regular graph, and \
                  a choice among the minimisers of squared Barlow Twins.",
    findings: |curves| {
        Ok(format!(
            "A least-squares probe reads the same predictor from all three losses whatever the class sizes, up to \
             {:.0e}; a ridge probe sees their scales, and its predictions differ by up to {:.2}. On a graph that is \
             not regular VIC² and SimCLR² part, up to a sine of {:.2}, unless both are normalised ({:.0e}), and \
             squared Barlow Twins keeps a loss of {:.0e} while its span turns away to a sine of {:.2}.",
            curves.of(PREDICTORS[0])?.peak().1,
            curves.of(PREDICTORS[3])?.peak().1,
            curves.of(REGULARITY[0])?.last(),
            curves.of(REGULARITY[1])?.peak().1,
            curves.of(TIES[0])?.peak().1,
            curves.of(TIES[1])?.last(),
        ))
    },
    pictures: &[
        Picture::new("", "Largest difference of predictions against the ratio of class sizes."),
        Picture::new("_representations", "ZZᵀ at the three optima, for classes of 6, 12 and 18 samples."),
        Picture::new(
            "_regularity",
            "Largest angle between the spans of two losses as edges join the classes.",
        ),
        Picture::new(
            "_ties",
            "Minimisers of squared Barlow Twins that lean into a negative mode of the graph.",
        ),
    ],
};

const CLAIMS: &[Claim] = &[
    Claim::of_every_run("A least-squares probe reads one predictor from all losses (claim T23).", |curves| {
        let gap = curves.of(PREDICTORS[0])?.peak().1;
        require(gap < 1e-12, || format!("a difference of {gap}"))
    }),
    Claim::of_every_run(
        "A ridge probe sees the scales of the losses, as in the table of claim T23.",
        |curves| {
            let [_, simclr, vic, barlow] = PREDICTORS.map(|series| curves.of(series));
            let (simclr, vic, barlow) = (simclr?, vic?, barlow?);
            for (i, ratio) in vic.x.iter().enumerate() {
                // A class of n members out of N is predicted with a weight that depends on the loss.
                let sizes = [0.0, 0.5, 1.0].map(|share| (6.0 + 6.0 * (ratio - 1.0) * share).floor());
                let penalty = 0.1 * sizes.iter().sum::<f64>();
                let gap = |weight: &dyn Fn(f64) -> f64| {
                    sizes.iter().fold(0.0_f64, |gap, &n| gap.max((weight(n) - n / (n + penalty)).abs()))
                };
                let expected = [0.0, gap(&|_| 1.0 / (1.0 + penalty)), gap(&|n| 1.0 / (1.0 + n * penalty))];
                let found = [simclr.mean[i], vic.mean[i], barlow.mean[i]];
                let right = found[0] < 1e-12
                    && (found[1] - expected[1]).abs() < 1e-9
                    && (found[2] - expected[2]).abs() < 1e-9;
                require(right, || format!("{found:?}, not {expected:?}, at a ratio of {ratio}"))?;
            }
            Ok(())
        },
    ),
    Claim::of_every_run(
        "Off regular graphs VIC² and SimCLR² part, unless both are normalised (claim T20).",
        |curves| {
            let plain = curves.of(REGULARITY[0])?;
            require(plain.mean[0] < 1e-9 && plain.mean[10] > 0.1, || format!("{:?}", plain.mean))?;
            let normalised = curves.of(REGULARITY[1])?.peak().1;
            require(normalised < 1e-9, || format!("a sine of {normalised} between the normalised ones"))
        },
    ),
    Claim::of_every_run("BT² has minimisers of other spans and larger norms (claim T21).", |curves| {
        let [loss, sine, excess] = TIES.map(|series| curves.of(series));
        let (loss, sine, excess) = (loss?.peak().1, &sine?.mean, &excess?.mean);
        require(loss < 1e-18, || format!("a loss of {loss}"))?;
        require(sine[0] < 1e-9 && sine[10] > 0.5, || format!("sines {sine:?}"))?;
        require(excess.windows(2).all(|pair| pair[0] < pair[1]), || {
            format!("norms {excess:?} over the least")
        })
    }),
];

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

fn run(run: &Run) -> Result<()> {
    let ratios: Vec<f64> = (1..=PROTOCOL.largest_ratio).map(|ratio| ratio as f64).collect();
    let by_ratio: Vec<Predictors> = (1..=PROTOCOL.largest_ratio)
        .map(|ratio| Predictors::new(&unbalanced(ratio)?))
        .collect::<Result<_>>()?;
    let mut curves = vec![exactly(PREDICTORS[0], &ratios, |at| by_ratio[at].least_squares_spread)?];
    for (loss, series) in PREDICTORS[1..].iter().enumerate() {
        curves.push(exactly(series, &ratios, |at| by_ratio[at].ridge_gap[loss])?);
    }

    let edges: Vec<f64> = linspace(0.0, PROTOCOL.extra_edges as f64, PROTOCOL.steps);
    let trials = run.trials(|_, rng| irregular(&edges, rng))?;
    let rows = |which: usize| trials.iter().map(|trial| trial[which].clone()).collect::<Vec<_>>();
    for (which, series) in REGULARITY.into_iter().enumerate() {
        curves.push(Curve::from_trials(series, &edges, &rows(which))?);
    }

    let mixings = linspace(0.0, PROTOCOL.mixing, PROTOCOL.steps);
    let ties: Vec<Tie> = mixings.iter().map(|&t| Tie::new(t)).collect::<Result<_>>()?;
    curves.push(exactly(TIES[0], &mixings, |at| ties[at].loss)?);
    curves.push(exactly(TIES[1], &mixings, |at| ties[at].sine)?);
    curves.push(exactly(TIES[2], &mixings, |at| ties[at].excess)?);
    let curves = Curves::from(curves);
    run.save(&curves, &PROTOCOL)?;
    draw(&run.outputs, &curves)?;
    let three = representations(&unbalanced(3)?)?;
    plot::matrices(&run.outputs.picture("_representations"), &three, (0.0, 1.0))
}

fn draw(outputs: &Outputs, curves: &Curves) -> Result<()> {
    let panel = |ending: &str, series: &[&str], x: &str, y: &str| {
        plot::curves(&outputs.picture(ending), &curves.select(series)?, &plot::Axes::new(x, y))
    };
    panel("", &PREDICTORS, "Largest class over smallest", "Difference of predictions")?;
    panel("_regularity", &REGULARITY, "Edges between classes", "Sine of largest angle")?;
    panel("_ties", &TIES, "Mixing t with a negative mode", "Value")
}

/// A curve without randomness.
fn exactly(series: &str, x: &[f64], y: impl Fn(usize) -> f64) -> Result<Curve> {
    Curve::from_trials(series, x, &[(0..x.len()).map(y).collect::<Vec<_>>()])
}

/// Classes whose sizes grow evenly from the smallest to `ratio` times that.
fn unbalanced(ratio: usize) -> Result<Labels> {
    let Protocol { classes, smallest, .. } = PROTOCOL;
    let size = |class: usize| smallest + smallest * (ratio - 1) * class / (classes - 1);
    Labels::new((0..classes).flat_map(|class| vec![class; size(class)]).collect(), classes)
}

/// How predictors on the training rows differ (claim T23).
struct Predictors {
    /// Largest difference between any two losses, read by least squares.
    least_squares_spread: f64,
    /// Largest difference between ridge regression on the labels' own coordinates and each loss, read by ridge.
    ridge_gap: Vec<f64>,
}

impl Predictors {
    fn new(labels: &Labels) -> Result<Self> {
        let graph = SimilarityGraph::labels(labels);
        let y = labels.one_hot();
        let (mut by_least_squares, mut by_ridge) = (Vec::new(), Vec::new());
        for (_, loss) in LOSSES {
            let z = free(loss, &graph, PROTOCOL.classes, 0.0)?.z;
            by_least_squares.push(z.dot(&LinearProbe::fit(z.view(), labels)?.weights));
            by_ridge.push(ridge(z.view(), labels)?);
        }
        let supervised = ridge(y.view(), labels)?;
        let gap = |a: &Array2<f64>, b: &Array2<f64>| {
            (a - b).iter().fold(0.0_f64, |largest, entry| largest.max(entry.abs()))
        };
        let pairs = by_least_squares.iter().flat_map(|a| by_least_squares.iter().map(move |b| (a, b)));
        Ok(Self {
            least_squares_spread: pairs.map(|(a, b)| gap(a, b)).fold(0.0, f64::max),
            ridge_gap: by_ridge.iter().map(|prediction| gap(prediction, &supervised)).collect(),
        })
    }
}

/// `Z (ZᵀZ + nλI)⁻¹ Zᵀ Y` (claim T14).
fn ridge(z: ArrayView2<f64>, labels: &Labels) -> Result<Array2<f64>> {
    Ok(z.dot(&LinearProbe::ridge(z, labels, PROTOCOL.ridge)?.weights))
}

/// Sines between the spans of VIC² and SimCLR² as edges join classes: on `L` and `G`, and on both normalised (claim T20).
fn irregular(edges: &[f64], rng: &mut impl Rng) -> Result<[Vec<f64>; 2]> {
    let labels = unbalanced(1)?;
    let (n, k) = (labels.len(), PROTOCOL.classes);
    let across: Vec<(usize, usize)> = (0..n)
        .flat_map(|i| (0..i).map(move |j| (j, i)))
        .filter(|&(i, j)| labels.class_of(i) != labels.class_of(j))
        .collect();
    let order = index::sample(rng, across.len(), PROTOCOL.extra_edges).into_vec();
    let (mut plain, mut normalised) = (Vec::new(), Vec::new());
    for &count in edges {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // at most `extra_edges`
        let chosen = order.iter().take(count as usize).map(|&edge| (across[edge].0, across[edge].1, 1.0));
        let graph = SimilarityGraph::mixture([
            (1.0, SimilarityGraph::labels(&labels)),
            (1.0, SimilarityGraph::pairs(n, chosen)?),
        ])?;
        let degree = graph.degrees().mean().unwrap_or(1.0);
        let vic = |graph: &SimilarityGraph, lambda| free(SpectralLoss::Vic2 { lambda }, graph, k, 0.0);
        let simclr = |graph: &SimilarityGraph| free(SpectralLoss::SimClr2, graph, k, 0.0);
        plain.push(sine_between(vic(&graph, 2.0 / degree)?.z.view(), simclr(&graph)?.z.view(), k)?);

        let scale = graph.degrees().mapv(|degree| degree.sqrt().recip());
        let dense = graph.to_dense() * &scale * &scale.clone().insert_axis(ndarray::Axis(1));
        let of_graph = simclr(&SimilarityGraph::dense(dense.clone())?)?.z;
        // VIC² with the normalised Laplacian I − Gₙ and λ = 2 decomposes I − (I − Gₙ).
        let laplacian = graph.laplacian().normalised()?.to_dense();
        let spectrum = symmetric_eigen(laplacian.view())?.vectors;
        let last = spectrum.slice(ndarray::s![.., spectrum.ncols() - k..]);
        normalised.push(sine_between(last, of_graph.view(), k)?);
    }
    Ok([plain, normalised])
}

/// A minimiser of BT² that leans into a negative mode: `cosh t · u₊/√g₊ + sinh t · u₋/√|g₋|` (claim T21).
struct Tie {
    loss: f64,
    sine: f64,
    excess: f64,
}

impl Tie {
    fn new(t: f64) -> Result<Self> {
        let graph = SimilarityGraph::contrastive_labels(&unbalanced(2)?);
        let best = free(SpectralLoss::BarlowTwins2, &graph, PROTOCOL.classes - 1, 0.0)?.z;
        let pairs = symmetric_eigen(graph.to_dense().view())?;
        let last = pairs.values.len() - 1;
        let negative = &pairs.vectors.column(last) / pairs.values[last].abs().sqrt();
        let mut leaning = best.clone();
        let mixed = leaning.column(0).mapv(|entry| t.cosh() * entry) + t.sinh() * &negative;
        leaning.column_mut(0).assign(&mixed);
        let residual = leaning.t().dot(&graph.apply(leaning.view())?) - Array2::<f64>::eye(leaning.ncols());
        let square = |z: &Array2<f64>| z.iter().map(|entry| entry * entry).sum::<f64>();
        Ok(Self {
            loss: square(&residual),
            sine: sine_between(best.view(), leaning.view(), best.ncols())?,
            excess: square(&leaning) - square(&best),
        })
    }
}

/// `Z Zᵀ` of the three losses, each over its largest entry.
fn representations(labels: &Labels) -> Result<Vec<(String, Array2<f64>)>> {
    let graph = SimilarityGraph::labels(labels);
    LOSSES
        .iter()
        .map(|&(name, loss)| {
            let z = free(loss, &graph, PROTOCOL.classes, 0.0)?.z;
            let gram = z.dot(&z.t());
            let largest = gram.iter().fold(0.0_f64, |largest, &entry| largest.max(entry));
            Ok((format!("{name}: up to {largest:.3}"), gram / largest))
        })
        .collect()
}
