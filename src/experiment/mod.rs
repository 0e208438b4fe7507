//! Seeded parallel trials, statistics and provenance.

mod curve;

pub use curve::Curve;
