//! The label graph `Y Yᵀ` ([claim T3](crate::theory#t3)) and the contrastive label graph `2 Y Yᵀ − k kᵀ`
//! ([claim T4](crate::theory#t4)).
//!
//! Both hold the labels and, class after class, the list of their members: everything is a sum over members.

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut1, ArrayViewMut2};
use rayon::prelude::*;

use super::block_sums::Blocks;
use super::known::Known;
use super::product::{AddToRows, CHUNK_ROWS, Product};
use super::rows::{add_scaled, add_scaled_difference, distance_squared};
use super::structure::{LowRankPart, Structure};
use crate::data::Labels;
use crate::linalg::rows::{Standard, entries_mut, over_rows, row, sum_over};
use crate::scalar::{Scalar, vectorised};
use crate::union_find::UnionFind;

/// Rows whose sum is taken in the precision of their entries.
const SUMMED_ROWS: usize = 256;

/// 1 between samples of one class, 0 elsewhere; samples of unknown label have zero rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelGraph {
    class_of: Vec<Option<usize>>,
    /// The samples of known label, class after class, in order inside each.
    members: Vec<usize>,
    /// Class `c` is `members[starts[c]..starts[c + 1]]`.
    starts: Vec<usize>,
}

impl LabelGraph {
    pub(super) fn new(labels: &Labels) -> Self {
        Self::from_blocks(labels.iter().collect(), labels.number_of_classes())
    }

    /// Every label must be below `classes`.
    pub(super) fn from_blocks(class_of: Vec<Option<usize>>, classes: usize) -> Self {
        let mut starts = vec![0; classes + 1];
        for class in class_of.iter().flatten() {
            starts[class + 1] += 1;
        }
        for class in 0..classes {
            starts[class + 1] += starts[class];
        }
        let mut next = starts.clone();
        let mut members = vec![0; starts[classes]];
        for (i, class) in class_of.iter().enumerate() {
            if let Some(class) = *class {
                members[next[class]] = i;
                next[class] += 1;
            }
        }
        Self { class_of, members, starts }
    }

    /// Number of classes, empty ones included.
    #[must_use]
    pub fn number_of_classes(&self) -> usize {
        self.starts.len() - 1
    }

    /// The class of each sample, if known.
    #[must_use]
    pub fn class_of(&self) -> &[Option<usize>] {
        &self.class_of
    }

    /// The members of each class, empty classes included.
    pub fn blocks(&self) -> impl Iterator<Item = &[usize]> {
        (0..self.number_of_classes()).map(|class| self.block(class))
    }

    /// The samples whose label is known, class after class.
    #[must_use]
    pub fn known(&self) -> &[usize] {
        &self.members
    }

    /// `Y` without the columns of empty classes, `(n, r)`.
    fn indicators(&self) -> Array2<f64> {
        let blocks: Vec<&[usize]> = self.blocks().filter(|block| !block.is_empty()).collect();
        let mut indicators = Array2::zeros((self.class_of.len(), blocks.len()));
        for (column, block) in blocks.into_iter().enumerate() {
            for &member in block {
                indicators[[member, column]] = 1.0;
            }
        }
        indicators
    }

    /// `F[indices, indices]`.
    pub(super) fn restrict(&self, indices: &[usize]) -> Self {
        let class_of = indices.iter().map(|&i| self.class_of[i]).collect();
        Self::from_blocks(class_of, self.number_of_classes())
    }

    /// The members of a class.
    pub(super) fn block(&self, class: usize) -> &[usize] {
        &self.members[self.starts[class]..self.starts[class + 1]]
    }

    /// Number of entries that are not zero, `Σ n_c²`.
    pub(super) fn stored(&self) -> usize {
        self.blocks().map(|block| block.len() * block.len()).sum()
    }
}

impl Structure for LabelGraph {
    fn order(&self) -> usize {
        self.class_of.len()
    }

