//! Curves with bands: mean over trials, ± one standard deviation.

use std::path::Path;

use ndarray::ArrayView1;
use plotters::coord::ranged1d::Ranged;
use plotters::element::Polygon;
use plotters::element::Text;
use plotters::style::Color;
use plotters::style::{FontTransform, RGBColor};
use plotters_backend::BackendCoord;
use plotters_backend::text_anchor::{HPos, VPos};

use super::axis::{Axis, Frame, Plot, border, check_size, solid};
use super::file::refused;
use super::font::text;
use super::legend::{Bounds, Legend, draw_curve};
use super::page::{Area, Drawn, Page};
use super::palette::{self, INK, SeriesStyle, Stroke};
use super::units::UNIT;
use crate::error::{Error, Result, check};
use crate::experiment::Curve;

/// Plot area in CSS pixels: 3 × 1.5 inches at 192 pixels an inch.
pub(crate) const PLOT: (i32, i32) = (576, 288);
/// Room round it: left (and right, beside a second axis), bottom, top, right.
pub(crate) const LEFT: i32 = 84;
pub(crate) const BOTTOM: i32 = 62;
pub(crate) const TOP: i32 = 14;
const RIGHT: i32 = 22;
/// Sizes of the axis labels and of the tick labels in CSS pixels.
pub(crate) const LABEL_SIZE: f64 = 20.0;
pub(crate) const TICK_SIZE: f64 = 18.0;
/// Most ticks on the axes.
pub(crate) const X_TICKS: usize = 9;
pub(crate) const Y_TICKS: usize = 8;
/// Opacity of a band.
const BAND: f64 = 0.25;

/// What stands at the axes of [`curves`] and of [`curve_panels`](super::curve_panels).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axes {
    /// Label of the horizontal axis.
    pub x_label: String,
    /// Label of the vertical axis.
    pub y_label: String,
    /// Ends of the vertical axis, moved outwards where a mean would be cut off; `None` takes them from the data.
    pub y_range: Option<(f64, f64)>,
}

impl Axes {
    /// The labels, the vertical range being left to the data.
    pub fn new(x_label: impl Into<String>, y_label: impl Into<String>) -> Self {
        Self { x_label: x_label.into(), y_label: y_label.into(), y_range: None }
    }
}

/// Draws every curve as a line with a band mean ± std, a grid and a legend, into `STEM.svg` and `STEM.png`.
///
/// The plot area has the proportions 3 × 1.5. Bands are cut off at its edges, curves never. Where curves leave no room
/// for the legend it stands above the plot; a single curve has none. Series are told apart by
/// colour and dash (see [`OKABE_ITO`](super::OKABE_ITO)), the same in every figure that shows a series of that name.
///
/// # Errors
/// [`Error::Empty`] without curves or points, [`Error::Shape`] if `x`, `mean` and `std` differ in length,
/// [`Error::NotFinite`] on NaN or an infinity, [`Error::Domain`] if `x` does not ascend, a `std` is negative or
/// `y_range` is not ascending, [`Error::Io`] naming a file that cannot be written.
pub fn curves(stem: &Path, curves: &[Curve], axes: &Axes) -> Result<()> {
    if curves.is_empty() {
        return Err(Error::Empty { argument: "curves", expected: "curve" });
    }
    curves.iter().try_for_each(check_curve)?;
    let x = Axis::over(x_range(curves), X_TICKS);
    let y = Axis::over(y_range(curves, axes.y_range)?, Y_TICKS);
    let styles: Vec<_> =
        curves.iter().enumerate().map(|(i, curve)| palette::series(&curve.series, i)).collect();

    let legend = legend(curves, &styles)?;
    let size = (PLOT.0 * UNIT, PLOT.1 * UNIT);
    let spot = legend.as_ref().and_then(|legend| spot(legend, size, curves, &x, &y));
    let extra = match (&legend, spot) {
        (Some(legend), None) => legend.height_above(size.0) + 6 * UNIT,
        _ => 0,
    };
    let top = TOP + extra / UNIT;
    let mut page = Page::new(LEFT + PLOT.0 + RIGHT, top + PLOT.1 + BOTTOM)?;
    let draw = |area: &Area| -> Drawn {
        let room = area.clone().shrink((0, top * UNIT), ((LEFT + PLOT.0) * UNIT, (PLOT.1 + BOTTOM) * UNIT));
        let plot = Frame::new(&x, &y, LEFT * UNIT, BOTTOM * UNIT, TICK_SIZE).draw(&room)?;
        for (curve, style) in curves.iter().zip(&styles) {
            draw_band(&plot, curve, y.range, style.colour)?;
        }
        for (curve, style) in curves.iter().zip(&styles) {
            draw_mean(&plot, curve, *style)?;
        }
        border(&plot)?;
        x_label(area, &axes.x_label, top)?;
        y_label(area, &axes.y_label, top, Side::Left, INK)?;
        match (&legend, spot) {
            (Some(legend), Some((x0, y0, x1, y1))) => {
                let (dx, dy) = (LEFT * UNIT, top * UNIT);
                legend.draw_in(area, (x0 + dx, y0 + dy, x1 + dx, y1 + dy))
            }
            (Some(legend), None) => legend.draw_above(area, (LEFT * UNIT, TOP * UNIT), size.0),
            (None, _) => Ok(()),
        }
    };
    draw(&page.area()).map_err(refused("curves"))?;
    page.save(stem)
}

