//! Filled contour plots of functions of the plane.

use std::path::Path;

use ndarray::ArrayView2;
use plotters::element::{Circle, Polygon};
use plotters::style::{RGBColor, WHITE};
use plotters_backend::BackendCoord;

use super::axis::{Axis, Plot, border, check_size, solid};
use super::file::refused;
use super::isoband::rings;
use super::page::{Area, Drawn, Page};
use super::palette::{class, diverging};
use super::panels::{Panels, Right, Title};
use super::scatter::check_points;
use super::units::UNIT;
use crate::data::Labels;
use crate::error::{Error, Result, check};

/// Side of a panel, and room for tick labels on the left and below, in CSS pixels.
const SIDE: i32 = 210;
const LEFT: i32 = 36;
const BOTTOM: i32 = 24;
/// Bands from the most negative to the most positive value; even, so that 0 is a contour.
const BANDS: usize = 12;

/// One panel of [`fields`].
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// Line above the panel.
    pub title: &'a str,
    /// `(rows, columns)` values on a regular grid: row 0 at the lower end of `y`, column 0 at the lower end of `x`.
    pub values: ArrayView2<'a, f64>,
}

/// The rectangle that the grids of [`fields`] cover, first and last grid point included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Domain {
    /// Lower and upper end across.
    pub x: (f64, f64),
    /// Lower and upper end up; as long as `x`.
    pub y: (f64, f64),
}

/// Points drawn over every panel of [`fields`].
#[derive(Clone, Copy, Debug)]
pub struct Points<'a> {
    /// `(n, 2)` coordinates; points outside the domain are left out.
    pub coordinates: ArrayView2<'a, f64>,
    /// Classes of the `n` points, for the colour.
    pub labels: &'a Labels,
}

/// Draws fields side by side as filled contours, blue below and red above zero, into `STEM.svg` and `STEM.png`.
///
/// Every panel has 12 bands of equal width between `−m` and `m`, where `m` is the largest absolute value of that field:
/// panels show shapes and signs, not relative sizes.
///
/// # Errors
/// [`Error::Empty`] without fields, [`Error::Shape`] if a grid is smaller than 2 × 2 or points do not match their
/// labels, [`Error::NotFinite`] on NaN or an infinity, [`Error::Domain`] if an end of the domain is not above the other
/// or its sides differ, [`Error::Io`] naming a file that cannot be written.
pub fn fields(stem: &Path, fields: &[Field], domain: Domain, points: Option<Points>) -> Result<()> {
    if fields.is_empty() {
        return Err(Error::Empty { argument: "fields", expected: "field" });
    }
    for field in fields {
        let (rows, columns) = field.values.dim();
        check::shape("field", &[rows.max(2), columns.max(2)], &[rows, columns])?;
        check::finite("field", &field.values)?;
        check_size("field", field.values)?;
    }
    check_domain(domain)?;
    if let Some(points) = points {
        check_points(points.coordinates, points.labels)?;
    }

    let count = i32::try_from(fields.len()).map_err(refused("fields"))?;
    let panels = Panels { count, side: SIDE, left: LEFT, bottom: BOTTOM, right: Right::ColourBar };
    let titles = fields.iter().map(|field| Title::fit(field.title, SIDE)).collect::<Result<Vec<_>>>()?;
    let (x, y) = (Axis::over(domain.x, 3), Axis::over(domain.y, 3));
    let (width, height) = panels.page_size();
    let mut page = Page::new(width, height)?;
    let draw = |area: &Area| -> Drawn {
        panels.draw_titles(area, &titles)?;
        for (index, field) in fields.iter().enumerate() {
            let left = if index == 0 { LEFT } else { 0 };
            let plot = panels.frame(area, index, (&x, &y), (left, BOTTOM))?;
            draw_bands(&plot, field.values)?;
            if let Some(points) = points {
                draw_points(&plot, points, domain)?;
            }
            border(&plot)?;
        }
        let colours: Vec<_> = (0..BANDS).map(colour).collect();
        let labels = [(0.0, "−max".into()), (0.5, "0".into()), (1.0, "max".into())];
        panels.draw_bar(area, &colours, &labels)
    };
    draw(&page.area()).map_err(refused("fields"))?;
    page.save(stem)
}

fn check_domain(domain: Domain) -> Result<()> {
    check_size("domain", [&domain.x.0, &domain.x.1, &domain.y.0, &domain.y.1])?;
    let lengths = [domain.x, domain.y].map(|(lo, hi)| hi - lo);
    for length in lengths {
        check::positive("domain", length)?;
    }
    if (lengths[0] - lengths[1]).abs() > 1e-9 * lengths[0] {
        return Err(Error::Domain { argument: "domain.y", value: lengths[1], must: "as long as domain.x" });
    }
    Ok(())
}

/// Colour of a band, counted from the most negative.
fn colour(band: usize) -> RGBColor {
    diverging((band as f64 + 0.5) / BANDS as f64)
}

/// Ascending boundaries between the bands of a field whose largest absolute value is `largest`.
fn thresholds(largest: f64) -> Vec<f64> {
    (1..BANDS).map(|step| largest * (2.0 * step as f64 / BANDS as f64 - 1.0)).collect()
}

fn draw_bands(plot: &Plot, values: ArrayView2<f64>) -> Drawn {
    let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let (across, down) = plot.get_pixel_range();
    let page = plot.use_screen_coord();
    let (columns, rows) = ((values.ncols() - 1) as f64, (values.nrows() - 1) as f64);
    let length = |range: &std::ops::Range<i32>| f64::from(range.end - range.start);
    #[allow(clippy::cast_possible_truncation)] // inside the page
    let place = |&(column, row): &(f64, f64)| -> BackendCoord {
        let right = (column / columns * length(&across)).round() as i32;
        let up = (row / rows * length(&down)).round() as i32;
        (across.start + right, down.end - up)
    };
    plot.fill(&colour(0))?;
    for ring in rings(values, &thresholds(largest)) {
        let mut corners: Vec<BackendCoord> = ring.corners.iter().map(place).collect();
        drop_needless(&mut corners);
        if corners.len() > 2 {
            page.draw(&Polygon::new(corners, solid(colour(ring.band))))?;
        }
    }
    Ok(())
}

/// Drops repeated corners and those on a straight line between their neighbours.
fn drop_needless(corners: &mut Vec<BackendCoord>) {
    corners.dedup();
    let mut kept: Vec<BackendCoord> = Vec::with_capacity(corners.len());
    for &corner in corners.iter() {
        while let [.., a, b] = kept[..] {
            let turn = (b.0 - a.0) * (corner.1 - a.1) - (b.1 - a.1) * (corner.0 - a.0);
            if turn != 0 {
                break;
            }
            kept.pop();
        }
        kept.push(corner);
    }
    *corners = kept;
}

fn draw_points(plot: &Plot, points: Points, domain: Domain) -> Drawn {
    let page = plot.use_screen_coord();
    let inside = |value: f64, (lo, hi): (f64, f64)| (lo..=hi).contains(&value);
    for (point, label) in points.coordinates.rows().into_iter().zip(points.labels.iter()) {
        if inside(point[0], domain.x) && inside(point[1], domain.y) {
            let at = plot.map_coordinate(&(point[0], point[1]));
            page.draw(&Circle::new(at, 3 * UNIT, solid(WHITE)))?;
            page.draw(&Circle::new(at, 2 * UNIT, solid(class(label))))?;
        }
    }
    Ok(())
}
