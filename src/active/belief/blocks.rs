//! Samples said to belong together, moved together where one alone would not move.

use super::Belief;
use super::places::Odds;
use crate::union_find::UnionFind;

impl Belief {
    /// Moves every block of anchors that positive answers connect to the class that agrees with more answers than where its
    /// members are now, if there is one; whether one moved. With truthful answers a block is of one class
    /// ([claim T39](crate::theory#t39)).
    pub(super) fn place_blocks(&mut self) -> bool {
        let mut connected = UnionFind::new(self.anchors.len());
        for (index, anchor) in self.anchors.iter().enumerate() {
            for &(other, _) in anchor.answers.iter().filter(|&&(_, same)| same) {
                connected.join(index, other);
            }
        }
        let block_of = connected.numbered();
        let mut blocks = vec![Vec::new(); block_of.iter().max().map_or(0, |&last| last + 1)];
        for (index, &block) in block_of.iter().enumerate() {
            blocks[block].push(index);
        }
        let mut moved = false;
        for block in &blocks {
            if block.iter().any(|&index| self.is_contradicted(index)) {
                moved |= self.place_block(block, &block_of);
            }
        }
        if moved {
            self.forget_empty_atoms();
        }
        moved
    }

    /// Whether an answer about the anchor disagrees with the classes.
    fn is_contradicted(&self, index: usize) -> bool {
        let class = |index: usize| self.class_of(self.anchors[index].atom);
        self.anchors[index].answers.iter().any(|&(other, same)| (class(index) == class(other)) != same)
    }

    fn place_block(&mut self, block: &[usize], block_of: &[usize]) -> bool {
        // Every answer inside the block is met from both ends.
        let (mut now, mut together) = (0.0, 0.0);
        let mut outside = Odds::even(self.number_of_classes());
        let own = block_of[block[0]];
        for &index in block {
            let class = self.class_of(self.anchors[index].atom);
            for &(other, same) in &self.anchors[index].answers {
                let log_odds = self.log_odds_of(same);
                let there = self.class_of(self.anchors[other].atom);
                let inside = block_of[other] == own;
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
            outside.add(self.class_of(self.anchors[index].atom), f64::EPSILON);
        }
        let class = outside.largest();
        if together + outside.of(class) <= now + LEAST_GAIN {
            return false;
        }
        for &index in block {
            if self.class_of(self.anchors[index].atom) != class {
                self.anchors[index].atom = self.nearest_atom(index, class);
            }
        }
        true
    }
}

/// Improvements of rounding size are none.
const LEAST_GAIN: f64 = 1e-9;
