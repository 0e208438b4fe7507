//! Adam, and `AdamW`.

use ndarray::{Array2, ArrayViewMut2};
use rayon::prelude::*;

use super::update::{Update, check_fading, check_precision, decay_of, negligible};
use crate::error::{Result, check};
use crate::linalg::rows::{entries, entries_mut, in_rows};
use crate::scalar::{Scalar, vectorised};

/// Entries that one task updates.
const TASK_ENTRIES: usize = 1 << 14;

/// `m ← β₁ m + (1 − β₁) g`, `v ← β₂ v + (1 − β₂) g²`, `w ← (1 − η λ) w − η m̂ / (√v̂ + ε)` with
/// `m̂ = m / (1 − β₁ᵗ)`, `v̂ = v / (1 − β₂ᵗ)` at step `t`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "files", derive(serde::Serialize, serde::Deserialize))]
pub struct Adam {
    /// `β₁ ∈ [0, 1)`; default 0.9.
    pub beta1: f64,
    /// `β₂ ∈ [0, 1)`; default 0.999.
    pub beta2: f64,
    /// `ε > 0`; default 1e-8.
    pub epsilon: f64,
    /// Decoupled weight decay `λ ≥ 0`; default 0, with which this is plain Adam.
    pub weight_decay: f64,
}

impl Default for Adam {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }
    }
}

impl<F: Scalar> Update<F> for Adam {
    const MOMENTS: usize = 2;

    fn check(&self) -> Result<()> {
        check_fading("beta1", self.beta1)?;
        check_fading("beta2", self.beta2)?;
        check::positive("epsilon", self.epsilon)?;
        check_precision::<F>("epsilon", self.epsilon)?;
        check::positive("epsilon in the precision of the parameters", F::of(self.epsilon).as_f64())?;
        check_precision::<F>("weight_decay", self.weight_decay)
    }

    fn is_bold(&self, rate: f64) -> bool {
        let (size, moment) = (rate / (1.0 - self.beta1), F::max_value().sqrt().as_f64());
        let step = size * (moment / self.epsilon);
        !(F::of(size * moment).is_finite() && step < negligible::<F>() && rate * self.weight_decay < 2.0)
    }

    fn update(
        &self,
        step: u64,
        rate: F,
        parameter: ArrayViewMut2<F>,
        gradient: &Array2<F>,
        moments: &mut [Array2<F>],
    ) {
        let [first, second] = moments else { return };
        #[allow(clippy::cast_possible_truncation)] // beyond 2³¹ steps nothing is left of the bias
        let t = step.min(i32::MAX as u64) as i32;
        let (beta1, beta2) = (F::of(self.beta1), F::of(self.beta2));
        let (rest1, rest2) = (F::of(1.0 - self.beta1), F::of(1.0 - self.beta2));
        let size = rate * F::of((1.0 - self.beta1.powi(t)).recip());
        let spread = F::of((1.0 - self.beta2.powi(t)).recip());
        let epsilon = F::of(self.epsilon);
        let kept = F::one() - rate * F::of(decay_of(self.weight_decay, parameter.nrows()));
        in_rows(gradient.view(), parameter, |gradient, mut parameter| {
            let (mut first, mut second) = (first.view_mut(), second.view_mut());
            entries_mut(&mut parameter)
                .par_chunks_mut(TASK_ENTRIES)
                .zip(entries(&gradient).par_chunks(TASK_ENTRIES))
                .zip(entries_mut(&mut first).par_chunks_mut(TASK_ENTRIES))
                .zip(entries_mut(&mut second).par_chunks_mut(TASK_ENTRIES))
                .for_each(|(((parameter, gradient), first), second)| {
                    vectorised(
                        #[inline(always)]
                        || {
                            let moments = first.iter_mut().zip(second);
                            for ((w, &g), (m, v)) in parameter.iter_mut().zip(gradient).zip(moments) {
                                *m = beta1 * *m + rest1 * g;
                                *v = beta2 * *v + rest2 * g * g;
                                *w = kept * *w - size * *m / ((spread * *v).sqrt() + epsilon);
                            }
                        },
                    );
                });
        });
    }
}
