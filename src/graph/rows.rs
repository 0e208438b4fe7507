//! Arithmetic of rows, which the products of all forms consist of.

use ndarray::{Array1, ArrayView2, ArrayViewMut2, Zip};

use crate::linalg::rows::{LANES, sum_of_lanes};
use crate::scalar::Scalar;

/// `out += scale · x`.
#[inline(always)]
pub(super) fn add_scaled<F: Scalar>(scale: F, x: &[F], out: &mut [F]) {
    for (out, &x) in out.iter_mut().zip(x) {
        *out += scale * x;
    }
}

/// `out += scale (a − b)`; returns `‖a − b‖²`.
#[inline(always)]
pub(super) fn add_scaled_difference<F: Scalar>(scale: F, a: &[F], b: &[F], out: &mut [F]) -> f64 {
    let mut sums = [F::zero(); LANES];
    let ((a, a_tail), (b, b_tail)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let (out, out_tail) = out.as_chunks_mut::<LANES>();
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        // Read before anything is written: the compiler does not know that the three do not overlap.
        let mut difference = [F::zero(); LANES];
        for lane in 0..LANES {
            difference[lane] = a[lane] - b[lane];
            sums[lane] += difference[lane] * difference[lane];
        }
        for lane in 0..LANES {
            out[lane] += scale * difference[lane];
        }
    }
    for (((out, sum), &a), &b) in out_tail.iter_mut().zip(&mut sums).zip(a_tail).zip(b_tail) {
        *out += scale * (a - b);
        *sum += (a - b) * (a - b);
    }
    sum_of_lanes(sums)
}

/// `‖a − b‖²`.
#[inline(always)]
pub(super) fn distance_squared<F: Scalar>(a: &[F], b: &[F]) -> f64 {
    let mut sums = [F::zero(); LANES];
    let ((a, a_tail), (b, b_tail)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            let difference = a[lane] - b[lane];
            sums[lane] += difference * difference;
        }
    }
    for ((sum, &a), &b) in sums.iter_mut().zip(a_tail).zip(b_tail) {
        *sum += (a - b) * (a - b);
    }
    sum_of_lanes(sums)
}

/// Adds `weight · diag(scales) x` to `out`.
pub(super) fn add_scaled_rows<F: Scalar>(
    weight: F,
    scales: &Array1<f64>,
    x: ArrayView2<F>,
    mut out: ArrayViewMut2<F>,
) {
    Zip::from(out.rows_mut())
        .and(x.rows())
        .and(scales)
        .for_each(|mut out, x, &scale| out.scaled_add(weight * F::of(scale), &x));
}
