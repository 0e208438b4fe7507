//! Which groups of samples the graph holds together: agglomeration by affinity.
//!
//! The *affinity* of two groups is the weight of the edges between them over what a graph with the same degrees and no classes
//! would have, times the square root of their share of all edges: a compromise between the quantities that modularity and the
//! normalised cut are made of. The first alone would split a noisy class into ever smaller ones, the second alone would join the
//! halves of two large classes across a short border.

use ndarray::{Array1, Array2, Axis, s};

use super::micro_clusters::{PANEL, indicator};
use crate::graph::{Form, SimilarityGraph};
use crate::linalg::Operator;

/// Edge weights between atoms, and their sums. Atoms founded since they were summed have none.
#[derive(Clone, Debug, Default)]
pub(super) struct Ties {
    cut: Array2<f64>,
    volume: Array1<f64>,
}

impl Ties {
    /// Of two atoms or groups, by the weight between them and their volumes; zero if either has no edge.
    fn affinity(cut: f64, a: f64, b: f64, all: f64) -> f64 {
        if a > 0.0 && b > 0.0 { cut * ((a + b) * all).sqrt() / (a * b) } else { 0.0 }
    }

    /// How the graph connects the groups of samples, `group_of` each below `groups`. `O(nnz + groups²)` for pairs,
    /// `O((nnz + n) groups)` for other graphs.
    pub(super) fn between(graph: &SimilarityGraph, group_of: &[usize], groups: usize) -> Self {
        let mut cut = Array2::zeros((groups, groups));
        if let [(weight, Form::Pairs(pairs))] = graph.terms() {
            // The sums of each sample first, as a product with the indicator of the groups has them.
            let mut sums = vec![0.0; groups];
            let mut near = Vec::new();
            for (i, &group) in group_of.iter().enumerate() {
                for (j, value) in pairs.row(i) {
                    near.push(group_of[j]);
                    sums[group_of[j]] += weight * value;
                }
                for other in near.drain(..) {
                    cut[[group, other]] += std::mem::take(&mut sums[other]);
                }
            }
        } else {
            for first in (0..groups).step_by(PANEL) {
                let panel = first..(first + PANEL).min(groups);
                let weights = graph.apply_unchecked(indicator(group_of, panel.clone()).view());
                let mut cut = cut.slice_mut(s![.., panel]);
                for (weights, &group) in weights.outer_iter().zip(group_of) {
                    cut.row_mut(group).scaled_add(1.0, &weights);
                }
            }
        }
        let volume = cut.sum_axis(Axis(1));
        Self { cut, volume }
    }

    /// Only the atoms that are used.
    pub(super) fn keep(&mut self, used: &[bool]) {
        let kept: Vec<usize> = (0..self.volume.len()).filter(|&atom| used[atom]).collect();
        self.cut = self.cut.select(Axis(0), &kept).select(Axis(1), &kept);
        self.volume = self.volume.select(Axis(0), &kept);
    }

    /// The same with atoms that have no edge, up to so many.
    fn padded(&self, atoms: usize) -> Self {
        let known = self.volume.len();
        let mut padded = Self { cut: Array2::zeros((atoms, atoms)), volume: Array1::zeros(atoms) };
        padded.cut.slice_mut(s![..known, ..known]).assign(&self.cut);
        padded.volume.slice_mut(s![..known]).assign(&self.volume);
        padded
    }
}

/// Two groups of atoms that were joined.
#[derive(Clone, Debug)]
pub(super) struct Join {
    pub(super) first: Vec<usize>,
    pub(super) second: Vec<usize>,
    /// The score at which they were joined.
    pub(super) score: f64,
}

/// The evidence that two groups of atoms are one class.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relation {
    pub(super) affinity: f64,
    /// Log-odds by the answers that they are one class.
    pub(super) answers: f64,
    /// Whether samples of both are of one starting cluster.
    pub(super) is_related: bool,
}

