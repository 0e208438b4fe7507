//! Sparse graphs: a list of pairs with their weights, stored row by row (CSR).

use std::sync::Arc;

use ndarray::{Array1, ArrayView2, ArrayViewMut1, ArrayViewMut2};

use super::known::Known;
use super::product::{AddToRows, CHUNK_ROWS, Product};
use super::rows::{add_scaled, add_scaled_difference, distance_squared};
use super::structure::{Structure, check_size};
use crate::error::{Error, Result};
use crate::linalg::rows::{entries, entries_mut, over_rows, row, sum_over};
use crate::linalg::scale::largest;
use crate::scalar::{Scalar, vectorised};
use crate::union_find::UnionFind;

/// The stored entries of each row, columns ascending; both `(i, j)` and `(j, i)` are stored. Copies share them.
#[derive(Clone, Debug, PartialEq)]
pub struct PairGraph {
    /// Row `i` is `columns[starts[i]..starts[i + 1]]`, and the same part of `values`.
    starts: Arc<Vec<usize>>,
    columns: Arc<Vec<usize>>,
    values: Arc<Vec<f64>>,
}

impl PairGraph {
    pub(super) fn new(samples: usize, pairs: impl IntoIterator<Item = (usize, usize, f64)>) -> Result<Self> {
        if samples == 0 {
            return Err(Error::Empty { argument: "samples", expected: "sample" });
        }
        let mut upper = Vec::new();
        for (i, j, weight) in pairs {
            let (row, column) = (i.min(j), i.max(j));
            if column >= samples {
                return Err(Error::Domain {
                    argument: "index of a pair",
                    value: column as f64,
                    must: "below the number of samples",
                });
            }
            if !weight.is_finite() {
                return Err(Error::NotFinite { argument: "pairs", index: vec![i, j], value: weight });
            }
            check_size("weight of a pair", weight)?;
            upper.push((row, column, weight));
        }
        // Stable: of two conflicting weights the error names the earlier one first.
        let mut upper = sorted_by(samples, &sorted_by(samples, &upper, |pair| pair.1), |pair| pair.0);
        for pair in upper.windows(2) {
            let ((row, column, first), (next_row, next_column, second)) = (pair[0], pair[1]);
            #[allow(clippy::float_cmp)] // a nearly equal weight is a different answer
            if (row, column) == (next_row, next_column) && first != second {
                return Err(Error::Conflict { argument: "pairs", row, column, first, second });
            }
        }
        upper.dedup_by_key(|&mut (row, column, _)| (row, column));
        upper.retain(|&(_, _, weight)| weight != 0.0);
        Ok(Self::from_upper(samples, &upper))
    }

    /// From distinct entries `i ≤ j` in row-major order.
    pub(super) fn from_upper(samples: usize, upper: &[(usize, usize, f64)]) -> Self {
        let mut starts = vec![0; samples + 1];
        for &(i, j, _) in upper {
            starts[i + 1] += 1;
            if i != j {
                starts[j + 1] += 1;
            }
        }
        for row in 0..samples {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let mut columns = vec![0; starts[samples]];
        let mut values = vec![0.0; starts[samples]];
        let mut store = |row: usize, column: usize, value: f64| {
            columns[next[row]] = column;
            values[next[row]] = value;
            next[row] += 1;
        };
        // Row r first receives its mirrored entries (i, r), i < r, then its own: columns ascend.
        for &(i, j, value) in upper {
            store(i, j, value);
            if i != j {
                store(j, i, value);
            }
        }
        Self { starts: Arc::new(starts), columns: Arc::new(columns), values: Arc::new(values) }
    }

    /// Number of stored entries, mirror images included.
    #[must_use]
    pub fn stored(&self) -> usize {
        self.values.len()
    }

    /// Every stored entry `(i, j, weight)` in row-major order, mirror images included.
    pub fn entries(&self) -> impl Iterator<Item = (usize, usize, f64)> + '_ {
        (0..self.order()).flat_map(|i| self.row(i).map(move |(j, value)| (i, j, value)))
    }

