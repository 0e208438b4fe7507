//! Ranges, ticks and the frame round a plot.

use plotters::chart::{ChartBuilder, LabelAreaPosition};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::drawing::DrawingArea;
use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::{Color, RGBColor, ShapeStyle};
use plotters_backend::text_anchor::{HPos, VPos};

use super::font::text;
use super::page::{Area, Drawn, Page};
use super::palette::{GRID, INK};
use super::units::UNIT;
use crate::error::{Error, Result};

/// A plot area of a [`Page`] with its coordinates.
pub(crate) type Plot<'p> = DrawingArea<&'p mut Page, Plane>;
/// Two numeric axes.
pub(crate) type Plane = Cartesian2d<Axis, Axis>;

/// Length of a tick in units; plotters puts the tick's label twice as far away.
const TICK: i32 = 5 * UNIT;

/// One axis: its range and where the ticks stand.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    /// The values at its ends.
    pub(crate) range: (f64, f64),
    /// Ticks inside the range, ascending.
    pub(crate) ticks: Vec<f64>,
    decimals: usize,
    scale: AxisScale,
}

/// The largest absolute value that is drawn: widths of ranges, with air around them, are numbers then.
const LARGEST: f64 = 1e300;

/// Every number is small enough to stand on an axis.
///
/// # Errors
/// [`Error::Domain`] if one is above `1e300` in absolute value.
pub(crate) fn check_size<'a>(
    argument: &'static str,
    numbers: impl IntoIterator<Item = &'a f64>,
) -> Result<()> {
    match numbers.into_iter().find(|number| number.abs() > LARGEST) {
        Some(&value) => {
            Err(Error::Domain { argument, value, must: "at most 1e300 in absolute value to be drawn" })
        }
        None => Ok(()),
    }
}

/// How the values stand on an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AxisScale {
    /// Equal differences at equal distances.
    #[default]
    Linear,
    /// Equal ratios at equal distances; all values are positive.
    Logarithmic,
}

impl Axis {
    /// An axis over `range` (widened if it is a single value) with at most `most` ticks, a round number apart.
    pub(crate) fn over((lo, hi): (f64, f64), most: usize) -> Self {
        let width = if hi > lo { hi - lo } else { 0.0 };
        let floor = 1e-9 * lo.abs().max(hi.abs());
        let (lo, hi) = if width > floor { (lo, hi) } else { (lo - 0.5, lo + 0.5) };
        let smallest = (hi - lo) / most as f64;
        let decade = 10.0_f64.powi(exponent(smallest));
        // Of 1, 2, 2.5, 5 times a power of ten, the first that leaves few enough ticks.
        let steps = [1.0, 2.0, 2.5, 5.0, 10.0, 20.0].map(|factor| factor * decade);
        let fits = |step: f64| (hi / step + 1e-9).floor() - (lo / step - 1e-9).ceil() + 1.0 <= most as f64;
        let step = steps.into_iter().find(|&step| fits(step)).unwrap_or(hi - lo);
        let mut ticks = Vec::new();
        let mut multiple = (lo / step - 1e-9).ceil();
        while multiple <= hi / step + 1e-9 {
            ticks.push((multiple * step).clamp(lo, hi));
            multiple += 1.0;
        }
        let is_written_by = |decimals: &usize| {
            let scaled = step * 10.0_f64.powi(i32::try_from(*decimals).unwrap_or(0));
            (scaled - scaled.round()).abs() < 1e-6 * scaled
        };
        Self {
            range: (lo, hi),
            ticks,
            decimals: (0..12).find(is_written_by).unwrap_or(12),
            scale: AxisScale::Linear,
        }
    }

    /// A logarithmic axis over `0 < lo ≤ hi` with ticks at 1, 2 and 5 times the powers of ten, or the powers alone where those
    /// would be more than `most`.
    pub(crate) fn logarithmic((lo, hi): (f64, f64), most: usize) -> Self {
        let (lo, hi) = if hi > lo { (lo, hi) } else { (lo / 2.0, lo * 2.0) };
        let ticks = |factors: &[f64]| -> Vec<f64> {
            let decades = exponent(lo)..=exponent(hi);
            let all =
                decades.flat_map(|decade| factors.iter().map(move |factor| factor * 10.0_f64.powi(decade)));
            all.filter(|tick| (lo..=hi).contains(tick)).collect()
        };
        let [every, powers] = [&[1.0, 2.0, 5.0][..], &[1.0]].map(ticks);
        let ticks = if every.len() <= most { every } else { powers };
        Self { range: (lo, hi), ticks, decimals: 0, scale: AxisScale::Logarithmic }
    }

    /// Where a value stands, from 0 to 1.
    fn share(&self, value: f64) -> f64 {
        let (lo, hi) = self.range;
        match self.scale {
            AxisScale::Linear => (value - lo) / (hi - lo),
            AxisScale::Logarithmic if (hi / lo).is_finite() => (value / lo).ln() / (hi / lo).ln(),
            AxisScale::Logarithmic => (value.ln() - lo.ln()) / (hi.ln() - lo.ln()),
        }
    }

