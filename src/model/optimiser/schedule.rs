//! How the learning rate changes over a training.

use std::f64::consts::PI;

use crate::error::{Result, check};

/// A learning rate for every step.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "files", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Schedule {
    /// The same rate throughout.
    Constant {
        /// The rate, at least 0.
        rate: f64,
    },
    /// Up in a straight line to the peak over the warm-up, then down along half a cosine to zero at the end.
    Cosine {
        /// The largest rate, at least 0.
        peak: f64,
        /// Part of all steps that the warm-up takes, in `[0, 1]`; 0.1 is usual.
        warm_up: f64,
    },
}

impl Schedule {
    /// # Errors
    /// [`crate::Error::Domain`] if a number is out of its range.
    pub(in crate::model) fn check(&self) -> Result<()> {
        match *self {
            Self::Constant { rate } => check::not_negative("rate", rate),
            Self::Cosine { peak, warm_up } => {
                check::not_negative("peak", peak)?;
                check::probability("warm_up", warm_up)
            }
        }
    }

    /// The largest rate.
    #[must_use]
    pub fn peak(&self) -> f64 {
        match *self {
            Self::Constant { rate: peak } | Self::Cosine { peak, .. } => peak,
        }
    }

    /// The same with another largest rate.
    #[must_use]
    pub fn with_peak(self, peak: f64) -> Self {
        match self {
            Self::Constant { .. } => Self::Constant { rate: peak },
            Self::Cosine { warm_up, .. } => Self::Cosine { peak, warm_up },
        }
    }

    /// The rate of step number `step`, counted from 0, of `steps`.
    #[must_use]
    pub fn rate(&self, step: u64, steps: u64) -> f64 {
        match *self {
            Self::Constant { rate } => rate,
            Self::Cosine { peak, warm_up } => {
                // The first step is not wasted on a rate of zero, nor is the last.
                let (at, warm) = (step as f64 + 1.0, warm_up * steps as f64);
                if at < warm {
                    let rate = peak * at / warm;
                    return if rate.is_finite() { rate } else { peak * (at / warm) };
                }
                let rest = (steps as f64 + 1.0 - warm).max(1.0);
                peak * 0.5 * (1.0 + (PI * ((at - warm) / rest).min(1.0)).cos())
            }
        }
    }
}
