//! Where the coordinates of an image stand.

use crate::error::{Error, Result};

/// How a sample's coordinates stand in its row: pixels row by row, the channels of a pixel side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "files", derive(serde::Serialize))]
pub struct ImageShape {
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
    /// Numbers a pixel.
    pub channels: usize,
}

impl ImageShape {
    /// One number per pixel.
    pub const fn grey(height: usize, width: usize) -> Self {
        Self { height, width, channels: 1 }
    }

    /// Not an image but `p` coordinates: a single row of pixels.
    pub const fn vector(p: usize) -> Self {
        Self::grey(1, p)
    }

    /// Coordinates of a sample.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // a shape is not a collection
    pub const fn len(&self) -> usize {
        // No row is as long as where this saturates.
        self.height.saturating_mul(self.width).saturating_mul(self.channels)
    }

    /// There is a pixel and a channel.
    pub(super) fn require_coordinates(&self) -> Result<()> {
        if self.len() == 0 {
            return Err(Error::Empty { argument: "shape", expected: "pixel and channel" });
        }
        Ok(())
    }

    /// Row and column, in between pixels where the number is even.
    pub(super) fn centre(&self) -> [f64; 2] {
        [(self.height - 1) as f64 / 2.0, (self.width - 1) as f64 / 2.0]
    }
}
