//! Information-theoretic active correlation clustering (Aronsson and Haghir Chehreghani 2024, arXiv 2402.03587), after the
//! paper's description.
//!
//! Similarities `S` of samples are small and uncertain at first, and ±1 once a pair is answered. A clustering `c` has the energy
//! `−Σ_{c_i = c_j} S_ij` over pairs; the clusters are a local minimum of it. The Gibbs distribution
//! over clusterings is approximated by independent samples, of which `q_ik` is the probability that sample `i` is in cluster `k`:
//! the mean field, a fixed point of
//!
//! $$ q_i = \operatorname{softmax}\Bigl(\beta \sum_j S_{ij}\, q_j\Bigr). $$
//!
//! A pair is together with probability `P_ij = q_i·q_j`. Asked is the pair whose answer says most: by itself, the
//! [entropy](Acquisition::Entropy) of `P_ij`; or what other answers would leave unsaid is taken off, the
//! [joint gain](Acquisition::JointGain).

use ndarray::Array2;
use pal::oracle::Pair;
use pal::{Error, Result};
use rand::distr::Distribution as _;
use rand::distr::weighted::WeightedIndex;
use rand::{Rng, RngExt};

use crate::interview::Interview;

/// Samples up to which it is tried: every question costs a few dozen products of the similarities `(n, n)` with the mean field.
pub const MOST_SAMPLES: usize = 400;
/// Rounds until the mean field has settled, and the change that is small.
const MOST_ROUNDS: usize = 50;
const SETTLED: f64 = 1e-4;

/// What makes a pair worth asking about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Acquisition {
    /// The entropy of the answer.
    Entropy,
    /// The expected loss of that entropy by the answers to pairs drawn in proportion to theirs (JEIG): those of the draws are
    /// imagined, and the mean field settles anew.
    JointGain {
        /// How often such pairs are drawn.
        draws: usize,
        /// How many they are.
        pairs: usize,
    },
}

/// Options of [`CorrelationClustering`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// The inverse temperature `β`.
    pub beta: f64,
    pub acquisition: Acquisition,
}

/// The similarities and the clusters.
pub struct CorrelationClustering {
    similarities: Array2<f64>,
    answered: Array2<bool>,
    clusters: Vec<usize>,
    options: Options,
}

impl CorrelationClustering {
    /// Begins with symmetric similarities `(n, n)`, `|S_ij| ≤ 1`, and clusters to improve upon.
    ///
    /// # Errors
    /// [`Error::Domain`] for more than [`MOST_SAMPLES`] samples, [`Error::Shape`] if the two do not fit.
    pub fn new(mut similarities: Array2<f64>, clusters: Vec<usize>, options: Options) -> Result<Self> {
        let n = clusters.len();
        if similarities.dim() != (n, n) {
            let got = similarities.shape().to_vec();
            return Err(Error::Shape { argument: "similarities", expected: vec![n, n], got });
        }
        if n > MOST_SAMPLES {
            let must = "at most 400, since every question looks at all pairs several times";
            return Err(Error::Domain { argument: "number of samples", value: n as f64, must });
        }
        similarities.diag_mut().fill(0.0);
        let answered = Array2::from_elem((n, n), false);
        let clusters = least_energy(&similarities, clusters);
        Ok(Self { similarities, answered, clusters, options })
    }

    /// Asks until every pair is answered, or no answer is left.
    ///
    /// # Errors
    /// Those of [`Interview::ask`].
    pub fn run(&mut self, mut interview: Interview, rng: &mut impl Rng) -> Result<()> {
        while let Some(pair) = self.propose(rng) {
            let (i, j) = (pair.first(), pair.second());
            let Some(same) = interview.ask(&self.clusters, i, j)? else { break };
            self.learn(pair, same);
        }
        interview.finish(&self.clusters)
    }

    /// The pair that is worth most, drawn among those that are; `None` if all are answered.
    pub fn propose(&self, rng: &mut impl Rng) -> Option<Pair> {
        let worth = self.worth(rng);
        let (mut most, mut count, mut best) = (f64::NEG_INFINITY, 0, None);
        for ((i, j), &worth) in worth.indexed_iter() {
            if i >= j || self.answered[[i, j]] || worth < most {
                continue;
            }
            count = if worth > most { 1 } else { count + 1 };
            most = worth;
            if rng.random_range(0..count) == 0 {
                best = Pair::new(i, j).ok();
            }
        }
        best
    }

