//! Images moved, turned and enlarged: one affine map of the pixels, one bilinear sampler.

use std::f64::consts::TAU;

use super::ImageShape;
use crate::Scalar;

/// Where the pixels of the new image lie in the old one: `place = centre + matrix (pixel − centre) + offset`, each a pair
/// of row and column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Affine {
    matrix: [[f64; 2]; 2],
    offset: [f64; 2],
}

impl Affine {
    /// The image moved by as many pixels.
    pub(super) fn shift(down: i32, right: i32) -> Self {
        Self { matrix: [[1.0, 0.0], [0.0, 1.0]], offset: [-f64::from(down), -f64::from(right)] }
    }

    /// The image turned about its centre, counter-clockwise as it is looked at, row 0 on top.
    pub(super) fn rotation(turns: f64) -> Self {
        let (sin, cos) = (TAU * turns).sin_cos();
        Self { matrix: [[cos, sin], [-sin, cos]], offset: [0.0; 2] }
    }

    /// The window of `side` times the image's sides, enlarged to the whole image.
    ///
    /// Sides are measured between the outermost pixels' centres. The window lies in the image at `position`, from 0 (top,
    /// left) to 1 (bottom, right) in either direction.
    pub(super) fn crop(shape: ImageShape, side: f64, position: [f64; 2]) -> Self {
        let [y, x] = shape.centre();
        let slack = 1.0 - side;
        let offset = [slack * y * (2.0 * position[0] - 1.0), slack * x * (2.0 * position[1] - 1.0)];
        Self { matrix: [[side, 0.0], [0.0, side]], offset }
    }

    /// The new image by bilinear interpolation of the old one, which is zero outside.
    pub(super) fn sample<F: Scalar>(&self, shape: ImageShape, old: &[F], new: &mut [F]) {
        let ImageShape { height, width, channels } = shape;
        let [centre_y, centre_x] = shape.centre();
        let [[yy, yx], [xy, xx]] = self.matrix;
        for (index, pixel) in new.chunks_exact_mut(channels).enumerate() {
            let (row, column) = ((index / width) as f64 - centre_y, (index % width) as f64 - centre_x);
            let y = centre_y + yy * row + yx * column + self.offset[0];
            let x = centre_x + xy * row + xx * column + self.offset[1];
            let (rows, columns) = (neighbours::<F>(y, height), neighbours::<F>(x, width));
            for (channel, value) in pixel.iter_mut().enumerate() {
                let at = |row: usize, column: usize| old[(row * width + column) * channels + channel];
                let along =
                    |row: usize| columns[0].1 * at(row, columns[0].0) + columns[1].1 * at(row, columns[1].0);
                *value = rows[0].1 * along(rows[0].0) + rows[1].1 * along(rows[1].0);
            }
        }
    }
}

/// The pixels on either side of `place` on an axis of `length` pixels, with their weights; those outside weigh nothing.
fn neighbours<F: Scalar>(place: f64, length: usize) -> [(usize, F); 2] {
    let before = place.floor();
    let fraction = place - before;
    let inside = |index: f64, weight: f64| {
        if (0.0..length as f64).contains(&index) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            // a whole number below `length`
            (index as usize, F::of(weight))
        } else {
            (0, F::zero())
        }
    };
    [inside(before, 1.0 - fraction), inside(before + 1.0, fraction)]
}
