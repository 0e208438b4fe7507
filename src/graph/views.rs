//! The view graph `I ⊗ 1 1ᵀ` ([claim T2](crate::theory#t2)): views of one sample are similar, and nothing else is.

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis};

use super::block_sums::Blocks;
use super::labels::LabelGraph;
use super::product::{AddToRows, CHUNK_ROWS, Product};
use super::rows::{add_scaled, add_scaled_difference, distance_squared};
use super::structure::Structure;
use crate::error::{Error, Result};
use crate::linalg::rows::{BLOCK_ROWS, Shifted, Standard, entries, entries_mut, over_rows, row, sum_over};
use crate::scalar::{Scalar, vectorised};
use crate::union_find::UnionFind;

/// Views whose mean is taken anew wherever it is needed, rather than stored.
const FEW_VIEWS: usize = 16;
/// Samples whose sums are stored at a time for their Gram matrix. Fixed, so that results do not depend on the number of
/// threads.
const SUMMED_SAMPLES: usize = 4096;

/// `samples` blocks of `views` consecutive rows each. It is the label graph whose label is the sample index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewGraph {
    samples: usize,
    views: usize,
}

impl ViewGraph {
    pub(super) fn new(samples: usize, views: usize) -> Result<Self> {
        if samples == 0 {
            return Err(Error::Empty { argument: "samples", expected: "sample" });
        }
        if views == 0 {
            return Err(Error::Empty { argument: "views", expected: "view of each sample" });
        }
        match samples.checked_mul(views) {
            Some(_) => Ok(Self { samples, views }),
            None => Err(Error::Domain {
                argument: "samples",
                value: samples as f64,
                must: "small enough that samples times views is a count",
            }),
        }
    }

    /// Number of samples.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Number of views `V` of each sample.
    #[must_use]
    pub fn views(&self) -> usize {
        self.views
    }

    /// The label graph whose label is the sample index.
    pub(super) fn as_labels(&self) -> LabelGraph {
        LabelGraph::from_blocks((0..self.order()).map(|row| Some(row / self.views)).collect(), self.samples)
    }

    /// `F[indices, indices]`.
    pub(super) fn restrict(&self, indices: &[usize]) -> LabelGraph {
        LabelGraph::from_blocks(indices.iter().map(|i| Some(i / self.views)).collect(), self.samples)
    }

    /// The rows of the views of each sample.
    pub(super) fn blocks(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        (0..self.samples).map(|sample| sample * self.views..(sample + 1) * self.views)
    }
}

impl Structure for ViewGraph {
    fn order(&self) -> usize {
        self.samples * self.views
    }

    fn entry(&self, i: usize, j: usize) -> f64 {
        if i / self.views == j / self.views { 1.0 } else { 0.0 }
    }

    fn add_row(&self, i: usize, weight: f64, mut row: ArrayViewMut1<f64>) {
        let first = i - i % self.views;
        for j in first..first + self.views {
            row[j] += weight;
        }
    }

    fn degrees(&self) -> Array1<f64> {
        Array1::from_elem(self.order(), self.views as f64)
    }

    fn diagonal(&self) -> Array1<f64> {
        Array1::ones(self.order())
    }

    fn frobenius_squared(&self) -> f64 {
        self.samples as f64 * (self.views as f64).powi(2)
    }

    fn is_non_negative(&self) -> bool {
        true
    }

    fn join(&self, sets: &mut UnionFind) {
        for block in self.blocks() {
            sets.join_all(block);
        }
    }
}

impl<F: Scalar> Product<F> for ViewGraph {
    fn apply_add(&self, weight: F, x: ArrayView2<F>, out: ArrayViewMut2<F>) {
        let k = x.ncols();
        self.over_blocks(
            x,
            out,
            #[inline(always)]
            |_, sum, out| {
                for out in out.chunks_exact_mut(k) {
                    add_scaled(weight, sum, out);
                }
            },
        );
    }

    fn apply_off_diagonal_add(&self, weight: F, x: ArrayView2<F>, out: ArrayViewMut2<F>) {
        let k = x.ncols();
        self.over_blocks(
            x,
            out,
            #[inline(always)]
            |x, sum, out| {
                for (x, out) in x.chunks_exact(k).zip(out.chunks_exact_mut(k)) {
                    add_scaled_difference(weight, sum, x, out);
                }
            },
        );
    }

    fn block_sums(&self, x: ArrayView2<F>, standard: Option<&Standard<F>>) -> Option<(Array2<F>, Blocks)> {
        if self.views == 1 {
            return None;
        }
        Some((self.sums(x, standard), Blocks::Consecutive(self.views)))
    }

