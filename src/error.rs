//! The crate's one error type: variants carry data, the prose is written here.

use std::path::{Path, PathBuf};

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
    #[error("{argument} = {value} must be {must}")]
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
    #[error("{argument} must be symmetric: entry ({row}, {column}) is {value}, its mirror image is {mirror}")]
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
    #[error("{argument}: pair ({row}, {column}) is named with weight {first} and again with {second}")]
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
    #[error("the budget of {budget} is used up: {spent} is spent and the next question costs {price}")]
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
    /// A training left the range of numbers; the model stands as before the step.
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
    /// A figure could not be drawn.
    #[error("drawing {what}: {reason}")]
    Draw {
        /// The figure.
        what: String,
        /// What the drawing library said.
        reason: String,
    },
}

fn last_good(checkpoint: Option<&Path>) -> String {
    match checkpoint {
        Some(path) => format!("the last good checkpoint is {}", path.display()),
        None => "no checkpoint was written".to_owned(),
    }
}

/// The crate's result type.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The checks at the doors: each returns the error that names the argument.
pub(crate) mod check {
    use super::{Error, Result};
    use crate::Scalar;
    use crate::linalg::rows::vectorised;
    use ndarray::{ArrayBase, ArrayView2, Data, Dimension};
    use rayon::prelude::*;

    /// Entries that one task checks.
    const CHUNK: usize = 1 << 16;

    /// Every entry is finite.
    pub(crate) fn finite<F: Scalar, S: Data<Elem = F>, D: Dimension>(
        argument: &'static str,
        array: &ArrayBase<S, D>,
    ) -> Result<()>
    where
        D::Pattern: IndexList,
    {
        match first_not_finite(array) {
            Some((index, value)) => Err(Error::NotFinite { argument, index: index.list(), value }),
            None => Ok(()),
        }
    }

    /// Every entry of a result is a number; where one is not, `must` says which argument is out of scale.
    ///
    /// Entries of arguments are checked by [`finite`] before: what is not finite here left the range of numbers on the way.
    pub(crate) fn in_range<F: Scalar, S: Data<Elem = F>, D: Dimension>(
        result: &'static str,
        array: &ArrayBase<S, D>,
        must: &'static str,
    ) -> Result<()>
    where
        D::Pattern: IndexList,
    {
        match first_not_finite(array) {
            Some((_, value)) => Err(Error::Domain { argument: result, value, must }),
            None => Ok(()),
        }
    }

    /// [`in_range`] of one number.
    pub(crate) fn number(result: &'static str, value: f64, must: &'static str) -> Result<f64> {
        if value.is_finite() {
            return Ok(value);
        }
        Err(Error::Domain { argument: result, value, must })
    }

    /// Where the first entry stands that is NaN or an infinity, and the entry.
    fn first_not_finite<F: Scalar, S: Data<Elem = F>, D: Dimension>(
        array: &ArrayBase<S, D>,
    ) -> Option<(D::Pattern, f64)> {
        // A sum is finite unless an entry is not (or it overflows, then all are looked at): one cheap pass on good input.
        let sums_are_finite = match array.as_slice_memory_order() {
            Some(entries) if entries.len() > CHUNK => entries.par_chunks(CHUNK).all(lanes_are_finite),
            Some(entries) => lanes_are_finite(entries),
            None => array.sum().is_finite(),
        };
        if sums_are_finite {
            return None;
        }
        let first = array.indexed_iter().find(|(_, value)| !value.is_finite());
        first.map(|(index, value)| (index, value.as_f64()))
    }

    /// Whether the sums of every so many entries are finite.
    fn lanes_are_finite<F: Scalar>(entries: &[F]) -> bool {
        const LANES: usize = 64;
        vectorised(
            #[inline(always)]
            || {
                let mut sums = [F::zero(); LANES];
                let mut chunks = entries.chunks_exact(LANES);
                for chunk in chunks.by_ref() {
                    for (sum, &entry) in sums.iter_mut().zip(chunk) {
                        *sum += entry;
                    }
                }
                for (sum, &entry) in sums.iter_mut().zip(chunks.remainder()) {
                    *sum += entry;
                }
                sums.iter().all(|sum| sum.is_finite())
            },
        )
    }

    /// `got` is the shape the contract asks for.
    pub(crate) fn shape(argument: &'static str, expected: &[usize], got: &[usize]) -> Result<()> {
        if expected == got {
            return Ok(());
        }
        Err(Error::Shape { argument, expected: expected.to_vec(), got: got.to_vec() })
    }

    /// The matrix is square and equal to its transpose, up to `1e-12` of its largest entry.
    pub(crate) fn symmetric(argument: &'static str, matrix: ArrayView2<f64>) -> Result<()> {
        let n = matrix.nrows();
        shape(argument, &[n, n], matrix.shape())?;
        finite(argument, &matrix)?;
        let tolerance = 1e-12 * matrix.iter().fold(0.0_f64, |largest, entry| largest.max(entry.abs()));
        for row in 1..n {
            for column in 0..row {
                let (value, mirror) = (matrix[[row, column]], matrix[[column, row]]);
                if (value - mirror).abs() > tolerance {
                    return Err(Error::Asymmetric { argument, row, column, value, mirror });
                }
            }
        }
        Ok(())
    }

    /// `value` is finite and positive.
    pub(crate) fn positive(argument: &'static str, value: f64) -> Result<()> {
        if value.is_finite() && value > 0.0 {
            return Ok(());
        }
        Err(Error::Domain { argument, value, must: "positive and finite" })
    }

    /// `value` is finite and at least zero.
    pub(crate) fn not_negative(argument: &'static str, value: f64) -> Result<()> {
        if value.is_finite() && value >= 0.0 {
            return Ok(());
        }
        Err(Error::Domain { argument, value, must: "finite and not negative" })
    }

    /// `value` is a probability.
    pub(crate) fn probability(argument: &'static str, value: f64) -> Result<()> {
        if (0.0..=1.0).contains(&value) {
            return Ok(());
        }
        Err(Error::Domain { argument, value, must: "in [0, 1]" })
    }

    /// A count is at least one and at most `most`.
    pub(crate) fn count(argument: &'static str, value: usize, most: usize, must: &'static str) -> Result<()> {
        if (1..=most).contains(&value) {
            return Ok(());
        }
        Err(Error::Domain { argument, value: value as f64, must })
    }

    /// `index` is below `end`.
    pub(crate) fn index(argument: &'static str, index: usize, end: usize, must: &'static str) -> Result<()> {
        if index < end {
            return Ok(());
        }
        Err(Error::Domain { argument, value: index as f64, must })
    }

    /// An array index of any dimension as a list of numbers.
    pub(crate) trait IndexList {
        /// The index, one number an axis.
        fn list(&self) -> Vec<usize>;
    }

    impl IndexList for usize {
        fn list(&self) -> Vec<usize> {
            vec![*self]
        }
    }

    impl IndexList for ndarray::IxDyn {
        fn list(&self) -> Vec<usize> {
            self.slice().to_vec()
        }
    }

    impl IndexList for (usize, usize) {
        fn list(&self) -> Vec<usize> {
            vec![self.0, self.1]
        }
    }
}
