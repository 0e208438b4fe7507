//! Networks: layers one after another.

use std::borrow::Cow;
use std::fmt::Write as _;

use ndarray::Array2;
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::activation::Activation;
use super::patches::Patches;
use super::{Model, Moments, Parameter, Pass};
use crate::Scalar;
use crate::autodiff::{Epilogue, Var};
use crate::data::augment::ImageShape;
use crate::error::{Error, Result, check};

/// A layer. The two parameters of a linear, convolution, shortcut or standardising layer are the next two of the network.
#[derive(Clone, Debug)]
enum Layer {
    /// `x W + b`: weights `(p, q)`, bias `(1, q)`.
    Dense,
    /// The same on every patch of an image: weights `(s² c, q)` for patches of side `s`, bias `(1, q)`.
    Convolution(Patches),
    /// Remembers what comes here.
    Fork,
    /// A convolution of what was remembered last, in its place.
    Shortcut(Patches),
    /// Adds what was remembered last, which is forgotten. No parameters.
    Join,
    /// The means of so many channels over all pixels. No parameters.
    Pool(usize),
    /// Columns, of every pixel of an image together, at mean 0 and variance 1 over the batch, then scaled and shifted by two
    /// parameters `(1, q)`; the mean and variance that it uses after training are the next two buffers of the network.
    Standardise,
    /// Entry by entry.
    Activation(Activation),
}

impl Layer {
    fn has_parameters(&self) -> bool {
        matches!(self, Self::Dense | Self::Convolution(_) | Self::Shortcut(_) | Self::Standardise)
    }

    fn name(&self) -> Cow<'static, str> {
        match self {
            Self::Dense => "dense".into(),
            Self::Convolution(patches) => format!("convolution/{}", patches.stride).into(),
            Self::Fork => "fork".into(),
            Self::Shortcut(patches) => format!("shortcut1x1/{}", patches.stride).into(),
            Self::Join => "join".into(),
            Self::Pool(_) => "pool".into(),
            Self::Standardise => "standardise".into(),
            Self::Activation(activation) => activation.name().into(),
        }
    }
}

/// Side of a patch but in a shortcut, where it is a pixel.
const SIDE: usize = 3;
/// Added to variances under the root.
const EPSILON: f64 = 1e-5;
/// Share of a batch's moments in the running means.
const MOMENTUM: f64 = 0.1;

/// Layers one after another.
///
/// Weights start normal with variance `2 / fan-in`, or `1 / fan-in` before no activation or a `tanh` (He et al. 2015;
/// `LeCun` et al. 1998), biases at zero.
#[derive(Clone, Debug)]
pub struct Network<F> {
    inputs: usize,
    layers: Vec<Layer>,
    parameters: Vec<Parameter<F>>,
    /// Running mean and variance of each layer that standardises.
    buffers: Vec<Parameter<F>>,
    /// Of one sample, after the last layer.
    width: usize,
}

impl<F: Scalar> Network<F> {
    /// `x ↦ x W + b` from `inputs` to `outputs` numbers.
    ///
    /// # Errors
    /// [`Error::Empty`] if a width is 0.
    pub fn linear(inputs: usize, outputs: usize, rng: &mut impl Rng) -> Result<Self> {
        Self::mlp(&[inputs, outputs], Activation::Relu, rng)
    }

    /// Linear layers between the `widths`, from inputs to outputs, with the activation between them.
    ///
    /// # Errors
    /// [`Error::Empty`] with fewer than two widths, or if one is 0.
    pub fn mlp(widths: &[usize], activation: Activation, rng: &mut impl Rng) -> Result<Self> {
        Self::stacked(widths, activation, |_| (), rng)
    }

    /// As [`Network::mlp`] with `ReLU`, and every hidden layer standardised over the batch: the projector of Barlow Twins
    /// and VICReg. A batch needs two samples.
    ///
    /// # Errors
    /// As [`Network::mlp`].
    pub fn projector(widths: &[usize], rng: &mut impl Rng) -> Result<Self> {
        Self::stacked(widths, Activation::Relu, |network| network.push_standardise(network.width), rng)
    }

