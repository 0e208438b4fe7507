//! The classes of the samples that were asked about, and from there those of all others.

use ndarray::{Array1, Array2, ArrayView1};

use super::{Anchor, Belief, LEAST_PROBABILITY, NEW_CLASS};

/// Keeps every probability positive.
const LEAST_MEMBERSHIP: f64 = 1e-6;
/// The power of a sample's own variance that its covariance with others is divided by: an answer removes that variance
/// whatever it tells about others. At ½ samples are compared by correlation, at 0 by covariance.
const ISOLATION: f64 = 0.25;
/// Keeps the discount finite at samples of which all is known.
const LEAST_VARIANCE: f64 = 1e-9;
/// An anchor this certain of its class is not asked about again.
pub(super) const SETTLED: f64 = 0.95;
/// The least `1 − h` that is divided by: an observation of leverage `h` nearer to one is all that predicts its sample.
const LEAST_REST: f64 = 1e-3;

impl Belief {
    /// Moves one anchor to the class that its answers and its surroundings make most probable: the anchor whose log-odds rise
    /// most, the newest on a tie. Returns whether there was one. If two anchors cannot both stay, only the one that fits better
    /// elsewhere moves, and the other is judged anew in the next round.
    pub(super) fn place_anchor(&mut self) -> bool {
        let answered = (0..self.anchors.len()).filter(|&index| self.is_answered(index));
        let odds: Vec<(usize, Odds)> =
            answered.map(|index| (index, self.odds(&self.anchors[index]))).collect();
        for (index, odds) in &odds {
            self.anchors[*index].certainty = odds.probability(odds.largest());
        }
        let Some((index, class)) = self.most_misplaced(&odds) else { return false };
        self.anchors[index].atom = if class < self.number_of_classes() {
            self.nearest_atom(index, class)
        } else {
            self.found_atom()
        };
        self.forget_empty_atoms();
        true
    }

    /// An atom that is a class of its own.
    pub(super) fn found_atom(&mut self) -> usize {
        self.grouping.class_of_atom.push(self.grouping.groups.len());
        self.grouping.groups.push(vec![self.atoms]);
        self.atoms += 1;
        self.atoms - 1
    }

    /// Of the anchors with these odds the one whose log-odds would rise most in another class, and that class, one past the last
    /// if it is new.
    fn most_misplaced(&self, odds: &[(usize, Odds)]) -> Option<(usize, usize)> {
        let population = self.population();
        let mut found = None;
        let mut most = 0.0;
        for &(index, ref odds) in odds {
            let anchor = &self.anchors[index];
            let (best, current) = (odds.largest(), self.class_of(anchor.atom));
            let founds = odds.of(best) < NEW_CLASS.ln();
            // An anchor that is alone in an atom it founded stays there as long as a new class is best for it: answers about it
            // join atoms. If a known class has become more probable, it goes back to that.
            let founded_for_good = founds && population[anchor.atom] == 1;
            if self.stands_for_atom(anchor, &population) || founded_for_good || (best == current && !founds) {
                continue;
            }
            let (to, there) =
                if founds { (self.number_of_classes(), NEW_CLASS.ln()) } else { (best, odds.of(best)) };
            let gain = there - odds.of(current);
            if gain >= most {
                (found, most) = (Some((index, to)), gain);
            }
        }
        found
    }

    /// What an anchor's surroundings and its answers say of its class.
    pub(super) fn odds(&self, anchor: &Anchor) -> Odds {
        let mut log_odds = self.left_out(anchor).mapv(f64::ln).to_vec();
        log_odds.resize(self.grouping.groups.len(), NEW_CLASS.ln());
        let mut odds = Odds(log_odds);
        for &(other, same) in &anchor.answers {
            odds.add(self.grouping.class_of_atom[self.anchors[other].atom], self.log_odds_of(same));
        }
        odds
    }

    /// Number of anchors in each atom.
    pub(super) fn population(&self) -> Vec<usize> {
        counts(self.anchors.iter().map(|anchor| &anchor.atom), self.atoms)
    }

    /// Whether the anchor is the centre of a micro-cluster and its only anchor. Such an anchor stays there, and answers about it
    /// join atoms.
    pub(super) fn stands_for_atom(&self, anchor: &Anchor, population: &[usize]) -> bool {
        self.centre_of_atom.get(anchor.atom) == Some(&anchor.sample) && population[anchor.atom] == 1
    }

