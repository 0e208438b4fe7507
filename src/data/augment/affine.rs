//! Affine maps of the pixels: images moved, turned, mirrored and enlarged.

use std::f64::consts::TAU;

use super::shape::ImageShape;

/// Where the pixels of the new image lie in the old one: `place = centre + matrix (pixel − centre) + offset`, each a pair
/// of row and column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Affine {
    matrix: [[f64; 2]; 2],
    offset: [f64; 2],
}

impl Affine {
    /// The image as it is.
    pub(super) const IDENTITY: Self = Self { matrix: [[1.0, 0.0], [0.0, 1.0]], offset: [0.0; 2] };

    /// The image moved by as many pixels.
    pub(super) fn shift(down: i32, right: i32) -> Self {
        Self { offset: [-f64::from(down), -f64::from(right)], ..Self::IDENTITY }
    }

    /// The image turned about its centre, counter-clockwise as it is looked at, row 0 on top.
    pub(super) fn rotation(turns: f64) -> Self {
        let (sin, cos) = (TAU * turns).sin_cos();
        Self { matrix: [[cos, sin], [-sin, cos]], ..Self::IDENTITY }
    }

    /// The image enlarged about its centre.
    pub(super) fn zoom(factor: f64) -> Self {
        Self::stretch([factor.recip(); 2])
    }

    /// The image mirrored about its middle column, its middle row, or both.
    pub(super) fn flip(left_right: bool, up_down: bool) -> Self {
        let sign = |flipped: bool| if flipped { -1.0 } else { 1.0 };
        Self::stretch([sign(up_down), sign(left_right)])
    }

    /// The window of `sides` times the image's height and width, enlarged to the whole image.
    ///
    /// Sides are measured between the outermost pixels' centres. The window lies in the image at `position`, from 0 (top,
    /// left) to 1 (bottom, right) in either direction.
    pub(super) fn crop(shape: ImageShape, sides: [f64; 2], position: [f64; 2]) -> Self {
        let centre = shape.centre();
        let offset = [0, 1].map(|axis| (1.0 - sides[axis]) * centre[axis] * (2.0 * position[axis] - 1.0));
        Self { offset, ..Self::stretch(sides) }
    }

    fn stretch([y, x]: [f64; 2]) -> Self {
        Self { matrix: [[y, 0.0], [0.0, x]], ..Self::IDENTITY }
    }

    /// The map of an image that is changed by `self` and then by `next`: pixels of the last image are traced back through
    /// `next`, and from there through `self`.
    #[must_use]
    pub(super) fn then(&self, next: &Self) -> Self {
        let entry =
            |row: [f64; 2], column: usize| row[0] * next.matrix[0][column] + row[1] * next.matrix[1][column];
        let matrix = self.matrix.map(|row| [entry(row, 0), entry(row, 1)]);
        let moved = |row: [f64; 2]| row[0] * next.offset[0] + row[1] * next.offset[1];
        let offset = [0, 1].map(|axis| moved(self.matrix[axis]) + self.offset[axis]);
        Self { matrix, offset }
    }

    /// Replaces the places `(y, x)` by what they are mapped to.
    #[inline(always)]
    pub(super) fn map(&self, shape: ImageShape, y: &mut [f64], x: &mut [f64]) {
        let [centre_y, centre_x] = shape.centre();
        let [[yy, yx], [xy, xx]] = self.matrix;
        let [offset_y, offset_x] = self.offset;
        for (y, x) in y.iter_mut().zip(x) {
            let (from_y, from_x) = (*y - centre_y, *x - centre_x);
            *y = centre_y + yy * from_y + offset_y + yx * from_x;
            *x = centre_x + xy * from_y + offset_x + xx * from_x;
        }
    }
}
