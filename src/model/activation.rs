//! The functions between linear layers.

use crate::Scalar;
use crate::autodiff::Var;

/// What stands between linear layers, entry by entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `x Φ(x)` in its tanh form.
    Gelu,
    /// `log(1 + eˣ)`.
    Softplus,
    /// `tanh x`.
    Tanh,
}

impl Activation {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Relu => "relu",
            Self::Gelu => "gelu",
            Self::Softplus => "softplus",
            Self::Tanh => "tanh",
        }
    }

    pub(super) fn of<F: Scalar>(self, x: Var<'_, F>) -> Var<'_, F> {
        match self {
            Self::Relu => x.relu(),
            Self::Gelu => x.gelu(),
            Self::Softplus => x.softplus(),
            Self::Tanh => x.tanh(),
        }
    }
}