    fn entry(&self, i: usize, j: usize) -> f64 {
        match (self.class_of[i], self.class_of[j]) {
            (Some(a), Some(b)) if a == b => 1.0,
            _ => 0.0,
        }
    }

    fn add_row(&self, i: usize, weight: f64, mut row: ArrayViewMut1<f64>) {
        if let Some(class) = self.class_of[i] {
            for &j in self.block(class) {
                row[j] += weight;
            }
        }
    }

    fn degrees(&self) -> Array1<f64> {
        self.class_of.iter().map(|class| class.map_or(0.0, |class| self.block(class).len() as f64)).collect()
    }

    fn frobenius_squared(&self) -> f64 {
        self.stored() as f64
    }

    fn is_non_negative(&self) -> bool {
        true
    }

    fn join(&self, sets: &mut UnionFind) {
        for block in self.blocks() {
            sets.join_all(block.iter().copied());
        }
    }

    fn add_known(&self, weight: f64, known: &mut Known) {
        if weight > 0.0 {
            known.add_classes(self.blocks());
        }
    }

    fn low_rank(&self) -> Option<LowRankPart> {
        let factor = self.indicators();
        let core = Array2::eye(factor.ncols());
        Some(LowRankPart { factor, core })
    }
}

/// 1 between samples of one class, −1 between samples of two, 0 where a label is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContrastiveGraph {
    positives: LabelGraph,
}

impl ContrastiveGraph {
    pub(super) fn new(labels: &Labels) -> Self {
        Self { positives: LabelGraph::new(labels) }
    }

    /// The label graph `Y Yᵀ` of the same labels.
    #[must_use]
    pub fn positives(&self) -> &LabelGraph {
        &self.positives
    }

    /// `F[indices, indices]`.
    pub(super) fn restrict(&self, indices: &[usize]) -> Self {
        Self { positives: self.positives.restrict(indices) }
    }

    /// The label graph `k kᵀ` of one class: all samples of known label.
    pub(super) fn one_class(&self) -> LabelGraph {
        LabelGraph::from_blocks(self.positives.class_of.iter().map(|class| class.map(|_| 0)).collect(), 1)
    }
}

impl Structure for ContrastiveGraph {
    fn order(&self) -> usize {
        self.positives.order()
    }

    fn entry(&self, i: usize, j: usize) -> f64 {
        match (self.positives.class_of[i], self.positives.class_of[j]) {
            (Some(a), Some(b)) => {
                if a == b {
                    1.0
                } else {
                    -1.0
                }
            }
            _ => 0.0,
        }
    }

    fn add_row(&self, i: usize, weight: f64, mut row: ArrayViewMut1<f64>) {
        let LabelGraph { class_of, members, starts } = &self.positives;
        if let Some(class) = class_of[i] {
            let (start, end) = (starts[class], starts[class + 1]);
            for &j in &members[start..end] {
                row[j] += weight;
            }
            for &j in members[..start].iter().chain(&members[end..]) {
                row[j] -= weight;
            }
        }
    }

    /// Members of one class have the same row.
    fn add_to(&self, weight: f64, out: &mut ArrayViewMut2<f64>) {
        let mut row = Array1::zeros(self.order());
        for block in self.positives.blocks().filter(|block| !block.is_empty()) {
            row.fill(0.0);
            self.add_row(block[0], weight, row.view_mut());
            for &i in block {
                out.row_mut(i).scaled_add(1.0, &row);
            }
        }
    }

    fn degrees(&self) -> Array1<f64> {
        let known = self.positives.known().len() as f64;
        let of_class = |class: usize| 2.0 * self.positives.block(class).len() as f64 - known;
        self.positives.class_of.iter().map(|class| class.map_or(0.0, of_class)).collect()
    }

    fn frobenius_squared(&self) -> f64 {
        (self.positives.known().len() as f64).powi(2)
    }

    fn is_non_negative(&self) -> bool {
        self.positives.blocks().filter(|block| !block.is_empty()).count() <= 1
    }

