use ndarray::{Array2, ArrayView2};
use pal::Result;
use pal::autodiff::Buffers;
use pal::data::augment::{Augmentation, Change, ImageShape};
use pal::graph::SimilarityGraph;
use pal::kernel::Exponential;
use pal::loss::{Loss, VicReg};
use pal::model::{
    Activation, Adam, FullBatch, KernelMachine, Lars, Lbfgs, Model, Moments, Network, Optimiser, Projected,
    Rule, Sgd, Trainer, Training, lbfgs, value_and_gradients,
};
use rand::Rng;

use crate::door::{Door, door, has_entries, length, numbers, vector};
use crate::support::{self, gaussian};

fn network(widths: &[usize]) -> Network<f64> {
    Network::mlp(widths, Activation::Relu, &mut support::rng(0)).unwrap()
}

fn of_model(n: usize, p: usize, rng: &mut impl Rng, model: impl Model<f64> + 'static) -> Door {
    let graph = SimilarityGraph::views(n / 2, 2).unwrap();
    door(
        "model::Model::embed model::Model::forward model::Model::parameters model::Model::inputs \
         model::value_and_gradients",
        vec![gaussian(n, p, rng)],
        move |d| d[0] == (n, p),
        move |a| {
            let loss = |z: ArrayView2<f64>| VicReg::default().value_and_gradient(z, &graph);
            let step = value_and_gradients(&model, a[0].clone(), loss, &mut Buffers::default())?;
            let z = model.embed(a[0].view())?;
            Ok([vec![step.value], numbers(&step.gradients), numbers([&z])].concat())
        },
    )
}

fn step(rule: Rule, parameter: &Array2<f64>, gradient: &Array2<f64>) -> Result<Vec<f64>> {
    let (mut parameter, mut optimiser) = (parameter.clone(), Optimiser::new(rule)?);
    for _ in 0..2 {
        optimiser.step(0.1, &mut [parameter.view_mut()], std::slice::from_ref(gradient))?;
    }
    Ok([numbers([&parameter]), numbers(optimiser.moments()), vec![optimiser.steps() as f64]].concat())
}

