//! Blocks of similar samples: `G = weight · B Bᵀ` for the indicator `B` of disjoint blocks, views or classes.
//!
//! Then `ZᵀGZ` is the Gram matrix of the blocks' sums `BᵀZ`, and the rows of `G Z` are the same for all samples of a block, so
//! that what is computed from them is computed once per block.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, s};

use super::rows::add_scaled;
use crate::linalg::rows::{BLOCK_ROWS, entries_mut, over_rows, row};
use crate::linalg::{product, write_product_on_this_thread};
use crate::scalar::{Scalar, vectorised};

/// `BᵀX`, and how to get back to samples.
#[derive(Debug)]
pub(crate) struct BlockSums<F> {
    /// The factor of `B Bᵀ`.
    pub(crate) weight: f64,
    /// One row per block.
    pub(crate) sums: Array2<F>,
    pub(super) blocks: Blocks,
}

/// The block of each sample.
#[derive(Debug)]
pub(super) enum Blocks {
    /// Sample `i` is in block `i / size`.
    Consecutive(usize),
    /// As listed; some samples are in none.
    Listed(Vec<Option<usize>>),
}

impl Blocks {
    #[inline(always)]
    fn of(&self, sample: usize) -> Option<usize> {
        match self {
            Self::Consecutive(size) => Some(sample / size),
            Self::Listed(blocks) => blocks[sample],
        }
    }
}

impl<F: Scalar> BlockSums<F> {
    /// Adds `scale` times the sum of its block to the row of every sample in a block, for some rows, the first of which is
    /// `first`.
    pub(crate) fn add_to_rows(&self, scale: F, first: usize, mut rows: ArrayViewMut2<F>) {
        let k = rows.ncols();
        vectorised(
            #[inline(always)]
            || {
                for (i, out) in (first..).zip(entries_mut(&mut rows).chunks_exact_mut(k)) {
                    if let Some(block) = self.blocks.of(i) {
                        add_scaled(scale, row(&self.sums.view(), block), out);
                    }
                }
            },
        );
    }

    /// Calls `write(i, the row of sample i's block in S M, row i of out)` for every sample in a block, `S` the sums and
    /// `m` of shape `(k, k)`; other rows become zero.
    pub(crate) fn spread_product(
        &self,
        m: &Array2<F>,
        out: ArrayViewMut2<F>,
        write: impl Fn(usize, &[F], &mut [F]) + Sync,
    ) {
        match &self.blocks {
            // Multiplied where their samples are written, so that the products stay in the cache.
            Blocks::Consecutive(size) => {
                let task_blocks = (BLOCK_ROWS / size).max(1);
                over_rows(out, task_blocks * size, |first, out| {
                    let blocks = first / size..(first + out.nrows()) / size;
                    let mut products = Array2::zeros((blocks.len(), m.ncols()));
                    let sums = self.sums.slice(s![blocks.clone(), ..]);
                    write_product_on_this_thread(sums, m.view(), products.view_mut());
                    self.spread(products.view(), blocks.start, first, out, &write);
                    0.0
                });
            }
            Blocks::Listed(_) => {
                let products = product(self.sums.view(), m.view());
                over_rows(out, BLOCK_ROWS, |first, out| {
                    self.spread(products.view(), 0, first, out, &write);
                    0.0
                });
            }
        }
    }

    /// Writes some rows, the first of which is `first`, by their blocks' rows of `products`, the first of which is of
    /// `first_block`.
    fn spread(
        &self,
        products: ArrayView2<F>,
        first_block: usize,
        first: usize,
        mut rows: ArrayViewMut2<F>,
        write: &impl Fn(usize, &[F], &mut [F]),
    ) {
        let k = rows.ncols();
        vectorised(
            #[inline(always)]
            || {
                for (i, out) in (first..).zip(entries_mut(&mut rows).chunks_exact_mut(k)) {
                    match self.blocks.of(i) {
                        Some(block) => write(i, row(&products, block - first_block), out),
                        None => out.fill(F::zero()),
                    }
                }
            },
        );
    }
}
