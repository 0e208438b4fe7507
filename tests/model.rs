//! Room `model`: layers by hand, optimisers by their formulas, training that ends where the closed forms say.
#![allow(clippy::unwrap_used)] // a test may panic

use approx::assert_abs_diff_eq;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, array, s};
use pal::autodiff::{Buffers, Tape, Var};
use pal::closed_form::{KernelRegime, free};
use pal::data::augment::{Augmentation, Change, ImageShape};
use pal::data::{Labels, circles};
use pal::graph::SimilarityGraph;
use pal::kernel::{Exponential, gram};
use pal::loss::{Loss, NtXent, SpectralLoss, VicReg};
use pal::model::{
    Activation, Adam, FullBatch, KernelMachine, Lars, Lbfgs, Model, Network, Optimiser, Pass, Projected,
    Rule, Schedule, Sgd, Trainer, Training, lbfgs, value_and_gradients,
};
use pal::{Error, Scalar};
use proptest::prelude::*;
use rand::RngExt;

mod support;
use support::{cases, gaussian, rel, rng};

/// All parameters of a model, in order.
fn point<F: Scalar>(model: &impl Model<F>) -> Vec<F> {
    model.parameters().iter().flat_map(|parameter| parameter.value.iter().copied()).collect()
}

fn parameter<F: Scalar>(model: &impl Model<F>, name: &str) -> Array2<F> {
    let found = model.parameters().into_iter().find(|parameter| parameter.name == name);
    found.unwrap_or_else(|| panic!("no parameter {name}")).value.to_owned().into_owned()
}

fn unchanged(p: usize) -> Augmentation {
    Augmentation::new(ImageShape::vector(p), []).unwrap()
}

// Models

#[test]
fn a_perceptron_is_its_formula() {
    let mut rng = rng(1);
    let network = Network::<f64>::mlp(&[3, 5, 2], Activation::Tanh, &mut rng).unwrap();
    let x = gaussian(7, 3, &mut rng);
    let mut shifted = network.clone();
    for parameter in shifted.parameters_mut() {
        if parameter.value.nrows() == 1 {
            parameter.value.fill(0.3);
        }
    }
    for (network, bias) in [(&network, 0.0), (&shifted, 0.3)] {
        let hidden = (x.dot(&parameter(network, "0.weights")) + bias).mapv(f64::tanh);
        let expected = hidden.dot(&parameter(network, "2.weights")) + bias;
        assert!(rel(&network.embed(x.view()).unwrap(), &expected) < 1e-14);
    }
    assert_eq!(network.architecture(), "3 dense(3, 5) tanh dense(5, 2)");
}

/// False alarm below 1e-6 for a fresh seed: two mean squares to six standard errors, two means to five and seven.
#[test]
fn weights_start_at_the_scale_of_their_activation() {
    for (activation, gain) in [(Activation::Relu, 2.0), (Activation::Tanh, 1.0)] {
        let network = Network::<f64>::mlp(&[400, 300, 2], activation, &mut rng(2)).unwrap();
        let weights = parameter(&network, "0.weights");
        let variance = weights.mapv(|entry| entry * entry).mean().unwrap();
        assert_abs_diff_eq!(variance * 400.0, gain, epsilon = 0.05);
        assert!(weights.mean().unwrap().abs() < 0.001);
    }
}

/// An image of `(height, width, channels)` numbers, whose convolutions are their sums.
struct Image {
    dim: (usize, usize, usize),
    numbers: Vec<f64>,
}

impl Image {
    fn convolved(&self, side: usize, stride: usize, weights: &Array2<f64>) -> Self {
        let (height, width, channels) = self.dim;
        let (rows, columns, half) = (height.div_ceil(stride), width.div_ceil(stride), side as i64 / 2);
        let mut numbers = Vec::new();
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
            for q in 0..weights.ncols() {
                let mut sum = 0.0;
                for (down, right) in (0..side).flat_map(|down| (0..side).map(move |right| (down, right))) {
                    let at = [(row, down), (column, right)].map(|(at, by)| (stride * at + by) as i64 - half);
                    if at[0] < 0 || at[1] < 0 || at[0] >= height as i64 || at[1] >= width as i64 {
                        continue;
                    }
                    for channel in 0..channels {
                        let from = (at[0] as usize * width + at[1] as usize) * channels + channel;
                        sum += self.numbers[from] * weights[[(down * side + right) * channels + channel, q]];
                    }
                }
                numbers.push(sum);
            }
        }
        Self { dim: (rows, columns, weights.ncols()), numbers }
    }
}

