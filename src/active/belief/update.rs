//! What follows from the answers: atoms join, anchors move, all others are assigned, and the audits take stock.

use ndarray::Array1;
use rayon::prelude::*;

use super::Belief;
use super::anchors::Anchor;
use super::assignment::Assignment;
use super::audit::Present;
use super::constants::SETTLED;
use super::doubt::Subject;
use super::evidence::Evidence;
use super::placement::Destination;
use super::regression::{Regression, Targets};
use crate::oracle::{Pair, logistic};

/// Fewest samples that one task handles.
const TASK_SAMPLES: usize = 4096;

impl Belief {
    /// The parts that classes follow from.
    pub(super) fn evidence(&self) -> Evidence<'_> {
        Evidence {
            anchors: &self.anchors,
            grouping: &self.grouping,
            regression: &self.regression,
            features: self.start.features(),
            weight: self.weight,
        }
    }

    /// Makes everything anew that follows from the answers; a round moves one anchor, all blocks, or splits one class.
    pub(super) fn update(&mut self, most_rounds: usize) {
        self.fit(Regression::fit_observed);
        for _ in 0..most_rounds {
            self.grouping.join(self.evidence().between_atoms());
            self.fit(Regression::fit_observed);
            if !self.place_anchor() && !self.place_blocks() && !self.split_class() {
                break;
            }
        }
        self.grouping.join(self.evidence().between_atoms());
        self.fit(Regression::fit);
        self.assign();
        self.count_followers();
        self.take_stock();
    }

    /// Fits the regression to the classes of the anchors.
    fn fit(&mut self, fit: impl FnOnce(&mut Regression, &Targets)) {
        let class_of = |anchor: &Anchor| self.grouping.class_of(anchor.atom());
        let observed: Vec<(usize, usize)> =
            self.anchors.iter().map(|anchor| (anchor.sample(), class_of(anchor))).collect();
        let class_of_atom = self.grouping.class_of_atom();
        let targets =
            Targets { observed: &observed, class_of_atom, classes: self.grouping.number_of_classes() };
        fit(&mut self.regression, &targets);
    }

    /// Moves the anchor that gains most to the class that its answers and its surroundings make most probable; whether there was
    /// one.
    fn place_anchor(&mut self) -> bool {
        let odds = self.evidence().odds_of_answered();
        for (index, odds) in &odds {
            self.anchors.set_certainty(*index, odds.probability(odds.largest()));
        }
        let Some((index, destination)) = self.evidence().most_misplaced(&odds) else { return false };
        match destination {
            Destination::Class(class) => self.move_anchor(index, class),
            Destination::NewClass => self.anchors.move_to(index, self.grouping.found_atom()),
        }
        self.forget_empty_atoms();
        true
    }

    /// Moves every block of anchors that positive answers connect to the class that agrees with more answers than where its
    /// members are now, if there is one; whether one moved. With truthful answers a block is of one class
    /// ([claim T39](crate::theory#t39)).
    fn place_blocks(&mut self) -> bool {
        let block_of = self.anchors.blocks();
        let mut blocks = vec![Vec::new(); block_of.iter().max().map_or(0, |&last| last + 1)];
        for (index, &block) in block_of.iter().enumerate() {
            blocks[block].push(index);
        }
        let mut moved = false;
        for block in &blocks {
            let Some(class) = self.evidence().better_class(block, &block_of) else { continue };
            for &index in block {
                if self.evidence().class_of(self.anchors.get(index)) != class {
                    self.move_anchor(index, class);
                }
            }
            moved = true;
        }
        if moved {
            self.forget_empty_atoms();
        }
        moved
    }

    /// Takes a class apart that contradicting answers hold apart; whether there was one.
    fn split_class(&mut self) -> bool {
        let part = self.evidence().part_to_split_off();
        if part.is_empty() {
            return false;
        }
        let atom = self.grouping.found_atom();
        for index in part {
            self.anchors.move_to(index, atom);
        }
        self.forget_empty_atoms();
        true
    }

    fn move_anchor(&mut self, index: usize, class: usize) {
        if let Some(atom) = self.evidence().nearest_atom(index, class) {
            self.anchors.move_to(index, atom);
        }
    }

    /// Removes atoms beyond the micro-clusters that have no anchor.
    fn forget_empty_atoms(&mut self) {
        let population = self.evidence().population();
        self.anchors.renumber(&self.grouping.forget(&population));
    }

    /// Classes and atoms of all samples: of the anchors their own, of all others those of the largest membership.
    fn assign(&mut self) {
        let place = |(sample, &own): (usize, &usize)| {
            if let Some(anchor) = self.anchors.of(sample) {
                return (self.grouping.class_of(anchor.atom()), anchor.atom());
            }
            let class = self.regression.class_of(sample);
            let is_own = self.grouping.class_of(own) == class;
            (class, if is_own { own } else { self.grouping.first_atom(class) })
        };
        let micro_clusters = self.start.micro_clusters().par_iter().with_min_len(TASK_SAMPLES);
        let (class_of, atom_of) = micro_clusters.enumerate().map(place).unzip();
        self.assignment = Assignment::new(class_of, self.grouping.number_of_classes(), atom_of);
        self.grouping.tie(self.start.graph(), self.assignment.atom_of());
    }

    fn count_followers(&mut self) {
        let samples = (0..self.len()).into_par_iter().with_min_len(TASK_SAMPLES);
        let doubts: Vec<f64> = samples.map(|sample| self.doubt_about(sample)).collect();
        let doubts = Array1::from(doubts);
        let not_settled = self.anchors.iter().filter(|anchor| anchor.certainty() < SETTLED);
        let not_settled: Vec<usize> = not_settled.map(Anchor::sample).collect();
        self.regression.count_followers(&doubts, &not_settled);
    }

    /// Brings the remaining error up to date with the present classes, and decides which check is due. `O(n m + c²)` after `m`
    /// audits.
    pub(super) fn take_stock(&mut self) {
        let confidence = self.confidence().to_vec();
        self.audit.take_stock(&Present {
            anchors: &self.anchors,
            assignment: &self.assignment,
            between_classes: self.grouping.between_classes(),
            confidence: &confidence,
        });
        let doubt = confidence.iter().map(|confidence| 1.0 - confidence).sum::<f64>() / self.len() as f64;
        let of_classes = || self.question_of_classes();
        let due = self.audit.scheduled(self.answers(), doubt, &self.anchors, of_classes);
        self.audit.set_due(due);
    }

    /// The question about the two classes, not told apart, by which most samples are expected to be wrong.
    pub(super) fn question_of_classes(&self) -> Option<Pair> {
        let (between, log_odds) = (self.grouping.between_classes(), self.grouping.log_odds());
        let sizes = self.assignment.class_sizes();
        let pairs = (0..self.number_of_classes()).flat_map(|a| (0..a).map(move |b| (b, a)));
        let mut open: Vec<(f64, usize, usize)> = pairs
            .filter(|&(b, a)| !self.audit.are_apart(between[[b, a]]))
            .map(|(b, a)| (logistic(log_odds[[b, a]]) * sizes[b].min(sizes[a]) as f64, b, a))
            .collect();
        open.sort_by(|a, b| b.0.total_cmp(&a.0));
        open.into_iter().find_map(|(_, b, a)| self.question(Subject::Classes(b, a)))
    }
}
