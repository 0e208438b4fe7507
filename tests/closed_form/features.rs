//! Claims T30 and T32: the kernel regime on features, against dense problems by Jacobi rotations.

use ndarray::{Array2, ArrayView2, Axis, concatenate, s};
use pal::Error;
use pal::closed_form::{FeaturePencil, FeatureRegime, KernelRegime};
use pal::data::Labels;
use pal::graph::SimilarityGraph;
use pal::kernel::{Exponential, Landmarks, Nystrom, RandomFeatures};
use pal::linalg::{Eigenpairs, cholesky};
use proptest::prelude::*;
use rand::RngExt;

use crate::instances::any_graph;
use crate::kernel::{exponential, points};
use crate::matrices::max_abs;
use crate::support::definitions::matrix_power;
use crate::support::{cases, gaussian, jacobi, refused, rel, rng};

const KERNEL: Exponential = Exponential { sigma: crate::kernel::SIGMA };
/// Samples of [`any_graph`].
const N: usize = 12;

fn symmetrised(a: &Array2<f64>) -> Array2<f64> {
    (a + &a.t()) * 0.5
}

/// `G − βK⁻¹`.
fn penalised(graph: &Array2<f64>, gram: &Array2<f64>, beta: f64) -> Array2<f64> {
    symmetrised(&(graph - &(matrix_power(gram, -1.0) * beta)))
}

/// The leading eigenvalues of `matrix`, of vectors whose norm and span are right.
fn agrees(pairs: &Eigenpairs, matrix: &Array2<f64>, tolerance: f64) -> Result<(), TestCaseError> {
    let k = pairs.values.len();
    let (values, vectors) = jacobi(matrix);
    let scale = 1.0 + values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    prop_assert!(rel(&pairs.values, values.slice(s![..k])) < tolerance, "{} {values}", pairs.values);
    prop_assert!(rel(&pairs.vectors.t().dot(&pairs.vectors), &Array2::<f64>::eye(k)) < 1e-12);
    if k < values.len() {
        prop_assert!(pairs.next.is_some_and(|next| (next - values[k]).abs() < 10.0 * tolerance * scale));
        let gap = (values[k - 1] - values[k]) / scale;
        if gap > 1e-3 {
            let top = vectors.slice(s![.., ..k]);
            let difference = max_abs(&(pairs.vectors.dot(&pairs.vectors.t()) - top.dot(&top.t())));
            prop_assert!(difference < tolerance / gap, "projector {difference:e}, gap {gap:e}");
        }
    }
    Ok(())
}

/// The pencil by definition: with `C = K_{·I}`, `(CᵀGC − βK_II) a = t CᵀC a`.
fn pencil(graph: &Array2<f64>, cross: &Array2<f64>, own: &Array2<f64>, beta: f64) -> Vec<f64> {
    let root = matrix_power(&symmetrised(&cross.t().dot(cross)), -0.5);
    let left = cross.t().dot(graph).dot(cross) - own * beta;
    jacobi(&symmetrised(&root.dot(&left).dot(&root))).0.to_vec()
}

fn nystrom(landmarks: ArrayView2<f64>, x: &Array2<f64>) -> Array2<f64> {
    Nystrom::new(KERNEL, landmarks).unwrap().features(x.view()).unwrap()
}

fn leading(features: &Array2<f64>, graph: &SimilarityGraph, beta: f64, k: usize) -> Eigenpairs {
    FeatureRegime::new(features.view(), beta).unwrap().leading(graph, k).unwrap().0
}

