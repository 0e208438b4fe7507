//! Seeded parallel trials, statistics and provenance: everything between a trial function and its figure.
//!
//! An experiment is a constant [`Experiment`] and its `main` is one line:
//! ```no_run
//! use std::process::ExitCode;
//! use pal::experiment::{
//!     Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Story, linspace, require, run_main,
//! };
//! use pal::plot;
//! use rand::RngExt;
//!
//! pub const EXPERIMENT: Experiment = Experiment {
//!     name: "coin",
//!     about: "How often does a coin of probability p come up heads?",
//!     trials: 100,
//!     quick_trials: 3,
//!     length: Length::Short,
//!     body: run,
//!     draw,
//!     story: Story {
//!         title: "A coin that is not fair",
//!         description: "A coin of each probability is thrown once a trial.",
//!         findings: |curves| Ok(format!("A fair coin came up heads in {:.2} of them.", curves.of("heads")?.at(0.5))),
//!         pictures: &[Picture::new("", "Share of heads against their probability.")],
//!     },
//!     claims: &[Claim::of_every_run("A coin that cannot come up heads does not.", |curves| {
//!         let heads = curves.of("heads")?.at(0.0);
//!         require(heads == 0.0, || format!("heads in {heads} of the throws"))
//!     })],
//! };
//!
//! fn run(run: &Run) -> pal::Result<()> {
//!     let p = linspace(0.0, 1.0, 11);
//!     let rows = run.trials(|_, rng| Ok(p.iter().map(|&p| f64::from(rng.random_bool(p))).collect::<Vec<_>>()))?;
//!     let curves = Curves::from(vec![Curve::from_trials("heads", &p, &rows)?]);
//!     run.save(&curves, &())?;
//!     draw(&run.outputs, &curves)
//! }
//!
//! fn draw(outputs: &Outputs, curves: &Curves) -> pal::Result<()> {
//!     plot::curves(&outputs.picture(""), curves, &plot::Axes::new("Probability", "Heads"))
//! }
//!
//! fn main() -> ExitCode {
//!     run_main(&EXPERIMENT)
//! }
//! ```
//! The curves go to `OUT/NAME.csv`, the same bytes for the same seed and any number of threads; how they were
//! made goes to `OUT/NAME.json`.
//!
//! Four words: an [`Experiment`] is what is asked, [`Args`] are what a command line asks for, a [`Run`] is what is executed, and
//! [`Outputs`] are the files it leaves. A [`Gallery`] shows the figures of many experiments on one page.

#[cfg(feature = "program")]
mod arguments;
#[cfg(feature = "program")]
mod bar;
#[cfg(feature = "program")]
mod command_line;
mod curve;
mod curve_file;
#[cfg(feature = "program")]
mod definition;
#[cfg(feature = "program")]
mod gallery;
#[cfg(feature = "program")]
mod outputs;
#[cfg(feature = "program")]
mod page;
#[cfg(feature = "program")]
mod provenance;
#[cfg(feature = "program")]
mod reading;
#[cfg(feature = "program")]
mod run;
#[cfg(feature = "program")]
mod story;

#[cfg(feature = "program")]
pub use arguments::{Args, Scale};
#[cfg(feature = "program")]
pub use bar::progress_bar;
#[cfg(feature = "program")]
pub use command_line::run_main;
pub use curve::{Curve, linspace};
pub use curve_file::{read_curves, write_curves};
#[cfg(feature = "program")]
pub use definition::{Experiment, Length};
#[cfg(feature = "program")]
pub use gallery::Gallery;
#[cfg(feature = "program")]
pub use outputs::Outputs;
#[cfg(feature = "program")]
pub use page::{Image, Notice, Page, Section, escape_html, html_page};
#[cfg(feature = "program")]
pub use provenance::{Machine, Provenance, date_in_utc};
#[cfg(feature = "program")]
pub use reading::Curves;
#[cfg(feature = "program")]
pub use run::{Run, Settings};
#[cfg(feature = "program")]
pub use story::{Check, Claim, Contradiction, Picture, Scope, Story, require};
