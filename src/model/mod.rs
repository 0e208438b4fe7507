//! Models that are trained where no closed form is known: networks, their optimisers, the training loop.
//!
//! A training knows nothing of what its graph means. Whatever is known of the samples, views, labels, answers, goes into
//! the similarity graph, and the call stays the same:
//!
//! ```
//! # fn main() -> pal::Result<()> {
//! use pal::data::augment::{Augmentation, Change, ImageShape};
//! use pal::data::circles;
//! use pal::random::stream;
//! use pal::graph::SimilarityGraph;
//! use pal::loss::VicReg;
//! use pal::model::{Activation, Model, Network, Trainer, Training};
//!
//! let mut rng = stream(0, 0);
//! let rings = circles(32, 0.0, &mut rng)?;
//! let noise = Augmentation::new(ImageShape::vector(2), [Change::Noise { std: 0.1 }])?;
//!
//! let views = SimilarityGraph::views(32, 2)?; // (a) two views a sample, nothing else
//! let labels = SimilarityGraph::labels(&rings.labels).on_views(2)?; // (b) every label
//! let some = SimilarityGraph::labels(&rings.labels.reveal(|sample| sample < 8)).on_views(2)?;
//! let both = SimilarityGraph::mixture([(0.5, views.clone()), (0.5, some)])?; // (c) views and some labels
//! let pairs = SimilarityGraph::pairs(32, [(0, 1, 1.0), (2, 3, -0.1)])?.on_views(2)?;
//! let answers = SimilarityGraph::mixture([(1.0, views.clone()), (1.0, pairs)])?; // (d) views and two answers
//!
//! let training = Training { epochs: 2, batch: 16, ..Training::default() };
//! for graph in [views, labels, both, answers] {
//!     let network = Network::<f64>::mlp(&[2, 16, 4], Activation::Relu, &mut rng)?;
//!     let mut trainer = Trainer::new(training.clone(), network)?;
//!     trainer.run(&VicReg::default(), &graph, rings.inputs.view(), &noise, |_, epoch| Ok(epoch.loss))?;
//!     let z = trainer.model().embed(rings.inputs.view())?;
//!     assert_eq!(z.dim(), (32, 4));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | model | `x ↦` |
//! |---|---|
//! | [`Network`] | layers one after another: linear, multi-layer perceptron, convolutional and residual encoder |
//! | [`Projected`] | an encoder, trained through a projector that is thrown away |
//! | [`KernelMachine`] | `k(x, X) α`, the dual coefficients `α` being trained |
//!
//! `Encoder` (feature `files`) is a trained network with what its inputs are standardised by, in one file.
//! [`lbfgs()`] descends on all samples at once, by way of [`FullBatch`]; [`Trainer`] takes small steps on batches.

mod activation;
mod architecture;
mod batches;
#[cfg(feature = "files")]
mod checkpoint;
#[cfg(feature = "files")]
mod encoder;
mod epoch;
mod full_batch;
mod kernel_machine;
mod network;
mod optimiser;
mod patches;
mod projected;
#[cfg(feature = "files")]
mod tensor_file;
mod train;

use ndarray::{ArcArray2, Array2, ArrayView2};

use crate::Scalar;
use crate::autodiff::{Buffers, Tape, Var};
use crate::error::{Result, check};
use crate::linalg::rows::in_pool;

pub use activation::Activation;
pub use architecture::{Architecture, default_augmentation, default_loss, default_training};
pub use batches::Batches;
#[cfg(feature = "files")]
pub use encoder::Encoder;
pub use epoch::Epoch;
pub use full_batch::FullBatch;
pub use kernel_machine::KernelMachine;
pub use network::Network;
pub use optimiser::{Adam, Iterate, Lars, Lbfgs, Minimum, Optimiser, Rule, Schedule, Sgd, lbfgs};
pub use projected::Projected;
pub use train::{Trainer, Training};

/// A matrix that training changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter<F> {
    /// Its place in the model, such as `"0.weights"`.
    pub name: String,
    /// Its entries; one row for a bias.
    pub value: ArcArray2<F>,
}

/// Mean and variance of the columns of a batch, by which a layer standardised it.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments<F> {
    /// `(1, q)`.
    pub mean: Array2<F>,
    /// `(1, q)`, over the number of rows.
    pub variance: Array2<F>,
}

/// What layers that standardise go by (Ioffe and Szegedy 2015).
#[derive(Clone, Debug, PartialEq)]
pub enum Pass<F> {
    /// The batch itself, as in a step of training: its moments are noted here, layer after layer.
    Step(Vec<Moments<F>>),
    /// The running means of the moments that [`Model::observe`] took in: a sample's representation does not depend on the others.
    Use,
}

/// A function of samples with parameters to train.
pub trait Model<F: Scalar>: Sync {
    /// Width `p` of the samples it takes.
    fn inputs(&self) -> usize;

    /// One line that two models share if the parameters of one fit the other.
    fn architecture(&self) -> String;

