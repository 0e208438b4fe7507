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

mod atoms;
mod audit;
mod blocks;
mod doubts;
mod places;
mod ridge;
mod threshold;

use std::collections::HashSet;
use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use super::agglomeration::Ties;
use super::{RemainingError, WarmStart};
use crate::error::{Error, Result, check};
use crate::graph::SimilarityGraph;
use crate::oracle::{Pair, class_graph};

use atoms::Grouping;
use audit::Audit;
pub use doubts::{Doubt, Subject};
use ridge::Ridge;
use threshold::Threshold;

/// Options of [`Belief`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BeliefOptions {
    /// `ε`: how often an answer is taken to be wrong, in `(0, ½)`; 0.01. Small values trust the annotators, and ask little
    /// twice.
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

/// Probability that a sample that was asked about belongs to a class not seen before.
const NEW_CLASS: f64 = 0.05;
/// The least probability that the surroundings of such a sample give to a class.
const LEAST_PROBABILITY: f64 = 0.01;
/// Most rounds of joining atoms and moving anchors, beyond one for each answer; one or two nearly always suffice.
const MOST_ROUNDS: usize = 15;

/// A class less probable than this is not tried when the effect of an answer is computed in advance.
const IMPROBABLE: f64 = 0.01;
/// Samples whose memberships would move by less than this share of the change at the sample asked about are then left aside.
const FAINT: f64 = 0.01;

/// A sample that was asked about, or the centre of a starting cluster.
#[derive(Clone, Debug)]
struct Anchor {
    sample: usize,
    atom: usize,
    /// The other anchor, and whether the two were said to belong together.
    answers: Vec<(usize, bool)>,
    /// Probability of its most probable class, by its answers and its surroundings; 1 before the first answer.
    certainty: f64,
}

/// The classes of all samples as far as answers about pairs and the similarity of the samples tell.
///
/// It starts from a [`WarmStart`], learns one answer after another ([`Belief::learn`]), and can be asked at any time for the
/// classes, their probabilities, and what is worth asking next ([`Belief::doubts`]).
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use std::sync::Arc;
/// use pal::active::{Belief, BeliefOptions, WarmStart, WarmStartOptions};
/// use pal::data;
/// use pal::oracle::Pair;
///
/// let iris = data::iris()?; // any features
/// let start = WarmStart::of_features(iris.inputs.view(), &WarmStartOptions::default())?;
/// let mut belief = Belief::new(Arc::new(start), BeliefOptions::default())?;
/// belief.learn(Pair::new(60, 120)?, false)?;
/// assert_ne!(belief.classes()[60], belief.classes()[120]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Belief {
    start: Arc<WarmStart>,
    options: BeliefOptions,
    ridge: Ridge,
    anchors: Vec<Anchor>,
    /// The anchor of a sample.
    anchor_of: Vec<Option<usize>>,
    asked: HashSet<Pair>,
    predictions: Vec<(f64, bool)>,
    atoms: usize,
    grouping: Grouping,
    ties: Ties,
    threshold: Threshold,
    /// The starting cluster and the centre of every atom that is a micro-cluster; these come first.
    cluster_of_atom: Vec<usize>,
    centre_of_atom: Vec<usize>,
    /// Anchors of the starting clusters, which come first.
    first_anchors: usize,
    /// [`WarmStart::surroundings`].
    surroundings: Vec<Vec<(usize, f64)>>,
    /// The regressions' means and what they say of the classes, both `(n, c)`.
    memberships: Array2<f64>,
    probabilities: Array2<f64>,
    classes: Vec<usize>,
    class_sizes: Vec<usize>,
    atom_of: Vec<usize>,
    /// [`Belief::followers`] of every sample.
    weights: Array1<f64>,
    audit: Audit,
}

impl Belief {
    /// The belief before the first answer: the classes are the starting clusters, except for samples at their borders whose
    /// surroundings are mostly of another. In general `O(n r c + nnz + A²)`, with `A` micro-clusters.
    ///
    /// # Errors
    /// [`Error::Domain`] for an option out of its range.
    pub fn new(start: Arc<WarmStart>, options: BeliefOptions) -> Result<Self> {
        if !(options.error > 0.0 && options.error < 0.5) {
            return Err(Error::Domain { argument: "error", value: options.error, must: "in (0, 0.5)" });
        }
        check::probability("prior", options.prior)?;
        check::positive("noise", options.noise)?;
        let n = start.len();
        let atoms = start.number_of_micro_clusters();
        let mut cluster_of_atom = vec![0; atoms];
        for (&atom, &cluster) in start.micro_clusters().iter().zip(start.clusters()) {
            cluster_of_atom[atom] = cluster;
        }
        let centre = |samples: &Vec<usize>| start.centre_of(samples);
        let mut centre_of_atom: Vec<usize> =
            start.samples_of_micro_clusters().iter().filter_map(centre).collect();
        let centres: Vec<usize> = start.samples_of_clusters().iter().filter_map(centre).collect();
        for &centre in &centres {
            centre_of_atom[start.micro_clusters()[centre]] = centre;
        }
        let representatives = start.clusters().iter().map(|&cluster| centres[cluster]).collect();
        let mut belief = Self {
            audit: Audit::new(representatives, options.error, options.seed)?,
            ridge: Ridge::new(Arc::clone(&start), options.noise),
            options,
            anchors: Vec::new(),
            anchor_of: vec![None; n],
            asked: HashSet::new(),
            predictions: Vec::new(),
            atoms,
            grouping: Grouping::apart(atoms),
            ties: Ties::default(),
            threshold: Threshold::default(),
            cluster_of_atom,
            centre_of_atom,
            first_anchors: centres.len(),
            surroundings: start.surroundings(),
            memberships: Array2::zeros((n, 0)),
            probabilities: Array2::zeros((n, 0)),
            class_sizes: Vec::new(),
            classes: start.clusters().to_vec(),
            atom_of: start.micro_clusters().to_vec(),
            weights: Array1::ones(n),
            start,
        };
        for centre in centres {
            belief.anchor(centre);
        }
        belief.tie_atoms();
        belief.threshold = Threshold::new(&belief.ties, &belief.related_atoms());
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
        self.learn(pair, self.classes[pair.first()] == self.classes[pair.second()])
    }

