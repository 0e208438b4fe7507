//! Digits: real images, small enough to be part of the crate.
//!
//! The test half of "Optical Recognition of Handwritten Digits" (E. Alpaydin and C. Kaynak 1998, UCI Machine Learning
//! Repository, CC BY 4.0), as in scikit-learn's `load_digits`: the forms of 13 writers, each digit a 32 × 32 bitmap of
//! which every pixel here counts the black ones in a block of 4 × 4. `assets/README.md` says how the file was made.

use super::augment::ImageShape;
use super::{Labelled, bundled};
use crate::error::Result;

/// Pixels are counts up to this.
const DARKEST: f64 = 16.0;

const CLASSES: usize = 10;

/// How the pixels of [`digits`] stand in a row.
pub const DIGITS_SHAPE: ImageShape = ImageShape::grey(8, 8);

/// Number of samples of [`digits`] that are for training: the first 1347 of 1797.
pub const DIGITS_TRAIN: usize = 1347;

/// All 1797 digits in the order of the file: inputs of shape `(1797, 64)`, 8 × 8 pixels row by row, 0 white and 1 black.
///
/// # Errors
/// None in practice: the file is part of the crate.
pub fn digits() -> Result<Labelled> {
    let bytes = include_bytes!("../../assets/digits.npy");
    let Labelled { inputs, labels } =
        bundled::read(bytes, |[pixel]: [u8; 1]| f64::from(pixel), DIGITS_SHAPE.len(), CLASSES)?;
    Ok(Labelled { inputs: inputs / DARKEST, labels })
}

/// The first [`DIGITS_TRAIN`] digits to train on, and the last 450 to test on.
///
/// The file keeps a writer's digits together. A split by blocks therefore tests on hands that were not seen, which is
/// what one wants to know; one that interleaves tests on hands it has trained on. The nearest neighbour errs on 3.8 % of
/// the last 450 digits, and on 0.9 % of every fourth digit.
///
/// # Errors
/// None in practice.
pub fn digits_train_and_test() -> Result<(Labelled, Labelled)> {
    digits()?.split_at(DIGITS_TRAIN)
}
