//! Claim T37: inverses that follow a change, on the view graph and with a kernel.

use ndarray::{Array2, s};
use pal::Error;
use pal::graph::SimilarityGraph;
use pal::kernel::{Exponential, gram};
use pal::linalg::{
    Affine, KernelShiftInvert, Operator, SubspaceIteration, Woodbury, leading_eigenpairs, random_block,
};
use proptest::prelude::*;
use rand::RngExt;

use crate::instances::max_abs;
use crate::support::{cases, gaussian, jacobi, rel, rng, spectrum};

/// `(μI − G₀)⁻¹ = (1/μ)(I + G₀/(μ − V))` for the view graph.
fn views_inverse(graph: &SimilarityGraph, views: usize, mu: f64) -> Affine<&SimilarityGraph> {
    Affine { identity: 1.0 / mu, weight: 1.0 / (mu * (mu - views as f64)), operator: graph }
}

fn dense(operator: &impl Operator) -> Array2<f64> {
    operator.apply(Array2::eye(operator.order()).view()).unwrap()
}

fn inverse(a: &Array2<f64>) -> Array2<f64> {
    let (values, vectors) = jacobi(a);
    (&vectors / &values).dot(&vectors.t())
}

/// `U` and `C` of some pair updates with c ∈ {±1, ½}; a pair met twice is there twice, and an empty direction makes `C`
/// singular.
fn pair_updates(n: usize, pairs: usize, rng: &mut impl rand::Rng) -> (Array2<f64>, Array2<f64>) {
    let rank = 2 * pairs + 1;
    let (mut u, mut c) = (Array2::zeros((n, rank)), Array2::zeros((rank, rank)));
    for pair in 0..pairs {
        let i = rng.random_range(0..n);
        let j = (i + rng.random_range(1..n)) % n;
        let weight = [1.0, -1.0, 0.5][rng.random_range(0..3)];
        u[[i, 2 * pair]] = 1.0;
        u[[j, 2 * pair + 1]] = 1.0;
        c[[2 * pair, 2 * pair + 1]] = weight;
        c[[2 * pair + 1, 2 * pair]] = weight;
    }
    u.column_mut(rank - 1).assign(&gaussian(n, 1, rng).column(0));
    (u, c)
}

proptest! {
    #![proptest_config(cases(80))]

    #[test]
    fn t37_shift_invert_of_an_updated_view_graph(
        samples in 2..=6_usize, views in 2..=4_usize, pairs in 0..=3_usize, above in 0.5..4.0_f64, seed in any::<u64>(),
    ) {
        let n = samples * views;
        let mut rng = rng(seed);
        let graph = SimilarityGraph::views(samples, views).unwrap();
        let mu = views as f64 + above;
        let base = views_inverse(&graph, views, mu);
        prop_assert!(max_abs(&(dense(&base).dot(&(Array2::eye(n) * mu - graph.to_dense())) - Array2::<f64>::eye(n))) < 1e-12);

        let (u, c) = pair_updates(n, pairs, &mut rng);
        let shifted = Array2::eye(n) * mu - graph.to_dense() - u.dot(&c).dot(&u.t());
        let spread = spectrum(&shifted);
        prop_assume!(spread.iter().all(|value| value.abs() > 1e-3));
        let updated = Woodbury::new(base, u.view(), c.view()).unwrap();
        let expected = inverse(&shifted);
        prop_assert!(rel(&dense(&updated), &expected) < 1e-8);

        // Accumulation with a weight, on a block in column order.
        let x = gaussian(3, n, &mut rng).reversed_axes();
        let mut out = gaussian(n, 3, &mut rng);
        let accumulated = &out - &(0.5 * &expected.dot(&x));
        updated.apply_add(-0.5, x.view(), out.view_mut()).unwrap();
        prop_assert!(rel(&out, &accumulated) < 1e-8);
    }

    /// A general base, a dense C of any rank, and a change on top of a change.
    #[test]
    fn t37_woodbury_in_general(n in 2..=15_usize, r in 1..=4_usize, rank in 0..=4_usize, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let half = gaussian(n, n, &mut rng);
        let base = half.dot(&half.t()) + Array2::<f64>::eye(n);
        let u = gaussian(n, r, &mut rng);
        let factor = gaussian(r, rank.min(r), &mut rng);
        let c = -factor.dot(&factor.t());
        let base_inverse = inverse(&base);
        let once = Woodbury::new(base_inverse.view(), u.view(), c.view()).unwrap();
        let changed = &base - &u.dot(&c).dot(&u.t());
        prop_assert!(rel(&dense(&once), &inverse(&changed)) < 1e-8);
        let back = Woodbury::new(&once, u.view(), (-&c).view()).unwrap();
        prop_assert!(rel(&dense(&back), &base_inverse) < 1e-8);
    }

    #[test]
    fn t37_with_the_kernel(
        samples in 2..=6_usize, views in 2..=4_usize, pairs in 0..=3_usize, above in 0.5..4.0_f64, beta in 0.01..1.0_f64, seed in any::<u64>(),
    ) {
        let n = samples * views;
        let mut rng = rng(seed);
        let graph = SimilarityGraph::views(samples, views).unwrap();
        let (u, c) = pair_updates(n, pairs, &mut rng);
        let changed = graph.to_dense() + u.dot(&c).dot(&u.t());
        // The shift stands above the whole spectrum of the graph.
        let mu = (views as f64).max(spectrum(&changed)[0]) + above;
        let s_inverse = Woodbury::new(views_inverse(&graph, views, mu), u.view(), c.view()).unwrap();
        let gram = gram(&Exponential { sigma: 0.7 }, gaussian(n, 2, &mut rng).view()).unwrap();
        let kappa = spectrum(&gram);
        prop_assume!(kappa[n - 1] > 1e-3);
        let t = &changed - &(beta * &inverse(&gram));
        let t = (&t + &t.t()) * 0.5;
        let shift_invert = KernelShiftInvert::new(&s_inverse, gram.view(), beta).unwrap();
        let by_definition = inverse(&(Array2::eye(n) * mu - &t));
        prop_assert!(rel(&dense(&shift_invert), &by_definition) < 1e-8);
        prop_assert!(spectrum(&dense(&shift_invert))[n - 1] > 0.0);

        // Its leading pairs are those of T.
        let k = 2;
        let start = random_block(n, (k + 2).min(n), &mut rng);
        let options = SubspaceIteration { lowest: Some(0.0), tolerance: 1e-9, ..SubspaceIteration::default() };
        let found = options.leading(&shift_invert, k, start.view()).unwrap();
        let dense = leading_eigenpairs(t.view(), k).unwrap();
        prop_assert!(rel(&found.pairs.values.mapv(|value| mu - 1.0 / value), &dense.values) < 1e-8);
    }
}

