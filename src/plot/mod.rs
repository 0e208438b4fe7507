//! Figures from curves, point sets, matrices and fields.
//!
//! Each function draws one figure and writes it twice, as `STEM.svg` (vector) and `STEM.png` (two pixels per CSS
//! pixel), both whole or not at all. The same input gives the same bytes: no system font, clock or random number takes
//! part. Sizes are chosen for pages about 700 pixels wide.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use pal::experiment::Curve;
//! use pal::plot::{Axes, curves};
//!
//! // Two trials of a curve of three points: drawn are their mean and standard deviation.
//! let error = Curve::from_trials("active", &[0.0, 10.0, 20.0], &[[0.7, 0.3, 0.1], [0.7, 0.4, 0.2]])?;
//! let folder = tempfile::tempdir()?;
//! curves(&folder.path().join("error"), &[error], &Axes::new("Number of queries", "Test error"))?;
//! assert!(folder.path().join("error.svg").is_file() && folder.path().join("error.png").is_file());
//! # Ok(())
//! # }
//! ```
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