    fn join(&self, sets: &mut UnionFind) {
        sets.join_all(self.positives.known().iter().copied());
    }

    /// Samples of different classes are not named: they meet by chance.
    fn add_known(&self, weight: f64, known: &mut Known) {
        self.positives.add_known(weight, known);
    }

    fn low_rank(&self) -> Option<LowRankPart> {
        // k is the sum of the classes' columns, so 2YYᵀ − kkᵀ = Y (2I − 11ᵀ) Yᵀ.
        let factor = self.positives.indicators();
        let core = Array2::eye(factor.ncols()) * 2.0 - 1.0;
        Some(LowRankPart { factor, core })
    }
}

impl<F: Scalar> Product<F> for LabelGraph {
    fn apply_add(&self, weight: F, x: ArrayView2<F>, out: ArrayViewMut2<F>) {
        self.add_sums(weight, &ClassSums::new(self, x, None), out);
    }

    fn apply_off_diagonal_add(&self, weight: F, x: ArrayView2<F>, out: ArrayViewMut2<F>) {
        let sums = ClassSums::new(self, x, None);
        over_rows(out, CHUNK_ROWS, |first, out| {
            self.in_known_rows(
                first,
                out,
                #[inline(always)]
                |i, class, out| add_scaled_difference(weight, sums.of(class), row(&x, i), out),
            )
        });
    }

    fn block_sums(&self, x: ArrayView2<F>, standard: Option<&Standard<F>>) -> Option<(Array2<F>, Blocks)> {
        let ClassSums { rows, width, places } = ClassSums::new(self, x, standard);
        let sums = Array2::from_shape_vec((rows.len() / width, width), rows).ok()?;
        let blocks = self.class_of.iter().map(|class| class.map(|class| places[class])).collect();
        Some((sums, Blocks::Listed(blocks)))
    }

    /// `Σ_c n_c Σ_{i ∈ c} ‖z_i − mean_c‖²` ([claim T16](crate::theory#t16)).
    fn energy(&self, z: ArrayView2<F>) -> f64 {
        let means = ClassSums::new(self, z, None).into_means(self);
        sum_over(self.order(), CHUNK_ROWS, |rows| {
            let of_row = |i: usize| {
                self.class_of[i].map_or(0.0, |class| {
                    self.block(class).len() as f64 * distance_squared(row(&z, i), means.of(class))
                })
            };
            rows.map(of_row).sum()
        })
    }

    fn laplacian_by_rows<'a>(&'a self, weight: F, z: ArrayView2<'a, F>) -> Option<AddToRows<'a, F>> {
        let means = ClassSums::new(self, z, None).into_means(self);
        Some(Box::new(move |first, out| {
            self.in_known_rows(
                first,
                out,
                #[inline(always)]
                |i, class, out| {
                    let size = self.block(class).len() as f64;
                    size * add_scaled_difference(weight * F::of(size), row(&z, i), means.of(class), out)
                },
            )
        }))
    }
}

impl LabelGraph {
    /// Adds `weight` times the sum of its class to every row of known label.
    fn add_sums<F: Scalar>(&self, weight: F, sums: &ClassSums<F>, out: ArrayViewMut2<F>) {
        over_rows(out, CHUNK_ROWS, |first, out| {
            self.in_known_rows(
                first,
                out,
                #[inline(always)]
                |_, class, out| {
                    add_scaled(weight, sums.of(class), out);
                    0.0
                },
            )
        });
    }

    /// The sum of `f(i, class, row i)` over the rows of known label among some, the first of which is `first`.
    fn in_known_rows<F: Scalar>(
        &self,
        first: usize,
        mut rows: ArrayViewMut2<F>,
        f: impl Fn(usize, usize, &mut [F]) -> f64,
    ) -> f64 {
        let k = rows.ncols();
        vectorised(
            #[inline(always)]
            || {
                let mut sum = 0.0;
                for (i, row) in (first..).zip(entries_mut(&mut rows).chunks_exact_mut(k)) {
                    if let Some(class) = self.class_of[i] {
                        sum += f(i, class, row);
                    }
                }
                sum
            },
        )
    }
}

