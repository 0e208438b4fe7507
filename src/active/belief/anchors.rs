//! The samples that were asked about: what was answered, and which atom each belongs to.

use std::collections::HashSet;

use super::assignment::counts;
use crate::oracle::Pair;
use crate::union_find::UnionFind;

/// A sample that was asked about, or the centre of a starting cluster.
#[derive(Clone, Debug)]
pub(super) struct Anchor {
    sample: usize,
    atom: usize,
    answers: Vec<(usize, bool)>,
    certainty: f64,
}

impl Anchor {
    pub(super) fn sample(&self) -> usize {
        self.sample
    }

    pub(super) fn atom(&self) -> usize {
        self.atom
    }

    /// The other anchor of each answer, and whether the two were said to belong together.
    pub(super) fn answers(&self) -> &[(usize, bool)] {
        &self.answers
    }

    /// Whether there is an answer; one about centres of starting clusters there need not be.
    pub(super) fn is_answered(&self) -> bool {
        !self.answers.is_empty()
    }

    /// Probability of its most probable class, by its answers and its surroundings; 1 before the first answer.
    pub(super) fn certainty(&self) -> f64 {
        self.certainty
    }
}

/// All anchors, those of the starting clusters first, then by their first answer.
///
/// A sample has at most one anchor, every answer is found at both of its anchors, and every pair that was answered counts as
/// asked.
#[derive(Clone, Debug)]
pub(super) struct Anchors {
    all: Vec<Anchor>,
    of_sample: Vec<Option<usize>>,
    /// Anchors of the starting clusters.
    centres: usize,
    asked: HashSet<Pair>,
}

impl Anchors {
    /// Before the first answer: these different samples are the centres of the starting clusters; `atom_of` each sample.
    pub(super) fn new(centres: &[usize], atom_of: &[usize]) -> Self {
        let mut anchors = Self {
            all: Vec::new(),
            of_sample: vec![None; atom_of.len()],
            centres: centres.len(),
            asked: HashSet::new(),
        };
        for &centre in centres {
            anchors.add(centre, atom_of);
        }
        anchors
    }

    /// The anchor of a sample, made if there is none.
    fn add(&mut self, sample: usize, atom_of: &[usize]) -> usize {
        *self.of_sample[sample].get_or_insert_with(|| {
            let atom = atom_of[sample];
            self.all.push(Anchor { sample, atom, answers: Vec::new(), certainty: 1.0 });
            self.all.len() - 1
        })
    }

    /// Takes in an answer. Samples that were no anchors become ones, in the atoms that `atom_of` says; returns these samples.
    pub(super) fn learn(&mut self, pair: Pair, same: bool, atom_of: &[usize]) -> Vec<usize> {
        let before = self.all.len();
        let [first, second] = [pair.first(), pair.second()].map(|sample| self.add(sample, atom_of));
        self.all[first].answers.push((second, same));
        self.all[second].answers.push((first, same));
        self.asked.insert(pair);
        self.all[before..].iter().map(Anchor::sample).collect()
    }

    /// The pair counts as asked, without an answer.
    pub(super) fn skip(&mut self, pair: Pair) {
        self.asked.insert(pair);
    }

    /// Pairs that were answered or skipped.
    pub(super) fn asked(&self) -> &HashSet<Pair> {
        &self.asked
    }

    /// All answers about a pair, in order.
    pub(super) fn answers_about(&self, pair: Pair) -> impl Iterator<Item = bool> {
        let [first, second] = [pair.first(), pair.second()].map(|sample| self.index_of(sample));
        let answers = first.map_or(&[][..], |first| self.all[first].answers());
        answers.iter().filter(move |&&(other, _)| Some(other) == second).map(|&(_, same)| same)
    }

