//! A row of square panels of one size, titled, with an optional colour bar on the right.

use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::RGBColor;
use plotters_backend::text_anchor::{HPos, VPos};

use super::axis::{Axis, Frame, Plot, line, solid};
use super::font::{text, text_width};
use super::page::{Area, Drawn};
use super::palette::INK;
use super::units::UNIT;
use crate::error::Result;

/// Height of the titles' line, distance between panels, room on the far left and right, in CSS pixels.
const TITLE: i32 = 40;
const GAP: i32 = 32;
const EDGE: i32 = 18;
/// Width of the colour bar and room for its labels in CSS pixels.
const BAR: i32 = 18;
const BAR_LABELS: i32 = 74;
/// Size of the titles, and of the labels at a panel, in CSS pixels.
const TITLE_SIZE: f64 = 24.0;
const LABEL_SIZE: f64 = 20.0;

/// The layout: `count` panels of `side` CSS pixels, with room `left` and `bottom` for tick labels.
pub(crate) struct Panels {
    /// Number of panels.
    pub(crate) count: i32,
    /// Side of a panel in CSS pixels.
    pub(crate) side: i32,
    /// Room left of the first panel for tick labels, in CSS pixels.
    pub(crate) left: i32,
    /// Room below the panels for tick labels, in CSS pixels.
    pub(crate) bottom: i32,
    /// What stands on the right.
    pub(crate) right: Right,
}

/// The right end of the row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// Nothing.
    Margin,
    /// A colour bar.
    ColourBar,
}

impl Panels {
    /// Width and height of the page in CSS pixels.
    pub(crate) fn page_size(&self) -> (i32, i32) {
        let bar = match self.right {
            Right::Margin => 0,
            Right::ColourBar => GAP + BAR + BAR_LABELS - EDGE,
        };
        let row = self.count * self.side + (self.count - 1) * GAP;
        (EDGE + self.left + row + bar + EDGE, TITLE + self.side + EDGE + self.bottom)
    }

    /// Upper left corner of a panel in units.
    pub(crate) fn corner(&self, index: usize) -> (i32, i32) {
        let index = i32::try_from(index).unwrap_or(0);
        ((EDGE + self.left + index * (self.side + GAP)) * UNIT, TITLE * UNIT)
    }

    /// Writes the titles above the panels, smaller where one would be wider than its panel.
    pub(crate) fn draw_titles(&self, page: &Area, titles: &[Title]) -> Drawn {
        for (index, title) in titles.iter().enumerate() {
            let (x, y) = self.corner(index);
            let style = text(title.size, INK, HPos::Center, VPos::Bottom);
            page.draw(&Text::new(title.line.as_str(), (x + self.side * UNIT / 2, y - 6 * UNIT), style))?;
        }
        Ok(())
    }

    /// A panel's axes with tick labels in the given room (left, below) in CSS pixels; no grid.
    pub(crate) fn frame<'p>(
        &self,
        page: &Area<'p>,
        index: usize,
        (x, y): (&Axis, &Axis),
        (left, bottom): (i32, i32),
    ) -> Drawn<Plot<'p>> {
        let (x0, y0) = self.corner(index);
        let size = ((left + self.side) * UNIT, (self.side + bottom) * UNIT);
        let room = page.clone().shrink((x0 - left * UNIT, y0), size);
        let mut frame = Frame::new(x, y, left * UNIT, bottom * UNIT, LABEL_SIZE);
        frame.grid = None;
        frame.draw(&room)
    }

    /// The colour bar: `colours` from bottom to top, `labels` at shares of its height from the bottom.
    pub(crate) fn draw_bar(&self, page: &Area, colours: &[RGBColor], labels: &[(f64, String)]) -> Drawn {
        let (last, top) = self.corner(usize::try_from(self.count - 1).unwrap_or(0));
        let (x0, x1) = (last + (self.side + GAP) * UNIT, last + (self.side + GAP + BAR) * UNIT);
        let height = f64::from(self.side * UNIT);
        #[allow(clippy::cast_possible_truncation)] // inside the page
        let at = |share: f64| top + ((1.0 - share) * height).round() as i32;
        for (step, &colour) in colours.iter().enumerate() {
            // Each step also lies under the later ones, so that no seam shows between them.
            let bottom = at(step as f64 / colours.len() as f64);
            page.draw(&Rectangle::new([(x0, at(1.0)), (x1, bottom)], solid(colour)))?;
        }
        page.draw(&Rectangle::new([(x0, at(1.0)), (x1, at(0.0))], line(INK, 1.0)))?;
        for (share, label) in labels {
            let y = at(*share);
            page.draw(&PathElement::new(vec![(x1, y), (x1 + 5 * UNIT, y)], line(INK, 1.0)))?;
            let style = text(LABEL_SIZE, INK, HPos::Left, VPos::Center);
            page.draw(&Text::new(label.as_str(), (x1 + 9 * UNIT, y), style))?;
        }
        Ok(())
    }
}

/// A title with the size at which it fits its panel.
pub(crate) struct Title {
    line: String,
    size: f64,
}

impl Title {
    /// `line` for a panel of `side` CSS pixels.
    pub(crate) fn fit(line: &str, side: i32) -> Result<Self> {
        let width = f64::from(text_width(line, TITLE_SIZE)?.max(1));
        let size = TITLE_SIZE * (f64::from(side * UNIT) / width).min(1.0);
        Ok(Self { line: line.into(), size: (size * 10.0).floor() / 10.0 })
    }
}
