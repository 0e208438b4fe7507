//! The changes: what they draw, and what they do to a sample.

use std::ops::RangeInclusive;

use ndarray::{ArrayView1, ArrayView2};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::affine::Affine;
use super::resample::Resampler;
use super::shape::ImageShape;
use crate::Scalar;
use crate::error::{Error, Result, check};

/// A random change of one sample. Numbers are drawn uniformly from their ranges; `a..=a` is always `a`.
///
/// Shift, rotation, zoom, flip, crop and elastic deformation are geometric: they interpolate bilinearly, and what comes in
/// from outside of the image is zero. Those that follow one another are made by a single interpolation.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "files", derive(serde::Serialize))]
pub enum Change {
    /// Moves the image.
    Shift {
        /// Pixels down.
        down: RangeInclusive<i32>,
        /// Pixels to the right.
        right: RangeInclusive<i32>,
    },
    /// Turns the image about its centre.
    Rotate {
        /// Counter-clockwise angle in turns, within [−1, 1].
        turns: RangeInclusive<f64>,
    },
    /// Enlarges or shrinks the image about its centre.
    Zoom {
        /// The new size over the old one, within [0.001, 1000].
        factor: RangeInclusive<f64>,
    },
    /// Mirrors the image.
    Flip {
        /// The probability that left and right are exchanged, in [0, 1].
        left_right: f64,
        /// The probability that top and bottom are exchanged, in [0, 1].
        up_down: f64,
    },
    /// Enlarges a window anywhere in the image to the whole image.
    Crop {
        /// The window's sides, measured between the outermost pixels' centres, over those of the image; within (0, 1].
        side: RangeInclusive<f64>,
        /// How much wider the window is, relative to its height, than the image, within [0.001, 1000]: `1.0..=1.0` keeps
        /// proportions. The width is `side · √aspect` of the image's and the height `side / √aspect`, neither larger
        /// than the image. Drawn uniformly in its logarithm.
        aspect: RangeInclusive<f64>,
    },
    /// Deforms the image by a smooth random field of displacements.
    ///
    /// Either component is a cubic B-spline on a coarse grid of independent normal deviates, evaluated at the pixels.
    Elastic {
        /// The standard deviation of a displacement in pixels, within [0, 1000]; up to 8 % less between the grid's nodes.
        strength: RangeInclusive<f64>,
        /// Pixels from a node of the grid to the next, at least 1: the larger, the smoother.
        spacing: usize,
    },
    /// Sets a rectangle anywhere in the image to zero, in all channels.
    Erase {
        /// Rows of pixels, at most the image's.
        height: RangeInclusive<usize>,
        /// Columns of pixels, at most the image's.
        width: RangeInclusive<usize>,
    },
    /// Changes colours: `x ← mean + contrast (x' − mean) + brightness` with `x' = grey + saturation (x − grey)`.
    ///
    /// The `grey` of a pixel is the mean of its channels, and `mean` that of the image. Numbers are not clipped.
    Colour {
        /// Added to all coordinates, within ±1e300.
        brightness: RangeInclusive<f64>,
        /// Of pixels about the mean of the image, within [0, 1000].
        contrast: RangeInclusive<f64>,
        /// Of channels about the grey of their pixel, within [0, 1000]; without effect on images of one channel.
        saturation: RangeInclusive<f64>,
    },
    /// Adds independent normal noise to the coordinates.
    Noise {
        /// Standard deviation, `>= 0`. With positive noise no view is the clean sample.
        std: f64,
    },
    /// Multiplies all coordinates by the same factor.
    Scale {
        /// The factor, positive and at most `1e300`.
        factor: RangeInclusive<f64>,
    },
    /// Sets coordinates to zero, each independently; the others stay as they are.
    Dropout {
        /// The probability, in [0, 1].
        rate: f64,
    },
    /// Mixes in another sample of the same call, any with equal probability: `x ← (1 − share) x + share · other`.
    ///
    /// The other one is taken as it was handed in, before all changes; a single sample stays as it is. The class is kept as
    /// far as shares are small: at a half it is as much the other's.
    Mix {
        /// The share of the other sample, within [0, 1].
        share: RangeInclusive<f64>,
    },
    /// Makes a change, or leaves the sample as it is.
    Sometimes {
        /// The probability of the change, in [0, 1].
        probability: f64,
        /// The change.
        change: Box<Change>,
    },
}