/// Convolution by its sum over a patch, at stride 1 then 2, on an image that is not square.
#[test]
fn a_convolutional_encoder_is_its_sums() {
    let shape = ImageShape { height: 5, width: 4, channels: 2 };
    let mut rng = rng(3);
    let network = Network::<f64>::convolutional(shape, &[3, 2], 4, Activation::Softplus, &mut rng).unwrap();
    let x = gaussian(3, shape.len(), &mut rng);
    let convolve = |image: &Image, stride: usize, w: &Array2<f64>| {
        let mut image = image.convolved(3, stride, w);
        image.numbers.iter_mut().for_each(|sum| *sum = (1.0 + sum.exp()).ln());
        image
    };
    let z = network.embed(x.view()).unwrap();
    for (row, z) in x.rows().into_iter().zip(z.rows()) {
        let image = Image { dim: (5, 4, 2), numbers: row.to_vec() };
        let first = convolve(&image, 1, &parameter(&network, "0.weights"));
        let second = convolve(&first, 2, &parameter(&network, "2.weights"));
        assert_eq!(second.dim, (3, 2, 2));
        let expected = Array1::from(second.numbers).dot(&parameter(&network, "4.weights"));
        assert!(rel(z, &expected) < 1e-12);
    }
}

/// The convolutions of all images with the channels at mean 0 and variance 1, over the images and their pixels.
fn standardised(images: &[Image], side: usize, stride: usize, weights: &Array2<f64>) -> Vec<Image> {
    let mut images: Vec<Image> = images.iter().map(|image| image.convolved(side, stride, weights)).collect();
    for channel in 0..weights.ncols() {
        let of_channel = |image: &mut Image, f: &mut dyn FnMut(&mut f64)| {
            image.numbers.iter_mut().skip(channel).step_by(weights.ncols()).for_each(f);
        };
        let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for image in &mut images {
            of_channel(image, &mut |x| (count, sum, squares) = (count + 1.0, sum + *x, squares + *x * *x));
        }
        let (mean, variance) = (sum / count, squares / count - (sum / count).powi(2));
        for image in &mut images {
            of_channel(image, &mut |x| *x = (*x - mean) / (variance + 1e-5).sqrt());
        }
    }
    images
}

fn relu(mut images: Vec<Image>) -> Vec<Image> {
    images.iter_mut().flat_map(|image| &mut image.numbers).for_each(|x| *x = x.max(0.0));
    images
}

/// A block that keeps the shape and one that changes it, on images that are not square, by their sums.
#[test]
fn a_residual_encoder_is_its_sums() {
    let shape = ImageShape { height: 5, width: 4, channels: 2 };
    let mut rng = rng(21);
    let network = Network::<f64>::residual(shape, &[3, 2], 4, &mut rng).unwrap();
    let x = gaussian(6, shape.len(), &mut rng);
    let weights = |layer: usize| parameter(&network, &format!("{layer}.weights"));
    let images: Vec<Image> =
        x.outer_iter().map(|row| Image { dim: (5, 4, 2), numbers: row.to_vec() }).collect();
    let plus = |mut left: Vec<Image>, right: &[Image]| {
        for (left, right) in left.iter_mut().zip(right) {
            left.numbers.iter_mut().zip(&right.numbers).for_each(|(left, right)| *left += right);
        }
        left
    };
    // Layers: 0 to 2 the first convolution, 3 a fork, 4 to 8 the block, 9 its end; 11 a fork, 12 to 16 the block, 17 its shortcut.
    let stem = relu(standardised(&images, 3, 1, &weights(0)));
    let hidden = relu(standardised(&stem, 3, 1, &weights(4)));
    let first = relu(plus(standardised(&hidden, 3, 1, &weights(7)), &stem));
    let hidden = relu(standardised(&first, 3, 2, &weights(12)));
    let shortcut: Vec<Image> = first.iter().map(|image| image.convolved(1, 2, &weights(17))).collect();
    let second = relu(plus(standardised(&hidden, 3, 1, &weights(15)), &shortcut));
    assert_eq!(second[0].dim, (3, 2, 2));
    let pooled = Array2::from_shape_fn((6, 2), |(i, channel)| {
        second[i].numbers.iter().skip(channel).step_by(2).sum::<f64>() / 6.0
    });
    let expected = pooled.dot(&parameter(&network, "21.weights"));

    let loss = |z: ArrayView2<f64>| {
        assert!(rel(z, &expected) < 1e-10);
        Ok((0.0, Array2::zeros(z.dim())))
    };
    let step = value_and_gradients(&network, x.clone(), loss, &mut Buffers::default()).unwrap();
    assert_eq!(step.moments.len(), 5);
}

