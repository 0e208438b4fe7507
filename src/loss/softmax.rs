//! The softmax over all other rows, for every row, by blocks of pairs ([claim T17](crate::theory#t17)).
//!
//! Cosines are symmetric: each block of pairs is computed once for both of its sides. Blocks are scheduled as the games of
//! a tournament: in a round every block of rows meets one other, so that no two tasks of a round write to the same rows,
//! and every row adds up its games in the same order for any number of threads.

use std::mem::swap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::linalg::rows::{entries, entries_mut};
use crate::linalg::{add_product_on_this_thread, write_product_on_this_thread};
use crate::scalar::Scalar;

/// Fewest and most rows of a block. Part of the results' last bits: a function of the number of rows alone.
const BLOCK_ROWS: (usize, usize) = (64, 256);
/// Most rows for which the exponentials of all pairs are kept from [`Softmax::log_sums`] to [`Summed::add_pulls`].
const MOST_KEPT: usize = 4 * BLOCK_ROWS.1;

/// Unit rows and a temperature.
pub(super) struct Softmax<'a, F> {
    units: ArrayView2<'a, F>,
    sharpness: F,
    /// All exponentials relative to that of 1, the largest cosine: then they are symmetric, too. Without a common shift
    /// those of low temperatures would vanish, and each row is taken relative to its largest.
    common_shift: bool,
    block_rows: usize,
    /// The exponentials of each block of pairs that [`Self::log_sums`] leaves for [`Summed::add_pulls`], if there are few.
    kept: Vec<Mutex<Array2<F>>>,
}

/// `log Σ_{j≠i} exp(⟨u_i, u_j⟩ / τ)` of a row, by its parts.
#[derive(Clone, Copy, Debug)]
struct LogSum<F> {
    /// What was taken off the exponents.
    shift: F,
    /// The sum of the exponentials.
    sum: f64,
}

impl<'a, F: Scalar> Softmax<'a, F> {
    /// `units`: rows of length one, `(n, k)`.
    pub(super) fn new(units: ArrayView2<'a, F>, temperature: f64) -> Self {
        // The least exponential, of cosine −1, is a normal number with digits to spare.
        let common_shift = -2.0 / temperature > 0.9 * F::min_positive_value().as_f64().ln();
        let block_rows = (units.nrows() / 4).next_multiple_of(16).clamp(BLOCK_ROWS.0, BLOCK_ROWS.1);
        let blocks = units.nrows().div_ceil(block_rows);
        let kept = if common_shift && units.nrows() <= MOST_KEPT { blocks * blocks } else { 0 };
        let kept = (0..kept).map(|_| Mutex::new(Array2::zeros((0, 0)))).collect();
        Self { units, sharpness: F::of(temperature.recip()), common_shift, block_rows, kept }
    }

    /// The log-sum of every row. `n² k / 2` multiplications.
    pub(super) fn log_sums(self) -> (Vec<f64>, Summed<'a, F>) {
        let shift = if self.common_shift { self.sharpness } else { F::neg_infinity() };
        let mut sums = vec![LogSum { shift, sum: 0.0 }; self.units.nrows()];
        Self::play(sums.chunks_mut(self.block_rows).collect(), |scratch, (i, rows), other| {
            let j = other.as_ref().map_or(i, |(j, _)| *j);
            self.cosines(scratch, i, j);
            let columns = other.map(|(_, columns)| &mut **columns);
            let work = if self.common_shift {
                Work::AddCommon(rows, columns)
            } else {
                Work::AddRelative(rows, columns)
            };
            Arch::new().dispatch(OnBlock { sharpness: self.sharpness, block: scratch.view_mut(), work });
            if let Some(mut kept) = self.kept(i, j) {
                swap(&mut *kept, scratch);
            }
        });
        (sums.iter().map(|LogSum { shift, sum }| shift.as_f64() + sum.ln()).collect(), Summed(self))
    }

