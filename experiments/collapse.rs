//! How many dimensions does a loss use?
//!
//! A representation of width K has as many as the loss's matrix has modes that pay, `min(K, p)`: the others collapse, in
//! the closed form and in training from a random start alike.

use std::process::ExitCode;

use ndarray::Array2;
use pal::closed_form::free;
use pal::data::Labels;
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Story, require, run_main,
};
use pal::graph::SimilarityGraph;
use pal::linalg::thin_svd;
use pal::loss::SpectralLoss;
use pal::model::Lbfgs;
use pal::{Result, plot};
use rand::Rng;
use serde::Serialize;

mod descent;
use descent::Problem;

pub const EXPERIMENT: Experiment = Experiment {
    name: "collapse",
    about: "Rank of the representation against its width, for losses with few modes that pay",
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
    /// Class sizes of the label graphs.
    class_sizes: [usize; 7],
    /// Weight of the invariance term of VIC²: a class of size n adds n − 1 modes if λ n < 2.
    lambda: f64,
    /// Penalty of BT²: classes up to this size do not pay.
    beta: f64,
    /// Widths from 1 to this.
    widest: usize,
    /// Singular values below count as zero after training.
    resolution: f64,
}

const PROTOCOL: Protocol =
    Protocol { class_sizes: [2, 4, 5, 6, 7, 8, 9], lambda: 0.45, beta: 4.5, widest: 12, resolution: 1e-2 };

/// The losses, each on its graph.
const NAMES: [&str; 3] = ["SimCLR², contrastive", "VIC²", "BT², penalised"];
/// What is drawn of each: in the first picture, and in the second.
const RANKS: [&str; 2] = ["trained", "theory"];
const VALUES: [&str; 2] = ["trained values", "theory of values"];

const STORY: Story = Story {
    title: "How many dimensions a loss uses",
    description: "Seven classes of different sizes, widths from one to twelve, and three losses with six, eleven and \
                  five modes that pay. Training starts from random entries; singular values below 0.01 count as zero.",
    findings: |curves| {
        let [simclr, vic, barlow] = NAMES.map(|name| curves.of(&format!("{name}, trained")));
        Ok(format!(
            "The rank of the trained representation is that of the theory at every width: it follows the width and \
             stops at {:.0}, {:.0} and {:.0}. The surplus dimensions are not small but zero, and the singular values \
             that are left agree with the closed form.",
            simclr?.last(),
            vic?.last(),
            barlow?.last(),
        ))
    },
    pictures: &[
        Picture::new("", "Rank of the representation against its width, trained and predicted."),
        Picture::new("_values", "Singular values at width twelve, trained and predicted."),
    ],
};

const CLAIMS: &[Claim] = &[
    Claim::of_every_run("Ranks are the width, up to the number of modes that pay (claim T22).", |curves| {
        for (name, paying) in NAMES.into_iter().zip([6.0, 11.0, 5.0]) {
            let expected: Vec<f64> = (1..=12).map(|width| f64::from(width).min(paying)).collect();
            for kind in RANKS {
                let ranks = &curves.of(&format!("{name}, {kind}"))?.mean;
                require(*ranks == expected, || format!("{name}, {kind}: {ranks:?}"))?;
            }
        }
        Ok(())
    }),
    Claim::of_every_run("Training ends with the singular values of the closed form.", |curves| {
        NAMES.iter().try_for_each(|name| {
            let [trained, theory] = VALUES.map(|kind| curves.of(&format!("{name}, {kind}")));
            let difference = trained?.distance(theory?);
            require(difference < 1e-2, || format!("{name}: a difference of {difference}"))
        })
    }),
];

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

/// A loss on its graph.
struct Case {
    name: &'static str,
    loss: SpectralLoss,
    graph: SimilarityGraph,
    beta: f64,
}