/// The samples of a call as they were handed in, and which of them is changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Originals<'a, F> {
    pub(super) rows: ArrayView2<'a, F>,
    pub(super) own: usize,
}

impl<F: Scalar> Originals<'_, F> {
    /// Any row but the own one.
    fn draw_another(&self, rng: &mut (impl Rng + ?Sized)) -> Option<ArrayView1<'_, F>> {
        let others = self.rows.nrows().checked_sub(1).filter(|&others| others > 0)?;
        let drawn = rng.random_range(0..others);
        Some(self.rows.row(if drawn < self.own { drawn } else { drawn + 1 }))
    }
}

impl Change {
    /// Whether the change looks at other samples.
    pub(super) fn mixes(&self) -> bool {
        match self {
            Self::Mix { .. } => true,
            Self::Sometimes { change, .. } => change.mixes(),
            _ => false,
        }
    }

    /// Whether the geometric changes before it may wait: it is one of them, or makes another change that decides.
    fn composes(&self) -> bool {
        match self {
            Self::Shift { .. }
            | Self::Rotate { .. }
            | Self::Zoom { .. }
            | Self::Flip { .. }
            | Self::Crop { .. }
            | Self::Elastic { .. }
            | Self::Sometimes { .. } => true,
            Self::Erase { .. }
            | Self::Colour { .. }
            | Self::Noise { .. }
            | Self::Scale { .. }
            | Self::Dropout { .. }
            | Self::Mix { .. } => false,
        }
    }

    pub(super) fn check(&self, shape: ImageShape) -> Result<()> {
        match self {
            Self::Shift { down, right } => {
                not_empty("down", down, f64::from)?;
                not_empty("right", right, f64::from)
            }
            Self::Rotate { turns } => within("turns", turns, -1.0..=1.0, "in [-1, 1]"),
            Self::Zoom { factor } => ratio("factor", factor),
            Self::Flip { left_right, up_down } => {
                check::probability("left_right", *left_right)?;
                check::probability("up_down", *up_down)
            }
            Self::Crop { side, aspect } => {
                bounded("side", side, |side| side > 0.0 && side <= 1.0, "in (0, 1]")?;
                ratio("aspect", aspect)
            }
            Self::Elastic { strength, spacing } => {
                within("strength", strength, 0.0..=1e3, "in [0, 1000]")?;
                check::count("spacing", *spacing, usize::MAX, "at least 1")
            }
            Self::Erase { height, width } => {
                not_empty("height", height, |pixels| pixels as f64)?;
                not_empty("width", width, |pixels| pixels as f64)?;
                let must = "at most that of the image";
                check::index("height", *height.end(), shape.height.saturating_add(1), must)?;
                check::index("width", *width.end(), shape.width.saturating_add(1), must)
            }
            Self::Colour { brightness, contrast, saturation } => {
                within("brightness", brightness, -1e300..=1e300, "in [-1e300, 1e300]")?;
                within("contrast", contrast, 0.0..=1e3, "in [0, 1000]")?;
                within("saturation", saturation, 0.0..=1e3, "in [0, 1000]")
            }
            Self::Noise { std } => check::not_negative("std", *std),
            Self::Scale { factor } => {
                let allowed = |factor| factor > 0.0 && factor <= 1e300;
                bounded("factor", factor, allowed, "positive and at most 1e300")
            }
            Self::Dropout { rate } => check::probability("rate", *rate),
            Self::Mix { share } => within("share", share, 0.0..=1.0, "in [0, 1]"),
            Self::Sometimes { probability, change } => {
                check::probability("probability", *probability)?;
                change.check(shape)
            }
        }
    }

