//! Times a step of training a network in `f32`: our side of `training.py`.
//!
//! `time_training FOLDER MODEL SECONDS`, where the model is `perceptron` or `convolutional` and the folder holds the inputs `x.npy`, two views a sample, and the weights `0.npy`,
//! `1.npy` and so on, prints one line of JSON: the fastest step in milliseconds, and the loss of the fifth.

#![allow(clippy::cast_possible_truncation)] // rounding to single precision

use std::env;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use ndarray::{ArcArray2, Array2, ArrayView2};
use pal::autodiff::Buffers;
use pal::data::augment::ImageShape;
use pal::data::io::read_npy;
use pal::graph::SimilarityGraph;
use pal::loss::{Loss, VicReg};
use pal::model::{Activation, Adam, Model, Network, Optimiser, Rule, value_and_gradients};
use pal::random::stream;

const WIDTHS: [usize; 4] = [784, 512, 512, 128];
const CHANNELS: [usize; 3] = [16, 32, 64];
const OUTPUTS: usize = 128;
const RATE: f64 = 1e-3;
/// Steps before those that are timed; the loss of the last is reported.
const CHECKED_STEPS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, model, seconds] = &arguments[..] else {
        return Err("usage: time_training FOLDER MODEL SECONDS".into());
    };
    let read = |name: &str| -> Result<Array2<f32>, Box<dyn Error>> {
        let array: Array2<f64> = read_npy(Path::new(folder).join(name))?;
        Ok(array.mapv(|entry| entry as f32))
    };
    let x = read("x.npy")?.into_shared();
    let graph = SimilarityGraph::views(x.nrows() / 2, 2)?;
    let mut rng = stream(0, 0);
    let mut network = match model.as_str() {
        "perceptron" => Network::mlp(&WIDTHS, Activation::Relu, &mut rng)?,
        "convolutional" => {
            let image = ImageShape::grey(28, 28);
            Network::convolutional(image, &CHANNELS, OUTPUTS, Activation::Relu, &mut rng)?
        }
        _ => return Err(format!("no model {model:?}").into()),
    };
    for (layer, parameters) in network.parameters_mut().chunks_exact_mut(2).enumerate() {
        parameters[0].value.assign(&read(&format!("{layer}.npy"))?);
    }
    let mut optimiser = Optimiser::new(Rule::Adam(Adam::default()))?;

    let mut buffers = Buffers::default();
    let mut value = 0.0;
    for _ in 0..CHECKED_STEPS {
        value = step(&mut network, &mut optimiser, &x, &graph, &mut buffers)?;
    }
    let until = Instant::now() + Duration::try_from_secs_f64(seconds.parse()?)?;
    let mut fastest = Duration::MAX;
    while fastest == Duration::MAX || Instant::now() < until {
        let started = Instant::now();
        step(&mut network, &mut optimiser, &x, &graph, &mut buffers)?;
        fastest = fastest.min(started.elapsed());
    }
    println!(r#"{{"milliseconds": {}, "value": {value}}}"#, 1e3 * fastest.as_secs_f64());
    Ok(())
}

/// Forward, backward, update; the loss before it.
fn step(
    network: &mut Network<f32>,
    optimiser: &mut Optimiser<f32>,
    x: &ArcArray2<f32>,
    graph: &SimilarityGraph,
    buffers: &mut Buffers<f32>,
) -> pal::Result<f32> {
    let loss = |z: ArrayView2<f32>| VicReg::default().value_and_gradient(z, graph);
    let found = value_and_gradients(network, x.clone(), loss, buffers)?;
    let mut parameters: Vec<_> =
        network.parameters_mut().into_iter().map(|parameter| parameter.value.view_mut()).collect();
    optimiser.step(RATE, &mut parameters, &found.gradients)?;
    Ok(found.value)
}
