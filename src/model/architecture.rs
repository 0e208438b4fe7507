//! What is trained on samples of a shape if nothing else is said: the one place where widths, the projector and the changes that
//! make views are chosen.

use rand::Rng;
#[cfg(feature = "files")]
use serde::{Deserialize, Serialize};

use super::{Activation, Network, Projected};
use crate::Scalar;
use crate::data::augment::{Augmentation, Change, ImageShape};
use crate::error::Result;

/// Channels of the blocks of an encoder of images, and widths of the layers of one of vectors.
const CHANNELS: [usize; 3] = [16, 32, 64];
const WIDTHS: [usize; 2] = [256, 256];
/// Width of the representation.
const OUTPUTS: usize = 64;
/// Widths of the projector after the representation.
const PROJECTOR: [usize; 2] = [256, 128];

/// What a file may hold at most.
#[cfg(feature = "files")]
const MOST_LAYERS: usize = 64;
#[cfg(feature = "files")]
const WIDEST: usize = 1 << 14;

/// An encoder before it has parameters, so that it can be made again for those of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "files", derive(Serialize, Deserialize), serde(rename_all = "lowercase"))]
pub enum Architecture {
    /// [`Network::residual`].
    Residual {
        /// Channels of each block.
        channels: Vec<usize>,
        /// Width of the representation.
        outputs: usize,
    },
    /// [`Network::mlp`] with `ReLU`.
    Perceptron {
        /// Widths of the hidden layers.
        hidden: Vec<usize>,
        /// Width of the representation.
        outputs: usize,
    },
}

impl Architecture {
    /// For images a residual encoder of 16, 32 and 64 channels, for vectors ([`ImageShape::vector`]: a single row of grey pixels) a
    /// perceptron with two layers of 256; both to 64 numbers.
    #[must_use]
    pub fn of(shape: ImageShape) -> Self {
        if is_vector(shape) {
            Self::Perceptron { hidden: WIDTHS.to_vec(), outputs: OUTPUTS }
        } else {
            Self::Residual { channels: CHANNELS.to_vec(), outputs: OUTPUTS }
        }
    }

    /// Width of the representation.
    #[must_use]
    pub fn outputs(&self) -> usize {
        match self {
            Self::Residual { outputs, .. } | Self::Perceptron { outputs, .. } => *outputs,
        }
    }

    /// Whether no width is beyond all reason, as in a file that is damaged.
    #[cfg(feature = "files")]
    pub(super) fn is_bounded(&self) -> bool {
        let (Self::Residual { channels: widths, outputs } | Self::Perceptron { hidden: widths, outputs }) =
            self;
        widths.len() <= MOST_LAYERS && widths.iter().chain([outputs]).all(|&width| width <= WIDEST)
    }

    /// The encoder at the beginning of a training.
    ///
    /// # Errors
    /// [`crate::Error::Empty`] if a width, or the shape, is 0.
    pub fn network<F: Scalar>(&self, shape: ImageShape, rng: &mut impl Rng) -> Result<Network<F>> {
        match self {
            Self::Residual { channels, outputs } => Network::residual(shape, channels, *outputs, rng),
            Self::Perceptron { hidden, outputs } => {
                let widths = [&[shape.len()][..], hidden, &[*outputs]].concat();
                Network::mlp(&widths, Activation::Relu, rng)
            }
        }
    }

    /// The same with the projector that it is trained through.
    ///
    /// # Errors
    /// As [`Architecture::network`].
    pub fn projected<F: Scalar>(&self, shape: ImageShape, rng: &mut impl Rng) -> Result<Projected<F>> {
        let encoder = self.network(shape, rng)?;
        let widths = [&[self.outputs()][..], &PROJECTOR].concat();
        Projected::new(encoder, Network::projector(&widths, rng)?)
    }
}

fn is_vector(shape: ImageShape) -> bool {
    (shape.height, shape.channels) == (1, 1)
}

/// The changes that make views of samples of a shape, once they are standardised as [`Encoder`](super::Encoder) does.
///
/// Images are turned by up to 11°, shifted by up to a tenth of a side, seen through windows of 0.8 of a side and more, and get noise
/// of a twentieth of the largest value; vectors get noise of 0.3 standard deviations, and a tenth of their coordinates is set to the
/// mean.
///
/// # Errors
/// [`crate::Error::Empty`] if the shape is 0.
pub fn default_augmentation(shape: ImageShape) -> Result<Augmentation> {
    if is_vector(shape) {
        return Augmentation::new(shape, [Change::Dropout { rate: 0.1 }, Change::Noise { std: 0.3 }]);
    }
    let tenth = |side: usize| i32::try_from(side / 10).unwrap_or(i32::MAX);
    let (down, right) = (tenth(shape.height), tenth(shape.width));
    Augmentation::new(
        shape,
        [
            Change::Rotate { turns: -0.03..=0.03 },
            Change::Crop { side: 0.8..=1.0, aspect: 1.0..=1.0 },
            Change::Shift { down: -down..=down, right: -right..=right },
            Change::Noise { std: 0.05 },
        ],
    )
}
