//! The tape: every operation's gradient against differences, its contracts, and networks against gradients by hand.
#![allow(clippy::unwrap_used)] // a test may panic

mod support;

#[path = "autodiff/gradients.rs"]
mod gradients;
#[path = "autodiff/inputs.rs"]
mod inputs;
#[path = "autodiff/networks.rs"]
mod networks;
#[path = "autodiff/tape.rs"]
mod tape;
#[path = "autodiff/values.rs"]
mod values;
