//! Networks: layers one after another.

use std::fmt::Write as _;

use ndarray::Array2;
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::{Model, Parameter};
use crate::Scalar;
use crate::autodiff::{ColumnTable, Var};
use crate::data::augment::ImageShape;
use crate::error::{Error, Result};

/// What stands between linear layers, entry by entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `x Φ(x)` in its tanh form.
    Gelu,
    /// `log(1 + eˣ)`.
    Softplus,
    /// `tanh x`.
    Tanh,
}

/// A layer. Its two parameters, if it has some, are the next two of the network.
#[derive(Clone, Debug)]
enum Layer {
    /// `x W + b`: weights `(p, q)`, bias `(1, q)`.
    Dense,
    /// The same on every patch of an image: weights `(9 c, q)`, bias `(1, q)`.
    Convolution(Patches),
    /// Columns at mean 0 and variance 1 over the batch, then scaled and shifted by two parameters `(1, q)`.
    Standardise,
    /// Entry by entry.
    Activation(Activation),
}

/// Where the 3×3 patches of an image stand in its row.
#[derive(Clone, Debug)]
struct Patches {
    table: ColumnTable,
    stride: usize,
}

/// Side of a patch.
const SIDE: usize = 3;
/// Added to variances under the root.
const EPSILON: f64 = 1e-5;

/// Layers one after another.
///
/// Weights start normal with variance `2 / fan-in`, or `1 / fan-in` before no activation or a `tanh` (He et al. 2015;
/// `LeCun` et al. 1998), biases at zero.
#[derive(Clone, Debug)]
pub struct Network<F> {
    inputs: usize,
    layers: Vec<Layer>,
    parameters: Vec<Parameter<F>>,
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
        let standardise = |network: &mut Self| {
            let dim = (1, network.width);
            network.push_parameter("scale", Array2::ones(dim));
            network.push_parameter("shift", Array2::zeros(dim));
            network.layers.push(Layer::Standardise);
        };
        Self::stacked(widths, Activation::Relu, standardise, rng)
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
        if channels.is_empty() {
            return Err(Error::Empty { argument: "channels", expected: "convolution" });
        }
        let (mut network, _) = Self::starting(&[shape.len(), outputs])?;
        let mut shape = shape;
        for (position, &out) in channels.iter().enumerate() {
            if out == 0 {
                return Err(Error::Empty { argument: "channels", expected: "channel a convolution" });
            }
            let (patches, smaller) = Patches::of(shape, if position == 0 { 1 } else { 2 })?;
            network.push_weights(SIDE * SIDE * shape.channels, out, Some(activation), rng);
            network.layers.extend([Layer::Convolution(patches), Layer::Activation(activation)]);
            shape = ImageShape { channels: out, ..smaller };
            network.width = shape.len();
        }
        network.push_dense(outputs, None, rng);
        Ok(network)
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
                Self { inputs: *inputs, layers: Vec::new(), parameters: Vec::new(), width: *inputs },
                rest,
            )),
            _ => Err(Error::Empty { argument: "widths", expected: "number of inputs and of outputs" }),
        }
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

    fn push_parameter(&mut self, kind: &str, value: Array2<F>) {
        let name = format!("{}.{kind}", self.layers.len());
        self.parameters.push(Parameter { name, value: value.into() });
    }
}

impl Patches {
    /// One patch around every `stride`-th pixel of every `stride`-th row, zero outside; and the shape of what is left.
    fn of(shape: ImageShape, stride: usize) -> Result<(Self, ImageShape)> {
        let ImageShape { height, width, channels } = shape;
        let smaller = ImageShape { height: height.div_ceil(stride), width: width.div_ceil(stride), channels };
        // Counted from one row and column outside the image, to stay with natural numbers.
        let inside = |padded: usize, end: usize| padded.checked_sub(1).filter(|&at| at < end);
        let mut sources = Vec::with_capacity(smaller.height * smaller.width * SIDE * SIDE * channels);
        for (row, column) in (0..smaller.height).flat_map(|row| (0..smaller.width).map(move |c| (row, c))) {
            for (down, right) in (0..SIDE).flat_map(|down| (0..SIDE).map(move |right| (down, right))) {
                let at = inside(stride * row + down, height).zip(inside(stride * column + right, width));
                let pixel = at.map(|(row, column)| (row * width + column) * channels);
                sources.extend((0..channels).map(|channel| pixel.map(|pixel| pixel + channel)));
            }
        }
        let table = ColumnTable::new(shape.len(), &sources)?;
        Ok((Self { table, stride }, smaller))
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
            // Writing to a string does not fail.
            let _ = match layer {
                Layer::Dense => write!(line, " dense"),
                Layer::Convolution(patches) => write!(line, " convolution/{}", patches.stride),
                Layer::Standardise => write!(line, " standardise"),
                Layer::Activation(activation) => {
                    line.push(' ');
                    line.push_str(activation.name());
                    continue;
                }
            };
            if let Some(first) = parameters.next() {
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

    fn forward<'t>(&self, parameters: &[Var<'t, F>], x: Var<'t, F>) -> Result<Var<'t, F>> {
        let mut parameters = parameters.chunks_exact(2);
        let mut next = || match parameters.next() {
            Some(&[first, second]) => Ok((first, second)),
            _ => Err(Error::Empty { argument: "parameters", expected: "pair a layer" }),
        };
        let mut x = x;
        for layer in &self.layers {
            x = match layer {
                Layer::Dense => {
                    let (weights, bias) = next()?;
                    x.affine(weights, bias)?
                }
                Layer::Convolution(Patches { table, .. }) => {
                    let (weights, bias) = next()?;
                    x.convolve(table, weights, bias)?
                }
                Layer::Standardise => {
                    let (scale, shift) = next()?;
                    ((x.standardise_columns(F::of(EPSILON))?.values * scale)? + shift)?
                }
                Layer::Activation(activation) => activation.of(x),
            };
        }
        Ok(x)
    }
}

impl Activation {
    fn name(self) -> &'static str {
        match self {
            Self::Relu => "relu",
            Self::Gelu => "gelu",
            Self::Softplus => "softplus",
            Self::Tanh => "tanh",
        }
    }

    fn of<F: Scalar>(self, x: Var<'_, F>) -> Var<'_, F> {
        match self {
            Self::Relu => x.relu(),
            Self::Gelu => x.gelu(),
            Self::Softplus => x.softplus(),
            Self::Tanh => x.tanh(),
        }
    }
}
