use ndarray::Array2;
use pal::Result;
use pal::data::Labels;
use pal::graph::{NeighbourSearch, SimilarityGraph, drop_entries};
use pal::linalg::Operator;
use rand::{Rng, RngExt};

use crate::door::{Door, door, has_entries, is_square, length, numbers, vector};
use crate::support::{self, gaussian, symmetric};

/// A symmetric matrix of entries from 0 to 1.
pub(crate) fn similarities(n: usize, rng: &mut impl Rng) -> Array2<f64> {
    symmetric(n, || rng.random(), |entry| entry)
}

/// Graphs of every form without negative entries, over an even number of samples.
pub(crate) fn non_negative(n: usize, rng: &mut impl Rng) -> Vec<SimilarityGraph> {
    let labels = Labels::partial((0..n).map(|i| (i % 4 < 3).then_some(i % 4)).collect(), 3).unwrap();
    let path = (1..n).map(|i| (i - 1, i, rng.random_range(0.1..1.0)));
    let path = SimilarityGraph::pairs(n, path.collect::<Vec<_>>()).unwrap();
    let views = SimilarityGraph::views(n / 2, 2).unwrap();
    let factor = gaussian(n, 2, rng).mapv(f64::abs);
    vec![
        views.clone(),
        SimilarityGraph::views(2, n / 2).unwrap(),
        SimilarityGraph::labels(&labels),
        path.clone(),
        SimilarityGraph::low_rank(factor, ndarray::array![0.5, 0.25]).unwrap(),
        SimilarityGraph::dense(similarities(n, rng)).unwrap(),
        SimilarityGraph::mixture([(0.5, views), (2.0, path)]).unwrap(),
    ]
}

/// What a graph says of itself, and its products.
fn all_of(graph: &SimilarityGraph) -> Result<Vec<f64>> {
    let x = Array2::from_shape_fn((graph.len(), 2), |(i, j)| ((3 * i + 5 * j) % 7) as f64 - 3.0);
    let half: Vec<usize> = (0..graph.len().div_ceil(2)).collect();
    let mut all = numbers([
        &graph.to_dense(),
        &graph.apply(x.view())?,
        &graph.restrict(&half)?.to_dense(),
        &drop_entries(graph, 0.25, &mut support::rng(3))?.to_dense(),
    ]);
    all.extend(graph.laplacian().to_dense());
    if graph.require_non_negative("graph").is_ok() {
        all.extend(graph.laplacian().normalised()?.to_dense());
    }
    all.extend(graph.component_of().into_iter().map(|component| component as f64));
    if let (rest, Some(part)) = graph.split_low_rank() {
        assert!(rest.is_none());
        all.extend(part.factor.dot(&part.core).dot(&part.factor.t()));
    }
    all.extend(graph.degrees());
    all.extend(graph.diagonal());
    all.extend([
        graph.frobenius_squared(),
        graph.components() as f64,
        graph.laplacian().energy(x.view())?,
        f64::from(u8::from(graph.is_non_negative())),
    ]);
    Ok(all)
}