    /// The parameters, in an order that does not change.
    fn parameters(&self) -> Vec<&Parameter<F>>;

    /// The same parameters, to be changed; shapes must stay.
    fn parameters_mut(&mut self) -> Vec<&mut Parameter<F>>;

    /// Numbers that are kept with the parameters, but not trained: running means.
    fn buffers(&self) -> Vec<&Parameter<F>> {
        Vec::new()
    }

    /// The same, to be changed; shapes must stay.
    fn buffers_mut(&mut self) -> Vec<&mut Parameter<F>> {
        Vec::new()
    }

    /// Takes the moments of a batch, as a [`Pass::Step`] noted them, into the running means.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] if they are of other layers, [`crate::Error::NotFinite`]; nothing is taken in then.
    fn observe(&mut self, moments: &[Moments<F>]) -> Result<()> {
        check::shape("moments", &[0], &[moments.len()])
    }

    /// What the loss is taken of: `(n, k)` from `x` `(n, p)`, with `parameters` on the same tape in the model's order.
    ///
    /// # Errors
    /// [`crate::Error::Operands`] if shapes do not fit.
    fn forward<'t>(&self, parameters: &[Var<'t, F>], x: Var<'t, F>, pass: &mut Pass<F>)
    -> Result<Var<'t, F>>;

    /// The representation that is kept, `(n, k)` from `x` `(n, p)`.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] if the width differs, [`crate::Error::NotFinite`] if `x` holds NaN or an infinity,
    /// [`crate::Error::Domain`] if a representation overflows.
    fn embed(&self, x: ArrayView2<F>) -> Result<Array2<F>> {
        check::shape("x", &[x.nrows(), self.inputs()], x.shape())?;
        check::finite("x", &x)?;
        let tape = Tape::new();
        let constants: Vec<Var<F>> =
            self.parameters().into_iter().map(|parameter| tape.constant(parameter.value.clone())).collect();
        let z = self.forward(&constants, tape.constant(x.to_owned()), &mut Pass::Use)?.value().into_owned();
        check::in_range("representation", &z, "finite: x or a parameter is out of scale")?;
        Ok(z)
    }
}

const OUT_OF_SCALE: &str = "finite: x or a parameter is out of scale";

/// What a step of training goes by.
#[derive(Clone, Debug, PartialEq)]
pub struct StepGradients<F> {
    /// The loss before the step.
    pub value: F,
    /// Its gradients in the order of the parameters; zero where it does not depend on one.
    pub gradients: Vec<Array2<F>>,
    /// Moments of the batch, for [`Model::observe`].
    pub moments: Vec<Moments<F>>,
}

/// Value of a loss on what the model makes of `x`, its gradients, and the moments of the batch.
///
/// The part of a step of training before [`Optimiser::step`], for a loop of one's own.
///
/// * `x`: `(n, p)` samples, in any memory layout; shared arrays are not copied;
/// * `loss`: value and gradient, `(n, k)`, at the representations `(n, k)`, as [`crate::loss::Loss::value_and_gradient`];
/// * `buffers`: memory from step to step; default at the first.
///
/// # Errors
/// [`crate::Error::NotFinite`] if `x` holds NaN or an infinity, which an activation could hide; those of [`Model::forward`] and of
/// the loss; [`crate::Error::Shape`] if `x` has another width than the model or the loss's gradient another shape than the
/// representations; [`crate::Error::Domain`] if value or gradients overflow.
pub fn value_and_gradients<F: Scalar>(
    model: &(impl Model<F> + ?Sized),
    x: impl Into<ArcArray2<F>>,
    loss: impl FnOnce(ArrayView2<F>) -> Result<(F, Array2<F>)> + Send,
    buffers: &mut Buffers<F>,
) -> Result<StepGradients<F>> {
    let x = x.into();
    check::shape("x", &[x.nrows(), model.inputs()], x.shape())?;
    check::finite("x", &x)?;
    in_pool(|| {
        let tape = Tape::reusing(std::mem::take(buffers));
        let leaves: Vec<Var<F>> =
            model.parameters().into_iter().map(|parameter| tape.leaf(parameter.value.clone())).collect();
        let mut pass = Pass::Step(Vec::new());
        let value = model.forward(&leaves, tape.constant(x), &mut pass)?.scalar_op(loss)?;
        let mut gradients = tape.backward(value)?;
        let of = |&leaf: &Var<F>| {
            let gradient = gradients.take(leaf).unwrap_or_else(|| Array2::zeros(leaf.dim()));
            check::in_range("gradient of a parameter", &gradient, OUT_OF_SCALE)?;
            Ok(gradient)
        };
        let value = value.scalar()?;
        check::number("value of the loss", value.as_f64(), OUT_OF_SCALE)?;
        let gradients = leaves.iter().map(of).collect::<Result<_>>()?;
        let moments = match pass {
            Pass::Step(moments) => moments,
            Pass::Use => Vec::new(), // a model may have put it there
        };
        *buffers = tape.into_buffers();
        Ok(StepGradients { value, gradients, moments })
    })
}
