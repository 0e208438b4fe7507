//! Claim T32, landmarks, and Gram matrices against distances computed one by one.
#![allow(clippy::unwrap_used)] // a test may panic

#[path = "kernel/landmarks.rs"]
mod landmarks;
mod support;

use ndarray::{Array2, ArrayView2, Axis, ShapeBuilder, concatenate, s};
use pal::Error;
use pal::kernel::{
    Exponential, Gaussian, Nystrom, RadialKernel, RandomFeatures, cross_gram, cross_gram_into, gram,
};
use pal::linalg::{cholesky, leading_eigenpairs, solve_lower, symmetric_eigen};
use proptest::prelude::*;

use support::{cases, gaussian, jacobi, random_graph, rel, rng, spectrum};

fn distance(x: ArrayView2<f64>, i: usize, y: ArrayView2<f64>, j: usize) -> f64 {
    x.row(i).iter().zip(y.row(j)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

fn by_definition(y: ArrayView2<f64>, x: ArrayView2<f64>, kernel: impl Fn(f64) -> f64) -> Array2<f64> {
    Array2::from_shape_fn((y.nrows(), x.nrows()), |(i, j)| kernel(distance(y, i, x, j)))
}

/// Coordinates on both sides of where distances come from a product.
fn widths() -> impl Strategy<Value = usize> {
    prop_oneof![1..=5_usize, 15..=20_usize]
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn gram_matrices_by_definition(
        n in 1..=150_usize, m in 0..=150_usize, p in widths(), sigma in 0.1..3.0_f64, shift in -100.0..100.0_f64, seed in any::<u64>(),
    ) {
        let mut rng = rng(seed);
        let x = gaussian(n, p, &mut rng) + shift;
        let y = gaussian(m, p, &mut rng) + shift;
        let exponential = |d: f64| (-d / sigma).exp();
        let squared = |d: f64| (-(d / sigma).powi(2)).exp();
        let cross = cross_gram(&Exponential { sigma }, y.view(), x.view()).unwrap();
        prop_assert!(rel(&cross, &by_definition(y.view(), x.view(), exponential)) < 1e-11);
        let cross = cross_gram(&Gaussian { sigma }, y.view(), x.view()).unwrap();
        prop_assert!(rel(&cross, &by_definition(y.view(), x.view(), squared)) < 1e-11);
        let own = gram(&Exponential { sigma }, x.view()).unwrap();
        prop_assert!(rel(&own, &by_definition(x.view(), x.view(), exponential)) < 1e-11);
        prop_assert!(own.diag().iter().all(|&entry| entry == 1.0));
        prop_assert!(own == own.t());
        let own = gram(&Gaussian { sigma }, x.view()).unwrap();
        prop_assert!(rel(&own, &by_definition(x.view(), x.view(), squared)) < 1e-11);
        prop_assert!(own == own.t() && own.diag().iter().all(|&entry| entry == 1.0));
    }

    #[test]
    fn gram_matrices_of_every_layout(n in 1..=80_usize, p in widths(), seed in any::<u64>()) {
        let x = gaussian(n, p, &mut rng(seed));
        let mut wide = Array2::from_elem((2 * n, 3 * p), f64::NAN);
        wide.slice_mut(s![..;2, ..;3]).assign(&x);
        let mut backwards = Array2::zeros((n, p));
        backwards.slice_mut(s![..;-1, ..;-1]).assign(&x);
        let mut columns = Array2::zeros((n, p).f());
        columns.assign(&x);
        let kernel = Exponential { sigma: 0.4 };
        let expected = gram(&kernel, x.view()).unwrap();
        for view in [wide.slice(s![..;2, ..;3]), backwards.slice(s![..;-1, ..;-1]), columns.view()] {
            prop_assert!(rel(&gram(&kernel, view).unwrap(), &expected) < 1e-11);
            prop_assert!(rel(&cross_gram(&kernel, view, x.view()).unwrap(), &expected) < 1e-11);
        }
    }

    #[test]
    fn t32_nystrom_is_exact_on_all_points(n in 2..=25_usize, p in 1..=3_usize, seed in any::<u64>()) {
        let x = gaussian(n, p, &mut rng(seed));
        let kernel = Exponential { sigma: 0.5 };
        let gram = gram(&kernel, x.view()).unwrap();
        prop_assume!(spectrum(&gram)[n - 1] > 1e-4);
        let features = Nystrom::new(kernel, x.view()).unwrap().features(x.view()).unwrap();
        prop_assert!(rel(&features.dot(&features.t()), &gram) < 1e-9);
    }

    /// A landmark's features have the kernel's exact products with every point, whatever the landmarks.
    #[test]
    fn t32_nystrom_is_exact_at_landmarks(m in 1..=15_usize, seed in any::<u64>()) {
        let x = gaussian(25, 2, &mut rng(seed));
        let kernel = Exponential { sigma: 0.5 };
        let gram = gram(&kernel, x.view()).unwrap();
        let features = Nystrom::new(kernel, x.slice(s![..m, ..])).unwrap().features(x.view()).unwrap();
        prop_assert_eq!(features.dim(), (25, m));
        let products = features.dot(&features.t());
        prop_assert!(rel(products.slice(s![..m, ..]), gram.slice(s![..m, ..])) < 1e-8);
    }

    #[test]
    fn t32_nystrom_eigenvalues_grow_to_the_exact_ones(kind in random_graph(), seed in any::<u64>()) {
        let (n, beta) = (40, 1e-2);
        // A graph of the default family, tiled to 40 points.
        let graph = Array2::from_shape_fn((n, n), |(i, j)| kind[[i % kind.nrows(), j % kind.nrows()]]);
        let mut rng = rng(seed);
        let x = gaussian(n, 2, &mut rng);
        let kernel = Exponential { sigma: 0.5 };
        let (kappa, u) = jacobi(&gram(&kernel, x.view()).unwrap());
        prop_assume!(kappa[n - 1] > 1e-3);
        let penalty = (&u / &kappa).dot(&u.t()) * beta;
        let exact = leading_eigenpairs((&graph - &((&penalty + &penalty.t()) * 0.5)).view(), 8).unwrap().values;
        let mut before = vec![f64::NEG_INFINITY; 8];
        for m in [8, 16, 32, 40] {
            let features = Nystrom::new(kernel, x.slice(s![..m, ..])).unwrap().features(x.view()).unwrap();
            let values = feature_pencil(&features, &graph, beta);
            for k in 0..8 {
                let slack = 1e-9 * (1.0 + exact[0].abs());
                prop_assert!(values[k] >= before[k] - slack, "m = {m}, k = {k}");
                prop_assert!(values[k] <= exact[k] + slack, "m = {m}, k = {k}");
                before[k] = values[k];
            }
        }
        prop_assert!(rel(&before, &exact) < 1e-8);
    }
}

/// The eigenvalues of `(ΦᵀGΦ − βI) θ = t ΦᵀΦ θ`, descending.
fn feature_pencil(features: &Array2<f64>, graph: &Array2<f64>, beta: f64) -> Vec<f64> {
    let symmetrised = |a: Array2<f64>| (&a + &a.t()) * 0.5;
    let left =
        symmetrised(features.t().dot(graph).dot(features)) - beta * Array2::<f64>::eye(features.ncols());
    let root = cholesky(symmetrised(features.t().dot(features)).view()).unwrap();
    let half = solve_lower(root.view(), left.view()).unwrap();
    let whole = symmetrised(solve_lower(root.view(), half.t()).unwrap());
    symmetric_eigen(whole.view()).unwrap().values.to_vec()
}

fn largest_error(kernel: &impl RadialKernel, m: usize, p: usize, seed: u64) -> f64 {
    let mut rng = rng(seed);
    let x = gaussian(10, p, &mut rng);
    let features = RandomFeatures::new(kernel, m, p, &mut rng).unwrap().features(x.view()).unwrap();
    assert_eq!(features.dim(), (10, m));
    let error = features.dot(&features.t()) - gram(kernel, x.view()).unwrap();
    error.iter().fold(0.0, |largest, entry| largest.max(entry.abs()))
}

/// False alarm below 1e-8 for fresh seeds: 24 times 55 means of 40 000 terms of variance at most 1 and within 3 of their
/// expectation leave `7.5/√m` at a rate of 4e-12 each (Bernstein).
#[test]
fn t32_random_features_approach_the_kernel() {
    let m = 40_000;
    for seed in 0..4 {
        for (p, sigma) in [(1, 1.0), (2, 0.7), (5, 3.0)] {
            let limit = 7.5 / f64::from(m).sqrt();
            let exponential = largest_error(&Exponential { sigma }, 40_000, p, seed);
            assert!(exponential < limit, "exponential, p = {p}, sigma = {sigma}: {exponential}");
            let squared = largest_error(&Gaussian { sigma }, 40_000, p, seed);
            assert!(squared < limit, "Gaussian, p = {p}, sigma = {sigma}: {squared}");
        }
    }
}

/// Points that coincide, and points so near that the expanded squared distance is all rounding.
#[test]
fn coincident_and_near_points() {
    for p in [3, 20] {
        let mut x = gaussian(6, p, &mut rng(1)) * 1e3;
        let first = x.row(0).to_owned();
        x.row_mut(5).assign(&first);
        x.row_mut(4).assign(&(&first + 1e-5));
        let kernel = Exponential { sigma: 1e-4 };
        for own in [gram(&kernel, x.view()).unwrap(), cross_gram(&kernel, x.view(), x.view()).unwrap()] {
            assert_eq!((own[[0, 5]], own[[5, 0]], own[[2, 2]]), (1.0, 1.0, 1.0));
            assert!((own[[0, 4]] - (-0.1 * (p as f64).sqrt()).exp()).abs() < 1e-7);
            assert!(own.iter().all(|entry| (0.0..=1.0).contains(entry)));
        }
    }
}

#[test]
fn into_a_matrix_of_any_layout_or_not_at_all() {
    for p in [2, 20] {
        let (x, y) = (gaussian(70, p, &mut rng(1)), gaussian(130, p, &mut rng(2)));
        let kernel = Gaussian { sigma: 2.0 };
        let expected = cross_gram(&kernel, y.view(), x.view()).unwrap();
        let mut wide = Array2::from_elem((130, 140), f64::NAN);
        cross_gram_into(&kernel, y.view(), x.view(), wide.slice_mut(s![.., ..;2])).unwrap();
        assert_eq!(wide.slice(s![.., ..;2]), expected);
        assert!(wide.slice(s![.., 1..;2]).iter().all(|entry| entry.is_nan()));
        let refused = cross_gram_into(&kernel, y.view(), x.view(), wide.view_mut());
        assert!(matches!(refused, Err(Error::Shape { argument: "out", .. })));
        assert_eq!(wide.slice(s![.., ..;2]), expected);
    }
}

/// In single precision as in double, over more points than a task has; copies of landmarks leave zeros, also where something
/// was before.
#[test]
fn features_into_a_matrix_of_any_precision() {
    let (x, landmarks) = (gaussian(600, 2, &mut rng(1)), gaussian(70, 2, &mut rng(2)));
    let twice = concatenate![Axis(0), landmarks, landmarks.slice(s![..9, ..])];
    let nystrom = Nystrom::new(Exponential { sigma: 0.5 }, twice.view()).unwrap();
    let expected = nystrom.features(x.view()).unwrap();
    let mut single = Array2::from_elem((600, 79), f32::NAN);
    nystrom.features_into(x.view(), single.view_mut()).unwrap();
    #[allow(clippy::cast_possible_truncation)]
    let rounded = expected.mapv(|entry| entry as f32);
    assert_eq!(single, rounded);
    assert!(expected.slice(s![.., 70..]).iter().all(|&entry| entry == 0.0));
    let once =
        Nystrom::new(Exponential { sigma: 0.5 }, landmarks.view()).unwrap().features(x.view()).unwrap();
    assert!(rel(&expected.dot(&expected.t()), &once.dot(&once.t())) < 1e-12);
    let refused = nystrom.features_into(x.view(), Array2::<f32>::zeros((600, 70)).view_mut());
    assert!(matches!(refused, Err(Error::Shape { argument: "out", .. })));
}

#[test]
fn bad_input() {
    let x = gaussian(4, 2, &mut rng(1));
    let kernel = Exponential { sigma: 1.0 };
    for sigma in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let domain = |result: Result<Array2<f64>, Error>| {
            matches!(result, Err(Error::Domain { argument: "sigma", .. }))
        };
        assert!(domain(gram(&Exponential { sigma }, x.view())));
        assert!(domain(gram(&Gaussian { sigma }, x.view())));
        assert!(domain(cross_gram(&Gaussian { sigma }, x.view(), x.view())));
        assert!(RandomFeatures::new(&Exponential { sigma }, 3, 2, &mut rng(1)).is_err());
        assert!(Nystrom::new(Exponential { sigma }, x.view()).is_err());
    }
    assert!(matches!(gram(&kernel, Array2::zeros((0, 2)).view()), Err(Error::Empty { argument: "x", .. })));
    assert!(matches!(gram(&kernel, Array2::zeros((2, 0)).view()), Err(Error::Empty { argument: "x", .. })));
    let wide = gaussian(4, 3, &mut rng(1));
    assert!(matches!(cross_gram(&kernel, wide.view(), x.view()), Err(Error::Shape { argument: "y", .. })));
    let mut bad = x.clone();
    bad[[2, 1]] = f64::NAN;
    assert!(matches!(gram(&kernel, bad.view()), Err(Error::NotFinite { argument: "x", .. })));
    assert!(matches!(cross_gram(&kernel, bad.view(), x.view()), Err(Error::NotFinite { argument: "y", .. })));
    let nystrom = Nystrom::new(kernel, x.view()).unwrap();
    assert!(matches!(nystrom.features(wide.view()), Err(Error::Shape { .. })));
    let random = RandomFeatures::new(&kernel, 5, 2, &mut rng(1)).unwrap();
    assert!(matches!(random.features(wide.view()), Err(Error::Shape { argument: "x", .. })));
    assert!(matches!(random.features(bad.view()), Err(Error::NotFinite { argument: "x", .. })));
    assert!(matches!(
        RandomFeatures::new(&kernel, 0, 2, &mut rng(1)),
        Err(Error::Empty { argument: "m", .. })
    ));
    assert!(matches!(
        RandomFeatures::new(&kernel, 5, 0, &mut rng(1)),
        Err(Error::Empty { argument: "p", .. })
    ));
}

/// The Gram matrix of features that are not kept is that of the features, in single precision; of copies of a landmark, too.
#[test]
fn gram_of_features_that_are_not_kept() {
    let x = gaussian(700, 3, &mut rng(8));
    for copies in [false, true] {
        let mut landmarks = x.slice(s![..40, ..]).to_owned();
        if copies {
            let first = landmarks.row(0).to_owned();
            landmarks.row_mut(7).assign(&first);
        }
        let nystrom = Nystrom::new(Exponential { sigma: 1.0 }, landmarks.view()).unwrap();
        let features = nystrom.features(x.view()).unwrap();
        let (expected, gram) = (features.t().dot(&features), nystrom.gram(x.view()).unwrap());
        let error = (&gram - &expected).iter().fold(0.0_f64, |largest, entry| largest.max(entry.abs()));
        assert!(error < 1e-5 * expected.diag().sum(), "{error:e}");
        assert_eq!(gram, gram.t());
    }
}
