use pal::data::Labels;
use pal::graph::SimilarityGraph;
use pal::loss::{
    BarlowTwins, Loss, NamedLoss, NtXent, Penalised, Ridge, SpectralLoss, Statistics, VicReg, cross_entropy,
};
use rand::Rng;

use crate::door::{Door, door, numbers};
use crate::graph::non_negative;
use crate::support::gaussian;

fn of_loss(n: usize, rng: &mut impl Rng, loss: impl Loss<f64> + 'static, graph: &SimilarityGraph) -> Door {
    let graph = graph.clone();
    door(
        "loss::Loss::value loss::Loss::value_and_gradient loss::Loss::value_and_gradient_into",
        vec![gaussian(n, 3, rng), gaussian(n, 3, rng)],
        move |d| d[0].0 == n && d[0].1 > 0 && d[1] == d[0],
        move |a| {
            let z = a[0].view();
            let (value, gradient) = loss.value_and_gradient(z, &graph)?;
            let mut into = a[1].clone();
            let again = loss.value_and_gradient_into(z, &graph, into.view_mut())?;
            Ok([vec![loss.value(z, &graph)?, value, again], numbers([&gradient, &into])].concat())
        },
    )
    .letting_through(|argument, _| argument == 1) // written over
}

pub(crate) fn doors(n: usize, rng: &mut impl Rng) -> Vec<Door> {
    let graphs = non_negative(n, rng);
    let mut doors = Vec::new();
    for graph in &graphs {
        doors.push(of_loss(n, rng, VicReg::default(), graph));
        doors.push(of_loss(n, rng, BarlowTwins::default(), graph));
        doors.push(of_loss(n, rng, NtXent { temperature: 0.5 }, graph));
        doors.push(of_loss(n, rng, Ridge { lambda: 0.1 }, graph));
        let named: NamedLoss = "simclr2".parse().unwrap();
        doors.push(of_loss(n, rng, named, graph));
        for loss in [SpectralLoss::SimClr2, SpectralLoss::Vic2 { lambda: 0.5 }, SpectralLoss::BarlowTwins2] {
            doors.push(of_loss(n, rng, Penalised { loss, beta: 0.1 }, graph));
        }
    }
    // The exponentials of a low temperature have no common shift.
    doors.push(of_loss(n, rng, NtXent { temperature: 1e-3 }, &graphs[0]));
    let each = Statistics::EachView;
    doors.push(of_loss(n, rng, VicReg { statistics: each, ..VicReg::default() }, &graphs[0]));
    doors.push(of_loss(n, rng, BarlowTwins { statistics: each, ..BarlowTwins::default() }, &graphs[0]));
    let labels = Labels::partial((0..n).map(|i| (i % 3 < 2).then_some(i % 3)).collect(), 2).unwrap();
    doors.push(door(
        "loss::cross_entropy",
        vec![gaussian(n, 3, rng), gaussian(3, 2, rng)],
        move |d| d[0].0 == n && d[0].1 > 0 && d[1] == (d[0].1, 2),
        move |a| {
            let found = cross_entropy(a[0].view(), a[1].view(), &labels)?;
            Ok([vec![found.value], numbers([&found.gradient_z, &found.gradient_weights])].concat())
        },
    ));
    doors
}