    /// Calls `game(scratch, (i, part i), Some((j, part j)))` for every two blocks of rows, and `game(scratch, (i, part i),
    /// None)` for every one alone; `parts` are what belongs to each block.
    fn play<P: Send>(
        parts: Vec<P>,
        game: impl Fn(&mut Array2<F>, (usize, &mut P), Option<(usize, &mut P)>) + Sync,
    ) {
        let blocks = parts.len();
        // One a thread: a task does not leave its thread.
        let threads = rayon::current_num_threads() + 1;
        let scratch: Vec<Mutex<Array2<F>>> =
            (0..threads).map(|_| Mutex::new(Array2::zeros((0, 0)))).collect();
        let game = |first: (usize, &mut P), second: Option<(usize, &mut P)>| {
            let thread = rayon::current_thread_index().map_or(0, |index| index + 1);
            let mut scratch = scratch[thread % threads].lock().unwrap_or_else(PoisonError::into_inner);
            game(&mut scratch, first, second);
        };
        let mut parts: Vec<Option<P>> = parts.into_iter().map(Some).collect();
        parts.par_iter_mut().enumerate().for_each(|(i, part)| {
            if let Some(part) = part {
                game((i, part), None);
            }
        });
        // With an odd number of blocks one pauses each round: that which would meet the last of an even number.
        let players = blocks.next_multiple_of(2);
        for round in 0..players - 1 {
            let mut games = Vec::new();
            for position in 0..players / 2 {
                let (i, j) = opponents(players, round, position);
                if j < blocks
                    && let (Some(first), Some(second)) = (parts[i].take(), parts[j].take())
                {
                    games.push((i, first, j, second));
                }
            }
            games.par_iter_mut().for_each(|(i, first, j, second)| game((*i, first), Some((*j, second))));
            for (i, first, j, second) in games {
                parts[i] = Some(first);
                parts[j] = Some(second);
            }
        }
    }

    /// Writes the cosines of the rows of block `i` with those of block `j` over `scratch`; −∞ between a row and itself.
    fn cosines(&self, scratch: &mut Array2<F>, i: usize, j: usize) {
        let (rows, columns) = (self.rows(i), self.rows(j));
        if scratch.dim() != (rows.nrows(), columns.nrows()) {
            *scratch = Array2::zeros((rows.nrows(), columns.nrows()));
        }
        write_product_on_this_thread(rows, columns.reversed_axes(), scratch.view_mut());
        if i == j {
            scratch.diag_mut().fill(F::neg_infinity());
        }
    }

    fn kept(&self, i: usize, j: usize) -> Option<MutexGuard<'_, Array2<F>>> {
        let blocks = self.units.nrows().div_ceil(self.block_rows);
        Some(self.kept.get(i * blocks + j)?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn rows(&self, block: usize) -> ArrayView2<'_, F> {
        let first = block * self.block_rows;
        self.units.slice(s![first..(first + self.block_rows).min(self.units.nrows()), ..])
    }
}

/// The exponentials that the sums of the rows left behind; they are used up by what is done with them.
pub(super) struct Summed<'a, F>(Softmax<'a, F>);

impl<F: Scalar> Summed<'_, F> {
    /// Adds `Σ_j (q_ij [i kept] + q_ji [j kept]) u_j` to row `i` of `out`, `q_ij` the softmax of row `i`; rows whose
    /// `log_sums` are infinite are not kept. `3 n² k / 2` multiplications.
    pub(super) fn add_pulls(self, log_sums: &[f64], mut out: ArrayViewMut2<F>) {
        let softmax = self.0;
        let weights: Vec<F> = if softmax.common_shift {
            log_sums.iter().map(|log_sum| F::of((softmax.sharpness.as_f64() - log_sum).exp())).collect()
        } else {
            log_sums.iter().map(|&log_sum| F::of(log_sum)).collect()
        };
        let block_weights = |i: usize| {
            let first = i * softmax.block_rows;
            &weights[first..(first + softmax.block_rows).min(weights.len())]
        };
        Softmax::<F>::play(
            out.axis_chunks_iter_mut(Axis(0), softmax.block_rows).collect(),
            |scratch, (i, pulls), other| {
                let j = other.as_ref().map_or(i, |(j, _)| *j);
                let (rows, columns) = (block_weights(i), block_weights(j));
                let work = if let Some(mut kept) = softmax.kept(i, j) {
                    swap(&mut *kept, scratch);
                    Work::PullsKept(rows, columns)
                } else {
                    softmax.cosines(scratch, i, j);
                    if softmax.common_shift {
                        Work::PullsCommon(rows, columns)
                    } else {
                        Work::PullsRelative(rows, columns)
                    }
                };
                Arch::new().dispatch(OnBlock {
                    sharpness: softmax.sharpness,
                    block: scratch.view_mut(),
                    work,
                });
                add_product_on_this_thread(scratch.view(), softmax.rows(j), pulls.view_mut());
                if let Some((_, pulls)) = other {
                    add_product_on_this_thread(scratch.t(), softmax.rows(i), pulls.view_mut());
                }
            },
        );
    }
}

