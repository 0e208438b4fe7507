//! Augmentations: random changes of a sample that keep its class.
//!
//! Two changed copies of a sample, its views, are the positive pair of self-supervised learning: the changes say what a
//! representation should not depend on. An [`Augmentation`] is a list of [`Change`]s, made one after another:
//!
//! | change | random | of |
//! |---|---|---|
//! | [`Shift`](Change::Shift) | whole pixels down and right | images |
//! | [`Rotate`](Change::Rotate) | the angle | images |
//! | [`Crop`](Change::Crop) | size and place of a window, enlarged to the whole | images |
//! | [`Erase`](Change::Erase) | size and place of a rectangle, set to zero | images |
//! | [`Noise`](Change::Noise) | a normal deviate for each coordinate | images and vectors |
//! | [`Scale`](Change::Scale) | one factor for the sample | images and vectors |
//! | [`Dropout`](Change::Dropout) | which coordinates are set to zero | images and vectors |
//!
//! ```
//! # fn main() -> pal::Result<()> {
//! use pal::data::augment::{Augmentation, Change};
//! use pal::data::{DIGITS_SHAPE, digits};
//!
//! let changes = [Change::Shift { down: -1..=1, right: -1..=1 }, Change::Noise { std: 0.1 }];
//! let augmentation = Augmentation::new(DIGITS_SHAPE, changes)?;
//! let mut rng = pal::random::stream(0, 0);
//! let views = augmentation.views(digits()?.inputs.view(), 2, &mut rng)?;
//! assert_eq!(views.dim(), (2 * 1797, 64));
//! # Ok(())
//! # }
//! ```

mod affine;
mod shape;

use std::ops::RangeInclusive;

use ndarray::{Array2, ArrayView2, ArrayViewMut2, aview1};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use crate::Scalar;
use crate::error::{Error, Result, check};
use affine::{Affine, Padded};

pub use shape::ImageShape;

/// A random change of one sample. Numbers are drawn uniformly from their ranges; `a..=a` is always `a`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "files", derive(serde::Serialize))]
pub enum Change {
    /// Moves the image; what comes in from outside is zero.
    Shift {
        /// Pixels down.
        down: RangeInclusive<i32>,
        /// Pixels to the right.
        right: RangeInclusive<i32>,
    },
    /// Turns the image about its centre, by bilinear interpolation; what comes in from outside is zero.
    Rotate {
        /// Counter-clockwise angle in turns, within [−1, 1].
        turns: RangeInclusive<f64>,
    },
    /// Enlarges a window anywhere in the image to the whole image, by bilinear interpolation.
    Crop {
        /// The window's sides, measured between the outermost pixels' centres, over those of the image; within (0, 1].
        side: RangeInclusive<f64>,
    },
    /// Sets a rectangle anywhere in the image to zero, in all channels.
    Erase {
        /// Rows of pixels, at most the image's.
        height: RangeInclusive<usize>,
        /// Columns of pixels, at most the image's.
        width: RangeInclusive<usize>,
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
}

/// Changes made one after another to samples of one shape.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "files", derive(serde::Serialize))]
pub struct Augmentation {
    shape: ImageShape,
    changes: Vec<Change>,
}

impl Augmentation {
    /// Checks the changes once; none at all leaves samples as they are.
    ///
    /// # Errors
    /// [`Error::Empty`] if `shape` has no pixel or no channel, [`Error::Domain`] if a range is empty or a number out of the
    /// bounds that [`Change`] states; it names the field.
    pub fn new(shape: ImageShape, changes: impl IntoIterator<Item = Change>) -> Result<Self> {
        if shape.len() == 0 {
            return Err(Error::Empty { argument: "shape", expected: "pixel and channel" });
        }
        let changes: Vec<Change> = changes.into_iter().collect();
        changes.iter().try_for_each(|change| change.check(shape))?;
        Ok(Self { shape, changes })
    }