/// In use a sample's representation is its own; once the running means are those of a batch, it is that of training.
#[test]
fn running_means_take_the_place_of_the_batch() {
    let mut rng = rng(22);
    let mut network = Network::<f64>::residual(ImageShape::grey(4, 4), &[2, 3], 3, &mut rng).unwrap();
    let x = gaussian(8, 16, &mut rng);
    let mut in_training = Array2::zeros((0, 0));
    let mut step = |network: &Network<f64>| {
        let loss = |z: ArrayView2<f64>| {
            in_training = z.to_owned();
            Ok((0.0, Array2::zeros(z.dim())))
        };
        value_and_gradients(network, x.clone(), loss, &mut Buffers::default()).unwrap()
    };
    let before = network.embed(x.view()).unwrap();
    let moments = step(&network).moments;
    network.observe(&moments).unwrap();
    let mean = network.buffers()[0].value.clone();
    assert!(rel(&mean, &(&moments[0].mean * 0.1)) < 1e-12, "a tenth of the batch");
    for _ in 0..300 {
        network.observe(&moments).unwrap();
    }
    let _ = step(&network);
    let in_use = network.embed(x.view()).unwrap();
    assert!(rel(&in_use, &in_training) < 1e-9);
    assert!(rel(&before, &in_training) > 1e-3);
    for (i, row) in in_use.outer_iter().enumerate() {
        let alone = network.embed(x.slice(s![i..=i, ..])).unwrap();
        assert!(rel(&alone, row.insert_axis(Axis(0))) < 1e-12);
    }
}

#[test]
fn a_projector_standardises_hidden_columns_and_is_thrown_away() {
    let mut rng = rng(4);
    let encoder = Network::<f64>::mlp(&[3, 6, 4], Activation::Relu, &mut rng).unwrap();
    let projector = Network::projector(&[4, 8, 5], &mut rng).unwrap();
    let x = gaussian(20, 3, &mut rng);
    let kept = encoder.embed(x.view()).unwrap();
    let hidden = kept.dot(&parameter(&projector, "0.weights"));
    let (mean, variance) = (hidden.mean_axis(Axis(0)).unwrap(), hidden.var_axis(Axis(0), 0.0));
    let standard = ((hidden - mean) / variance.mapv(|v| (v + 1e-5).sqrt())).mapv(|entry| entry.max(0.0));
    let expected = standard.dot(&parameter(&projector, "3.weights"));

    let model = Projected::new(encoder, projector).unwrap();
    assert_eq!(model.embed(x.view()).unwrap(), kept);
    let tape = Tape::new();
    let parameters: Vec<Var<f64>> =
        model.parameters().iter().map(|parameter| tape.constant(parameter.value.clone())).collect();
    let mut pass = Pass::Step(Vec::new());
    let z = model.forward(&parameters, tape.constant(x), &mut pass).unwrap().value();
    assert!(rel(&z, &expected) < 1e-12);
    let names: Vec<&str> = model.parameters().iter().map(|parameter| parameter.name.as_str()).collect();
    assert_eq!(names[..2], ["0.weights", "0.bias"]);
    assert!(names[4..].iter().all(|name| name.starts_with("projector.")));
}

/// The gradient through model and loss, by differences in every parameter.
#[test]
fn gradients_pass_through_model_and_loss() {
    let mut rng = rng(5);
    let shape = ImageShape { height: 4, width: 4, channels: 1 };
    let graph = SimilarityGraph::views(4, 2).unwrap();
    let x = gaussian(8, 16, &mut rng);
    let encoder = Network::convolutional(shape, &[2, 2], 3, Activation::Gelu, &mut rng).unwrap();
    let projector = Network::projector(&[3, 4, 2], &mut rng).unwrap();
    let model = Projected::new(encoder, projector).unwrap();
    let loss = VicReg::default();
    let mut problem = FullBatch::new(model, &loss, &graph, x.view()).unwrap();
    let start = problem.point();
    let (_, gradient) = problem.value_and_gradient(start.view()).unwrap();
    for index in 0..start.len() {
        let mut at = |shift: f64| {
            let mut point = start.clone();
            point[index] += shift;
            problem.value_and_gradient(point.view()).unwrap().0
        };
        let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
        assert!((difference - gradient[index]).abs() < 1e-5 * (1.0 + difference.abs()), "{index}");
    }
}