proptest! {
    #![proptest_config(cases(60))]

    /// All points as landmarks: the dense problem, on graphs of every form, and its functions of new points.
    #[test]
    fn t32_the_regime_on_all_points_is_exact(
        instance in any_graph(), k in 1..=5_usize, beta in 1e-3..0.5_f64, seed in any::<u64>(),
    ) {
        let mut rng = rng(seed);
        let (x, gram) = points(N, &mut rng);
        let nystrom = Nystrom::new(KERNEL, x.view()).unwrap();
        let features = nystrom.features(x.view()).unwrap();
        let regime = FeatureRegime::new(features.view(), beta).unwrap();
        prop_assert_eq!(regime.rank(), N);
        let (pairs, map) = regime.leading(&instance.graph, k).unwrap();
        let matrix = penalised(&instance.dense, &gram, beta);
        agrees(&pairs, &matrix, 1e-9)?;
        let residual = matrix.dot(&pairs.vectors) - &pairs.vectors * &pairs.values;
        prop_assert!(max_abs(&residual) < 1e-8 * (1.0 + max_abs(&matrix)));
        prop_assert!(rel(&map.embed(features.view()).unwrap(), &pairs.vectors) < 1e-12);
        let new = gaussian(9, 2, &mut rng) * 2.0;
        let expected = exponential(&new, &x).dot(&matrix_power(&gram, -1.0)).dot(&pairs.vectors);
        let embedded = map.embed(nystrom.features(new.view()).unwrap().view()).unwrap();
        prop_assert!(rel(&embedded, &expected) < 1e-8);
    }

    /// Any Φ with ΦΦᵀ = K is as good: the Cholesky factor, the symmetric root, and both side by side.
    #[test]
    fn t30_the_full_form_is_the_dense_route(
        instance in any_graph(), k in 1..=5_usize, beta in 1e-3..0.5_f64, seed in any::<u64>(),
    ) {
        let (x, gram) = points(N, &mut rng(seed));
        let dense = KernelRegime::new(KERNEL, beta).on(x.view()).unwrap();
        let expected = dense.leading(&instance.graph, k).unwrap().0;
        let (lower, root) = (cholesky(gram.view()).unwrap(), matrix_power(&gram, 0.5));
        let both = concatenate![Axis(1), lower, root] * 0.5_f64.sqrt();
        for features in [lower, root, both] {
            let regime = FeatureRegime::new(features.view(), beta).unwrap();
            prop_assert_eq!(regime.rank(), N);
            let pairs = regime.leading(&instance.graph, k).unwrap().0;
            prop_assert!(rel(&pairs.values, &expected.values) < 1e-9);
            agrees(&pairs, &penalised(&instance.dense, &gram, beta), 1e-9)?;
        }
    }

    /// The pencil by definition; below the exact eigenvalues, and never less for more landmarks.
    #[test]
    fn t32_eigenvalues_grow_with_the_landmarks(
        instance in any_graph(), beta in 1e-3..0.5_f64, seed in any::<u64>(),
    ) {
        let (x, gram) = points(N, &mut rng(seed));
        let exact = jacobi(&penalised(&instance.dense, &gram, beta)).0;
        let slack = 1e-9 * (1.0 + exact.iter().fold(0.0_f64, |largest, value| largest.max(value.abs())));
        let mut before = vec![f64::NEG_INFINITY; 3];
        for m in [3, 5, 8, N] {
            let own = gram.slice(s![..m, ..m]).to_owned();
            let cross = gram.slice(s![.., ..m]).to_owned();
            let values = leading(&nystrom(x.slice(s![..m, ..]), &x), &instance.graph, beta, 3).values;
            prop_assert!(rel(&values, &pencil(&instance.dense, &cross, &own, beta)[..3]) < 1e-8);
            for k in 0..3 {
                prop_assert!(values[k] >= before[k] - slack && values[k] <= exact[k] + slack, "m = {m}, k = {k}");
                before[k] = values[k];
            }
        }
        prop_assert!(rel(&before, exact.slice(s![..3])) < 1e-9);
    }

    /// Landmarks of every rule, means that are no points among them, give eigenvalues below the exact ones.
    #[test]
    fn t32_landmarks_of_every_rule_are_below_the_exact(
        instance in any_graph(), m in 3..=N, beta in 1e-3..0.5_f64, seed in any::<u64>(),
    ) {
        let mut rng = rng(seed);
        let (x, gram) = points(N, &mut rng);
        let exact = jacobi(&penalised(&instance.dense, &gram, beta)).0;
        let slack = 1e-9 * (1.0 + exact.iter().fold(0.0_f64, |largest, value| largest.max(value.abs())));
        for rule in [Landmarks::Uniform, Landmarks::LeverageScores, Landmarks::KMeans { rounds: 2 }] {
            let landmarks = rule.choose(&KERNEL, x.view(), m, &mut rng).unwrap();
            let values = leading(&nystrom(landmarks.view(), &x), &instance.graph, beta, 3).values;
            for k in 0..3 {
                prop_assert!(values[k] <= exact[k] + slack, "{rule:?}");
            }
        }
    }

    /// Random features, more than points: the dense problem on their own kernel.
    #[test]
    fn t32_random_features_by_their_kernel(
        instance in any_graph(), m in 60..=90_usize, beta in 1e-3..0.5_f64, seed in any::<u64>(),
    ) {
        let mut rng = rng(seed);
        let (x, _) = points(N, &mut rng);
        let features = RandomFeatures::new(&KERNEL, m, 2, &mut rng).unwrap().features(x.view()).unwrap();
        let gram = symmetrised(&features.dot(&features.t()));
        let regime = FeatureRegime::new(features.view(), beta).unwrap();
        prop_assert_eq!(regime.rank(), N);
        let (pairs, map) = regime.leading(&instance.graph, 3).unwrap();
        agrees(&pairs, &penalised(&instance.dense, &gram, beta), 1e-8)?;
        prop_assert!(rel(&map.embed(features.view()).unwrap(), &pairs.vectors) < 1e-12);
    }

    /// Copies of features, halved, and copies of landmarks change nothing but the parameters.
    #[test]
    fn dependent_features_are_dropped(
        instance in any_graph(), m in 3..=8_usize, beta in 1e-3..0.5_f64, seed in any::<u64>(),
    ) {
        let (x, _) = points(N, &mut rng(seed));
        let features = nystrom(x.slice(s![..m, ..]), &x);
        let expected = leading(&features, &instance.graph, beta, 3);
        let twice = concatenate![Axis(1), features, features, Array2::zeros((N, 2))] * 0.5_f64.sqrt();
        let landmarks = concatenate![Axis(0), x.slice(s![..m, ..]), x.slice(s![..2, ..])];
        for dependent in [twice, nystrom(landmarks.view(), &x)] {
            let regime = FeatureRegime::new(dependent.view(), beta).unwrap();
            prop_assert_eq!(regime.rank(), m);
            let (pairs, map) = regime.leading(&instance.graph, 3).unwrap();
            prop_assert!(rel(&pairs.values, &expected.values) < 1e-8);
            prop_assert!(rel(&map.embed(dependent.view()).unwrap(), &pairs.vectors) < 1e-12);
        }
    }

    /// Single precision: eigenvectors orthonormal in double precision, each with its own eigenvalue.
    #[test]
    fn features_in_single_precision(
        instance in any_graph(), m in 4..=N, beta in 1e-2..0.5_f64, seed in any::<u64>(),
    ) {
        let (x, _) = points(N, &mut rng(seed));
        #[allow(clippy::cast_possible_truncation)]
        let single = nystrom(x.slice(s![..m, ..]), &x).mapv(|entry| entry as f32);
        let features = single.mapv(f64::from);
        let expected = leading(&features, &instance.graph, beta, 3);
        let (pairs, map) = FeatureRegime::new(single.view(), beta).unwrap().leading(&instance.graph, 3).unwrap();
        prop_assert!(rel(&pairs.values, &expected.values) < 1e-4);
        prop_assert!(rel(&pairs.vectors.t().dot(&pairs.vectors), &Array2::<f64>::eye(3)) < 1e-12);
        prop_assert!(rel(&features.dot(&map.theta), &pairs.vectors) < 1e-12);
        let worth = (&pairs.vectors * &instance.dense.dot(&pairs.vectors)).sum_axis(Axis(0))
            - (&map.theta * &map.theta).sum_axis(Axis(0)) * beta;
        prop_assert!(rel(&pairs.values, &worth) < 1e-12);
    }

    /// Both matrices of the pencil as sums over blocks of rows, which graphs of labels and views allow.
    #[test]
    fn a_pencil_from_blocks_of_rows(m in 4..=8_usize, beta in 1e-3..0.5_f64, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let (x, _) = points(N, &mut rng);
        let features = nystrom(x.slice(s![..m, ..]), &x);
        let graph = SimilarityGraph::views(N / 2, 2).unwrap();
        let expected = leading(&features, &graph, beta, 3);
        let (mut gram, mut image) = (Array2::zeros((m, m)), Array2::zeros((m, m)));
        for block in features.axis_chunks_iter(Axis(0), 4) {
            gram += &SimilarityGraph::identity(4).unwrap().quadratic(block).unwrap();
            image += &SimilarityGraph::views(2, 2).unwrap().quadratic(block).unwrap();
        }
        let pencil = FeaturePencil::new(gram.view(), beta, 0.0).unwrap();
        prop_assert_eq!(pencil.rank(), m);
        let pairs = pencil.leading(image.view(), 3).unwrap();
        prop_assert!(rel(&pairs.values, &expected.values) < 1e-9);
        let z = features.dot(&pairs.vectors);
        prop_assert!(rel(&z.t().dot(&z), &Array2::<f64>::eye(3)) < 1e-8);
    }
}

