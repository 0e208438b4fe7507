//! Classes that may be parts of one another, and the samples that are wrong by that ([claim T53](crate::theory#t53)).

use ndarray::ArrayView2;

use super::betting::largest_not_excluded;
use crate::active::belief::constants::{
    COMPARISONS_MISLEAD, OFTENEST_ONE, ONE_CLASS, PRIOR_OF_ONE_CLASS, RATES,
};
use crate::oracle::logistic;

/// First comparisons of two classes, and how often these turned out to be one.
#[derive(Clone, Debug)]
pub(super) struct Comparisons {
    /// Whether two samples of classes that were never compared were said to belong together, in order.
    were_one: Vec<bool>,
    at_most: f64,
}

impl Comparisons {
    /// Nothing was compared: all classes may be one.
    pub(super) fn new() -> Self {
        Self { were_one: Vec::new(), at_most: 1.0 }
    }

    /// Takes in whether two classes that were never compared were said to be one.
    pub(super) fn judge(&mut self, is_one: bool) {
        self.were_one.push(is_one);
    }

    /// Brings [`Comparisons::often_one_at_most`] up to date.
    pub(super) fn bound(&mut self) {
        let rates = largest_not_excluded(RATES - 1, COMPARISONS_MISLEAD, |step| {
            let rate = step as f64 / RATES as f64;
            self.were_one.iter().map(move |&is_one| (is_one, rate))
        });
        self.at_most = (rates + 1) as f64 / RATES as f64;
    }

    /// How often classes that were never compared are one, at most.
    pub(super) fn often_one_at_most(&self) -> f64 {
        self.at_most
    }

    /// An estimate of the same.
    pub(super) fn often_one(&self) -> f64 {
        let ones = self.were_one.iter().filter(|&&is_one| is_one).count() as f64;
        (ones + PRIOR_OF_ONE_CLASS) / (self.were_one.len() + 1) as f64
    }

    /// Whether answers, of these log-odds that two classes are one, tell them apart, seeing how often classes turned out to be
    /// one.
    pub(super) fn are_apart(&self, log_odds: f64) -> bool {
        let often_one = self.at_most.min(OFTENEST_ONE);
        let prior = (often_one / (1.0 - often_one)).ln();
        logistic(prior + log_odds) <= ONE_CLASS
    }
}

/// For each class the number of larger ones that nothing tells it apart from: it may be a part of one of them.
#[derive(Clone, Debug)]
pub(super) struct Parts<'a> {
    sizes: &'a [usize],
    open: Vec<usize>,
}

impl<'a> Parts<'a> {
    /// Of classes of these sizes, with the log-odds `(c, c)` by the answers that two of them are one. `O(c²)`.
    pub(super) fn new(comparisons: &Comparisons, sizes: &'a [usize], between: ArrayView2<f64>) -> Self {
        let open = (0..sizes.len())
            .map(|a| {
                let larger = (0..sizes.len()).filter(|&b| (sizes[b], a) > (sizes[a], b));
                larger.filter(|&b| !comparisons.are_apart(between[[a, b]])).count()
            })
            .collect();
        Self { sizes, open }
    }

    /// Pairs of classes that nothing tells apart.
    pub(super) fn uncompared(&self) -> usize {
        self.open.iter().sum()
    }

    /// The number of samples in a part of a larger class, if classes are one at this rate.
    pub(super) fn wrong(&self, rate: f64) -> f64 {
        let parts = self.sizes.iter().zip(&self.open);
        parts.map(|(&size, &open)| size as f64 * (open as f64 * rate).min(1.0)).sum::<f64>()
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact by hand
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn comparisons_teach_how_often_classes_are_one() {
        let mut comparisons = Comparisons::new();
        comparisons.bound();
        assert_eq!(comparisons.often_one_at_most(), 1.0);
        assert!((comparisons.often_one() - 0.05).abs() < 1e-12);
        assert!(comparisons.are_apart(-12.0) && !comparisons.are_apart(-11.0)); // ln(999) and ln(99)
        for _ in 0..40 {
            comparisons.judge(false);
        }
        comparisons.bound();
        let apart = comparisons.often_one_at_most();
        assert!(apart < 0.3, "{apart}");
        assert!((comparisons.often_one() - 0.05 / 41.0).abs() < 1e-12);
        // Prior odds `p / (1 − p)` times those of the answers give one percent.
        let limit = (0.01_f64 / 0.99).ln() - (apart / (1.0 - apart)).ln();
        assert!(comparisons.are_apart(limit - 1e-9) && !comparisons.are_apart(limit + 1e-9));
        comparisons.judge(true);
        comparisons.bound();
        assert!(comparisons.often_one_at_most() > apart);
    }

    /// Of classes of 5, 2, 2 and 1 samples the second is told apart from the first. The third may be a part of the first, and of the
    /// second, as large but before it; the fourth of all others.
    #[test]
    fn the_smaller_class_is_a_part_of_the_larger() {
        let mut comparisons = Comparisons::new();
        for _ in 0..40 {
            comparisons.judge(false);
        }
        comparisons.bound();
        let mut between = Array2::zeros((4, 4));
        between[[0, 1]] = -50.0;
        between[[1, 0]] = -50.0;
        let parts = Parts::new(&comparisons, &[5, 2, 2, 1], between.view());
        assert_eq!(parts.open, [0, 0, 2, 3]);
        assert_eq!(parts.uncompared(), 5);
        assert!((parts.wrong(0.1) - (2.0 * 0.2 + 0.3)).abs() < 1e-12);
        assert!((parts.wrong(0.4) - (2.0 * 0.8 + 1.0)).abs() < 1e-12);
    }
}
