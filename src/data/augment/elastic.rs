//! Smooth random displacements of pixels.

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::place::{index, split, within};
use super::shape::ImageShape;
use crate::scalar::vectorised;

/// The standard deviation of the coefficients over that of the spline at a node of the grid: the weights there are
/// `(1, 4, 1)/6` in either direction, and the sum of their squares is ½.
const COEFFICIENTS: f64 = 2.0;

/// A displacement of every pixel, in pixels: two cubic B-splines on a coarse grid, whose coefficients are normal deviates.
///
/// Nodes lie at every `spacing`-th pixel, from the first. In between pixels displacements are linear, and outside of the
/// image those of its border.
#[derive(Clone, Debug, Default)]
pub(super) struct Displacement {
    /// Down and to the right, for every pixel; zeros of a row and a pixel behind the last one.
    pixels: [Vec<f64>; 2],
    /// The splines at the grid's rows and the image's columns.
    lines: Vec<f64>,
    coefficients: Vec<f64>,
}

impl Displacement {
    /// Draws a displacement whose standard deviation is `strength` at the nodes and up to 8 % smaller in between.
    pub(super) fn draw(
        &mut self,
        shape: ImageShape,
        strength: f64,
        spacing: usize,
        rng: &mut (impl Rng + ?Sized),
    ) {
        let ImageShape { height, width, .. } = shape;
        let (rows, columns) = ((height - 1) / spacing + 4, (width - 1) / spacing + 4);
        self.lines.resize(rows * width, 0.0);
        let scale = COEFFICIENTS * strength;
        for pixels in &mut self.pixels {
            self.coefficients.clear();
            let deviates = (0..rows * columns).map(|_| scale * rng.sample::<f64, _>(StandardNormal));
            self.coefficients.extend(deviates);
            pixels.resize((height + 1) * width + 1, 0.0);
            let (lines, coefficients) = (&mut self.lines, &self.coefficients);
            // The weights are those of the place between two nodes.
            for beyond in 0..spacing.min(width) {
                let weights = spline(beyond, spacing);
                for (line, coefficients) in
                    lines.chunks_exact_mut(width).zip(coefficients.chunks_exact(columns))
                {
                    let values = line[beyond..].iter_mut().step_by(spacing);
                    for (value, around) in values.zip(coefficients.windows(4)) {
                        *value = around
                            .iter()
                            .zip(weights)
                            .map(|(coefficient, weight)| weight * coefficient)
                            .sum();
                    }
                }
            }
            vectorised(
                #[inline(always)]
                || {
                    for (row, pixels) in pixels.chunks_exact_mut(width).take(height).enumerate() {
                        let [a, b, c, d] = spline(row % spacing, spacing);
                        let (first, rest) = lines[row / spacing * width..][..4 * width].split_at(width);
                        let (second, rest) = rest.split_at(width);
                        let (third, fourth) = rest.split_at(width);
                        let lines = first.iter().zip(second).zip(third.iter().zip(fourth));
                        for (pixel, ((first, second), (third, fourth))) in pixels.iter_mut().zip(lines) {
                            *pixel = (a * first + b * second) + (c * third + d * fourth);
                        }
                    }
                },
            );
        }
    }

    /// Moves the places of the pixels of one row by its displacements.
    #[inline(always)]
    pub(super) fn move_row(&self, row: usize, y: &mut [f64], x: &mut [f64]) {
        for (places, pixels) in [y, x].into_iter().zip(&self.pixels) {
            let displacements = &pixels[row * places.len()..][..places.len()];
            places.iter_mut().zip(displacements).for_each(|(place, displacement)| *place += displacement);
        }
    }

    /// Moves any places, as many as a row has pixels, by the displacements there.
    #[inline(always)]
    pub(super) fn move_places(&self, shape: ImageShape, y: &mut [f64], x: &mut [f64]) {
        let ImageShape { height, width, .. } = shape;
        for (y, x) in y.iter_mut().zip(x) {
            let (row, down) = split(within(*y, height - 1));
            let (column, right) = split(within(*x, width - 1));
            let corner = index(row * width as f64 + column);
            let [dy, dx] = self.pixels.each_ref().map(|pixels| {
                // At the border what stands behind has the weight zero.
                let around = &pixels[corner..][..width + 2];
                let above = around[0] + right * (around[1] - around[0]);
                let below = around[width] + right * (around[width + 1] - around[width]);
                above + down * (below - above)
            });
            (*y, *x) = (*y + dy, *x + dx);
        }
    }
}

/// The weights of four coefficients in a cubic B-spline, `pixels` of `spacing` beyond the node of the second one.
#[inline(always)]
fn spline(pixels: usize, spacing: usize) -> [f64; 4] {
    let t = pixels as f64 / spacing as f64;
    let (s, t2, t3) = (1.0 - t, t * t, t * t * t);
    [s * s * s, 3.0 * t3 - 6.0 * t2 + 4.0, 3.0 * (t + t2 - t3) + 1.0, t3].map(|weight| weight / 6.0)
}
