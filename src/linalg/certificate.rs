//! How far computed eigenpairs can be from true ones, proved after the fact (claims T33, T34).

use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::{Operator, backend, eigen::Eigenpairs};
use crate::error::{Error, Result, check};

/// What the residuals of some eigenpairs prove about them (claim T33).
///
/// With `R = A V − V Θ`: near every value lies an eigenvalue within its residual, and the `k` values match `k`
/// eigenvalues one to one within `‖R‖`. That these are the *leading* ones only an inertia count shows
/// ([`count_above`], claim T34).
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
    /// `None` where the gap is unknown or not positive.
    #[must_use]
    pub fn subspace_bound(&self) -> Option<f64> {
        self.gap.filter(|&gap| gap > 0.0).map(|gap| self.residual_norm / gap)
    }
}

impl Eigenpairs {
    /// The certificate of these pairs as eigenpairs of `operator`; one product with `k` vectors and `O(n k²)`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the orders differ.
    pub fn certify(&self, operator: &impl Operator) -> Result<Certificate> {
        let (n, k) = self.vectors.dim();
        check::shape("operator", &[operator.order(), k], &[n, k])?;
        let mut residual = operator.apply(self.vectors.view());
        residual -= &(&self.vectors * &self.values);
        let gram = self.vectors.t().dot(&self.vectors) - Array2::<f64>::eye(k);
        Ok(Certificate {
            residuals: residual.map_axis(Axis(0), |column| column.dot(&column).sqrt()),
            residual_norm: residual.iter().map(|entry| entry * entry).sum::<f64>().sqrt(),
            gap: self.next.and_then(|next| self.values.last().map(|last| last - next)),
            orthogonality: gram.iter().fold(0.0, |largest, entry| largest.max(entry.abs())),
        })
    }
}

/// Number of eigenvalues of the symmetric `a` above `mu`, by Sylvester's law of inertia on the block-diagonal factor of
/// `A − μI` (claim T34); `n³/3` flops.
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
    let mut shifted = a.to_owned();
    shifted.diag_mut().mapv_inplace(|entry| entry - mu);
    let blocks = backend::block_diagonal(shifted.view())?;
    let mut above = 0;
    let mut i = 0;
    while let Some(&d) = blocks.diagonal.get(i) {
        match (blocks.off_diagonal.get(i), blocks.diagonal.get(i + 1)) {
            (Some(&e), Some(&next)) if e != 0.0 => {
                // A 2×2 block: one eigenvalue of each sign if its determinant is negative, else the trace decides.
                let determinant = d * next - e * e;
                above += if determinant < 0.0 { 1 } else { 2 * usize::from(d + next > 0.0) };
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
