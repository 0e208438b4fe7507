//! A trained encoder with all that it takes to apply it to new samples, in one file.

use std::path::Path;

use ndarray::{Array2, ArrayView2, Axis, s};
use serde::{Deserialize, Serialize};

use super::tensor_file::{self, Tensor};
use super::{
    Architecture, Epoch, Model, Network, Trainer, Training, checkpoint, default_augmentation, default_loss,
};
use crate::data::augment::ImageShape;
use crate::error::{Error, Result, check};
use crate::graph::SimilarityGraph;
use crate::random::stream;

/// The layout of the files that are read and written here.
const FORMAT: u32 = 2;
/// The entry of a file's header that holds [`Header`].
const ENTRY: &str = "encoder";
/// Samples that go through the network at a time.
const BLOCK: usize = 256;
const OUT_OF_SCALE: &str = "within the range of single precision";

/// `x ↦ z / ‖z‖`: inputs are standardised, encoded in single precision by a network, and brought to length 1: a direction is what the
/// losses that compare by an angle learn, and what two representations are compared by in the literature of all of them.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use pal::data::augment::ImageShape;
/// use pal::graph::SimilarityGraph;
/// use pal::model::{Encoder, Training};
///
/// let iris = pal::data::iris()?;
/// let views = SimilarityGraph::views(150, 2)?; // nothing else is known
/// let training = Training { epochs: 2, ..Training::default() };
/// let (encoder, epochs) = Encoder::train(iris.inputs.view(), ImageShape::vector(4), &views, "vicreg", training)?;
/// assert_eq!(epochs.len(), 2);
/// let folder = tempfile::tempdir()?;
/// encoder.save(folder.path().join("iris.safetensors"))?;
/// let again = Encoder::load(folder.path().join("iris.safetensors"))?;
/// assert_eq!(again.embed(iris.inputs.view())?, encoder.embed(iris.inputs.view())?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Encoder {
    architecture: Architecture,
    network: Network<f32>,
    shape: ImageShape,
    standards: Standards,
    loss: String,
}

/// What is taken off inputs, and what they are divided by.
#[derive(Clone, Debug, PartialEq)]
struct Standards {
    /// `(1, p)`.
    mean: Array2<f64>,
    /// `(1, p)`, positive.
    scale: Array2<f64>,
}

/// What a file knows besides arrays.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: u32,
    architecture: Architecture,
    /// [`Model::architecture`].
    network: String,
    /// Height, width, channels.
    shape: [usize; 3],
    loss: String,
}

impl Encoder {
    /// The encoder, and the epochs it took.
    ///
    /// Trains the [architecture](Architecture::of) of the shape through its projector, on views by [`default_augmentation`].
    ///
    /// * `inputs`: `(n, shape.len())`, `n ≥ 2`. Those of images are divided by the largest, so that what is zero, the outside of a
    ///   view, stays zero; the columns of vectors get mean 0 and standard deviation 1;
    /// * `graph`: over `views · n` rows, as [`Trainer::run`] takes it: it alone says what is known;
    /// * `loss`: one of [`NamedLoss::NAMES`](crate::loss::NamedLoss::NAMES), as [`default_loss`] has it;
    /// * `training`: if there is a file where its checkpoint is to be, the training goes on from there.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for another loss, [`Error::Shape`] if the shape is not that of the inputs, [`Error::Domain`] with fewer
    /// than two samples or if the inputs exceed single precision once standardised; as [`Trainer::run`] (among them
    /// [`Error::Diverged`]) and [`Trainer::resume`].
    pub fn train(
        inputs: ArrayView2<f64>,
        shape: ImageShape,
        graph: &SimilarityGraph,
        loss: &str,
        training: Training,
    ) -> Result<(Self, Vec<Epoch>)> {
        let named = default_loss(loss)?;
        check::shape("inputs", &[inputs.nrows(), shape.len()], inputs.shape())?;
        check::finite("inputs", &inputs)?;
        if inputs.nrows() < 2 {
            let must = "at least 2, so that one can be told from another";
            let value = inputs.nrows() as f64;
            return Err(Error::Domain { argument: "number of samples", value, must });
        }
        let standards = Standards::of(inputs, shape);
        let x = standards.apply(inputs)?;
        let architecture = Architecture::of(shape);
        let model = architecture.projected(shape, &mut stream(training.seed, 0))?;
        let has_checkpoint = training.checkpoint.as_ref().is_some_and(|path| path.exists());
        let mut trainer =
            if has_checkpoint { Trainer::resume(training, model)? } else { Trainer::new(training, model)? };
        let augmentation = default_augmentation(shape)?;
        trainer.run(&named, graph, x.view(), &augmentation, |_, epoch| Ok(epoch.loss))?;
        let history = trainer.history().to_vec();
        let network = trainer.into_model().into_encoder();
        Ok((Self { architecture, network, shape, standards, loss: loss.to_owned() }, history))
    }

