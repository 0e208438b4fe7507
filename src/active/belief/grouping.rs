//! Classes as groups of atoms, joined by the evidence of answers and graph.

use ndarray::{Array2, ArrayView2};

use super::threshold::{Threshold, log_odds};
use crate::active::WarmStart;
use crate::active::agglomeration::{Agglomeration, Join, Relation, Ties};
use crate::graph::SimilarityGraph;

/// Classes as groups of atoms, and the evidence between them.
///
/// The first atoms are the micro-clusters of the start; each of the others was founded by an anchor. Every atom has a class, and
/// after [`Grouping::join`] every class has atoms.
#[derive(Clone, Debug)]
pub(super) struct Grouping {
    /// How the graph connects the atoms.
    ties: Ties,
    threshold: Threshold,
    /// The starting cluster and the centre of every atom of the start.
    cluster_of_atom: Vec<usize>,
    centre_of_atom: Vec<usize>,
    /// The atoms of each class, ascending; classes in the order of their first atom.
    groups: Vec<Vec<usize>>,
    class_of_atom: Vec<usize>,
    /// How the classes came about: groups that were joined, with the log-odds that they are one.
    joins: Vec<Join>,
    between_classes: Array2<f64>,
    log_odds: Array2<f64>,
}

impl Grouping {
    /// Every micro-cluster of the start is a class. `centres` are those of its clusters.
    pub(super) fn new(start: &WarmStart, centres: &[usize]) -> Self {
        let atoms = start.number_of_micro_clusters();
        let mut cluster_of_atom = vec![0; atoms];
        for (&atom, &cluster) in start.micro_clusters().iter().zip(start.clusters()) {
            cluster_of_atom[atom] = cluster;
        }
        let members = start.samples_of_micro_clusters();
        let mut centre_of_atom: Vec<usize> =
            members.iter().filter_map(|samples| start.centre_of(samples)).collect();
        for &centre in centres {
            centre_of_atom[start.micro_clusters()[centre]] = centre;
        }
        let mut grouping = Self {
            ties: Ties::between(start.graph(), start.micro_clusters(), atoms),
            threshold: Threshold::default(),
            cluster_of_atom,
            centre_of_atom,
            groups: (0..atoms).map(|atom| vec![atom]).collect(),
            class_of_atom: (0..atoms).collect(),
            joins: Vec::new(),
            between_classes: Array2::zeros((atoms, atoms)),
            log_odds: Array2::zeros((atoms, atoms)),
        };
        grouping.threshold = Threshold::new(&grouping.ties, &grouping.related());
        grouping
    }

    /// Joins groups of atoms, those with the strongest evidence first, while answers and graph together make it more probable
    /// than not that they are one class. `evidence` `(A, A)` are the log-odds by the answers that two atoms belong together. In
    /// general `O(A²)`, at worst `O(A³)`.
    pub(super) fn join(&mut self, evidence: Array2<f64>) {
        let threshold = self.threshold.by(&evidence);
        let log_odds = |relation: Relation| relation.answers + log_odds(relation, threshold);
        let joined = Agglomeration::new(&self.ties, evidence, self.related(), log_odds);
        let left = joined.left();
        let between = |of: &dyn Fn(Relation) -> f64| {
            Array2::from_shape_fn((left.len(), left.len()), |(a, b)| {
                if a == b { 0.0 } else { of(joined.relation(left[a], left[b])) }
            })
        };
        self.groups = left.iter().map(|&group| joined.atoms(group).to_vec()).collect();
        self.class_of_atom = joined.group_of_atoms();
        self.between_classes = between(&|relation| relation.answers);
        self.log_odds = between(&log_odds);
        self.joins = joined.joins;
    }

    /// Takes in how the graph connects the atoms, `atom_of` each sample. `O(nnz + n A)`.
    pub(super) fn tie(&mut self, graph: &SimilarityGraph, atom_of: &[usize]) {
        self.ties = Ties::between(graph, atom_of, self.atoms());
    }

    /// Which atoms are parts of one starting cluster.
    fn related(&self) -> Array2<bool> {
        let cluster_of = &self.cluster_of_atom;
        Array2::from_shape_fn((self.atoms(), self.atoms()), |(a, b)| {
            cluster_of.get(a).is_some_and(|cluster| Some(cluster) == cluster_of.get(b))
        })
    }

    /// A new atom that is a class of its own.
    pub(super) fn found_atom(&mut self) -> usize {
        let atom = self.atoms();
        self.class_of_atom.push(self.groups.len());
        self.groups.push(vec![atom]);
        atom
    }

    /// Removes atoms beyond those of the start that have no anchor, which leaves the groups to the next
    /// [`Grouping::join`]. Returns the new number of every atom.
    pub(super) fn forget(&mut self, population: &[usize]) -> Vec<usize> {
        let starting = self.cluster_of_atom.len();
        let used: Vec<bool> =
            population.iter().enumerate().map(|(atom, &anchors)| atom < starting || anchors > 0).collect();
        self.ties.keep(&used);
        let mut kept = used.iter();
        self.class_of_atom.retain(|_| kept.next().is_some_and(|&kept| kept));
        let mut number = 0;
        used.iter()
            .map(|&used| {
                number += usize::from(used);
                number - usize::from(used)
            })
            .collect()
    }

