//! Two curves against two vertical axes.

use std::path::Path;

use super::axis::{Axis, Frame, border, right_axis};
use super::curves::{BOTTOM, TOP};
use super::curves::{
    LEFT, PLOT, Side, TICK_SIZE, X_TICKS, Y_TICKS, check_curve, draw_band, draw_mean, x_label, x_range,
    y_label, y_range,
};
use super::file::refused;
use super::page::{Area, Drawn, Page};
use super::palette;
use super::units::UNIT;
use crate::error::Result;
use crate::experiment::Curve;

/// What stands at the axes of [`twin`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TwinAxes {
    /// Label of the horizontal axis.
    pub x_label: String,
    /// Label of the left axis, in the colour of the left curve.
    pub left_label: String,
    /// Ends of the left axis, moved outwards where a mean would be cut off; `None` takes them from the data.
    pub left_range: Option<(f64, f64)>,
    /// Label of the right axis, in the colour of the right curve.
    pub right_label: String,
    /// The same for the right axis.
    pub right_range: Option<(f64, f64)>,
}

/// Draws `left` against the left and `right` against the right axis into `STEM.svg` and `STEM.png`.
///
/// Plot area, bands, colours and errors are those of [`curves`](super::curves). The curves share the horizontal axis
/// but not their abscissae. The grid belongs to the left axis. Instead of a legend every axis has its curve's colour.
///
/// # Errors
/// As [`curves`](super::curves).
pub fn twin(stem: &Path, left: &Curve, right: &Curve, axes: &TwinAxes) -> Result<()> {
    check_curve(left)?;
    check_curve(right)?;
    let x = Axis::over(x_range([left, right]), X_TICKS);
    let left_axis = Axis::over(y_range([left], axes.left_range)?, Y_TICKS);
    let second_axis = Axis::over(y_range([right], axes.right_range)?, Y_TICKS);
    let (left_style, right_style) = (palette::series(&left.series, 0), palette::series(&right.series, 1));

    let mut page = Page::new(2 * LEFT + PLOT.0, TOP + PLOT.1 + BOTTOM)?;
    let draw = |area: &Area| -> Drawn {
        let room = area.clone().shrink((0, TOP * UNIT), ((LEFT + PLOT.0) * UNIT, (PLOT.1 + BOTTOM) * UNIT));
        let mut frame = Frame::new(&x, &left_axis, LEFT * UNIT, BOTTOM * UNIT, TICK_SIZE);
        frame.y_colour = left_style.colour;
        let plot = frame.draw(&room)?;
        let second = right_axis(area, &plot, (&x, &second_axis), (TICK_SIZE, right_style.colour))?;
        draw_band(&plot, left, left_axis.range, left_style.colour)?;
        draw_band(&second, right, second_axis.range, right_style.colour)?;
        draw_mean(&plot, left, left_style)?;
        draw_mean(&second, right, right_style)?;
        border(&plot)?;
        x_label(area, &axes.x_label, TOP)?;
        y_label(area, &axes.left_label, TOP, Side::Left, left_style.colour)?;
        y_label(area, &axes.right_label, TOP, Side::Right, right_style.colour)
    };
    draw(&page.area()).map_err(refused("twin curves"))?;
    page.save(stem)
}
