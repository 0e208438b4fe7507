//! Numbers read off curves, which are asked for by the names of their series.

use std::ops::Deref;
use std::path::Path;

use super::{Curve, read_curves};
use crate::error::{Error, Result};

/// The curves of an experiment in their order, to be asked for by the names of their series.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves(Vec<Curve>);

impl Curves {
    /// Reads a file of curves.
    ///
    /// # Errors
    /// Those of [`read_curves`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self(read_curves(path)?))
    }

    /// The curve of this series.
    ///
    /// # Errors
    /// [`Error::UnknownSeries`] if there is none.
    pub fn of(&self, series: &str) -> Result<&Curve> {
        self.iter().find(|curve| curve.series == series).ok_or_else(|| Error::UnknownSeries {
            series: series.to_owned(),
            known: self.iter().map(|curve| curve.series.clone()).collect(),
        })
    }

    /// Copies of the curves of these series, in their order.
    ///
    /// # Errors
    /// [`Error::UnknownSeries`] if one is not there.
    pub fn select(&self, series: &[impl AsRef<str>]) -> Result<Vec<Curve>> {
        series.iter().map(|series| self.of(series.as_ref()).cloned()).collect()
    }
}

impl From<Vec<Curve>> for Curves {
    fn from(curves: Vec<Curve>) -> Self {
        Self(curves)
    }
}

impl Deref for Curves {
    type Target = [Curve];

    fn deref(&self) -> &[Curve] {
        &self.0
    }
}

/// NaN stands for what a curve without points does not have.
impl Curve {
    /// The mean at the first abscissa.
    #[must_use]
    pub fn first(&self) -> f64 {
        self.mean.first().copied().unwrap_or(f64::NAN)
    }

    /// The mean at the last abscissa.
    #[must_use]
    pub fn last(&self) -> f64 {
        self.mean.last().copied().unwrap_or(f64::NAN)
    }

    /// The last abscissa.
    #[must_use]
    pub fn end(&self) -> f64 {
        self.x.last().copied().unwrap_or(f64::NAN)
    }

    /// The mean at the abscissa nearest to `x`.
    #[must_use]
    pub fn near(&self, x: f64) -> f64 {
        let points = self.x.iter().map(|at| (at - x).abs()).zip(&self.mean);
        points.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(f64::NAN, |(_, &mean)| mean)
    }

    /// The mean at the abscissa `x`; NaN if that is none.
    #[must_use]
    #[allow(clippy::float_cmp)] // asked for is a point that is there
    pub fn at(&self, x: f64) -> f64 {
        self.x.iter().position(|&at| at == x).map_or(f64::NAN, |i| self.mean[i])
    }

    /// Abscissa and value of the largest mean.
    #[must_use]
    pub fn peak(&self) -> (f64, f64) {
        let points = self.x.iter().copied().zip(self.mean.iter().copied());
        points.fold((f64::NAN, f64::NEG_INFINITY), |best, point| if point.1 > best.1 { point } else { best })
    }

    /// The largest difference between the means of two curves on the same abscissae; infinite if these differ.
    #[must_use]
    #[allow(clippy::float_cmp)] // the same abscissae, not near ones
    pub fn distance(&self, other: &Self) -> f64 {
        if self.x != other.x {
            return f64::INFINITY;
        }
        self.mean.iter().zip(&other.mean).fold(0.0, |largest, (a, b)| largest.max((a - b).abs()))
    }

    /// In words, the first abscissa from which on the mean stays at or below `level`.
    #[must_use]
    pub fn settled(&self, level: f64) -> String {
        let settled = self.mean.iter().rposition(|&mean| mean > level).map_or(0, |above| above + 1);
        self.x.get(settled).map_or_else(|| format!("more than {}", self.end()), f64::to_string)
    }
}
