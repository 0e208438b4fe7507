//! The legend, placed where it hides no curve.

use plotters::element::{Circle, DashedPathElement, PathElement, Rectangle, Text};
use plotters::style::{Color, WHITE};
use plotters_backend::BackendCoord;
use plotters_backend::text_anchor::{HPos, VPos};

use super::axis::{line, solid};
use super::font::{text, text_width};
use super::page::{Area, Drawn};
use super::palette::{GRID, INK, SeriesStyle, Stroke};
use super::units::UNIT;
use crate::error::Result;

/// Size of the names in CSS pixels.
const SIZE: f64 = 18.0;
/// Height of a row, length of a sample line, distance from box to content and from box to plot border, in units.
const ROW: i32 = 25 * UNIT;
const SAMPLE: i32 = 54 * UNIT;
const PADDING: i32 = 8 * UNIT;
const MARGIN: i32 = 8 * UNIT;
/// Width of a curve in CSS pixels, in the plot and in the legend.
pub(crate) const CURVE_WIDTH: f64 = 2.5;
/// Radius of a dot in CSS pixels.
pub(crate) const DOT: i32 = 4;

/// Names and styles in the order of the series, with the names' widths in units.
pub(crate) struct Legend {
    entries: Vec<(String, SeriesStyle, i32)>,
}

/// A rectangle in units: left, top, right, bottom.
pub(crate) type Bounds = (i32, i32, i32, i32);

impl Legend {
    /// A legend of `entries`.
    pub(crate) fn new(entries: Vec<(String, SeriesStyle)>) -> Result<Self> {
        let measured = entries.into_iter().map(|(name, style)| {
            let width = text_width(&name, SIZE)?;
            Ok((name, style, width))
        });
        Ok(Self { entries: measured.collect::<Result<_>>()? })
    }

    fn cell_width(&self) -> i32 {
        SAMPLE + PADDING + self.entries.iter().map(|entry| entry.2).max().unwrap_or(0)
    }

    /// Width and height of the box with all entries below each other.
    fn column(&self) -> (i32, i32) {
        (self.cell_width() + 2 * PADDING, i32::try_from(self.entries.len()).unwrap_or(0) * ROW + PADDING)
    }

    /// Where inside a plot area of `size` the box crosses none of `curves`, if anywhere: the place with the least of
    /// the `bands` (lists of `(x, top, bottom)`) under it, corners first.
    pub(crate) fn place(
        &self,
        size: (i32, i32),
        curves: &[Vec<BackendCoord>],
        bands: &[Vec<(i32, i32, i32)>],
    ) -> Option<Bounds> {
        let (width, height) = self.column();
        let (last_x, last_y) = (size.0 - width - MARGIN, size.1 - height - MARGIN);
        if last_x < MARGIN || last_y < MARGIN {
            return None;
        }
        // Right before left before middle, top before bottom before middle.
        let order = |last: i32| {
            [last, MARGIN, i32::midpoint(last, MARGIN), (3 * last + MARGIN) / 4, (last + 3 * MARGIN) / 4]
        };
        let [right, left, middle, beyond, before] = order(last_x);
        let [bottom, top, centre, below, above] = order(last_y);
        let columns = [right, left, middle, beyond, before];
        let rows = [top, bottom, centre, above, below];
        let boxes = rows.iter().flat_map(|&y| columns.iter().map(move |&x| (x, y, x + width, y + height)));
        let free = boxes.filter(|&(x0, y0, x1, y1)| {
            let wide = (x0 - UNIT * 4, y0 - UNIT * 4, x1 + UNIT * 4, y1 + UNIT * 4);
            !curves.iter().any(|curve| touches(curve, wide))
        });
        free.min_by_key(|&(x0, y0, x1, y1)| {
            let under = bands.iter().flatten().filter(|(x, _, _)| (x0..=x1).contains(x));
            under.map(|&(_, top, bottom)| i64::from((bottom.min(y1) - top.max(y0)).max(0))).sum::<i64>()
        })
    }

