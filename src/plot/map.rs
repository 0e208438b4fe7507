//! Points of the plane with links between them: a map of samples and of what was said about pairs of them.

use std::path::Path;

use plotters::element::PathElement;
use plotters::style::Color;

use super::axis::{border, line};
use super::file::refused;
use super::page::{Area, Drawn, Page};
use super::palette::{INK, class, okabe_ito};
use super::panels::{Panels, Right, Title};
use super::scatter::{ScatterPanel, check_points, draw_marker, square};
use super::units::UNIT;
use crate::error::{Result, check};

/// Side of the panel in CSS pixels.
const SIDE: i32 = 640;
/// Radius of a marker in CSS pixels for few points; it shrinks as they become many.
const RADIUS: f64 = 5.0;
const FEW: f64 = 300.0;
/// Width of a link in CSS pixels.
const LINK_WIDTH: f64 = 1.2;
/// Opacity of links, that many do not hide the points.
const TOGETHER: f64 = 0.8;
const APART: f64 = 0.35;
/// The colour of links that say "apart": vermillion.
const APART_COLOUR: usize = 1;

/// Two points, and whether they were said to belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The rows of the two points.
    pub pair: (usize, usize),
    /// Whether they belong together.
    pub same: bool,
}

/// Draws points with `links` behind them, into `STEM.svg` and `STEM.png`; coordinates have no unit, and there are no ticks.
///
/// Links that say "together" are dark, those that say "apart" pale vermillion.
///
/// # Errors
/// As [`scatter`](super::scatter()), and [`Error::Domain`](crate::Error::Domain) for a link to no point.
pub fn map(stem: &Path, panel: ScatterPanel, links: &[Link]) -> Result<()> {
    check_points(panel.points, panel.labels)?;
    for link in links {
        let last = link.pair.0.max(link.pair.1);
        check::index("link", last, panel.labels.len(), "below the number of points")?;
    }
    let (mut x, mut y) = square(&[panel]);
    (x.ticks, y.ticks) = (Vec::new(), Vec::new());
    let row = Panels { count: 1, side: SIDE, left: 0, bottom: 0, right: Right::Margin };
    let title = [Title::fit(panel.title, SIDE)?];
    let (width, height) = row.page_size();
    let mut page = Page::new(width, height)?;
    let shrunk = (FEW / panel.labels.len() as f64).sqrt().clamp(0.5, 1.0);
    #[allow(clippy::cast_possible_truncation)] // a few units
    let radius = (RADIUS * shrunk * f64::from(UNIT)) as i32;
    let draw = |area: &Area| -> Drawn {
        row.draw_titles(area, &title)?;
        let plot = row.frame(area, 0, (&x, &y), (0, 0))?;
        let page = plot.use_screen_coord();
        let at = |point: usize| plot.map_coordinate(&(panel.points[[point, 0]], panel.points[[point, 1]]));
        // Those that say "together" are fewer and tell more: they come last.
        for same in [false, true] {
            let (colour, opacity) = if same { (INK, TOGETHER) } else { (okabe_ito(APART_COLOUR), APART) };
            let mut pen = line(colour, LINK_WIDTH);
            pen.color = colour.mix(opacity);
            for link in links.iter().filter(|link| link.same == same) {
                page.draw(&PathElement::new(vec![at(link.pair.0), at(link.pair.1)], pen))?;
            }
        }
        for (point, label) in panel.labels.iter().enumerate() {
            draw_marker(&page, at(point), radius, label, class(label))?;
        }
        border(&plot)
    };
    draw(&page.area()).map_err(refused("map"))?;
    page.save(stem)
}
