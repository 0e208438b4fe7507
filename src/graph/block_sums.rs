//! Blocks of similar samples: `G = weight · B Bᵀ` for the indicator `B` of disjoint blocks, views or classes.
//!
//! Then `ZᵀGZ` is the Gram matrix of the blocks' sums `BᵀZ`, and the rows of `G Z` are the same all over a block: what is
//! done with them need be done once a block.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::SimilarityGraph;
use crate::linalg::rows::{BLOCK_ROWS, entries_mut, over_rows, row, vectorised};
use crate::scalar::Scalar;

/// `BᵀX`, and how to get back to samples.
#[derive(Debug)]
pub(crate) struct BlockSums<F> {
    /// The factor of `B Bᵀ`.
    pub(crate) weight: f64,
    /// One row a block.
    pub(crate) sums: Array2<F>,
    blocks: Blocks,
}

/// The block of each sample.
#[derive(Debug)]
pub(super) enum Blocks {
    /// Sample `i` is in block `i / size`.
    Consecutive(usize),
    /// As listed; some samples are in none.
    Listed(Vec<Option<usize>>),
}

impl SimilarityGraph {
    /// The sums of the rows of `x`, in row-major order, over the blocks of a graph of views or labels alone; `O(n k)`.
    pub(crate) fn block_sums<F: Scalar>(&self, x: ArrayView2<F>) -> Option<BlockSums<F>> {
        let [(weight, form)] = &self.terms[..] else {
            return None;
        };
        form.product().block_sums(x).map(|(sums, blocks)| BlockSums { weight: *weight, sums, blocks })
    }
}

impl<F: Scalar> BlockSums<F> {
    /// Calls `write(i, the row of sample i's block, row i of out)` for every sample in a block; other rows become zero.
    pub(crate) fn spread(
        &self,
        rows: ArrayView2<F>,
        mut out: ArrayViewMut2<F>,
        write: impl Fn(usize, &[F], &mut [F]) + Sync,
    ) {
        let k = out.ncols();
        over_rows(out.view_mut(), BLOCK_ROWS, |first, mut out| {
            vectorised(
                #[inline(always)]
                || {
                    for (i, out) in (first..).zip(entries_mut(&mut out).chunks_exact_mut(k)) {
                        let block = match &self.blocks {
                            Blocks::Consecutive(size) => Some(i / size),
                            Blocks::Listed(blocks) => blocks[i],
                        };
                        match block {
                            Some(block) => write(i, row(&rows, block), out),
                            None => out.fill(F::zero()),
                        }
                    }
                },
            );
            0.0
        });
    }
}
