//! Positive Active Learning on similarity graphs.
#![warn(clippy::pedantic)]
#![allow(clippy::cast_precision_loss)] // counts stay far below 2^53

pub mod active;
pub mod closed_form;
pub mod data;
mod error;
pub mod experiment;
pub mod graph;
pub mod kernel;
pub mod linalg;
pub mod oracle;
pub mod plot;
pub mod probe;

pub use error::{Error, Result};
