//! What the anchors say of all samples: memberships in the classes by a regression, and probabilities from these.

use std::sync::Arc;

use ndarray::parallel::prelude::*;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut1, Axis, Zip};

use super::constants::{
    FAINT, IMPROBABLE, ISOLATION, LEAST_MEMBERSHIP, LEAST_PROBABILITY, LEAST_REST, LEAST_VARIANCE, NEW_CLASS,
};
use super::odds::position_of_largest;
use super::ridge::Ridge;
use crate::active::WarmStart;

/// Memberships `(n, c)` of all samples in the classes, by one ridge regression a class from the classes of the anchors.
///
/// The prior of a sample is what surrounds it at the start. Rows of the probabilities sum to one, and everybody has at least one
/// follower, itself.
#[derive(Clone, Debug)]
pub(super) struct Regression {
    ridge: Ridge,
    /// How much the starting clusters count beside an answer.
    prior: f64,
    /// [`WarmStart::surroundings`].
    surroundings: Vec<Vec<(usize, f64)>>,
    memberships: Array2<f64>,
    probabilities: Array2<f64>,
    followers: Array1<f64>,
}

/// Fewest rows that one task handles.
const TASK_ROWS: usize = 1024;

/// The classes of the anchors and of the atoms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Targets<'a> {
    /// The samples that were observed, each with its class.
    pub(super) observed: &'a [(usize, usize)],
    pub(super) class_of_atom: &'a [usize],
    /// Number of classes.
    pub(super) classes: usize,
}

impl Regression {
    /// Nothing is observed. `noise` is the variance of an observation.
    pub(super) fn new(start: &Arc<WarmStart>, prior: f64, noise: f64) -> Self {
        let n = start.len();
        Self {
            ridge: Ridge::new(Arc::clone(start), noise),
            prior,
            surroundings: start.surroundings(),
            memberships: Array2::zeros((n, 0)),
            probabilities: Array2::zeros((n, 0)),
            followers: Array1::ones(n),
        }
    }

    /// The class of a sample will be told; `O(n r + r²)`.
    pub(super) fn observe(&mut self, sample: usize) {
        self.ridge.observe(sample);
    }

    /// Memberships of the observed samples alone, which is all that moving anchors needs.
    pub(super) fn fit_observed(&mut self, targets: &Targets) {
        let samples: Vec<usize> = targets.observed.iter().map(|&(sample, _)| sample).collect();
        let fitted = self.fitted(targets, Some(&samples));
        self.memberships = Array2::zeros((self.surroundings.len(), targets.classes));
        for (&sample, row) in samples.iter().zip(fitted.outer_iter()) {
            self.memberships.row_mut(sample).assign(&row);
        }
    }

    /// Memberships and probabilities of all samples.
    pub(super) fn fit(&mut self, targets: &Targets) {
        self.memberships = self.fitted(targets, None);
        let mut probabilities = Array2::zeros(self.memberships.raw_dim());
        let rows = probabilities.axis_iter_mut(Axis(0)).into_par_iter().with_min_len(TASK_ROWS);
        rows.zip(self.memberships.axis_iter(Axis(0))).for_each(|(mut row, memberships)| {
            row.assign(&normalised(memberships));
        });
        self.probabilities = probabilities;
    }

    /// Memberships of these samples, or of all.
    fn fitted(&self, targets: &Targets, rows: Option<&[usize]>) -> Array2<f64> {
        let samples: Vec<usize> = targets.observed.iter().map(|&(sample, _)| sample).collect();
        let priors = |count: usize, sample_at: &(dyn Fn(usize) -> usize + Sync)| {
            let mut priors = Array2::zeros((count, targets.classes));
            let rows = priors.axis_iter_mut(Axis(0)).into_par_iter().enumerate().with_min_len(TASK_ROWS);
            rows.for_each(|(at, row)| self.add_prior_of(sample_at(at), targets.class_of_atom, row));
            priors
        };
        let mut residuals = -priors(samples.len(), &|at| samples[at]);
        for (&(_, class), mut row) in targets.observed.iter().zip(residuals.outer_iter_mut()) {
            row[class] += 1.0;
        }
        let prior = match rows {
            Some(rows) => priors(rows.len(), &|at| rows[at]),
            None => priors(self.surroundings.len(), &|at| at),
        };
        self.ridge.mean(&samples, residuals.view(), rows, prior)
    }

