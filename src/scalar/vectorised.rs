//! Loops in the widest vectors of the machine.

use pulp::{Arch, Simd, WithSimd};

/// `f()` in the widest vectors of the machine, as far as `f` and what it calls are inlined; the same bits on every machine.
#[inline(always)]
pub(crate) fn vectorised<T>(f: impl FnOnce() -> T) -> T {
    struct Vectorised<C>(C);
    impl<T, C: FnOnce() -> T> WithSimd for Vectorised<C> {
        type Output = T;

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> T {
            (self.0)()
        }
    }
    Arch::new().dispatch(Vectorised(f))
}
