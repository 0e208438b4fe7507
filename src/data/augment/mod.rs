//! Augmentations: random changes of a sample that keep its class.
//!
//! Two changed copies of a sample, its views, are the positive pair of self-supervised learning: the changes say what a
//! representation should not depend on. An [`Augmentation`] is a list of [`Change`]s, made one after another:
//!
//! | change | random | of |
//! |---|---|---|
//! | [`Shift`](Change::Shift) | whole pixels down and right | images |
//! | [`Rotate`](Change::Rotate) | the angle | images |
//! | [`Zoom`](Change::Zoom) | how much larger or smaller | images |
//! | [`Flip`](Change::Flip) | whether mirrored | images |
//! | [`Crop`](Change::Crop) | size, aspect and place of a window, enlarged to the whole | images |
//! | [`Elastic`](Change::Elastic) | a smooth field of displacements | images |
//! | [`Erase`](Change::Erase) | size and place of a rectangle, set to zero | images |
//! | [`Colour`](Change::Colour) | brightness, contrast and saturation | images |
//! | [`Noise`](Change::Noise) | a normal deviate for each coordinate | images and vectors |
//! | [`Scale`](Change::Scale) | one factor for the sample | images and vectors |
//! | [`Dropout`](Change::Dropout) | which coordinates are set to zero | images and vectors |
//! | [`Mix`](Change::Mix) | another sample, and how much of it | images and vectors |
//! | [`Sometimes`](Change::Sometimes) | whether a change is made | as the change |
//!
//! Shift, rotation, zoom, flip, crop and elastic deformation interpolate: those that follow one another are composed, and the
//! image is interpolated once (anew only from a second elastic deformation on). What one of them moves out of the image,
//! the next one can therefore bring back. An elastic deformation costs least after the others.
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
mod change;
mod elastic;
mod place;
mod resample;
mod shape;

use ndarray::{Array2, ArrayView2, ArrayViewMut2};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, RngExt, SeedableRng};
use rand_distr::StandardNormal;
use rayon::prelude::*;

use crate::Scalar;
use crate::error::{Error, Result, check};
use crate::linalg::rows::entries_mut;
use crate::random::stream;
use change::Originals;
use resample::Resampler;

pub use change::Change;
pub use shape::ImageShape;

/// Coordinates that are worth a task of their own.
const TASK: usize = 1 << 12;

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
        shape.require_coordinates()?;
        let changes: Vec<Change> = changes.into_iter().collect();
        changes.iter().try_for_each(|change| change.check(shape))?;
        Ok(Self { shape, changes })
    }

    /// The changes in their order.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Changes every row of `rows`, `(n, shape.len())`, each by all changes in their order.
    ///
    /// One number is drawn from `rng`; the row's number and it seed the changes of a row, so that the same `rng` makes the
    /// same changes on any number of threads. `O(n p)` a change, in parallel over rows.
    ///
    /// # Errors
    /// [`Error::Shape`] if the rows are not as long as the shape says, [`Error::NotFinite`] if they hold NaN or an infinity,
    /// [`Error::Domain`] if a change takes a coordinate beyond the range of numbers; the rows hold anything then.
    pub fn apply<F: Scalar>(&self, mut rows: ArrayViewMut2<F>, rng: &mut (impl Rng + ?Sized)) -> Result<()> {
        check::shape("rows", &[rows.nrows(), self.shape.len()], rows.shape())?;
        check::finite("rows", &rows)?;
        if rows.is_empty() {
            return Ok(());
        }
        let mixes = self.changes.iter().any(Change::mixes);
        let originals = if mixes { rows.to_owned() } else { Array2::zeros((0, self.shape.len())) };
        let own = |row| Originals { rows: originals.view(), own: row };
        if let Some(samples) = rows.as_slice_mut() {
            self.change(samples, rng.random(), |row, _| own(row));
        } else {
            let mut samples = rows.as_standard_layout().into_owned();
            self.change(entries_mut(&mut samples), rng.random(), |row, _| own(row));
            rows.assign(&samples);
        }
        in_range(rows.view())
    }

    /// `views` changed copies of every sample: rows `views·i .. views·(i+1)` are views of row `i` of `inputs`,
    /// `(n, shape.len())`.
    ///
    /// Returns `(views · n, shape.len())`. [`Labels::for_views`](super::Labels::for_views) gives the classes of its rows.
    ///
    /// # Errors
    /// [`Error::Empty`] without samples or views; [`Error::Domain`] if there are more views than can be counted; as
    /// [`Augmentation::apply`].
    pub fn views<F: Scalar>(
        &self,
        inputs: ArrayView2<F>,
        views: usize,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Array2<F>> {
        let shape = shape_of_views(self.shape, inputs, views)?;
        let mut out = Array2::zeros(shape);
        self.change(entries_mut(&mut out), rng.random(), |row, sample| {
            let own = row / views;
            sample.iter_mut().zip(inputs.row(own)).for_each(|(copy, &coordinate)| *copy = coordinate);
            Originals { rows: inputs, own }
        });
        in_range(out.view())?;
        Ok(out)
    }

    /// Changes the rows in parallel; `begin` is told of a row and where it stands, and may fill it.
    fn change<'a, F: Scalar>(
        &self,
        samples: &mut [F],
        seed: u64,
        begin: impl Fn(usize, &mut [F]) -> Originals<'a, F> + Sync,
    ) {
        let p = self.shape.len();
        samples.par_chunks_exact_mut(p).enumerate().with_min_len(TASK.div_ceil(p)).for_each_init(
            || Resampler::new(self.shape),
            |resampler, (row, sample)| {
                let originals = begin(row, sample);
                // Small and fast, from a key that no other row has.
                let mut rng = Xoshiro256PlusPlus::from_rng(&mut stream(seed, row as u64));
                for change in &self.changes {
                    change.apply(self.shape, sample, resampler, originals, &mut rng);
                }
                resampler.finish(sample);
            },
        );
    }
}

/// `views` noisy copies of every sample: rows `views·i .. views·(i+1)` are `x_i + noise · N(0, I)`.
///
/// Normal deviates come from `rng` one after another, row by row.
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
    let shape = ImageShape::vector(inputs.ncols());
    shape.require_coordinates()?;
    let out = Array2::from_shape_fn(shape_of_views(shape, inputs, views)?, |(row, column)| {
        inputs[[row / views, column]] + noise * rng.sample::<f64, _>(StandardNormal)
    });
    in_range(out.view())?;
    Ok(out)
}

/// The shape of so many views of `inputs`, which are checked.
fn shape_of_views<F: Scalar>(
    shape: ImageShape,
    inputs: ArrayView2<F>,
    views: usize,
) -> Result<(usize, usize)> {
    let (n, p) = inputs.dim();
    if n == 0 {
        return Err(Error::Empty { argument: "inputs", expected: "sample" });
    }
    if views == 0 {
        return Err(Error::Empty { argument: "views", expected: "view" });
    }
    check::shape("inputs", &[n, shape.len()], &[n, p])?;
    let most = isize::MAX.unsigned_abs() / size_of::<F>() / inputs.len();
    check::count("views", views, most, "few enough for memory")?;
    check::finite("inputs", &inputs)?;
    Ok((views * n, p))
}

fn in_range<F: Scalar>(changed: ArrayView2<F>) -> Result<()> {
    check::in_range("changed coordinate", &changed, "finite: the rows, or a change, are too large")
}
