//! Pseudo-inverse, minimum-norm least squares, Cholesky factor and triangular solves of dense matrices.

use ndarray::{Array1, Array2, ArrayView2, Axis, Slice, s};

use super::eigen::symmetric_eigen;
use super::narrow::by_columns;
use super::scale::{SMALLEST_SQUARE, largest, safe_scale};
use super::{ThinSvd, backend, narrow_product};
use crate::error::{Error, Result, check};

/// A symmetric positive semi-definite matrix in its eigenbasis, small directions dropped ([claim T31](crate::theory#t31)).
#[derive(Clone, Debug)]
pub struct SpectralFactor {
    /// The `r ≤ n` eigenvalues kept, descending, all above the cut-off.
    pub values: Array1<f64>,
    /// `(n, r)` their eigenvectors.
    pub vectors: Array2<f64>,
    /// Number of directions dropped, `n − r`.
    pub dropped: usize,
}

impl SpectralFactor {
    /// Decomposes the symmetric `a` of shape `(n, n)`, keeping eigenvalues above `cutoff + n ε λ_max`; `O(n³)`.
    ///
    /// # Errors
    /// A bad `a` as in [`symmetric_eigen`]; [`Error::Domain`] for a negative cut-off; [`Error::Singular`] if nothing is
    /// left.
    pub fn new(a: ArrayView2<f64>, cutoff: f64) -> Result<Self> {
        check::not_negative("cutoff", cutoff)?;
        let n = a.nrows();
        let eigen = symmetric_eigen(a)?;
        let threshold = cutoff + n as f64 * f64::EPSILON * eigen.values[0].abs();
        let rank = eigen.values.iter().take_while(|&&value| value > threshold).count();
        if rank == 0 {
            return Err(Error::Singular {
                argument: "a",
                measure: "largest eigenvalue",
                value: eigen.values[0],
                must: "an eigenvalue above the cut-off",
            });
        }
        Ok(Self {
            values: eigen.values.slice(s![..rank]).to_owned(),
            vectors: eigen.vectors.slice(s![.., ..rank]).to_owned(),
            dropped: n - rank,
        })
    }

    /// `A⁻¹` without the eigenvectors, where it is certain that none would be dropped; `None` in doubt. `4n³/3` flops.
    ///
    /// Certain means that `A` less four times the threshold of [`Self::new`] is positive definite ([claim T34](crate::theory#t34)).
    ///
    /// # Errors
    /// A bad `a` as in [`symmetric_eigen`]; [`Error::Domain`] for a negative cut-off, or if an entry of the inverse overflows.
    pub fn inverse_of_full_rank(a: ArrayView2<f64>, cutoff: f64) -> Result<Option<Array2<f64>>> {
        check::not_negative("cutoff", cutoff)?;
        if a.is_empty() {
            return Err(Error::Empty { argument: "a", expected: "row" });
        }
        check::symmetric("a", a)?;
        let scale = safe_scale(largest(a));
        let scaled = (!is_one(scale)).then(|| &a * scale);
        let (a, cutoff) = (scaled.as_ref().map_or(a, |scaled| scaled.view()), cutoff * scale);
        let sums = a.rows().into_iter().map(|row| row.fold(0.0, |sum, entry| sum + entry.abs()));
        let bound = sums.fold(0.0, f64::max);
        let threshold = 4.0 * (cutoff + a.nrows() as f64 * f64::EPSILON * bound);
        let mut shifted = a.to_owned();
        shifted.diag_mut().mapv_inplace(|entry| entry - threshold);
        if backend::cholesky(shifted.view()).is_none() {
            return Ok(None);
        }
        let Some(inverse) = backend::positive_inverse(a) else { return Ok(None) };
        let inverse = if is_one(scale) { inverse } else { inverse * scale };
        check::in_range("inverse", &inverse, "finite: a or its smallest eigenvalue is too small")?;
        Ok(Some(inverse))
    }

    /// `A^power` on the directions kept, zero on the others: `-1` gives the pseudo-inverse, `0.5` the root. `O(n² r)`.
    ///
    /// Where a power of an eigenvalue, or of its root, overflows, entries are infinite or NaN.
    #[must_use]
    pub fn power(&self, power: f64) -> Array2<f64> {
        // (U Λ^{p/2})(U Λ^{p/2})ᵀ is symmetric to the last bit.
        let half = &self.vectors * &self.values.mapv(|value| value.powf(0.5 * power));
        half.dot(&half.t())
    }
}

/// In units of `max(m, n) ε σ_max`: of the singular values that should be zero, the default backend's exceed 1 once in
/// 3000 decompositions of 8 × 15 matrices of rank 3, and 4 once in 10⁵. One mistaken for a direction of its own would
/// dominate the solution.
const RANK_MARGIN: f64 = 32.0;

