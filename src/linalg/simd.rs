//! Vector loops shared by the eigensolver's kernels, generic over the instruction set that `pulp` finds at run time.
//!
//! Slices of one call have equal lengths; the last `len % lanes` entries are handled one by one.

use pulp::Simd;

/// `Σ a_i b_i`, accumulated in a fixed order.
#[inline(always)]
pub(crate) fn dot<S: Simd>(simd: S, a: &[f64], b: &[f64]) -> f64 {
    let (a_head, a_tail) = S::as_simd_f64s(a);
    let (b_head, b_tail) = S::as_simd_f64s(b);
    // Four running sums hide the latency of the fused multiply-add.
    let mut sums = [simd.splat_f64s(0.0); 4];
    let (a_quads, a_rest) = pulp::as_arrays::<4, _>(a_head);
    let (b_quads, b_rest) = pulp::as_arrays::<4, _>(b_head);
    for (a, b) in a_quads.iter().zip(b_quads) {
        for lane in 0..4 {
            sums[lane] = simd.mul_add_e_f64s(a[lane], b[lane], sums[lane]);
        }
    }
    for (&a, &b) in a_rest.iter().zip(b_rest) {
        sums[0] = simd.mul_add_e_f64s(a, b, sums[0]);
    }
    let pairs = [simd.add_f64s(sums[0], sums[1]), simd.add_f64s(sums[2], sums[3])];
    let tail: f64 = a_tail.iter().zip(b_tail).map(|(a, b)| a * b).sum();
    simd.reduce_sum_f64s(simd.add_f64s(pairs[0], pairs[1])) + tail
}

/// `y ← y + scale · x`.
#[inline(always)]
pub(crate) fn axpy<S: Simd>(simd: S, scale: f64, x: &[f64], y: &mut [f64]) {
    let (x_head, x_tail) = S::as_simd_f64s(x);
    let (y_head, y_tail) = S::as_mut_simd_f64s(y);
    let scales = simd.splat_f64s(scale);
    for (y, &x) in y_head.iter_mut().zip(x_head) {
        *y = simd.mul_add_e_f64s(scales, x, *y);
    }
    for (y, x) in y_tail.iter_mut().zip(x_tail) {
        *y += scale * x;
    }
}

/// A reusable buffer of zeros that starts on a cache line, so that vector loads do not straddle two.
#[derive(Debug, Default)]
pub(crate) struct AlignedBuffer {
    storage: Vec<f64>,
    offset: usize,
    len: usize,
}

impl AlignedBuffer {
    const LINE_BYTES: usize = 64;

    /// Sets its length to `len`: its numbers stay if that was its length before, otherwise all are zero.
    pub(crate) fn resize(&mut self, len: usize) {
        if len != self.len {
            self.reset(len);
        }
    }

    /// Sets its length to `len` and every number to zero.
    pub(crate) fn reset(&mut self, len: usize) {
        self.storage.clear();
        self.storage.resize(len + Self::LINE_BYTES / size_of::<f64>(), 0.0);
        // `align_offset` may refuse to answer; alignment is a matter of speed only.
        self.offset = self.storage.as_ptr().align_offset(Self::LINE_BYTES).min(self.storage.len() - len);
        self.len = len;
    }
}

impl std::ops::Deref for AlignedBuffer {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.storage[self.offset..self.offset + self.len]
    }
}

impl std::ops::DerefMut for AlignedBuffer {
    fn deref_mut(&mut self) -> &mut [f64] {
        &mut self.storage[self.offset..self.offset + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::{AlignedBuffer, axpy, dot};
    use pulp::{Arch, Scalar, Scalar128b, Scalar256b, Scalar512b, Simd, WithSimd};

    /// `dot` and `axpy` on small whole numbers, where any order of summation is exact.
    struct Both<'a> {
        a: &'a [f64],
        b: &'a [f64],
    }

    impl WithSimd for Both<'_> {
        type Output = (f64, Vec<f64>);

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
            let mut sum = self.b.to_vec();
            axpy(simd, -3.0, self.a, &mut sum);
            (dot(simd, self.a, self.b), sum)
        }
    }

    #[test]
    fn dot_and_axpy_equal_the_plain_loops_for_every_length_and_vector_length() {
        for len in 0..=40_i32 {
            let a: Vec<f64> = (0..len).map(|i| f64::from((7 * i + 3) % 11 - 5)).collect();
            let b: Vec<f64> = (0..len).map(|i| f64::from((5 * i + 1) % 13 - 6)).collect();
            let mut product = 0.0;
            let mut sum = b.clone();
            for i in 0..a.len() {
                product += a[i] * b[i];
                sum[i] -= 3.0 * a[i];
            }
            let both = || Both { a: &a, b: &b };
            let expected = (product, sum);
            assert_eq!(Arch::new().dispatch(both()), expected, "length {len}");
            assert_eq!(both().with_simd(Scalar), expected, "length {len}");
            assert_eq!(both().with_simd(Scalar128b), expected, "length {len}");
            assert_eq!(both().with_simd(Scalar256b), expected, "length {len}");
            assert_eq!(both().with_simd(Scalar512b), expected, "length {len}");
        }
    }

    #[test]
    fn a_buffer_reset_is_zero_and_aligned_whatever_it_held() {
        let mut buffer = AlignedBuffer::default();
        for len in [5, 64, 3, 0, 200, 8] {
            buffer.reset(len);
            assert_eq!(*buffer, *vec![0.0; len]);
            assert_eq!(buffer.as_ptr() as usize % AlignedBuffer::LINE_BYTES, 0);
            buffer.fill(f64::NAN);
        }
    }
}