    /// A tick's label, with a true minus sign.
    pub(crate) fn label(&self, tick: f64) -> String {
        match self.scale {
            AxisScale::Linear => signed(tick, self.decimals),
            AxisScale::Logarithmic => tick.to_string(),
        }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    #[allow(clippy::cast_possible_truncation)] // a place on the page
    fn map(&self, value: &f64, (first, last): (i32, i32)) -> i32 {
        first + (self.share(*value) * f64::from(last - first)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.range.0..self.range.1
    }
}

impl ValueFormatter<f64> for Axis {
    fn format(value: &f64) -> String {
        value.to_string()
    }

    fn format_ext(&self, value: &f64) -> String {
        self.label(*value)
    }
}

/// `value` with `decimals` digits, a true minus sign and no negative zero.
pub(crate) fn signed(value: f64, decimals: usize) -> String {
    let digits = format!("{:.decimals$}", value.abs());
    let is_zero = digits.chars().all(|c| c == '0' || c == '.');
    if value < 0.0 && !is_zero { format!("−{digits}") } else { digits }
}

#[allow(clippy::cast_possible_truncation)] // a double's exponent
fn exponent(value: f64) -> i32 {
    value.log10().floor() as i32
}

/// A solid line `width` CSS pixels wide.
pub(crate) fn line(colour: RGBColor, width: f64) -> ShapeStyle {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a few units
    let units = (width * f64::from(UNIT)).round() as u32;
    ShapeStyle { color: colour.to_rgba(), filled: false, stroke_width: units }
}

/// Filled with `colour`.
pub(crate) fn solid(colour: RGBColor) -> ShapeStyle {
    ShapeStyle { color: colour.to_rgba(), filled: true, stroke_width: 1 }
}

/// What a frame round a plot area shows.
pub(crate) struct Frame<'a> {
    /// Horizontal axis.
    pub(crate) x: &'a Axis,
    /// Vertical axis.
    pub(crate) y: &'a Axis,
    /// Room in units for the labels on the left, 0 for none; the plot area takes the rest of its rectangle.
    pub(crate) left: i32,
    /// The same below.
    pub(crate) bottom: i32,
    /// Colour of the labels on the left.
    pub(crate) y_colour: RGBColor,
    /// Colour of the grid lines; `None` for no grid.
    pub(crate) grid: Option<RGBColor>,
    /// Size of the tick labels in CSS pixels.
    pub(crate) size: f64,
}

impl<'a> Frame<'a> {
    /// A frame with a grid.
    pub(crate) fn new(x: &'a Axis, y: &'a Axis, left: i32, bottom: i32, size: f64) -> Self {
        Self { x, y, left, bottom, y_colour: INK, grid: Some(GRID), size }
    }

    /// Draws grid, ticks and their labels in `area`.
    pub(crate) fn draw<'p>(&self, area: &Area<'p>) -> Drawn<Plot<'p>> {
        let mut chart = ChartBuilder::on(area)
            .set_label_area_size(LabelAreaPosition::Left, self.left)
            .set_label_area_size(LabelAreaPosition::Bottom, self.bottom)
            .build_cartesian_2d(self.x.clone(), self.y.clone())?;
        let mut mesh = chart.configure_mesh();
        mesh.bold_line_style(line(self.grid.unwrap_or(GRID), 1.0))
            .axis_style(line(INK, 1.0))
            .set_all_tick_mark_size(TICK)
            .x_label_style(text(self.size, INK, HPos::Center, VPos::Top))
            .y_label_style(text(self.size, self.y_colour, HPos::Right, VPos::Center));
        if self.grid.is_none() {
            mesh.disable_mesh();
        }
        mesh.draw()?;
        Ok(in_coordinates(chart.plotting_area(), self.x, self.y))
    }
}

/// The box round a plot area, drawn last so that nothing covers it.
pub(crate) fn border(plot: &Plot) -> Drawn {
    let (x, y) = plot.get_pixel_range();
    plot.use_screen_coord().draw(&Rectangle::new([(x.start, y.start), (x.end, y.end)], line(INK, 1.0)))
}

/// A second vertical axis on the right of `plot`: draws its ticks on `page` and returns the plot area in its coordinates.
pub(crate) fn right_axis<'p>(
    page: &Area<'p>,
    plot: &Plot<'p>,
    (x, y): (&Axis, &Axis),
    (size, colour): (f64, RGBColor),
) -> Drawn<Plot<'p>> {
    let edge = plot.get_pixel_range().0.end;
    let plot = in_coordinates(plot, x, y);
    for &tick in &y.ticks {
        let (_, height) = plot.map_coordinate(&(x.range.1, tick));
        page.draw(&PathElement::new(vec![(edge, height), (edge + TICK, height)], line(INK, 1.0)))?;
        let style = text(size, colour, HPos::Left, VPos::Center);
        page.draw(&Text::new(y.label(tick), (edge + 2 * TICK, height), style))?;
    }
    Ok(plot)
}

/// The rectangle of `plot` with its corners at the ends of the axes (plotters' own charts are a unit too high).
fn in_coordinates<'p>(plot: &Plot<'p>, x: &Axis, y: &Axis) -> Plot<'p> {
    let (across, down) = plot.get_pixel_range();
    plot.strip_coord_spec().apply_coord_spec(Plane::new(x.clone(), y.clone(), (across, down.end..down.start)))
}