pub(crate) fn doors(n: usize, rng: &mut impl Rng) -> Vec<Door> {
    let mut doors = Vec::new();
    let image = ImageShape { height: 3, width: 2, channels: 1 };
    let encoder = Network::convolutional(image, &[2, 3], 4, Activation::Tanh, &mut support::rng(1)).unwrap();
    let projector = Network::projector(&[4, 5, 3], &mut support::rng(2)).unwrap();
    doors.push(of_model(n, 2, rng, network(&[2, 6, 3])));
    doors.push(of_model(n, 6, rng, Network::residual(image, &[2, 3], 4, &mut support::rng(4)).unwrap()));
    doors.push(of_model(n, 6, rng, Projected::new(encoder, projector).unwrap()));
    doors.push(door(
        "model::Model::observe model::Model::buffers",
        vec![gaussian(1, 5, rng), gaussian(1, 5, rng)],
        |d| *d == [(1, 5), (1, 5)],
        |a| {
            let mut network = Network::<f64>::projector(&[4, 5, 3], &mut support::rng(5))?;
            network.observe(&[Moments { mean: a[0].clone(), variance: a[1].clone() }])?;
            Ok(network.buffers().iter().flat_map(|buffer| buffer.value.iter().copied()).collect())
        },
    ));
    let centres = gaussian(4, 2, rng);
    let machine =
        KernelMachine::new(Exponential { sigma: 1.0 }, centres.view(), 3, &mut support::rng(3)).unwrap();
    doors.push(of_model(n, 2, rng, machine));
    doors.push(door(
        "model::KernelMachine::new",
        vec![centres],
        |d| has_entries(d[0]),
        |a| {
            let kernel = Exponential { sigma: 1.0 };
            let machine = KernelMachine::<_, f64>::new(kernel, a[0].view(), 3, &mut support::rng(3))?;
            Ok(numbers([&machine.embed(a[0].view())?]))
        },
    ));

    let graph = SimilarityGraph::views(n / 2, 2).unwrap();
    let count = 2 * 6 + 6 + 6 * 3 + 3;
    doors.push(door(
        "model::FullBatch::new model::FullBatch::at model::FullBatch::point model::FullBatch::represent \
         model::FullBatch::value_and_gradient",
        vec![gaussian(n, 2, rng), gaussian(count, 1, rng)],
        move |d| d[0] == (n, 2) && length(d[1]) == count,
        move |a| {
            let loss = VicReg::default();
            let mut problem = FullBatch::new(network(&[2, 6, 3]), &loss, &graph, a[0].view())?;
            let point = vector(&a[1]);
            let (value, gradient) = problem.value_and_gradient(point.view())?;
            let z = problem.represent(point.view())?;
            problem.at(point.view())?;
            Ok([vec![value], gradient.to_vec(), numbers([&z]), problem.point().to_vec()].concat())
        },
    ));

    let adam = Adam { weight_decay: 0.1, ..Adam::default() };
    for rule in [Rule::Sgd(Sgd::default()), Rule::Adam(adam), Rule::Lars(Lars::default())] {
        doors.push(
            door(
                "model::Optimiser::new model::Optimiser::step model::Optimiser::moments model::Optimiser::steps",
                vec![gaussian(5, 3, rng), gaussian(5, 3, rng)],
                |d| d[0] == d[1],
                move |a| step(rule, &a[0], &a[1]),
            )
            .letting_through(|argument, _| argument == 0), // not looked for
        );
    }
    doors.push(door(
        "model::lbfgs",
        vec![gaussian(5, 1, rng)],
        |_| true,
        |a| {
            // Of the size 1 about the point (1, …, 1).
            let objective = |point: ndarray::ArrayView1<f64>| {
                let from = point.mapv(|entry| entry - 1.0);
                Ok((from.dot(&from), from * 2.0))
            };
            Ok(lbfgs(vector(&a[0]), Lbfgs::default(), objective, |_| Ok(()))?.point.to_vec())
        },
    ));
    doors.push(door(
        "model::Trainer::new model::Trainer::run model::Trainer::model model::Trainer::into_model \
         model::Trainer::history",
        vec![gaussian(n, 2, rng)],
        move |d| d[0].1 == 2 && d[0].0 > 0 && (2 * n).is_multiple_of(d[0].0),
        move |a| {
            let noise = Augmentation::new(ImageShape::vector(2), [Change::Noise { std: 0.1 }])?;
            let graph = SimilarityGraph::views(n, 2)?;
            let training = Training { epochs: 2, batch: n, ..Training::default() };
            let mut trainer = Trainer::new(training, network(&[2, 6, 3]))?;
            trainer.run(&VicReg::default(), &graph, a[0].view(), &noise, |_, epoch| Ok(epoch.loss))?;
            let mut all = numbers([&trainer.model().embed(a[0].view())?]);
            all.extend(trainer.history().iter().map(|epoch| epoch.loss));
            assert_eq!(trainer.into_model().inputs(), 2);
            Ok(all)
        },
    ));
    doors
}

/// Neither a large memory nor a gradient that changes its shape stops the program.
#[test]
fn descent_takes_any_memory_and_steps_back_from_wrong_gradients() {
    let options = Lbfgs { memory: usize::MAX, ..Lbfgs::default() };
    let mut calls = 0;
    let found = lbfgs(
        ndarray::array![3.0, 4.0],
        options,
        |point| {
            calls += 1;
            let length = if calls == 2 { 3 } else { 2 };
            Ok((point.dot(&point), ndarray::Array1::from_shape_fn(length, |i| 2.0 * point[i.min(1)])))
        },
        |_| Ok(()),
    );
    assert!(found.unwrap().value < 1e-12);
}

/// `relu(−∞) = 0` would hide it.
#[test]
fn an_activation_does_not_hide_an_infinite_sample() {
    let mut model = Network::<f64>::mlp(&[1, 1, 1], Activation::Relu, &mut support::rng(0)).unwrap();
    model.parameters_mut()[0].value.fill(1.0);
    let x = ndarray::array![[f64::NEG_INFINITY], [1.0]];
    let loss = |z: ArrayView2<f64>| Ok((z.sum(), Array2::ones(z.raw_dim())));
    support::refused!(
        value_and_gradients(&model, x, loss, &mut Buffers::default()),
        pal::Error::NotFinite { argument: "x", .. }
    );
}
