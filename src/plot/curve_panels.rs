//! Panels of curves, each with its own axes, under one legend.

use std::path::Path;

use plotters::element::Text;
use plotters::style::FontTransform;
use plotters_backend::text_anchor::{HPos, VPos};

use super::axis::{Axis, AxisScale, Frame, border};
use super::curves::{Axes, PLOT, check_curve, draw_band, draw_mean, x_range, y_range};
use super::file::refused;
use super::font::text;
use super::legend::Legend;
use super::page::{Area, Drawn, Page};
use super::palette::{self, INK, SeriesStyle, Stroke};
use super::units::UNIT;
use crate::error::{Error, Result};
use crate::experiment::Curve;

/// A curve, and how it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    name: String,
    curve: Curve,
    colour: usize,
    stroke: Stroke,
    has_band: bool,
}

impl Series {
    /// A solid line with its band, called `name` in the legend; `colour` is a place in a palette of eleven, whose first seven
    /// are [`OKABE_ITO`](super::OKABE_ITO).
    ///
    /// Series of different panels with the same name are one entry of the legend, and should look the same.
    pub fn line(name: impl Into<String>, curve: &Curve, colour: usize) -> Self {
        Self { name: name.into(), curve: curve.clone(), colour, stroke: Stroke::Solid, has_band: true }
    }

    /// The same, dashed.
    pub fn dashed(name: impl Into<String>, curve: &Curve, colour: usize) -> Self {
        Self { stroke: Stroke::Dashed(9, 5), ..Self::line(name, curve, colour) }
    }

    /// A dot at every point instead of a line.
    pub fn dots(name: impl Into<String>, curve: &Curve, colour: usize) -> Self {
        Self { stroke: Stroke::Dots, ..Self::line(name, curve, colour) }
    }

    /// Without the band: what is known exactly, or one of many.
    #[must_use]
    pub fn without_band(mut self) -> Self {
        self.has_band = false;
        self
    }

    fn style(&self) -> SeriesStyle {
        SeriesStyle { colour: palette::colour(self.colour), stroke: self.stroke }
    }
}

/// One panel of [`curve_panels`].
#[derive(Clone, Debug, PartialEq)]
pub struct CurvePanel {
    /// Stands above it; may be empty.
    pub title: String,
    /// Its axes.
    pub axes: Axes,
    /// Its series; earlier ones lie over later ones.
    pub series: Vec<Series>,
    /// How the vertical axis is divided.
    pub scale: AxisScale,
}

/// Size of a plot area in CSS pixels where two stand side by side, and the room round it.
const SIDE_BY_SIDE: (i32, i32) = (450, 300);
/// More panels than these stand four in a row.
const MANY: usize = 12;
const LEFT: i32 = 88;
const RIGHT: i32 = 34;
const TITLE: i32 = 42;
const NO_TITLE: i32 = 14;
const BOTTOM: i32 = 66;
const EDGE: i32 = 10;
/// Sizes of titles and axis labels, and of tick labels: those of [`curves`](super::curves), or larger where two panels share
/// the width.
const LABEL_SIZES: [f64; 2] = [20.0, 23.0];
const TICK_SIZES: [f64; 2] = [18.0, 20.0];
const X_TICKS: usize = 8;
const Y_TICKS: usize = 7;

/// How the panels stand on the page.
struct Layout {
    columns: usize,
    plot: (i32, i32),
    /// Height of the titles' line.
    title: i32,
    label_size: f64,
    tick_size: f64,
    /// Height of what stands above the first row, in CSS pixels.
    legend: i32,
}

impl Layout {
    fn of(panels: &[CurvePanel]) -> Self {
        let shared = usize::from(panels.len() > 1);
        let untitled = panels.iter().all(|panel| panel.title.is_empty());
        Self {
            columns: if panels.len() > MANY { 4 } else { 1 + shared },
            plot: [PLOT, SIDE_BY_SIDE][shared],
            title: if untitled { NO_TITLE } else { TITLE },
            label_size: LABEL_SIZES[shared],
            tick_size: TICK_SIZES[shared],
            legend: 0,
        }
    }

    fn cell(&self) -> (i32, i32) {
        (LEFT + self.plot.0 + RIGHT, self.title + self.plot.1 + BOTTOM)
    }

    fn page_size(&self, panels: usize) -> (i32, i32) {
        let count = |number: usize| i32::try_from(number).unwrap_or(0);
        let (width, height) = self.cell();
        (count(self.columns) * width, self.legend + count(panels.div_ceil(self.columns)) * height)
    }

    /// The rectangle of a panel with its labels.
    fn place<'p>(&self, page: &Area<'p>, index: usize) -> Area<'p> {
        let count = |number: usize| i32::try_from(number).unwrap_or(0);
        let (width, height) = self.cell();
        let (column, row) = (count(index % self.columns), count(index / self.columns));
        let corner = (column * width * UNIT, (self.legend + row * height) * UNIT);
        page.clone().shrink(corner, (width * UNIT, height * UNIT))
    }
}

