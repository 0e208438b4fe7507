//! Householder reduction of a dense symmetric matrix to tridiagonal form, one sweep a column.
//!
//! `A = Q T Qᵀ`, `Q = H₀ H₁ ⋯ H_{n−3}`, `H_j = I − τ_j v_j v_jᵀ` with `v_j` supported on the rows past `j`
//! (Golub & Van Loan, section 8.3.1).
//!
//! The textbook step reads the trailing matrix twice: a product `p = A v`, then the update `A ← A − v wᵀ − w vᵀ`.
//! Here the update that column `j` owes and the product that column `j + 1` needs are one sweep over the lower
//! triangle, so that a matrix that fits the cache is read and written once a column.
//!
//! Storage: column-major with the order padded by zeros to whole tiles. A tile on the diagonal is stored in full;
//! elsewhere only the lower triangle is kept up to date. Vectors are zero outside their support, so sweeps may start
//! at the tile that holds their first row.

use ndarray::ArrayView2;
use pulp::{Arch, Simd, WithSimd};

use crate::linalg::simd::{AlignedBuffer, axpy, dot};

/// Rows and columns of a diagonal tile: a multiple of every supported vector length.
const TILE: usize = 8;
/// A column norm that counts as zero: below a rounding error of any norm the solver works at, and above the norms
/// whose squares lose digits to underflow, with which a reflector would not be orthogonal.
const NEGLIGIBLE: f64 = 1e-140;

/// The tridiagonal matrix, its reflectors and the buffers, kept for reuse.
#[derive(Debug, Default)]
pub(super) struct HouseholderReduction {
    /// `T_jj`, length `n`.
    pub(super) diagonal: Vec<f64>,
    /// `T_{j+1,j}`, length `n − 1` (empty for `n ≤ 1`).
    pub(super) off_diagonal: Vec<f64>,
    /// Column `j` ends up holding `v_j`.
    matrix: AlignedBuffer,
    /// `τ_j`.
    scales: Vec<f64>,
    /// Padded order: the leading dimension of `matrix`.
    padded: usize,
    v: AlignedBuffer,
    w: AlignedBuffer,
    next: AlignedBuffer,
    product: AlignedBuffer,
}

impl HouseholderReduction {
    /// Reduces `scale · a`, of which only the lower triangle is read. `4n³/3` flops, `n²/2` memory traffic a column.
    pub(super) fn reduce(&mut self, a: ArrayView2<f64>, scale: f64) {
        self.load(a, scale);
        Arch::new().dispatch(Reduce { of: self, order: a.nrows() });
    }

    fn load(&mut self, a: ArrayView2<f64>, scale: f64) {
        let n = a.nrows();
        self.padded = n.next_multiple_of(TILE);
        self.matrix.reset(self.padded * self.padded);
        let a = a.as_standard_layout();
        let entries = a.as_slice().unwrap_or_default();
        // By strips of rows, so that reads and writes both run along cache lines.
        for (first, rows) in (0..n).step_by(TILE).zip(entries.chunks(TILE * n)) {
            for (j, column) in
                self.matrix.chunks_exact_mut(self.padded).take((first + TILE).min(n)).enumerate()
            {
                for (entry, row) in column[first..].iter_mut().zip(rows.chunks_exact(n)) {
                    *entry = scale * row[j];
                }
            }
            // What was read above the diagonal of the tile is not to be used: it mirrors what is below.
            for i in first..(first + TILE).min(n) {
                for j in first..i {
                    self.matrix[i * self.padded + j] = self.matrix[j * self.padded + i];
                }
            }
        }
        for buffer in [&mut self.v, &mut self.w, &mut self.next, &mut self.product] {
            buffer.reset(self.padded);
        }
        for output in [&mut self.diagonal, &mut self.off_diagonal, &mut self.scales] {
            output.clear();
        }
    }

    /// `z ← Q z` for each of the padded columns of `z` (an eigenvector of `T` in, one of `A` out). `2n²` flops each.
    pub(super) fn back_transform(&self, z: &mut [f64]) {
        Arch::new().dispatch(BackTransform { of: self, z });
    }

    /// Leading dimension of the vectors that [`Self::back_transform`] takes.
    pub(super) fn padded(&self) -> usize {
        self.padded
    }
}