/// Several blocks of rows, all forms, the same bits for any number of threads; and in every layout.
#[test]
fn the_same_for_any_number_of_threads() {
    let mut rng = rng(7);
    let (n, m) = (1100, 70);
    let x = gaussian(n, 2, &mut rng);
    let features = nystrom(x.slice(s![..m, ..]), &x);
    let labels = Labels::new((0..n).map(|i| i % 3).collect(), 3).unwrap();
    let pairs: Vec<_> = (0..n).map(|i| (i, (i + 7) % n, rng.random_range(-1.0..1.0))).collect();
    let graph = SimilarityGraph::mixture([
        (0.5, SimilarityGraph::contrastive_labels(&labels)),
        (1.0, SimilarityGraph::views(n / 2, 2).unwrap()),
        (0.3, SimilarityGraph::pairs(n, pairs).unwrap()),
        (1.0, SimilarityGraph::low_rank(gaussian(n, 2, &mut rng), ndarray::arr1(&[1.0, -2.0])).unwrap()),
    ])
    .unwrap();
    let solve = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| leading(&features, &graph, 1e-2, 4))
    };
    let expected = solve(1);
    assert_eq!(solve(2), expected);
    assert_eq!(solve(3), expected);
    let by_columns = features.t().as_standard_layout().into_owned();
    let regime = FeatureRegime::new(by_columns.t(), 1e-2).unwrap();
    let found = regime.leading(&graph, 4).unwrap().0;
    assert!(rel(&found.values, &expected.values) < 1e-12);
}

