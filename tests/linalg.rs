//! Claims T30, T31 and T33–T38; the eigensolvers and decompositions against independent slow ways, on hard matrices,
//! every memory layout and bad input.
#![allow(clippy::unwrap_used)] // a test may panic

mod support;

#[path = "linalg/certificates.rs"]
mod certificates;
#[path = "linalg/dense.rs"]
mod dense;
#[path = "linalg/eigen.rs"]
mod eigen;
#[path = "linalg/forms.rs"]
mod forms;
#[path = "linalg/hard.rs"]
mod hard;
#[path = "linalg/inputs.rs"]
mod inputs;
#[path = "linalg/instances.rs"]
mod instances;
#[path = "linalg/iterative.rs"]
mod iterative;
#[path = "linalg/perturbations.rs"]
mod perturbations;
#[path = "linalg/subspace.rs"]
mod subspace;
#[path = "linalg/woodbury.rs"]
mod woodbury;
