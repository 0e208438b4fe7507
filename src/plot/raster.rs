//! The pixel half of a [`Page`](super::page::Page): an RGB buffer with filled polygons, strokes and discs.
//!
//! A pixel belongs to a shape when its centre does. The buffer is finer than the picture by [`OVERSAMPLE`], and
//! averaging down to the picture is what smooths the edges.
#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss)] // pixel coordinates, clamped to the buffer

use std::ops::Range;

use ndarray::ArrayView2;

/// Buffer pixels per picture pixel, along each axis.
pub(crate) const OVERSAMPLE: usize = 3;

/// A point in buffer pixels; pixel `(i, j)` covers `[i, i+1] × [j, j+1]`.
pub(crate) type Point = (f64, f64);

/// An RGB buffer that starts white.
pub(crate) struct Raster {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Raster {
    /// A white buffer of `width × height` pixels, both multiples of [`OVERSAMPLE`].
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self { width, height, rgb: vec![255; 3 * width * height] }
    }

    /// Mixes `colour` into one pixel; outside the buffer nothing happens.
    pub(crate) fn blend(&mut self, (x, y): (i32, i32), colour: (u8, u8, u8), alpha: f64) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if x >= self.width || y >= self.height {
            return;
        }
        self.blend_span(y, x..x + 1, colour, alpha);
    }

    /// Mixes `colour` into neighbouring pixels of a row of the buffer.
    fn blend_span(&mut self, y: usize, x: Range<usize>, colour: (u8, u8, u8), alpha: f64) {
        let colour = [colour.0, colour.1, colour.2];
        let row = 3 * y * self.width;
        for pixel in self.rgb[row + 3 * x.start..row + 3 * x.end].chunks_exact_mut(3) {
            if alpha >= 1.0 {
                pixel.copy_from_slice(&colour);
                continue;
            }
            for (old, new) in pixel.iter_mut().zip(colour) {
                *old = (f64::from(*old) + alpha * (f64::from(new) - f64::from(*old)) + 0.5) as u8;
            }
        }
    }

    /// Shows `cells` (grey values, row 0 on top) in the rectangle at `corner` of `size` pixels, cells unsmoothed.
    pub(crate) fn image(&mut self, corner: (usize, usize), size: (usize, usize), cells: ArrayView2<u8>) {
        let (rows, columns) = cells.dim();
        let down = parts(corner.1, size.1, rows, self.height);
        let across = parts(corner.0, size.0, columns, self.width);
        for (row, down) in cells.rows().into_iter().zip(down) {
            for y in down {
                for (&grey, across) in row.iter().zip(&across) {
                    self.blend_span(y, across.clone(), (grey, grey, grey), 1.0);
                }
            }
        }
    }

    /// Fills a closed polygon (even–odd rule).
    pub(crate) fn fill(&mut self, ring: &[Point], colour: (u8, u8, u8), alpha: f64) {
        // Where each row of pixel centres crosses the outline.
        let mut crossings: Vec<(usize, f64)> = Vec::new();
        for (&a, &b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            let (upper, lower) = if a.1 < b.1 { (a, b) } else { (b, a) };
            let row_from = |y: f64| (y - 0.5).ceil().clamp(0.0, self.height as f64) as usize;
            for row in row_from(upper.1)..row_from(lower.1) {
                let share = (row as f64 + 0.5 - upper.1) / (lower.1 - upper.1);
                crossings.push((row, upper.0 + share * (lower.0 - upper.0)));
            }
        }
        crossings.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        for pair in crossings.chunks_exact(2) {
            let bound = |x: f64| (x - 0.5).ceil().clamp(0.0, self.width as f64) as usize;
            self.blend_span(pair[0].0, bound(pair[0].1)..bound(pair[1].1), colour, alpha);
        }
    }

    /// Fills a disc.
    pub(crate) fn disc(&mut self, (cx, cy): Point, radius: f64, colour: (u8, u8, u8), alpha: f64) {
        for y in (cy - radius).floor() as i32..=(cy + radius).ceil() as i32 {
            for x in (cx - radius).floor() as i32..=(cx + radius).ceil() as i32 {
                let (dx, dy) = (f64::from(x) + 0.5 - cx, f64::from(y) + 0.5 - cy);
                if dx * dx + dy * dy <= radius * radius {
                    self.blend((x, y), colour, alpha);
                }
            }
        }
    }

    /// Draws a polyline with round joins and flat ends. Meant for opaque colours: pieces overlap at the joins.
    pub(crate) fn stroke(&mut self, path: &[Point], width: f64, colour: (u8, u8, u8), alpha: f64) {
        for piece in path.windows(2) {
            let (a, b) = (piece[0], piece[1]);
            let length = (b.0 - a.0).hypot(b.1 - a.1);
            if length == 0.0 {
                continue;
            }
            let normal = (width / 2.0 * (a.1 - b.1) / length, width / 2.0 * (b.0 - a.0) / length);
            let shift = |p: Point, sign: f64| (p.0 + sign * normal.0, p.1 + sign * normal.1);
            self.fill(&[shift(a, 1.0), shift(b, 1.0), shift(b, -1.0), shift(a, -1.0)], colour, alpha);
        }
        if path.len() > 2 {
            for &joint in &path[1..path.len() - 1] {
                self.disc(joint, width / 2.0, colour, alpha);
            }
        }
    }

    /// The picture: every [`OVERSAMPLE`]² block averaged. Returns width, height and RGB bytes.
    pub(crate) fn picture(&self) -> (u32, u32, Vec<u8>) {
        const AREA: u16 = (OVERSAMPLE * OVERSAMPLE) as u16;
        let (width, height) = (self.width / OVERSAMPLE, self.height / OVERSAMPLE);
        let row = 3 * self.width;
        let mut out = Vec::with_capacity(3 * width * height);
        let mut sums = vec![0_u16; row];
        for rows in self.rgb.chunks_exact(OVERSAMPLE * row) {
            sums.fill(0);
            for row in rows.chunks_exact(row) {
                sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += u16::from(value));
            }
            for block in sums.chunks_exact(3 * OVERSAMPLE) {
                for channel in 0..3 {
                    let sum: u16 = block[channel..].iter().step_by(3).sum();
                    out.push(((sum + AREA / 2) / AREA) as u8);
                }
            }
        }
        (width as u32, height as u32, out)
    }
}

