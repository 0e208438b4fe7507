//! Lengths on a page.

/// Page units per CSS pixel.
pub(crate) const UNIT: i32 = 6;