/// The two, smaller first, that meet at a position of a round of a tournament of an even number of players.
fn opponents(players: usize, round: usize, position: usize) -> (usize, usize) {
    let ring = players - 1;
    if position == 0 {
        return (round, ring);
    }
    let (a, b) = ((round + position) % ring, (round + ring - position) % ring);
    (a.min(b), a.max(b))
}

/// What is done with a block of cosines, in vector code.
struct OnBlock<'b, F> {
    sharpness: F,
    block: ArrayViewMut2<'b, F>,
    work: Work<'b, F>,
}

/// The operation, with what belongs to the block's rows and columns; which of the two variants is right is said by
/// [`Softmax::common_shift`].
enum Work<'b, F> {
    AddCommon(&'b mut [LogSum<F>], Option<&'b mut [LogSum<F>]>),
    AddRelative(&'b mut [LogSum<F>], Option<&'b mut [LogSum<F>]>),
    PullsCommon(&'b [F], &'b [F]),
    PullsKept(&'b [F], &'b [F]),
    PullsRelative(&'b [F], &'b [F]),
}

impl<F: Scalar> WithSimd for OnBlock<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { sharpness, block, work } = self;
        match work {
            Work::AddCommon(rows, columns) => add_common(sharpness, block, rows, columns),
            Work::AddRelative(rows, columns) => add_relative(sharpness, block, rows, columns),
            Work::PullsCommon(rows, columns) => {
                pulls(
                    block,
                    rows,
                    columns,
                    #[inline(always)]
                    |row| exponentials(sharpness, sharpness, row),
                );
            }
            Work::PullsKept(rows, columns) => pulls(
                block,
                rows,
                columns,
                #[inline(always)]
                |_| (),
            ),
            Work::PullsRelative(rows, columns) => pulls_relative(sharpness, block, rows, columns),
        }
    }
}

/// Adds the exponentials of a block of cosines to the sums of its rows and, unless the block is on the diagonal, of its
/// columns.
#[inline(always)]
fn add_common<F: Scalar>(
    sharpness: F,
    mut block: ArrayViewMut2<F>,
    rows: &mut [LogSum<F>],
    columns: Option<&mut [LogSum<F>]>,
) {
    let mut totals = vec![F::zero(); block.ncols()];
    for (mut row, own) in block.rows_mut().into_iter().zip(rows.iter_mut()) {
        let row = entries_mut(&mut row);
        exponentials(sharpness, sharpness, row);
        own.sum += sum(row);
        if columns.is_some() {
            for (total, &entry) in totals.iter_mut().zip(&*row) {
                *total += entry;
            }
        }
    }
    if let Some(columns) = columns {
        columns.iter_mut().zip(&totals).for_each(|(column, total)| column.sum += total.as_f64());
    }
}

