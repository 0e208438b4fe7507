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

use crate::linalg::rows::{entries, in_pool};
use crate::linalg::simd::{AlignedBuffer, axpy, dot};
use crate::{Observer, Task};

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
    /// The part of the product that another thread computes.
    beside: AlignedBuffer,
}

impl HouseholderReduction {
    /// Reduces `scale · a`, of which only the lower triangle is read. `4n³/3` flops, `n²/2` memory traffic a column.
    pub(super) fn reduce(&mut self, a: ArrayView2<f64>, scale: f64, observer: &Observer) {
        self.load(a, scale);
        let order = a.nrows();
        let progress = &observer.begin("reduction to tridiagonal form", "columns", 0..order);
        if order < PARALLEL_FROM {
            Arch::new().dispatch(Reduce { of: self, order, progress });
        } else {
            in_pool(|| Arch::new().dispatch(Reduce { of: self, order, progress }));
        }
    }

    fn load(&mut self, a: ArrayView2<f64>, scale: f64) {
        let n = a.nrows();
        self.padded = n.next_multiple_of(TILE);
        self.matrix.resize(self.padded * self.padded);
        if let Some(columns) = a.t().to_slice() {
            let columns = self.matrix.chunks_exact_mut(self.padded).zip(columns.chunks_exact(n));
            for (j, (column, from)) in columns.enumerate() {
                for (entry, &from) in column[j..].iter_mut().zip(&from[j..]) {
                    *entry = scale * from;
                }
            }
        } else {
            let a = a.as_standard_layout();
            // By strips of rows, so that reads and writes both run along cache lines.
            for (first, rows) in (0..n).step_by(TILE).zip(entries(&a).chunks(TILE * n)) {
                for (j, column) in
                    self.matrix.chunks_exact_mut(self.padded).take((first + TILE).min(n)).enumerate()
                {
                    for (entry, row) in column[first..].iter_mut().zip(rows.chunks_exact(n)) {
                        *entry = scale * row[j];
                    }
                }
            }
        }
        // What stands above the diagonal of a tile is not to be used: it mirrors what is below.
        for first in (0..n).step_by(TILE) {
            for i in first..(first + TILE).min(n) {
                for j in first..i {
                    self.matrix[i * self.padded + j] = self.matrix[j * self.padded + i];
                }
            }
        }
        // The padding: an earlier matrix that was not finite may have left something there.
        for (j, column) in self.matrix.chunks_exact_mut(self.padded).enumerate() {
            column[if j < n { n } else { 0 }..].fill(0.0);
        }
        for buffer in [&mut self.v, &mut self.w, &mut self.next, &mut self.product, &mut self.beside] {
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
    progress: &'a Task<'a>,
}

impl WithSimd for Reduce<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let n = self.order;
        let HouseholderReduction {
            diagonal,
            off_diagonal,
            matrix,
            scales,
            padded,
            v,
            w,
            next,
            product,
            beside,
        } = self.of;
        let padded = *padded;
        for j in 0..n {
            let start = j - j % TILE;
            // Column j as the pending update leaves it; the sweep below has not reached it yet.
            let column = &mut next[start..];
            column.copy_from_slice(&matrix[j * padded + start..(j + 1) * padded]);
            axpy(simd, -w[j], &v[start..], column);
            axpy(simd, -v[j], &w[start..], column);
            diagonal.push(next[j]);
            self.progress.step();
            if j + 1 == n {
                break;
            }
            next[start..=j].fill(0.0);
            let (subdiagonal, scale) = householder(simd, &mut next[..n], j + 1);
            off_diagonal.push(subdiagonal);
            scales.push(scale);

            let start = (j + 1) - (j + 1) % TILE;
            let trailing = &mut matrix[start * padded..];
            if padded - start < PARALLEL_FROM {
                sweep(simd, trailing, start, [v, w, next], product);
            } else {
                sweep_in_halves(trailing, start, [v, w, next], product, beside);
            }
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

/// Columns that a sweep handles together, so that what is read beside them is read once; a divisor of [`TILE`].
const TOGETHER: usize = 4;

/// Order of a trailing matrix from which a sweep is worth a second thread.
const PARALLEL_FROM: usize = 512;

/// [`sweep`] on all columns from `start`, half of the entries on another thread if there is one; a fixed half, so that the
/// result does not depend on that.
fn sweep_in_halves(
    columns: &mut [f64],
    start: usize,
    vectors: [&[f64]; 3],
    y: &mut [f64],
    beside: &mut [f64],
) {
    let padded = y.len();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a part of the order
    let width = ((padded - start) as f64 * (1.0 - std::f64::consts::FRAC_1_SQRT_2)) as usize;
    let middle = start + width - width % TILE;
    let (left, right) = columns.split_at_mut((middle - start) * padded);
    rayon::join(
        || Arch::new().dispatch(Sweep { columns: left, first: start, vectors, y }),
        || Arch::new().dispatch(Sweep { columns: right, first: middle, vectors, y: beside }),
    );
    for (y, beside) in y[middle..].iter_mut().zip(&beside[middle..]) {
        *y += beside;
    }
}

/// [`sweep`].
struct Sweep<'a> {
    columns: &'a mut [f64],
    first: usize,
    vectors: [&'a [f64]; 3],
    y: &'a mut [f64],
}

impl WithSimd for Sweep<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        sweep(simd, self.columns, self.first, self.vectors, self.y);
    }
}

/// `A ← A − v wᵀ − w vᵀ` on some columns of the lower triangle, `start` being the first, and into `y[start..]` the product of
/// these columns and of the rows that mirror them with `x`, in one pass.
#[inline(always)]
fn sweep<S: Simd>(simd: S, columns: &mut [f64], start: usize, [v, w, x]: [&[f64]; 3], y: &mut [f64]) {
    let padded = y.len();
    y[start..].fill(0.0);
    for (group, columns) in columns.chunks_exact_mut(TOGETHER * padded).enumerate() {
        let first = start + TOGETHER * group;
        let products = strip(simd, columns, first, [v, w, x], y);
        for (y, product) in y[first..].iter_mut().zip(products) {
            *y += product;
        }
    }
}

/// The sweep on neighbouring columns, `first` being the first of them; returns each updated column's product with `x` below
/// the tile on the diagonal. That is stored in full: its transposed half, the returned products, is not needed.
#[inline(always)]
fn strip<S: Simd>(
    simd: S,
    columns: &mut [f64],
    first: usize,
    [v, w, x]: [&[f64]; 3],
    y: &mut [f64],
) -> [f64; TOGETHER] {
    // Vector operations stand in no closure: those are compiled for the least machine.
    let at = [first, first + 1, first + 2, first + 3];
    let [v0, v1, v2, v3] = at.map(|column| v[column]);
    let [w0, w1, w2, w3] = at.map(|column| w[column]);
    let [x0, x1, x2, x3] = at.map(|column| x[column]);
    let (v0, v1, v2, v3) =
        (simd.splat_f64s(v0), simd.splat_f64s(v1), simd.splat_f64s(v2), simd.splat_f64s(v3));
    let (w0, w1, w2, w3) =
        (simd.splat_f64s(w0), simd.splat_f64s(w1), simd.splat_f64s(w2), simd.splat_f64s(w3));
    let (x0, x1, x2, x3) =
        (simd.splat_f64s(x0), simd.splat_f64s(x1), simd.splat_f64s(x2), simd.splat_f64s(x3));

    let tile = first - first % TILE;
    let (a0, rest) = columns.split_at_mut(y.len());
    let (a1, rest) = rest.split_at_mut(y.len());
    let (a2, a3) = rest.split_at_mut(y.len());
    let y = S::as_mut_simd_f64s(&mut y[tile..]).0;
    let len = y.len();
    let v = &S::as_simd_f64s(&v[tile..]).0[..len];
    let w = &S::as_simd_f64s(&w[tile..]).0[..len];
    let x = &S::as_simd_f64s(&x[tile..]).0[..len];
    let a0 = &mut S::as_mut_simd_f64s(&mut a0[tile..]).0[..len];
    let a1 = &mut S::as_mut_simd_f64s(&mut a1[tile..]).0[..len];
    let a2 = &mut S::as_mut_simd_f64s(&mut a2[tile..]).0[..len];
    let a3 = &mut S::as_mut_simd_f64s(&mut a3[tile..]).0[..len];
    let zero = simd.splat_f64s(0.0);
    let mut sums = [zero; TOGETHER];
    for i in 0..len {
        if i == TILE / S::F64_LANES {
            sums = [zero; TOGETHER];
        }
        let e0 = simd.negate_mul_add_e_f64s(w[i], v0, simd.negate_mul_add_e_f64s(v[i], w0, a0[i]));
        let e1 = simd.negate_mul_add_e_f64s(w[i], v1, simd.negate_mul_add_e_f64s(v[i], w1, a1[i]));
        let e2 = simd.negate_mul_add_e_f64s(w[i], v2, simd.negate_mul_add_e_f64s(v[i], w2, a2[i]));
        let e3 = simd.negate_mul_add_e_f64s(w[i], v3, simd.negate_mul_add_e_f64s(v[i], w3, a3[i]));
        (a0[i], a1[i], a2[i], a3[i]) = (e0, e1, e2, e3);
        let left = simd.mul_add_e_f64s(e1, x1, simd.mul_add_e_f64s(e0, x0, y[i]));
        y[i] = simd.add_f64s(left, simd.mul_add_e_f64s(e3, x3, simd.mul_f64s(e2, x2)));
        sums[0] = simd.mul_add_e_f64s(e0, x[i], sums[0]);
        sums[1] = simd.mul_add_e_f64s(e1, x[i], sums[1]);
        sums[2] = simd.mul_add_e_f64s(e2, x[i], sums[2]);
        sums[3] = simd.mul_add_e_f64s(e3, x[i], sums[3]);
    }
    if len == TILE / S::F64_LANES {
        return [0.0; TOGETHER];
    }
    [
        simd.reduce_sum_f64s(sums[0]),
        simd.reduce_sum_f64s(sums[1]),
        simd.reduce_sum_f64s(sums[2]),
        simd.reduce_sum_f64s(sums[3]),
    ]
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
#[allow(clippy::unwrap_used)] // a test may panic
mod tests {
    use ndarray::Array2;
    use pulp::{Scalar, Scalar128b, Scalar512b, Simd, WithSimd};
    use rand::{RngExt, SeedableRng};

    use super::{BackTransform, HouseholderReduction, PARALLEL_FROM, Reduce};
    use crate::Observer;

    /// `max |Q T Qᵀ − A|` with every vector operation done by `simd`.
    fn error_of<S: Simd>(simd: S, a: &Array2<f64>) -> f64 {
        let n = a.nrows();
        let mut reduced = HouseholderReduction::default();
        reduced.load(a.view(), 1.0);
        let observer = Observer::default();
        let progress = &observer.begin("reduction", "columns", 0..n);
        Reduce { of: &mut reduced, order: n, progress }.with_simd(simd);
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
    fn a_large_reduction_recombines_and_is_the_same_for_any_number_of_threads() {
        let n = PARALLEL_FROM + 90;
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(2);
        let half = Array2::from_shape_simple_fn((n, n), || rng.random::<f64>() - 0.5);
        let a = &half + &half.t();
        assert!(error_of(Scalar512b, &a) < 1e-11);
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut reduced = HouseholderReduction::default();
            pool.install(|| reduced.reduce(a.view(), 1.0, &Observer::default()));
            (reduced.diagonal, reduced.off_diagonal)
        };
        assert_eq!(on(1), on(2));
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