    /// Changes `sample`, except that geometric changes are left to `resampler` until another change needs them made.
    pub(super) fn apply<F: Scalar>(
        &self,
        shape: ImageShape,
        sample: &mut [F],
        resampler: &mut Resampler<F>,
        originals: Originals<F>,
        rng: &mut impl Rng,
    ) {
        if !self.composes() {
            resampler.finish(sample);
        }
        let map = match self {
            Self::Sometimes { probability, change } => {
                if rng.random_bool(*probability) {
                    change.apply(shape, sample, resampler, originals, rng);
                }
                return;
            }
            Self::Elastic { strength, spacing } => {
                let strength = rng.random_range(strength.clone());
                return resampler.displace(sample, strength, *spacing, rng);
            }
            Self::Shift { down, right } => {
                Affine::shift(rng.random_range(down.clone()), rng.random_range(right.clone()))
            }
            Self::Rotate { turns } => Affine::rotation(rng.random_range(turns.clone())),
            Self::Zoom { factor } => Affine::zoom(rng.random_range(factor.clone())),
            Self::Flip { left_right, up_down } => {
                Affine::flip(rng.random_bool(*left_right), rng.random_bool(*up_down))
            }
            Self::Crop { side, aspect } => {
                let side = rng.random_range(side.clone());
                let aspect = rng.random_range(aspect.start().ln()..=aspect.end().ln()).exp();
                let sides = [side / aspect.sqrt(), side * aspect.sqrt()].map(|side| side.min(1.0));
                Affine::crop(shape, sides, [rng.random(), rng.random()])
            }
            Self::Erase { height, width } => {
                let (height, width) = (rng.random_range(height.clone()), rng.random_range(width.clone()));
                let top = rng.random_range(0..=shape.height - height);
                let left = rng.random_range(0..=shape.width - width);
                let row_length = shape.width * shape.channels;
                for row in sample.chunks_exact_mut(row_length).skip(top).take(height) {
                    row[left * shape.channels..][..width * shape.channels].fill(F::zero());
                }
                return;
            }
            Self::Colour { brightness, contrast, saturation } => {
                let [brightness, contrast, saturation] =
                    [brightness, contrast, saturation].map(|range| rng.random_range(range.clone()));
                recolour(sample, shape.channels, brightness, contrast, saturation);
                return;
            }
            Self::Noise { std } => {
                for coordinate in sample {
                    *coordinate += F::of(std * rng.sample::<f64, _>(StandardNormal));
                }
                return;
            }
            Self::Scale { factor } => {
                let factor = F::of(rng.random_range(factor.clone()));
                for coordinate in sample {
                    *coordinate *= factor;
                }
                return;
            }
            Self::Dropout { rate } => {
                for coordinate in sample {
                    if rng.random_bool(*rate) {
                        *coordinate = F::zero();
                    }
                }
                return;
            }
            Self::Mix { share } => {
                let share = F::of(rng.random_range(share.clone()));
                if let Some(other) = originals.draw_another(rng) {
                    for (coordinate, &other) in sample.iter_mut().zip(other) {
                        *coordinate = (F::one() - share) * *coordinate + share * other;
                    }
                }
                return;
            }
        };
        resampler.transform(&map);
    }
}

fn recolour<F: Scalar>(sample: &mut [F], channels: usize, brightness: f64, contrast: f64, saturation: f64) {
    // Divided before they are added: the sum of large numbers may be out of range.
    let mean = |values: &[F]| values.iter().map(|value| value.as_f64() / values.len() as f64).sum::<f64>();
    let constant = (1.0 - contrast) * mean(sample) + brightness;
    for pixel in sample.chunks_exact_mut(channels) {
        let constant = F::of(constant + contrast * (1.0 - saturation) * mean(pixel));
        let factor = F::of(contrast * saturation);
        for value in pixel {
            *value = factor * *value + constant;
        }
    }
}

/// A ratio of lengths whose logarithm is moderate.
fn ratio(argument: &'static str, range: &RangeInclusive<f64>) -> Result<()> {
    within(argument, range, 1e-3..=1e3, "in [0.001, 1000]")
}

fn within(
    argument: &'static str,
    range: &RangeInclusive<f64>,
    bounds: RangeInclusive<f64>,
    must: &'static str,
) -> Result<()> {
    bounded(argument, range, |bound| bounds.contains(&bound), must)
}

fn bounded(
    argument: &'static str,
    range: &RangeInclusive<f64>,
    allowed: impl Fn(f64) -> bool,
    must: &'static str,
) -> Result<()> {
    match [*range.start(), *range.end()].into_iter().find(|&bound| !allowed(bound)) {
        Some(value) => Err(Error::Domain { argument, value, must }),
        None => not_empty(argument, range, |bound| bound),
    }
}

fn not_empty<T: PartialOrd + Copy>(
    argument: &'static str,
    range: &RangeInclusive<T>,
    number: impl Fn(T) -> f64,
) -> Result<()> {
    if range.is_empty() {
        let must = "the start of a range that is not empty";
        return Err(Error::Domain { argument, value: number(*range.start()), must });
    }
    Ok(())
}
