//! What do the spectra of similarity graphs say, and what is left of them when entries are missing or labels wrong?
//!
//! Measured eigenvalues beside those of the theory: views, labels and mixtures exactly; missing entries up to the edge of
//! the random part; wrong labels in the mean.

use std::process::ExitCode;

use ndarray::Array2;
use pal::data::Labels;
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Story, linspace, require, run_main,
};
use pal::graph::{SimilarityGraph, drop_entries, redraw_labels};
use pal::linalg::{Operator, leading_eigenpairs, symmetric_eigen};
use pal::{Result, plot};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use serde::Serialize;

pub const EXPERIMENT: Experiment = Experiment {
    name: "spectrum",
    about: "Eigenvalues of view, label, mixed, incomplete and wrong graphs beside those of the theory",
    trials: 100,
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
    /// Samples of the view graph and of the mixture, and their views.
    samples: usize,
    views: usize,
    /// Weight of the labels in the mixture; half of the samples have one, on their first view.
    alpha: f64,
    /// Class size of the graphs with missing entries and wrong labels.
    class_size: usize,
    /// Points on the curves over missing entries and wrong labels.
    steps: usize,
}

const PROTOCOL: Protocol =
    Protocol { classes: 4, samples: 20, views: 2, alpha: 0.5, class_size: 50, steps: 21 };

// The series of each picture, what is measured before its theory.
const MISSING: [&str; 4] =
    ["class eigenvalues, missing", "class theory", "next eigenvalue, missing", "edge theory"];
const VIEWS: [&str; 2] = ["views", "views theory"];
const LABELS: [&str; 4] = ["labels", "labels theory", "contrastive labels", "contrastive theory"];
const MIXTURE: [&str; 2] = ["mixture", "mixture theory"];
const WRONG: [&str; 2] = ["class agreement, wrong labels", "agreement theory"];

const STORY: Story = Story {
    title: "What the spectrum of a graph says",
    description: "Eigenvalues of random graphs of each kind beside those of the theory, which for views, labels and \
                  their mixture are exact. Of missing entries it knows the mean and the edge of the random part, of \
                  wrong labels the mean.",
    findings: |curves| {
        let (class, class_theory) = (curves.of(MISSING[0])?, curves.of(MISSING[1])?);
        let (next, edge) = (curves.of(MISSING[2])?, curves.of(MISSING[3])?);
        Ok(format!(
            "With half of the entries missing the class eigenvalues are at {:.1}, where the theory has {:.1}, and \
             the largest eigenvalue of the random part is at {:.1}, at its edge of {:.1}. The gap between them closes \
             only where nine entries of ten are missing, {:.1} against {:.1}, which is where the error of the figure \
             on missing entries rises.",
            class.near(0.5),
            class_theory.near(0.5),
            next.near(0.5),
            edge.near(0.5),
            class.near(0.9),
            next.near(0.9),
        ))
    },
    pictures: &[
        Picture::new("", "Mean class eigenvalue and the next one against the fraction of missing entries."),
        Picture::new("_views", "The spectrum of two views of each of twenty samples."),
        Picture::new(
            "_labels",
            "The spectra of twenty labels of four classes, without and with negative entries.",
        ),
        Picture::new(
            "_mixture",
            "The spectrum of views, half of the samples having a label on their first view.",
        ),
        Picture::new("_wrong", "How well the graph of redrawn labels agrees with the true classes."),
    ],
};

const CLAIMS: &[Claim] = &[
    Claim::of_every_run(
        "Spectra of views, labels and mixtures are those of the theory (claims T2 to T5).",
        |curves| {
            for [measured, theory] in [VIEWS, [LABELS[0], LABELS[1]], [LABELS[2], LABELS[3]], MIXTURE] {
                let largest = curves.of(measured)?.first();
                require(largest > 1.0, || format!("{measured}: the largest eigenvalue is {largest}"))?;
                let difference = curves.of(measured)?.distance(curves.of(theory)?);
                require(difference < 1e-9, || format!("{measured}: a difference of {difference}"))?;
            }
            Ok(())
        },
    ),
    Claim::of_every_run(
        "With entries missing the leading eigenvalues are near their mean and edge (claim T8).",
        |curves| {
            // Of class eigenvalues up to 50, and of an edge up to 7.
            for (measured, theory, most) in [(MISSING[0], MISSING[1], 2.0), (MISSING[2], MISSING[3], 1.0)] {
                let difference = curves.of(measured)?.distance(curves.of(theory)?);
                require(difference < most, || format!("{measured}: a difference of {difference}"))?;
            }
            Ok(())
        },
    ),
    Claim::of_every_run(
        "Agreement of wrong labels is that of the theory in the mean (claim T9).",
        |curves| {
            let (measured, theory) = (curves.of(WRONG[0])?, curves.of(WRONG[1])?);
            measured.mean.iter().zip(&theory.mean).enumerate().try_for_each(|(i, (mean, theory))| {
                // A normal mean of this deviation is within four standard errors in all but one case of 10 000.
                let error = measured.std[i] / (measured.n as f64).sqrt();
                require((mean - theory).abs() <= 4.0 * error + 0.05 * theory, || {
                    format!("{mean} ± {error}, not {theory}")
                })
            })
        },
    ),
];

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