    /// Changes every row of `rows`, `(n, shape.len())`.
    ///
    /// Row after row, each by all changes in their order: the same `rng` makes the same changes. `O(n p)` a change.
    ///
    /// # Errors
    /// [`Error::Shape`] if the rows are not as long as the shape says, [`Error::NotFinite`] if they hold NaN or an infinity,
    /// [`Error::Domain`] if a change takes a coordinate beyond the range of numbers; the rows hold anything then.
    pub fn apply<F: Scalar>(&self, mut rows: ArrayViewMut2<F>, rng: &mut (impl Rng + ?Sized)) -> Result<()> {
        let p = self.shape.len();
        check::shape("rows", &[rows.nrows(), p], rows.shape())?;
        check::finite("rows", &rows)?;
        if rows.is_empty() {
            return Ok(());
        }
        let (mut sample, mut padded) = (vec![F::zero(); p], Padded::new(self.shape));
        for mut row in rows.rows_mut() {
            sample.iter_mut().zip(&row).for_each(|(coordinate, &value)| *coordinate = value);
            for change in &self.changes {
                change.apply(self.shape, &mut sample, &mut padded, rng);
            }
            row.assign(&aview1(&sample));
        }
        check::in_range("changed coordinate", &rows, "finite: the rows, or a change, are too large")
    }

    /// `views` changed copies of every sample: rows `views·i .. views·(i+1)` are views of row `i` of `inputs`,
    /// `(n, shape.len())`.
    ///
    /// Returns `(views · n, shape.len())`. [`Labels::for_views`](super::Labels::for_views) gives the classes of its rows.
    ///
    /// # Errors
    /// [`Error::Empty`] without samples or views; as [`Augmentation::apply`].
    pub fn views<F: Scalar>(
        &self,
        inputs: ArrayView2<F>,
        views: usize,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Array2<F>> {
        let (n, p) = inputs.dim();
        if n == 0 {
            return Err(Error::Empty { argument: "inputs", expected: "sample" });
        }
        if views == 0 {
            return Err(Error::Empty { argument: "views", expected: "view" });
        }
        check::shape("inputs", &[n, self.shape.len()], &[n, p])?;
        check::finite("inputs", &inputs)?;
        let mut out = Array2::from_shape_fn((views * n, p), |(row, column)| inputs[[row / views, column]]);
        self.apply(out.view_mut(), rng)?;
        Ok(out)
    }
}

/// `views` noisy copies of every sample: rows `views·i .. views·(i+1)` are `x_i + noise · N(0, I)`.
///
/// * `inputs`: `(n, p)`, finite.
/// * `noise`: standard deviation per coordinate, `>= 0`.
///
/// # Errors
/// As [`Augmentation::views`]; [`Error::Domain`] if `noise` is negative or not finite.
pub fn views_by_noise(
    inputs: ArrayView2<f64>,
    views: usize,
    noise: f64,
    rng: &mut (impl Rng + ?Sized),
) -> Result<Array2<f64>> {
    check::not_negative("noise", noise)?;
    let changes = [Change::Noise { std: noise }];
    Augmentation::new(ImageShape::vector(inputs.ncols()), changes)?.views(inputs, views, rng)
}

impl Change {
    fn check(&self, shape: ImageShape) -> Result<()> {
        match self {
            Self::Shift { down, right } => {
                not_empty("down", down, f64::from)?;
                not_empty("right", right, f64::from)
            }
            Self::Rotate { turns } => {
                bounded("turns", turns, |turns| (-1.0..=1.0).contains(&turns), "in [-1, 1]")
            }
            Self::Crop { side } => bounded("side", side, |side| side > 0.0 && side <= 1.0, "in (0, 1]"),
            Self::Erase { height, width } => {
                not_empty("height", height, |pixels| pixels as f64)?;
                not_empty("width", width, |pixels| pixels as f64)?;
                let must = "at most that of the image";
                check::index("height", *height.end(), shape.height.saturating_add(1), must)?;
                check::index("width", *width.end(), shape.width.saturating_add(1), must)
            }
            Self::Noise { std } => check::not_negative("std", *std),
            Self::Scale { factor } => bounded(
                "factor",
                factor,
                |factor| factor > 0.0 && factor <= 1e300,
                "positive and at most 1e300",
            ),
            Self::Dropout { rate } => check::probability("rate", *rate),
        }
    }

    /// Changes `sample`; `padded` is room to work in.
    fn apply<F: Scalar>(
        &self,
        shape: ImageShape,
        sample: &mut [F],
        padded: &mut Padded<F>,
        rng: &mut (impl Rng + ?Sized),
    ) {
        let map = match self {
            Self::Shift { down, right } => {
                Affine::shift(rng.random_range(down.clone()), rng.random_range(right.clone()))
            }
            Self::Rotate { turns } => Affine::rotation(rng.random_range(turns.clone())),
            Self::Crop { side } => {
                Affine::crop(shape, rng.random_range(side.clone()), [rng.random(), rng.random()])
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
        };
        map.apply(sample, padded);
    }
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
