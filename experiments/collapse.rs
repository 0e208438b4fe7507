//! How many dimensions does a loss use?
//!
//! A representation of width K has as many as the loss's matrix has modes that pay, `min(K, p)`: the others collapse, in
//! the closed form and in training from a random start alike.

use std::process::ExitCode;

use ndarray::Array2;
use pal::closed_form::free;
use pal::data::Labels;
use pal::experiment::{Curve, Experiment, Run, run_main};
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
    body: run,
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
            name: "SimCLR², contrastive",
            loss: SpectralLoss::SimClr2,
            graph: SimilarityGraph::contrastive_labels(&labels),
            beta: 0.0,
        },
        Case {
            name: "VIC²",
            loss: SpectralLoss::Vic2 { lambda: PROTOCOL.lambda },
            graph: plain.clone(),
            beta: 0.0,
        },
        Case { name: "BT², penalised", loss: SpectralLoss::BarlowTwins2, graph: plain, beta: PROTOCOL.beta },
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
        ranks.push(Curve::from_trials(format!("{}, trained", case.name), &widths, &rows)?);
        let closed: Vec<f64> = (1..=PROTOCOL.widest)
            .map(|width| Ok(free(case.loss, &case.graph, width, case.beta)?.rank() as f64))
            .collect::<Result<_>>()?;
        ranks.push(Curve::from_trials(format!("{}, theory", case.name), &widths, &[closed])?);

        let rows: Vec<&Vec<f64>> = trials.iter().map(|trial| &trial[position][PROTOCOL.widest - 1]).collect();
        values.push(Curve::from_trials(format!("{}, trained values", case.name), &widths, &rows)?);
        let best = free(case.loss, &case.graph, PROTOCOL.widest, case.beta)?.z;
        let closed = thin_svd(best.view())?.singular_values.to_vec();
        values.push(Curve::from_trials(format!("{}, theory of values", case.name), &widths, &[closed])?);
    }
    run.save(&[&ranks[..], &values].concat(), &PROTOCOL)?;
    plot::curves(&run.stem(), &ranks, &plot::Axes::new("Width K", "Rank of Z"))?;
    plot::curves(&run.out.join("collapse_values"), &values, &plot::Axes::new("Rank", "Singular value of Z"))
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