    /// Probability of each class for an anchor, predicted from all others: `f₀ + (f − f₀ − h (y − f₀)) / (1 − h)`.
    fn left_out(&self, anchor: &Anchor) -> Array1<f64> {
        let leverage = self.ridge.leverage(anchor.sample);
        // Atoms founded in this round have no column yet.
        let own = self.class_of(anchor.atom);
        let prior_of = self.prior_of(anchor.sample);
        let left_out = self.memberships.row(anchor.sample).into_iter().enumerate().map(|(class, &fitted)| {
            let prior = prior_of[class];
            let seen = if class == own { 1.0 } else { 0.0 };
            prior + (fitted - prior - leverage * (seen - prior)) / (1.0 - leverage).max(LEAST_REST)
        });
        let left_out: Array1<f64> = left_out.collect();
        normalised(left_out.view()).mapv(|probability| probability.max(LEAST_PROBABILITY))
    }

    /// The atom of a class with the anchor most similar to this one.
    pub(super) fn nearest_atom(&self, index: usize, class: usize) -> usize {
        let features = self.start.features();
        let own = features.row(self.anchors[index].sample);
        let in_class =
            self.anchors.iter().enumerate().filter(|&(other, anchor)| {
                other != index && self.grouping.class_of_atom[anchor.atom] == class
            });
        in_class
            .map(|(_, anchor)| (own.dot(&features.row(anchor.sample)), anchor.atom))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map_or(self.grouping.groups[class][0], |(_, atom)| atom)
    }

    /// Classes, probabilities and atoms of all samples.
    pub(super) fn read_off(&mut self) {
        let classes = self.number_of_classes();
        let mut probabilities = Array2::zeros((self.len(), classes));
        for (sample, (memberships, mut row)) in
            self.memberships.outer_iter().zip(probabilities.outer_iter_mut()).enumerate()
        {
            row.assign(&normalised(memberships));
            let class = match self.anchor_of[sample] {
                Some(anchor) => self.grouping.class_of_atom[self.anchors[anchor].atom],
                None => largest(memberships).0,
            };
            self.classes[sample] = class;
            let own = self.start.micro_clusters()[sample];
            self.atom_of[sample] = match self.anchor_of[sample] {
                Some(anchor) => self.anchors[anchor].atom,
                None if self.grouping.class_of_atom[own] == class => own,
                None => self.grouping.groups[class][0],
            };
        }
        self.probabilities = probabilities;
        self.class_sizes = counts(&self.classes, classes);
        self.tie_atoms();
        self.weigh();
    }

    /// Computes [`Belief::followers`]: for each sample the doubt about all, weighted by their covariance with it (over its own
    /// standard deviation to the power of twice [`ISOLATION`]), and at least 1; for an anchor that is not settled, 1 and the
    /// doubt that its own observation influences.
    fn weigh(&mut self) {
        let doubt: Array1<f64> = (0..self.len()).map(|sample| self.doubt_about(sample)).collect();
        let shared = self.ridge.covariance_with(doubt.view());
        self.weights =
            ndarray::Zip::from(&shared).and(self.ridge.variances()).map_collect(|&shared, &variance| {
                (shared / variance.max(LEAST_VARIANCE).powf(ISOLATION)).max(1.0)
            });
        let loose = self.anchors.iter().filter(|anchor| anchor.certainty < SETTLED);
        let loose: Vec<usize> = loose.map(|anchor| anchor.sample).collect();
        for (&sample, influence) in loose.iter().zip(self.ridge.influences(&loose, doubt.view())) {
            self.weights[sample] = 1.0 + influence;
        }
    }

    /// Probability that a sample that is no anchor is of another class than it is given, one not seen before included where
    /// little is known; 0 for anchors.
    pub(super) fn doubt_about(&self, sample: usize) -> f64 {
        if self.anchor_of[sample].is_some() {
            return 0.0;
        }
        let unseen = NEW_CLASS * self.ridge.variances()[sample].min(1.0);
        1.0 - (1.0 - unseen) * self.probabilities[[sample, self.classes[sample]]]
    }
}

/// Logarithm of the probability of each class, up to a constant that is the same for all, a new class included.
pub(super) struct Odds(Vec<f64>);

impl Odds {
    /// Nothing is known.
    pub(super) fn even(classes: usize) -> Self {
        Self(vec![0.0; classes])
    }

