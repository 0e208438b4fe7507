//! How much is still wrong.

/// An estimate of the share of samples in the wrong class with its confidence interval, and the counts that it rests on.
///
/// Samples are in the wrong class if they lie outside the best one-to-one matching of the classes found to the true ones. That
/// counts both kinds of error: samples of several true classes in one, and a true class in several parts, of which all but
/// the largest are wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RemainingError {
    /// The estimate of that share, in `[0, 1]`.
    pub share: f64,
    /// From 0 to the upper end, which is at least the true share at *every* moment of a run with probability 95 %, under the
    /// assumptions of [`remaining_error`](super::remaining_error).
    pub interval: (f64, f64),
    /// Samples drawn at random and compared with the representative of their class.
    pub audited: usize,
    /// How many of these were said not to belong there.
    pub refused: usize,
    /// Pairs of classes that no answer told apart: the smaller one may be a part of the larger.
    pub uncompared: usize,
}

impl RemainingError {
    /// What is said before anything was audited: the whole interval.
    pub(super) fn unknown() -> Self {
        Self { share: 1.0, interval: (0.0, 1.0), audited: 0, refused: 0, uncompared: 0 }
    }
}
