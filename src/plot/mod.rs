//! Figures from curves, point sets, matrices and fields.
//!
//! Each function draws one figure and writes it twice, as `STEM.svg` (vector) and `STEM.png` (two pixels per CSS
//! pixel), both whole or not at all. The same input gives the same bytes: no system font, clock or random number takes
//! part. Sizes are chosen to be read at about 700 pixels of width.
//!
//! | figure | function |
//! |---|---|
//! | errors against queries, labels, corruption  | [`curves`] |
//! | many series in several panels, some with marks of their own | [`curve_panels`] |
//! | error and connected components against missing entries | [`twin`] |
//! | samples in the plane | [`scatter`] |
//! | samples, and what was said about pairs of them | [`map`] |
//! | similarity graphs | [`matrices`] |
//! | learned features over the plane | [`fields`] |

mod axis;
mod curve_panels;
mod curves;
mod fields;
mod file;
mod font;
mod isoband;
mod legend;
mod map;
mod matrices;
mod page;
mod palette;
mod panels;
mod raster;
mod scatter;
mod twin;
mod units;

pub use axis::AxisScale;
pub use curve_panels::{CurvePanel, Series, curve_panels};
pub use curves::{Axes, curves};
pub use fields::{Domain, Field, Points, fields};
pub use map::{Link, map};
pub use matrices::matrices;
pub use palette::OKABE_ITO;
pub use scatter::{ScatterPanel, scatter};
pub use twin::{TwinAxes, twin};
