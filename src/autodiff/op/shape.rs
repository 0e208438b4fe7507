//! Entries in another arrangement: transposed, reshaped, cut, joined.

use std::ops::Range;

use ndarray::{ArcArray2, Array2, Axis, Slice};

use crate::Scalar;
use crate::autodiff::{Tape, Var};
use crate::error::{Error, Result, check};

impl<F: Scalar> Var<'_, F> {
    /// `Xᵀ`, without a copy.
    #[must_use]
    pub fn transpose(self) -> Self {
        let to = self.target();
        self.tape().record(&[self], self.value().reversed_axes(), move |g, cotangents| {
            cotangents.add(to, || g.reversed_axes());
        })
    }

    /// The same entries, row by row, in shape `dim`; without a copy if they are stored that way.
    ///
    /// # Errors
    /// [`Error::Operands`] if the number of entries differs.
    pub fn reshape(self, dim: (usize, usize)) -> Result<Self> {
        let (to, x) = (self.target(), self.value());
        let old = x.dim();
        if dim.0.checked_mul(dim.1) != Some(x.len()) {
            return Err(Error::Operands { op: "reshape", left: old, right: dim });
        }
        Ok(self.tape().record(&[self], reshaped(x, dim), move |g, cotangents| {
            cotangents.add(to, || reshaped(g.into_shared(), old).into_owned());
        }))
    }

    /// The rows `range`, without a copy.
    ///
    /// # Errors
    /// [`Error::Domain`] if the range runs backwards or past the end.
    pub fn rows(self, range: Range<usize>) -> Result<Self> {
        self.slice(Axis(0), range)
    }

    /// The columns `range`, without a copy.
    ///
    /// # Errors
    /// As [`rows`](Self::rows).
    pub fn columns(self, range: Range<usize>) -> Result<Self> {
        self.slice(Axis(1), range)
    }

    fn slice(self, axis: Axis, range: Range<usize>) -> Result<Self> {
        let (to, dim) = (self.target(), self.dim());
        let mut cut = self.value();
        check::index("end of the slice", range.end, cut.len_of(axis) + 1, "at most the axis' length")?;
        check::index("start of the slice", range.start, range.end + 1, "at most its end")?;
        let slice = Slice::from(range);
        cut.slice_axis_inplace(axis, slice);
        Ok(self.tape().record(&[self], cut, move |g, cotangents| {
            cotangents.add_with(to, dim, |mut sum| {
                let mut part = sum.slice_axis_mut(axis, slice);
                part += &g;
            });
        }))
    }
}

impl<F: Scalar> Tape<F> {
    /// The `parts` below each other (`Axis(0)`) or side by side (`Axis(1)`).
    ///
    /// # Errors
    /// [`Error::Empty`] without parts, [`Error::Operands`] if they differ along the other axis, [`Error::Domain`] if
    /// `axis` is neither 0 nor 1, [`Error::OtherTape`].
    pub fn concatenate<'t>(&'t self, axis: Axis, parts: &[Var<'t, F>]) -> Result<Var<'t, F>> {
        check::index("axis", axis.index(), 2, "0 or 1")?;
        let Some(first) = parts.first() else {
            return Err(Error::Empty { argument: "parts", expected: "variable" });
        };
        let mut values = Vec::with_capacity(parts.len());
        let mut places = Vec::with_capacity(parts.len());
        let mut end = 0;
        for part in parts {
            part.check_on(self, "concatenate")?;
            let value = part.value();
            let other = Axis(1 - axis.index());
            if value.len_of(other) != first.value().len_of(other) {
                return Err(Error::Operands { op: "concatenate", left: first.dim(), right: value.dim() });
            }
            let start = end;
            end += value.len_of(axis);
            places.push((part.target(), Slice::from(start..end)));
            values.push(value);
        }
        let mut dim = first.dim();
        *(if axis == Axis(0) { &mut dim.0 } else { &mut dim.1 }) = end;
        let mut joined = Array2::zeros(dim);
        for (value, (_, place)) in values.iter().zip(&places) {
            joined.slice_axis_mut(axis, *place).assign(value);
        }
        Ok(self.record(parts, joined, move |g, cotangents| {
            for &(to, place) in &places {
                cotangents.add(to, || g.slice_axis(axis, place));
            }
        }))
    }
}

/// The entries of `x`, row by row, in a shape of the same size.
pub(super) fn reshaped<F: Scalar>(x: ArcArray2<F>, dim: (usize, usize)) -> ArcArray2<F> {
    let x = if x.is_standard_layout() { x } else { x.as_standard_layout().into_owned().into_shared() };
    match x.into_shape_with_order(dim) {
        Ok(x) => x,
        Err(error) => unreachable!("row-major entries take any shape of their number: {error}"),
    }
}