#[test]
fn a_kernel_machine_is_its_expansion() {
    let mut rng = rng(6);
    let centres = gaussian(9, 2, &mut rng);
    let machine =
        KernelMachine::<_, f64>::new(Exponential { sigma: 0.7 }, centres.view(), 3, &mut rng).unwrap();
    let expected =
        gram(&Exponential { sigma: 0.7 }, centres.view()).unwrap().dot(&parameter(&machine, "coefficients"));
    assert!(rel(&machine.embed(centres.view()).unwrap(), &expected) < 1e-14);
}

// Optimisers

/// Three steps of each rule on a matrix and a bias, by the formulas.
#[test]
fn rules_are_their_formulas() {
    let mut rng = rng(7);
    let mut pair = || [gaussian(151, 131, &mut rng), gaussian(1, 131, &mut rng)]; // more entries than one task takes
    let start = pair();
    let gradients: Vec<[Array2<f64>; 2]> = (0..3).map(|_| pair()).collect();
    let rate = 0.1;
    let norm = |a: &Array2<f64>| a.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
    let rules = [
        Rule::Sgd(Sgd { momentum: 0.8, weight_decay: 0.05 }),
        Rule::Adam(Adam { beta1: 0.8, beta2: 0.9, epsilon: 1e-3, weight_decay: 0.05 }),
        Rule::Lars(Lars { momentum: 0.8, weight_decay: 0.05, trust: 0.02 }),
    ];
    for rule in rules {
        let mut optimiser = Optimiser::new(rule).unwrap();
        let mut moved = start.clone();
        for gradients in &gradients {
            let mut views: Vec<_> = moved.iter_mut().map(|parameter| parameter.view_mut()).collect();
            optimiser.step(rate, &mut views, gradients).unwrap();
        }
        for which in 0..2 {
            let bias = which == 1;
            let decay = if bias { 0.0 } else { 0.05 };
            let mut w = start[which].clone();
            let (mut m, mut v) = (Array2::<f64>::zeros(w.raw_dim()), Array2::<f64>::zeros(w.raw_dim()));
            for (t, gradients) in gradients.iter().enumerate() {
                let g = &gradients[which];
                match rule {
                    Rule::Sgd(_) => {
                        m = 0.8 * &m + &(g + &(decay * &w));
                        w = w - rate * &m;
                    }
                    Rule::Adam(_) => {
                        m = 0.8 * &m + 0.2 * g;
                        v = 0.9 * &v + 0.1 * &(g * g);
                        let corrected = &m / (1.0 - 0.8_f64.powi(t as i32 + 1));
                        let spread = (&v / (1.0 - 0.9_f64.powi(t as i32 + 1))).mapv(f64::sqrt) + 1e-3;
                        w = (1.0 - rate * decay) * &w - rate * (corrected / spread);
                    }
                    Rule::Lars(_) => {
                        let d = g + &(decay * &w);
                        let scale = if bias { 1.0 } else { 0.02 * norm(&w) / norm(&d) };
                        m = 0.8 * &m + scale * d;
                        w = w - rate * &m;
                    }
                }
            }
            assert!(rel(&moved[which], &w) < 1e-13, "{rule:?}, bias: {bias}");
        }
        assert_eq!(optimiser.steps(), 3);
    }
}

#[test]
fn schedules_rise_and_fall() {
    let cosine = Schedule::Cosine { peak: 0.5, warm_up: 0.1 };
    let rates: Vec<f64> = (0..100).map(|step| cosine.rate(step, 100)).collect();
    assert_abs_diff_eq!(rates[0], 0.05, epsilon = 1e-12); // a tenth of the way up
    let top = (0..100).max_by(|&a, &b| rates[a].total_cmp(&rates[b])).unwrap();
    assert!((8..=10).contains(&top) && rates[top] <= 0.5 && rates[top] > 0.49);
    assert!(rates[..top].windows(2).all(|pair| pair[0] < pair[1]));
    assert!(rates[top..].windows(2).all(|pair| pair[0] > pair[1]));
    assert!(rates[99] > 0.0 && rates[99] < 1e-3);
    assert_abs_diff_eq!(cosine.rate(54, 100), 0.25, epsilon = 0.01); // half of the way down
    assert!((0..7).all(|step| Schedule::Constant { rate: 0.2 }.rate(step, 7) == 0.2));
    assert!((0..7).all(|step| cosine.rate(step, 7).is_finite()));
}