/// The thin singular value decomposition `A = U diag(σ) Vᵀ` of `a` of shape `(m, n)`; `O(m n min(m, n))`.
///
/// # Errors
/// [`Error::Empty`] or [`Error::NotFinite`] for a bad `a`, [`Error::NotConverged`] if the backend gives up,
/// [`Error::Domain`] if a singular value overflows.
pub fn thin_svd(a: ArrayView2<f64>) -> Result<ThinSvd> {
    check_entries(a)?;
    // The backend squares entries: take those out of the range of squares back into it.
    let scale = safe_scale(largest(a));
    if is_one(scale) {
        return backend::thin_svd(a);
    }
    let mut svd = backend::thin_svd((&a * scale).view())?;
    svd.singular_values /= scale;
    check::in_range("singular value", &svd.singular_values, "finite: the entries of a are too large")?;
    Ok(svd)
}

/// Whether a scale, a power of two, changes nothing.
#[allow(clippy::float_cmp)]
fn is_one(scale: f64) -> bool {
    scale == 1.0
}

impl ThinSvd {
    /// Number of singular values above `32 max(m, n) ε σ_max`.
    pub fn rank(&self) -> usize {
        let longest = self.u.nrows().max(self.vt.ncols());
        let smallest =
            RANK_MARGIN * longest as f64 * f64::EPSILON * self.singular_values.first().unwrap_or(&0.0);
        self.singular_values.iter().take_while(|&&sigma| sigma > smallest).count()
    }
}

/// The sine of the largest principal angle between the spans of the `rank` leading left singular vectors of `a` and `b`,
/// both of `n` rows; `O(n k²)`. Small angles keep their digits.
///
/// # Errors
/// [`Error::Domain`] unless `rank` is at least 1 and at most every side of both; [`Error::Shape`] if their rows differ;
/// as [`thin_svd`].
pub fn sine_between(a: ArrayView2<f64>, b: ArrayView2<f64>, rank: usize) -> Result<f64> {
    check::shape("b", &[a.nrows(), b.ncols()], b.shape())?;
    let most = a.nrows().min(a.ncols()).min(b.ncols());
    check::count("rank", rank, most, "at least 1 and at most the rows and columns of both matrices")?;
    let leading = |z: ArrayView2<f64>| -> Result<Array2<f64>> {
        Ok(thin_svd(z)?.u.slice_axis(Axis(1), Slice::from(..rank)).to_owned())
    };
    let (a, b) = (leading(a)?, leading(b)?);
    // The part of one basis outside the other has digits where the cosines round to one.
    let outside = &b - &a.dot(&a.t().dot(&b));
    Ok(thin_svd(outside.view())?.singular_values[0].min(1.0))
}

/// The solution `W` of shape `(p, c)` of least norm among the minimisers of `‖A W − B‖`, `A` `(m, p)`, `B` `(m, c)`.
///
/// Singular values below `32 max(m, p) ε σ_max` count as zero. Cost `O(m p min(m, p))`.
///
/// # Errors
/// [`Error::Empty`] for an empty `a`, [`Error::Shape`] if `b` has other rows, [`Error::NotFinite`],
/// [`Error::NotConverged`] if the backend gives up, [`Error::Domain`] if an entry of the solution overflows.
pub fn least_squares(a: ArrayView2<f64>, b: ArrayView2<f64>) -> Result<Array2<f64>> {
    check_entries(a)?;
    check::shape("b", &[a.nrows(), b.ncols()], b.shape())?;
    check::finite("b", &b)?;
    let (of_a, of_b) = (safe_scale(largest(a)), safe_scale(largest(b)));
    if is_one(of_a) && is_one(of_b) {
        return scaled_least_squares(a, b);
    }
    let solution = scaled_least_squares((&a * of_a).view(), (&b * of_b).view())? / of_b * of_a;
    check::in_range("solution", &solution, "finite: b is too large for a")?;
    Ok(solution)
}

/// [`least_squares`] for matrices whose entries' squares neither overflow nor vanish.
fn scaled_least_squares(a: ArrayView2<f64>, b: ArrayView2<f64>) -> Result<Array2<f64>> {
    if let Some(solution) = by_normal_equations(a, b)? {
        return Ok(solution);
    }
    let svd = thin_svd(a)?;
    let rank = svd.rank();
    let mut coordinates = svd.u.t().dot(&b);
    for (i, mut row) in coordinates.rows_mut().into_iter().enumerate() {
        row *= if i < rank { svd.singular_values[i].recip() } else { 0.0 };
    }
    let solution = svd.vt.t().dot(&coordinates);
    check::in_range("solution", &solution, "finite: b is too large for a")?;
    Ok(solution)
}

/// Most columns for which the normal equations are tried.
const NARROW: usize = 32;
/// Of columns of norm 1, the least squared distance from the span of those before that counts as independent: the normal
/// equations lose twice the digits that this does, and one correction brings them back.
const INDEPENDENT: f64 = 1e-6;