/// Which pixels of `first..first + length` show each of `count` cells of equal length; none of them past `end`.
fn parts(first: usize, length: usize, count: usize, end: usize) -> Vec<Range<usize>> {
    let start = |cell: usize| (first + (cell * length).div_ceil(count)).min(end);
    (0..count).map(|cell| start(cell)..start(cell + 1)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Point, Raster};

    const INK: (u8, u8, u8) = (10, 20, 30);

    fn is_inked(raster: &Raster, x: usize, y: usize) -> bool {
        raster.rgb[3 * (y * raster.width + x)] == INK.0
    }

    proptest! {
        /// A pixel is filled when a ray from its centre crosses the outline an odd number of times.
        #[test]
        fn fill_takes_the_pixels_whose_centres_are_inside(
            ring in proptest::collection::vec((-5.3_f64..35.0, -4.1_f64..29.0), 3..9)
        ) {
            let mut raster = Raster::new(30, 24);
            raster.fill(&ring, INK, 1.0);
            for (x, y) in (0..30).flat_map(|x| (0..24).map(move |y| (x, y))) {
                let (cx, cy) = (x as f64 + 0.5, y as f64 + 0.5);
                let sides = ring.iter().zip(ring.iter().cycle().skip(1));
                let hits = sides.filter(|&(a, b)| (a.1 > cy) != (b.1 > cy)).filter(|&(a, b)| {
                    cx < a.0 + (cy - a.1) / (b.1 - a.1) * (b.0 - a.0)
                });
                prop_assert_eq!(is_inked(&raster, x, y), hits.count() % 2 == 1, "{} {}", x, y);
            }
        }

        /// A stroke inks what is nearer to the path than half its width, and nothing farther; its flat ends aside.
        #[test]
        fn stroke_takes_the_pixels_near_the_path(
            path in proptest::collection::vec((3.0_f64..27.0, 3.0_f64..21.0), 3..6),
            width in 2.0_f64..6.0,
        ) {
            let mut raster = Raster::new(30, 24);
            raster.stroke(&path, width, INK, 1.0);
            for (x, y) in (0..30).flat_map(|x| (0..24).map(move |y| (x, y))) {
                let centre = (x as f64 + 0.5, y as f64 + 0.5);
                let ends = [path[0], path[path.len() - 1]];
                if ends.iter().any(|end| (end.0 - centre.0).hypot(end.1 - centre.1) <= width) {
                    continue;
                }
                let off = path.windows(2).map(|pair| distance(centre, pair[0], pair[1])).fold(f64::MAX, f64::min);
                if (off - width / 2.0).abs() > 1e-6 {
                    prop_assert_eq!(is_inked(&raster, x, y), off < width / 2.0, "{} {}", x, y);
                }
            }
        }
    }

    fn distance(p: Point, a: Point, b: Point) -> f64 {
        let (along, to) = ((b.0 - a.0, b.1 - a.1), (p.0 - a.0, p.1 - a.1));
        let share =
            ((to.0 * along.0 + to.1 * along.1) / (along.0 * along.0 + along.1 * along.1)).clamp(0.0, 1.0);
        (to.0 - share * along.0).hypot(to.1 - share * along.1)
    }
}