    /// An encoder of images: 3×3 convolutions with the activation, the first at every pixel, each later one at every second
    /// row and column; then a linear layer to `outputs` numbers. `channels` are those after each convolution.
    ///
    /// # Errors
    /// [`Error::Empty`] if the shape, `channels` or a width is.
    pub fn convolutional(
        shape: ImageShape,
        channels: &[usize],
        outputs: usize,
        activation: Activation,
        rng: &mut impl Rng,
    ) -> Result<Self> {
        first_of(channels)?;
        let (mut network, _) = Self::starting(&[shape.len(), outputs])?;
        let mut shape = shape;
        for (position, &out) in channels.iter().enumerate() {
            let stride = if position == 0 { 1 } else { 2 };
            shape = network.push_convolution(shape, stride, out, activation, rng)?;
            network.layers.push(Layer::Activation(activation));
        }
        network.push_dense(outputs, None, rng);
        Ok(network)
    }

    /// A residual encoder of images (He et al. 2016), with `ReLU`: a 3×3 convolution to `channels[0]`, then for each of the
    /// `channels` a block of two, the first of each block but the first at every second row and column, every convolution
    /// standardised over the batch; each block adds what came into it, by a 1×1 convolution where the shape changes. The means
    /// over the pixels go through a linear layer to `outputs` numbers.
    ///
    /// A batch of training needs two samples; after it, the running means make each sample's representation its own.
    ///
    /// # Errors
    /// As [`Network::convolutional`].
    pub fn residual(
        shape: ImageShape,
        channels: &[usize],
        outputs: usize,
        rng: &mut impl Rng,
    ) -> Result<Self> {
        let first = first_of(channels)?;
        let (mut network, _) = Self::starting(&[shape.len(), outputs])?;
        let relu = Layer::Activation(Activation::Relu);
        let mut shape = network.push_standardised(shape, 1, first, rng)?;
        network.layers.push(relu.clone());
        for (position, &out) in channels.iter().enumerate() {
            let stride = if position == 0 { 1 } else { 2 };
            let before = shape;
            network.layers.push(Layer::Fork);
            shape = network.push_standardised(before, stride, out, rng)?;
            network.layers.push(relu.clone());
            shape = network.push_standardised(shape, 1, out, rng)?;
            if shape != before {
                network.push_weights(before.channels, out, None, rng);
                network.layers.push(Layer::Shortcut(Patches::of(before, (1, stride))?.0));
            }
            network.layers.extend([Layer::Join, relu.clone()]);
        }
        network.layers.push(Layer::Pool(shape.channels));
        network.width = shape.channels;
        network.push_dense(outputs, None, rng);
        Ok(network)
    }

    /// A 3×3 convolution whose channels are standardised; the shape of its images.
    fn push_standardised(
        &mut self,
        shape: ImageShape,
        stride: usize,
        channels: usize,
        rng: &mut impl Rng,
    ) -> Result<ImageShape> {
        let shape = self.push_convolution(shape, stride, channels, Activation::Relu, rng)?;
        self.push_standardise(channels);
        Ok(shape)
    }

    /// A 3×3 convolution before an activation; the shape of its images.
    fn push_convolution(
        &mut self,
        shape: ImageShape,
        stride: usize,
        channels: usize,
        before: Activation,
        rng: &mut impl Rng,
    ) -> Result<ImageShape> {
        let (patches, smaller) = Patches::of(shape, (SIDE, stride))?;
        self.push_weights(SIDE * SIDE * shape.channels, channels, Some(before), rng);
        self.layers.push(Layer::Convolution(patches));
        let shape = ImageShape { channels, ..smaller };
        self.width = shape.len();
        Ok(shape)
    }

    /// Linear layers between the `widths`; after each but the last what `hidden` adds, then the activation.
    fn stacked(
        widths: &[usize],
        activation: Activation,
        hidden: impl Fn(&mut Self),
        rng: &mut impl Rng,
    ) -> Result<Self> {
        let (mut network, rest) = Self::starting(widths)?;
        for (position, &width) in rest.iter().enumerate() {
            let last = position + 1 == rest.len();
            network.push_dense(width, (!last).then_some(activation), rng);
            if !last {
                hidden(&mut network);
                network.layers.push(Layer::Activation(activation));
            }
        }
        Ok(network)
    }

