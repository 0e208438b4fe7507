//! The affinity above which groups of samples are one class, learned from the answers.
//!
//! Agglomeration by affinity is a hierarchy of the samples, from micro-clusters to the components of the graph. The level at
//! which classes are cut out of it differs from one data set to the next by orders of magnitude, so that it is learned: answers
//! between micro-clusters say on which side of the threshold the place is where the hierarchy joins them.

use ndarray::Array2;

use super::constants::{
    DEVIATION, LARGEST_THRESHOLD, LEAST_AFFINITY, LEAST_LOG_ODDS, MOST_APART, MOST_TOGETHER, SLOPE, STEP,
    THRESHOLDS,
};
use crate::active::agglomeration::{Agglomeration, Relation, Ties};
use crate::oracle::logistic;

/// The affinity at which groups are as probably one class as not.
#[derive(Clone, Debug, Default)]
pub(super) struct Threshold {
    /// Its logarithm before any answer.
    before: f64,
    /// For two atoms of the start the logarithm of the affinity at which the hierarchy joins them.
    joined_at: Array2<f64>,
}

impl Threshold {
    /// The hierarchy of the atoms at the start, `is_related` where two are of one starting cluster.
    pub(super) fn new(ties: &Ties, is_related: &Array2<bool>) -> Self {
        let atoms = is_related.nrows();
        let none = Array2::zeros((atoms, atoms));
        let inside = Agglomeration::new(ties, none.clone(), is_related.clone(), |relation| {
            if relation.is_related { relation.affinity } else { 0.0 }
        });
        let weakest =
            inside.joins.iter().map(|join| join.score).filter(|&affinity| affinity > LEAST_AFFINITY);
        let before = weakest.map(|affinity| affinity.ln() - LEAST_LOG_ODDS / SLOPE);
        let all = Agglomeration::new(ties, none, is_related.clone(), |relation| relation.affinity);
        let mut joined_at = Array2::from_elem((atoms, atoms), LEAST_AFFINITY.ln());
        let mut height = f64::INFINITY;
        for join in &all.joins {
            height = height.min(join.score);
            for (&a, &b) in join.first.iter().flat_map(|a| join.second.iter().map(move |b| (a, b))) {
                joined_at[[a, b]] = height.max(LEAST_AFFINITY).ln();
                joined_at[[b, a]] = joined_at[[a, b]];
            }
        }
        Self { before: before.fold(LARGEST_THRESHOLD.ln(), f64::min), joined_at }
    }

    /// The mean of its logarithm, by the evidence between atoms: log-odds, as far as they are those of the start.
    pub(super) fn by(&self, evidence: &Array2<f64>) -> f64 {
        let (mut total, mut sum) = (0.0, 0.0);
        let said: Vec<(f64, f64)> = self
            .joined_at
            .indexed_iter()
            .filter(|&((a, b), _)| a < b && evidence[[a, b]] != 0.0)
            .map(|((a, b), &height)| (height, evidence[[a, b]]))
            .collect();
        let mut logs: Vec<(f64, f64)> = Vec::new();
        for step in -THRESHOLDS..=THRESHOLDS {
            let shift = f64::from(step) * STEP;
            let threshold = self.before + shift;
            let likelihood = said.iter().map(|&(height, evidence)| {
                let one = logistic(SLOPE * (height - threshold));
                (one * (0.5 * evidence).exp() + (1.0 - one) * (-0.5 * evidence).exp()).ln()
            });
            logs.push((threshold, likelihood.sum::<f64>() - 0.5 * (shift / DEVIATION).powi(2)));
        }
        let most = logs.iter().map(|&(_, log)| log).fold(f64::NEG_INFINITY, f64::max);
        for (threshold, log) in logs {
            let weight = (log - most).exp();
            total += weight;
            sum += weight * threshold;
        }
        sum / total
    }
}