fn run(run: &Run) -> Result<()> {
    let trials = run.trials(|_, rng| Trial::new(rng))?;
    let ranks = |count: usize| -> Vec<f64> { (1..=count).map(|rank| rank as f64).collect() };
    let (of_samples, of_rows) = (ranks(PROTOCOL.samples), ranks(PROTOCOL.samples * PROTOCOL.views));
    let shares = linspace(0.0, 1.0, PROTOCOL.steps);
    let curve = |series: &str, x: &[f64], rows: fn(&Trial) -> &Vec<f64>| {
        Curve::from_trials(series, x, &trials.iter().map(rows).collect::<Vec<_>>())
    };
    let curves = Curves::from(vec![
        curve(MISSING[0], &shares, |trial| &trial.missing.class)?,
        curve(MISSING[1], &shares, |trial| &trial.missing.class_theory)?,
        curve(MISSING[2], &shares, |trial| &trial.missing.next)?,
        curve(MISSING[3], &shares, |trial| &trial.missing.edge_theory)?,
        curve(VIEWS[0], &of_rows, |trial| &trial.views.measured)?,
        curve(VIEWS[1], &of_rows, |trial| &trial.views.theory)?,
        curve(LABELS[0], &of_samples, |trial| &trial.labels.measured)?,
        curve(LABELS[1], &of_samples, |trial| &trial.labels.theory)?,
        curve(LABELS[2], &of_samples, |trial| &trial.contrastive.measured)?,
        curve(LABELS[3], &of_samples, |trial| &trial.contrastive.theory)?,
        curve(MIXTURE[0], &of_rows, |trial| &trial.mixture.measured)?,
        curve(MIXTURE[1], &of_rows, |trial| &trial.mixture.theory)?,
        curve(WRONG[0], &shares, |trial| &trial.wrong.measured)?,
        curve(WRONG[1], &shares, |trial| &trial.wrong.theory)?,
    ]);
    run.save(&curves, &PROTOCOL)?;
    draw(&run.outputs, &curves)
}

fn draw(outputs: &Outputs, curves: &Curves) -> Result<()> {
    let panel = |ending: &str, series: &[&str], axes: &plot::Axes| {
        plot::curves(&outputs.picture(ending), &curves.select(series)?, axes)
    };
    let by_rank = plot::Axes::new("Rank", "Eigenvalue");
    panel("", &MISSING, &plot::Axes::new("Fraction of missing entries", "Eigenvalue"))?;
    panel("_views", &VIEWS, &by_rank)?;
    panel("_labels", &LABELS, &by_rank)?;
    panel("_mixture", &MIXTURE, &by_rank)?;
    panel("_wrong", &WRONG, &plot::Axes::new("Fraction of redrawn labels", "Class agreement"))
}

/// Eigenvalues as computed and as predicted, descending.
struct Beside {
    measured: Vec<f64>,
    theory: Vec<f64>,
}

impl Beside {
    /// The spectrum of a graph; `theory` in any order, padded with zeros to the graph's order.
    fn new(graph: &SimilarityGraph, mut theory: Vec<f64>) -> Result<Self> {
        theory.resize(graph.len(), 0.0);
        theory.sort_by(|a, b| b.total_cmp(a));
        Ok(Self { measured: symmetric_eigen(graph.to_dense().view())?.values.to_vec(), theory })
    }
}

/// Over the fractions of missing entries.
struct Missing {
    class: Vec<f64>,
    class_theory: Vec<f64>,
    next: Vec<f64>,
    edge_theory: Vec<f64>,
}

struct Trial {
    views: Beside,
    labels: Beside,
    contrastive: Beside,
    mixture: Beside,
    missing: Missing,
    wrong: Beside,
}

