//! Graphs, and what they say of themselves.

use ndarray::{Array1, Array2, s};
use pal::Scalar;
use pal::data::Labels;
use pal::graph::{SimilarityGraph, drop_entries};
use pal::linalg::Operator;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::support::{gaussian, refused, rng};
use crate::{Magnitudes, all_finite, all_near, entries, magnitudes, near, numbers};

const N: usize = 7;

fn forms(of: Magnitudes) -> Vec<pal::Result<SimilarityGraph>> {
    let labels = Labels::partial(vec![Some(0), Some(0), Some(1), None, Some(1), Some(0), None], 2).unwrap();
    let weights = of.matrix::<f64>(1, N, N);
    let pairs = weights.indexed_iter().filter(|((i, j), _)| i <= j).map(|((i, j), &weight)| (i, j, weight));
    let pairs = SimilarityGraph::pairs(N, pairs.collect::<Vec<_>>());
    let positive = SimilarityGraph::dense(of.symmetric(2, N).mapv(f64::abs));
    let low_rank =
        SimilarityGraph::low_rank(of.matrix(3, N, 2), of.matrix::<f64>(4, 2, 1).column(0).to_owned());
    let labels = SimilarityGraph::labels(&labels);
    let mixture = SimilarityGraph::mixture([
        (of.number(5), labels.clone()),
        (-of.number(6), SimilarityGraph::identity(N).unwrap()),
    ]);
    let some = |graph: &pal::Result<SimilarityGraph>| graph.as_ref().ok().cloned();
    let both = some(&pairs).zip(some(&positive));
    let nested = both.map(|(a, b)| SimilarityGraph::mixture([(of.number(7), a), (of.number(8), b)]));
    let alone = SimilarityGraph::mixture([(of.number(9), labels)]);
    let dense = SimilarityGraph::dense(of.symmetric(10, N));
    let mut all = vec![pairs, positive, low_rank, mixture, alone, dense];
    all.extend(nested);
    all
}

fn of_itself(graph: &SimilarityGraph) -> Result<(), TestCaseError> {
    all_finite("degrees", graph.degrees())?;
    all_finite("diagonal", graph.diagonal())?;
    all_finite("to_dense", graph.to_dense())?;
    all_finite("frobenius_squared", [graph.frobenius_squared()])?;
    all_finite("Laplacian::to_dense", graph.laplacian().to_dense())?;
    numbers("entry", graph.entry(0, 1), |entry| [entry])?;
    numbers("inner", graph.inner(graph), |product| [product])?;
    let (rest, part) = graph.split_low_rank();
    all_finite("split_low_rank", rest.iter().flat_map(|rest| rest.degrees()))?;
    all_finite(
        "split_low_rank",
        part.iter().flat_map(|part| [entries(&part.factor), entries(&part.core)].concat()),
    )?;
    let mut out = Array2::zeros((graph.len(), graph.len()));
    numbers("add_to", graph.add_to(1.0, &mut out.view_mut()), |()| entries(&out))
}

fn energies<F: Scalar>(of: Magnitudes, graph: &SimilarityGraph) -> Result<(), TestCaseError> {
    let z = of.matrix::<F>(11, N, 2);
    numbers("energy", graph.laplacian().energy(z.view()), |energy| [energy])?;
    numbers("quadratic", graph.quadratic(z.view()), |quadratic| entries(&quadratic))?;
    let normalised = graph.laplacian().normalised();
    numbers("normalised energy", normalised.and_then(|laplacian| laplacian.energy(z.view())), |energy| {
        [energy]
    })
}