proptest! {
    #![proptest_config(cases(40))]

    /// A quadratic of any condition up to 1e4 is minimised to its exact minimum.
    #[test]
    fn lbfgs_minimises_quadratics(n in 1..=12_usize, memory in 1..=20_usize, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let factor = gaussian(n, n, &mut rng);
        let a = factor.t().dot(&factor) + Array2::<f64>::eye(n) * 0.01;
        let minimum: Array1<f64> = (0..n).map(|_| rng.random_range(-1.0..1.0)).collect();
        let objective = |x: ArrayView1<f64>| {
            let step = &x - &minimum;
            let slope = a.dot(&step);
            Ok((0.5 * step.dot(&slope), slope))
        };
        let mut values = Vec::new();
        let options = Lbfgs { iterations: 5000, memory, tolerance: 1e-9 };
        let found = lbfgs(Array1::zeros(n), options, objective, |progress| {
            values.push(progress.value);
            Ok(())
        }).unwrap();
        prop_assert!(found.converged);
        prop_assert!(values.windows(2).all(|pair| pair[1] <= pair[0]));
        prop_assert_eq!(values.len(), found.iterations + 1);
        prop_assert!(rel(&found.point, &minimum) < 1e-6);
    }
}

#[test]
fn lbfgs_walks_a_curved_valley_and_stays_in_the_domain() {
    let rosenbrock = |x: ArrayView1<f64>| {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        Ok((a * a + 100.0 * b * b, array![-2.0 * a - 400.0 * x[0] * b, 200.0 * b]))
    };
    let found = lbfgs(array![-1.2, 1.0], Lbfgs::default(), rosenbrock, |_| Ok(())).unwrap();
    assert!(found.converged && found.iterations < 100 && rel(&found.point, &array![1.0, 1.0]) < 1e-6);

    // x − ln x, refused at x ≤ 0: steps that leave the domain are taken back.
    let barrier = |x: ArrayView1<f64>| {
        if x[0] <= 0.0 {
            return Err(Error::Domain { argument: "x", value: x[0], must: "positive" });
        }
        Ok((x[0] - x[0].ln(), array![1.0 - 1.0 / x[0]]))
    };
    let found = lbfgs(array![30.0], Lbfgs::default(), barrier, |_| Ok(())).unwrap();
    assert!(found.converged && (found.point[0] - 1.0).abs() < 1e-6);
}

// Training

/// Descent through the tape on a kernel machine, and on free representations, ends at the closed forms' values.
#[test]
fn t18_t29_training_ends_at_the_closed_form() {
    let mut rng = rng(8);
    let train = circles(24, 0.0, &mut rng).unwrap();
    let graph = SimilarityGraph::contrastive_labels(&train.labels);
    let loss = SpectralLoss::SimClr2;
    let best = free(loss, &graph, 4, 0.0).unwrap().value;

    // A kernel machine with its samples as centres can represent anything: without a penalty it is the free regime.
    let machine = KernelMachine::new(Exponential { sigma: 1.0 }, train.inputs.view(), 4, &mut rng).unwrap();
    let mut problem = FullBatch::new(machine, &loss, &graph, train.inputs.view()).unwrap();
    let start = problem.point();
    let options = Lbfgs { iterations: 3000, ..Lbfgs::default() };
    let found = lbfgs(start, options, |point| problem.value_and_gradient(point), |_| Ok(())).unwrap();
    assert!((found.value - best).abs() < 1e-5 * (1.0 + best.abs()), "{} against {best}", found.value);
    let z = problem.at(found.point.view()).unwrap().embed(train.inputs.view()).unwrap();
    assert!((loss.value(z.view(), &graph).unwrap() - found.value).abs() < 1e-9);

    // With the penalty, the fitted kernel's optimum is below what any coefficients reach, the trained ones included.
    let beta = 1e-2;
    let regime = KernelRegime::new(Exponential { sigma: 1.0 }, beta).on(train.inputs.view()).unwrap();
    let optimum = regime.minimise(loss, &graph, 4).unwrap().value;
    let alpha = problem.at(found.point.view()).unwrap().parameters()[0].value.to_owned();
    let k = gram(&Exponential { sigma: 1.0 }, train.inputs.view()).unwrap();
    let penalty = 2.0 * beta * alpha.t().dot(&k.dot(&alpha)).diag().sum();
    assert!(found.value + penalty >= optimum - 1e-9);
}