/// The same, relative to the largest cosine so far of each row and column.
#[inline(always)]
fn add_relative<F: Scalar>(
    sharpness: F,
    mut block: ArrayViewMut2<F>,
    rows: &mut [LogSum<F>],
    columns: Option<&mut [LogSum<F>]>,
) {
    if let Some(columns) = columns {
        let mut largest = vec![F::neg_infinity(); block.ncols()];
        for row in block.rows() {
            for (largest, &entry) in largest.iter_mut().zip(entries(&row)) {
                *largest = larger(*largest, entry);
            }
        }
        for (column, &largest) in columns.iter_mut().zip(&largest) {
            column.raise_to(largest * sharpness);
        }
        let shifts: Vec<F> = columns.iter().map(|column| column.shift).collect();
        let mut totals = vec![F::zero(); block.ncols()];
        for row in block.rows() {
            for ((total, &shift), &entry) in totals.iter_mut().zip(&shifts).zip(entries(&row)) {
                *total += (entry * sharpness - shift).branchless_exp();
            }
        }
        columns.iter_mut().zip(&totals).for_each(|(column, total)| column.sum += total.as_f64());
    }
    for (mut row, own) in block.rows_mut().into_iter().zip(rows) {
        let row = entries_mut(&mut row);
        let largest = row.iter().fold(F::neg_infinity(), |largest, &entry| larger(largest, entry));
        own.raise_to(largest * sharpness);
        if own.shift > F::neg_infinity() {
            exponentials(sharpness, own.shift, row);
            own.sum += sum(row);
        }
    }
}

impl<F: Scalar> LogSum<F> {
    /// Makes the shift at least `shift`.
    fn raise_to(&mut self, shift: F) {
        if shift > self.shift {
            self.sum *= (self.shift - shift).as_f64().exp();
            self.shift = shift;
        }
    }
}

/// `e (w_i + w_j)` over exponentials `e`, which `exponentiate` makes of every row.
#[inline(always)]
fn pulls<F: Scalar>(mut block: ArrayViewMut2<F>, rows: &[F], columns: &[F], exponentiate: impl Fn(&mut [F])) {
    for (mut row, &own) in block.rows_mut().into_iter().zip(rows) {
        let row = entries_mut(&mut row);
        exponentiate(row);
        for (entry, &other) in row.iter_mut().zip(columns) {
            *entry *= own + other;
        }
    }
}

/// `exp(c / τ − l_i) + exp(c / τ − l_j)` over cosines `c`.
#[inline(always)]
fn pulls_relative<F: Scalar>(sharpness: F, mut block: ArrayViewMut2<F>, rows: &[F], columns: &[F]) {
    for (mut row, &own) in block.rows_mut().into_iter().zip(rows) {
        for (entry, &other) in entries_mut(&mut row).iter_mut().zip(columns) {
            let exponent = *entry * sharpness;
            *entry = (exponent - own).branchless_exp() + (exponent - other).branchless_exp();
        }
    }
}

/// `exp(c · sharpness − shift)` over cosines `c`.
#[inline(always)]
fn exponentials<F: Scalar>(sharpness: F, shift: F, row: &mut [F]) {
    for entry in row {
        *entry = (*entry * sharpness - shift).branchless_exp();
    }
}

/// `Σ row_j`, in sixteen running sums.
#[inline(always)]
fn sum<F: Scalar>(row: &[F]) -> f64 {
    const LANES: usize = 16;
    let mut sums = [F::zero(); LANES];
    let mut chunks = row.chunks_exact(LANES);
    for chunk in chunks.by_ref() {
        for lane in 0..LANES {
            sums[lane] += chunk[lane];
        }
    }
    sums.iter_mut().zip(chunks.remainder()).for_each(|(sum, &entry)| *sum += entry);
    sums.iter().map(|sum| sum.as_f64()).sum()
}

/// The larger of two numbers of which neither is NaN.
#[inline(always)]
fn larger<F: Scalar>(a: F, b: F) -> F {
    if a > b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::opponents;

    #[test]
    fn everyone_meets_everyone_once_and_one_at_a_time() {
        for players in [2, 4, 6, 10, 64] {
            let mut met = vec![0; players * players];
            for round in 0..players - 1 {
                let mut busy = vec![0; players];
                for position in 0..players / 2 {
                    let (i, j) = opponents(players, round, position);
                    assert!(i < j);
                    met[i * players + j] += 1;
                    busy[i] += 1;
                    busy[j] += 1;
                }
                assert_eq!(busy, vec![1; players]);
            }
            assert_eq!(met.iter().sum::<usize>(), players * (players - 1) / 2);
            assert!(met.iter().all(|&times| times <= 1));
        }
    }
}
