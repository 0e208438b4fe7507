//! Positive Active Learning on similarity graphs.
#![warn(missing_docs, unreachable_pub, clippy::pedantic, clippy::unwrap_used, clippy::expect_used)]
#![allow(
    clippy::cast_precision_loss,     // counts stay far below 2^53
    clippy::inline_always,           // vector kernels must be inlined where their instruction set is enabled
    clippy::many_single_char_names,  // the theory's symbols …
    clippy::similar_names,           // … are single characters, and near each other
    clippy::must_use_candidate,      // almost every function here is pure
    clippy::needless_pass_by_value   // array views are handed over by value, as in ndarray
)]

pub mod active;
pub mod closed_form;
pub mod data;
mod error;
pub mod experiment;
pub mod graph;
pub mod kernel;
pub mod linalg;
pub mod loss;
pub mod oracle;
pub mod plot;
pub mod probe;

pub use error::{Error, Result};

/// Keeps the README's example compiling.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