/// With one batch and plain descent an epoch is one gradient step on the whole graph.
#[test]
fn an_epoch_of_one_batch_is_one_step() {
    let mut rng = rng(9);
    let x = gaussian(10, 3, &mut rng);
    let labels = Labels::new((0..10).map(|i| i % 2).collect(), 2).unwrap();
    let graph = SimilarityGraph::labels(&labels);
    let network = Network::<f64>::linear(3, 2, &mut rng).unwrap();
    let settings = Training {
        epochs: 1,
        rule: Rule::Sgd(Sgd { momentum: 0.0, weight_decay: 0.0 }),
        schedule: Schedule::Constant { rate: 0.01 },
        ..Training::default()
    };
    let loss = SpectralLoss::SimClr2;
    let mut problem = FullBatch::new(network.clone(), &loss, &graph, x.view()).unwrap();
    let start = problem.point();
    let (value, gradient) = problem.value_and_gradient(start.view()).unwrap();
    let mut trainer = Trainer::new(settings, network).unwrap();
    trainer.run(&loss, &graph, x.view(), &unchanged(3), |_, epoch| Ok(epoch.loss)).unwrap();
    assert!(rel(&point(trainer.model()), &(start - 0.01 * gradient)) < 1e-12);
    assert_abs_diff_eq!(trainer.history()[0].loss, value, epsilon = 1e-10);
}

/// Batches see every sample once an epoch, all views of a sample together, and the part of the graph that is theirs.
#[test]
fn batches_partition_the_samples() {
    struct Spy(std::sync::Mutex<Vec<Vec<f64>>>);
    impl Loss<f64> for Spy {
        fn evaluate_unchecked(
            &self,
            z: ndarray::ArrayView2<f64>,
            graph: &SimilarityGraph,
            gradient: Option<ndarray::ArrayViewMut2<f64>>,
        ) -> pal::Result<f64> {
            assert_eq!(
                graph.to_dense(),
                Array2::from_shape_fn((z.nrows(), z.nrows()), |(i, j)| { f64::from(i / 2 == j / 2) })
            );
            let samples: Vec<f64> = z.column(0).iter().step_by(2).map(|z| z.round()).collect();
            assert!(z.column(0).iter().skip(1).step_by(2).map(|z| z.round()).eq(samples.iter().copied()));
            self.0.lock().unwrap().push(samples);
            if let Some(mut gradient) = gradient {
                gradient.fill(0.0);
            }
            Ok(0.0)
        }
    }
    let x = Array2::from_shape_fn((11, 1), |(i, _)| i as f64);
    let mut identity = Network::<f64>::linear(1, 1, &mut rng(10)).unwrap();
    identity.parameters_mut()[0].value.fill(1.0);
    let spy = Spy(std::sync::Mutex::default());
    let settings = Training { epochs: 2, batch: 4, ..Training::default() };
    let noise = Augmentation::new(ImageShape::vector(1), [Change::Noise { std: 0.01 }]).unwrap();
    let mut trainer = Trainer::new(settings, identity).unwrap();
    let graph = SimilarityGraph::views(11, 2).unwrap();
    trainer.run(&spy, &graph, x.view(), &noise, |_, epoch| Ok(epoch.loss)).unwrap();
    let seen = spy.0.into_inner().unwrap();
    assert_eq!(seen.iter().map(Vec::len).collect::<Vec<_>>(), [3, 4, 4, 3, 4, 4]);
    let sorted = |batches: &[Vec<f64>]| {
        let mut all: Vec<f64> = batches.concat();
        all.sort_by(f64::total_cmp);
        all
    };
    let all: Vec<f64> = (0..11).map(f64::from).collect();
    assert_eq!(sorted(&seen[..3]), all);
    assert_eq!(sorted(&seen[3..]), all);
    assert_ne!(seen[..3], seen[3..]);
}

