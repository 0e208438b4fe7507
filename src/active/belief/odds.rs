//! How probably a sample belongs to each class.

use ndarray::ArrayView1;

use super::constants::NEW_CLASS;

/// Logarithm of the probability of each class, up to a constant that is the same for all, a new class included.
#[derive(Clone, Debug)]
pub(super) struct Odds(Vec<f64>);

impl Odds {
    /// Nothing is known.
    pub(super) fn even(classes: usize) -> Self {
        Self(vec![0.0; classes])
    }

    /// By the probabilities of the first of `classes` classes; the others are as probable as a new one.
    pub(super) fn of_probabilities(probabilities: ArrayView1<f64>, classes: usize) -> Self {
        let mut odds = probabilities.mapv(f64::ln).to_vec();
        odds.resize(classes, NEW_CLASS.ln());
        Self(odds)
    }

    /// That of a class.
    pub(super) fn of(&self, class: usize) -> f64 {
        self.0[class]
    }

    /// The first of the most probable classes.
    pub(super) fn largest(&self) -> usize {
        position_of_largest(ArrayView1::from(&self.0))
    }

    /// Without one piece of evidence for a class.
    pub(super) fn without(&self, class: usize, log_odds: f64) -> Self {
        let mut rest = Self(self.0.clone());
        rest.add(class, -log_odds);
        rest
    }

    /// Adds evidence for a class.
    pub(super) fn add(&mut self, class: usize, log_odds: f64) {
        self.0[class] += log_odds;
    }

    /// The probability of a class.
    pub(super) fn probability(&self, class: usize) -> f64 {
        let most = self.0.iter().copied().fold(NEW_CLASS.ln(), f64::max);
        let total: f64 = self.0.iter().map(|odds| (odds - most).exp()).sum();
        (self.0[class] - most).exp() / (total + (NEW_CLASS.ln() - most).exp())
    }
}

/// The position of the largest entry, the first on a tie.
pub(super) fn position_of_largest(values: ArrayView1<f64>) -> usize {
    let largest = values.iter().enumerate().fold((0, f64::NEG_INFINITY), |best, (position, &value)| {
        if value > best.1 { (position, value) } else { best }
    });
    largest.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr1;

    /// Probabilities 0.6 and 0.3 beside 0.05 for a third class and as much for a new one: of sum one.
    #[test]
    fn a_new_class_takes_its_share() {
        let mut odds = Odds::of_probabilities(arr1(&[0.6, 0.3]).view(), 3);
        let probabilities = [0.6, 0.3, 0.05];
        for (class, expected) in probabilities.into_iter().enumerate() {
            assert!((odds.probability(class) - expected).abs() < 1e-12);
        }
        assert_eq!(odds.largest(), 0);
        odds.add(1, 4.0_f64.ln()); // 0.6, 1.2, 0.05 and 0.05
        assert_eq!(odds.largest(), 1);
        assert!((odds.probability(1) - 1.2 / 1.9).abs() < 1e-12);
        assert!((odds.without(1, 4.0_f64.ln()).probability(1) - 0.3).abs() < 1e-12);
    }

    #[test]
    fn the_first_of_the_largest_counts() {
        assert_eq!(position_of_largest(arr1(&[1.0, 3.0, 3.0, -1.0]).view()), 1);
        assert_eq!(Odds::even(3).largest(), 0);
    }
}
