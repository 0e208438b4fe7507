//! Positive Active Learning on similarity graphs.

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
