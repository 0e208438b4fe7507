//! Images moved, turned and enlarged: one affine map of the pixels, one bilinear sampler.

use std::f64::consts::TAU;

use super::shape::ImageShape;
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

    /// Makes the new image of `image`, by bilinear interpolation of the old one, which is zero outside.
    pub(super) fn apply<F: Scalar>(&self, image: &mut [F], padded: &mut Padded<F>) {
        padded.fill(image);
        let shape = padded.shape;
        let [centre_y, centre_x] = shape.centre();
        let [[yy, yx], [xy, xx]] = self.matrix;
        for (row, line) in image.chunks_exact_mut(shape.width * shape.channels).enumerate() {
            let from_centre = row as f64 - centre_y;
            let start_y = centre_y + yy * from_centre + self.offset[0];
            let start_x = centre_x + xy * from_centre + self.offset[1];
            for (column, pixel) in line.chunks_exact_mut(shape.channels).enumerate() {
                let from_centre = column as f64 - centre_x;
                padded.interpolate(start_y + yx * from_centre, start_x + xx * from_centre, pixel);
            }
        }
    }
}

/// An image with a border of zeros, so that every place has four pixels around it: one line above and left of it, and two
/// below and right.
#[derive(Clone, Debug)]
pub(super) struct Padded<F> {
    shape: ImageShape,
    pixels: Vec<F>,
}

impl<F: Scalar> Padded<F> {
    /// Zeros.
    pub(super) fn new(shape: ImageShape) -> Self {
        let pixels = vec![F::zero(); (shape.height + 3) * (shape.width + 3) * shape.channels];
        Self { shape, pixels }
    }

    fn fill(&mut self, image: &[F]) {
        let ImageShape { width, channels, .. } = self.shape;
        let lines = self.pixels.chunks_exact_mut((width + 3) * channels).skip(1);
        for (padded, line) in lines.zip(image.chunks_exact(width * channels)) {
            padded[channels..][..line.len()].copy_from_slice(line);
        }
    }

    /// All channels at the place `(y, x)`.
    #[inline(always)]
    fn interpolate(&self, y: f64, x: f64, out: &mut [F]) {
        let ImageShape { height, width, channels } = self.shape;
        let ((row, down), (column, right)) = (split::<F>(y, height), split::<F>(x, width));
        let upper = &self.pixels[(row * (width + 3) + column) * channels..];
        let lower = &upper[(width + 3) * channels..];
        let (upper, lower) = (&upper[..2 * channels], &lower[..2 * channels]);
        for (channel, value) in out.iter_mut().enumerate() {
            let along = |line: &[F]| line[channel] + right * (line[channels + channel] - line[channel]);
            let (above, below) = (along(upper), along(lower));
            *value = above + down * (below - above);
        }
    }
}

/// The padded index before `place` on an axis of `length` pixels, and the fraction of a pixel beyond it.
#[inline(always)]
fn split<F: Scalar>(place: f64, length: usize) -> (usize, F) {
    let padded = (place + 1.0).clamp(0.0, length as f64 + 1.0);
    // Not negative, so the cast rounds down; `floor` is a call where the target has no instruction for it.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let before = padded as usize;
    (before, F::of(padded - before as f64))
}
