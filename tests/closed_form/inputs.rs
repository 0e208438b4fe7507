//! Bad input is an error that names the argument.

use ndarray::{Array1, Array2, Axis, concatenate, s};
use pal::Error;
use pal::closed_form::{KernelRegime, LinearRegime, free};
use pal::graph::SimilarityGraph;
use pal::kernel::{Exponential, Gaussian};
use pal::linalg::leading_eigenpairs_of_update;
use pal::loss::SpectralLoss;

use crate::support::{gaussian, refused, rng};

const LOSSES: [SpectralLoss; 3] =
    [SpectralLoss::SimClr2, SpectralLoss::Vic2 { lambda: 1.0 }, SpectralLoss::BarlowTwins2];
const KERNEL: Exponential = Exponential { sigma: 1.0 };

fn with_bad_entry(x: &Array2<f64>, bad: f64) -> Array2<f64> {
    let mut x = x.clone();
    x[[2, 1]] = bad;
    x
}

#[test]
fn the_free_regime() {
    let graph = SimilarityGraph::views(3, 2).unwrap();
    for loss in LOSSES {
        refused!(free(loss, &graph, 0, 0.0), Error::Domain { argument: "k", value: 0.0, .. });
        refused!(free(loss, &graph, 7, 0.0), Error::Domain { argument: "k", value: 7.0, .. });
        assert!(free(loss, &graph, 6, 0.0).is_ok());
        for beta in [-1e-3, f64::NAN, f64::INFINITY] {
            refused!(free(loss, &graph, 2, beta), Error::Domain { argument: "beta", .. });
        }
    }
    for lambda in [-1.0, f64::NAN, f64::INFINITY] {
        refused!(
            free(SpectralLoss::Vic2 { lambda }, &graph, 2, 0.0),
            Error::Domain { argument: "lambda", .. }
        );
    }
}

#[test]
fn the_linear_regime() {
    let x = gaussian(6, 2, &mut rng(0));
    for beta in [-1e-3, f64::NAN, f64::INFINITY] {
        refused!(LinearRegime::new(x.view(), beta), Error::Domain { argument: "beta", .. });
    }
    for bad in [f64::NAN, f64::INFINITY] {
        refused!(LinearRegime::new(with_bad_entry(&x, bad).view(), 0.0), Error::NotFinite { .. });
    }
    refused!(LinearRegime::new(Array2::zeros((0, 2)).view(), 0.0), Error::Empty { .. });
    refused!(LinearRegime::new(Array2::zeros((6, 0)).view(), 0.0), Error::Empty { .. });
    refused!(LinearRegime::new(Array2::zeros((6, 2)).view(), 0.0), Error::Singular { argument: "x", .. });

    let regime = LinearRegime::new(x.view(), 0.1).unwrap();
    let graph = SimilarityGraph::identity(6).unwrap();
    for loss in LOSSES {
        refused!(regime.minimise(loss, &graph, 0), Error::Domain { argument: "k", value: 0.0, .. });
        refused!(regime.minimise(loss, &graph, 7), Error::Domain { argument: "k", value: 7.0, .. });
        for samples in [5, 7] {
            let other = SimilarityGraph::identity(samples).unwrap();
            refused!(regime.minimise(loss, &other, 2), Error::Shape { argument: "graph", .. });
        }
    }
    refused!(
        regime.minimise(SpectralLoss::Vic2 { lambda: f64::NAN }, &graph, 2),
        Error::Domain { argument: "lambda", .. }
    );
    let map = regime.minimise(SpectralLoss::SimClr2, &graph, 2).unwrap().map;
    refused!(map.embed(gaussian(4, 3, &mut rng(1)).view()), Error::Shape { argument: "x", .. });
    refused!(map.embed(with_bad_entry(&x, f64::NAN).view()), Error::NotFinite { argument: "x", .. });
    assert_eq!(map.embed(x.slice(s![..0, ..])).unwrap().dim(), (0, 2));
}