/// One training, whatever the knowledge: only the graph differs, and a training on labels separates the classes.
#[test]
fn labels_in_the_graph_separate_the_classes() {
    let mut rng = rng(11);
    let train = circles(60, 0.05, &mut rng).unwrap();
    let inputs = train.inputs.mapv(|entry| entry as f32);
    let noise = Augmentation::new(ImageShape::vector(2), [Change::Noise { std: 0.05 }]).unwrap();
    let settings = Training {
        epochs: 300,
        batch: 30,
        schedule: Schedule::Cosine { peak: 0.01, warm_up: 0.1 },
        ..Training::default()
    };
    let error_of = |graph: &SimilarityGraph, seed: u64| {
        let network =
            Network::<f32>::mlp(&[2, 32, 32, 4], Activation::Relu, &mut support::rng(seed)).unwrap();
        let mut trainer = Trainer::new(settings.clone(), network).unwrap();
        trainer.run(&NtXent { temperature: 0.5 }, graph, inputs.view(), &noise, |_, e| Ok(e.loss)).unwrap();
        let z = trainer.model().embed(inputs.view()).unwrap().mapv(f64::from);
        pal::probe::best_linear_error(z.view(), &train.labels).unwrap()
    };
    // The mean of a few trainings: a single one depends on how sums are rounded.
    let error = |graph: &SimilarityGraph| (12..16).map(|seed| error_of(graph, seed)).sum::<f64>() / 4.0;
    let views = SimilarityGraph::views(60, 2).unwrap();
    let labels = SimilarityGraph::labels(&train.labels).on_views(2).unwrap();
    let both = SimilarityGraph::mixture([(0.5, views.clone()), (0.5, labels.clone())]).unwrap();
    let (by_views, by_labels, by_both) = (error(&views), error(&labels), error(&both));
    assert!(by_labels < 0.1 && by_both < 0.1, "{by_labels} {by_both}");
    assert!(by_views > 2.0 * by_labels.max(by_both), "{by_views} {by_labels} {by_both}");
}

#[test]
fn training_stops_when_no_score_was_better_for_long() {
    let x = gaussian(6, 2, &mut rng(14));
    let graph = SimilarityGraph::views(6, 1).unwrap();
    let scores = [5.0, 4.0, 4.5, 4.0, 3.0, 3.5, 3.2, 3.1, 0.0];
    let settings = Training { epochs: 9, patience: Some(2), ..Training::default() };
    let network = Network::<f64>::linear(2, 2, &mut rng(15)).unwrap();
    let mut trainer = Trainer::new(settings, network).unwrap();
    let score = |_: &Network<f64>, epoch: &pal::model::Epoch| Ok(scores[epoch.number - 1]);
    trainer.run(&VicReg::default(), &graph, x.view(), &unchanged(2), score).unwrap();
    // Best at epoch 5; epochs 6 to 8 are three without a better one.
    assert_eq!(trainer.history().len(), 8);
    assert!(trainer.history().iter().zip(scores).all(|(epoch, score)| epoch.score == score));
}

// Bad input

