//! Operations of the tape whose values are numbers, networks, optimisers and training.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut2};
use pal::autodiff::{Buffers, Epilogue, Tape, Var};
use pal::data::augment::{Augmentation, ImageShape};
use pal::graph::SimilarityGraph;
use pal::loss::{NtXent, VicReg};
use pal::model::{
    Activation, Adam, FullBatch, Lars, Lbfgs, Model, Network, Optimiser, Rule, Schedule, Sgd, Trainer,
    Training, lbfgs, value_and_gradients,
};
use pal::{Error, Result, Scalar};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::support::{gaussian, rng};
use crate::{Magnitudes, all_finite, all_near, entries, magnitudes, near, numbers};

/// Value and gradient of the sum of an operation.
fn slope<F: Scalar>(
    x: &Array2<F>,
    op: impl for<'t> Fn(Var<'t, F>) -> Result<Var<'t, F>>,
) -> Result<(Array2<F>, Array2<F>)> {
    let tape = Tape::new();
    let leaf = tape.leaf(x.clone());
    let y = op(leaf)?;
    // A share of the sum, which itself need not be a number.
    let gradients = tape.backward(y.sum())?;
    Ok((y.value().into_owned(), gradients.of(leaf).cloned().unwrap_or_else(|| Array2::zeros(x.dim()))))
}

fn operations<F: Scalar>(of: Magnitudes) -> Result<(), TestCaseError> {
    let x = of.matrix::<F>(1, 3, 4);
    let every = |name: &str, found: Result<(Array2<F>, Array2<F>)>| {
        numbers(name, found, |(value, slope)| [entries(&value), entries(&slope)].concat())
    };
    every("gelu", slope(&x, |x| Ok(x.gelu())))?;
    every("relu", slope(&x, |x| Ok(x.relu())))?;
    every("tanh", slope(&x, |x| Ok(x.tanh())))?;
    every("softplus", slope(&x, |x| Ok(x.softplus())))?;
    every("max_rows", slope(&x, |x| x.max_rows()))?;
    let tape = Tape::new();
    let value = |y: Result<Var<F>>| y.map(|y| y.value().into_owned());
    numbers("normalise_rows", value(tape.leaf(x.clone()).normalise_rows()), |y| entries(&y))?;
    numbers("log_sum_exp_rows", value(tape.leaf(x.clone()).log_sum_exp_rows()), |y| entries(&y))?;
    let epsilon = F::of(of.number(2)).max(F::min_positive_value());
    let [scale, shift] =
        [F::one(), F::zero()].map(|entry| tape.leaf(Array2::from_elem((1, x.ncols()), entry)));
    let found = tape.leaf(x).batch_normalise(scale, shift, epsilon, Epilogue::Identity);
    numbers("batch_normalise", found, |found| {
        [entries(&found.values.value().into_owned()), entries(&found.mean), entries(&found.variance)].concat()
    })
}

fn networks<F: Scalar>(of: Magnitudes) -> Result<(), TestCaseError> {
    let x = of.matrix::<F>(3, 6, 4);
    let graph = SimilarityGraph::views(3, 2).unwrap();
    for activation in [Activation::Relu, Activation::Gelu, Activation::Softplus, Activation::Tanh] {
        let mut network = Network::<F>::mlp(&[4, 5, 3], activation, &mut rng(of.seed)).unwrap();
        numbers("embed", network.embed(x.view()), |z| entries(&z))?;
        let loss = NtXent { temperature: 0.5 };
        let of_z = |z: ArrayView2<F>| pal::loss::Loss::value_and_gradient(&loss, z, &graph);
        let found = value_and_gradients(&network, x.clone(), of_z, &mut Buffers::default());
        numbers("value_and_gradients", found, |step| {
            [vec![step.value.as_f64()], step.gradients.iter().flat_map(entries).collect()].concat()
        })?;
        let scale = F::of(of.number(4));
        if scale.is_finite() {
            network.parameters_mut()[0].value.mapv_inplace(|entry| entry * scale);
        }
        if network.parameters()[0].value.iter().all(|entry| entry.is_finite()) {
            numbers("embed", network.embed(x.view()), |z| entries(&z))?;
        }
    }
    let projector = Network::<F>::projector(&[4, 5, 3], &mut rng(of.seed)).unwrap();
    numbers("projector", projector.embed(x.view()), |z| entries(&z))?;
    let network = Network::<F>::linear(4, 2, &mut rng(of.seed)).unwrap();
    let loss = VicReg::default();
    let mut problem = FullBatch::new(network, &loss, &graph, x.view()).unwrap();
    let point = problem.point();
    numbers("represent", problem.represent(point.view()), |z| entries(&z))?;
    numbers("FullBatch", problem.value_and_gradient(point.view()), |(value, gradient)| {
        [vec![value.as_f64()], gradient.iter().map(|entry| entry.as_f64()).collect()].concat()
    })?;
    let options = Lbfgs { iterations: 4, ..Lbfgs::default() };
    let minimum = lbfgs(point, options, |point| problem.value_and_gradient(point), |_| Ok(()));
    numbers("lbfgs", minimum, |found| {
        found.point.iter().map(|entry| entry.as_f64()).chain([found.value]).collect::<Vec<_>>()
    })
}

