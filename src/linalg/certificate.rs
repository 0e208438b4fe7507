//! How far computed eigenpairs can be from true ones, proved after the fact (claims
//! [T33](crate::theory#t33)–[T35](crate::theory#t35)).

use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::eigen::Eigenpairs;
use super::scale::{largest, norm, safe_scale};
use super::{Operator, backend};
use crate::error::{Error, Result, check};

/// What the residuals of some eigenpairs prove about them ([claim T33](crate::theory#t33)).
///
/// With `R = A V − V Θ`: near every value lies an eigenvalue within its residual, and the `k` values match `k`
/// eigenvalues one to one within `‖R‖`. That these are the *leading* ones only an inertia count shows
/// ([`count_above`], [claim T34](crate::theory#t34)).
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    /// `‖A v − θ v‖` for each pair.
    pub residuals: Array1<f64>,
    /// Frobenius norm of `R`, a bound on its spectral norm.
    pub residual_norm: f64,
    /// `θ_k − t_{k+1}`, the gap below the last pair, if the next eigenvalue is known.
    pub gap: Option<f64>,
    /// Largest entry of `|VᵀV − I|`.
    pub orthogonality: f64,
}

impl Certificate {
    /// A bound on the sine of the largest angle between the computed and the true leading subspace, `‖R‖ / gap`;
    /// `None` where the gap is unknown or not positive, or so small that the bound is beyond all numbers.
    #[must_use]
    pub fn subspace_bound(&self) -> Option<f64> {
        let gap = self.gap.filter(|&gap| gap > 0.0)?;
        Some(self.residual_norm / gap).filter(|bound| bound.is_finite())
    }
}

/// What asking for one pair can do to a representation ([claim T35](crate::theory#t35)).
impl Eigenpairs {
    /// A bound on the sine of the largest angle between this leading subspace and the one after both entries of `pair`
    /// change by `change`: `|c| √(‖V_i‖² + ‖V_j‖²) / (gap − |c|)`, the rows' leverage over what is left of the gap.
    ///
    /// `None` where the gap is unknown or at most `|c|`: then the bound says nothing. `O(k)`.
    ///
    /// # Errors
    /// [`Error::Domain`] if an index is out of range, the two are equal, or `change` is not finite.
    pub fn pair_bound(&self, pair: (usize, usize), change: f64) -> Result<Option<f64>> {
        for index in [pair.0, pair.1] {
            if index >= self.vectors.nrows() {
                return Err(Error::Domain { argument: "pair", value: index as f64, must: "below the order" });
            }
        }
        if pair.0 == pair.1 {
            return Err(Error::Domain {
                argument: "pair",
                value: pair.0 as f64,
                must: "two different indices",
            });
        }
        if !change.is_finite() {
            return Err(Error::Domain { argument: "change", value: change, must: "finite" });
        }
        let leverage = |i: usize| self.vectors.row(i).dot(&self.vectors.row(i));
        let moved = change.abs() * (leverage(pair.0) + leverage(pair.1)).sqrt();
        let left = self.gap().map(|gap| gap - change.abs()).filter(|&left| left > 0.0);
        Ok(left.map(|left| moved / left).filter(|bound| bound.is_finite()))
    }

    /// Of each value how far it is at most from an eigenvalue: its residual `r`, or `r²/gap` where that is less
    /// ([claim T33](crate::theory#t33)).
    ///
    /// The gap is the distance to the nearest of the intervals within which the other values and `next` are known, `next` to
    /// its digits. It supposes that the pairs are the leading ones; that is what [`count_above`] shows.
    ///
    /// # Errors
    /// [`Error::Shape`] unless the certificate is of so many pairs.
    pub fn value_bounds(&self, certificate: &Certificate) -> Result<Array1<f64>> {
        let (values, residuals) = (&self.values, &certificate.residuals);
        check::shape("residuals", values.shape(), residuals.shape())?;
        let bound = |i: usize| {
            let others = (0..values.len()).filter(|&j| j != i);
            let distances = others.map(|j| (values[i] - values[j]).abs() - residuals[j]);
            let below = self.next.map(|next| values[i] - next);
            // Without the next eigenvalue, that of the last pair may be as near as it likes.
            let is_last = i + 1 == values.len() && i + 1 < self.vectors.nrows();
            let unknown = (is_last && self.next.is_none()).then_some(0.0);
            let gap = distances.chain(below).chain(unknown).fold(f64::INFINITY, f64::min);
            if gap > residuals[i] { residuals[i] * (residuals[i] / gap) } else { residuals[i] }
        };
        Ok((0..values.len()).map(bound).collect())
    }