#[test]
fn settings_and_shapes_out_of_range_are_refused() {
    let network = || Network::<f64>::linear(3, 2, &mut rng(20)).unwrap();
    let domain = |settings: Training, expected: &str| match Trainer::new(settings, network()) {
        Err(Error::Domain { argument, .. }) => assert_eq!(argument, expected),
        other => panic!("{expected}: {other:?}"),
    };
    let with = |rule| Training { rule, ..Training::default() };
    domain(Training { epochs: 0, ..Training::default() }, "epochs");
    domain(Training { batch: 0, ..Training::default() }, "batch");
    domain(Training { schedule: Schedule::Constant { rate: -1.0 }, ..Training::default() }, "rate");
    domain(
        Training { schedule: Schedule::Cosine { peak: 1.0, warm_up: 1.5 }, ..Training::default() },
        "warm_up",
    );
    domain(with(Rule::Sgd(Sgd { momentum: 1.0, weight_decay: 0.0 })), "momentum");
    domain(with(Rule::Sgd(Sgd { momentum: 0.5, weight_decay: -1.0 })), "weight_decay");
    domain(with(Rule::Adam(Adam { beta1: -0.1, ..Adam::default() })), "beta1");
    domain(with(Rule::Adam(Adam { beta2: f64::NAN, ..Adam::default() })), "beta2");
    domain(with(Rule::Adam(Adam { epsilon: 0.0, ..Adam::default() })), "epsilon");
    domain(with(Rule::Lars(Lars { trust: 0.0, ..Lars::default() })), "trust");

    let run = |rows: usize, x: &Array2<f64>| {
        let graph = SimilarityGraph::views(rows, 1).unwrap();
        let mut trainer = Trainer::new(Training::default(), network()).unwrap();
        trainer.run(&VicReg::default(), &graph, x.view(), &unchanged(3), |_, e| Ok(e.loss)).unwrap_err()
    };
    let x = gaussian(6, 3, &mut rng(21));
    assert!(matches!(run(8, &x), Error::Shape { argument: "graph", .. }));
    assert!(matches!(run(3, &x), Error::Shape { argument: "graph", .. }));
    assert!(matches!(run(6, &x.slice(s![.., ..2]).to_owned()), Error::Shape { argument: "inputs", .. }));
    assert!(matches!(run(6, &Array2::zeros((0, 3))), Error::Empty { argument: "inputs", .. }));
    let mut bad = x.clone();
    bad[[2, 1]] = f64::NAN;
    assert!(matches!(run(6, &bad), Error::NotFinite { argument: "inputs", .. }));
    assert!(matches!(network().embed(bad.view()), Err(Error::NotFinite { argument: "x", .. })));
    assert!(matches!(network().embed(x.slice(s![.., 1..])), Err(Error::Shape { argument: "x", .. })));

    let mut rng = rng(22);
    assert!(Network::<f64>::mlp(&[3], Activation::Relu, &mut rng).is_err());
    assert!(Network::<f64>::mlp(&[3, 0, 2], Activation::Relu, &mut rng).is_err());
    assert!(
        Network::<f64>::convolutional(ImageShape::grey(4, 4), &[], 2, Activation::Relu, &mut rng).is_err()
    );
    assert!(
        Network::<f64>::convolutional(ImageShape::grey(4, 4), &[3, 0], 2, Activation::Relu, &mut rng)
            .is_err()
    );
    assert!(
        Network::<f64>::convolutional(ImageShape::grey(0, 4), &[3], 2, Activation::Relu, &mut rng).is_err()
    );
    let narrow = Network::projector(&[3, 2], &mut rng).unwrap();
    assert!(matches!(Projected::new(network(), narrow), Err(Error::Shape { argument: "projector", .. })));
    let kernel = Exponential { sigma: 1.0 };
    assert!(KernelMachine::<_, f64>::new(kernel, x.view(), 0, &mut rng).is_err());
    assert!(KernelMachine::<_, f64>::new(kernel, bad.view(), 2, &mut rng).is_err());
    assert!(KernelMachine::<_, f64>::new(Exponential { sigma: 0.0 }, x.view(), 2, &mut rng).is_err());

    let mut optimiser = Optimiser::<f64>::new(Rule::Sgd(Sgd::default())).unwrap();
    let mut w = Array2::zeros((2, 2));
    assert!(optimiser.step(-1.0, &mut [w.view_mut()], &[Array2::zeros((2, 2))]).is_err());
    assert!(optimiser.step(0.1, &mut [w.view_mut()], &[]).is_err());
    assert!(optimiser.step(0.1, &mut [w.view_mut()], &[Array2::zeros((2, 1))]).is_err());
    optimiser.step(0.1, &mut [w.view_mut()], &[Array2::zeros((2, 2))]).unwrap();
    let mut wider = Array2::zeros((3, 2));
    assert!(optimiser.step(0.1, &mut [wider.view_mut()], &[Array2::zeros((3, 2))]).is_err());
    let flat = |x: ArrayView1<f64>| Ok((0.0, x.to_owned()));
    assert!(lbfgs(array![1.0], Lbfgs { memory: 0, ..Lbfgs::default() }, flat, |_| Ok(())).is_err());
    assert!(lbfgs(array![1.0], Lbfgs { tolerance: -1.0, ..Lbfgs::default() }, flat, |_| Ok(())).is_err());
    let nan = |x: ArrayView1<f64>| Ok((f64::NAN, x.to_owned()));
    assert!(lbfgs(array![1.0], Lbfgs::default(), nan, |_| Ok(())).is_err());
}