#[test]
fn bad_features() {
    let mut rng = rng(1);
    let features = gaussian(8, 3, &mut rng);
    let graph = SimilarityGraph::identity(8).unwrap();
    for beta in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        refused!(FeatureRegime::new(features.view(), beta), Error::Domain { argument: "beta", .. });
        refused!(
            FeaturePencil::new(Array2::eye(3).view(), beta, 0.0),
            Error::Domain { argument: "beta", .. }
        );
    }
    refused!(
        FeatureRegime::new(Array2::<f64>::zeros((0, 3)).view(), 0.1),
        Error::Empty { argument: "features", .. }
    );
    refused!(
        FeatureRegime::new(Array2::<f32>::zeros((8, 0)).view(), 0.1),
        Error::Empty { argument: "features", .. }
    );
    refused!(FeatureRegime::new(Array2::<f64>::zeros((8, 3)).view(), 0.1), Error::Singular { .. });
    let mut bad = features.clone();
    bad[[2, 1]] = f64::NAN;
    refused!(FeatureRegime::new(bad.view(), 0.1), Error::NotFinite { argument: "features", .. });
    let regime = FeatureRegime::new(features.view(), 0.1).unwrap();
    for k in [0, 4] {
        refused!(regime.leading(&graph, k), Error::Domain { argument: "k", .. });
    }
    let other = SimilarityGraph::identity(7).unwrap();
    refused!(regime.leading(&other, 2), Error::Shape { argument: "graph", .. });
    let pencil = FeaturePencil::new(Array2::eye(3).view(), 0.1, 0.0).unwrap();
    refused!(pencil.leading(Array2::eye(2).view(), 1), Error::Shape { argument: "image", .. });
    refused!(
        pencil.leading(ndarray::array![[1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].view(), 1),
        Error::Asymmetric { argument: "image", .. }
    );
    refused!(
        pencil.leading((Array2::eye(3) * f64::NAN).view(), 1),
        Error::NotFinite { argument: "image", .. }
    );
    refused!(pencil.leading(Array2::eye(3).view(), 4), Error::Domain { argument: "k", .. });
    refused!(FeaturePencil::new(Array2::eye(3).view(), 0.1, -1.0), Error::Domain { argument: "cutoff", .. });
    refused!(FeaturePencil::new(Array2::eye(3).view(), 0.1, 2.0), Error::Singular { .. });
}
