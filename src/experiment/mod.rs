//! Seeded parallel trials, statistics and provenance: everything between a trial function and its figure.
//!
//! An experiment is a constant [`Experiment`] and its `main` is one line:
//! ```no_run
//! use std::process::ExitCode;
//! use pal::experiment::{Curve, Experiment, Run, linspace, run_main};
//! use rand::RngExt;
//!
//! pub const EXPERIMENT: Experiment = Experiment {
//!     name: "coin",
//!     about: "How often does a coin of probability p come up heads?",
//!     trials: 100,
//!     quick_trials: 3,
//!     body: coin,
//! };
//!
//! fn coin(run: &Run) -> pal::Result<()> {
//!     let p = linspace(0.0, 1.0, 11);
//!     let rows = run.trials(|_, rng| Ok(p.iter().map(|&p| f64::from(rng.random_bool(p))).collect::<Vec<_>>()))?;
//!     run.save(&[Curve::from_trials("heads", &p, &rows)?], &())
//! }
//!
//! fn main() -> ExitCode {
//!     run_main(&EXPERIMENT)
//! }
//! ```
//! The curves go to `OUT/NAME.csv`, the same bytes for the same seed and any number of threads; how they were
//! made goes to `OUT/NAME.json`.

mod arguments;
mod command_line;
mod curve;
mod curve_file;
mod page;
mod provenance;
mod run;

pub use arguments::{Args, Scale};
pub use command_line::{Program, run_main};
pub use curve::{Curve, linspace};
pub use curve_file::{read_curves, write_curves};
pub use page::{Image, Page, Section, escape_html, html_page};
pub use provenance::Provenance;
pub use run::{Experiment, Run};
