//! Models that are trained where no closed form is known.

mod optimiser;

pub use optimiser::{Adam, Lars, Lbfgs, Minimum, Optimiser, Progress, Rule, Schedule, Sgd, lbfgs};