struct Reduce<'a> {
    of: &'a mut HouseholderReduction,
    order: usize,
}

impl WithSimd for Reduce<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let n = self.order;
        let HouseholderReduction { diagonal, off_diagonal, matrix, scales, padded, v, w, next, product } =
            self.of;
        let padded = *padded;
        for j in 0..n {
            let start = j - j % TILE;
            // Column j as the pending update leaves it; the sweep below has not reached it yet.
            let column = &mut next[start..];
            column.copy_from_slice(&matrix[j * padded + start..(j + 1) * padded]);
            axpy(simd, -w[j], &v[start..], column);
            axpy(simd, -v[j], &w[start..], column);
            diagonal.push(next[j]);
            if j + 1 == n {
                break;
            }
            next[start..=j].fill(0.0);
            let (subdiagonal, scale) = householder(simd, &mut next[..n], j + 1);
            off_diagonal.push(subdiagonal);
            scales.push(scale);

            let start = (j + 1) - (j + 1) % TILE;
            sweep(simd, matrix, start, [v, w, next], product);
            matrix[j * padded + start..(j + 1) * padded].copy_from_slice(&next[start..]);

            // w = τp − (τ²/2)(pᵀv) v, so that H A H = A − v wᵀ − w vᵀ.
            product[start..=j].fill(0.0);
            std::mem::swap(v, next);
            std::mem::swap(w, product);
            let shift = -0.5 * scale * scale * dot(simd, &w[start..], &v[start..]);
            w[start..].iter_mut().for_each(|entry| *entry *= scale);
            axpy(simd, shift, &v[start..], &mut w[start..]);
        }
    }
}

/// Turns `x[first..]` into the vector `v` (`v_first = 1`) with `(I − τvvᵀ)x = βe₁`; returns `(β, τ)`.
#[inline(always)]
fn householder<S: Simd>(simd: S, x: &mut [f64], first: usize) -> (f64, f64) {
    let alpha = x[first];
    let below = dot(simd, &x[first + 1..], &x[first + 1..]).sqrt();
    if below < NEGLIGIBLE {
        x[first..].fill(0.0);
        return (alpha, 0.0);
    }
    let beta = -alpha.hypot(below).copysign(alpha);
    let inverse = 1.0 / (alpha - beta);
    x[first + 1..].iter_mut().for_each(|entry| *entry *= inverse);
    x[first] = 1.0;
    (beta, (beta - alpha) / beta)
}

/// `A ← A − v wᵀ − w vᵀ` and `y = A x` on the rows and columns from `start`, in one pass over the lower triangle.
#[inline(always)]
fn sweep<S: Simd>(simd: S, matrix: &mut [f64], start: usize, [v, w, x]: [&[f64]; 3], y: &mut [f64]) {
    let padded = v.len();
    y[start..].fill(0.0);
    for (group, columns) in matrix[start * padded..].chunks_exact_mut(2 * padded).enumerate() {
        let first = start + 2 * group;
        let (left, right) = columns.split_at_mut(padded);
        let tile = first - first % TILE;
        let at_columns = [[v[first], w[first], x[first]], [v[first + 1], w[first + 1], x[first + 1]]];
        // The diagonal tile is stored in full: its transposed half, the returned products, is not needed.
        let below = tile + TILE;
        let columns = [&mut left[tile..below], &mut right[tile..below]];
        strip(
            simd,
            columns,
            at_columns,
            [&v[tile..below], &w[tile..below], &x[tile..below]],
            &mut y[tile..below],
        );
        let columns = [&mut left[below..], &mut right[below..]];
        let products =
            strip(simd, columns, at_columns, [&v[below..], &w[below..], &x[below..]], &mut y[below..]);
        y[first] += products[0];
        y[first + 1] += products[1];
    }
}