    /// Number of atoms `A`.
    pub(super) fn atoms(&self) -> usize {
        self.class_of_atom.len()
    }

    /// Number of classes `c`.
    pub(super) fn number_of_classes(&self) -> usize {
        self.groups.len()
    }

    pub(super) fn class_of(&self, atom: usize) -> usize {
        self.class_of_atom[atom]
    }

    /// For every atom its class.
    pub(super) fn class_of_atom(&self) -> &[usize] {
        &self.class_of_atom
    }

    /// The atoms of a class, ascending; `None` if there is no such class.
    pub(super) fn atoms_of(&self, class: usize) -> Option<&[usize]> {
        self.groups.get(class).map(Vec::as_slice)
    }

    pub(super) fn first_atom(&self, class: usize) -> usize {
        self.groups[class][0]
    }

    /// The centre of an atom of the start.
    pub(super) fn centre_of(&self, atom: usize) -> Option<usize> {
        self.centre_of_atom.get(atom).copied()
    }

    /// The steps in which atoms became classes.
    pub(super) fn joins(&self) -> &[Join] {
        &self.joins
    }

    /// `(c, c)`: log-odds by the answers alone that two classes belong together; zero on the diagonal.
    pub(super) fn between_classes(&self) -> ArrayView2<'_, f64> {
        self.between_classes.view()
    }

    /// `(c, c)`: the same by answers and by the graph.
    pub(super) fn log_odds(&self) -> ArrayView2<'_, f64> {
        self.log_odds.view()
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact by hand
mod tests {
    use super::*;
    use ndarray::Array1;

    /// Three starting clusters of two samples, each an atom, that no edge connects.
    fn grouping() -> crate::Result<Grouping> {
        let graph = SimilarityGraph::pairs(6, [(0, 1, 1.0), (2, 3, 1.0), (4, 5, 1.0)])?;
        let (values, features) = (Array1::ones(1), Array2::ones((6, 1)));
        let start = WarmStart::from_parts(graph, values, features, vec![0, 0, 1, 1, 2, 2])?;
        Ok(Grouping::new(&start, &[0, 2, 4]))
    }

    fn evidence(atoms: usize, between: &[(usize, usize, f64)]) -> Array2<f64> {
        let mut evidence = Array2::zeros((atoms, atoms));
        for &(a, b, log_odds) in between {
            evidence[[a, b]] = log_odds;
            evidence[[b, a]] = log_odds;
        }
        evidence
    }

    /// Without edges the graph speaks against every join with `−3`, to which the tangent tends: 5 in favour suffice, 2 do not.
    #[test]
    fn atoms_join_if_answers_outweigh_the_graph() -> crate::Result<()> {
        let mut grouping = grouping()?;
        assert_eq!((grouping.atoms(), grouping.number_of_classes()), (3, 3));
        grouping.join(evidence(3, &[(0, 2, 5.0), (0, 1, 2.0)]));
        assert_eq!(grouping.class_of_atom(), [0, 1, 0]);
        assert_eq!(grouping.atoms_of(0), Some(&[0, 2][..]));
        assert_eq!((grouping.atoms_of(1), grouping.atoms_of(2)), (Some(&[1][..]), None));
        assert_eq!(grouping.between_classes()[[0, 1]], 2.0);
        assert_eq!(grouping.log_odds()[[1, 0]], -1.0);
        assert_eq!(grouping.joins().len(), 1);
        assert_eq!(grouping.joins()[0].score, 2.0);
        grouping.join(evidence(3, &[(0, 2, 5.0), (0, 1, -9.0), (1, 2, 7.0)])); // 1 and 2 first, then 0 is refused
        assert_eq!(grouping.class_of_atom(), [0, 1, 1]);
        Ok(())
    }

    #[test]
    fn atoms_without_anchors_are_forgotten_unless_they_are_of_the_start() -> crate::Result<()> {
        let mut grouping = grouping()?;
        assert_eq!([grouping.found_atom(), grouping.found_atom()], [3, 4]);
        assert_eq!((grouping.atoms(), grouping.number_of_classes(), grouping.class_of(4)), (5, 5, 4));
        assert_eq!((grouping.centre_of(1), grouping.centre_of(3)), (Some(2), None));
        assert_eq!(grouping.forget(&[0, 1, 0, 0, 2]), [0, 1, 2, 3, 3]);
        assert_eq!((grouping.atoms(), grouping.class_of(3)), (4, 4));
        grouping.join(evidence(4, &[]));
        assert_eq!((grouping.atoms(), grouping.number_of_classes()), (4, 4));
        Ok(())
    }
}
