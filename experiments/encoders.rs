//! Encoders of small images, how they are trained and how well they can be read: shared by the experiments that train many.

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, concatenate, s};
use pal::data::augment::{Augmentation, ImageShape};
use pal::data::{Labelled, Labels, MNIST_SHAPE, mnist};
use pal::graph::{Form, SimilarityGraph};
use pal::loss::Loss;
use pal::model::{Architecture, Batches, Model, Projected, Trainer, Training, default_training};
use pal::probe::LinearProbe;
use pal::random::stream;
use pal::{Error, Result};
use rand::Rng;
use rand::seq::SliceRandom;
use serde::Serialize;

/// Shape of [`small_mnist`].
pub const SHAPE: ImageShape = ImageShape::grey(MNIST_SHAPE.height / 2, MNIST_SHAPE.width / 2);

/// How an encoder is trained.
#[derive(Clone, Copy, Serialize)]
pub struct Recipe {
    /// Channels of the blocks of the residual encoder.
    pub channels: [usize; 3],
    pub outputs: usize,
    /// Passes over all samples if nothing is known; otherwise as many steps.
    pub epochs: usize,
    pub batch: usize,
    /// Least share of each batch that something is known of.
    pub known: f64,
    pub rate: f64,
    /// Ridge of the probe on standardised features.
    pub ridge: f64,
}

pub const RECIPE: Recipe = Recipe {
    channels: [8, 16, 32],
    outputs: 64,
    epochs: 20,
    batch: 128,
    known: 0.5,
    rate: 3e-3,
    ridge: 0.03,
};

/// The 5000 digits of MNIST, each pixel the mean of four.
pub fn small_mnist() -> Result<Labelled> {
    let Labelled { inputs, labels } = mnist()?;
    let wide = MNIST_SHAPE.width;
    let inputs = Array2::from_shape_fn((inputs.nrows(), SHAPE.len()), |(i, pixel)| {
        let (row, column) = (2 * (pixel / SHAPE.width), 2 * (pixel % SHAPE.width));
        let corner = row * wide + column;
        [corner, corner + 1, corner + wide, corner + wide + 1].map(|at| inputs[[i, at]]).iter().sum::<f64>()
            / 4.0
    });
    Ok(Labelled { inputs, labels })
}

#[allow(clippy::cast_possible_truncation)] // single precision is enough for pixels
fn narrow(pixel: f64) -> f32 {
    pixel as f32
}

/// An encoder with its projector, before it is trained.
pub fn new(recipe: Recipe, shape: ImageShape, seed: u64) -> Result<Projected<f32>> {
    let architecture = Architecture::Residual { channels: recipe.channels.to_vec(), outputs: recipe.outputs };
    architecture.projected(shape, &mut stream(seed, 0))
}

/// The encoder trained on what the graph says of two views of each input, in as many steps as `all` samples take of which nothing is
/// known.
pub fn train(
    recipe: Recipe,
    model: Projected<f32>,
    (inputs, all): (ArrayView2<f64>, usize),
    graph: &SimilarityGraph,
    loss: &dyn Loss<f32>,
    augmentation: &Augmentation,
    seed: u64,
) -> Result<Projected<f32>> {
    let batches = Batches::new(graph, inputs.nrows(), recipe.batch)?.with_known(recipe.known)?;
    let steps = recipe.epochs * all.div_ceil(recipe.batch);
    let training = Training {
        epochs: steps.div_ceil(batches.per_epoch()),
        batch: recipe.batch,
        known: recipe.known,
        schedule: default_training().schedule.with_peak(recipe.rate),
        seed,
        ..Training::default()
    };
    let mut trainer = Trainer::new(training, model)?;
    trainer.run(loss, graph, inputs.mapv(narrow).view(), augmentation, |_, epoch| Ok(epoch.loss))?;
    Ok(trainer.into_model())
}