    /// That of a class.
    pub(super) fn of(&self, class: usize) -> f64 {
        self.0[class]
    }

    /// The first of the most probable classes.
    pub(super) fn largest(&self) -> usize {
        largest(ArrayView1::from(&self.0)).0
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

/// The position and the value of the largest entry, the first on a tie.
fn largest(values: ArrayView1<f64>) -> (usize, f64) {
    values.iter().enumerate().fold((0, f64::NEG_INFINITY), |best, (position, &value)| {
        if value > best.1 { (position, value) } else { best }
    })
}

/// A membership as a weight among classes: to the power of 1.5, for regression pulls them together.
fn sharpened(membership: f64) -> f64 {
    let positive = membership.max(0.0);
    positive * positive.sqrt() + LEAST_MEMBERSHIP
}

/// How many are in each of `groups` groups.
pub(super) fn counts<'a>(group_of: impl IntoIterator<Item = &'a usize>, groups: usize) -> Vec<usize> {
    let mut counts = vec![0; groups];
    for &group in group_of {
        counts[group] += 1;
    }
    counts
}

/// Probability that the largest membership is not the right one.
pub(super) fn doubt_of(memberships: impl Iterator<Item = f64>) -> f64 {
    let (mut total, mut most) = (0.0, 0.0_f64);
    for membership in memberships {
        let positive = sharpened(membership);
        total += positive;
        most = most.max(positive);
    }
    1.0 - most / total
}

/// Memberships as probabilities: cut off at zero, of sum one.
fn normalised(memberships: ArrayView1<f64>) -> Array1<f64> {
    let positive = memberships.mapv(sharpened);
    let total = positive.sum();
    positive / total
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ndarray::Axis;

    use super::*;
    use crate::active::belief::ridge::Ridge;
    use crate::active::{BeliefOptions, WarmStart, WarmStartOptions};
    use crate::oracle::Pair;
    use crate::{Result, data};

    /// As if the anchor had never been seen: by a regression on the others alone.
    #[test]
    fn an_anchor_is_predicted_from_the_others() -> Result<()> {
        let iris = data::iris()?;
        let start = Arc::new(WarmStart::of_features(iris.inputs.view(), &WarmStartOptions::default())?);
        let mut belief = Belief::new(Arc::clone(&start), BeliefOptions::default())?;
        for (i, j) in [(0, 60), (60, 120), (120, 130), (60, 70), (70, 110), (1, 2)] {
            belief.learn(Pair::new(i, j)?, iris.labels.class_of(i) == iris.labels.class_of(j))?;
        }
        let class_of = |anchor: &Anchor| belief.class_of(anchor.atom);
        for anchor in &belief.anchors {
            let others: Vec<&Anchor> =
                belief.anchors.iter().filter(|other| other.sample != anchor.sample).collect();
            let samples: Vec<usize> = others.iter().map(|other| other.sample).collect();
            let mut ridge = Ridge::new(Arc::clone(&start), belief.options.noise);
            samples.iter().for_each(|&sample| ridge.observe(sample));
            let residual = |(m, class): (usize, usize)| {
                f64::from(u8::from(class_of(others[m]) == class)) - belief.prior_of(samples[m])[class]
            };
            let residuals = Array2::from_shape_fn((others.len(), belief.number_of_classes()), residual);
            let prior = belief.prior_of(anchor.sample).insert_axis(Axis(0));
            let fitted = ridge.mean(&samples, residuals.view(), Some(&[anchor.sample]), prior);
            let expected = normalised(fitted.row(0)).mapv(|probability| probability.max(LEAST_PROBABILITY));
            let found = belief.left_out(anchor);
            assert!((&found - &expected).iter().all(|error| error.abs() < 1e-6), "{found} for {expected}");
        }
        Ok(())
    }

    /// 0.64 and 0.16 to the power of 1.5 are 0.512 and 0.064.
    #[test]
    fn memberships_are_sharpened() {
        let probabilities = normalised(ArrayView1::from(&[0.64, 0.16, -1.0]));
        let expected = [8.0 / 9.0, 1.0 / 9.0, 0.0];
        assert!(probabilities.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-5));
        assert!((doubt_of([0.64, 0.16, -1.0].into_iter()) - 1.0 / 9.0).abs() < 1e-5);
    }
}