    /// A network without layers, and the widths that follow the first.
    fn starting(widths: &[usize]) -> Result<(Self, &[usize])> {
        match widths {
            [inputs, rest @ ..] if !rest.is_empty() && !widths.contains(&0) => Ok((
                Self {
                    inputs: *inputs,
                    layers: Vec::new(),
                    parameters: Vec::new(),
                    buffers: Vec::new(),
                    width: *inputs,
                },
                rest,
            )),
            _ => Err(Error::Empty { argument: "widths", expected: "number of inputs and of outputs" }),
        }
    }

    /// How many layers standardise: two buffers each.
    pub(super) fn standardising_layers(&self) -> usize {
        self.buffers.len() / 2
    }

    /// Checks that the moments are of the layers that standardise.
    pub(super) fn require_moments(&self, moments: &[Moments<F>]) -> Result<()> {
        check::shape("moments", &[self.standardising_layers()], &[moments.len()])?;
        for (running, Moments { mean, variance }) in self.buffers.chunks_exact(2).zip(moments) {
            for (running, now) in running.iter().zip([mean, variance]) {
                check::shape("moments", running.value.shape(), now.shape())?;
                check::finite("moments", now)?;
            }
        }
        Ok(())
    }

    fn push_dense(&mut self, outputs: usize, before: Option<Activation>, rng: &mut impl Rng) {
        self.push_weights(self.width, outputs, before, rng);
        self.layers.push(Layer::Dense);
        self.width = outputs;
    }

    fn push_weights(
        &mut self,
        fan_in: usize,
        outputs: usize,
        before: Option<Activation>,
        rng: &mut impl Rng,
    ) {
        let gain = match before {
            Some(Activation::Relu | Activation::Gelu | Activation::Softplus) => 2.0,
            Some(Activation::Tanh) | None => 1.0,
        };
        let std = (gain / fan_in as f64).sqrt();
        let weights = Array2::from_shape_simple_fn((fan_in, outputs), || {
            F::of(std * rng.sample::<f64, _>(StandardNormal))
        });
        self.push_parameter("weights", weights);
        self.push_parameter("bias", Array2::zeros((1, outputs)));
    }

    fn push_standardise(&mut self, columns: usize) {
        let (ones, zeros) = (Array2::ones((1, columns)), Array2::zeros((1, columns)));
        self.push_parameter("scale", ones.clone());
        self.push_parameter("shift", zeros.clone());
        let buffers = [self.next("mean", zeros), self.next("variance", ones)];
        self.buffers.extend(buffers);
        self.layers.push(Layer::Standardise);
    }

    fn push_parameter(&mut self, kind: &str, value: Array2<F>) {
        let parameter = self.next(kind, value);
        self.parameters.push(parameter);
    }

    /// A parameter of the next layer.
    fn next(&self, kind: &str, value: Array2<F>) -> Parameter<F> {
        Parameter { name: format!("{}.{kind}", self.layers.len()), value: value.into() }
    }
}

impl<F: Scalar> Model<F> for Network<F> {
    fn inputs(&self) -> usize {
        self.inputs
    }

    fn architecture(&self) -> String {
        let mut line = format!("{}", self.inputs);
        let mut parameters = self.parameters.iter();
        for layer in &self.layers {
            line.push(' ');
            line += &layer.name();
            if !layer.has_parameters() {
                continue;
            }
            if let Some(first) = parameters.next() {
                // Writing to a string does not fail.
                let _ = write!(line, "({}, {})", first.value.nrows(), first.value.ncols());
            }
            parameters.next();
        }
        line
    }

    fn parameters(&self) -> Vec<&Parameter<F>> {
        self.parameters.iter().collect()
    }

    fn parameters_mut(&mut self) -> Vec<&mut Parameter<F>> {
        self.parameters.iter_mut().collect()
    }

    fn buffers(&self) -> Vec<&Parameter<F>> {
        self.buffers.iter().collect()
    }

    fn buffers_mut(&mut self) -> Vec<&mut Parameter<F>> {
        self.buffers.iter_mut().collect()
    }

