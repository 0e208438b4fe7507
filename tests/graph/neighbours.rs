//! Neighbour graphs against every distance, one by one.

use ndarray::{Array2, array};
use pal::Error;
use pal::graph::{Form, NeighbourSearch, SimilarityGraph};
use pal::linalg::Operator;
use proptest::prelude::*;

use crate::support::{gaussian, refused, rng};

/// All entries by definition; ties of distances do not occur among random points.
fn by_definition(x: &Array2<f64>, k: usize) -> Array2<f64> {
    let n = x.nrows();
    let distance = |i: usize, j: usize| {
        let difference = &x.row(i) - &x.row(j);
        difference.dot(&difference).sqrt()
    };
    let near: Vec<Vec<usize>> = (0..n)
        .map(|i| {
            let mut others: Vec<usize> = (0..n).filter(|&j| j != i).collect();
            others.sort_by(|&a, &b| distance(i, a).total_cmp(&distance(i, b)));
            others.truncate(k);
            others
        })
        .collect();
    let scale = |i: usize| distance(i, near[i][k.min(7) - 1]);
    Array2::from_shape_fn((n, n), |(i, j)| {
        if near[i].contains(&j) || near[j].contains(&i) {
            (-distance(i, j).powi(2) / (scale(i) * scale(j))).exp()
        } else {
            0.0
        }
    })
}

/// By how much the next one is at least farther than the `k` nearest of each row.
fn gap(x: &Array2<f64>, k: usize) -> f64 {
    let gaps = x.rows().into_iter().map(|row| {
        let mut distances: Vec<f64> =
            x.rows().into_iter().map(|other| (&row - &other).mapv(|d| d * d).sum().sqrt()).collect();
        distances.sort_by(f64::total_cmp);
        distances[k + 1] - distances[k] // the first is its own
    });
    gaps.fold(f64::INFINITY, f64::min)
}

proptest! {
    #[test]
    fn neighbours_are_the_nearest(seed in any::<u64>(), n in 2_usize..150, p in 1_usize..5, k in 1_usize..12) {
        let k = k.min(n - 1);
        let x = gaussian(n, p, &mut rng(seed));
        let graph = SimilarityGraph::neighbours(x.view(), k).unwrap().to_dense();
        let expected = by_definition(&x, k);
        for (entry, expected) in graph.iter().zip(&expected) {
            prop_assert!((entry - expected).abs() <= 1e-9, "{entry} for {expected}");
        }
    }

    /// Far from the origin the products of rows cancel; the distances of those chosen do not.
    #[test]
    fn neighbours_do_not_depend_on_the_origin(seed in any::<u64>(), far in 1.0_f64..1e6) {
        let x = gaussian(40, 3, &mut rng(seed));
        // Neighbours that lie equally far up to the rounding of `x + far` may change places.
        prop_assume!(gap(&x, 5) > 1e-14 * far);
        let near = SimilarityGraph::neighbours(x.view(), 5).unwrap().to_dense();
        let moved = SimilarityGraph::neighbours((&x + far).view(), 5).unwrap().to_dense();
        prop_assert!((&near - &moved).iter().all(|entry| entry.abs() < 1e-6));
    }
}

#[test]
fn copies_are_wholly_similar() {
    let x = array![[0.0, 1.0], [0.0, 1.0], [0.0, 1.0], [5.0, 1.0]];
    let graph = SimilarityGraph::neighbours(x.view(), 2).unwrap();
    assert_eq!(graph.entry(0, 1).unwrap(), 1.0);
    assert_eq!(graph.entry(1, 2).unwrap(), 1.0);
    assert!(graph.to_dense().iter().all(|entry| entry.is_finite()));
}

/// Many copies of a row are one point: between one sample of each the graph is that of the distinct rows, every copy has a
/// neighbour outside, and the number of edges stays far below the square of the copies.
#[test]
fn many_copies_are_one_point() {
    for (distinct, copies, k) in [(9, 8, 10), (12, 40, 10), (5, 30, 3), (30, 500, 10), (1, 20, 4), (2, 9, 8)]
    {
        let rows = gaussian(distinct, 2, &mut rng(9));
        let n = distinct * copies;
        let x = Array2::from_shape_fn((n, 2), |(i, column)| rows[[i % distinct, column]]);
        let graph = SimilarityGraph::neighbours(x.view(), k).unwrap();
        if distinct > 1 {
            let expected = by_definition(&rows, k.min(distinct - 1));
            for i in 0..distinct {
                for j in 0..distinct {
                    assert!((graph.entry(i, j).unwrap() - expected[[i, j]]).abs() < 1e-9);
                }
            }
            let of_row =
                Array2::from_shape_fn((n, distinct), |(i, row)| f64::from(u8::from(i % distinct == row)));
            let outside = graph.apply(of_row.view()).unwrap();
            assert!((0..n).all(|i| (0..distinct).any(|row| row != i % distinct && outside[[i, row]] > 0.0)));
        }
        assert_eq!(
            graph.components(),
            SimilarityGraph::neighbours(rows.view(), k.min(distinct.max(2) - 1))
                .map_or(1, |graph| graph.components())
        );
        assert_eq!(graph.entry(0, distinct).unwrap(), 1.0);
        let [(_, Form::Pairs(pairs))] = graph.terms() else { panic!("not a graph of pairs") };
        let most = n * (2 * k + usize::BITS as usize);
        assert!(pairs.entries().count() <= most);
    }
}