/// Lengths agree, everything is finite, `x` ascends.
pub(crate) fn check_curve(curve: &Curve) -> Result<()> {
    if curve.x.is_empty() {
        return Err(Error::Empty { argument: "curve", expected: "point" });
    }
    check::shape("mean", &[curve.x.len()], &[curve.mean.len()])?;
    check::shape("std", &[curve.x.len()], &[curve.std.len()])?;
    for (argument, numbers) in [("x", &curve.x), ("mean", &curve.mean), ("std", &curve.std)] {
        check::finite(argument, &ArrayView1::from(numbers))?;
        check_size(argument, numbers)?;
    }
    if let Some(pair) = curve.x.windows(2).find(|pair| pair[1] <= pair[0]) {
        return Err(Error::Domain { argument: "x", value: pair[1], must: "greater than the x before it" });
    }
    curve.std.iter().try_for_each(|&std| check::not_negative("std", std))
}

/// Hull of the abscissae.
pub(crate) fn x_range<'c>(curves: impl IntoIterator<Item = &'c Curve>) -> (f64, f64) {
    hull(curves.into_iter().flat_map(|curve| curve.x.iter().copied()))
}

/// The asked range, or that of the bands with a little air; every mean lies in it.
///
/// Bands of curves that are never negative are cut at 0, where the range also starts if it would start close to it.
pub(crate) fn y_range<'c>(
    curves: impl IntoIterator<Item = &'c Curve> + Clone,
    asked: Option<(f64, f64)>,
) -> Result<(f64, f64)> {
    let means = hull(curves.clone().into_iter().flat_map(|curve| curve.mean.iter().copied()));
    if let Some((lo, hi)) = asked {
        if !(lo.is_finite() && hi.is_finite() && lo < hi) {
            return Err(Error::Domain {
                argument: "y_range",
                value: hi,
                must: "finite and above its other end",
            });
        }
        check_size("y_range", [&lo, &hi])?;
        return Ok((lo.min(means.0), hi.max(means.1)));
    }
    let ends = curves
        .into_iter()
        .flat_map(|curve| curve.mean.iter().zip(&curve.std).flat_map(|(mean, std)| [mean - std, mean + std]));
    let (lo, hi) = hull(ends);
    let air = 0.05 * (hi - lo);
    let starts_at_zero = means.0 >= 0.0 && lo - air < 0.2 * hi;
    Ok((if starts_at_zero { 0.0 } else { lo - air }, hi + air))
}

fn hull(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), value| (lo.min(value), hi.max(value)))
}

fn legend(curves: &[Curve], styles: &[SeriesStyle]) -> Result<Option<Legend>> {
    if curves.len() == 1 {
        return Ok(None);
    }
    let names = curves.iter().map(|curve| curve.series.clone());
    Legend::new(names.zip(styles.iter().copied()).collect()).map(Some)
}

