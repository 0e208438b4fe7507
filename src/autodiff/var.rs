//! Variables: handles on the values of a tape, which the operations combine.

use ndarray::ArcArray2;

use super::Tape;
use super::tape::Target;
use crate::Scalar;
use crate::error::{Error, Result};

/// A value on a [`Tape`]: a matrix `(m, n)`, where `(1, n)` and `(m, 1)` serve as vectors and `(1, 1)` as a scalar.
///
/// A handle of two words, to be copied freely; using one several times sums its gradients.
#[derive(Clone, Copy)]
pub struct Var<'t, F: Scalar> {
    tape: &'t Tape<F>,
    index: usize,
}

impl<'t, F: Scalar> Var<'t, F> {
    pub(super) fn new(tape: &'t Tape<F>, index: usize) -> Self {
        Self { tape, index }
    }

    /// The value, shared with the tape: no entries are copied.
    ///
    /// `tape.constant(x.value())` is `x` cut off from its past: no gradient passes.
    pub fn value(self) -> ArcArray2<F> {
        self.tape.value(self.index)
    }

    /// The only entry of a `(1, 1)` variable.
    ///
    /// # Errors
    /// [`Error::Operands`] for any other shape.
    pub fn scalar(self) -> Result<F> {
        match self.value() {
            value if value.dim() == (1, 1) => Ok(value[[0, 0]]),
            value => Err(Error::Operands { op: "scalar", left: value.dim(), right: (1, 1) }),
        }
    }

    /// Number of rows and of columns.
    pub fn dim(self) -> (usize, usize) {
        self.tape.dim(self.index)
    }

    /// The tape it stands on.
    pub fn tape(self) -> &'t Tape<F> {
        self.tape
    }

    pub(super) fn index(self) -> usize {
        self.index
    }

    pub(super) fn target(self) -> Target {
        self.tape.target(self.index)
    }

    pub(super) fn check_on(self, tape: &Tape<F>, op: &'static str) -> Result<()> {
        if std::ptr::eq(self.tape, tape) {
            return Ok(());
        }
        Err(Error::OtherTape { op })
    }
}

impl<F: Scalar> std::fmt::Debug for Var<'_, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Var").field("index", &self.index).field("value", &self.value()).finish()
    }
}