/// Fewer copies than there are neighbours to a scale stay points of their own.
#[test]
fn few_copies_are_neighbours_of_each_other() {
    let mut x = gaussian(40, 2, &mut rng(10));
    for copy in 1..7 {
        let first = x.row(0).to_owned();
        x.row_mut(copy).assign(&first);
    }
    let graph = SimilarityGraph::neighbours(x.view(), 10).unwrap().to_dense();
    let expected = by_definition(&x, 10);
    assert!(graph.iter().zip(&expected).all(|(entry, expected)| (entry - expected).abs() < 1e-9));
}

/// In a unit so large that the samples are among the smallest numbers, which have one digit or a few, nothing changes.
#[test]
fn neighbours_do_not_depend_on_the_unit() {
    let x =
        Array2::from_shape_fn((40, 2), |(i, j)| ((7 * i + 31 * j + 5 * i * j) % 97 + 200 * (i % 2)) as f64);
    let graph = SimilarityGraph::neighbours(x.view(), 8).unwrap().to_dense();
    for power in [-1074, -1040, -1030, -500, 300] {
        let half = 2_f64.powi(power / 2);
        let scaled = &x * half * 2_f64.powi(power - power / 2);
        assert_eq!(SimilarityGraph::neighbours(scaled.view(), 8).unwrap().to_dense(), graph, "2^{power}");
    }
}

#[test]
fn bad_neighbours_are_refused() {
    let x = gaussian(4, 2, &mut rng(0));
    refused!(SimilarityGraph::neighbours(x.view(), 0), Error::Domain { argument: "k", .. });
    refused!(SimilarityGraph::neighbours(x.view(), 4), Error::Domain { argument: "k", .. });
    refused!(
        SimilarityGraph::neighbours(Array2::zeros((4, 0)).view(), 1),
        Error::Empty { argument: "x", .. }
    );
    let mut bad = x;
    bad[[2, 1]] = f64::NAN;
    refused!(SimilarityGraph::neighbours(bad.view(), 1), Error::NotFinite { argument: "x", .. });
}

/// Beyond 8192 rows candidates come from single precision: the same edges and weights as by comparing one by one.
#[test]
fn many_rows_have_the_same_neighbours() {
    let n = 8200;
    let x = gaussian(n, 3, &mut rng(5));
    let graph = SimilarityGraph::neighbours(x.view(), 7).unwrap();
    let distances = |i: usize| -> Vec<(f64, usize)> {
        let to = |j: usize| (&x.row(i) - &x.row(j)).mapv(|d| d * d).sum().sqrt();
        let mut all: Vec<(f64, usize)> = (0..n).filter(|&j| j != i).map(|j| (to(j), j)).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        all.truncate(7);
        all
    };
    for i in (0..n).step_by(97) {
        let near = distances(i);
        for (distance, j) in &near {
            let expected = (-distance * distance / (near[6].0 * distances(*j)[6].0)).exp();
            let entry = graph.entry(i, *j).unwrap();
            assert!((entry - expected).abs() < 1e-9, "{entry} for {expected} between {i} and {j}");
        }
    }
}

/// An approximate graph is one of neighbours, though not of all of the nearest, and says how many it has.
#[test]
fn approximate_neighbours_say_how_many_they_are() {
    let x = gaussian(3000, 4, &mut rng(6));
    let exact = SimilarityGraph::neighbours_by(x.view(), 10, NeighbourSearch::Exact).unwrap();
    assert_eq!(
        (exact.recall, SimilarityGraph::neighbours(x.view(), 10).unwrap()),
        (None, exact.graph.clone())
    );
    let auto = SimilarityGraph::neighbours_by(x.view(), 10, NeighbourSearch::Auto).unwrap();
    assert_eq!((auto.recall, auto.graph), (None, exact.graph));
    let search = NeighbourSearch::Approximate { recall: 0.8 };
    let found = SimilarityGraph::neighbours_by(x.view(), 10, search).unwrap();
    assert!(found.recall.is_some_and(|recall| (0.77..1.0).contains(&recall)), "{:?}", found.recall);
    for recall in [0.0, 1.0, -1.0, f64::NAN] {
        let search = NeighbourSearch::Approximate { recall };
        refused!(
            SimilarityGraph::neighbours_by(x.view(), 10, search),
            Error::Domain { argument: "recall", .. }
        );
    }
}