fn optimisers<F: Scalar>(of: Magnitudes) -> Result<(), TestCaseError> {
    let rules = [
        Rule::Sgd(Sgd::default()),
        Rule::Sgd(Sgd { momentum: 0.5, weight_decay: of.number(5) }),
        Rule::Adam(Adam::default()),
        Rule::Adam(Adam { epsilon: of.number(6), weight_decay: of.number(7), ..Adam::default() }),
        Rule::Lars(Lars::default()),
        Rule::Lars(Lars { trust: of.number(8), ..Lars::default() }),
    ];
    for rule in rules {
        let Ok(mut optimiser) = Optimiser::<F>::new(rule) else { continue };
        for rate in [0.1, of.number(9)] {
            let mut parameter = of.matrix::<F>(10, 3, 2);
            // Near the largest number a step is not looked after.
            parameter.mapv_inplace(|entry| entry * F::of(0.01));
            for step in 0..3 {
                let gradient = of.matrix::<F>(11 + step, 3, 2);
                let before = parameter.clone();
                let done = optimiser.step(rate, &mut [parameter.view_mut()], &[gradient]);
                prop_assert!(done.is_ok() || parameter == before, "{rule:?}: changed, {done:?}");
                all_finite(&format!("{rule:?}"), entries(&parameter))?;
                all_finite("moments", optimiser.moments().iter().flat_map(entries))?;
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn numbers_from_operations(of in magnitudes()) {
        operations::<f64>(of)?;
        operations::<f32>(of)?;
    }

    #[test]
    fn numbers_from_networks(of in magnitudes()) {
        networks::<f64>(of)?;
        networks::<f32>(of)?;
    }

    #[test]
    fn numbers_from_optimisers(of in magnitudes()) {
        optimisers::<f64>(of)?;
        optimisers::<f32>(of)?;
    }

    #[test]
    fn numbers_from_trainings(of in magnitudes(), rate in 0..2_usize) {
        let x = of.matrix::<f64>(1, 6, 3);
        let graph = SimilarityGraph::views(6, 1).unwrap();
        let settings = Training {
            epochs: 3,
            batch: 3,
            schedule: Schedule::Constant { rate: [0.1, of.number(2)][rate] },
            ..Training::default()
        };
        let network = Network::<f64>::linear(3, 2, &mut rng(of.seed)).unwrap();
        let mut trainer = Trainer::new(settings, network).unwrap();
        let unchanged = Augmentation::new(ImageShape::vector(3), []).unwrap();
        let done = trainer.run(&VicReg::default(), &graph, x.view(), &unchanged, |_, epoch| Ok(epoch.loss));
        numbers("Trainer", done, |()| [])?;
        let parameters = trainer.model().parameters();
        all_finite("parameters", parameters.iter().flat_map(|parameter| parameter.value.iter().copied()))?;
        all_finite("history", trainer.history().iter().flat_map(|epoch| [epoch.loss, epoch.rate, epoch.score]))?;
    }

    #[test]
    fn numbers_from_schedules(of in magnitudes(), steps in 1..1000_u64, warm_up in 0.0..=1.0_f64) {
        for schedule in [Schedule::Constant { rate: of.number(1) }, Schedule::Cosine { peak: of.number(2), warm_up }] {
            all_finite("rate", (0..steps).step_by(7).map(|step| schedule.rate(step, steps)))?;
        }
    }

    /// The gradient of unit rows is inverse to their length.
    #[test]
    fn unit_rows_of_any_length(exponent in -300.0..300.0_f64, seed in any::<u64>()) {
        let (x, scale) = (gaussian(3, 4, &mut rng(seed)), 10_f64.powf(exponent));
        let (y, expected) = slope(&x, |x| x.normalise_rows()).unwrap();
        let (found, gradient) = slope(&(&x * scale), |x| x.normalise_rows()).unwrap();
        prop_assert!(all_near(&found, &y, 1e-12));
        prop_assert!(all_near(&(gradient * scale), &expected, 1e-6));
    }

    /// Descent on `c f` arrives where that on `f` does.
    #[test]
    fn lbfgs_of_any_scale(exponent in 0.0..200.0_f64, seed in any::<u64>()) {
        let start: Array1<f64> = gaussian(4, 1, &mut rng(seed)).column(0).to_owned();
        let scale = 10_f64.powf(exponent);
        let bowl = |x: ArrayView1<f64>| Ok((scale * x.dot(&x), &x * (2.0 * scale)));
        let options = Lbfgs { tolerance: 1e-6 * scale, ..Lbfgs::default() };
        let found = lbfgs(start, options, bowl, |_| Ok(())).unwrap();
        prop_assert!(found.converged && found.point.iter().all(|entry| entry.abs() < 1e-5));
    }

    /// LARS measures a gradient by its own norm.
    #[test]
    fn lars_of_any_scale(exponent in -300.0..300.0_f64, seed in any::<u64>()) {
        let (start, gradient) = (gaussian(3, 2, &mut rng(seed)), gaussian(3, 2, &mut rng(seed + 1)));
        let stepped = |gradient: Array2<f64>| {
            let rule = Rule::Lars(Lars { weight_decay: 0.0, ..Lars::default() });
            let mut parameter = start.clone();
            Optimiser::new(rule).unwrap().step(0.5, &mut [parameter.view_mut()], &[gradient]).unwrap();
            parameter
        };
        let scaled = &gradient * 10_f64.powf(exponent);
        prop_assert!(all_near(&stepped(scaled), &stepped(gradient), 1e-12));
    }
}

/// By hand: far from 0 the unit is `x` or 0, and its slope 1 or 0.
#[test]
fn gelu_far_from_zero() {
    for size in [1e3, 1e20, 1e38] {
        let (value, gradient) = slope(&ndarray::array![[size, -size]], |x| Ok(x.gelu())).unwrap();
        assert_eq!((value, gradient), (ndarray::array![[size, 0.0]], ndarray::array![[1.0, 0.0]]));
        let size = size as f32;
        let (value, gradient) = slope(&ndarray::array![[size, -size]], |x| Ok(x.gelu())).unwrap();
        assert_eq!((value, gradient), (ndarray::array![[size, 0.0]], ndarray::array![[1.0, 0.0]]));
    }
}

/// A step that cannot be taken leaves parameters, moments and the count of steps as they were.
#[test]
fn a_step_too_far_is_not_taken() {
    for rule in [
        Rule::Sgd(Sgd::default()),
        Rule::Adam(Adam::default()),
        Rule::Lars(Lars { trust: 1e300, ..Lars::default() }),
    ] {
        let mut optimiser = Optimiser::new(rule).unwrap();
        let mut parameter = gaussian(3, 2, &mut rng(1));
        let mut step = |parameter: ArrayViewMut2<f64>, rate| {
            let done = optimiser.step(rate, &mut [parameter], &[Array2::from_elem((3, 2), 100.0)]);
            (done, optimiser.steps(), optimiser.moments().to_vec())
        };
        let (_, steps, moments) = step(parameter.view_mut(), 0.0);
        let before = parameter.clone();
        let (refused, steps_after, moments_after) = step(parameter.view_mut(), f64::MAX);
        assert!(matches!(refused, Err(Error::Domain { .. })), "{rule:?}: {refused:?}");
        assert_eq!((steps_after, moments_after, parameter), (steps, moments, before));
    }
    assert!(near(1.0, 1.0 + 1e-12, 1e-9));
}