fn cases() -> Result<[Case; 3]> {
    let sizes = PROTOCOL.class_sizes;
    let of = |class: usize| vec![class; sizes[class]];
    let labels = Labels::new((0..sizes.len()).flat_map(of).collect(), sizes.len())?;
    let plain = SimilarityGraph::labels(&labels);
    Ok([
        Case {
            name: NAMES[0],
            loss: SpectralLoss::SimClr2,
            graph: SimilarityGraph::contrastive_labels(&labels),
            beta: 0.0,
        },
        Case {
            name: NAMES[1],
            loss: SpectralLoss::Vic2 { lambda: PROTOCOL.lambda },
            graph: plain.clone(),
            beta: 0.0,
        },
        Case { name: NAMES[2], loss: SpectralLoss::BarlowTwins2, graph: plain, beta: PROTOCOL.beta },
    ])
}

fn run(run: &Run) -> Result<()> {
    let cases = cases()?;
    let widths: Vec<f64> = (1..=PROTOCOL.widest).map(|width| width as f64).collect();
    // By case, then by width: the singular values after training.
    let trials =
        run.trials(|_, rng| cases.iter().map(|case| trained(case, rng)).collect::<Result<Vec<_>>>())?;
    let (mut ranks, mut values) = (Vec::new(), Vec::new());
    for (position, case) in cases.iter().enumerate() {
        let rank =
            |values: &Vec<f64>| values.iter().filter(|&&value| value > PROTOCOL.resolution).count() as f64;
        let rows: Vec<Vec<f64>> =
            trials.iter().map(|trial| trial[position].iter().map(rank).collect()).collect();
        ranks.push(Curve::from_trials(format!("{}, {}", case.name, RANKS[0]), &widths, &rows)?);
        let closed: Vec<f64> = (1..=PROTOCOL.widest)
            .map(|width| Ok(free(case.loss, &case.graph, width, case.beta)?.rank() as f64))
            .collect::<Result<_>>()?;
        ranks.push(Curve::from_trials(format!("{}, {}", case.name, RANKS[1]), &widths, &[closed])?);

        let rows: Vec<&Vec<f64>> = trials.iter().map(|trial| &trial[position][PROTOCOL.widest - 1]).collect();
        values.push(Curve::from_trials(format!("{}, {}", case.name, VALUES[0]), &widths, &rows)?);
        let best = free(case.loss, &case.graph, PROTOCOL.widest, case.beta)?.z;
        let closed = thin_svd(best.view())?.singular_values.to_vec();
        values.push(Curve::from_trials(format!("{}, {}", case.name, VALUES[1]), &widths, &[closed])?);
    }
    let curves = Curves::from([ranks, values].concat());
    run.save(&curves, &PROTOCOL)?;
    draw(&run.outputs, &curves)
}

fn draw(outputs: &Outputs, curves: &Curves) -> Result<()> {
    let panel = |ending: &str, kinds: [&str; 2], axes: &plot::Axes| {
        let series = NAMES.iter().flat_map(|name| kinds.map(|kind| format!("{name}, {kind}")));
        plot::curves(&outputs.picture(ending), &curves.select(&series.collect::<Vec<_>>())?, axes)
    };
    panel("", RANKS, &plot::Axes::new("Width K", "Rank of Z"))?;
    panel("_values", VALUES, &plot::Axes::new("Rank", "Singular value of Z"))
}

/// For every width, the singular values of the representation that descent ends with.
fn trained(case: &Case, rng: &mut impl Rng) -> Result<Vec<Vec<f64>>> {
    let features = Array2::eye(case.graph.len());
    (1..=PROTOCOL.widest)
        .map(|width| {
            let problem = Problem {
                loss: case.loss,
                graph: &case.graph,
                features: features.view(),
                beta: case.beta,
                width,
            };
            let found = problem.descend(Lbfgs { iterations: 2000, ..Lbfgs::default() }, rng, |_| Ok(()))?;
            Ok(thin_svd(problem.represent(found.point.view())?.view())?.singular_values.to_vec())
        })
        .collect()
}
