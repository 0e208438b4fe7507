//! The belief: the classes of all samples, inferred from answers about pairs and from the similarity of the samples.
//!
//! It has three layers, each corrected by the answers alone:
//!
//! 1. *Atoms.* The micro-clusters of the [`WarmStart`], and beyond them samples that belong to no class known before. A class is
//!    a group of atoms. Answers between samples of two atoms add up, `±ln((1 − ε)/ε)` each, times the probability that both
//!    samples belong to the classes of these atoms, computed without the answer. The affinity of the atoms in the graph adds to
//!    that, in favour of a join only inside a starting cluster. Atoms are joined while the sum is positive, the best pair first.
//!    The affinity above which groups are one class is learned from the answers, so that a few of them cut the whole hierarchy at
//!    another level. All joins are made anew after every answer, so that later answers can undo one.
//! 2. *Anchors.* A sample that was asked about is an anchor. It belongs to the class that its own answers and its surroundings
//!    make most probable, or to a new atom if all classes are improbable. The surroundings enter by the regression's prediction
//!    with the sample left out, so that a wrong answer among right ones is outvoted.
//! 3. *All others.* One ridge regression per class on the features of the warm start, from the prior of the starting clusters
//!    around each sample: label propagation, in which an anchor corrects what is near it.
//!
//! With truthful answers about every pair and a small `ε` the classes are the true ones, and those of the transitive closure
//! ([claim T39](crate::theory#t39)). With fewer answers they nearly always are: a single answer may weigh as much as the
//! surroundings of a sample, and moves of one anchor at a time may end where no single move is an improvement.
//!
//! A [`Doubt`] is something believed that may be wrong, with its probability and the number of pairs of samples that an answer
//! would correct.

mod anchors;
mod assignment;
mod audit;
mod constants;
mod doubt;
mod doubts;
mod evidence;
mod grouping;
mod odds;
mod placement;
mod regression;
mod ridge;
mod threshold;
mod tree;
mod update;

use std::collections::HashSet;
use std::sync::Arc;

use ndarray::{Array1, ArrayView1, ArrayView2, CowArray, Ix2};

use super::{RemainingError, WarmStart, WarmStartOptions};
use crate::error::{Error, Result, check};
use crate::graph::SimilarityGraph;
use crate::oracle::{Pair, class_graph};

use anchors::Anchors;
use assignment::Assignment;
use audit::Audit;
use constants::MOST_ROUNDS;
pub use doubt::{Doubt, Subject};
use grouping::Grouping;
use regression::Regression;

/// Options of [`Belief`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BeliefOptions {
    /// `ε`: how often an answer is taken to be wrong, from `1e-12` to below `½`; 0.01. Small values trust the annotators, and
    /// ask little twice.
    pub error: f64,
    /// How much the starting clusters count beside an answer, in `[0, 1]`; 0.5.
    pub prior: f64,
    /// `ρ`: variance of an answered sample's class membership around the smooth function; 0.1.
    pub noise: f64,
    /// Of the random order in which samples are audited.
    pub seed: u64,
}

impl Default for BeliefOptions {
    fn default() -> Self {
        Self { error: 0.01, prior: 0.5, noise: 0.1, seed: 0 }
    }
}

/// Rarer errors make one answer outweigh all others by more than numbers can hold.
const LEAST_ERROR: f64 = 1e-12;

impl BeliefOptions {
    /// Checks what [`Belief::new`] relies on, before the work of a start is done.
    ///
    /// # Errors
    /// [`Error::Domain`] for an option out of its range.
    pub fn require_valid(&self) -> Result<()> {
        if !(LEAST_ERROR..0.5).contains(&self.error) {
            let must = "at least 1e-12 and below 0.5";
            return Err(Error::Domain { argument: "error", value: self.error, must });
        }
        check::probability("prior", self.prior)?;
        check::positive("noise", self.noise)
    }
}

/// The classes of all samples as far as answers about pairs and the similarity of the samples tell.
///
/// It starts from a [`WarmStart`], learns one answer after another ([`Belief::learn`]), and can be asked at any time for the
/// classes, their probabilities, and what is worth asking next ([`Belief::doubts`]).
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use pal::active::Belief;
/// use pal::data;
/// use pal::oracle::Pair;
///
/// let iris = data::iris()?; // any features
/// let mut belief = Belief::of_features(iris.inputs.view())?;
/// belief.learn(Pair::new(60, 120)?, false)?;
/// assert_ne!(belief.classes()[60], belief.classes()[120]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Belief {
    start: Arc<WarmStart>,
    /// `ln((1 − ε)/ε)`: what an answer adds to the log-odds of what it says.
    weight: f64,
    anchors: Anchors,
    grouping: Grouping,
    regression: Regression,
    assignment: Assignment,
    audit: Audit,
    predictions: Vec<(f64, bool)>,
}