/// Groups of atoms that grow together.
pub(super) struct Agglomeration<F> {
    /// The atoms of each group, those of the groups that are gone empty.
    groups: Vec<Vec<usize>>,
    ties: Ties,
    all: f64,
    answers: Array2<f64>,
    is_related: Array2<bool>,
    score: F,
    /// Of each group the best of the later ones, and its score.
    best: Vec<(usize, f64)>,
    pub(super) joins: Vec<Join>,
}

impl<F: Fn(Relation) -> f64> Agglomeration<F> {
    /// Joins the two groups with the largest score as long as it is positive, the first on a tie. `O(A²)` in memory, and as a
    /// rule in time.
    pub(super) fn new(ties: &Ties, answers: Array2<f64>, is_related: Array2<bool>, score: F) -> Self {
        let atoms = answers.nrows();
        let ties = ties.padded(atoms);
        let mut agglomeration = Self {
            groups: (0..atoms).map(|atom| vec![atom]).collect(),
            all: ties.volume.sum(),
            ties,
            answers,
            is_related,
            score,
            best: Vec::new(),
            joins: Vec::new(),
        };
        agglomeration.best = (0..atoms).map(|group| agglomeration.best_after(group)).collect();
        while let Some((kept, gone, score)) = agglomeration.next() {
            agglomeration.join(kept, gone, score);
        }
        agglomeration
    }

    pub(super) fn relation(&self, a: usize, b: usize) -> Relation {
        let Ties { cut, volume } = &self.ties;
        Relation {
            affinity: Ties::affinity(cut[[a, b]], volume[a], volume[b], self.all),
            answers: self.answers[[a, b]],
            is_related: self.is_related[[a, b]],
        }
    }

    /// The groups that are left, in the order of their first atoms.
    pub(super) fn left(&self) -> Vec<usize> {
        (0..self.groups.len()).filter(|&group| !self.groups[group].is_empty()).collect()
    }

    /// The atoms of a group, ascending.
    pub(super) fn atoms(&self, group: usize) -> &[usize] {
        &self.groups[group]
    }

    /// For every atom its group, numbered in the order of first atoms.
    pub(super) fn group_of_atoms(&self) -> Vec<usize> {
        let mut group_of = vec![0; self.groups.len()];
        for (number, group) in self.left().into_iter().enumerate() {
            for &atom in &self.groups[group] {
                group_of[atom] = number;
            }
        }
        group_of
    }

    fn score(&self, a: usize, b: usize) -> f64 {
        (self.score)(self.relation(a, b))
    }

    fn best_after(&self, group: usize) -> (usize, f64) {
        let others = (group + 1..self.groups.len()).filter(|&other| !self.groups[other].is_empty());
        others
            .map(|other| (other, self.score(group, other)))
            .fold((usize::MAX, 0.0), |best, next| if next.1 > best.1 { next } else { best })
    }

    fn next(&self) -> Option<(usize, usize, f64)> {
        let groups = self.left().into_iter().map(|group| (group, self.best[group].0, self.best[group].1));
        groups
            .filter(|&(_, _, score)| score > 0.0)
            .reduce(|best, next| if next.2 > best.2 { next } else { best })
    }

