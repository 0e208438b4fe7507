//! Products of matrices.

use ndarray::Axis;

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
        let mut product = self.tape().room((a.nrows(), b.ncols()));
        product.fill(F::zero());
        linalg::add_product(a.view(), b.view(), product.view_mut());
        Ok(self.tape().record(&[self, right], product, move |g, cotangents| {
            cotangents.add_product(to_a, g.view(), b.t());
            cotangents.add_product(to_b, a.t(), g.view());
            cotangents.give(g);
        }))
    }

    /// A dense layer, `Y = A B + 1 c` of shape `(m, n)` for `A` `(m, k)`, `B` `(k, n)` and `c` `(1, n)`; `2 m k n` flops.
    /// Back: `Ā = Ȳ Bᵀ`, `B̄ = Aᵀ Ȳ`, `c̄ = 1ᵀ Ȳ`.
    ///
    /// # Errors
    /// [`Error::Operands`] if the inner sizes differ or `c` is not `(1, n)`, [`Error::OtherTape`].
    pub fn affine(self, right: Var<'t, F>, shift: Var<'t, F>) -> Result<Self> {
        right.check_on(self.tape(), "affine")?;
        shift.check_on(self.tape(), "affine")?;
        let (a, b, c) = (self.value(), right.value(), shift.value());
        if a.ncols() != b.nrows() {
            return Err(Error::Operands { op: "affine", left: a.dim(), right: b.dim() });
        }
        if c.dim() != (1, b.ncols()) {
            return Err(Error::Operands { op: "affine", left: (a.nrows(), b.ncols()), right: c.dim() });
        }
        let (to_a, to_b, to_c) = (self.target(), right.target(), shift.target());
        let mut y = self.tape().room((a.nrows(), b.ncols()));
        y.assign(&c);
        linalg::add_product(a.view(), b.view(), y.view_mut());
        Ok(self.tape().record(&[self, right, shift], y, move |g, cotangents| {
            cotangents.add(to_c, || g.sum_axis(Axis(0)).insert_axis(Axis(0)));
            cotangents.add_product(to_a, g.view(), b.t());
            cotangents.add_product(to_b, a.t(), g.view());
            cotangents.give(g);
        }))
    }
}
