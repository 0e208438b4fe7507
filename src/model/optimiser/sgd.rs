//! Stochastic gradient descent with momentum.

use ndarray::{Array2, ArrayViewMut2, Zip};

use super::update::{Update, check_fading, check_precision, decay_of, negligible};
use crate::Scalar;
use crate::error::Result;

/// `m ← μ m + (g + λ w)`, `w ← w − η m`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "files", derive(serde::Serialize, serde::Deserialize))]
pub struct Sgd {
    /// Momentum `μ ∈ [0, 1)`; default 0.9.
    pub momentum: f64,
    /// Weight decay `λ ≥ 0`; default 0.
    pub weight_decay: f64,
}

impl Default for Sgd {
    fn default() -> Self {
        Self { momentum: 0.9, weight_decay: 0.0 }
    }
}

impl<F: Scalar> Update<F> for Sgd {
    const MOMENTS: usize = 1;

    fn check(&self) -> Result<()> {
        check_fading("momentum", self.momentum)?;
        check_precision::<F>("weight_decay", self.weight_decay)
    }

    fn is_bold(&self, rate: f64) -> bool {
        let (steps, gradient) = ((1.0 - self.momentum).recip(), F::max_value().sqrt().as_f64());
        !(rate * steps * gradient < negligible::<F>() && rate.max(1.0) * self.weight_decay * steps < 1.0)
    }

    fn update(
        &self,
        _: u64,
        rate: F,
        parameter: ArrayViewMut2<F>,
        gradient: &Array2<F>,
        moments: &mut [Array2<F>],
    ) {
        self.scaled_update(rate, F::one(), parameter, gradient, &mut moments[0]);
    }
}

impl Sgd {
    /// The step with `g + λ w` times `scale`.
    pub(super) fn scaled_update<F: Scalar>(
        &self,
        rate: F,
        scale: F,
        mut parameter: ArrayViewMut2<F>,
        gradient: &Array2<F>,
        moment: &mut Array2<F>,
    ) {
        let momentum = F::of(self.momentum);
        let decay = F::of(decay_of(self.weight_decay, parameter.nrows()));
        Zip::from(&mut parameter).and(gradient).and(moment).par_for_each(|w, &g, m| {
            *m = momentum * *m + scale * (g + decay * *w);
            *w -= rate * *m;
        });
    }
}