    /// Rows needed above a plot area `width` units wide.
    fn per_row(&self, width: i32) -> usize {
        usize::try_from((width + 3 * PADDING) / (self.cell_width() + 3 * PADDING)).unwrap_or(0).max(1)
    }

    /// Height of the legend when it stands above a plot area `width` units wide.
    pub(crate) fn height_above(&self, width: i32) -> i32 {
        i32::try_from(self.entries.len().div_ceil(self.per_row(width))).unwrap_or(0) * ROW
    }

    /// Draws the box at `bounds` (page units).
    pub(crate) fn draw_in(&self, page: &Area, (x0, y0, x1, y1): Bounds) -> Drawn {
        page.draw(&Rectangle::new([(x0, y0), (x1, y1)], WHITE.mix(0.85).filled()))?;
        page.draw(&Rectangle::new([(x0, y0), (x1, y1)], line(GRID, 1.0)))?;
        let rows = (y0 + PADDING / 2..).step_by(ROW.unsigned_abs() as usize);
        for (entry, y) in self.entries.iter().zip(rows) {
            draw_entry(page, entry, (x0 + PADDING, y + ROW / 2))?;
        }
        Ok(())
    }

    /// Draws the entries side by side from `corner` (page units), in rows of `width` units.
    pub(crate) fn draw_above(&self, page: &Area, corner: (i32, i32), width: i32) -> Drawn {
        for (row, y) in
            self.entries.chunks(self.per_row(width)).zip((corner.1..).step_by(ROW.unsigned_abs() as usize))
        {
            let step = self.cell_width() + 3 * PADDING;
            for (entry, x) in row.iter().zip((corner.0..).step_by(step.unsigned_abs() as usize)) {
                draw_entry(page, entry, (x, y + ROW / 2))?;
            }
        }
        Ok(())
    }
}

fn draw_entry(page: &Area, (name, style, _): &(String, SeriesStyle, i32), (x, y): BackendCoord) -> Drawn {
    match style.stroke {
        Stroke::Dots => draw_curve(page, &[(x + SAMPLE / 2, y)], *style)?,
        _ => draw_curve(page, &[(x, y), (x + SAMPLE, y)], *style)?,
    }
    let names = text(SIZE, INK, HPos::Left, VPos::Center);
    page.draw(&Text::new(name.as_str(), (x + SAMPLE + PADDING, y), names))
}

/// Draws a curve (page units) in its colour and dash, or its points.
pub(crate) fn draw_curve(page: &Area, path: &[BackendCoord], style: SeriesStyle) -> Drawn {
    let pen = line(style.colour, CURVE_WIDTH);
    match style.stroke {
        Stroke::Solid => page.draw(&PathElement::new(path.to_vec(), pen)),
        Stroke::Dashed(dash, gap) => {
            page.draw(&DashedPathElement::new(path.iter().copied(), dash * UNIT, gap * UNIT, pen))
        }
        Stroke::Dots => {
            path.iter().try_for_each(|&at| page.draw(&Circle::new(at, DOT * UNIT, solid(style.colour))))
        }
    }
}

/// Whether the polyline meets the rectangle.
fn touches(path: &[BackendCoord], bounds: Bounds) -> bool {
    path.windows(2).any(|pair| segment_meets(pair[0], pair[1], bounds))
        || path.iter().any(|&point| segment_meets(point, point, bounds))
}

/// Liang–Barsky: the part of the segment inside all four half planes is not empty.
fn segment_meets(a: BackendCoord, b: BackendCoord, (x0, y0, x1, y1): Bounds) -> bool {
    let (dx, dy) = (f64::from(b.0 - a.0), f64::from(b.1 - a.1));
    let sides = [(-dx, a.0 - x0), (dx, x1 - a.0), (-dy, a.1 - y0), (dy, y1 - a.1)];
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (slope, room) in sides {
        let room = f64::from(room);
        if slope == 0.0 {
            if room < 0.0 {
                return false;
            }
        } else if slope < 0.0 {
            enter = enter.max(room / slope);
        } else {
            leave = leave.min(room / slope);
        }
    }
    enter <= leave
}