/// Prior log-odds that two groups are one class, by their affinity alone. They are positive only inside a starting cluster:
/// nothing else is joined without an answer.
pub(super) fn log_odds(relation: Relation, threshold: f64) -> f64 {
    let excess = if relation.affinity > 0.0 { relation.affinity.ln() - threshold } else { f64::NEG_INFINITY };
    let most = if excess > 0.0 { MOST_TOGETHER } else { MOST_APART };
    let bounded = most * (SLOPE * excess / most).tanh();
    if relation.is_related { bounded } else { bounded.min(0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Result;
    use crate::graph::SimilarityGraph;

    /// Of samples that are atoms, in these starting clusters.
    fn threshold(edges: &[(usize, usize, f64)], clusters: &[usize]) -> Result<Threshold> {
        let n = clusters.len();
        let atoms: Vec<usize> = (0..n).collect();
        let ties = Ties::between(&SimilarityGraph::pairs(n, edges.iter().copied())?, &atoms, n);
        Ok(Threshold::new(&ties, &Array2::from_shape_fn((n, n), |(a, b)| clusters[a] == clusters[b])))
    }

    /// Evidence about two of `n` atoms.
    fn said(n: usize, a: usize, b: usize, log_odds: f64) -> Array2<f64> {
        let mut evidence = Array2::zeros((n, n));
        evidence[[a, b]] = log_odds;
        evidence[[b, a]] = log_odds;
        evidence
    }

    fn close(a: f64, b: f64, error: f64) -> bool {
        (a - b).abs() < error
    }

    /// Two pairs with edges of weight 9 and one of weight 1 between them: cut 1, volumes 19, all 38.
    const TWO_PAIRS: [(usize, usize, f64); 3] = [(0, 1, 9.0), (1, 2, 1.0), (2, 3, 9.0)];
    const BETWEEN: f64 = 38.0 / 361.0;

    /// The weakest join inside a starting cluster has log-odds of one half; joins beyond the bound do not count.
    #[test]
    fn before_answers_it_is_that_of_the_starting_clusters() -> Result<()> {
        let nothing = Array2::zeros((4, 4));
        let one_cluster = threshold(&TWO_PAIRS, &[0; 4])?;
        assert!(close(one_cluster.by(&nothing), BETWEEN.ln() - 0.5 / SLOPE, 1e-9));
        let relation = Relation { affinity: BETWEEN, answers: 0.0, is_related: true };
        assert!(close(log_odds(relation, one_cluster.by(&nothing)), 0.5, 1e-2));
        assert!(close(threshold(&TWO_PAIRS, &[0, 0, 1, 1])?.by(&nothing), LARGEST_THRESHOLD.ln(), 1e-9));
        Ok(())
    }

    /// The posterior mean, by an integral in small steps.
    #[test]
    fn answers_move_it() -> Result<()> {
        let start = threshold(&TWO_PAIRS, &[0; 4])?;
        let (before, height) = (BETWEEN.ln() - 0.5 / SLOPE, BETWEEN.ln());
        for evidence in [-4.0_f64, 1.5, 4.0] {
            let (mut total, mut sum) = (0.0, 0.0);
            for step in -12_000..=12_000 {
                let shift = f64::from(step) * 1e-3;
                let one = 1.0 / (1.0 + (-SLOPE * (height - before - shift)).exp());
                let likelihood = one * evidence.exp() + (1.0 - one);
                let weight = likelihood * (-0.5 * (shift / DEVIATION) * (shift / DEVIATION)).exp();
                total += weight;
                sum += weight * (before + shift);
            }
            for (a, b) in [(0, 2), (1, 2), (1, 3)] {
                let found = start.by(&said(4, a, b, evidence));
                assert!(close(found, sum / total, 1e-6), "{evidence}: {found} for {}", sum / total);
            }
        }
        Ok(())
    }

    /// A triangle: the first two join at `1 · √(4 · 6) / 4`, the third joins them at 1.5, which is more, and yet not sooner.
    #[test]
    fn the_hierarchy_falls() -> Result<()> {
        let triangle = threshold(&[(0, 1, 1.0), (0, 2, 1.0), (1, 2, 1.0)], &[0; 3])?;
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            assert!(close(triangle.joined_at[[a, b]], (24.0_f64.sqrt() / 4.0).ln(), 1e-12));
        }
        Ok(())
    }

    /// Affinity speaks for one class inside a starting cluster alone, and never makes sure of anything.
    #[test]
    fn affinity_is_bounded_evidence() {
        let log_odds = |shift: f64, is_related| {
            let affinity = 0.1 * shift.exp();
            log_odds(Relation { affinity, answers: 0.0, is_related }, 0.1_f64.ln())
        };
        for is_related in [true, false] {
            assert!(close(log_odds(0.0, is_related), 0.0, 1e-9));
            assert!(close(log_odds(-0.1, is_related), -0.1 * SLOPE, 1e-2));
            assert!(close(log_odds(-9.0, is_related), -MOST_APART, 1e-3));
            assert!(close(log_odds(f64::NEG_INFINITY, is_related), -MOST_APART, 1e-9));
        }
        assert!(
            close(log_odds(0.1, true), 0.1 * SLOPE, 1e-2) && close(log_odds(9.0, true), MOST_TOGETHER, 1e-2)
        );
        assert!(close(log_odds(0.1, false), 0.0, 1e-9) && close(log_odds(9.0, false), 0.0, 1e-9));
    }
}