    fn take_in(&mut self, pair: Pair, same: bool) -> Result<()> {
        self.predictions.push((self.probability_same(pair)?, same));
        self.judge(pair, same);
        let [first, second] = [pair.first(), pair.second()].map(|sample| self.anchor(sample));
        self.anchors[first].answers.push((second, same));
        self.anchors[second].answers.push((first, same));
        self.asked.insert(pair);
        Ok(())
    }

    /// Takes in that the annotator could not tell: the pair is not proposed again. An audit that it was the question of counts as
    /// refused, which can only raise the bound on the remaining error.
    pub fn skip(&mut self, pair: Pair) {
        self.asked.insert(pair);
        self.close_audit(pair, Some(true));
        self.take_stock();
    }

    /// Number of samples `n`.
    #[allow(clippy::len_without_is_empty)] // never empty by construction
    pub fn len(&self) -> usize {
        self.classes.len()
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
        &self.classes
    }

    /// Number of classes; a class may be empty, where an answer moved its only sample elsewhere.
    pub fn number_of_classes(&self) -> usize {
        self.grouping.groups.len()
    }

    /// `(n, c)`: the probability that each sample belongs to each class, by the regression; rows sum to one.
    pub fn probabilities(&self) -> ArrayView2<'_, f64> {
        self.probabilities.view()
    }

    /// `(n,)`: the probability of the class that each sample is given; where the sample was asked about, by its answers as well.
    pub fn confidence(&self) -> Array1<f64> {
        (0..self.len()).map(|sample| self.certainty(sample)).collect()
    }

    fn certainty(&self, sample: usize) -> f64 {
        match self.anchor_of[sample] {
            Some(anchor) if self.is_answered(anchor) => self.anchors[anchor].certainty,
            _ => self.probabilities[[sample, self.classes[sample]]],
        }
    }

    /// Whether an answer was about this sample.
    pub fn was_asked(&self, sample: usize) -> bool {
        self.anchor_of.get(sample).copied().flatten().is_some_and(|anchor| self.is_answered(anchor))
    }

    /// `(n,)`: the posterior variance of the class memberships, large for samples unlike all that were asked about.
    pub fn variances(&self) -> ArrayView1<'_, f64> {
        self.ridge.variances()
    }

    /// The graph `P Pᵀ` of [`Belief::probabilities`], of rank `c`: the probability that two samples belong together if their
    /// classes are independent.
    ///
    /// # Errors
    /// None in practice: the probabilities of a sample sum to one.
    pub fn graph(&self) -> Result<SimilarityGraph> {
        class_graph(self.probabilities.clone())
    }

    /// The probability that two samples belong together, by what is believed of each, their classes being independent. `O(c)`.
    ///
    /// # Errors
    /// [`Error::Domain`] if there is no such sample.
    pub fn probability_same(&self, pair: Pair) -> Result<f64> {
        check::index("sample", pair.second(), self.len(), "below the number of samples")?;
        let [first, second] = [pair.first(), pair.second()]
            .map(|sample| (sample, self.classes[sample], self.certainty(sample)));
        // Of each the probability of its own class, and the rest in proportion to what the regression says of the others.
        let of = |(sample, class, own): (usize, usize, f64), other: usize| {
            if other == class {
                return own;
            }
            let rest = 1.0 - self.probabilities[[sample, class]];
            if rest > 0.0 { (1.0 - own) * self.probabilities[[sample, other]] / rest } else { 0.0 }
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
        &self.asked
    }

    /// The last answer about a pair.
    pub fn answer(&self, pair: Pair) -> Option<bool> {
        self.answers_about(pair).last()
    }

    /// All answers about a pair.
    fn answers_about(&self, pair: Pair) -> impl Iterator<Item = bool> {
        let [first, second] =
            [pair.first(), pair.second()].map(|sample| self.anchor_of.get(sample).copied().flatten());
        let answers = first.map_or(&[][..], |first| &self.anchors[first].answers);
        answers.iter().filter(move |&&(other, _)| Some(other) == second).map(|&(_, same)| same)
    }

    /// Number of samples first asked about since one founded a class, the centres of the starting clusters not counted.
    pub fn asked_since_a_class_was_found(&self) -> usize {
        let found = self.anchors.iter().rev();
        found
            .take_while(|anchor| anchor.atom < self.start.number_of_micro_clusters())
            .count()
            .min(self.anchors.len() - self.first_anchors)
    }

    /// The expected number of samples, of those never asked about, whose class is wrong.
    pub(in crate::active) fn expected_wrong(&self) -> f64 {
        (0..self.len()).map(|sample| self.doubt_about(sample)).sum()
    }

    /// The mean of [`Self::expected_wrong`], which is `now`, once the class of this sample is known, over its classes of a
    /// probability above [`IMPROBABLE`]. Samples that would move by less than [`FAINT`] are left as they are.
    /// `O(n r + r² + m c²)` for `m` that move.
    pub(in crate::active) fn expected_wrong_after(&self, sample: usize, now: f64) -> f64 {
        let (shared, variance) = self.ridge.covariance_with_sample(sample);
        let moved: Vec<(usize, f64)> = shared
            .iter()
            .map(|shared| shared / variance)
            .enumerate()
            .filter(|&(i, slope)| i != sample && slope.abs() > FAINT && self.anchor_of[i].is_none())
            .collect();
        let before = self.doubt_about(sample) + moved.iter().map(|&(i, _)| self.doubt_about(i)).sum::<f64>();
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
                after += probability * places::doubt_of(memberships);
            }
        }
        now - before + after / tried
    }

    fn is_answered(&self, anchor: usize) -> bool {
        !self.anchors[anchor].answers.is_empty()
    }

    /// `±ln((1 − ε)/ε)`: what an answer adds to the log-odds of "together".
    fn log_odds_of(&self, same: bool) -> f64 {
        let weight = ((1.0 - self.options.error) / self.options.error).ln();
        if same { weight } else { -weight }
    }

    /// The anchor of a sample, made if there is none.
    fn anchor(&mut self, sample: usize) -> usize {
        if let Some(anchor) = self.anchor_of[sample] {
            return anchor;
        }
        self.ridge.observe(sample);
        self.anchors.push(Anchor { sample, atom: self.atom_of[sample], answers: Vec::new(), certainty: 1.0 });
        self.anchor_of[sample] = Some(self.anchors.len() - 1);
        self.anchors.len() - 1
    }

    /// Makes everything anew that follows from the answers; a round moves one anchor, all blocks, or splits one class.
    fn update(&mut self, most_rounds: usize) {
        self.fit_anchors();
        for _ in 0..most_rounds {
            self.join_atoms();
            self.fit_anchors();
            if !self.place_anchor() && !self.place_blocks() && !self.split_class() {
                break;
            }
        }
        self.join_atoms();
        self.memberships = self.fitted(None);
        self.read_off();
        self.take_stock();
    }

    /// Memberships of the anchors alone, which is all that placing them needs.
    fn fit_anchors(&mut self) {
        let samples: Vec<usize> = self.anchors.iter().map(|anchor| anchor.sample).collect();
        let fitted = self.fitted(Some(&samples));
        self.memberships = Array2::zeros((self.len(), self.number_of_classes()));
        for (&sample, row) in samples.iter().zip(fitted.outer_iter()) {
            self.memberships.row_mut(sample).assign(&row);
        }
    }

    /// Memberships of these samples, or of all, from the anchors' classes.
    fn fitted(&self, rows: Option<&[usize]>) -> Array2<f64> {
        let samples: Vec<usize> = self.anchors.iter().map(|anchor| anchor.sample).collect();
        let priors = |samples: &mut dyn ExactSizeIterator<Item = usize>| {
            let mut priors = Array2::zeros((samples.len(), self.number_of_classes()));
            for (mut row, sample) in priors.outer_iter_mut().zip(samples) {
                row.assign(&self.prior_of(sample));
            }
            priors
        };
        let mut residuals = -priors(&mut samples.iter().copied());
        for (anchor, mut row) in self.anchors.iter().zip(residuals.outer_iter_mut()) {
            row[self.class_of(anchor.atom)] += 1.0;
        }
        let prior = match rows {
            Some(rows) => priors(&mut rows.iter().copied()),
            None => priors(&mut (0..self.len())),
        };
        self.ridge.mean(&samples, residuals.view(), rows, prior)
    }

    /// Prior memberships of a sample in the classes.
    fn prior_of(&self, sample: usize) -> Array1<f64> {
        let mut prior = Array1::zeros(self.number_of_classes());
        for &(atom, share) in &self.surroundings[sample] {
            prior[self.grouping.class_of_atom[atom]] += self.options.prior * share;
        }
        prior
    }
}
