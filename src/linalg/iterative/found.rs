//! What the iterative solvers ask of their arguments, and what they know when they end.

use ndarray::{Array2, ArrayView2};

use crate::error::{Error, Result, check};
use crate::linalg::operator::Operator;
use crate::linalg::subspace::{Subspace, check_block};

/// What an iteration knows when it ends.
pub(super) struct Found {
    pub(super) subspace: Subspace,
    /// The largest modulus of an eigenvalue that was seen.
    pub(super) norm: f64,
    /// The end of an interval that holds the next eigenvalue, if it lies below the wanted ones.
    pub(super) next: Option<f64>,
}

/// What one basis tells.
pub(super) enum Survey {
    Done(Found),
    Open(Outline),
}

/// The leading Ritz values, some more than are wanted, and the lowest; an estimate of the norm; the leading Ritz vectors; and the
/// steps that it took.
pub(super) struct Outline {
    pub(super) values: Vec<f64>,
    pub(super) lowest: f64,
    pub(super) norm: f64,
    pub(super) block: Array2<f64>,
    pub(super) steps: usize,
}

/// What every iterative solver asks of its arguments.
pub(super) fn check_problem(
    operator: &impl Operator,
    k: usize,
    start: Option<ArrayView2<f64>>,
) -> Result<()> {
    operator.check()?;
    if operator.order() == 0 {
        return Err(Error::Empty { argument: "operator", expected: "row" });
    }
    if let Some(start) = start {
        check_block(operator, start)?;
    }
    check::count("k", k, operator.order(), "at least 1 and at most the order of the operator")
}

/// An upper end of where the next eigenvalue lies, of a Ritz value and its residual, if it is below the `last` one wanted.
///
/// A Ritz vector with a part `c` in the eigenvector of `t > θ` has a residual of at least `c (t − θ)`; of a start without
/// structure such a part is not below a tenth where the residual has become small.
pub(super) fn next_below(last: f64, value: f64, residual: f64) -> Option<f64> {
    Some(value + 10.0 * residual).filter(|&next| next < last)
}
