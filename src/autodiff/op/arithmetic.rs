//! Sums, differences, products and quotients, entry by entry, with broadcasting.
//!
//! An axis of length 1 is repeated to the length of the other operand's; back, a cotangent is summed over such an axis.
//! With another variable the result is checked, `(a + b)?`; with a number there is nothing to check, `a + 1.0`.

use std::ops::{Add, Div, Mul, Neg, Sub};

use ndarray::{ArcArray2, Array2, Axis, CowArray, Ix2, Zip};

use crate::Scalar;
use crate::autodiff::{PARALLEL_FROM, Tape, Var};
use crate::error::{Error, Result};

/// `A + B`. Back: `Ā = Ȳ`, `B̄ = Ȳ`.
impl<F: Scalar> Add for Var<'_, F> {
    type Output = Result<Self>;

    fn add(self, right: Self) -> Result<Self> {
        let (a, b) = operands("add", self, right)?;
        let ((to_a, a_dim), (to_b, b_dim)) = ((self.target(), a.dim()), (right.target(), b.dim()));
        Ok(self.tape().record(
            &[self, right],
            combined(self.tape(), &a, &b, |a, b| a + b),
            move |g, cotangents| {
                cotangents.add(to_b, || summed_to(b_dim, g.view()));
                cotangents.add(to_a, || summed_to(a_dim, g));
            },
        ))
    }
}

/// `A − B`. Back: `Ā = Ȳ`, `B̄ = −Ȳ`.
impl<F: Scalar> Sub for Var<'_, F> {
    type Output = Result<Self>;

    fn sub(self, right: Self) -> Result<Self> {
        let (a, b) = operands("sub", self, right)?;
        let ((to_a, a_dim), (to_b, b_dim)) = ((self.target(), a.dim()), (right.target(), b.dim()));
        Ok(self.tape().record(
            &[self, right],
            combined(self.tape(), &a, &b, |a, b| a - b),
            move |g, cotangents| {
                cotangents.add(to_b, || -summed_to(b_dim, g.view()).into_owned());
                cotangents.add(to_a, || summed_to(a_dim, g));
            },
        ))
    }
}

/// `A ∘ B`. Back: `Ā = Ȳ ∘ B`, `B̄ = Ȳ ∘ A`.
impl<F: Scalar> Mul for Var<'_, F> {
    type Output = Result<Self>;

    fn mul(self, right: Self) -> Result<Self> {
        let (a, b) = operands("mul", self, right)?;
        let (to_a, to_b) = (self.target(), right.target());
        Ok(self.tape().record(
            &[self, right],
            combined(self.tape(), &a, &b, |a, b| a * b),
            move |g, cotangents| {
                cotangents.add(to_b, || summed_to(b.dim(), &g * &a));
                cotangents.add(to_a, || summed_to(a.dim(), g * &b));
            },
        ))
    }
}

/// `A / B`. Back: `Ā = Ȳ / B`, `B̄ = −Ȳ ∘ Y / B`.
impl<F: Scalar> Div for Var<'_, F> {
    type Output = Result<Self>;

    #[allow(clippy::suspicious_arithmetic_impl)] // the chain rule multiplies
    fn div(self, right: Self) -> Result<Self> {
        let (a, b) = operands("div", self, right)?;
        let ((to_a, a_dim), to_b) = ((self.target(), a.dim()), right.target());
        let quotient = combined(self.tape(), &a, &b, |a, b| a / b).into_shared();
        let y = quotient.clone();
        Ok(self.tape().record(&[self, right], quotient, move |g, cotangents| {
            let over_b = g / &b;
            cotangents.add(to_b, || -summed_to(b.dim(), &over_b * &y).into_owned());
            cotangents.add(to_a, || summed_to(a_dim, over_b));
        }))
    }
}

/// `−A`.
impl<F: Scalar> Neg for Var<'_, F> {
    type Output = Self;

    fn neg(self) -> Self {
        let to = self.target();
        let negated = self.value().mapv(F::neg);
        self.tape().record(&[self], negated, move |g, cotangents| cotangents.add(to, || -g))
    }
}

/// `A + c` in every entry.
impl<F: Scalar> Add<F> for Var<'_, F> {
    type Output = Self;

    fn add(self, constant: F) -> Self {
        let to = self.target();
        self.tape().record(&[self], &self.value() + constant, move |g, cotangents| cotangents.add(to, || g))
    }
}

/// `A − c` in every entry.
impl<F: Scalar> Sub<F> for Var<'_, F> {
    type Output = Self;

    fn sub(self, constant: F) -> Self {
        self + -constant
    }
}

/// `c A`.
impl<F: Scalar> Mul<F> for Var<'_, F> {
    type Output = Self;

    fn mul(self, constant: F) -> Self {
        let to = self.target();
        let scaled = &self.value() * constant;
        self.tape().record(&[self], scaled, move |g, cotangents| cotangents.add(to, || g * constant))
    }
}

/// `A / c`.
impl<F: Scalar> Div<F> for Var<'_, F> {
    type Output = Self;

    fn div(self, constant: F) -> Self {
        let to = self.target();
        let quotient = &self.value() / constant;
        self.tape().record(&[self], quotient, move |g, cotangents| cotangents.add(to, || g / constant))
    }
}

/// The operands' values, of shapes that broadcast to a common one.
fn operands<'t, F: Scalar>(
    op: &'static str,
    left: Var<'t, F>,
    right: Var<'t, F>,
) -> Result<(ArcArray2<F>, ArcArray2<F>)> {
    right.check_on(left.tape(), op)?;
    let (a, b) = (left.value(), right.value());
    let fit = |a: usize, b: usize| a == b || a == 1 || b == 1;
    if fit(a.nrows(), b.nrows()) && fit(a.ncols(), b.ncols()) {
        return Ok((a, b));
    }
    Err(Error::Operands { op, left: a.dim(), right: b.dim() })
}

/// `f` of the entries, one at a time, of operands that broadcast.
fn combined<F: Scalar>(
    tape: &Tape<F>,
    a: &ArcArray2<F>,
    b: &ArcArray2<F>,
    f: impl Fn(F, F) -> F + Sync,
) -> Array2<F> {
    let longer = |a: usize, b: usize| if a == 1 { b } else { a };
    let mut y = tape.room((longer(a.nrows(), b.nrows()), longer(a.ncols(), b.ncols())));
    let is_large = y.len() >= PARALLEL_FROM;
    let zip = Zip::from(&mut y).and_broadcast(a).and_broadcast(b);
    let each = |y: &mut F, &a: &F, &b: &F| *y = f(a, b);
    if is_large {
        zip.par_for_each(each);
    } else {
        zip.for_each(each);
    }
    y
}

/// The cotangent of an operand of shape `dim` before it was broadcast.
fn summed_to<'a, F: Scalar>(
    dim: (usize, usize),
    cotangent: impl Into<CowArray<'a, F, Ix2>>,
) -> CowArray<'a, F, Ix2> {
    let mut cotangent = cotangent.into();
    for (axis, length) in [(Axis(0), dim.0), (Axis(1), dim.1)] {
        if cotangent.len_of(axis) != length {
            cotangent = cotangent.sum_axis(axis).insert_axis(axis).into();
        }
    }
    cotangent
}
