//! Trees of positive answers inside a class, and the part that hangs on the least evidence.

use crate::union_find::UnionFind;

/// Trees that connect the members of a class.
pub(super) struct Tree {
    members: Vec<usize>,
    /// Places of the members in an order in which children come after their parent.
    order: Vec<usize>,
    parent: Vec<Option<usize>>,
    depth: Vec<usize>,
}

impl Tree {
    /// Kruskal's: takes the edges as they come, but for those that close a circle.
    pub(super) fn spanning(members: &[usize], edges: Vec<(usize, usize)>) -> Self {
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
    pub(super) fn weakest_part(
        &self,
        evidence: impl Iterator<Item = (usize, usize, f64)>,
    ) -> Option<(f64, Vec<usize>)> {
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
                let Some(parent) = self.parent[a] else {
                    across[b] += log_odds; // two roots
                    break;
                };
                a = parent;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Members 2, 5, 6 and 9 in a row; the edge that would close a circle is left out.
    fn path() -> Tree {
        Tree::spanning(&[2, 5, 6, 9], vec![(2, 5), (6, 9), (5, 6), (9, 2)])
    }

    /// Positive answers along the row, and two negative ones across its middle, where the sum is `1 − 2 − 2`.
    #[test]
    fn the_part_that_most_answers_hold_apart() {
        let evidence = [(2, 5, 3.0), (5, 6, 1.0), (6, 9, 3.0), (2, 6, -2.0), (5, 9, -2.0)];
        assert_eq!(path().weakest_part(evidence.into_iter()), Some((3.0, vec![6, 9])));
    }

    /// Nothing connects 9, and an answer across holds it apart; the part is the smaller side.
    #[test]
    fn what_nothing_connects_is_a_part() {
        let tree = Tree::spanning(&[2, 5, 6, 9], vec![(2, 5), (5, 6)]);
        let evidence = [(2, 5, 1.0), (5, 6, 1.0), (6, 9, -4.0)];
        assert_eq!(tree.weakest_part(evidence.into_iter()), Some((4.0, vec![9])));
        assert_eq!(Tree::spanning(&[], vec![]).weakest_part(std::iter::empty()), None);
    }
}
