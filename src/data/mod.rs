//! Samples and their labels: synthetic generators, augmentations, file readers and writers.
//!
//! Two synthetic sets come in two forms each question needs:
//!
//! | set | inputs | classes |
//! |---|---|---|
//! | [`circles`] | four rings of radius 1 to 4 in the plane, points at random | drawn uniformly for each point |
//! | [`circles_sweep`] | the same rings, each swept once and evenly | sorted, a quarter of the points each |
//! | [`mixture`] | four unit vectors of R⁴ with noise around them | drawn uniformly for each point |
//!
//! [`views_by_noise`] makes several noisy views of each sample: the positive pairs of self-supervised learning.

mod circles;
pub mod io;
mod labels;
mod mixture;
mod views;

use ndarray::Array2;

pub use circles::{circles, circles_sweep};
pub use labels::Labels;
pub use mixture::{MIXTURE_NOISE, mixture};
pub use views::views_by_noise;

/// Samples and their classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Labelled {
    /// Inputs, `(n, p)`: one row a sample.
    pub inputs: Array2<f64>,
    /// The class of each row.
    pub labels: Labels,
}