pub(crate) fn doors(n: usize, rng: &mut impl Rng) -> Vec<Door> {
    let mut doors = vec![
        door(
            "graph::SimilarityGraph::low_rank graph::SimilarityGraph::frobenius_squared \
             graph::SimilarityGraph::components graph::SimilarityGraph::component_of \
             graph::SimilarityGraph::is_non_negative graph::SimilarityGraph::require_non_negative \
             graph::SimilarityGraph::split_low_rank graph::Laplacian::to_dense graph::NormalisedLaplacian::to_dense",
            vec![gaussian(n, 2, rng), gaussian(2, 1, rng)],
            |d| d[0].0 > 0 && length(d[1]) == d[0].1,
            |a| all_of(&SimilarityGraph::low_rank(a[0].clone(), vector(&a[1]))?),
        ),
        door(
            "graph::SimilarityGraph::dense graph::SimilarityGraph::to_dense graph::SimilarityGraph::degrees \
             graph::SimilarityGraph::diagonal graph::SimilarityGraph::restrict graph::drop_entries",
            vec![similarities(n, rng) - 0.5],
            |d| is_square(d[0]),
            |a| all_of(&SimilarityGraph::dense(a[0].clone())?),
        ),
        door(
            "graph::SimilarityGraph::inner graph::SimilarityGraph::mixture",
            vec![similarities(n, rng), similarities(n, rng)],
            |d| is_square(d[0]) && d[0] == d[1],
            |a| {
                let (one, other) =
                    (SimilarityGraph::dense(a[0].clone())?, SimilarityGraph::dense(a[1].clone())?);
                Ok(vec![
                    one.inner(&other)?,
                    SimilarityGraph::mixture([(1.0, one), (-0.5, other)])?.frobenius_squared(),
                ])
            },
        ),
        door(
            "graph::SimilarityGraph::neighbours",
            vec![gaussian(n, 2, rng)],
            |d| d[0].0 > 3 && has_entries(d[0]),
            |a| Ok(numbers([&SimilarityGraph::neighbours(a[0].view(), 3)?.to_dense()])),
        ),
        door(
            "graph::SimilarityGraph::neighbours_by",
            vec![gaussian(n, 2, rng)],
            |d| d[0].0 > 3 && has_entries(d[0]),
            |a| {
                let search = NeighbourSearch::Approximate { recall: 0.5 };
                Ok(numbers([&SimilarityGraph::neighbours_by(a[0].view(), 3, search)?.graph.to_dense()]))
            },
        ),
    ];
    for graph in non_negative(n, rng) {
        doors.push(
            door(
                "graph::SimilarityGraph::add_to",
                vec![gaussian(n, n, rng)],
                move |d| d[0] == (n, n),
                move |a| {
                    let mut out = a[0].clone();
                    graph.add_to(0.5, &mut out.view_mut())?;
                    Ok(numbers([&out]))
                },
            )
            .letting_through(|_, _| true), // stays as it is
        );
    }
    doors.extend(products(n, rng));
    doors
}

/// Products and energies of every form.
pub(crate) fn products(n: usize, rng: &mut impl Rng) -> Vec<Door> {
    let mut graphs = non_negative(n, rng);
    let labels = Labels::partial((0..n).map(|i| (i % 3 < 2).then_some(i % 3)).collect(), 2).unwrap();
    graphs.push(SimilarityGraph::contrastive_labels(&labels));
    let mut doors = Vec::new();
    for graph in graphs {
        let same = graph.clone();
        doors.push(door(
            "graph::SimilarityGraph::quadratic",
            vec![gaussian(n, 3, rng)],
            move |d| d[0].0 == n,
            move |a| Ok(numbers([&same.quadratic(a[0].view())?])),
        ));
        doors.push(
            door(
                "graph::SimilarityGraph::laplacian graph::SimilarityGraph::normalised graph::Laplacian::energy \
                 graph::Laplacian::normalised graph::NormalisedLaplacian::energy",
                vec![gaussian(n, 3, rng), gaussian(n, 3, rng)],
                move |d| d[0].0 == n && d[1] == d[0],
                move |a| {
                    let (x, laplacian) = (a[0].view(), graph.laplacian());
                    let mut sums = [a[1].clone(), a[1].clone(), a[1].clone()];
                    graph.apply_add(0.5, x, sums[0].view_mut())?;
                    laplacian.apply_add(0.5, x, sums[1].view_mut())?;
                    let mut all = vec![laplacian.energy(x)?];
                    if graph.is_non_negative() {
                        let normalised = graph.laplacian().normalised()?;
                        normalised.apply_add(0.5, x, sums[2].view_mut())?;
                        all.push(normalised.energy(x)?);
                        all.extend(graph.normalised()?.apply(x)?);
                    }
                    all.extend(numbers(&sums));
                    Ok(all)
                },
            )
            .finding_late(&[1]),
        );
    }
    doors
}