    /// `t_k − t_{k+1}`, if both are known and it is finite.
    fn gap(&self) -> Option<f64> {
        let gap = self.values.last()? - self.next?;
        Some(gap).filter(|gap| gap.is_finite())
    }
}

impl Eigenpairs {
    /// The certificate of these pairs as eigenpairs of `operator`; one product with `k` vectors and `O(n k²)`.
    ///
    /// # Errors
    /// [`Error::Shape`] if there is not one value a vector, the operator is not square or has another order; [`Error::Domain`] if
    /// a residual or a product of vectors is not finite.
    pub fn certify(&self, operator: &impl Operator) -> Result<Certificate> {
        let (n, k) = self.vectors.dim();
        check::shape("values", &[k], self.values.shape())?;
        operator.check()?;
        check::shape("operator", &[n, n], &[operator.order(), operator.order()])?;
        let mut residual = operator.apply_unchecked(self.vectors.view());
        residual -= &(&self.vectors * &self.values);
        let gram = self.vectors.t().dot(&self.vectors) - Array2::<f64>::eye(k);
        let must = "finite: the operator or the vectors are out of scale";
        check::in_range("residual", &residual, must)?;
        check::in_range("product of two vectors", &gram, must)?;
        let squares = residual.iter().map(|entry| entry * entry).sum();
        Ok(Certificate {
            residuals: residual.map_axis(Axis(0), |column| norm(column.dot(&column), column)),
            residual_norm: check::number("residual", norm(squares, &residual), must)?,
            gap: self.gap(),
            orthogonality: largest(&gram),
        })
    }
}

/// Number of eigenvalues of the symmetric `a` above `mu`, by Sylvester's law of inertia on the block-diagonal factor of
/// `A − μI` ([claim T34](crate::theory#t34)); `n³/3` flops. An eigenvalue within rounding, `n ε ‖A‖`, of `mu` may be counted or
/// not.
///
/// # Errors
/// [`Error::Empty`], [`Error::Shape`], [`Error::NotFinite`] or [`Error::Asymmetric`] for a bad `a`, [`Error::Domain`] if
/// `mu` is not finite.
pub fn count_above(a: ArrayView2<f64>, mu: f64) -> Result<usize> {
    if a.is_empty() {
        return Err(Error::Empty { argument: "a", expected: "row" });
    }
    check::symmetric("a", a)?;
    if !mu.is_finite() {
        return Err(Error::Domain { argument: "mu", value: mu, must: "finite" });
    }
    let scale = safe_scale(largest(a).max(mu.abs()));
    let mut shifted = &a * scale;
    shifted.diag_mut().mapv_inplace(|entry| entry - mu * scale);
    let blocks = backend::block_diagonal(shifted.view())?;
    let mut above = 0;
    let mut i = 0;
    while let Some(&d) = blocks.diagonal.get(i) {
        match (blocks.off_diagonal.get(i), blocks.diagonal.get(i + 1)) {
            (Some(&e), Some(&next)) if e != 0.0 => {
                // A 2×2 block: one eigenvalue of each sign if its determinant is negative, else the trace decides.
                // Divided by e², which cannot overflow with the scale of the matrix.
                above += if (d / e) * (next / e) < 1.0 { 1 } else { 2 * usize::from(d + next > 0.0) };
                i += 2;
            }
            _ => {
                above += usize::from(d > 0.0);
                i += 1;
            }
        }
    }
    Ok(above)
}