    fn join(&mut self, kept: usize, gone: usize, score: f64) {
        let second = std::mem::take(&mut self.groups[gone]);
        self.joins.push(Join { first: self.groups[kept].clone(), second: second.clone(), score });
        self.groups[kept].extend(second);
        self.groups[kept].sort_unstable();
        for matrix in [&mut self.answers, &mut self.ties.cut] {
            let sum = &matrix.row(kept) + &matrix.row(gone);
            matrix.row_mut(kept).assign(&sum);
            matrix.column_mut(kept).assign(&sum);
        }
        self.ties.volume[kept] += self.ties.volume[gone];
        for other in 0..self.groups.len() {
            let either = self.is_related[[kept, other]] || self.is_related[[gone, other]];
            self.is_related[[kept, other]] = either;
            self.is_related[[other, kept]] = either;
        }
        for group in self.left() {
            let (partner, best) = self.best[group];
            if group == kept || partner == kept || partner == gone {
                self.best[group] = self.best_after(group);
            } else if group < kept {
                let score = self.score(group, kept);
                if score > best || (score >= best && score > 0.0 && kept < partner) {
                    self.best[group] = (kept, score);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Groups of a partition, joined one pair after the other, each time after a look at all pairs.
    fn by_definition(
        ties: &Ties,
        answers: &Array2<f64>,
        related: &Array2<bool>,
        score: impl Fn(Relation) -> f64,
    ) -> Vec<(Vec<usize>, Vec<usize>)> {
        let mut groups: Vec<Vec<usize>> = (0..answers.nrows()).map(|atom| vec![atom]).collect();
        let all = ties.volume.sum();
        let mut joins = Vec::new();
        loop {
            let mut best = (0.0, 0, 0);
            for a in 0..groups.len() {
                for b in a + 1..groups.len() {
                    let pairs = || groups[a].iter().flat_map(|&i| groups[b].iter().map(move |&j| [i, j]));
                    let volume = |group: &[usize]| group.iter().map(|&atom| ties.volume[atom]).sum::<f64>();
                    let cut = pairs().map(|pair| ties.cut[pair]).sum::<f64>();
                    let score = score(Relation {
                        affinity: Ties::affinity(cut, volume(&groups[a]), volume(&groups[b]), all),
                        answers: pairs().map(|pair| answers[pair]).sum(),
                        is_related: pairs().any(|pair| related[pair]),
                    });
                    if score > best.0 {
                        best = (score, a, b);
                    }
                }
            }
            let (score, a, b) = best;
            if score <= 0.0 {
                return joins;
            }
            let gone = groups.remove(b);
            joins.push((groups[a].clone(), gone.clone()));
            groups[a].extend(gone);
            groups[a].sort_unstable();
        }
    }

    proptest! {
        /// Weights are whole numbers, so that sums in any order are equal and scores tie.
        #[test]
        fn the_best_pair_is_joined_first(
            atoms in 1_usize..9,
            weights in proptest::collection::vec(0_u8..5, 81),
            said in proptest::collection::vec(-2_i8..3, 81),
            clusters in proptest::collection::vec(0_u8..3, 9),
        ) {
            let symmetric = |of: &dyn Fn(usize) -> f64| {
                Array2::from_shape_fn((atoms, atoms), |(a, b)| of(9 * a.min(b) + a.max(b)))
            };
            let cut = symmetric(&|at| f64::from(weights[at]));
            let mut answers = symmetric(&|at| f64::from(said[at]));
            answers.diag_mut().fill(0.0);
            let ties = Ties { volume: cut.sum_axis(Axis(1)), cut };
            let related = Array2::from_shape_fn((atoms, atoms), |(a, b)| clusters[a] == clusters[b]);
            let score = |relation: Relation| {
                let by_graph = if relation.is_related { relation.affinity } else { 0.0 };
                relation.answers + by_graph.floor()
            };
            let expected = by_definition(&ties, &answers, &related, score);
            let found = Agglomeration::new(&ties, answers, related, score);
            let joins: Vec<_> = found.joins.iter().map(|join| (join.first.clone(), join.second.clone())).collect();
            prop_assert_eq!(joins, expected);
        }
    }

    /// Two parts of five edges each and one between them: cut 1, volumes 11, all 22.
    #[test]
    fn affinity_of_two_halves() {
        let affinity = Ties::affinity(1.0, 11.0, 11.0, 22.0);
        assert!((affinity - 22.0 / 121.0).abs() < 1e-12);
        // With three times as many edges elsewhere the root of four times as many in all.
        assert!((Ties::affinity(1.0, 11.0, 11.0, 88.0) - 44.0 / 121.0).abs() < 1e-12);
        assert!(Ties::affinity(0.0, 0.0, 11.0, 22.0).abs() < 1e-300);
    }
}
