//! Connected components over the off-diagonal entries that are not zero.
//!
//! For `G ≥ 0` their number is the dimension of the Laplacian's kernel ([claim T6](crate::theory#t6)). Signs do not matter
//! here: an entry −1 connects as much as 1 does, and the equality with the kernel is lost. Isolated vertices count one each.

use super::{SimilarityGraph, totals};
use crate::union_find::UnionFind;

impl SimilarityGraph {
    /// Number of connected components.
    ///
    /// Cost: that of visiting the terms (`O(n)` for views and labels, `O(nnz)` for pairs) as long as no two terms can
    /// cancel. In a mixture with signs the entries of the sum decide, and a sum of rounding size (`1e-14` of its
    /// summands) is no edge: `O(n²)` time a term, `O(n)` memory.
    #[must_use]
    pub fn components(&self) -> usize {
        self.component_of().into_iter().max().map_or(0, |last| last + 1)
    }

    /// The component of each vertex, numbered by first appearance; cost as [`SimilarityGraph::components`].
    #[must_use]
    pub fn component_of(&self) -> Vec<usize> {
        let mut sets = UnionFind::new(self.len());
        if self.terms.len() == 1 || self.every_term_is_non_negative() {
            for (_, form) in &self.terms {
                form.structure().join(&mut sets);
            }
        } else {
            totals::every_row(&self.structures(), |i, row| {
                sets.join_row(i, row);
                true
            });
        }
        sets.numbered()
    }
}
