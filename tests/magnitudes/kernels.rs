//! Kernels, their features, and what is fitted with them.

use ndarray::{Array2, s};
use pal::Scalar;
use pal::closed_form::{FeaturePencil, FeatureRegime, KernelRegime};
use pal::graph::SimilarityGraph;
use pal::kernel::{
    Exponential, Gaussian, Landmarks, Nystrom, RadialKernel, RandomFeatures, cross_gram, cross_gram_into,
    gram, leverage_scores,
};
use pal::loss::SpectralLoss;
use pal::model::{KernelMachine, Model};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::support::{gaussian, rng};
use crate::{Magnitudes, all_finite, all_near, entries, magnitudes, numbers};

/// Coordinates on both sides of where distances come from a product.
fn widths() -> impl Strategy<Value = usize> {
    prop_oneof![Just(2_usize), Just(20)]
}

/// The kernel regime on features of any scale.
fn on_features<F: Scalar>(of: Magnitudes) -> Result<(), TestCaseError> {
    let features = of.matrix::<F>(9, 6, 3);
    let Ok(regime) = FeatureRegime::new(features.view(), of.number(10)) else { return Ok(()) };
    let graph = SimilarityGraph::views(3, 2).unwrap();
    numbers("FeatureRegime::leading", regime.leading(&graph, 1), |(pairs, map)| {
        let mut all = pairs.values.to_vec();
        all.extend(pairs.next);
        all.extend(entries(&pairs.vectors));
        all.extend(entries(&map.theta));
        all
    })?;
    let gram = of.symmetric(11, 3);
    let pencil = FeaturePencil::new(gram.view(), of.number(10), 0.0);
    let pairs = pencil.and_then(|pencil| pencil.leading(of.symmetric(12, 3).view(), 1));
    numbers("FeaturePencil::leading", pairs, |pairs| {
        [pairs.values.to_vec(), entries(&pairs.vectors)].concat()
    })
}

fn every_number<K: RadialKernel + Clone>(kernel: K, of: Magnitudes, p: usize) -> Result<(), TestCaseError> {
    let (x, y) = (of.matrix::<f64>(1, 6, p), of.matrix::<f64>(2, 4, p));
    numbers("gram", gram(&kernel, x.view()), |gram| entries(&gram))?;
    numbers("cross_gram", cross_gram(&kernel, y.view(), x.view()), |gram| entries(&gram))?;
    let mut out = Array2::zeros((4, 6));
    let done = cross_gram_into(&kernel, y.view(), x.view(), out.view_mut());
    numbers("cross_gram_into", done, |()| entries(&out))?;
    all_finite("at_squared_distance", x.iter().map(|entry| kernel.at_squared_distance(entry.abs())))?;
    let features = Nystrom::new(kernel.clone(), x.view()).and_then(|nystrom| nystrom.features(y.view()));
    numbers("Nystrom", features, |features| entries(&features))?;
    for rule in [Landmarks::Uniform, Landmarks::LeverageScores, Landmarks::KMeans { rounds: 2 }] {
        let landmarks = rule.choose(&kernel, x.view(), 3, &mut rng(of.seed));
        numbers("Landmarks::choose", landmarks, |landmarks| entries(&landmarks))?;
    }
    let scores = leverage_scores(&kernel, x.view(), y.view(), of.number(8));
    numbers("leverage_scores", scores, |scores| scores.to_vec())?;
    let features = RandomFeatures::new(&kernel, 5, p, &mut rng(of.seed))
        .and_then(|features| features.features(y.view()));
    numbers("RandomFeatures", features, |features| entries(&features))?;
    let machine = KernelMachine::<_, f32>::new(kernel.clone(), x.view(), 2, &mut rng(of.seed));
    let embedded = machine.and_then(|machine| machine.embed(of.matrix::<f32>(3, 4, p).view()));
    numbers("KernelMachine", embedded, |z| entries(&z))?;

    let (graph, beta) = (SimilarityGraph::views(3, 2).unwrap(), of.number(4));
    let regime = KernelRegime { kernel, beta, cutoff: 0.0 };
    let Ok(fitted) = regime.on(x.view()) else { return Ok(()) };
    numbers("kernel_spectrum", fitted.kernel_spectrum(), |values| values.to_vec())?;
    numbers("leading", fitted.leading(&graph, 2), |(pairs, expansion)| {
        let mut all = pairs.values.to_vec();
        all.extend(pairs.next);
        all.extend(entries(&pairs.vectors));
        all.extend(expansion.coefficients());
        all
    })?;
    for loss in
        [SpectralLoss::SimClr2, SpectralLoss::Vic2 { lambda: of.number(5) }, SpectralLoss::BarlowTwins2]
    {
        let minimiser = fitted.minimise(loss, &graph, 2);
        numbers("minimise", minimiser, |best| {
            [entries(&best.z), vec![best.value], best.eigenvalues.to_vec()].concat()
        })?;
    }
    let z = of.matrix::<f64>(6, 6, 2);
    let embedded = fitted.expand(z.view()).and_then(|expansion| expansion.embed(y.view()));
    numbers("KernelExpansion::embed", embedded, |z| entries(&z))?;
    let lift = fitted.lift(y.view());
    numbers("Lift::embed", lift.and_then(|lift| lift.embed(z.view())), |z| entries(&z))?;
    let lift = fitted.lift(y.view());
    numbers("Lift::multiplied", lift.and_then(|lift| lift.multiplied().embed(z.view())), |z| entries(&z))?;
    let mut solver = fitted.solver();
    numbers("decompose", solver.decompose(&graph), |()| [])?;
    let labelled = SimilarityGraph::low_rank(of.matrix(7, 6, 1), ndarray::arr1(&[1.0]))
        .map(|labels| SimilarityGraph::mixture([(1.0, graph.clone()), (1.0, labels)]));
    let pairs = labelled.and_then(|graph| solver.leading(&graph?, 2));
    numbers("KernelSolver::leading", pairs, |pairs| [entries(&pairs.vectors), pairs.values.to_vec()].concat())
}