/// The legend's box inside a plot area of `size`, from the area's corner.
fn spot(legend: &Legend, size: (i32, i32), curves: &[Curve], x: &Axis, y: &Axis) -> Option<Bounds> {
    let across = |value: f64| x.map(&value, (0, size.0));
    let down = |value: f64| y.map(&value, (size.1, 0));
    let paths: Vec<Vec<_>> = curves
        .iter()
        .map(|curve| curve.x.iter().zip(&curve.mean).map(|(&x, &mean)| (across(x), down(mean))).collect())
        .collect();
    let bands: Vec<Vec<_>> = curves
        .iter()
        .map(|curve| {
            let means = curve.mean.iter().zip(&curve.std);
            let ends = curve.x.iter().zip(means);
            ends.map(|(&x, (mean, std))| (across(x), down(mean + std), down(mean - std))).collect()
        })
        .collect();
    legend.place(size, &paths, &bands)
}

/// The band mean ± std, cut exactly at the ends of the vertical axis.
pub(crate) fn draw_band(plot: &Plot, curve: &Curve, y_range: (f64, f64), colour: RGBColor) -> Drawn {
    let end = |sign: f64| {
        let spread = curve.mean.iter().zip(&curve.std).map(move |(mean, std)| mean + sign * std);
        curve.x.iter().copied().zip(spread)
    };
    let outline: Vec<_> = end(1.0).chain(end(-1.0).collect::<Vec<_>>().into_iter().rev()).collect();
    let outline = keep(&keep(&outline, |y| y_range.1 - y), |y| y - y_range.0);
    let band = solid(colour);
    plot.draw(&Polygon::new(outline, band.color.mix(BAND).filled()))
}

/// The part of a polygon where `room(y) ≥ 0`, for a `room` linear in `y` (Sutherland–Hodgman).
fn keep(outline: &[(f64, f64)], room: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    let mut kept = Vec::with_capacity(outline.len() + 8);
    let successors = outline.iter().cycle().skip(1);
    for (&a, &b) in outline.iter().zip(successors) {
        let (room_a, room_b) = (room(a.1), room(b.1));
        if room_a >= 0.0 {
            kept.push(a);
        }
        if (room_a < 0.0) != (room_b < 0.0) {
            let share = room_a / (room_a - room_b);
            kept.push((a.0 + share * (b.0 - a.0), a.1 + share * (b.1 - a.1)));
        }
    }
    kept
}

/// The line through the means (a dot if there is only one).
pub(crate) fn draw_mean(plot: &Plot, curve: &Curve, style: SeriesStyle) -> Drawn {
    let path: Vec<BackendCoord> =
        curve.x.iter().zip(&curve.mean).map(|(&x, &mean)| plot.map_coordinate(&(x, mean))).collect();
    let page = plot.use_screen_coord();
    match path[..] {
        [point] if style.stroke != Stroke::Dots => {
            page.draw(&plotters::element::Circle::new(point, 3 * UNIT, solid(style.colour)))
        }
        _ => draw_curve(&page, &path, style),
    }
}

/// Label of the horizontal axis, below the plot area that starts `top` CSS pixels down the page.
pub(crate) fn x_label(page: &Area, label: &str, top: i32) -> Drawn {
    let style = text(LABEL_SIZE, INK, HPos::Center, VPos::Bottom);
    let anchor = ((LEFT + PLOT.0 / 2) * UNIT, (top + PLOT.1 + BOTTOM - 6) * UNIT);
    page.draw(&Text::new(label, anchor, style))
}

/// Where a vertical axis stands.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    /// Left of the plot area.
    Left,
    /// Right of it.
    Right,
}

/// Label of a vertical axis, turned to read upwards.
pub(crate) fn y_label(page: &Area, label: &str, top: i32, side: Side, colour: RGBColor) -> Drawn {
    let (x, vertical) = match side {
        Side::Left => (6, VPos::Top),
        Side::Right => (2 * LEFT + PLOT.0 - 6, VPos::Bottom),
    };
    let style = text(LABEL_SIZE, colour, HPos::Center, vertical).transform(FontTransform::Rotate270);
    page.draw(&Text::new(label, (x * UNIT, (top + PLOT.1 / 2) * UNIT), style))
}
