//! Convolutions: the same dense layer on every patch of an image.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

use super::gather::ColumnTable;
use super::shape::reshaped;
use crate::Scalar;
use crate::autodiff::Var;
use crate::error::{Error, Result};
use crate::linalg::rows::{entries, entries_mut, in_rows};
use crate::linalg::{add_product_on_this_thread, write_product_on_this_thread};

/// Entries of the patches that one thread holds at a time: about what stays in its cache.
const PATCH_ENTRIES: usize = 1 << 17;
/// Parts of a batch that are summed one after another, for sums that do not depend on the number of threads.
const PARTS: usize = 16;

impl<'t, F: Scalar> Var<'t, F> {
    /// A convolution, `(m, c q)` from `(m, patches.inputs())`: on each of the `c` patches of `k` entries that the table copies
    /// out of a row, the dense layer with weights `B` `(k, q)` and bias `b` `(1, q)`; `2 m c k q` flops.
    ///
    /// The value is that of [`gather_columns`](Self::gather_columns), [`affine`](Self::affine) and the
    /// [reshapes](Self::reshape) around it, but the patches, `k / q` times as large, are made a few rows at a time and
    /// forgotten: a thread holds about 2¹⁷ of their entries. Back: `B̄ = Σ Pᵀ Ȳ` over the patches `P`, `b̄ = 1ᵀ Ȳ`, and `Ȳ Bᵀ` to
    /// the columns that were copied; the same bits for any number of threads.
    ///
    /// # Errors
    /// [`Error::Operands`] if there are not `patches.inputs()` columns, if `patches.outputs()` is no multiple of `k`, or if the
    /// bias is not `(1, q)`; [`Error::OtherTape`].
    pub fn convolve(self, patches: &ColumnTable, weights: Var<'t, F>, bias: Var<'t, F>) -> Result<Self> {
        weights.check_on(self.tape(), "convolve")?;
        bias.check_on(self.tape(), "convolve")?;
        let (x, b, c) = (self.value(), weights.value(), bias.value());
        let (k, q) = b.dim();
        if x.ncols() != patches.inputs() || k == 0 || !patches.outputs().is_multiple_of(k) {
            return Err(Error::Operands { op: "convolve", left: x.dim(), right: b.dim() });
        }
        if c.dim() != (1, q) {
            return Err(Error::Operands { op: "convolve", left: b.dim(), right: c.dim() });
        }
        let layer = Layer { table: patches.clone(), k };
        let dim = x.dim();
        let x = reshaped(x, dim); // in row-major order
        let mut y = Array2::zeros((x.nrows() * layer.count(), q));
        let together = layer.rows_together();
        y.axis_chunks_iter_mut(Axis(0), (together * layer.count()).max(1))
            .into_par_iter()
            .zip(x.axis_chunks_iter(Axis(0), together))
            .for_each_init(
                || layer.room(),
                |room, (mut y, x)| {
                    let patches = layer.patches(x, room);
                    y.assign(&c);
                    add_product_on_this_thread(patches, b.view(), y);
                },
            );
        let value = reshaped(y.into_shared(), (x.nrows(), layer.count() * q));
        let (to_x, to_weights, to_bias) = (self.target(), weights.target(), bias.target());
        Ok(self.tape().record(&[self, weights, bias], value, move |g, cotangents| {
            let g = reshaped(g.into_shared(), (x.nrows() * layer.count(), q));
            cotangents.add(to_bias, || g.sum_axis(Axis(0)).insert_axis(Axis(0)));
            cotangents.add(to_weights, || layer.of_weights(x.view(), g.view()));
            cotangents.add_with(to_x, dim, |sum| {
                in_rows(g.view(), sum, |g, sum| layer.add_of_inputs(sum, g, b.view()));
            });
        }))
    }
}

/// Patches of `k` entries each.
struct Layer {
    table: ColumnTable,
    k: usize,
}

impl Layer {
    /// Patches a row.
    fn count(&self) -> usize {
        self.table.outputs() / self.k
    }

    /// Rows whose patches are held at a time.
    fn rows_together(&self) -> usize {
        (PATCH_ENTRIES / self.table.outputs().max(1)).max(1)
    }

    /// For the patches of so many rows. What the table leaves out is zero, and stays so.
    fn room<F: Scalar>(&self) -> Array2<F> {
        Array2::zeros((self.rows_together() * self.count(), self.k))
    }

    /// The patches of a few rows, one each row of the result.
    fn patches<'r, F: Scalar>(&self, x: ArrayView2<F>, room: &'r mut Array2<F>) -> ArrayView2<'r, F> {
        let rows = x.nrows() * self.count();
        if self.table.outputs() > 0 {
            let patches = entries_mut(room).chunks_exact_mut(self.table.outputs());
            for (patches, row) in patches.zip(x.rows()) {
                self.table.copy_row(entries(&row), patches);
            }
        }
        room.slice(s![..rows, ..])
    }

    /// `Σ Pᵀ Ȳ`, part after part of the batch.
    fn of_weights<F: Scalar>(&self, x: ArrayView2<F>, g: ArrayView2<F>) -> Array2<F> {
        let (count, together) = (self.count().max(1), self.rows_together());
        let part = x.nrows().div_ceil(PARTS).max(1);
        let sums: Vec<Array2<F>> = x
            .axis_chunks_iter(Axis(0), part)
            .into_par_iter()
            .zip(g.axis_chunks_iter(Axis(0), part * count))
            .map_init(
                || self.room(),
                |room, (x, g)| {
                    let mut sum = Array2::zeros((self.k, g.ncols()));
                    let few = g.axis_chunks_iter(Axis(0), together * count);
                    for (x, g) in x.axis_chunks_iter(Axis(0), together).zip(few) {
                        add_product_on_this_thread(self.patches(x, room).t(), g, sum.view_mut());
                    }
                    sum
                },
            )
            .collect();
        sums.into_iter().fold(Array2::zeros((self.k, g.ncols())), |total, sum| total + sum)
    }

    /// Adds `Ȳ Bᵀ` to the columns that the patches are copies of.
    fn add_of_inputs<F: Scalar>(&self, mut sum: ArrayViewMut2<F>, g: ArrayView2<F>, b: ArrayView2<F>) {
        let (count, together) = (self.count().max(1), self.rows_together());
        sum.axis_chunks_iter_mut(Axis(0), together)
            .into_par_iter()
            .zip(g.axis_chunks_iter(Axis(0), together * count))
            .for_each_init(
                || self.room(),
                |room, (mut sum, g)| {
                    write_product_on_this_thread(g, b.t(), room.slice_mut(s![..g.nrows(), ..]));
                    let patches = entries(room).chunks_exact(self.table.outputs().max(1));
                    for (mut row, patches) in sum.rows_mut().into_iter().zip(patches) {
                        self.table.add_back(patches, entries_mut(&mut row));
                    }
                },
            );
    }
}