    /// Prior memberships of a sample in the classes.
    fn prior_of(&self, sample: usize, class_of_atom: &[usize], classes: usize) -> Array1<f64> {
        let mut prior = Array1::zeros(classes);
        self.add_prior_of(sample, class_of_atom, prior.view_mut());
        prior
    }

    fn add_prior_of(&self, sample: usize, class_of_atom: &[usize], mut prior: ArrayViewMut1<f64>) {
        for &(atom, share) in &self.surroundings[sample] {
            prior[class_of_atom[atom]] += self.prior * share;
        }
    }

    /// Probability of each class for an observed sample, now in the class `own`, predicted from all others:
    /// `f₀ + (f − f₀ − h (y − f₀)) / (1 − h)`. Classes of atoms founded since the fit are left out.
    pub(super) fn left_out(
        &self,
        sample: usize,
        own: usize,
        class_of_atom: &[usize],
        classes: usize,
    ) -> Array1<f64> {
        let leverage = self.ridge.leverage(sample);
        let prior_of = self.prior_of(sample, class_of_atom, classes);
        let left_out = self.memberships.row(sample).into_iter().enumerate().map(|(class, &fitted)| {
            let prior = prior_of[class];
            let seen = if class == own { 1.0 } else { 0.0 };
            prior + (fitted - prior - leverage * (seen - prior)) / (1.0 - leverage).max(LEAST_REST)
        });
        let left_out: Array1<f64> = left_out.collect();
        normalised(left_out.view()).mapv(|probability| probability.max(LEAST_PROBABILITY))
    }

    /// The class of the largest membership of a sample.
    pub(super) fn class_of(&self, sample: usize) -> usize {
        position_of_largest(self.memberships.row(sample))
    }

    /// `(n, c)`: the probability that each sample belongs to each class.
    pub(super) fn probabilities(&self) -> ArrayView2<'_, f64> {
        self.probabilities.view()
    }

    /// Posterior variance of the memberships.
    pub(super) fn variances(&self) -> ArrayView1<'_, f64> {
        self.ridge.variances()
    }

    /// Probability that a sample that was not observed is of another class than this one, one not seen before included where
    /// little is known.
    pub(super) fn doubt(&self, sample: usize, class: usize) -> f64 {
        let unseen = NEW_CLASS * self.ridge.variances()[sample].min(1.0);
        1.0 - (1.0 - unseen) * self.probabilities[[sample, class]]
    }

    /// The sum of `doubts` `(n,)` once the class of this sample is known, in the mean over its classes of a probability above
    /// [`IMPROBABLE`], where it is `now`. Only samples that are open and would move by more than [`FAINT`] are looked at.
    /// `O(n r + r² + m c²)` for `m` that move.
    pub(super) fn doubts_after(
        &self,
        sample: usize,
        now: f64,
        is_open: impl Fn(usize) -> bool,
        doubt: impl Fn(usize) -> f64,
    ) -> f64 {
        let (shared, variance) = self.ridge.covariance_with_sample(sample);
        let moved: Vec<(usize, f64)> = shared
            .iter()
            .map(|shared| shared / variance)
            .enumerate()
            .filter(|&(i, slope)| i != sample && slope.abs() > FAINT && is_open(i))
            .collect();
        let before = doubt(sample) + moved.iter().map(|&(i, _)| doubt(i)).sum::<f64>();
        let own = self.memberships.row(sample);
        let (mut after, mut tried) = (0.0, 0.0);
        for (class, &probability) in self.probabilities.row(sample).iter().enumerate() {
            if probability < IMPROBABLE {
                continue;
            }
            tried += probability;
            let step = |k: usize| f64::from(u8::from(k == class)) - own[k];
            let steps: Vec<f64> = (0..own.len()).map(step).collect();
            for &(i, slope) in &moved {
                let row = self.memberships.row(i);
                let memberships = row.iter().zip(&steps).map(|(membership, step)| membership + slope * step);
                after += probability * doubt_of(memberships);
            }
        }
        now - before + after / tried
    }

    /// Counts the followers of each sample: the doubt about all, weighted by their covariance with it (over its own standard
    /// deviation to the power of twice [`ISOLATION`]), and at least 1; for an observed sample that is not settled, 1 and the
    /// doubt that its own observation influences.
    pub(super) fn count_followers(&mut self, doubts: &Array1<f64>, not_settled: &[usize]) {
        let shared = self.ridge.covariance_with(doubts.view());
        self.followers = Zip::from(&shared).and(self.ridge.variances()).map_collect(|&shared, &variance| {
            (shared / variance.max(LEAST_VARIANCE).powf(ISOLATION)).max(1.0)
        });
        for (&sample, influence) in not_settled.iter().zip(self.ridge.influences(not_settled, doubts.view()))
        {
            self.followers[sample] = 1.0 + influence;
        }
    }

    /// About how many samples change their class with this one.
    pub(super) fn followers(&self, sample: usize) -> f64 {
        self.followers[sample]
    }
}

