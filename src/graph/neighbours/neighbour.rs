//! A neighbour of a sample, and the nearest of some.

use std::cmp::Ordering;

use ndarray::ArrayView2;

use crate::linalg::scale::{SMALLEST_SQUARE, norm};

/// A sample as seen from another.
#[derive(Clone, Copy)]
pub(super) struct Neighbour {
    /// The squared distance; infinite or zero where that overflows or underflows.
    pub(super) squared: f64,
    pub(super) distance: f64,
    pub(super) sample: usize,
}

impl Neighbour {
    /// Row `j` as seen from row `i`.
    pub(super) fn between(x: ArrayView2<f64>, i: usize, j: usize) -> Self {
        let difference = &x.row(i) - &x.row(j);
        let squared = difference.dot(&difference);
        Self { squared, distance: norm(squared, &difference).min(f64::MAX), sample: j }
    }

    /// `exp(−d² / (s t))` for the scales `s` and `t` at both ends.
    pub(super) fn similarity(&self, s: f64, t: f64) -> f64 {
        let scales = s * t;
        if scales.is_normal() && self.squared.is_finite() && self.squared > SMALLEST_SQUARE {
            return (-self.squared / scales).exp();
        }
        (-(self.distance / s.max(t)) * (self.distance / s.min(t)).min(f64::MAX)).exp()
    }
}

/// The first `k` in this order, then in that of the samples.
pub(super) fn first(
    k: usize,
    mut all: Vec<Neighbour>,
    order: impl Fn(&Neighbour, &Neighbour) -> Ordering,
) -> Vec<Neighbour> {
    let order = |a: &Neighbour, b: &Neighbour| order(a, b).then(a.sample.cmp(&b.sample));
    if k < all.len() {
        all.select_nth_unstable_by(k - 1, order);
        all.truncate(k);
    }
    all.sort_unstable_by(order);
    all
}
