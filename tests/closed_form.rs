//! Claims T18–T26, T28–T32, T47, T48 and T50: every closed form against its definition and against descent, the solver's
//! short ways against the dense one.
#![allow(clippy::unwrap_used)] // a test may panic

mod support;

#[path = "closed_form/features.rs"]
mod features;
#[path = "closed_form/free.rs"]
mod free;
#[path = "closed_form/golden.rs"]
mod golden;
#[path = "closed_form/inputs.rs"]
mod inputs;
#[allow(dead_code)] // the graphs' own tests use the rest
#[path = "graph/instances.rs"]
mod instances;
#[path = "closed_form/kernel.rs"]
mod kernel;
#[path = "closed_form/labels.rs"]
mod labels;
#[path = "closed_form/linear.rs"]
mod linear;
#[allow(dead_code)] // the eigensolvers' own tests use the rest
#[path = "linalg/instances.rs"]
mod matrices;
#[path = "closed_form/objectives.rs"]
mod objectives;
#[path = "closed_form/solver.rs"]
mod solver;