    /// Whether the pair was skipped, and never answered.
    pub(super) fn was_only_skipped(&self, pair: Pair) -> bool {
        self.asked.contains(&pair) && self.answers_about(pair).next().is_none()
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn get(&self, index: usize) -> &Anchor {
        &self.all[index]
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Anchor> {
        self.all.iter()
    }

    /// The anchor of a sample by its position.
    pub(super) fn index_of(&self, sample: usize) -> Option<usize> {
        self.of_sample.get(sample).copied().flatten()
    }

    /// The anchor of a sample.
    pub(super) fn of(&self, sample: usize) -> Option<&Anchor> {
        self.index_of(sample).map(|index| &self.all[index])
    }

    /// The same, if an answer was about it.
    pub(super) fn answered(&self, sample: usize) -> Option<&Anchor> {
        self.of(sample).filter(|anchor| anchor.is_answered())
    }

    /// How many anchors belong to each of `atoms` atoms.
    pub(super) fn population(&self, atoms: usize) -> Vec<usize> {
        counts(self.all.iter().map(|anchor| &anchor.atom), atoms)
    }

    /// Number of anchors in a row, from the last, that are in one of the `known` first atoms; starting clusters not counted.
    pub(super) fn since_beyond(&self, known: usize) -> usize {
        let since = self.all.iter().rev().take_while(|anchor| anchor.atom < known).count();
        since.min(self.all.len() - self.centres)
    }

    /// For each anchor its block: those that positive answers connect, numbered by first appearance.
    pub(super) fn blocks(&self) -> Vec<usize> {
        let mut connected = UnionFind::new(self.all.len());
        for (index, anchor) in self.all.iter().enumerate() {
            for &(other, _) in anchor.answers.iter().filter(|&&(_, same)| same) {
                connected.join(index, other);
            }
        }
        connected.numbered()
    }

    pub(super) fn move_to(&mut self, index: usize, atom: usize) {
        self.all[index].atom = atom;
    }

    pub(super) fn set_certainty(&mut self, index: usize, certainty: f64) {
        self.all[index].certainty = certainty;
    }

    /// Atoms have new numbers.
    pub(super) fn renumber(&mut self, renumbered: &[usize]) {
        for anchor in &mut self.all {
            anchor.atom = renumbered[anchor.atom];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples 0 to 5 in atoms 0, 0, 1, 1, 2, 2; samples 1 and 2 are centres.
    fn anchors() -> Anchors {
        Anchors::new(&[1, 2], &[0, 0, 1, 1, 2, 2])
    }

    fn samples(anchors: &Anchors) -> Vec<usize> {
        anchors.iter().map(Anchor::sample).collect()
    }

    #[test]
    fn an_answer_is_found_at_both_of_its_anchors() -> crate::Result<()> {
        let mut anchors = anchors();
        let (a, b) = (Pair::new(4, 1)?, Pair::new(0, 4)?);
        assert_eq!(anchors.learn(a, true, &[0, 0, 1, 1, 2, 2]), [4]);
        assert_eq!(anchors.learn(b, false, &[0, 0, 1, 1, 2, 2]), [0]);
        assert_eq!(anchors.learn(a, false, &[0; 6]), [0; 0]);
        assert_eq!(samples(&anchors), [1, 2, 4, 0]);
        assert_eq!(anchors.get(0).answers(), [(2, true), (2, false)]);
        assert_eq!(anchors.get(2).answers(), [(0, true), (3, false), (0, false)]);
        assert_eq!(anchors.get(3).answers(), [(2, false)]);
        assert_eq!(anchors.answers_about(a).collect::<Vec<_>>(), [true, false]);
        assert!(anchors.of(2).is_some() && anchors.answered(2).is_none() && anchors.of(3).is_none());
        assert!(anchors.answered(4).is_some() && anchors.of(6).is_none());
        assert_eq!(anchors.population(3), [2, 1, 1]);
        Ok(())
    }

    #[test]
    fn a_skipped_pair_counts_as_asked() -> crate::Result<()> {
        let mut anchors = anchors();
        let (skipped, answered, untouched) = (Pair::new(1, 2)?, Pair::new(1, 3)?, Pair::new(2, 3)?);
        anchors.skip(skipped);
        anchors.skip(answered);
        anchors.learn(answered, true, &[0; 6]);
        let only = [skipped, answered, untouched].map(|pair| anchors.was_only_skipped(pair));
        assert_eq!(only, [true, false, false]);
        assert_eq!(anchors.asked().len(), 2);
        Ok(())
    }

    /// Positive answers 1–3 and 3–4 make a block; the negative one between 2 and 4 does not.
    #[test]
    fn positive_answers_connect() -> crate::Result<()> {
        let mut anchors = anchors();
        for (i, j, same) in [(1, 3, true), (2, 4, false), (3, 4, true)] {
            anchors.learn(Pair::new(i, j)?, same, &[0; 6]);
        }
        assert_eq!(samples(&anchors), [1, 2, 3, 4]);
        assert_eq!(anchors.blocks(), [0, 1, 0, 0]);
        Ok(())
    }

    #[test]
    fn anchors_are_counted_since_one_founded_an_atom() -> crate::Result<()> {
        let mut anchors = anchors();
        assert_eq!(anchors.since_beyond(3), 0); // centres do not count
        anchors.learn(Pair::new(0, 3)?, false, &[0, 0, 1, 1, 2, 2]);
        assert_eq!(anchors.since_beyond(3), 2);
        anchors.move_to(2, 3);
        assert_eq!(anchors.since_beyond(3), 1);
        anchors.renumber(&[0, 1, 2, 2]);
        assert_eq!(anchors.get(2).atom(), 2);
        assert_eq!(anchors.since_beyond(3), 2);
        Ok(())
    }
}