/// The representation in rows of length 1.
pub fn embed(model: &Projected<f32>, inputs: ArrayView2<f64>) -> Result<Array2<f64>> {
    let mut z = model.embed(inputs.mapv(narrow).view())?.mapv(f64::from);
    for mut row in z.rows_mut() {
        let length = row.dot(&row).sqrt();
        row /= if length > 0.0 { length } else { 1.0 };
    }
    Ok(z)
}

/// The classes of `test` by a ridge probe on `train`, features being at mean 0 and variance 1 over the latter, beside a constant one.
pub fn read(train: ArrayView2<f64>, known: &Labels, test: ArrayView2<f64>, ridge: f64) -> Result<Vec<usize>> {
    let mean = train.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(train.ncols()));
    // Pixels that are the same in every image stay zero.
    let scale = train.std_axis(Axis(0), 0.0).mapv(|std| if std > 1e-6 { std.recip() } else { 0.0 });
    let standard = |features: ArrayView2<f64>| {
        let constant = Array2::ones((features.nrows(), 1));
        concatenate![Axis(1), (&features - &mean) * &scale, constant]
    };
    LinearProbe::ridge(standard(train).view(), known, ridge)?.predict(standard(test).view())
}

/// The share of samples whose class is the true one.
pub fn accuracy(found: &[usize], truth: &Labels) -> f64 {
    let right = found.iter().zip(truth.iter()).filter(|&(&found, truth)| truth == Some(found)).count();
    right as f64 / found.len() as f64
}

/// Some of the samples, in ascending order.
pub fn part(data: &Labelled, mut samples: Vec<usize>) -> Result<Labelled> {
    samples.sort_unstable();
    let inputs = data.inputs.select(Axis(0), &samples);
    let class_of = samples.iter().map(|&sample| data.labels.class_of(sample)).collect();
    Ok(Labelled { inputs, labels: Labels::partial(class_of, data.labels.number_of_classes())? })
}

/// Samples in random order, the classes in turns.
pub fn balanced_order(labels: &Labels, rng: &mut impl Rng) -> Result<Vec<usize>> {
    labels.require_every_class("labels")?;
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.shuffle(rng);
    let mut seen = vec![0_usize; labels.number_of_classes()];
    let mut ranked: Vec<(usize, usize)> = order
        .into_iter()
        .map(|sample| {
            let count = labels.class_of(sample).map_or(0, |class| {
                seen[class] += 1;
                seen[class]
            });
            (count, sample)
        })
        .collect();
    ranked.sort_by_key(|&(count, _)| count);
    Ok(ranked.into_iter().map(|(_, sample)| sample).collect())
}

/// The mean over the rows of `−ln softmax(z)_c`, with the class `c` of a row read off a graph of labels: what a classifier is trained
/// by. The first columns of `z` are the classes, the others take no part.
pub struct CrossEntropy;

impl Loss<f32> for CrossEntropy {
    fn evaluate_unchecked(
        &self,
        z: ArrayView2<f32>,
        graph: &SimilarityGraph,
        gradient: Option<ArrayViewMut2<f32>>,
    ) -> Result<f64> {
        let [(_, Form::Labels(labels))] = graph.terms() else {
            return Err(Error::WrongForm { argument: "graph", expected: "one of labels" });
        };
        let classes = labels.number_of_classes();
        let share = 1.0 / z.nrows() as f32;
        let mut probabilities = Array2::<f32>::zeros(z.raw_dim());
        let mut value = 0.0;
        for ((z, mut row), class) in z.rows().into_iter().zip(probabilities.rows_mut()).zip(labels.class_of())
        {
            let Some(class) = *class else { continue };
            let logits = z.slice(s![..classes]);
            let largest = logits.fold(f32::NEG_INFINITY, |largest, &logit| largest.max(logit));
            let sum: f32 = logits.iter().map(|logit| (logit - largest).exp()).sum();
            value -= f64::from(logits[class] - largest - sum.ln());
            for (probability, logit) in row.iter_mut().zip(logits) {
                *probability = share * (logit - largest).exp() / sum;
            }
            row[class] -= share;
        }
        if let Some(mut gradient) = gradient {
            gradient.assign(&probabilities);
        }
        Ok(value / z.nrows() as f64)
    }
}
