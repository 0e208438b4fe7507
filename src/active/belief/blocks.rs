//! Blocks of anchors that positive answers connect: moved as a whole where no single anchor would move, or taken apart.

use super::places::Odds;
use super::{Anchor, Belief, NEW_CLASS};
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

    /// Takes a class apart where answers inside it contradict: its anchors, connected by positive answers between the most alike
    /// ones first, fall into two parts without one of these connections, and the parts that most answers hold apart become
    /// classes if that outweighs the prior against a new class. A wrong answer that ties two classes is undone so, where
    /// neither one anchor nor a whole block would move. Whether there was such a class. `O(a log a)` for `a` answers, and their
    /// number times the depth of the trees.
    pub(super) fn split_class(&mut self) -> bool {
        let mut most = -NEW_CLASS.ln() + LEAST_GAIN;
        let mut part = Vec::new();
        for class in 0..self.number_of_classes() {
            let in_class = |anchor: &Anchor| self.class_of(anchor.atom) == class;
            let members: Vec<usize> =
                (0..self.anchors.len()).filter(|&index| in_class(&self.anchors[index])).collect();
            let answers: Vec<(usize, usize, bool)> = members
                .iter()
                .flat_map(|&index| {
                    let earlier =
                        self.anchors[index].answers.iter().filter(move |&&(other, _)| other < index);
                    earlier.map(move |&(other, same)| (index, other, same))
                })
                .filter(|&(_, other, _)| in_class(&self.anchors[other]))
                .collect();
            let refusals = answers.iter().filter(|&&(_, _, same)| !same).count();
            if refusals as f64 * self.log_odds_of(true) <= most {
                continue;
            }
            let tree = Tree::spanning(&members, self.alike_first(&answers));
            if let Some((gain, side)) = tree.weakest_part(
                answers.iter().map(|&(index, other, same)| (index, other, self.log_odds_of(same))),
            ) && gain > most
            {
                (most, part) = (gain, side);
            }
        }
        if part.is_empty() {
            return false;
        }
        let atom = self.found_atom();
        for index in part {
            self.anchors[index].atom = atom;
        }
        self.forget_empty_atoms();
        true
    }

    /// The pairs of anchors with a positive answer, the most alike first.
    fn alike_first(&self, answers: &[(usize, usize, bool)]) -> Vec<(usize, usize)> {
        let features = self.start.features();
        let row = |index: usize| features.row(self.anchors[index].sample);
        let positive = answers.iter().filter(|&&(_, _, same)| same);
        let mut alike: Vec<(f64, usize, usize)> =
            positive.map(|&(index, other, _)| (row(index).dot(&row(other)), index, other)).collect();
        alike.sort_by(|a, b| b.0.total_cmp(&a.0));
        alike.into_iter().map(|(_, index, other)| (index, other)).collect()
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

/// Trees that connect the members of a class.
struct Tree {
    members: Vec<usize>,
    /// Places of the members in an order in which children come after their parent.
    order: Vec<usize>,
    parent: Vec<Option<usize>>,
    depth: Vec<usize>,
}

impl Tree {
    /// Kruskal's: takes the edges as they come, but for those that close a circle.
    fn spanning(members: &[usize], edges: Vec<(usize, usize)>) -> Self {
        let place = |index: usize| members.partition_point(|&member| member < index);
        let mut connected = UnionFind::new(members.len());
        let mut neighbours = vec![Vec::new(); members.len()];
        for (a, b) in edges {
            let (a, b) = (place(a), place(b));
            if connected.find(a) != connected.find(b) {
                connected.join(a, b);
                neighbours[a].push(b);
                neighbours[b].push(a);
            }
        }
        let mut order = Vec::with_capacity(members.len());
        let mut parent = vec![None; members.len()];
        let mut depth = vec![usize::MAX; members.len()];
        for root in 0..members.len() {
            if depth[root] != usize::MAX {
                continue;
            }
            depth[root] = 0;
            order.push(root);
            let mut next = order.len() - 1;
            while next < order.len() {
                let node = order[next];
                let above = parent[node];
                for &child in neighbours[node].iter().filter(|&&child| above != Some(child)) {
                    parent[child] = Some(node);
                    depth[child] = depth[node] + 1;
                    order.push(child);
                }
                next += 1;
            }
        }
        Self { members: members.to_vec(), order, parent, depth }
    }

    /// Of all members below one of them, with it, those that the evidence between members holds apart most from the others:
    /// how much, and they or the others, whichever are fewer.
    fn weakest_part(&self, evidence: impl Iterator<Item = (usize, usize, f64)>) -> Option<(f64, Vec<usize>)> {
        let place = |index: usize| self.members.partition_point(|&member| member < index);
        let mut across = vec![0.0; self.members.len()];
        for (a, b, log_odds) in evidence {
            let (mut a, mut b) = (place(a), place(b));
            // Every part with one of the two begins below where their ways to the root meet.
            while a != b {
                if self.depth[a] < self.depth[b] {
                    std::mem::swap(&mut a, &mut b);
                }
                across[a] += log_odds;
                match self.parent[a] {
                    Some(parent) => a = parent,
                    None => {
                        across[b] += log_odds; // two roots
                        break;
                    }
                }
            }
        }
        let (top, weakest) = across.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1))?;
        let mut is_below = vec![false; self.members.len()];
        for &node in &self.order {
            is_below[node] = node == top || self.parent[node].is_some_and(|parent| is_below[parent]);
        }
        let fewer = 2 * is_below.iter().filter(|&&is_below| is_below).count() <= is_below.len();
        let part = self.members.iter().zip(is_below).filter(|&(_, is_below)| is_below == fewer);
        Some((-weakest, part.map(|(&member, _)| member).collect()))
    }
}

/// Improvements of rounding size are none.
const LEAST_GAIN: f64 = 1e-9;