/// The sweep on some rows of two neighbouring columns; returns each updated column's product with `x`.
///
/// `at_columns` holds `v`, `w`, `x` at each of the columns; the number of rows is a multiple of the vector length.
#[inline(always)]
fn strip<S: Simd>(
    simd: S,
    [left, right]: [&mut [f64]; 2],
    at_columns: [[f64; 3]; 2],
    [v, w, x]: [&[f64]; 3],
    y: &mut [f64],
) -> [f64; 2] {
    let y = S::as_mut_simd_f64s(y).0;
    let len = y.len();
    let (v, w, x) =
        (&S::as_simd_f64s(v).0[..len], &S::as_simd_f64s(w).0[..len], &S::as_simd_f64s(x).0[..len]);
    let (left, right) = (&mut S::as_mut_simd_f64s(left).0[..len], &mut S::as_mut_simd_f64s(right).0[..len]);
    let [[v_left, w_left, x_left], [v_right, w_right, x_right]] = at_columns;
    let (v_left, w_left, x_left) =
        (simd.splat_f64s(v_left), simd.splat_f64s(w_left), simd.splat_f64s(x_left));
    let (v_right, w_right, x_right) =
        (simd.splat_f64s(v_right), simd.splat_f64s(w_right), simd.splat_f64s(x_right));
    let mut product_left = simd.splat_f64s(0.0);
    let mut product_right = simd.splat_f64s(0.0);
    for i in 0..len {
        let (v, w, x) = (v[i], w[i], x[i]);
        let l = simd.negate_mul_add_e_f64s(w, v_left, simd.negate_mul_add_e_f64s(v, w_left, left[i]));
        let r = simd.negate_mul_add_e_f64s(w, v_right, simd.negate_mul_add_e_f64s(v, w_right, right[i]));
        left[i] = l;
        right[i] = r;
        y[i] = simd.mul_add_e_f64s(r, x_right, simd.mul_add_e_f64s(l, x_left, y[i]));
        product_left = simd.mul_add_e_f64s(l, x, product_left);
        product_right = simd.mul_add_e_f64s(r, x, product_right);
    }
    [simd.reduce_sum_f64s(product_left), simd.reduce_sum_f64s(product_right)]
}

struct BackTransform<'a> {
    of: &'a HouseholderReduction,
    z: &'a mut [f64],
}

impl WithSimd for BackTransform<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let padded = self.of.padded;
        for (j, &scale) in self.of.scales.iter().enumerate().rev().filter(|&(_, &scale)| scale != 0.0) {
            let start = (j + 1) - (j + 1) % TILE;
            let reflector = &self.of.matrix[j * padded + start..(j + 1) * padded];
            for z in self.z.chunks_exact_mut(padded) {
                let z = &mut z[start..];
                axpy(simd, -scale * dot(simd, reflector, z), reflector, z);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use pulp::{Scalar, Scalar128b, Scalar512b, Simd, WithSimd};
    use rand::{RngExt, SeedableRng};

    use super::{BackTransform, HouseholderReduction, Reduce};

    /// `max |Q T Qᵀ − A|` with every vector operation done by `simd`.
    fn error_of<S: Simd>(simd: S, a: &Array2<f64>) -> f64 {
        let n = a.nrows();
        let mut reduced = HouseholderReduction::default();
        reduced.load(a.view(), 1.0);
        Reduce { of: &mut reduced, order: n }.with_simd(simd);
        let padded = reduced.padded();
        let mut basis = vec![0.0; n * padded];
        (0..n).for_each(|j| basis[j * padded + j] = 1.0);
        BackTransform { of: &reduced, z: &mut basis }.with_simd(simd);
        let q = Array2::from_shape_fn((n, n), |(i, j)| basis[j * padded + i]);
        let t = Array2::from_shape_fn((n, n), |(i, j)| match i.abs_diff(j) {
            0 => reduced.diagonal[i],
            1 => reduced.off_diagonal[i.min(j)],
            _ => 0.0,
        });
        assert!(basis.chunks_exact(padded).all(|z| z[n..].iter().all(|&entry| entry == 0.0)), "padding");
        (q.dot(&t).dot(&q.t()) - a).iter().fold(0.0, |largest, entry| largest.max(entry.abs()))
    }

    #[test]
    fn reduction_recombines_for_every_order_and_vector_length() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        for n in 1..=41 {
            let half = Array2::from_shape_simple_fn((n, n), || rng.random::<f64>() - 0.5);
            let a = &half + &half.t();
            for error in [error_of(Scalar, &a), error_of(Scalar128b, &a), error_of(Scalar512b, &a)] {
                assert!(error < 1e-13, "order {n}: {error:e}");
            }
        }
    }
}
