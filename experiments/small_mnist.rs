//! MNIST at 14 × 14 pixels, the encoder that learns it, and how well what is learned can be read: shared by experiments that
//! train many networks.

use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate};
use pal::Result;
use pal::data::augment::{Augmentation, ImageShape};
use pal::data::{Labelled, Labels, MNIST_SHAPE, mnist};
use pal::graph::SimilarityGraph;
use pal::loss::Loss;
use pal::model::{Architecture, Model, Projected, Schedule, Trainer, Training};
use pal::probe::LinearProbe;
use pal::random::stream;
use serde::Serialize;

pub const SHAPE: ImageShape = ImageShape::grey(MNIST_SHAPE.height / 2, MNIST_SHAPE.width / 2);

/// How an encoder is trained.
#[derive(Clone, Copy, Serialize)]
pub struct Recipe {
    /// Channels of the blocks of the residual encoder.
    pub channels: [usize; 3],
    pub outputs: usize,
    /// Passes over all images, or as many samples seen of some.
    pub epochs: usize,
    pub batch: usize,
    pub rate: f64,
    /// Ridge of the probe on standardised features.
    pub ridge: f64,
}

pub const RECIPE: Recipe =
    Recipe { channels: [8, 16, 32], outputs: 64, epochs: 20, batch: 128, rate: 3e-3, ridge: 0.03 };

/// The 5000 digits, each pixel the mean of four.
pub fn images() -> Result<Labelled> {
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

/// An encoder trained on what the graph says of two views of each of the inputs, which see as many samples of `all` as the recipe
/// says.
pub fn fit(
    recipe: Recipe,
    (inputs, all): (ArrayView2<f64>, usize),
    graph: &SimilarityGraph,
    loss: &dyn Loss<f32>,
    augmentation: &Augmentation,
    seed: u64,
) -> Result<Projected<f32>> {
    let architecture = Architecture::Residual { channels: recipe.channels.to_vec(), outputs: recipe.outputs };
    let model = architecture.projected(SHAPE, &mut stream(seed, 0))?;
    let training = Training {
        epochs: (recipe.epochs * all).div_ceil(inputs.nrows()),
        batch: recipe.batch,
        schedule: Schedule::Cosine { peak: recipe.rate, warm_up: 0.1 },
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

/// Test accuracy of a ridge probe on features at mean 0 and variance 1 over the training set, beside a constant one.
pub fn read(
    train: ArrayView2<f64>,
    test: ArrayView2<f64>,
    known: &Labels,
    truth: &Labels,
    ridge: f64,
) -> Result<f64> {
    let mean = train.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(train.ncols()));
    // Pixels that are the same in every image stay zero.
    let scale = train.std_axis(Axis(0), 0.0).mapv(|std| if std > 1e-6 { std.recip() } else { 0.0 });
    let standard = |features: ArrayView2<f64>| {
        let constant = Array2::ones((features.nrows(), 1));
        concatenate![Axis(1), (&features - &mean) * &scale, constant]
    };
    let probe = LinearProbe::ridge(standard(train).view(), known, ridge)?;
    Ok(1.0 - probe.error(standard(test).view(), truth)?)
}

/// Some of the samples, in ascending order.
pub fn part(data: &Labelled, mut samples: Vec<usize>) -> Result<Labelled> {
    samples.sort_unstable();
    let inputs = data.inputs.select(Axis(0), &samples);
    let class_of = samples.iter().map(|&sample| data.labels.class_of(sample)).collect();
    Ok(Labelled { inputs, labels: Labels::partial(class_of, data.labels.number_of_classes())? })
}
