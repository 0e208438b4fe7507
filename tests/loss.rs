//! Claims T10–T17, T19, T20 and T50: every loss against its definition, its gradient against differences.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)] // a test may panic, and round

mod support;

#[path = "loss/claims.rs"]
mod claims;
#[path = "loss/contrastive.rs"]
mod contrastive;
#[path = "loss/golden.rs"]
mod golden;
#[path = "loss/inputs.rs"]
mod inputs;
#[allow(dead_code)] // the graphs' own tests use the rest
#[path = "graph/instances.rs"]
mod instances;
#[path = "loss/options.rs"]
mod options;
#[path = "loss/precision.rs"]
mod precision;