/// On a singular kernel the inverse is that on its range.
#[test]
fn t37_singular_kernel() {
    let n = 8;
    let x = gaussian(n, 3, &mut rng(1));
    let gram = x.dot(&x.t());
    let s_inverse = Affine { identity: 0.5, weight: 0.0, operator: gram.view() };
    let found = dense(&KernelShiftInvert::new(&s_inverse, gram.view(), 0.1).unwrap());
    let (kappa, u) = jacobi(&gram);
    let (kappa, u) = (kappa.slice(s![..3]).to_owned(), u.slice(s![.., ..3]).to_owned());
    let expected = (&u * &kappa.mapv(|kappa| 1.0 / (2.0 + 0.1 / kappa))).dot(&u.t());
    assert!(max_abs(&(found - expected)) < 1e-12);
}

#[test]
fn bad_changes() {
    let base = Array2::<f64>::eye(3);
    let u = Array2::<f64>::eye(3);
    let refused =
        |u: &Array2<f64>, c: &Array2<f64>| Woodbury::new(base.view(), u.view(), c.view()).unwrap_err();
    // I − 1·I is singular; so is I − e₁e₁ᵀ.
    assert!(matches!(refused(&u, &Array2::eye(3)), Error::Singular { .. }));
    let mut one = Array2::<f64>::zeros((3, 3));
    one[[0, 0]] = 1.0;
    assert!(matches!(refused(&u, &one), Error::Singular { .. }));
    assert!(matches!(refused(&Array2::zeros((4, 3)), &one), Error::Shape { argument: "u", .. }));
    assert!(matches!(refused(&u, &Array2::zeros((2, 2))), Error::Shape { argument: "c", .. }));
    one[[0, 1]] = 1.0;
    assert!(matches!(refused(&u, &one), Error::Asymmetric { argument: "c", .. }));
    one[[0, 1]] = f64::NAN;
    assert!(matches!(refused(&u, &one), Error::NotFinite { argument: "c", .. }));
    let empty =
        Woodbury::new(base.view(), Array2::zeros((3, 0)).view(), Array2::zeros((0, 0)).view()).unwrap();
    assert_eq!(dense(&empty), base);

    let kernel =
        |gram: &Array2<f64>, beta| KernelShiftInvert::new(&base.view(), gram.view(), beta).unwrap_err();
    assert!(matches!(kernel(&Array2::eye(4), 1.0), Error::Shape { argument: "inverse", .. }));
    assert!(matches!(kernel(&Array2::zeros((0, 0)), 1.0), Error::Empty { argument: "gram", .. }));
    assert!(matches!(kernel(&Array2::eye(3), 0.0), Error::Domain { argument: "beta", .. }));
    assert!(matches!(kernel(&(Array2::eye(3) * -2.0), 1.0), Error::Singular { .. }));
}
