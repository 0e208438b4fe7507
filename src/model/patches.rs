//! The patches of an image that a convolution looks at.

use crate::autodiff::ColumnTable;
use crate::data::augment::ImageShape;
use crate::error::Result;

/// Where the square patches of an image stand in its row.
#[derive(Clone, Debug)]
pub(super) struct Patches {
    pub(super) table: ColumnTable,
    pub(super) stride: usize,
}

impl Patches {
    /// One patch around every `stride`-th pixel of every `stride`-th row, zero outside; and the shape of what is left.
    pub(super) fn of(shape: ImageShape, (side, stride): (usize, usize)) -> Result<(Self, ImageShape)> {
        let ImageShape { height, width, channels } = shape;
        let smaller = ImageShape { height: height.div_ceil(stride), width: width.div_ceil(stride), channels };
        // Counted from half a patch outside the image, to stay with natural numbers.
        let inside = |padded: usize, end: usize| padded.checked_sub(side / 2).filter(|&at| at < end);
        let mut sources = Vec::with_capacity(smaller.height * smaller.width * side * side * channels);
        for (row, column) in (0..smaller.height).flat_map(|row| (0..smaller.width).map(move |c| (row, c))) {
            for (down, right) in (0..side).flat_map(|down| (0..side).map(move |right| (down, right))) {
                let at = inside(stride * row + down, height).zip(inside(stride * column + right, width));
                let pixel = at.map(|(row, column)| (row * width + column) * channels);
                sources.extend((0..channels).map(|channel| pixel.map(|pixel| pixel + channel)));
            }
        }
        let table = ColumnTable::new(shape.len(), &sources)?;
        Ok((Self { table, stride }, smaller))
    }
}