impl<F: Scalar> Product<F> for ContrastiveGraph {
    fn apply_add(&self, weight: F, x: ArrayView2<F>, out: ArrayViewMut2<F>) {
        let mut sums = ClassSums::new(&self.positives, x, None);
        let total = sum_of_rows(x, None, self.positives.known());
        for sum in sums.rows.chunks_exact_mut(x.ncols()) {
            sum.iter_mut().zip(&total).for_each(|(sum, &total)| *sum += *sum - total);
        }
        self.positives.add_sums(weight, &sums, out);
    }

    fn quadratic(&self, x: ArrayView2<F>) -> Array2<f64> {
        Product::quadratic(&self.positives, x) * 2.0 - Product::quadratic(&self.one_class(), x)
    }

    fn energy(&self, z: ArrayView2<F>) -> f64 {
        2.0 * self.positives.energy(z) - self.one_class().energy(z)
    }
}

/// A row for each class that has members: the sum, or mean, of its members' rows.
struct ClassSums<F> {
    rows: Vec<F>,
    width: usize,
    /// Of each class its place among those that have members.
    places: Vec<usize>,
}

impl<F: Scalar> ClassSums<F> {
    /// The sums of the rows of `x`, standardised if so told.
    fn new(labels: &LabelGraph, x: ArrayView2<F>, standard: Option<&Standard<F>>) -> Self {
        let mut filled = Vec::new();
        let mut places = vec![0; labels.number_of_classes()];
        for (class, block) in labels.blocks().enumerate().filter(|(_, block)| !block.is_empty()) {
            places[class] = filled.len();
            filled.push(block);
        }
        let width = x.ncols();
        let mut rows = vec![F::zero(); filled.len() * width];
        let write =
            |(out, block): (&mut [F], &&[usize])| out.copy_from_slice(&sum_of_rows(x, standard, block));
        if labels.known().len() <= CHUNK_ROWS {
            rows.chunks_exact_mut(width).zip(&filled).for_each(write);
        } else {
            rows.par_chunks_exact_mut(width).zip(&filled).for_each(write);
        }
        Self { rows, width, places }
    }

    fn into_means(mut self, labels: &LabelGraph) -> Self {
        let sizes = labels.blocks().map(<[usize]>::len).filter(|&size| size > 0);
        for (mean, size) in self.rows.chunks_exact_mut(self.width).zip(sizes) {
            let size = F::of(size as f64);
            for entry in mean {
                *entry /= size;
            }
        }
        self
    }

    fn of(&self, class: usize) -> &[F] {
        &self.rows[self.places[class] * self.width..][..self.width]
    }
}

/// The sum of some rows of `x`, standardised if so told: in its precision over a few, in double precision over those sums.
fn sum_of_rows<F: Scalar>(x: ArrayView2<F>, standard: Option<&Standard<F>>, rows: &[usize]) -> Vec<F> {
    let partial = |rows: &[usize]| {
        let mut sum = vec![F::zero(); x.ncols()];
        vectorised(
            #[inline(always)]
            || {
                for &i in rows {
                    match standard {
                        Some(standard) => standard.map(row(&x, i), &mut sum, |entry, sum| *sum += entry),
                        None => add_scaled(F::one(), row(&x, i), &mut sum),
                    }
                }
            },
        );
        sum
    };
    if rows.len() <= SUMMED_ROWS {
        return partial(rows);
    }
    let partials: Vec<Vec<F>> = rows.par_chunks(SUMMED_ROWS).map(partial).collect();
    let total = |column: usize| F::of(partials.iter().map(|partial| partial[column].as_f64()).sum());
    (0..x.ncols()).map(total).collect()
}