/// Draws the panels, two in a row, under a legend of all their series, into `STEM.svg` and `STEM.png`.
///
/// # Errors
/// As [`curves`](super::curves); [`Error::Domain`] for what is not positive on a logarithmic axis.
pub fn curve_panels(stem: &Path, panels: &[CurvePanel]) -> Result<()> {
    if panels.is_empty() {
        return Err(Error::Empty { argument: "panels", expected: "panel" });
    }
    let axes = panels.iter().map(axes).collect::<Result<Vec<_>>>()?;
    let legend = Legend::new(entries(panels))?;
    let mut layout = Layout::of(panels);
    let (width, _) = layout.page_size(panels.len());
    let legend_width = (width - LEFT - RIGHT) * UNIT;
    layout.legend = EDGE + legend.height_above(legend_width) / UNIT;
    let size = layout.page_size(panels.len());
    let mut page = Page::new(size.0, size.1)?;
    let draw = |area: &Area| -> Drawn {
        legend.draw_above(area, (LEFT * UNIT, EDGE * UNIT), legend_width)?;
        panels.iter().zip(&axes).enumerate().try_for_each(|(index, (panel, axes))| {
            draw_panel(&layout.place(area, index), panel, axes, &layout)
        })
    };
    draw(&page.area()).map_err(refused("panels of curves"))?;
    page.save(stem)
}

/// Every name once, those of the panel with the most series first.
fn entries(panels: &[CurvePanel]) -> Vec<(String, SeriesStyle)> {
    let mut by_series: Vec<&CurvePanel> = panels.iter().collect();
    by_series.sort_by_key(|panel| std::cmp::Reverse(panel.series.len()));
    let mut entries: Vec<(String, SeriesStyle)> = Vec::new();
    for series in by_series.into_iter().flat_map(|panel| &panel.series) {
        if !entries.iter().any(|(name, _)| *name == series.name) {
            entries.push((series.name.clone(), series.style()));
        }
    }
    entries
}

/// The axes of a panel whose series are fit to be drawn.
fn axes(panel: &CurvePanel) -> Result<(Axis, Axis)> {
    if panel.series.is_empty() {
        return Err(Error::Empty { argument: "series", expected: "curve" });
    }
    panel.series.iter().try_for_each(|series| check_curve(&series.curve))?;
    let shown: Vec<Curve> = panel.series.iter().map(shown).collect();
    let y = match panel.scale {
        AxisScale::Linear => Axis::over(y_range(&shown, panel.axes.y_range)?, Y_TICKS),
        AxisScale::Logarithmic => {
            let means = || shown.iter().flat_map(|curve| curve.mean.iter().copied());
            if let Some(value) = means().find(|&mean| mean <= 0.0) {
                return Err(Error::Domain {
                    argument: "mean",
                    value,
                    must: "positive on a logarithmic axis",
                });
            }
            let (lo, hi) = (means().fold(f64::INFINITY, f64::min), means().fold(0.0, f64::max));
            let air = (hi / lo).powf(0.05).max(1.05);
            let (from, to) = panel.axes.y_range.unwrap_or((lo / air, hi * air));
            Axis::logarithmic((from.min(lo), to.max(hi)), Y_TICKS)
        }
    };
    Ok((Axis::over(x_range(&shown), X_TICKS), y))
}

/// The curve, its spread being nothing where no band is shown.
fn shown(series: &Series) -> Curve {
    let mut curve = series.curve.clone();
    if !series.has_band {
        curve.std.fill(0.0);
    }
    curve
}

fn draw_panel(area: &Area, panel: &CurvePanel, (x, y): &(Axis, Axis), layout: &Layout) -> Drawn {
    let (width, height) = layout.plot;
    let room =
        area.clone().shrink((0, layout.title * UNIT), ((LEFT + width) * UNIT, (height + BOTTOM) * UNIT));
    let plot = Frame::new(x, y, LEFT * UNIT, BOTTOM * UNIT, layout.tick_size).draw(&room)?;
    for series in panel.series.iter().rev().filter(|series| series.has_band) {
        draw_band(&plot, &series.curve, y.range, series.style().colour)?;
    }
    for series in panel.series.iter().rev() {
        draw_mean(&plot, &series.curve, series.style())?;
    }
    border(&plot)?;
    let middle = LEFT + width / 2;
    let label = |vertical| text(layout.label_size, INK, HPos::Center, vertical);
    let write = |line: &str, (x, y): (i32, i32), style: plotters::style::TextStyle<'static>| {
        area.draw(&Text::new(line.to_owned(), (x * UNIT, y * UNIT), style))
    };
    write(&panel.title, (middle, layout.title - 8), label(VPos::Bottom))?;
    write(&panel.axes.x_label, (middle, layout.title + height + BOTTOM - 6), label(VPos::Bottom))?;
    let upwards = label(VPos::Top).transform(FontTransform::Rotate270);
    write(&panel.axes.y_label, (6, layout.title + height / 2), upwards)
}