/// A membership as a weight among classes: to the power of 1.5, for regression pulls them together.
fn sharpened(membership: f64) -> f64 {
    let positive = membership.max(0.0);
    positive * positive.sqrt() + LEAST_MEMBERSHIP
}

/// Probability that the largest membership is not the right one.
fn doubt_of(memberships: impl Iterator<Item = f64>) -> f64 {
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
    use super::*;
    use crate::active::belief::anchors::Anchor;
    use crate::active::{Belief, BeliefOptions, WarmStartOptions};
    use crate::graph::SimilarityGraph;
    use crate::oracle::Pair;
    use crate::{Result, data};
    use ndarray::{arr1, arr2};

    const NOISE: f64 = 0.5;

    /// Two clusters of two samples, the features of which are those of an own axis: regressions share nothing across.
    fn regression() -> Result<Regression> {
        let graph = SimilarityGraph::pairs(4, [(0, 1, 1.0), (2, 3, 1.0)])?;
        let features = arr2(&[[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]);
        let start = WarmStart::from_parts(graph, Array1::ones(2), features, vec![0, 0, 1, 1])?;
        Ok(Regression::new(&Arc::new(start), 0.5, NOISE))
    }

    fn is_close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    /// The clusters are classes 0 and 1; sample 0 was seen in class 1. The prior of samples 0 and 1 is ½ for class 0; one
    /// observation with noise ½ moves the mean by `1 / (1 + ½) = ⅔` of what it exceeds the prior by.
    #[test]
    fn an_observation_moves_what_is_like_it() -> Result<()> {
        let mut regression = regression()?;
        let targets = Targets { observed: &[(0, 1)], class_of_atom: &[0, 1], classes: 2 };
        regression.observe(0);
        regression.fit(&targets);
        let expected =
            arr2(&[[0.5 - 1.0 / 3.0, 2.0 / 3.0], [0.5 - 1.0 / 3.0, 2.0 / 3.0], [0.0, 0.5], [0.0, 0.5]]);
        assert!(regression.memberships.iter().zip(&expected).all(|(&a, &b)| is_close(a, b)));
        assert_eq!([0, 1, 2, 3].map(|sample| regression.class_of(sample)), [1; 4]);
        assert!(regression.probabilities.outer_iter().all(|row| is_close(row.sum(), 1.0)));
        let [low, high] = [1.0 / 6.0, 2.0 / 3.0].map(sharpened);
        assert!(is_close(regression.probabilities[[1, 0]], low / (low + high)));
        assert!(is_close(regression.variances()[1], 1.0 / 3.0) && is_close(regression.variances()[3], 1.0));

        // Without its own observation sample 0 has the prior left.
        let left_out = regression.left_out(0, 1, targets.class_of_atom, 2);
        let [none, half] = [0.0, 0.5].map(sharpened);
        assert!(is_close(left_out[0], half / (none + half)) && is_close(left_out[1], LEAST_PROBABILITY));

        let all = regression.memberships.clone();
        regression.fit_observed(&targets);
        assert!(regression.memberships.row(0).iter().zip(all.row(0)).all(|(&a, &b)| is_close(a, b)));
        assert!(is_close(regression.memberships.row(1).sum(), 0.0));
        Ok(())
    }

    /// Doubts 1 and 3 of the two samples of a cluster add up at both of them; nobody has less than one follower.
    #[test]
    fn followers_are_the_doubts_of_what_is_like_a_sample() -> Result<()> {
        let mut regression = regression()?;
        regression.count_followers(&arr1(&[1.0, 3.0, 0.0, 0.5]), &[]);
        assert!([4.0, 4.0, 1.0, 1.0].iter().enumerate().all(|(i, &f)| is_close(regression.followers(i), f)));
        // Of variance ⅓, sample 0 decides ⅓ / ½ of either.
        regression.observe(0);
        regression.count_followers(&arr1(&[0.0, 3.0, 0.0, 0.0]), &[0]);
        assert!(is_close(regression.followers(0), 1.0 + 3.0 * 2.0 / 3.0));
        assert!(is_close(regression.followers(1), 3.0_f64.powf(ISOLATION)));
        Ok(())
    }

    /// Once the class of sample 0 is known, its own doubt is gone and that of sample 1 is what the moved memberships leave.
    #[test]
    fn an_answer_takes_the_doubt_about_its_sample() -> Result<()> {
        let mut regression = regression()?;
        let targets = Targets { observed: &[], class_of_atom: &[0, 1], classes: 2 };
        regression.fit(&targets);
        let doubts = [0.25, 0.125, 0.0, 0.0];
        let after = regression.doubts_after(0, 0.375, |sample| sample != 1, |sample| doubts[sample]);
        assert!(is_close(after, 0.125));
        // The step from memberships (½, 0) to (1, 0) is ½; two thirds of it reach sample 1. Class 1 is not tried.
        let after = regression.doubts_after(0, 0.375, |_| true, |sample| doubts[sample]);
        assert!(is_close(after, doubt_of([0.5 + 1.0 / 3.0, 0.0].into_iter())));
        Ok(())
    }

    /// As if the anchor had never been seen: by a regression on the others alone.
    #[test]
    fn an_anchor_is_predicted_from_the_others() -> Result<()> {
        let iris = data::iris()?;
        let start = Arc::new(WarmStart::of_features(iris.inputs.view(), &WarmStartOptions::default())?);
        let mut belief = Belief::new(Arc::clone(&start), BeliefOptions::default())?;
        for (i, j) in [(0, 60), (60, 120), (120, 130), (60, 70), (70, 110), (1, 2)] {
            belief.learn(Pair::new(i, j)?, iris.labels.class_of(i) == iris.labels.class_of(j))?;
        }
        let (class_of_atom, classes) = (belief.grouping.class_of_atom(), belief.number_of_classes());
        let class_of = |anchor: &Anchor| belief.grouping.class_of(anchor.atom());
        let prior_of = |sample| belief.regression.prior_of(sample, class_of_atom, classes);
        for anchor in belief.anchors.iter() {
            let others: Vec<&Anchor> =
                belief.anchors.iter().filter(|other| other.sample() != anchor.sample()).collect();
            let samples: Vec<usize> = others.iter().map(|other| other.sample()).collect();
            let mut ridge = Ridge::new(Arc::clone(&start), BeliefOptions::default().noise);
            for &sample in &samples {
                ridge.observe(sample);
            }
            let residual = |(m, class): (usize, usize)| {
                f64::from(u8::from(class_of(others[m]) == class)) - prior_of(samples[m])[class]
            };
            let residuals = Array2::from_shape_fn((others.len(), classes), residual);
            let prior = prior_of(anchor.sample()).insert_axis(Axis(0));
            let fitted = ridge.mean(&samples, residuals.view(), Some(&[anchor.sample()]), prior);
            let expected = normalised(fitted.row(0)).mapv(|probability| probability.max(LEAST_PROBABILITY));
            let found = belief.regression.left_out(anchor.sample(), class_of(anchor), class_of_atom, classes);
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
