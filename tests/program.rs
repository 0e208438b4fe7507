//! The program `pal`, driven as a person or another program would: by its command line, its streams and signals.
#![cfg(feature = "program")]
#![allow(clippy::unwrap_used)] // a test may panic

#[path = "program/annotate.rs"]
mod annotate;
#[path = "program/bad_input.rs"]
mod bad_input;
#[path = "program/bench.rs"]
mod bench;
#[path = "program/command_line.rs"]
mod command_line;
#[path = "program/drive.rs"]
mod drive;
#[cfg(unix)] // signals
#[path = "program/durability.rs"]
mod durability;
#[path = "program/files.rs"]
mod files;
#[path = "program/learn.rs"]
mod learn;
#[path = "program/question_ids.rs"]
mod question_ids;
#[path = "program/state.rs"]
mod state;
#[cfg(unix)] // links, pipes and devices
#[path = "program/writers.rs"]
mod writers;