    /// Some samples at a time, whose sums alone are stored.
    fn quadratic(&self, x: ArrayView2<F>) -> Array2<f64> {
        let views = self.views;
        if views == 1 {
            return Shifted::plain(x).gram(1.0);
        }
        let mut quadratic = Array2::zeros((x.ncols(), x.ncols()));
        for rows in x.axis_chunks_iter(Axis(0), SUMMED_SAMPLES.saturating_mul(views)) {
            let sums = Self { samples: rows.nrows() / views, views }.sums(rows, None);
            quadratic += &Shifted::plain(sums.view()).gram(1.0);
        }
        quadratic
    }

    fn energy(&self, z: ArrayView2<F>) -> f64 {
        let k = z.ncols();
        let size = F::of(self.views as f64);
        sum_over(self.samples, self.chunk(), |samples| {
            let mut mean = vec![F::zero(); k];
            let rows = &entries(&z)[samples.start * self.views * k..samples.end * self.views * k];
            vectorised(
                #[inline(always)]
                || {
                    let mut sum = 0.0;
                    for z in rows.chunks_exact(self.views * k) {
                        write_sum(z, &mut mean);
                        divide(&mut mean, size);
                        for z in z.chunks_exact(k) {
                            sum += distance_squared(z, &mean);
                        }
                    }
                    self.views as f64 * sum
                },
            )
        })
    }

    fn laplacian_by_rows<'a>(&'a self, weight: F, z: ArrayView2<'a, F>) -> Option<AddToRows<'a, F>> {
        let k = z.ncols();
        let (views, size) = (self.views, F::of(self.views as f64));
        let means = (views > FEW_VIEWS).then(|| {
            let mut means = self.sums(z, None).into_raw_vec_and_offset().0;
            divide(&mut means, size);
            means
        });
        Some(Box::new(move |first, mut out| {
            let last = first + out.nrows();
            let mut place = vec![F::zero(); k];
            vectorised(
                #[inline(always)]
                || {
                    let out = entries_mut(&mut out);
                    let mut sum = 0.0;
                    // The first and the last sample may have rows elsewhere, too.
                    for sample in first / views..last.div_ceil(views) {
                        let mean = if let Some(means) = &means {
                            &means[sample * k..][..k]
                        } else {
                            write_sum(&entries(&z)[sample * views * k..][..views * k], &mut place);
                            divide(&mut place, size);
                            &place[..]
                        };
                        for i in (sample * views).max(first)..((sample + 1) * views).min(last) {
                            let out = &mut out[(i - first) * k..][..k];
                            sum += add_scaled_difference(weight * size, row(&z, i), mean, out);
                        }
                    }
                    views as f64 * sum
                },
            )
        }))
    }
}

impl ViewGraph {
    /// Samples that one task handles.
    fn chunk(&self) -> usize {
        (CHUNK_ROWS / self.views).max(1)
    }

    /// The sums of the rows of `x`, standardised if so told, over the views of each sample.
    fn sums<F: Scalar>(&self, x: ArrayView2<F>, standard: Option<&Standard<F>>) -> Array2<F> {
        let k = x.ncols();
        let mut sums = Array2::zeros((self.samples, k));
        over_rows(sums.view_mut(), (BLOCK_ROWS / self.views).max(1), |first, mut sums| {
            let blocks = entries(&x)[first * self.views * k..].chunks_exact(self.views * k);
            vectorised(
                #[inline(always)]
                || {
                    for (sum, block) in entries_mut(&mut sums).chunks_exact_mut(k).zip(blocks) {
                        if let Some(standard) = standard {
                            for row in block.chunks_exact(k) {
                                standard.map(row, sum, |entry, sum| *sum += entry);
                            }
                        } else {
                            write_sum(block, sum);
                        }
                    }
                },
            );
            0.0
        });
        sums
    }

    /// `f(rows of x, their sum, rows of out)` for every sample.
    fn over_blocks<F: Scalar>(
        &self,
        x: ArrayView2<F>,
        out: ArrayViewMut2<F>,
        f: impl Fn(&[F], &[F], &mut [F]) + Sync,
    ) {
        let k = x.ncols();
        over_rows(out, self.chunk() * self.views, |first, mut out| {
            let mut sum = vec![F::zero(); k];
            let blocks = entries(&x)[first * k..].chunks_exact(self.views * k);
            let blocks = blocks.zip(entries_mut(&mut out).chunks_exact_mut(self.views * k));
            vectorised(
                #[inline(always)]
                || {
                    for (x, out) in blocks {
                        write_sum(x, &mut sum);
                        f(x, &sum, out);
                    }
                },
            );
            0.0
        });
    }
}

/// Writes the sum of the rows of `x` over `sum`.
#[inline(always)]
fn write_sum<F: Scalar>(x: &[F], sum: &mut [F]) {
    sum.fill(F::zero());
    for x in x.chunks_exact(sum.len()) {
        add_scaled(F::one(), x, sum);
    }
}

#[inline(always)]
fn divide<F: Scalar>(row: &mut [F], by: F) {
    for entry in row {
        *entry /= by;
    }
}
