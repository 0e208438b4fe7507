//! Positive Active Learning: self-supervised, supervised and semi-supervised learning on one similarity graph.
//!
//! A graph says which samples belong together; who filled it in is the only difference between the settings. All of the crate
//! lies along one road:
//!
//! ```text
//! data ──► oracle ──► graph ──► operator ──► eigensolver ──► representation ──► probe ──► curve ──► figure
//!  │         ▲          │                         ▲                 │             │
//!  │         └─ active: chooses the next question ┼─────────────────┴─────────────┘
//!  └───────────────► model + autodiff + loss ─────┘  the same graph and loss, by gradients instead of a closed form
//! ```
//!
//! 1. [`data`] makes or reads samples; an [`oracle`] answers which belong together, asked by a strategy of [`active`].
//! 2. The answers are a [`graph`], kept in its cheap form, and the graph is an operator.
//! 3. A [`loss`] scores a representation on the graph; [`closed_form`] minimises the spectral ones exactly, with a
//!    [`kernel`] where features are functions of the inputs, by the eigensolvers of [`linalg`]. Elsewhere a
//!    [`model`] is trained on it, by the gradients of [`autodiff`].
//! 4. A [`probe`] reads the representation; [`experiment`] averages over trials on [`random`] streams of one seed, and
//!    [`plot`] draws.
//! 5. A [`session`] keeps questions and answers on disk while people answer: every answer before it is acknowledged.
//!
//! [`theory`] states what is computed and why it may be, claim by claim.
//!
//! ```
//! # fn main() -> pal::Result<()> {
//! use pal::closed_form::free;
//! use pal::data::Labels;
//! use pal::graph::SimilarityGraph;
//! use pal::loss::SpectralLoss;
//!
//! // Four samples in two classes; the best two-dimensional representation is one direction per class.
//! let labels = Labels::new(vec![0, 0, 1, 1], 2)?;
//! let best = free(SpectralLoss::SimClr2, &SimilarityGraph::labels(&labels), 2, 0.0)?;
//! assert!(best.value < 1e-12 && best.is_unique());
//! # Ok(())
//! # }
//! ```
//!
//! What takes long tells an [`Observer`] how far it has come. Three features, each with those before it, add what a program
//! needs: `files` the readers and writers of [`data::io`], the log of answers and checkpoints; `plot` figures and curves;
//! `program` the experiments and the program `pal`; and `images`, on top of `files`, reads folders of images. Without them the crate only computes.
#![cfg_attr(docsrs, feature(doc_cfg))]
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
pub mod autodiff;
pub mod closed_form;
pub mod data;
mod error;
#[cfg(feature = "plot")]
pub mod experiment;
pub mod graph;
mod k_means;
pub mod kernel;
pub mod linalg;
pub mod loss;
pub mod model;
pub mod oracle;
#[cfg(feature = "plot")]
pub mod plot;
pub mod probe;
mod progress;
pub mod random;
mod scalar;
#[cfg(feature = "files")]
pub mod session;
pub mod theory;
mod union_find;

pub use error::{Error, Result, StateError};
pub use progress::{Observer, Progress, Task};
pub use scalar::Scalar;

/// Keeps the README's example compiling.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