    /// How the numbers of a sample stand in its row.
    #[must_use]
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// Width of the representation.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.architecture.outputs()
    }

    /// The name of the loss it was trained with.
    #[must_use]
    pub fn loss(&self) -> &str {
        &self.loss
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &Network<f32> {
        &self.network
    }

    /// Refuses samples of another shape than it was trained on.
    ///
    /// # Errors
    /// [`Error::Shape`], of height, width and channels.
    pub fn require_shape(&self, given: ImageShape) -> Result<()> {
        let axes = |ImageShape { height, width, channels }| [height, width, channels];
        check::shape("height, width and channels of the inputs", &axes(self.shape), &axes(given))
    }

    /// The representation `(n, outputs)` of `inputs` `(n, shape.len())`, each sample's its own, in rows of length 1 (or 0, where the
    /// network gives nothing but zeros): in blocks, so that beside both arrays the
    /// memory does not grow with `n`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the width differs, [`Error::NotFinite`] for NaN or an infinity, [`Error::Domain`] if inputs or
    /// representations exceed single precision.
    pub fn embed(&self, inputs: ArrayView2<f64>) -> Result<Array2<f64>> {
        check::shape("inputs", &[inputs.nrows(), self.shape.len()], inputs.shape())?;
        check::finite("inputs", &inputs)?;
        let mut out = Array2::zeros((inputs.nrows(), self.outputs()));
        let blocks = inputs.axis_chunks_iter(Axis(0), BLOCK);
        for (inputs, mut out) in blocks.zip(out.axis_chunks_iter_mut(Axis(0), BLOCK)) {
            let z = self.network.embed(self.standards.apply(inputs)?.view())?;
            for (mut out, z) in out.rows_mut().into_iter().zip(z.rows()) {
                let length = z.iter().map(|&z| f64::from(z).powi(2)).sum::<f64>().sqrt();
                if length > 0.0 {
                    out.zip_mut_with(&z, |out, &z| *out = f64::from(z) / length);
                }
            }
        }
        Ok(out)
    }

    /// Writes it to one safetensors file, whole or not at all: tensors `encoder.NAME`, `inputs.mean` and `inputs.scale`, the rest as JSON
    /// in the entry `encoder` of the header.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let ImageShape { height, width, channels } = self.shape;
        let header = Header {
            format: FORMAT,
            architecture: self.architecture.clone(),
            network: self.network.architecture(),
            shape: [height, width, channels],
            loss: self.loss.clone(),
        };
        let parameters = [self.network.parameters(), self.network.buffers()].concat();
        let mut tensors: Vec<Tensor> = parameters
            .iter()
            .map(|parameter| Tensor::new(format!("{ENTRY}.{}", parameter.name), parameter.value.view()))
            .collect();
        tensors.push(Tensor::new("inputs.mean".to_owned(), self.standards.mean.view()));
        tensors.push(Tensor::new("inputs.scale".to_owned(), self.standards.scale.view()));
        tensor_file::write(path.as_ref(), ENTRY, &header, &tensors)
    }

    /// Reads what [`Encoder::save`] wrote.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Format`] with what is wrong if the file is damaged, no encoder, or of another architecture than it says.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        tensor_file::read(path.as_ref(), ("a file of an encoder", ENTRY), |header: Header, file| {
            let Header { format, architecture, network: expected, shape: [height, width, channels], loss } =
                header;
            if format != FORMAT {
                return Err(file.other(format!("format {format}"), format!("format {FORMAT}")));
            }
            let shape = ImageShape { height, width, channels };
            let dim = Some((1, shape.len()));
            // Before anything as large as the header promises is made.
            let (mean, scale) = (file.matrix("inputs.mean", dim)?, file.matrix("inputs.scale", dim)?);
            if let Some(bad) = scale.iter().find(|&&scale| scale <= 0.0) {
                return Err(file.other(format!("inputs.scale with {bad}"), "positive numbers"));
            }
            if !architecture.is_bounded() {
                return Err(file.other(format!("{architecture:?}"), "an architecture of a likely size"));
            }
            let mut network: Network<f32> = architecture.network(shape, &mut stream(0, 0))?;
            let found = network.architecture();
            if found != expected {
                return Err(file.other(format!("the network {expected}"), format!("the network {found}")));
            }
            checkpoint::fill(&mut network, ENTRY, file)?;
            Ok(Self { architecture, network, shape, standards: Standards { mean, scale }, loss })
        })
    }
}

impl Standards {
    fn of(inputs: ArrayView2<f64>, shape: ImageShape) -> Self {
        let p = inputs.ncols();
        if shape != ImageShape::vector(p) {
            let largest = inputs.iter().fold(0.0, |largest: f64, number| largest.max(number.abs()));
            let scale = if largest > 0.0 { largest } else { 1.0 };
            return Self { mean: Array2::zeros((1, p)), scale: Array2::from_elem((1, p), scale) };
        }
        let mut standards = Self { mean: Array2::zeros((1, p)), scale: Array2::ones((1, p)) };
        for (column, numbers) in inputs.columns().into_iter().enumerate() {
            // In units of the largest, whose square is a number.
            let largest = numbers.iter().fold(0.0, |largest: f64, number| largest.max(number.abs()));
            if largest == 0.0 {
                continue;
            }
            let n = numbers.len() as f64;
            let mean = numbers.iter().map(|number| number / largest).sum::<f64>() / n;
            let square = |number: &f64| (number / largest - mean).powi(2);
            let std = (numbers.iter().map(square).sum::<f64>() / n).sqrt();
            standards.mean[[0, column]] = largest * mean;
            // A column that is constant but for rounding stays so.
            standards.scale[[0, column]] = if std > CONSTANT { largest * std } else { largest };
        }
        standards
    }

    /// In single precision.
    fn apply(&self, inputs: ArrayView2<f64>) -> Result<Array2<f32>> {
        let (mean, scale) = (self.mean.slice(s![0, ..]), self.scale.slice(s![0, ..]));
        #[allow(clippy::cast_possible_truncation)] // beyond its range it becomes infinite, which is refused
        let x = Array2::from_shape_fn(inputs.dim(), |(row, column)| {
            ((inputs[[row, column]] - mean[column]) / scale[column]) as f32
        });
        check::in_range("standardised input", &x, OUT_OF_SCALE)?;
        Ok(x)
    }
}

/// Standard deviation of a constant column in units of its largest number, at most.
const CONSTANT: f64 = 1e-12;