    /// Takes an answer in.
    pub fn learn(&mut self, pair: Pair, same: bool) {
        let (i, j) = (pair.first(), pair.second());
        for (i, j) in [(i, j), (j, i)] {
            self.similarities[[i, j]] = if same { 1.0 } else { -1.0 };
            self.answered[[i, j]] = true;
        }
        self.clusters = least_energy(&self.similarities, std::mem::take(&mut self.clusters));
    }

    /// What the answer about every pair is worth, above the diagonal.
    pub fn worth(&self, rng: &mut impl Rng) -> Array2<f64> {
        let beta = self.options.beta;
        let sharp = one_hot(&self.clusters);
        let field = mean_field(&self.similarities, beta, softmax_rows(beta * self.similarities.dot(&sharp)));
        let together = field.dot(&field.t());
        let mut worth = together.mapv(entropy);
        let Acquisition::JointGain { draws, pairs } = self.options.acquisition else {
            return worth;
        };
        let open = |(i, j): (usize, usize)| i < j && !self.answered[[i, j]];
        let weights = worth.indexed_iter().map(|(at, &entropy)| if open(at) { entropy } else { 0.0 });
        // Nothing is uncertain: no answer says anything.
        let Ok(drawn) = WeightedIndex::new(weights) else { return worth };
        let n = self.clusters.len();
        for _ in 0..draws {
            let mut imagined = self.similarities.clone();
            for at in (&drawn).sample_iter(&mut *rng).take(pairs).collect::<Vec<_>>() {
                let (i, j) = (at / n, at % n);
                let answer = if rng.random_bool(together[[i, j]].clamp(0.0, 1.0)) { 1.0 } else { -1.0 };
                imagined[[i, j]] = answer;
                imagined[[j, i]] = answer;
            }
            let settled = mean_field(&imagined, beta, field.clone());
            worth.zip_mut_with(&settled.dot(&settled.t()), |worth, &together| {
                *worth -= entropy(together) / draws as f64;
            });
        }
        worth
    }
}

/// Moves samples as long as the energy falls, also into clusters of their own; the clusters are numbered without gaps.
pub fn least_energy(similarities: &Array2<f64>, mut clusters: Vec<usize>) -> Vec<usize> {
    let n = clusters.len();
    let mut has_changed = true;
    while has_changed {
        has_changed = false;
        for sample in 0..n {
            let mut sums = vec![0.0; n + 1];
            let mut sizes = vec![0; n + 1];
            for (&cluster, &similarity) in clusters.iter().zip(similarities.row(sample)) {
                sums[cluster] += similarity;
                sizes[cluster] += 1;
            }
            // An empty cluster has the sum 0; one is taken only if it is better.
            let own = clusters[sample];
            let best =
                (0..=n).fold(own, |best, cluster| if sums[cluster] > sums[best] { cluster } else { best });
            if sums[best] > sums[own] + 1e-9 {
                clusters[sample] = best;
                has_changed = true;
            }
        }
    }
    let mut names = clusters.clone();
    names.sort_unstable();
    names.dedup();
    clusters.iter().map(|cluster| names.partition_point(|name| name < cluster)).collect()
}

/// The mean field that `field` settles to.
pub fn mean_field(similarities: &Array2<f64>, beta: f64, mut field: Array2<f64>) -> Array2<f64> {
    for _ in 0..MOST_ROUNDS {
        let next = softmax_rows(beta * similarities.dot(&field));
        let change = (&next - &field).iter().fold(0.0, |largest: f64, change| largest.max(change.abs()));
        field = next;
        if change < SETTLED {
            break;
        }
    }
    field
}

fn one_hot(clusters: &[usize]) -> Array2<f64> {
    let count = clusters.iter().max().map_or(0, |&last| last + 1);
    let mut matrix = Array2::zeros((clusters.len(), count));
    for (sample, &cluster) in clusters.iter().enumerate() {
        matrix[[sample, cluster]] = 1.0;
    }
    matrix
}

fn softmax_rows(mut x: Array2<f64>) -> Array2<f64> {
    for mut row in x.outer_iter_mut() {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        row.mapv_inplace(|value| (value - largest).exp());
        let sum = row.sum();
        row /= sum;
    }
    x
}

/// The entropy of a yes of this probability, in nats.
fn entropy(probability: f64) -> f64 {
    let part = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
    part(probability) + part(1.0 - probability)
}