impl Belief {
    /// The belief before the first answer about samples with features `x` `(n, p)`, `n ≥ 2`, all options being the defaults.
    ///
    /// Cost that of [`WarmStart::of_features`] and of [`Belief::new`].
    ///
    /// # Errors
    /// As [`WarmStart::of_features`].
    pub fn of_features<'a>(x: impl Into<CowArray<'a, f64, Ix2>>) -> Result<Self> {
        Self::new(WarmStart::of_features(x, &WarmStartOptions::default())?, BeliefOptions::default())
    }

    /// The belief before the first answer: the classes are the starting clusters, except for samples at their borders whose
    /// surroundings are mostly of another. In general `O(n r c + nnz + A²)`, with `A` micro-clusters.
    ///
    /// # Errors
    /// As [`BeliefOptions::require_valid`].
    pub fn new(start: impl Into<Arc<WarmStart>>, options: BeliefOptions) -> Result<Self> {
        let start = start.into();
        options.require_valid()?;
        let centres: Vec<usize> =
            start.samples_of_clusters().iter().filter_map(|samples| start.centre_of(samples)).collect();
        let (clusters, atom_of) = (start.clusters(), start.micro_clusters());
        let representatives = clusters.iter().map(|&cluster| centres[cluster]).collect();
        let mut belief = Self {
            weight: ((1.0 - options.error) / options.error).ln(),
            anchors: Anchors::new(&centres, atom_of),
            grouping: Grouping::new(&start, &centres),
            regression: Regression::new(&start, options.prior, options.noise),
            assignment: Assignment::new(clusters.to_vec(), start.number_of_clusters(), atom_of.to_vec()),
            audit: Audit::new(representatives, options.error, options.seed)?,
            predictions: Vec::new(),
            start,
        };
        for centre in centres {
            belief.regression.observe(centre);
        }
        belief.update(MOST_ROUNDS);
        Ok(belief)
    }

    /// Takes in whether two samples belong together. Answers may contradict each other, and be repeated: each counts.
    ///
    /// Costs, for `n` samples with `r` features in `c` classes of `A` atoms, `a` samples asked about, `m` answers, `q` audits and
    /// `nnz` edges of the graph:
    ///
    /// * for each sample asked about for the first time `O(n r + r²)`, its observation;
    /// * for each round of joining atoms and moving one sample or block `O(n c + (a + r) r c + m c + A²)`; one or two rounds nearly
    ///   always, at most 16;
    /// * once `O(n r (c + l) + nnz + n q)` for the memberships of all samples, the influence of the `l ≤ a` samples asked about
    ///   that are not certain of their class, and the bound on the remaining error.
    ///
    /// Memory `O(n (r + c + q) + r² + A² + m)`.
    ///
    /// # Errors
    /// [`Error::Domain`] if there is no such sample; the belief is then as before.
    pub fn learn(&mut self, pair: Pair, same: bool) -> Result<()> {
        self.learn_all([(pair, same)])
    }

    /// Takes in many answers, such as those of a captcha or of a log, with one update. Costs as [`Belief::learn`], but that there
    /// may be a round more for each further answer.
    ///
    /// # Errors
    /// As [`Belief::learn`]; the answers before the offending one are then taken in.
    pub fn learn_all(&mut self, answers: impl IntoIterator<Item = (Pair, bool)>) -> Result<()> {
        let before = self.answers();
        let outcome = answers.into_iter().try_for_each(|(pair, same)| self.take_in(pair, same));
        self.update(MOST_ROUNDS + self.answers() - before);
        outcome
    }

    /// Takes in the answer that the present classes imply, to see what would follow from it. Costs as [`Belief::learn`].
    ///
    /// # Errors
    /// As [`Belief::learn`].
    pub fn suppose(&mut self, pair: Pair) -> Result<()> {
        check::index("sample", pair.second(), self.len(), "below the number of samples")?;
        let [first, second] = [pair.first(), pair.second()].map(|sample| self.classes()[sample]);
        self.learn(pair, first == second)
    }

    fn take_in(&mut self, pair: Pair, same: bool) -> Result<()> {
        self.predictions.push((self.probability_same(pair)?, same));
        let [first, second] = [pair.first(), pair.second()].map(|sample| self.classes()[sample]);
        let between = self.grouping.between_classes()[[first, second]];
        let is_first_comparison = first != second && between.abs() < 0.5 * self.weight;
        self.audit.judge(pair, same, is_first_comparison, &self.anchors);
        for sample in self.anchors.learn(pair, same, self.assignment.atom_of()) {
            self.regression.observe(sample);
        }
        Ok(())
    }

    /// Takes in that the annotator could not tell: the pair is not proposed again. An audit that it was the question of counts as
    /// refused, which can only raise the bound on the remaining error.
    pub fn skip(&mut self, pair: Pair) {
        self.anchors.skip(pair);
        self.audit.skip(pair, &self.anchors);
        self.take_stock();
    }

    /// Number of samples `n`.
    #[allow(clippy::len_without_is_empty)] // never empty by construction
    pub fn len(&self) -> usize {
        self.assignment.class_of().len()
    }

    /// Number of answers taken in.
    pub fn answers(&self) -> usize {
        self.predictions.len()
    }

    /// The warm start that it was made from.
    pub fn start(&self) -> &WarmStart {
        &self.start
    }

    /// The class of every sample, below [`Belief::number_of_classes`]; classes are numbered in the order of their first atoms.
    pub fn classes(&self) -> &[usize] {
        self.assignment.class_of()
    }

    /// Number of classes; a class may be empty, where an answer moved its only sample elsewhere.
    pub fn number_of_classes(&self) -> usize {
        self.grouping.number_of_classes()
    }

    /// `(n, c)`: the probability that each sample belongs to each class, by the regression; rows sum to one.
    pub fn probabilities(&self) -> ArrayView2<'_, f64> {
        self.regression.probabilities()
    }

    /// `(n,)`: the probability of the class that each sample is given; where the sample was asked about, by its answers as well.
    pub fn confidence(&self) -> Array1<f64> {
        (0..self.len()).map(|sample| self.certainty(sample)).collect()
    }

    fn certainty(&self, sample: usize) -> f64 {
        match self.anchors.answered(sample) {
            Some(anchor) => anchor.certainty(),
            None => self.probabilities()[[sample, self.classes()[sample]]],
        }
    }

    /// Whether an answer was about this sample.
    pub fn was_asked(&self, sample: usize) -> bool {
        self.anchors.answered(sample).is_some()
    }

    /// `(n,)`: the posterior variance of the class memberships, large for samples unlike all that were asked about.
    pub fn variances(&self) -> ArrayView1<'_, f64> {
        self.regression.variances()
    }

    /// The graph `P Pᵀ` of [`Belief::probabilities`], of rank `c`: the probability that two samples belong together if their
    /// classes are independent.
    ///
    /// # Errors
    /// None in practice: the probabilities of a sample sum to one.
    pub fn graph(&self) -> Result<SimilarityGraph> {
        class_graph(self.probabilities().to_owned())
    }

    /// The probability that two samples belong together, by what is believed of each, their classes being independent. `O(c)`.
    ///
    /// # Errors
    /// [`Error::Domain`] if there is no such sample.
    pub fn probability_same(&self, pair: Pair) -> Result<f64> {
        check::index("sample", pair.second(), self.len(), "below the number of samples")?;
        let [first, second] = [pair.first(), pair.second()]
            .map(|sample| (sample, self.classes()[sample], self.certainty(sample)));
        let probabilities = self.probabilities();
        // Of each the probability of its own class, and the rest in proportion to what the regression says of the others.
        let of = |(sample, class, own): (usize, usize, f64), other: usize| {
            if other == class {
                return own;
            }
            let rest = 1.0 - probabilities[[sample, class]];
            if rest > 0.0 { (1.0 - own) * probabilities[[sample, other]] / rest } else { 0.0 }
        };
        Ok((0..self.number_of_classes()).map(|class| of(first, class) * of(second, class)).sum())
    }

    /// For each answer, the probability of "together" before it was taken in, and whether it was.
    pub fn predictions(&self) -> &[(f64, bool)] {
        &self.predictions
    }

    /// The estimate and the bound of the remaining error that the audits give.
    pub(in crate::active) fn remaining_error(&self) -> RemainingError {
        self.audit.remaining()
    }

    /// Pairs that were answered or skipped.
    pub fn asked(&self) -> &HashSet<Pair> {
        self.anchors.asked()
    }

    /// The last answer about a pair.
    pub fn answer(&self, pair: Pair) -> Option<bool> {
        self.anchors.answers_about(pair).last()
    }

    /// Number of samples first asked about since one founded a class, the centres of the starting clusters not counted.
    pub fn asked_since_a_class_was_found(&self) -> usize {
        self.anchors.since_beyond(self.start.number_of_micro_clusters())
    }

    /// The expected number of samples, of those never asked about, whose class is wrong.
    pub(in crate::active) fn expected_wrong(&self) -> f64 {
        (0..self.len()).map(|sample| self.doubt_about(sample)).sum()
    }

    /// The mean of [`Self::expected_wrong`], which is `now`, once the class of this sample is known, over its classes of a
    /// probability above 0.01. Samples that would move by less than a hundredth of the change here are left as they are.
    /// `O(n r + r² + m c²)` for `m` that move.
    pub(in crate::active) fn expected_wrong_after(&self, sample: usize, now: f64) -> f64 {
        let is_open = |other: usize| self.anchors.of(other).is_none();
        self.regression.doubts_after(sample, now, is_open, |sample| self.doubt_about(sample))
    }

    /// Probability that a sample that is no anchor is of another class than it is given; 0 for anchors.
    fn doubt_about(&self, sample: usize) -> f64 {
        if self.anchors.of(sample).is_some() {
            return 0.0;
        }
        self.regression.doubt(sample, self.classes()[sample])
    }

    /// The check that it is time for.
    pub(in crate::active) fn due_check(&self) -> Option<Pair> {
        self.audit.due()
    }

    /// A check, whether it is time for one or not; `None` if there is nothing left to check.
    pub(in crate::active) fn next_check(&self) -> Option<Pair> {
        self.audit.next(&self.anchors).or_else(|| self.question_of_classes())
    }
}
