//! Geometric changes gathered, and made by one bilinear interpolation.

use rand::Rng;

use super::affine::Affine;
use super::elastic::Displacement;
use super::place::{index, split, within};
use super::shape::ImageShape;
use crate::Scalar;
use crate::scalar::vectorised;

/// The geometric changes of an image that are still to be made, and room to make them in.
///
/// A pixel of the new image is traced back through `after`, the displacement and `before`, in this order.
#[derive(Clone, Debug)]
pub(super) struct Resampler<F> {
    shape: ImageShape,
    before: Affine,
    after: Affine,
    displacement: Displacement,
    is_displaced: bool,
    /// The old image with a border of zeros, so that every place has four pixels around it: one line above and left of
    /// it, and two below and right.
    padded: Vec<F>,
    row: Row<F>,
}

/// Where the pixels of a row of the new image lie in the old one.
#[derive(Clone, Debug)]
struct Row<F> {
    y: Vec<f64>,
    x: Vec<f64>,
    /// Of the pixel above and left of the place, among the padded ones.
    corner: Vec<usize>,
    /// The fractions of a pixel from there.
    down: Vec<F>,
    right: Vec<F>,
}

impl<F: Scalar> Resampler<F> {
    /// Nothing to be made yet; room is taken when something is.
    pub(super) fn new(shape: ImageShape) -> Self {
        Self {
            shape,
            before: Affine::IDENTITY,
            after: Affine::IDENTITY,
            displacement: Displacement::default(),
            is_displaced: false,
            padded: Vec::new(),
            row: Row {
                y: Vec::new(),
                x: Vec::new(),
                corner: Vec::new(),
                down: Vec::new(),
                right: Vec::new(),
            },
        }
    }

    /// Moves the image by an affine map, after what is to be made already.
    pub(super) fn transform(&mut self, map: &Affine) {
        let last = if self.is_displaced { &mut self.after } else { &mut self.before };
        *last = last.then(map);
    }

    /// Displaces the pixels at random, after what is to be made already.
    ///
    /// There is room for one displacement: before a second one, the changes of `image` so far are made.
    pub(super) fn displace(
        &mut self,
        image: &mut [F],
        strength: f64,
        spacing: usize,
        rng: &mut (impl Rng + ?Sized),
    ) {
        if self.is_displaced {
            self.finish(image);
        }
        self.displacement.draw(self.shape, strength, spacing, rng);
        self.is_displaced = true;
    }

    /// Makes what is to be made: the new image of `image`, by bilinear interpolation of the old one, which is zero outside.
    pub(super) fn finish(&mut self, image: &mut [F]) {
        if !self.is_displaced && self.before == Affine::IDENTITY {
            return;
        }
        let ImageShape { width, channels, .. } = self.shape;
        self.pad(image);
        self.row.resize(width);
        for (row, line) in image.chunks_exact_mut(width * channels).enumerate() {
            self.trace(row);
            match channels {
                1 => self.interpolate_grey(line),
                _ => self.interpolate(line),
            }
        }
        (self.before, self.after, self.is_displaced) = (Affine::IDENTITY, Affine::IDENTITY, false);
    }

    fn pad(&mut self, image: &[F]) {
        let ImageShape { height, width, channels } = self.shape;
        self.padded.resize((height + 3) * (width + 3) * channels, F::zero());
        let lines = self.padded.chunks_exact_mut((width + 3) * channels).skip(1);
        for (padded, line) in lines.zip(image.chunks_exact(width * channels)) {
            padded[channels..][..line.len()].copy_from_slice(line);
        }
    }

    /// Finds where the pixels of a row of the new image lie in the old one.
    fn trace(&mut self, row: usize) {
        let Self {
            shape,
            before,
            after,
            displacement,
            is_displaced,
            row: Row { y, x, corner, down, right },
            ..
        } = self;
        let ImageShape { height, width, channels } = *shape;
        vectorised(
            #[inline(always)]
            || {
                y.fill(row as f64);
                x.iter_mut().enumerate().for_each(|(column, x)| *x = column as f64);
                if *is_displaced {
                    if *after == Affine::IDENTITY {
                        displacement.move_row(row, y, x);
                    } else {
                        after.map(*shape, y, x);
                        displacement.move_places(*shape, y, x);
                    }
                }
                before.map(*shape, y, x);
                let (stride, channels) = (((width + 3) * channels) as f64, channels as f64);
                let out = corner.iter_mut().zip(down.iter_mut().zip(right));
                for ((&y, &x), (corner, (down, right))) in y.iter().zip(&*x).zip(out) {
                    let (row, below) = split(within(y + 1.0, height + 1));
                    let (column, beside) = split(within(x + 1.0, width + 1));
                    *corner = index(stride * row + channels * column);
                    (*down, *right) = (F::of(below), F::of(beside));
                }
            },
        );
    }

    fn interpolate_grey(&self, line: &mut [F]) {
        let Row { corner, down, right, .. } = &self.row;
        let stride = self.shape.width + 3;
        let places = corner.iter().zip(down.iter().zip(right));
        for (pixel, (&corner, (&down, &right))) in line.iter_mut().zip(places) {
            let around = &self.padded[corner..][..stride + 2];
            let above = around[0] + right * (around[1] - around[0]);
            let below = around[stride] + right * (around[stride + 1] - around[stride]);
            *pixel = above + down * (below - above);
        }
    }

    fn interpolate(&self, line: &mut [F]) {
        let Row { corner, down, right, .. } = &self.row;
        let ImageShape { width, channels, .. } = self.shape;
        let places = corner.iter().zip(down.iter().zip(right));
        for (pixel, (&corner, (&down, &right))) in line.chunks_exact_mut(channels).zip(places) {
            let upper = &self.padded[corner..][..2 * channels];
            let lower = &self.padded[corner + (width + 3) * channels..][..2 * channels];
            let ((a, b), (c, d)) = (upper.split_at(channels), lower.split_at(channels));
            let corners = a.iter().zip(b).zip(c.iter().zip(d));
            for (value, ((&a, &b), (&c, &d))) in pixel.iter_mut().zip(corners) {
                let (above, below) = (a + right * (b - a), c + right * (d - c));
                *value = above + down * (below - above);
            }
        }
    }
}

impl<F: Scalar> Row<F> {
    fn resize(&mut self, width: usize) {
        self.y.resize(width, 0.0);
        self.x.resize(width, 0.0);
        self.corner.resize(width, 0);
        self.down.resize(width, F::zero());
        self.right.resize(width, F::zero());
    }
}
