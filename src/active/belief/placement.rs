//! Which anchors fit another class better: one alone, a block of them that positive answers connect, or a part of a class.

use super::anchors::Anchor;
use super::constants::{LEAST_GAIN, NEW_CLASS};
use super::evidence::Evidence;
use super::odds::Odds;
use super::tree::Tree;

/// The class that anchors move to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    Class(usize),
    NewClass,
}

impl Evidence<'_> {
    /// The anchors that answers are about, with their odds.
    pub(super) fn odds_of_answered(&self) -> Vec<(usize, Odds)> {
        let answered = self.anchors.iter().enumerate().filter(|(_, anchor)| anchor.is_answered());
        answered.map(|(index, anchor)| (index, self.odds(anchor))).collect()
    }

    /// Of the anchors with these odds the one whose log-odds would rise most in another class, the newest on a tie, and that class.
    /// If two anchors cannot both stay, only the one that fits better elsewhere is to move, and the other to be judged anew.
    pub(super) fn most_misplaced(&self, odds: &[(usize, Odds)]) -> Option<(usize, Destination)> {
        let population = self.population();
        let mut found = None;
        let mut most = 0.0;
        for &(index, ref odds) in odds {
            let anchor = self.anchors.get(index);
            let (best, current) = (odds.largest(), self.class_of(anchor));
            let founds = odds.of(best) < NEW_CLASS.ln();
            // An anchor that is alone in an atom it founded stays there as long as a new class is best for it: answers about it
            // join atoms. If a known class has become more probable, it goes back to that.
            let founded_for_good = founds && population[anchor.atom()] == 1;
            if self.stands_for_atom(anchor, &population) || founded_for_good || (best == current && !founds) {
                continue;
            }
            let (to, there) = if founds {
                (Destination::NewClass, NEW_CLASS.ln())
            } else {
                (Destination::Class(best), odds.of(best))
            };
            let gain = there - odds.of(current);
            if gain >= most {
                (found, most) = (Some((index, to)), gain);
            }
        }
        found
    }

    /// The atom of a class with the anchor most similar to this one.
    pub(super) fn nearest_atom(&self, index: usize, class: usize) -> Option<usize> {
        let sample = self.anchors.get(index).sample();
        let own = self.features.row(sample);
        self.anchors_in(class)
            .filter(|anchor| anchor.sample() != sample)
            .map(|anchor| (own.dot(&self.features.row(anchor.sample())), anchor.atom()))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, atom)| atom)
            .or_else(|| self.grouping.atoms_of(class)?.first().copied())
    }

    /// The class that agrees with more answers about the anchors of a block, `block_of` all, than the classes they are in, if
    /// there is one.
    pub(super) fn better_class(&self, block: &[usize], block_of: &[usize]) -> Option<usize> {
        if !block.iter().any(|&index| self.is_contradicted(index)) {
            return None;
        }
        // Every answer inside the block is met from both ends.
        let (mut now, mut together) = (0.0, 0.0);
        let mut outside = Odds::even(self.grouping.number_of_classes());
        for &index in block {
            let anchor = self.anchors.get(index);
            let class = self.class_of(anchor);
            for &(other, same) in anchor.answers() {
                let log_odds = self.log_odds_of(same);
                let there = self.class_of(self.anchors.get(other));
                let inside = block_of[other] == block_of[index];
                let agreed = if class == there { log_odds } else { 0.0 };
                now += if inside { 0.5 * agreed } else { agreed };
                if inside {
                    together += 0.5 * log_odds;
                } else {
                    outside.add(there, log_odds);
                }
            }
        }
        // Among classes that agree with as many answers, the one where most of the block is.
        for &index in block {
            outside.add(self.class_of(self.anchors.get(index)), f64::EPSILON);
        }
        let class = outside.largest();
        (together + outside.of(class) > now + LEAST_GAIN).then_some(class)
    }

    /// Whether an answer about the anchor disagrees with the classes.
    fn is_contradicted(&self, index: usize) -> bool {
        let anchor = self.anchors.get(index);
        let class = |anchor: &Anchor| self.class_of(anchor);
        anchor
            .answers()
            .iter()
            .any(|&(other, same)| (class(anchor) == class(self.anchors.get(other))) != same)
    }

    /// The part of a class to be taken out of it where answers inside it contradict: its anchors, connected by positive answers
    /// between the most alike ones first, fall into two parts without one of these connections, and the parts that most answers
    /// hold apart become classes if that outweighs the prior against a new class. A wrong answer that ties two classes is undone
    /// so, where neither one anchor nor a whole block would move. Empty if there is no such class. `O(a log a)` for `a` answers,
    /// and their number times the depth of the trees.
    pub(super) fn part_to_split_off(&self) -> Vec<usize> {
        let mut most = -NEW_CLASS.ln() + LEAST_GAIN;
        let mut part = Vec::new();
        for class in 0..self.grouping.number_of_classes() {
            let is_in_class = |index: usize| self.class_of(self.anchors.get(index)) == class;
            let members: Vec<usize> = (0..self.anchors.len()).filter(|&index| is_in_class(index)).collect();
            let answers: Vec<(usize, usize, bool)> = members
                .iter()
                .flat_map(|&index| {
                    let answers = self.anchors.get(index).answers().iter();
                    answers
                        .filter(move |&&(other, _)| other < index)
                        .map(move |&(other, same)| (index, other, same))
                })
                .filter(|&(_, other, _)| is_in_class(other))
                .collect();
            let refusals = answers.iter().filter(|&&(_, _, same)| !same).count();
            if refusals as f64 * self.log_odds_of(true) <= most {
                continue;
            }
            let tree = Tree::spanning(&members, self.alike_first(&answers));
            let evidence = answers.iter().map(|&(index, other, same)| (index, other, self.log_odds_of(same)));
            if let Some((gain, side)) = tree.weakest_part(evidence)
                && gain > most
            {
                (most, part) = (gain, side);
            }
        }
        part
    }

    /// The pairs of anchors with a positive answer, the most alike first.
    fn alike_first(&self, answers: &[(usize, usize, bool)]) -> Vec<(usize, usize)> {
        let row = |index: usize| self.features.row(self.anchors.get(index).sample());
        let positive = answers.iter().filter(|&&(_, _, same)| same);
        let mut alike: Vec<(f64, usize, usize)> =
            positive.map(|&(index, other, _)| (row(index).dot(&row(other)), index, other)).collect();
        alike.sort_by(|a, b| b.0.total_cmp(&a.0));
        alike.into_iter().map(|(_, index, other)| (index, other)).collect()
    }
}
