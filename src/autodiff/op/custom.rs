//! Steps that bring a gradient of their own, such as losses.

use ndarray::{Array2, ArrayView2};

use crate::Scalar;
use crate::autodiff::Var;
use crate::error::{Result, check};

impl<F: Scalar> Var<'_, F> {
    /// A number computed from this variable elsewhere: `function` returns it and its gradient, of the shape of its argument.
    ///
    /// Back: `X̄ = Ȳ · gradient`. `function` is called once, now.
    ///
    /// # Errors
    /// What `function` returns; [`Error::Shape`](crate::Error::Shape) if the gradient has another shape.
    pub fn scalar_op(self, function: impl FnOnce(ArrayView2<F>) -> Result<(F, Array2<F>)>) -> Result<Self> {
        let (to, x) = (self.target(), self.value());
        let (value, gradient) = function(x.view())?;
        check::shape("gradient", x.shape(), gradient.shape())?;
        let value = Array2::from_elem((1, 1), value);
        Ok(self.tape().record(&[self], value, move |g, cotangents| {
            cotangents.add(to, || &gradient * g[[0, 0]]);
        }))
    }
}
