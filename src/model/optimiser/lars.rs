//! Layer-wise adaptive rate scaling.

use ndarray::{Array2, ArrayViewMut2, Zip};

use super::sgd::Sgd;
use super::update::{Update, decay_of};
use crate::Scalar;
use crate::error::{Result, check};
use crate::linalg::scale::{SMALLEST_SQUARE, norm};

/// `d = g + λ w`, `m ← μ m + s d`, `w ← w − η m`, with `s = q ‖w‖ / ‖d‖` (1 where either norm is zero, and for biases).
///
/// The optimiser of SimCLR and Barlow Twins at large batches. Norms are over one parameter and in fixed order.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "files", derive(serde::Serialize, serde::Deserialize))]
pub struct Lars {
    /// Momentum `μ ∈ [0, 1)`; default 0.9.
    pub momentum: f64,
    /// Weight decay `λ ≥ 0`; default 1e-6.
    pub weight_decay: f64,
    /// Trust coefficient `q > 0`; default 1e-3.
    pub trust: f64,
}

impl Default for Lars {
    fn default() -> Self {
        Self { momentum: 0.9, weight_decay: 1e-6, trust: 1e-3 }
    }
}

impl<F: Scalar> Update<F> for Lars {
    const MOMENTS: usize = 1;

    fn check(&self) -> Result<()> {
        Update::<F>::check(&self.descent())?;
        check::positive("trust", self.trust)
    }

    fn is_bold(&self, rate: f64) -> bool {
        // An entry moves by at most this share of the norm of its parameter, which may be many times its largest entry.
        let share = rate.max(1.0) * self.trust * (1.0 - self.momentum).recip();
        Update::<F>::is_bold(&self.descent(), rate) || share > 0.1
    }

    fn update(
        &self,
        _: u64,
        rate: F,
        parameter: ArrayViewMut2<F>,
        gradient: &Array2<F>,
        moments: &mut [Array2<F>],
    ) {
        let decay = F::of(decay_of(self.weight_decay, parameter.nrows()));
        let (mut weights, mut directions) = (0.0, 0.0);
        Zip::from(&parameter).and(gradient).for_each(|&w, &g| {
            weights += w.as_f64().powi(2);
            directions += (g + decay * w).as_f64().powi(2);
        });
        let mut ratio = (weights / directions).sqrt();
        if [weights, directions].iter().any(|squares| !(SMALLEST_SQUARE..f64::INFINITY).contains(squares)) {
            let of_weights: Vec<f64> = parameter.iter().map(|w| w.as_f64()).collect();
            let along = |(&w, &g): (&F, &F)| (g + decay * w).as_f64();
            let of_directions: Vec<f64> = parameter.iter().zip(gradient).map(along).collect();
            (weights, directions) = (norm(weights, &of_weights), norm(directions, &of_directions));
            ratio = weights / directions;
        }
        let adapts = parameter.nrows() > 1 && weights > 0.0 && directions > 0.0;
        let most = F::max_value().as_f64();
        let scale = F::of(if adapts { (self.trust * ratio).min(most) } else { 1.0 });
        self.descent().scaled_update(rate, scale, parameter, gradient, &mut moments[0]);
    }
}

impl Lars {
    /// The rule once gradients are scaled.
    fn descent(&self) -> Sgd {
        Sgd { momentum: self.momentum, weight_decay: self.weight_decay }
    }
}