/// The least-squares solution for a few columns that are clearly independent, or `None`.
///
/// One correction by the residual makes the normal equations as accurate as an orthogonal factorisation (Björck 1987).
fn by_normal_equations(a: ArrayView2<f64>, b: ArrayView2<f64>) -> Result<Option<Array2<f64>>> {
    let (m, p) = a.dim();
    if p > NARROW || m < p {
        return Ok(None);
    }
    let a = by_columns(a);
    let mut normal = narrow_product(a.t(), a.view());
    // Columns whose squares vanish are left to the decomposition.
    if !normal.diag().iter().all(|&square| square > SMALLEST_SQUARE && square < f64::INFINITY) {
        return Ok(None);
    }
    let scales = normal.diag().mapv(|square| square.sqrt().recip());
    for ((i, j), entry) in normal.indexed_iter_mut() {
        *entry *= scales[i] * scales[j];
    }
    let Some(root) = backend::cholesky(normal.view()) else { return Ok(None) };
    // Also without a number.
    if !root.diag().iter().all(|&pivot| pivot * pivot > INDEPENDENT) {
        return Ok(None);
    }
    let scales = scales.insert_axis(Axis(1));
    let solve = |right: &Array2<f64>| -> Result<Array2<f64>> {
        let half = solve_lower(root.view(), (&narrow_product(a.t(), right.view()) * &scales).view())?;
        Ok(solve_lower_transposed(root.view(), half.view())? * &scales)
    };
    let b = by_columns(b).into_owned();
    let first = solve(&b)?;
    let residual = &b - &narrow_product(a.view(), first.view());
    Ok(Some(&first + &solve(&residual)?).filter(|solution| solution.iter().all(|entry| entry.is_finite())))
}

/// Lower triangular `R` with `A = R Rᵀ` for a symmetric positive definite `a` of shape `(n, n)`; `n³/3` flops.
///
/// # Errors
/// A bad `a` as in [`symmetric_eigen`]; [`Error::Singular`] if it is not numerically positive definite.
pub fn cholesky(a: ArrayView2<f64>) -> Result<Array2<f64>> {
    if a.is_empty() {
        return Err(Error::Empty { argument: "a", expected: "row" });
    }
    check::symmetric("a", a)?;
    match backend::cholesky(a) {
        Some(factor) => Ok(factor),
        None => Err(Error::Singular {
            argument: "a",
            measure: "smallest eigenvalue",
            value: symmetric_eigen(a)?.values.last().copied().unwrap_or(f64::NAN),
            must: "a positive definite matrix",
        }),
    }
}

/// `R⁻¹ B` for a lower triangular `R` `(n, n)`, of which only that triangle is read, and `B` `(n, c)`; `n² c` flops.
///
/// # Errors
/// [`Error::Shape`] if the shapes do not fit, [`Error::NotFinite`] for a bad `b` or the triangle of `r`, [`Error::Singular`] if a
/// diagonal entry of `r` is zero, [`Error::Domain`] if an entry of the solution overflows.
pub fn solve_lower(r: ArrayView2<f64>, b: ArrayView2<f64>) -> Result<Array2<f64>> {
    check_triangular(r, b)?;
    let mut x = b.to_owned();
    for i in 0..r.nrows() {
        let (solved, mut rest) = x.view_mut().split_at(Axis(0), i);
        let mut row = rest.row_mut(0);
        row -= &r.slice(s![i, ..i]).dot(&solved);
        row /= r[[i, i]];
    }
    check::in_range("solution", &x, "finite: b is too large for r")?;
    Ok(x)
}

/// `R⁻ᵀ B`, contracts as [`solve_lower`].
///
/// # Errors
/// As [`solve_lower`].
pub fn solve_lower_transposed(r: ArrayView2<f64>, b: ArrayView2<f64>) -> Result<Array2<f64>> {
    check_triangular(r, b)?;
    let mut x = b.to_owned();
    for i in (0..r.nrows()).rev() {
        let (mut rest, solved) = x.view_mut().split_at(Axis(0), i + 1);
        let mut row = rest.row_mut(i);
        row -= &r.slice(s![i + 1.., i]).dot(&solved);
        row /= r[[i, i]];
    }
    check::in_range("solution", &x, "finite: b is too large for r")?;
    Ok(x)
}

fn check_entries(a: ArrayView2<f64>) -> Result<()> {
    if a.is_empty() {
        return Err(Error::Empty { argument: "a", expected: "row and one column" });
    }
    check::finite("a", &a)
}

fn check_triangular(r: ArrayView2<f64>, b: ArrayView2<f64>) -> Result<()> {
    let n = r.nrows();
    check::shape("r", &[n, n], r.shape())?;
    check::shape("b", &[n, b.ncols()], b.shape())?;
    check::finite("b", &b)?;
    check::lower_triangle_finite("r", r)?;
    match r.diag().iter().find(|&&pivot| pivot == 0.0) {
        Some(&value) => {
            Err(Error::Singular { argument: "r", measure: "diagonal entry", value, must: "not zero" })
        }
        None => Ok(()),
    }
}