proptest! {
    #[test]
    fn numbers_from_graphs(of in magnitudes()) {
        for graph in forms(of) {
            let Ok(graph) = graph else { continue };
            of_itself(&graph)?;
            energies::<f64>(of, &graph)?;
            energies::<f32>(of, &graph)?;
            of_itself(&graph.restrict(&[0, 0, 3, 3, 3, 6, 6]).unwrap())?;
            of_itself(&graph.on_views(2).unwrap())?;
            of_itself(&drop_entries(&graph, 0.3, &mut rng(of.seed)).unwrap())?;
            if let Ok(normalised) = graph.normalised() {
                of_itself(&normalised)?;
            }
            numbers("normalised Laplacian", graph.laplacian().normalised(), |laplacian| entries(&laplacian.to_dense()))?;
            let unit = Array2::<f64>::eye(N);
            numbers("apply", graph.apply(unit.view()), |product| entries(&product))?;
        }
    }

    #[test]
    fn numbers_from_neighbours(of in magnitudes(), p in 1..4_usize, k in 1..6_usize) {
        let x = of.matrix::<f64>(1, N, p);
        let graph = SimilarityGraph::neighbours(x.view(), k);
        numbers("neighbours", graph, |graph| entries(&graph.to_dense()))?;
    }

    /// Neighbours do not depend on the unit; a power of two changes no bit.
    #[test]
    fn neighbours_in_any_unit(power in -450..450_i32, exponent in -300.0..300.0_f64, k in 1..9_usize, seed in any::<u64>()) {
        let x = gaussian(12, 3, &mut rng(seed));
        let graph = |x: &Array2<f64>| SimilarityGraph::neighbours(x.view(), k).unwrap().to_dense();
        let expected = graph(&x);
        prop_assert_eq!(&graph(&(&x * f64::from(power).exp2())), &expected);
        prop_assert!(all_near(&graph(&(&x * 10_f64.powf(exponent))), &expected, 1e-9));
    }

    /// A row far away is nobody's neighbour, and costs nobody digits.
    #[test]
    fn neighbours_beside_a_far_row(exponent in 3.0..300.0_f64, k in 1..9_usize, seed in any::<u64>()) {
        let x = gaussian(13, 3, &mut rng(seed));
        let mut with_far = x.clone();
        with_far.row_mut(12).fill(10_f64.powf(exponent));
        let expected = SimilarityGraph::neighbours(x.slice(s![..12, ..]), k).unwrap().to_dense();
        let found = SimilarityGraph::neighbours(with_far.view(), k).unwrap().to_dense();
        prop_assert!(all_near(&found.slice(s![..12, ..12]).to_owned(), &expected, 1e-6));
    }

    /// `Tr((cZ)ᵀ L (cZ)) = c² Tr(ZᵀLZ)` for every form.
    #[test]
    fn energies_are_quadratic(exponent in -150.0..150.0_f64, weight in -90.0..90.0_f64, seed in any::<u64>()) {
        let (z, scale) = (gaussian(N, 2, &mut rng(seed)), 10_f64.powf(exponent));
        // The result may not be a number where the weight makes it none.
        let weight = 10_f64.powf(weight.clamp(-280.0 - 2.0 * exponent, 290.0 - 2.0 * exponent));
        let half = gaussian(N, N, &mut rng(seed + 1));
        let forms = [
            SimilarityGraph::dense(&half + &half.t()).unwrap(),
            SimilarityGraph::low_rank(gaussian(N, 2, &mut rng(seed)), Array1::from(vec![1.0, -0.5])).unwrap(),
            SimilarityGraph::pairs(N, [(0, 1, 1.0), (3, 5, -0.4)]).unwrap(),
            SimilarityGraph::views(N, 1).unwrap(),
        ];
        for form in forms {
            let expected = form.laplacian().energy(z.view()).unwrap();
            let graph = SimilarityGraph::mixture([(weight, form)]).unwrap();
            let found = graph.laplacian().energy((&z * scale).view()).unwrap();
            prop_assert!(near(found / weight / scale / scale, expected, 1e-9) || expected.abs() < 1e-12);
        }
    }

    /// The normalised graph does not depend on the weights' scale.
    #[test]
    fn normalised_graphs_in_any_unit(exponent in -300.0..99.0_f64, seed in any::<u64>()) {
        let labels = SimilarityGraph::labels(&Labels::new(vec![0, 0, 1, 1, 1, 2, 2], 3).unwrap());
        let half = gaussian(N, N, &mut rng(seed)).mapv(f64::abs);
        let dense = SimilarityGraph::dense(&half + &half.t()).unwrap();
        for graph in [labels, dense] {
            let expected = graph.normalised().unwrap().to_dense();
            let scaled = SimilarityGraph::mixture([(10_f64.powf(exponent), graph)]).unwrap();
            prop_assert!(all_near(&scaled.normalised().unwrap().to_dense(), &expected, 1e-9));
            prop_assert!(all_near(
                &(scaled.laplacian().normalised().unwrap().to_dense() + &expected),
                &Array2::eye(N),
                1e-9
            ));
        }
    }
}

#[test]
fn entries_out_of_range_are_refused_by_name() {
    use pal::Error;
    let large = || SimilarityGraph::pairs(3, [(0, 1, 1e80)]).unwrap();
    refused!(SimilarityGraph::pairs(3, [(0, 1, 1e200)]), Error::Domain { argument: "weight of a pair", .. });
    refused!(
        SimilarityGraph::dense(Array2::from_elem((2, 2), -1e200)),
        Error::Domain { argument: "entry of the graph", .. }
    );
    refused!(
        SimilarityGraph::low_rank(Array2::from_elem((2, 1), 1e100), Array1::ones(1)),
        Error::Domain { argument: "bound on the entries of the graph", .. }
    );
    refused!(
        SimilarityGraph::mixture([(1e101, SimilarityGraph::identity(2).unwrap())]),
        Error::Domain { argument: "weight of the mixture", .. }
    );
    refused!(
        SimilarityGraph::mixture([(1e30, large())]),
        Error::Domain { argument: "entry of the mixture", .. }
    );
    // A factor out of scale whose weight makes up for it.
    let graph =
        SimilarityGraph::low_rank(Array2::from_elem((2, 1), 2e200), Array1::from(vec![2e-301])).unwrap();
    let entry = graph.entry(0, 1).unwrap();
    assert!((entry / 8e99 - 1.0).abs() < 1e-12, "{entry:e}");
    assert!((graph.frobenius_squared() / 256e198 - 1.0).abs() < 1e-12);
}