    fn observe(&mut self, moments: &[Moments<F>]) -> Result<()> {
        self.require_moments(moments)?;
        let momentum = F::of(MOMENTUM);
        for (running, Moments { mean, variance }) in self.buffers.chunks_exact_mut(2).zip(moments) {
            for (running, now) in running.iter_mut().zip([mean, variance]) {
                running.value.zip_mut_with(now, |running, &now| *running += momentum * (now - *running));
            }
        }
        Ok(())
    }

    fn forward<'t>(
        &self,
        parameters: &[Var<'t, F>],
        x: Var<'t, F>,
        pass: &mut Pass<F>,
    ) -> Result<Var<'t, F>> {
        let mut parameters = parameters.chunks_exact(2);
        let mut next = || match parameters.next() {
            Some(&[first, second]) => Ok((first, second)),
            _ => Err(Error::Empty { argument: "parameters", expected: "pair a layer" }),
        };
        let mut running = self.buffers.chunks_exact(2);
        let mut remembered = Vec::new();
        let mut x = x;
        let mut layers = self.layers.iter().peekable();
        while let Some(layer) = layers.next() {
            // A ReLU is done in the same pass as the layer before it, if that can.
            let mut epilogue = || {
                let relu = |layer: &&Layer| matches!(layer, Layer::Activation(Activation::Relu));
                layers.next_if(relu).map_or(Epilogue::Identity, |_| Epilogue::Relu)
            };
            x = match layer {
                Layer::Dense => {
                    let (weights, bias) = next()?;
                    x.affine(weights, bias)?
                }
                Layer::Convolution(Patches { table, .. }) => {
                    let (weights, bias) = next()?;
                    x.convolve(table, weights, bias, epilogue())?
                }
                Layer::Fork => {
                    remembered.push(x);
                    x
                }
                Layer::Shortcut(Patches { table, .. }) => {
                    let (weights, bias) = next()?;
                    if let Some(last) = remembered.last_mut() {
                        *last = last.convolve(table, weights, bias, Epilogue::Identity)?;
                    }
                    x
                }
                Layer::Join => match remembered.pop() {
                    Some(last) => (x + last)?,
                    None => x,
                },
                Layer::Pool(channels) => x.mean_of_groups(*channels)?,
                Layer::Standardise => {
                    let factors = next()?;
                    let (dim, columns) = (x.dim(), factors.0.dim().1.max(1));
                    let pixels = x.reshape((dim.0 * dim.1 / columns, columns))?;
                    standardised(pixels, factors, epilogue(), running.next(), pass)?.reshape(dim)?
                }
                Layer::Activation(activation) => activation.of(x),
            };
        }
        Ok(x)
    }
}

/// The first of the numbers of channels, if they are some and none is 0.
fn first_of(channels: &[usize]) -> Result<usize> {
    match channels {
        [] => Err(Error::Empty { argument: "channels", expected: "convolution" }),
        [first, ..] if !channels.contains(&0) => Ok(*first),
        _ => Err(Error::Empty { argument: "channels", expected: "channel a convolution" }),
    }
}

/// The columns at mean 0 and variance 1 over the batch, or by the running mean and variance; then scaled and shifted.
fn standardised<'t, F: Scalar>(
    x: Var<'t, F>,
    (scale, shift): (Var<'t, F>, Var<'t, F>),
    epilogue: Epilogue,
    running: Option<&[Parameter<F>]>,
    pass: &mut Pass<F>,
) -> Result<Var<'t, F>> {
    match (pass, running) {
        (Pass::Use, Some([mean, variance])) => {
            let inverse = variance.value.mapv(|variance| (variance + F::of(EPSILON)).sqrt().recip());
            let (mean, inverse) = (x.tape().constant(mean.value.clone()), x.tape().constant(inverse));
            let y = ((((x - mean)? * inverse)? * scale)? + shift)?;
            Ok(if epilogue == Epilogue::Relu { y.relu() } else { y })
        }
        (pass, _) => {
            let batch = x.batch_normalise(scale, shift, F::of(EPSILON), epilogue)?;
            if let Pass::Step(moments) = pass {
                moments.push(Moments { mean: batch.mean, variance: batch.variance });
            }
            Ok(batch.values)
        }
    }
}
