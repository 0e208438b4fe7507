//! Claims T39–T46: what answers about pairs imply, how many it takes, what they tell, and what wrong ones do.
#![allow(clippy::unwrap_used)] // a test may panic

mod support;

#[path = "queries/closure.rs"]
mod closure;
#[path = "queries/cost.rs"]
mod cost;
#[path = "queries/discovery.rs"]
mod discovery;
#[path = "queries/evidence.rs"]
mod evidence;
#[path = "queries/information.rs"]
mod information;
#[path = "queries/partitions.rs"]
mod partitions;
#[path = "queries/wrong_answers.rs"]
mod wrong_answers;
