//! Which atoms make up a class.

use ndarray::{Array1, Array2, Axis};

use super::places::Odds;
use super::{Anchor, Belief};
use crate::linalg::Operator;

/// How far the graph is trusted about classes: log-odds of its ties count by this factor. Clusters of one class may be far
/// apart.
const TRUST: f64 = 0.5;
/// Bound on those log-odds: groups without an edge between them are one class with a probability of 5 %.
const MOST_LOG_ODDS: f64 = 3.0;

/// Classes as groups of atoms, and the evidence between them.
#[derive(Clone, Debug)]
pub(super) struct Grouping {
    /// The atoms of each class, ascending; classes in the order of their first atom.
    pub(super) groups: Vec<Vec<usize>>,
    pub(super) class_of_atom: Vec<usize>,
    /// Log-odds by the answers alone that two atoms belong together; zero on the diagonal.
    pub(super) between_atoms: Array2<f64>,
    /// The same between classes.
    pub(super) between_classes: Array2<f64>,
}

impl Grouping {
    /// Every atom is a class.
    pub(super) fn apart(atoms: usize) -> Self {
        Self {
            groups: (0..atoms).map(|atom| vec![atom]).collect(),
            class_of_atom: (0..atoms).collect(),
            between_atoms: Array2::zeros((atoms, atoms)),
            between_classes: Array2::zeros((atoms, atoms)),
        }
    }
}

impl Belief {
    /// Joins atoms while the answers between two groups speak for it, the strongest evidence first.
    pub(super) fn join_atoms(&mut self) {
        let between_atoms = self.evidence_between_atoms();
        let mut groups: Vec<Vec<usize>> = (0..self.atoms).map(|atom| vec![atom]).collect();
        let mut between = between_atoms.clone();
        while let Some((kept, gone)) = self.most_probably_one(&groups, &between) {
            let joined = &between.row(kept) + &between.row(gone);
            between.row_mut(kept).assign(&joined);
            between.column_mut(kept).assign(&joined);
            between[[kept, kept]] = 0.0;
            let others: Vec<usize> = (0..groups.len()).filter(|&group| group != gone).collect();
            between = between.select(Axis(0), &others).select(Axis(1), &others);
            let atoms = groups.remove(gone);
            groups[kept].extend(atoms);
            groups[kept].sort_unstable();
        }
        let mut class_of_atom = vec![0; self.atoms];
        for (class, atoms) in groups.iter().enumerate() {
            for &atom in atoms {
                class_of_atom[atom] = class;
            }
        }
        self.grouping = Grouping { groups, class_of_atom, between_atoms, between_classes: between };
    }

    /// Log-odds by the answers that two atoms belong together. An answer counts by the probability that both samples sit
    /// where they do, judged without it: about one that sits loosely it tells where that one belongs, not what its atom is.
    fn evidence_between_atoms(&self) -> Array2<f64> {
        let class_of = |anchor: &Anchor| self.grouping.class_of_atom[anchor.atom];
        let odds: Vec<Odds> = self.anchors.iter().map(|anchor| self.odds(anchor)).collect();
        let population = self.population();
        let sure = |index: usize, other: &Anchor, log_odds: f64| {
            if self.stands_for_cluster(&self.anchors[index], &population) {
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

    /// The two groups, the smaller index first, with the largest positive log-odds of being one class. Ties of the graph speak
    /// against that alone: nothing is joined without an answer.
    fn most_probably_one(&self, groups: &[Vec<usize>], between: &Array2<f64>) -> Option<(usize, usize)> {
        let mut best = None;
        let mut most = 0.0;
        for ((a, b), &answers) in between.indexed_iter() {
            if a < b && answers > most {
                let log_odds = answers + self.ties.log_odds(&groups[a], &groups[b]).min(0.0);
                if log_odds > most {
                    (best, most) = (Some((a, b)), log_odds);
                }
            }
        }
        best
    }

    /// Forgets atoms beyond the starting clusters that no anchor sits in.
    pub(super) fn forget_empty_atoms(&mut self) {
        let starting = self.start.number_of_clusters();
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

    /// How the graph connects the atoms.
    pub(super) fn tie_atoms(&mut self) {
        let mut indicator = Array2::zeros((self.len(), self.atoms));
        for (mut row, &atom) in indicator.outer_iter_mut().zip(&self.atom_of) {
            row[atom] = 1.0;
        }
        let cut = indicator.t().dot(&self.start.graph().apply_unchecked(indicator.view()));
        let volume = cut.sum_axis(Axis(1));
        self.ties = Ties { cut, volume };
    }
}

/// Edge weights between atoms, and their sums. Atoms founded since they were summed have none.
#[derive(Clone, Debug, Default)]
pub(super) struct Ties {
    cut: Array2<f64>,
    volume: Array1<f64>,
}

impl Ties {
    /// Prior log-odds that two groups of atoms belong together: half the logarithm of the weight between them over what a graph
    /// with the same degrees and no classes would have, within bounds; 0 for groups without edges.
    pub(super) fn log_odds(&self, a: &[usize], b: &[usize]) -> f64 {
        let cut: f64 = a.iter().flat_map(|&a| b.iter().filter_map(move |&b| self.cut.get([a, b]))).sum();
        let volume = |group: &[usize]| group.iter().filter_map(|&atom| self.volume.get(atom)).sum::<f64>();
        let expected = volume(a) * volume(b) / self.volume.sum();
        if expected > 0.0 {
            (TRUST * (cut / expected).ln()).clamp(-MOST_LOG_ODDS, MOST_LOG_ODDS)
        } else {
            0.0
        }
    }

    fn keep(&mut self, used: &[bool]) {
        let kept: Vec<usize> = (0..self.volume.len()).filter(|&atom| used[atom]).collect();
        self.cut = self.cut.select(Axis(0), &kept).select(Axis(1), &kept);
        self.volume = self.volume.select(Axis(0), &kept);
    }
}