    /// The stored entries `(j, weight)` of row `i`; none past the end.
    pub fn row(&self, i: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = if i < self.order() { self.starts[i]..self.starts[i + 1] } else { 0..0 };
        self.columns[range.clone()].iter().copied().zip(self.values[range].iter().copied())
    }

    fn edges(&self) -> impl Iterator<Item = (usize, usize, f64)> + '_ {
        self.entries().filter(|&(i, j, _)| i < j)
    }

    /// `F[indices, indices]`.
    pub(super) fn restrict(&self, indices: &[usize]) -> Self {
        let mut copies_of = vec![Vec::new(); self.order()];
        for (copy, &i) in indices.iter().enumerate() {
            copies_of[i].push(copy);
        }
        let mut upper = Vec::new();
        for (row, &i) in indices.iter().enumerate() {
            let first = upper.len();
            for (j, value) in self.row(i) {
                let columns = copies_of[j].iter().filter(|&&column| row <= column);
                upper.extend(columns.map(|&column| (row, column, value)));
            }
            upper[first..].sort_unstable_by_key(|&(_, column, _)| column);
        }
        Self::from_upper(indices.len(), &upper)
    }

    /// `diag(s) F diag(s)`.
    pub(super) fn scaled(&self, s: &Array1<f64>) -> Self {
        let mut scaled = self.clone();
        let values = Arc::make_mut(&mut scaled.values);
        for i in 0..self.order() {
            for position in self.starts[i]..self.starts[i + 1] {
                values[position] *= s[i] * s[self.columns[position]];
            }
        }
        scaled
    }
}

type Pair = (usize, usize, f64);

/// The pairs in the order of a key below `keys`, those with the same key in the order given: a counting sort.
fn sorted_by(keys: usize, pairs: &[Pair], key: impl Fn(&Pair) -> usize) -> Vec<Pair> {
    let mut next = vec![0; keys + 1];
    for pair in pairs {
        next[key(pair) + 1] += 1;
    }
    for key in 0..keys {
        next[key + 1] += next[key];
    }
    let mut sorted = vec![(0, 0, 0.0); pairs.len()];
    for pair in pairs {
        sorted[next[key(pair)]] = *pair;
        next[key(pair)] += 1;
    }
    sorted
}

impl Structure for PairGraph {
    fn order(&self) -> usize {
        self.starts.len() - 1
    }

    fn entry(&self, i: usize, j: usize) -> f64 {
        let range = self.starts[i]..self.starts[i + 1];
        match self.columns[range.clone()].binary_search(&j) {
            Ok(position) => self.values[range.start + position],
            Err(_) => 0.0,
        }
    }

    fn bound(&self) -> f64 {
        largest(&*self.values)
    }

    fn add_row(&self, i: usize, weight: f64, mut row: ArrayViewMut1<f64>) {
        for (j, value) in self.row(i) {
            row[j] += weight * value;
        }
    }

    fn degrees(&self) -> Array1<f64> {
        (0..self.order()).map(|i| self.row(i).map(|(_, value)| value).sum()).collect()
    }

    fn off_diagonal_degrees(&self) -> [Array1<f64>; 2] {
        let of_row = |i: usize| self.row(i).filter(|&(j, _)| i != j).map(|(_, value)| value).sum();
        let degrees: Array1<f64> = (0..self.order()).map(of_row).collect();
        [degrees.clone(), degrees]
    }

    fn frobenius_squared(&self) -> f64 {
        self.values.iter().map(|value| value * value).sum()
    }

    fn is_non_negative(&self) -> bool {
        self.values.iter().all(|&value| value >= 0.0)
    }

    fn join(&self, sets: &mut UnionFind) {
        for (i, j, _) in self.edges() {
            sets.join(i, j);
        }
    }

    fn add_known(&self, weight: f64, known: &mut Known) {
        self.edges().for_each(|(i, j, value)| known.add_entry(i, j, weight * value));
    }
}

