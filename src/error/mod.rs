//! The crate's one error type: variants carry data, the prose is written here.

pub(crate) mod check;
mod state;

use std::path::{Path, PathBuf};

pub use state::StateError;

/// What can go wrong, with the argument's name, the offending value and what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two arguments, or an argument and its contract, disagree about a shape.
    #[error("{argument}: expected shape {expected:?}, got {got:?}")]
    Shape {
        /// Name of the offending argument.
        argument: &'static str,
        /// The shape the contract asks for.
        expected: Vec<usize>,
        /// The shape that was handed in.
        got: Vec<usize>,
    },
    /// The operands of an operation on a tape have shapes that do not fit.
    #[error("{op}: operands of shapes {left:?} and {right:?} do not fit")]
    Operands {
        /// The operation.
        op: &'static str,
        /// Rows and columns of the left operand.
        left: (usize, usize),
        /// Rows and columns of the right operand, or of what was asked for.
        right: (usize, usize),
    },
    /// A variable is used with a tape that does not hold it.
    #[error("{op}: the variables stand on different tapes")]
    OtherTape {
        /// The operation.
        op: &'static str,
    },
    /// A scalar lies outside its domain ("sigma = 0 must be positive").
    #[error("{argument} = {} must be {must}", readable(*value))]
    Domain {
        /// Name of the offending argument.
        argument: &'static str,
        /// The value that was handed in.
        value: f64,
        /// The condition it violates.
        must: &'static str,
    },
    /// An array holds NaN or an infinity.
    #[error("{argument}[{index:?}] = {value} must be finite")]
    NotFinite {
        /// Name of the offending array.
        argument: &'static str,
        /// Where the first such entry stands.
        index: Vec<usize>,
        /// The entry.
        value: f64,
    },
    /// A matrix that must be symmetric is not.
    #[error("{argument} must be symmetric: entry ({row}, {column}) is {}, its mirror image is {}", readable(*value), readable(*mirror))]
    Asymmetric {
        /// Name of the offending matrix.
        argument: &'static str,
        /// Row of the first offending entry.
        row: usize,
        /// Column of the first offending entry.
        column: usize,
        /// The entry.
        value: f64,
        /// The entry on the other side of the diagonal.
        mirror: f64,
    },
    /// A pair of samples is given two different weights.
    #[error("{argument}: pair ({row}, {column}) is named with weight {} and again with {}", readable(*first), readable(*second))]
    Conflict {
        /// Name of the offending argument.
        argument: &'static str,
        /// The pair's smaller index.
        row: usize,
        /// The pair's larger index.
        column: usize,
        /// The weight it was named with first.
        first: f64,
        /// The weight it was named with again.
        second: f64,
    },
    /// An answer about a pair contradicts what the answers before it imply.
    #[error("the pair ({row}, {column}) is answered {answer}, but the answers before imply {implied}")]
    Contradiction {
        /// The sample named first.
        row: usize,
        /// The sample named second.
        column: usize,
        /// The answer refused: 1 for "belong together", −1 for "do not".
        answer: f64,
        /// What was implied, likewise.
        implied: f64,
    },
    /// A question costs more than is left of the budget; it was not asked.
    #[error("the budget of {} is used up: {} is spent and the next question costs {}", readable(*budget), readable(*spent), readable(*price))]
    Budget {
        /// What was spent before.
        spent: f64,
        /// The price of the question.
        price: f64,
        /// The budget.
        budget: f64,
    },
    /// A pair is asked about that was not answered when the answers were recorded.
    #[error("the pair ({row}, {column}) is not among the recorded answers")]
    Unanswered {
        /// The pair's smaller index.
        row: usize,
        /// The pair's larger index.
        column: usize,
    },
    /// An argument holds nothing.
    #[error("{argument} is empty: expected at least one {expected}")]
    Empty {
        /// Name of the offending argument.
        argument: &'static str,
        /// What it should hold.
        expected: &'static str,
    },
    /// A name that is none of those known.
    #[error("{argument}: there is no {name:?}, expected one of {}", known.join(", "))]
    UnknownName {
        /// What is named.
        argument: &'static str,
        /// The name that was handed in.
        name: String,
        /// The names there are.
        known: &'static [&'static str],
    },
    /// A series that is none of those in a set of curves.
    #[error("there is no curve {series:?}, expected one of {}", known.join("; "))]
    UnknownSeries {
        /// The name that was asked for.
        series: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// A graph has not the form that a method needs.
    #[error("{argument} has the wrong form: expected {expected}")]
    WrongForm {
        /// Name of the offending graph.
        argument: &'static str,
        /// The form it should have.
        expected: &'static str,
    },
    /// A class that must have members has none.
    #[error("{argument}: class {class} of {classes} is empty; expected at least one member in each")]
    EmptyClass {
        /// Name of the offending argument.
        argument: &'static str,
        /// The first empty class.
        class: usize,
        /// Number of classes.
        classes: usize,
    },
    /// A matrix that must be invertible, or positive definite, is not.
    #[error("{argument} is singular: {measure} = {value:e}, expected {must}")]
    Singular {
        /// Name of the offending matrix.
        argument: &'static str,
        /// The measured quantity (smallest eigenvalue, pivot, …).
        measure: &'static str,
        /// Its value.
        value: f64,
        /// What was expected of it.
        must: &'static str,
    },
    /// A solver stopped before it reached its tolerance; no result is returned.
    #[error(
        "{solver} did not converge in {iterations} iterations: residual {residual:e}, tolerance {tolerance:e}"
    )]
    NotConverged {
        /// The solver.
        solver: &'static str,
        /// How long it tried.
        iterations: usize,
        /// Its final residual.
        residual: f64,
        /// What it should have reached.
        tolerance: f64,
    },
    /// A training overflowed; the model is as it was before the step.
    #[error(
        "training diverged: the {what} of epoch {epoch}, step {step}, is not finite, expected a smaller rate or scale; {}",
        last_good(checkpoint.as_deref())
    )]
    Diverged {
        /// What stopped being finite.
        what: &'static str,
        /// The epoch, from 1.
        epoch: usize,
        /// The step, from 1.
        step: u64,
        /// The last good checkpoint, if one was written.
        checkpoint: Option<PathBuf>,
    },
    /// The operating system refused a file operation.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file was read but does not hold what its format promises.
    #[error("{}: {found}, expected {expected}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is in it, with the place.
        found: String,
        /// What should have been there.
        expected: String,
    },
    /// A state directory, or what was asked of it, is not as it should be.
    #[error(transparent)]
    State(StateError),
    /// A figure could not be drawn.
    #[error("drawing {what}: {reason}")]
    Draw {
        /// The figure.
        what: String,
        /// What the drawing library said.
        reason: String,
    },
}

/// A number as people write it: with an exponent where it would have many zeros.
pub(crate) fn readable(value: f64) -> String {
    if value == 0.0 || (1e-5..1e16).contains(&value.abs()) { value.to_string() } else { format!("{value:e}") }
}

fn last_good(checkpoint: Option<&Path>) -> String {
    match checkpoint {
        Some(path) => format!("the last good checkpoint is {}", path.display()),
        None => "no checkpoint was written".to_owned(),
    }
}

/// The crate's result type.
pub type Result<T, E = Error> = std::result::Result<T, E>;