impl Trial {
    fn new(rng: &mut impl Rng) -> Result<Self> {
        let Protocol { classes, samples, views, alpha, .. } = PROTOCOL;
        let graph_of_views = SimilarityGraph::views(samples, views)?;
        let labels = Labels::new((0..samples).map(|_| rng.random_range(0..classes)).collect(), classes)?;
        let sizes: Vec<f64> = labels.counts().iter().map(|&size| size as f64).collect();

        let mut order: Vec<usize> = (0..samples).collect();
        order.shuffle(rng);
        let revealed = &order[..samples / 2];
        let some = labels.reveal(|sample| revealed.contains(&sample));
        let on_first_view = some.for_views(views)?.reveal(|row| row % views == 0);
        let mixed = SimilarityGraph::mixture([
            (1.0 - alpha, graph_of_views.clone()),
            (alpha, SimilarityGraph::labels(&on_first_view)),
        ])?;
        Ok(Self {
            views: Beside::new(&graph_of_views, vec![views as f64; samples])?,
            labels: Beside::new(&SimilarityGraph::labels(&labels), sizes.clone())?,
            contrastive: Beside::new(
                &SimilarityGraph::contrastive_labels(&labels),
                contrastive_spectrum(&sizes)?,
            )?,
            mixture: Beside::new(&mixed, mixture_spectrum(&some))?,
            missing: missing(rng)?,
            wrong: wrong(rng)?,
        })
    }
}

/// Claim T4: the spectrum of `2 diag(n_c) − s sᵀ`, `s_c = √n_c`.
fn contrastive_spectrum(sizes: &[f64]) -> Result<Vec<f64>> {
    let reduced = Array2::from_shape_fn((sizes.len(), sizes.len()), |(a, b)| {
        let on_diagonal = if a == b { 2.0 * sizes[a] } else { 0.0 };
        on_diagonal - (sizes[a] * sizes[b]).sqrt()
    });
    Ok(symmetric_eigen(reduced.view())?.values.to_vec())
}

/// Claim T5 (b): two roots a class with labels, `(1 − α)V` for the other samples, zero for the rest.
fn mixture_spectrum(labels: &Labels) -> Vec<f64> {
    let (alpha, views) = (PROTOCOL.alpha, PROTOCOL.views as f64);
    let sizes: Vec<f64> = labels.counts().into_iter().filter(|&m| m > 0).map(|m| m as f64).collect();
    let roots = sizes.iter().flat_map(|m| {
        let (sum, product) = ((1.0 - alpha) * views + alpha * m, (1.0 - alpha) * alpha * m * (views - 1.0));
        let distance = (sum * sum - 4.0 * product).sqrt();
        [0.5 * (sum + distance), 0.5 * (sum - distance)]
    });
    roots.chain(vec![(1.0 - alpha) * views; labels.len() - sizes.len()]).collect()
}

/// Claim T8: with a part `q` of the entries left, class eigenvalues near `q n_c` over a random part that ends near
/// `2√(q(1 − q) n_c)`.
fn missing(rng: &mut impl Rng) -> Result<Missing> {
    let Protocol { classes, class_size, steps, .. } = PROTOCOL;
    let full = SimilarityGraph::labels(&balanced()?);
    let mut found =
        Missing { class: Vec::new(), class_theory: Vec::new(), next: Vec::new(), edge_theory: Vec::new() };
    for p in linspace(0.0, 1.0, steps) {
        let values = leading_eigenpairs(drop_entries(&full, p, rng)?.to_dense().view(), classes + 1)?.values;
        found.class.push(values.iter().take(classes).sum::<f64>() / classes as f64);
        found.next.push(values[classes]);
        found.class_theory.push((1.0 - p) * class_size as f64);
        found.edge_theory.push(2.0 * (p * (1.0 - p) * class_size as f64).sqrt());
    }
    Ok(found)
}

/// Claim T9: `uᵀ G u` over the unit indicators of the true classes, for `G` of wrong labels, and its mean.
fn wrong(rng: &mut impl Rng) -> Result<Beside> {
    let Protocol { classes, class_size, steps, .. } = PROTOCOL;
    let truth = balanced()?;
    let indicators = truth.one_hot() / (class_size as f64).sqrt();
    let mut found = Beside { measured: Vec::new(), theory: Vec::new() };
    for rate in linspace(0.0, 1.0, steps) {
        let graph = SimilarityGraph::labels(&redraw_labels(&truth, rate, rng)?);
        let agreement = (&indicators * &graph.apply(indicators.view())?).sum() / classes as f64;
        let both_kept = (1.0 - rate).powi(2);
        let same_class = both_kept + (1.0 - both_kept) / classes as f64;
        found.measured.push(agreement);
        found.theory.push(1.0 + (class_size as f64 - 1.0) * same_class);
    }
    Ok(found)
}

fn balanced() -> Result<Labels> {
    let Protocol { classes, class_size, .. } = PROTOCOL;
    Labels::new((0..classes * class_size).map(|sample| sample / class_size).collect(), classes)
}
