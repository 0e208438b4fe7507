//! Classes as groups of atoms, joined by the evidence of answers and graph.

use ndarray::Array2;

use super::places::Odds;
use super::threshold::log_odds;
use super::{Anchor, Belief};
use crate::active::agglomeration::{Agglomeration, Join, Relation, Ties};

/// Classes as groups of atoms, and the evidence between them.
#[derive(Clone, Debug)]
pub(super) struct Grouping {
    /// The atoms of each class, ascending; classes in the order of their first atom.
    pub(super) groups: Vec<Vec<usize>>,
    pub(super) class_of_atom: Vec<usize>,
    /// How the classes came about: groups that were joined, with the log-odds that they are one.
    pub(super) joins: Vec<Join>,
    /// Log-odds by the answers alone that two classes belong together; zero on the diagonal.
    pub(super) between_classes: Array2<f64>,
    /// The same by answers and by the graph.
    pub(super) log_odds: Array2<f64>,
}

impl Grouping {
    /// Every atom is a class.
    pub(super) fn apart(atoms: usize) -> Self {
        Self {
            groups: (0..atoms).map(|atom| vec![atom]).collect(),
            class_of_atom: (0..atoms).collect(),
            joins: Vec::new(),
            between_classes: Array2::zeros((atoms, atoms)),
            log_odds: Array2::zeros((atoms, atoms)),
        }
    }
}

impl Belief {
    /// Joins groups of atoms, those with the strongest evidence first, while answers and graph together make it more probable
    /// than not that they are one class. In general `O(A² + m c)` for `m` answers, and at worst `O(A³ + m c)`.
    pub(super) fn join_atoms(&mut self) {
        let between_atoms = self.evidence_between_atoms();
        let threshold = self.threshold.by(&between_atoms);
        let log_odds = |relation: Relation| relation.answers + log_odds(relation, threshold);
        let joined = Agglomeration::new(&self.ties, between_atoms, self.related_atoms(), log_odds);
        let left = joined.left();
        let groups: Vec<Vec<usize>> = left.iter().map(|&group| joined.atoms(group).to_vec()).collect();
        let class_of_atom = joined.group_of_atoms();
        let between = |of: &dyn Fn(Relation) -> f64| {
            Array2::from_shape_fn((left.len(), left.len()), |(a, b)| {
                if a == b { 0.0 } else { of(joined.relation(left[a], left[b])) }
            })
        };
        let between_classes = between(&|relation| relation.answers);
        let log_odds = between(&log_odds);
        self.grouping = Grouping { groups, class_of_atom, joins: joined.joins, between_classes, log_odds };
    }

    /// How the graph connects the atoms as they are now.
    pub(super) fn tie_atoms(&mut self) {
        self.ties = Ties::between(self.start.graph(), &self.atom_of, self.atoms);
    }

    /// Which atoms are parts of one starting cluster.
    pub(super) fn related_atoms(&self) -> Array2<bool> {
        let cluster_of = &self.cluster_of_atom;
        Array2::from_shape_fn((self.atoms, self.atoms), |(a, b)| {
            cluster_of.get(a).is_some_and(|cluster| Some(cluster) == cluster_of.get(b))
        })
    }

    /// `(A, A)`: log-odds by the answers that two atoms belong together. Each answer is weighted by the probability that both
    /// samples belong to the classes of their atoms, computed without it: an answer about a sample whose class is uncertain
    /// tells where the sample belongs, and little about its atom.
    fn evidence_between_atoms(&self) -> Array2<f64> {
        let class_of = |anchor: &Anchor| self.grouping.class_of_atom[anchor.atom];
        let odds: Vec<Odds> = self.anchors.iter().map(|anchor| self.odds(anchor)).collect();
        let population = self.population();
        let sure = |index: usize, other: &Anchor, log_odds: f64| {
            if self.stands_for_atom(&self.anchors[index], &population) {
                return 1.0;
            }
            odds[index].without(class_of(other), log_odds).probability(class_of(&self.anchors[index]))
        };
        let mut between = Array2::zeros((self.atoms, self.atoms));
        for (index, anchor) in self.anchors.iter().enumerate() {
            for &(other_index, same) in anchor.answers.iter().filter(|&&(other, _)| other < index) {
                let other = &self.anchors[other_index];
                if other.atom != anchor.atom {
                    let log_odds = self.log_odds_of(same);
                    let evidence =
                        sure(index, other, log_odds) * sure(other_index, anchor, log_odds) * log_odds;
                    between[[anchor.atom, other.atom]] += evidence;
                    between[[other.atom, anchor.atom]] += evidence;
                }
            }
        }
        between
    }

    /// Removes atoms beyond the micro-clusters that have no anchor.
    pub(super) fn forget_empty_atoms(&mut self) {
        let starting = self.start.number_of_micro_clusters();
        let mut used = vec![false; self.atoms];
        used[..starting].fill(true);
        for anchor in &self.anchors {
            used[anchor.atom] = true;
        }
        self.ties.keep(&used);
        let mut kept = used.iter();
        self.grouping.class_of_atom.retain(|_| kept.next().is_some_and(|&kept| kept));
        let mut number = 0;
        let renumbered: Vec<usize> = used
            .iter()
            .map(|&used| {
                number += usize::from(used);
                number - usize::from(used)
            })
            .collect();
        for anchor in &mut self.anchors {
            anchor.atom = renumbered[anchor.atom];
        }
        self.atoms = number;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ndarray::{Array1, Array2};

    use crate::Result;
    use crate::active::{Belief, BeliefOptions, WarmStart};
    use crate::graph::SimilarityGraph;
    use crate::oracle::Pair;

    /// A path of six samples, cut in the middle; a walk of two steps from the third ends in its own half with probability 3/4.
    /// Refused by that half it moves to the other, but as it may belong there anyway, the answer hardly tells the halves apart.
    #[test]
    fn an_answer_counts_as_far_as_its_samples_sit_there_without_it() -> Result<()> {
        let graph = SimilarityGraph::pairs(6, (0..5).map(|i| (i, i + 1, 1.0)))?;
        let parts = (Array1::ones(1), Array2::zeros((6, 1))); // no features: nothing is known but the walk
        let start = WarmStart::from_parts(graph, parts.0, parts.1, vec![0, 0, 0, 1, 1, 1])?;
        let mut belief = Belief::new(Arc::new(start), BeliefOptions::default())?;
        belief.learn(Pair::new(0, 2)?, false)?;
        assert_eq!((belief.classes()[2], belief.number_of_classes()), (1, 2));
        // Half of the walk is the prior, memberships count to the power of 1.5, and a class not seen before by 0.05.
        let [own, other] = [0.5 * 0.75, 0.5 * 0.25].map(|membership: f64| membership.powf(1.5) + 1e-6);
        let elsewhere = other / (own + other) / 1.05;
        let expected = -(99.0_f64).ln() * elsewhere;
        let evidence = belief.grouping.between_classes[[0, 1]];
        assert!((evidence - expected).abs() < 1e-9, "{evidence} for {expected}");
        Ok(())
    }
}
