//! Leading eigenpairs after a low-rank change of a matrix whose eigenpairs are known.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, ShapeBuilder};

use super::updated_diagonal::UpdatedDiagonal;
use super::{Eigenpairs, leading, symmetric_eigen, unscaled};
use crate::error::{Result, check};
use crate::linalg::scale::{inverse_power, largest};

/// Entries in this range are not scaled: products of a few of them neither overflow nor vanish.
const PLAIN: std::ops::Range<f64> = 1e-30..1e30;

/// The `k` leading eigenpairs of `diag(values) + W C Wᵀ`.
///
/// * `values`: `(n,)`, the eigenvalues of a matrix `F`, in any order;
/// * `w`: `(n, r)`, in the eigenbasis of `F`: for a change `B C Bᵀ` and eigenvectors `U` it is `Uᵀ B`;
/// * `core`: `C`, `(r, r)` symmetric, singular or indefinite as it may be.
///
/// The eigenvectors are coordinates in that basis. Cost `O(n r²)` for each of about `20 k` inertia counts and `O(n r)` for
/// each of `3 k` solves, against `4n³/3` for a new decomposition (claims [T34](crate::theory#t34), [T35](crate::theory#t35),
/// [T37](crate::theory#t37)).
///
/// # Errors
/// [`crate::Error::Shape`], [`crate::Error::NotFinite`] or [`crate::Error::Asymmetric`] for bad arguments,
/// [`crate::Error::Domain`] unless `1 ≤ k ≤ n` or if an eigenvalue overflows,
/// [`crate::Error::NotConverged`] if a residual stays above rounding, which happens when several eigenvalues of the sum almost
/// coincide with one of `values`: decompose the sum itself then.
pub fn leading_eigenpairs_of_update(
    values: ArrayView1<f64>,
    w: ArrayView2<f64>,
    core: ArrayView2<f64>,
    k: usize,
) -> Result<Eigenpairs> {
    let n = values.len();
    check::count("k", k, n, "at least 1 and at most the order of the matrix")?;
    check::shape("w", &[n, core.ncols()], w.shape())?;
    check::finite("values", &values)?;
    check::finite("w", &w)?;
    check::symmetric("core", core)?;
    // Powers of two that take the sum, and its factor, near 1: products of several are taken.
    let scale =
        |largest: f64| if largest == 0.0 || PLAIN.contains(&largest) { 1.0 } else { inverse_power(largest) };
    let of_factor = scale(largest(w));
    let w = &w * of_factor;
    let core = &core / of_factor / of_factor;
    check::in_range("core", &core, "finite where w has entries near 1: w or core is out of scale")?;
    let scale = scale(largest(values).max(largest(&core)));
    let (values, core) = (&values * scale, core * scale);
    let (factor, weights) = if core.is_empty() {
        (Array2::zeros((n, 0)), Array1::zeros(0))
    } else {
        // W C Wᵀ = (W Q) diag(c) (W Q)ᵀ, without the directions that C annihilates.
        let core = symmetric_eigen(core.view())?;
        let largest = largest(&core.values);
        let kept: Vec<usize> =
            (0..core.values.len()).filter(|&i| core.values[i].abs() > 1e-14 * largest).collect();
        (w.dot(&core.vectors.select(Axis(1), &kept)), core.values.select(Axis(0), &kept))
    };
    let mut matrix = UpdatedDiagonal::new(values.view(), factor.view(), weights.view());
    let mut vectors = Vec::new();
    let (values, next) = leading(&mut matrix, k, n, &mut vectors)?;
    let vectors = Array2::from_shape_fn((n, k).f(), |(i, j)| vectors[j * n + i]);
    unscaled(values.into(), vectors, next, scale)
}
