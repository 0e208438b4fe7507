//! Images: folders of png and jpeg files (feature `images`), and arrays.
//!
//! Every image is one row: its pixels row by row, the channels of a pixel side by side, from 0 (black) to 255. An image is grey
//! or RGB as its file says; what is neither, or has pixels that can be seen through, is refused with the file's name. A camera's
//! note of how it was held (EXIF orientation) is followed.

#[cfg(feature = "images")]
mod folder;
#[cfg(feature = "images")]
mod orientation;
#[cfg(feature = "images")]
mod picture;
#[cfg(feature = "images")]
mod resize;

use std::str::FromStr;

use ndarray::{Array2, ArrayD};
use serde::{Deserialize, Serialize};

use super::augment::ImageShape;
use crate::error::{Error, Result};

#[cfg(feature = "images")]
pub use folder::read_images;

/// What images are turned into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// Grey if all are, RGB if all are; both in one folder are an error.
    #[default]
    AsIs,
    /// One channel: the luma of ITU-R BT.601, 0.299 red + 0.587 green + 0.114 blue.
    Grey,
    /// Three channels, equal for a grey image.
    Rgb,
}

impl FromStr for Colour {
    type Err = Error;

    /// One of `asis`, `grey`, `rgb`.
    ///
    /// # Errors
    /// [`Error::UnknownName`], which lists them.
    fn from_str(name: &str) -> Result<Self> {
        match name {
            "asis" => Ok(Self::AsIs),
            "grey" => Ok(Self::Grey),
            "rgb" => Ok(Self::Rgb),
            _ => {
                let known = &["asis", "grey", "rgb"];
                Err(Error::UnknownName { argument: "colour", name: name.to_owned(), known })
            }
        }
    }
}

/// How a folder of images is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageOptions {
    /// Brings every image to a square of so many pixels a side, stretched if it was none: the mean over the area a pixel covers
    /// where it becomes smaller, linear interpolation where it becomes larger. `None` leaves sizes as they are.
    pub side: Option<usize>,
    /// Grey or RGB.
    pub colour: Colour,
    /// Whether folders in the folder are read as well, those in them too; links to folders are not followed.
    pub subfolders: bool,
}

impl ImageOptions {
    /// Whether nothing was chosen.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Images of one shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Images {
    /// `(n, shape.len())`; those of files from 0 to 255, with fractions if they have 16 bits a channel.
    pub numbers: Array2<f64>,
    /// How the numbers of a row stand.
    pub shape: ImageShape,
    /// The files, by their path from the folder; none for an array.
    pub names: Vec<String>,
}

impl Images {
    /// The images of an array `(n, height, width)` or `(n, height, width, channels)`, one channel or three, as they are.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of axes or of channels, which come last; [`Error::Empty`] without images or pixels.
    pub fn from_array(array: ArrayD<f64>) -> Result<Self> {
        let dim = array.shape().to_vec();
        let (n, shape) = match dim[..] {
            [n, height, width] => (n, ImageShape::grey(height, width)),
            [n, height, width, channels @ (1 | 3)] => (n, ImageShape { height, width, channels }),
            [n, height, width, _] => {
                let expected = vec![n, height, width, 3];
                return Err(Error::Shape { argument: "images, channels last", expected, got: dim });
            }
            _ => return Err(Error::Shape { argument: "images", expected: vec![1, 28, 28], got: dim }),
        };
        if array.is_empty() {
            return Err(Error::Empty { argument: "images", expected: "image and pixel" });
        }
        let numbers = Array2::from_shape_vec((n, shape.len()), array.iter().copied().collect());
        let numbers =
            numbers.map_err(|_| Error::Shape { argument: "images", expected: vec![n], got: dim })?;
        Ok(Self { numbers, shape, names: Vec::new() })
    }
}