impl<F: Scalar> Product<F> for PairGraph {
    fn apply_add(&self, weight: F, x: ArrayView2<F>, out: ArrayViewMut2<F>) {
        let k = x.ncols();
        let x = entries(&x);
        over_rows(out, CHUNK_ROWS, |first, mut out| {
            vectorised(
                #[inline(always)]
                || {
                    for (i, out) in (first..).zip(entries_mut(&mut out).chunks_exact_mut(k)) {
                        self.add_row_product(i, weight, x, out);
                    }
                    0.0
                },
            )
        });
    }

    fn apply_off_diagonal_add(&self, weight: F, x: ArrayView2<F>, out: ArrayViewMut2<F>) {
        over_rows(out, CHUNK_ROWS, |first, out| {
            self.in_rows(
                x,
                first,
                out,
                #[inline(always)]
                |on_diagonal, value, _, other, out| {
                    if !on_diagonal {
                        add_scaled(weight * F::of(value), other, out);
                    }
                    0.0
                },
            )
        });
    }

    fn energy(&self, z: ArrayView2<F>) -> f64 {
        sum_over(self.order(), CHUNK_ROWS, |rows| {
            let of_row = |i: usize| {
                let pairs = self.row(i).filter(|&(j, _)| i < j);
                pairs.map(|(j, value)| value * distance_squared(row(&z, i), row(&z, j))).sum::<f64>()
            };
            rows.map(of_row).sum()
        })
    }

    fn laplacian_by_rows<'a>(&'a self, weight: F, z: ArrayView2<'a, F>) -> Option<AddToRows<'a, F>> {
        Some(Box::new(move |first, out| {
            0.5 * self.in_rows(
                z,
                first,
                out,
                #[inline(always)]
                |_, value, own, other, out| {
                    value * add_scaled_difference(weight * F::of(value), own, other, out)
                },
            )
        }))
    }
}

impl PairGraph {
    /// Adds `weight` times row `i` times the matrix of entries `x` to `out`, some columns at a time, whose sums stay in registers.
    #[inline(always)]
    fn add_row_product<F: Scalar>(&self, i: usize, weight: F, x: &[F], out: &mut [F]) {
        let k = out.len();
        let mut column = 0;
        while column < k {
            let (x, out) = (&x[column..], &mut out[column..]);
            column += match out.len() {
                16.. => self.add_columns::<F, 16>(i, weight, x, k, out),
                8.. => self.add_columns::<F, 8>(i, weight, x, k, out),
                4.. => self.add_columns::<F, 4>(i, weight, x, k, out),
                2.. => self.add_columns::<F, 2>(i, weight, x, k, out),
                _ => self.add_columns::<F, 1>(i, weight, x, k, out),
            };
        }
    }

    /// The first `W` columns of [`Self::add_row_product`], where rows of `x` begin every `k` entries; `W`.
    #[inline(always)]
    fn add_columns<F: Scalar, const W: usize>(
        &self,
        i: usize,
        weight: F,
        x: &[F],
        k: usize,
        out: &mut [F],
    ) -> usize {
        let stored = self.starts[i]..self.starts[i + 1];
        let mut sums = [F::zero(); W];
        sums.copy_from_slice(&out[..W]);
        for (&j, &value) in self.columns[stored.clone()].iter().zip(&self.values[stored]) {
            let (scale, x) = (weight * F::of(value), &x[j * k..][..W]);
            for lane in 0..W {
                sums[lane] += scale * x[lane];
            }
        }
        out[..W].copy_from_slice(&sums);
        W
    }

    /// The sum of `f(i = j, entry, row i of x, row j of x, row i of out)` over the entries `(i, j)` in some rows, the first of
    /// which is `first`.
    fn in_rows<F: Scalar>(
        &self,
        x: ArrayView2<F>,
        first: usize,
        mut out: ArrayViewMut2<F>,
        f: impl Fn(bool, f64, &[F], &[F], &mut [F]) -> f64,
    ) -> f64 {
        let k = x.ncols();
        vectorised(
            #[inline(always)]
            || {
                let mut sum = 0.0;
                for (i, out) in (first..).zip(entries_mut(&mut out).chunks_exact_mut(k)) {
                    for (j, value) in self.row(i) {
                        sum += f(i == j, value, row(&x, i), row(&x, j), out);
                    }
                }
                sum
            },
        )
    }
}
