//! Samples and their labels: synthetic generators, augmentations, file readers and writers.
//!
//! Sets made by a formula, and five measured:
//!
//! | set | inputs | classes |
//! |---|---|---|
//! | [`circles`] | four rings of radius 1 to 4 in the plane, points at random | drawn uniformly for each point |
//! | [`circles_sweep`] | the same rings, each swept once and evenly | sorted, a quarter of the points each |
//! | [`mixture`] | four unit vectors of R⁴ with noise around them | drawn uniformly for each point |
//! | [`digits`] | 1797 handwritten digits, 8 × 8 pixels | the ten digits, nearly balanced |
//! | `mnist` (feature `files`) | 5000 handwritten digits, 28 × 28 pixels | the ten digits, 500 each, sorted |
//! | [`iris`] | 150 flowers, four lengths in cm | three species, 50 each |
//! | [`wine`] | 178 wines, 13 chemical measures, units differ | three cultivars: 59, 71, 48 |
//! | [`breast_cancer`] | 569 tumours, 30 measures of cell nuclei, units differ | 212 malignant, 357 benign |
//!
//! [`augment`] makes views of samples, the positive pairs of self-supervised learning; [`io`] reads and writes files,
//! and `images` reads folders of png and jpeg (feature `images`).
//!
//! ```
//! # fn main() -> pal::Result<()> {
//! use pal::data::{circles, iris};
//! use pal::random::stream;
//!
//! let rings = circles(100, 0.1, &mut stream(0, 0))?;
//! assert_eq!(rings.inputs.dim(), (100, 2));
//! let few = rings.labels.reveal(|sample| sample < 10); // the labels of the first ten samples alone
//! assert_eq!(few.iter().flatten().count(), 10);
//!
//! let (train, test) = iris()?.split_at(120)?;
//! assert_eq!((train.labels.len(), test.labels.len()), (120, 30));
//! # Ok(())
//! # }
//! ```

pub mod augment;
mod bundled;
mod circles;
mod digits;
#[cfg(feature = "files")]
pub mod images;
#[cfg(feature = "files")]
pub mod io;
mod labels;
mod mixture;
#[cfg(feature = "files")]
mod mnist;
mod tabular;
mod units;

use ndarray::{Array2, s};

pub use augment::views_by_noise;
pub use circles::{circles, circles_sweep};
pub use digits::{DIGITS_SHAPE, DIGITS_TRAIN, digits, digits_train_and_test};
pub use labels::Labels;
pub use mixture::{MIXTURE_NOISE, mixture};
#[cfg(feature = "files")]
pub use mnist::{MNIST_SHAPE, mnist};
pub use tabular::{breast_cancer, iris, wine};
pub use units::{commensurate, constant_columns};

use crate::error::{Result, check};

/// Samples and their classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Labelled {
    /// Inputs, `(n, p)`: one row per sample.
    pub inputs: Array2<f64>,
    /// The class of each row.
    pub labels: Labels,
}

impl Labelled {
    /// The first `first` samples, and the others. Both keep the number of classes, though some may have no member.
    ///
    /// # Errors
    /// [`Error::Domain`](crate::Error::Domain) if a part would be empty, [`Error::Shape`](crate::Error::Shape) if there
    /// are not as many labels as inputs.
    pub fn split_at(&self, first: usize) -> Result<(Self, Self)> {
        let n = self.labels.len();
        check::shape("inputs", &[n, self.inputs.ncols()], self.inputs.shape())?;
        check::count("first", first, n - 1, "at least 1 and below the number of samples")?;
        let part = |range: std::ops::Range<usize>| {
            let class_of = range.clone().map(|i| self.labels.class_of(i)).collect();
            let labels = Labels::partial(class_of, self.labels.number_of_classes())?;
            Ok(Self { inputs: self.inputs.slice(s![range, ..]).to_owned(), labels })
        };
        Ok((part(0..first)?, part(first..n)?))
    }
}
