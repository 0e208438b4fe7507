//! Products of matrices.

use crate::Scalar;
use crate::autodiff::Var;
use crate::error::{Error, Result};
use crate::linalg;

impl<'t, F: Scalar> Var<'t, F> {
    /// `Y = A B` of shape `(m, n)` for `A` `(m, k)` and `B` `(k, n)`; `2 m k n` flops. Back: `Ā = Ȳ Bᵀ`, `B̄ = Aᵀ Ȳ`.
    ///
    /// # Errors
    /// [`Error::Operands`] if the inner sizes differ, [`Error::OtherTape`].
    pub fn matmul(self, right: Var<'t, F>) -> Result<Self> {
        right.check_on(self.tape(), "matmul")?;
        let (a, b) = (self.value(), right.value());
        if a.ncols() != b.nrows() {
            return Err(Error::Operands { op: "matmul", left: a.dim(), right: b.dim() });
        }
        let (to_a, to_b) = (self.target(), right.target());
        let product = linalg::product(a.view(), b.view());
        Ok(self.tape().record(&[self, right], product, move |g, cotangents| {
            cotangents.add_product(to_a, g.view(), b.t());
            cotangents.add_product(to_b, a.t(), g.view());
        }))
    }
}
