//! Samples and their labels: synthetic generators, augmentations, file readers and writers.

mod labels;

pub use labels::Labels;
