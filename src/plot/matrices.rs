//! Matrices as grey images.

use std::path::Path;

use ndarray::Array2;
use plotters::element::Rectangle;
use plotters::style::RGBColor;

use super::axis::{Axis, check_size, line};
use super::file::refused;
use super::page::{Area, Drawn, Page};
use super::palette::{INK, grey};
use super::panels::{Panels, Right, Title};
use super::units::UNIT;
use crate::error::{Error, Result, check};

/// Side of a panel in CSS pixels.
const SIDE: i32 = 260;
/// Steps of the colour bar.
const STEPS: usize = 64;

/// Draws titled matrices side by side as grey images, black at `range.0` to white at `range.1`, with a colour bar, into
/// `STEM.svg` (the cells as an embedded image) and `STEM.png`.
///
/// Row 0 is on top. Panels are equally large; the cells of a panel are square and fill its longer side. Entries outside
/// `range` take the nearer end's grey.
///
/// # Errors
/// [`Error::Empty`] without matrices or entries, [`Error::NotFinite`] on NaN or an infinity, [`Error::Domain`] if
/// `range` is not ascending, [`Error::Io`] naming a file that cannot be written.
pub fn matrices(stem: &Path, matrices: &[(String, Array2<f64>)], range: (f64, f64)) -> Result<()> {
    if matrices.is_empty() {
        return Err(Error::Empty { argument: "matrices", expected: "matrix" });
    }
    for (_, matrix) in matrices {
        if matrix.is_empty() {
            return Err(Error::Empty { argument: "matrix", expected: "entry" });
        }
        check::finite("matrix", matrix)?;
        check_size("matrix", matrix)?;
    }
    if !(range.0.is_finite() && range.1.is_finite() && range.0 < range.1) {
        return Err(Error::Domain {
            argument: "range",
            value: range.1,
            must: "finite and above its other end",
        });
    }
    check_size("range", [&range.0, &range.1])?;

    let count = i32::try_from(matrices.len()).map_err(refused("matrices"))?;
    let panels = Panels { count, side: SIDE, left: 0, bottom: 0, right: Right::ColourBar };
    let titles = matrices.iter().map(|(title, _)| Title::fit(title, SIDE)).collect::<Result<Vec<_>>>()?;
    let (width, height) = panels.page_size();
    let mut page = Page::new(width, height)?;
    let mut boxes = Vec::new();
    for (index, (_, matrix)) in matrices.iter().enumerate() {
        let (corner, size) = centred(panels.corner(index), matrix.dim());
        page.image(corner, size, matrix.mapv(|value| grey(value, range)).view())?;
        boxes.push([corner, (corner.0 + size.0, corner.1 + size.1)]);
    }
    let shades: Vec<_> = (0..STEPS)
        .map(|step| {
            let value = grey(step as f64, (0.0, (STEPS - 1) as f64));
            RGBColor(value, value, value)
        })
        .collect();
    let axis = Axis::over(range, 5);
    let labels: Vec<_> =
        axis.ticks.iter().map(|&tick| ((tick - range.0) / (range.1 - range.0), axis.label(tick))).collect();
    let draw = |area: &Area| -> Drawn {
        for corners in boxes {
            area.draw(&Rectangle::new(corners, line(INK, 1.0)))?;
        }
        panels.draw_titles(area, &titles)?;
        panels.draw_bar(area, &shades, &labels)
    };
    draw(&page.area()).map_err(refused("matrices"))?;
    page.save(stem)
}

/// The largest rectangle of square cells in the panel at `corner`: its corner and size in units.
fn centred(corner: (i32, i32), (rows, columns): (usize, usize)) -> ((i32, i32), (i32, i32)) {
    let side = SIDE * UNIT;
    let longest = rows.max(columns) as f64;
    #[allow(clippy::cast_possible_truncation)] // at most the panel's side
    let length = |cells: usize| ((f64::from(side) * cells as f64 / longest).round() as i32).max(1);
    let size = (length(columns), length(rows));
    ((corner.0 + (side - size.0) / 2, corner.1 + (side - size.1) / 2), size)
}