#[test]
fn the_kernel_regime() {
    let x = gaussian(6, 2, &mut rng(0));
    for beta in [0.0, -1e-3, f64::NAN, f64::INFINITY] {
        refused!(KernelRegime::new(KERNEL, beta).on(x.view()), Error::Domain { argument: "beta", .. });
    }
    for sigma in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        refused!(
            KernelRegime::new(Exponential { sigma }, 0.1).on(x.view()),
            Error::Domain { argument: "sigma", .. }
        );
        refused!(
            KernelRegime::new(Gaussian { sigma }, 0.1).on(x.view()),
            Error::Domain { argument: "sigma", .. }
        );
    }
    for cutoff in [-1e-9, f64::NAN, f64::INFINITY] {
        refused!(
            KernelRegime { kernel: KERNEL, beta: 0.1, cutoff }.on(x.view()),
            Error::Domain { argument: "cutoff", .. }
        );
    }
    refused!(KernelRegime { kernel: KERNEL, beta: 0.1, cutoff: 100.0 }.on(x.view()), Error::Singular { .. });
    for bad in [f64::NAN, f64::INFINITY] {
        refused!(
            KernelRegime::new(KERNEL, 0.1).on(with_bad_entry(&x, bad).view()),
            Error::NotFinite { argument: "x", .. }
        );
    }
    let regime = KernelRegime::new(KERNEL, 0.1);
    refused!(regime.on(Array2::zeros((0, 2)).view()), Error::Empty { argument: "x", .. });
    refused!(regime.on(Array2::zeros((6, 0)).view()), Error::Empty { argument: "x", .. });

    let fitted = regime.on(x.view()).unwrap();
    let graph = SimilarityGraph::identity(6).unwrap();
    for loss in LOSSES {
        refused!(fitted.minimise(loss, &graph, 0), Error::Domain { argument: "k", value: 0.0, .. });
        refused!(fitted.minimise(loss, &graph, 7), Error::Domain { argument: "k", value: 7.0, .. });
        for samples in [5, 7] {
            let other = SimilarityGraph::identity(samples).unwrap();
            refused!(fitted.minimise(loss, &other, 2), Error::Shape { argument: "graph", .. });
        }
    }
    let mut solver = fitted.solver();
    for k in [0, 7] {
        refused!(fitted.leading(&graph, k), Error::Domain { argument: "k", .. });
        refused!(solver.leading(&graph, k), Error::Domain { argument: "k", .. });
    }
    for samples in [5, 7] {
        let other = SimilarityGraph::identity(samples).unwrap();
        refused!(fitted.leading(&other, 2), Error::Shape { argument: "graph", .. });
        refused!(solver.leading(&other, 2), Error::Shape { argument: "graph", .. });
    }
    // On a singular kernel the rank is what there is.
    let twice = concatenate![Axis(0), x, x];
    let singular = KernelRegime { kernel: KERNEL, beta: 0.1, cutoff: 1e-9 }.on(twice.view()).unwrap();
    let graph = SimilarityGraph::identity(12).unwrap();
    refused!(singular.leading(&graph, 7), Error::Domain { argument: "k", value: 7.0, .. });
    assert!(singular.leading(&graph, 6).is_ok());
    let surplus = singular.minimise(SpectralLoss::SimClr2, &graph, 8).unwrap();
    assert_eq!((surplus.z.dim(), surplus.eigenvalues.len()), ((12, 8), 6));
}

#[test]
fn new_points() {
    let x = gaussian(6, 2, &mut rng(0));
    let fitted = KernelRegime::new(KERNEL, 0.1).on(x.view()).unwrap();
    let graph = SimilarityGraph::identity(6).unwrap();
    let (pairs, map) = fitted.leading(&graph, 2).unwrap();
    let wide = gaussian(4, 3, &mut rng(1));
    let bad = with_bad_entry(&x, f64::NAN);
    refused!(map.embed(wide.view()), Error::Shape { .. });
    refused!(map.embed(bad.view()), Error::NotFinite { .. });
    refused!(fitted.lift(wide.view()), Error::Shape { .. });
    refused!(fitted.lift(bad.view()), Error::NotFinite { .. });
    refused!(fitted.expand(pairs.vectors.slice(s![..5, ..])), Error::Shape { argument: "z", .. });
    let lift = fitted.lift(gaussian(4, 2, &mut rng(2)).view()).unwrap();
    refused!(lift.embed(pairs.vectors.slice(s![..5, ..])), Error::Shape { argument: "z", .. });
    assert_eq!(lift.embed(pairs.vectors.view()).unwrap().dim(), (4, 2));
}

#[test]
fn low_rank_changes() {
    let values = Array1::from(vec![1.0, 2.0, 3.0, 4.0]);
    let w = gaussian(4, 2, &mut rng(0));
    let core = Array2::<f64>::eye(2);
    let leading = |values: &Array1<f64>, w: &Array2<f64>, core: &Array2<f64>, k| {
        leading_eigenpairs_of_update(values.view(), w.view(), core.view(), k)
    };
    for k in [0, 5] {
        refused!(leading(&values, &w, &core, k), Error::Domain { argument: "k", .. });
    }
    refused!(leading(&values, &w, &Array2::eye(3), 2), Error::Shape { argument: "w", .. });
    refused!(leading(&values, &gaussian(3, 2, &mut rng(1)), &core, 2), Error::Shape { argument: "w", .. });
    refused!(leading(&values, &w, &Array2::zeros((2, 3)), 2), Error::Shape { .. });
    refused!(leading(&values, &w, &ndarray::array![[1.0, 1.0], [0.0, 1.0]], 2), Error::Asymmetric { .. });
    refused!(leading(&values, &w, &(&core * f64::NAN), 2), Error::NotFinite { .. });
    refused!(
        leading(&values, &with_bad_entry(&w, f64::NAN), &core, 2),
        Error::NotFinite { argument: "w", .. }
    );
    refused!(leading(&(&values * f64::INFINITY), &w, &core, 2), Error::NotFinite { argument: "values", .. });
    let unchanged = leading(&values, &Array2::zeros((4, 0)), &Array2::zeros((0, 0)), 2).unwrap();
    assert_eq!((unchanged.values.to_vec(), unchanged.next), (vec![4.0, 3.0], Some(2.0)));
}