proptest! {
    #[test]
    fn numbers_from_kernels(of in magnitudes(), p in widths()) {
        every_number(Exponential { sigma: of.number(0) }, of, p)?;
        every_number(Gaussian { sigma: of.number(0) }, of, p)?;
        on_features::<f64>(of)?;
        on_features::<f32>(of)?;
    }

    /// A kernel depends on distances over its length scale: whatever unit both are in.
    #[test]
    fn the_unit_does_not_matter(p in widths(), exponent in -300.0..290.0_f64, seed in any::<u64>()) {
        let (x, unit) = (gaussian(7, p, &mut rng(seed)), 10_f64.powf(exponent));
        let scaled = &x * unit;
        let (exponential, gaussian) = (Exponential { sigma: 1.5 }, Gaussian { sigma: 1.5 });
        let expected = gram(&exponential, x.view()).unwrap();
        let found = gram(&Exponential { sigma: 1.5 * unit }, scaled.view()).unwrap();
        prop_assert!(all_near(&found, &expected, 1e-10));
        let expected = gram(&gaussian, x.view()).unwrap();
        let found = gram(&Gaussian { sigma: 1.5 * unit }, scaled.view()).unwrap();
        prop_assert!(all_near(&found, &expected, 1e-10));
        let found = cross_gram(&Gaussian { sigma: 1.5 * unit }, scaled.view(), scaled.view()).unwrap();
        prop_assert!(all_near(&found, &expected, 1e-10));
    }

    /// One row far from all others does not cost them their digits.
    #[test]
    fn a_far_row_leaves_the_others_alone(p in widths(), exponent in 3.0..300.0_f64, seed in any::<u64>()) {
        let x = gaussian(8, p, &mut rng(seed));
        let mut with_far = x.clone();
        with_far.row_mut(7).fill(10_f64.powf(exponent));
        for sigma in [0.5, 3.0] {
            let expected = gram(&Exponential { sigma }, x.slice(s![..7, ..])).unwrap();
            let found = gram(&Exponential { sigma }, with_far.view()).unwrap();
            prop_assert!(all_near(&found.slice(s![..7, ..7]).to_owned(), &expected, 1e-9));
        }
    }
}

/// By hand: the distance is the length scale, at any size.
#[test]
fn one_length_scale_apart() {
    for length in [1e-310, 1e-160, 1.0, 1e160, 1e300] {
        let x = ndarray::array![[0.0], [length]];
        let off_diagonal = |gram: Array2<f64>| (gram[[0, 1]] * std::f64::consts::E - 1.0).abs();
        assert!(off_diagonal(gram(&Exponential { sigma: length }, x.view()).unwrap()) < 1e-14);
        assert!(off_diagonal(gram(&Gaussian { sigma: length }, x.view()).unwrap()) < 1e-14);
    }
    // Farther apart than any number.
    let x = ndarray::array![[-1.5e308], [1.5e308]];
    let at = |sigma| gram(&Exponential { sigma }, x.view()).unwrap()[[0, 1]];
    assert_eq!(at(1.0), 0.0);
    assert!((at(1.5e308) - (-2.0_f64).exp()).abs() < 1e-14);
}
