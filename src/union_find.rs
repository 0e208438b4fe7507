//! Disjoint sets that grow together.

use ndarray::ArrayView1;

/// Disjoint sets of `0..n`, the smaller joined to the larger: a representative is at most `log₂ n` steps away.
#[derive(Clone, Debug)]
pub(crate) struct UnionFind {
    parent: Vec<usize>,
    /// Number of elements of the set, where its representative stands.
    size: Vec<usize>,
}

impl UnionFind {
    /// Every element alone.
    pub(crate) fn new(n: usize) -> Self {
        Self { parent: (0..n).collect(), size: vec![1; n] }
    }

    /// Number of elements `n`.
    pub(crate) fn len(&self) -> usize {
        self.parent.len()
    }

    /// The representative of the set of `i`.
    pub(crate) fn find(&self, mut i: usize) -> usize {
        while self.parent[i] != i {
            i = self.parent[i];
        }
        i
    }

    /// Number of elements in the set of `i`.
    pub(crate) fn size(&self, i: usize) -> usize {
        self.size[self.find(i)]
    }

    /// The representatives, ascending.
    pub(crate) fn representatives(&self) -> impl Iterator<Item = usize> {
        (0..self.len()).filter(|&i| self.parent[i] == i)
    }

    /// Makes the sets of `i` and `j` one; its representative is that of the larger set, the first on a tie.
    pub(crate) fn join(&mut self, i: usize, j: usize) {
        let (i, j) = (self.find(i), self.find(j));
        if i == j {
            return;
        }
        let (large, small) = if self.size[i] >= self.size[j] { (i, j) } else { (j, i) };
        self.parent[small] = large;
        self.size[large] += self.size[small];
    }

    /// Makes the sets of all `elements` one.
    pub(crate) fn join_all(&mut self, elements: impl Iterator<Item = usize>) {
        let mut elements = elements.peekable();
        if let Some(&first) = elements.peek() {
            elements.for_each(|element| self.join(first, element));
        }
    }

    /// Joins `i` with every `j < i` where the symmetric matrix, of which `row` is row `i`, is not zero.
    pub(crate) fn join_row(&mut self, i: usize, row: ArrayView1<f64>) {
        for (j, &entry) in row.iter().take(i).enumerate() {
            if entry != 0.0 {
                self.join(i, j);
            }
        }
    }

    /// The number of each element's set, in order of first appearance.
    pub(crate) fn numbered(&self) -> Vec<usize> {
        let mut number_of_representative = vec![None; self.len()];
        let mut sets = 0..;
        (0..self.len())
            .filter_map(|i| {
                let number = &mut number_of_representative[self.find(i)];
                *number = number.or_else(|| sets.next());
                *number
            })
            .collect()
    }
}
