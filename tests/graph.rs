//! Claims T1–T9 and the graph rows of T16, and every form of a graph against its dense definition.
#![allow(clippy::unwrap_used)] // a test may panic

mod support;

#[path = "graph/claims.rs"]
mod claims;
#[path = "graph/forms.rs"]
mod forms;
#[path = "graph/inputs.rs"]
mod inputs;
#[path = "graph/instances.rs"]
mod instances;
#[path = "graph/neighbours.rs"]
mod neighbours;
#[path = "graph/perturbations.rs"]
mod perturbations;
