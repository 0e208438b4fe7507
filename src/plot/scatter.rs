//! Points of the plane, coloured by class.

use std::path::Path;

use ndarray::ArrayView2;
use plotters::element::{Circle, Polygon};
use plotters::style::RGBColor;
use plotters_backend::BackendCoord;

use super::axis::{Axis, border, check_size, solid};
use super::file::refused;
use super::page::{Area, Drawn, Page};
use super::palette::class;
use super::panels::{Panels, Right, Title};
use super::units::UNIT;
use crate::data::Labels;
use crate::error::{Error, Result, check};

/// Side of a panel, and room for its tick labels on the left and below, in CSS pixels.
const SIDE: i32 = 360;
const LEFT: i32 = 44;
const BOTTOM: i32 = 24;
/// Radius of a marker in CSS pixels.
const RADIUS: i32 = 4;
/// Most ticks on an axis.
const TICKS: usize = 7;

/// One panel of [`scatter`].
#[derive(Clone, Copy, Debug)]
pub struct ScatterPanel<'a> {
    /// Line above the panel.
    pub title: &'a str,
    /// `(n, 2)` coordinates.
    pub points: ArrayView2<'a, f64>,
    /// Classes of the `n` points; unknown ones are grey.
    pub labels: &'a Labels,
}

/// Draws point sets side by side on the same scale into `STEM.svg` and `STEM.png`.
///
/// A unit is as long across as up. Classes differ by colour and by shape (disc, square, triangle, diamond, then again).
///
/// # Errors
/// [`Error::Empty`] without panels or points, [`Error::Shape`] if `points` is not `(n, 2)` for the `n` labels,
/// [`Error::NotFinite`] on NaN or an infinity, [`Error::Io`] naming a file that cannot be written.
pub fn scatter(stem: &Path, panels: &[ScatterPanel]) -> Result<()> {
    if panels.is_empty() {
        return Err(Error::Empty { argument: "panels", expected: "panel" });
    }
    for panel in panels {
        check_points(panel.points, panel.labels)?;
    }
    let (x, y) = square(panels);
    let count = i32::try_from(panels.len()).map_err(refused("scatter"))?;
    let row = Panels { count, side: SIDE, left: LEFT, bottom: BOTTOM, right: Right::Margin };
    let titles = panels.iter().map(|panel| Title::fit(panel.title, SIDE)).collect::<Result<Vec<_>>>()?;
    let (width, height) = row.page_size();
    let mut page = Page::new(width, height)?;
    let draw = |area: &Area| -> Drawn {
        row.draw_titles(area, &titles)?;
        for (index, panel) in panels.iter().enumerate() {
            let left = if index == 0 { LEFT } else { 0 };
            let plot = row.frame(area, index, (&x, &y), (left, BOTTOM))?;
            let page = plot.use_screen_coord();
            for (point, label) in panel.points.rows().into_iter().zip(panel.labels.iter()) {
                let at = plot.map_coordinate(&(point[0], point[1]));
                draw_marker(&page, at, RADIUS * UNIT, label, class(label))?;
            }
            border(&plot)?;
        }
        Ok(())
    };
    draw(&page.area()).map_err(refused("scatter"))?;
    page.save(stem)
}

/// `points` is `(n, 2)`, finite, with a label each.
pub(crate) fn check_points(points: ArrayView2<f64>, labels: &Labels) -> Result<()> {
    check::shape("points", &[labels.len(), 2], points.shape())?;
    check::finite("points", &points)?;
    check_size("points", points)
}

/// Axes of equal length that hold all points with a little air.
pub(crate) fn square(panels: &[ScatterPanel]) -> (Axis, Axis) {
    let hull = |coordinate: usize| {
        let values = panels.iter().flat_map(|panel| panel.points.column(coordinate).to_vec());
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), value| (lo.min(value), hi.max(value)))
    };
    let (across, up) = (hull(0), hull(1));
    let half = 0.53 * (across.1 - across.0).max(up.1 - up.0);
    let half = if half > 0.0 { half } else { 1.0 };
    let axis = |(lo, hi): (f64, f64)| {
        let middle = f64::midpoint(lo, hi);
        Axis::over((middle - half, middle + half), TICKS)
    };
    (axis(across), axis(up))
}

/// Draws the shape of class `label` round `(x, y)`, of about the area of a disc of `radius`.
pub(crate) fn draw_marker(
    page: &Area,
    (x, y): BackendCoord,
    radius: i32,
    label: Option<usize>,
    colour: RGBColor,
) -> Drawn {
    let polygon = |corners: &[(i32, i32)]| {
        let corners: Vec<_> =
            corners.iter().map(|(dx, dy)| (x + dx * radius / 100, y + dy * radius / 100)).collect();
        page.draw(&Polygon::new(corners, solid(colour)))
    };
    match label.map(|label| label % 4) {
        Some(1) => polygon(&[(-90, -90), (90, -90), (90, 90), (-90, 90)]),
        Some(2) => polygon(&[(0, -130), (120, 80), (-120, 80)]),
        Some(3) => polygon(&[(0, -130), (130, 0), (0, 130), (-130, 0)]),
        _ => page.draw(&Circle::new((x, y), radius, solid(colour))),
    }
}
