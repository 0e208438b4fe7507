//! What is trained on samples of a shape if nothing else is said: the one place where widths, the projector and the changes that
//! make views are chosen.

use rand::Rng;
#[cfg(feature = "files")]
use serde::{Deserialize, Serialize};

use super::{Activation, Network, Projected, Schedule, Training};
use crate::Scalar;
use crate::data::augment::{Augmentation, Change, ImageShape};
use crate::error::Result;
use crate::loss::{BarlowTwins, NamedLoss, NtXent, VicReg};

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
/// | | |
/// |---|---|
/// | images are turned | by up to 14° |
/// | seen through windows | of 0.8 of a side and more |
/// | zoomed | by 0.8 to 1.2 |
/// | shifted | by up to a twentieth of a side |
/// | deformed | by a 28th to a ninth of a side, smooth over a fifth |
/// | covered in part | by a fifth to a half of a side |
/// | and colours change | in contrast and saturation by up to 0.4, in brightness by up to 0.2 of the largest number |
/// | vectors | get noise of 0.3 standard deviations, and a tenth of their coordinates is set to the mean |
///
/// The strengths for grey images were chosen on the bundled MNIST (development); the colours are those of Chen et al. 2020, halved.
/// None of them mirrors an image or turns it upside down, which breaks the classes of letters and digits.
///
/// # Errors
/// [`crate::Error::Empty`] if the shape is 0.
pub fn default_augmentation(shape: ImageShape) -> Result<Augmentation> {
    if is_vector(shape) {
        return Augmentation::new(shape, [Change::Dropout { rate: 0.1 }, Change::Noise { std: 0.3 }]);
    }
    let twentieth = |side: usize| i32::try_from(side / 20).unwrap_or(i32::MAX);
    let (down, right) = (twentieth(shape.height), twentieth(shape.width));
    let side = shape.height.min(shape.width);
    let covered = |side: usize| side / 5..=side / 2;
    let mut changes = vec![
        Change::Rotate { turns: -0.04..=0.04 },
        Change::Crop { side: 0.8..=1.0, aspect: 1.0..=1.0 },
        Change::Zoom { factor: 0.8..=1.2 },
        Change::Shift { down: -down..=down, right: -right..=right },
        Change::Elastic { strength: side as f64 / 28.0..=side as f64 / 9.0, spacing: (side / 5).max(1) },
        Change::Erase { height: covered(shape.height), width: covered(shape.width) },
    ];
    if shape.channels > 1 {
        changes.push(Change::Colour { brightness: -0.2..=0.2, contrast: 0.6..=1.4, saturation: 0.6..=1.4 });
    }
    Augmentation::new(shape, changes)
}

/// How an encoder is trained: 60 epochs in batches of 128 samples, half of them such that something is known of, if there are so
/// many, by Adam at a rate that rises to 3e-3 and falls by a cosine.
///
/// Chosen on the bundled MNIST (development). More epochs are better: 20 have an adjusted Rand index of 0.8 at the start there.
#[must_use]
pub fn default_training() -> Training {
    Training {
        epochs: 60,
        batch: 128,
        known: 0.5,
        schedule: Schedule::Cosine { peak: 3e-3, warm_up: 0.1 },
        ..Training::default()
    }
}

/// A loss by name as encoders are trained with it: [`NamedLoss`], but for parameters that were chosen on the bundled MNIST (development).
///
/// | loss | here | in the literature | |
/// |---|---|---|---|
/// | NT-Xent | τ = 0.2 | 0.1 for `ImageNet`, 0.5 for CIFAR (Chen et al. 2020) | both start worse |
/// | VICReg | invariance 5 | 25 (Bardes et al. 2022) | pulls views together before they tell digits apart |
/// | Barlow Twins | λ = 0.05 | 0.005 (Zbontar et al. 2021) | likewise |
///
/// # Errors
/// [`crate::Error::UnknownName`] for another name.
pub fn default_loss(name: &str) -> Result<NamedLoss> {
    Ok(match name.parse()? {
        NamedLoss::NtXent(_) => NamedLoss::NtXent(NtXent { temperature: 0.2 }),
        NamedLoss::VicReg(loss) => NamedLoss::VicReg(VicReg { invariance: 5.0, ..loss }),
        NamedLoss::BarlowTwins(loss) => NamedLoss::BarlowTwins(BarlowTwins { lambda: 0.05, ..loss }),
        other => other,
    })
}
