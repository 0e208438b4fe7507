use ndarray::Array2;
use pal::Result;
use pal::closed_form::{FeaturePencil, FeatureRegime, KernelRegime, LinearRegime, Minimiser, free};
use pal::graph::SimilarityGraph;
use pal::kernel::Exponential;
use pal::loss::SpectralLoss;
use rand::Rng;

use crate::door::{Door, Shapes, door, has_entries, is_square, numbers};
use crate::graph::similarities;
use crate::support::gaussian;

const LOSSES: [SpectralLoss; 3] =
    [SpectralLoss::SimClr2, SpectralLoss::Vic2 { lambda: 0.5 }, SpectralLoss::BarlowTwins2];

/// What does not depend on the signs of eigenvectors.
fn of_minimiser<M>(found: &Minimiser<M>, embedded: &[Array2<f64>]) -> Vec<f64> {
    let mut all = vec![found.value, found.rank() as f64, f64::from(u8::from(found.is_unique()))];
    all.extend(&found.eigenvalues);
    all.extend(found.next);
    all.extend(numbers([&found.z.dot(&found.z.t())]));
    all.extend(embedded.iter().flat_map(|z| numbers([&z.dot(&z.t())])));
    all
}

fn graph(a: &Array2<f64>) -> Result<SimilarityGraph> {
    SimilarityGraph::dense(a.clone())
}

pub(crate) fn doors(n: usize, rng: &mut impl Rng) -> Vec<Door> {
    let (x, new, similar) = (gaussian(n, 2, rng), gaussian(3, 2, rng), similarities(n, rng));
    let mut doors = Vec::new();
    let on_samples = |d: Shapes| has_entries(d[0]) && d[1] == (d[0].0, d[0].0) && d[2].1 == d[0].1;
    for loss in LOSSES {
        doors.push(door(
            "closed_form::free closed_form::Minimiser::rank closed_form::Minimiser::is_unique",
            vec![similar.clone()],
            |d| is_square(d[0]),
            move |a| Ok(of_minimiser(&free(loss, &graph(&a[0])?, 2, 0.1)?, &[])),
        ));
        doors.push(door(
            "closed_form::LinearRegime::new closed_form::LinearRegime::minimise closed_form::LinearMap::embed",
            vec![x.clone(), similar.clone(), new.clone()],
            on_samples,
            move |a| {
                let found = LinearRegime::new(a[0].view(), 0.1)?.minimise(loss, &graph(&a[1])?, 2)?;
                let embedded = found.map.embed(a[2].view())?;
                Ok(of_minimiser(&found, &[embedded]))
            },
        ));
        doors.push(door(
            "closed_form::KernelRegime::new closed_form::KernelRegime::on closed_form::FittedKernel::minimise \
             closed_form::KernelExpansion::embed",
            vec![x.clone(), similar.clone(), new.clone()],
            on_samples,
            move |a| {
                let fitted = KernelRegime::new(Exponential { sigma: 0.5 }, 0.1).on(a[0].view())?;
                let found = fitted.minimise(loss, &graph(&a[1])?, 2)?;
                let embedded = found.map.embed(a[2].view())?;
                Ok(of_minimiser(&found, &[embedded]))
            },
        ));
    }
    doors.push(door(
        "closed_form::FeatureRegime::new closed_form::FeatureRegime::rank closed_form::FeatureRegime::leading",
        vec![gaussian(n, 3, rng), similar.clone()],
        |d| has_entries(d[0]) && d[1] == (d[0].0, d[0].0),
        |a| {
            let regime = FeatureRegime::new(a[0].view(), 0.1)?;
            let (pairs, map) = regime.leading(&graph(&a[1])?, 1)?;
            let mut all = pairs.values.to_vec();
            all.push(regime.rank() as f64);
            all.extend(pairs.next);
            all.extend(numbers([&pairs.vectors.mapv(f64::abs), &map.theta.mapv(f64::abs)]));
            Ok(all)
        },
    ));
    doors.push(door(
        "closed_form::FeaturePencil::new closed_form::FeaturePencil::rank closed_form::FeaturePencil::leading",
        vec![Array2::eye(n) + &similar, similar.clone()],
        |d| is_square(d[0]) && d[1] == d[0],
        |a| {
            let pencil = FeaturePencil::new(a[0].view(), 0.1, 0.0)?;
            let pairs = pencil.leading(a[1].view(), 1)?;
            let mut all = pairs.values.to_vec();
            all.push(pencil.rank() as f64);
            all.extend(pairs.next);
            all.extend(pairs.vectors.mapv(f64::abs));
            Ok(all)
        },
    ));
    doors.push(door(
        "closed_form::FittedKernel::leading closed_form::FittedKernel::solver closed_form::FittedKernel::kernel_spectrum \
         closed_form::KernelSolver::leading closed_form::KernelSolver::decompose",
        vec![x.clone(), similar],
        |d| has_entries(d[0]) && d[1] == (d[0].0, d[0].0),
        |a| {
            let fitted = KernelRegime::new(Exponential { sigma: 0.5 }, 0.1).on(a[0].view())?;
            let graph = graph(&a[1])?;
            let (pairs, map) = fitted.leading(&graph, 1)?;
            let mut solver = fitted.solver();
            solver.decompose(&graph)?;
            let again = solver.leading(&graph, 1)?;
            let mut all = fitted.kernel_spectrum()?.to_vec();
            all.extend(pairs.values.iter().chain(&again.values));
            all.extend(numbers([&pairs.vectors.mapv(f64::abs), &again.vectors.mapv(f64::abs)]));
            all.extend(map.embed(a[0].view())?.mapv(f64::abs));
            Ok(all)
        },
    ));
    doors.push(door(
        "closed_form::FittedKernel::expand closed_form::FittedKernel::lift closed_form::KernelExpansion::coefficients \
         closed_form::Lift::embed closed_form::Lift::multiplied",
        vec![x, new, gaussian(n, 2, rng)],
        |d| has_entries(d[0]) && d[1].1 == d[0].1 && d[2].0 == d[0].0,
        |a| {
            let fitted = KernelRegime::new(Exponential { sigma: 0.5 }, 0.1).on(a[0].view())?;
            let (lift, expansion) = (fitted.lift(a[1].view())?, fitted.expand(a[2].view())?);
            Ok(numbers([
                &lift.embed(a[2].view())?,
                &lift.multiplied().embed(a[2].view())?,
                &expansion.embed(a[1].view())?,
                &expansion.coefficients().to_owned(),
            ]))
        },
    ));
    doors
}
