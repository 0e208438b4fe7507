//! What is kept of an epoch.

/// What an epoch came to.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "files", derive(serde::Serialize, serde::Deserialize))]
pub struct Epoch {
    /// Its number, from 1.
    pub number: usize,
    /// Mean of the loss over its batches, each before its step.
    pub loss: f64,
    /// Rate of its last step.
    pub rate: f64,
    /// What the caller measured after it, a finite number; smaller is better. NaN until then.
    pub score: f64,
}
