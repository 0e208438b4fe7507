//! Convolutions: the same dense layer on every patch of an image.

use std::sync::{Mutex, PoisonError};

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

use super::epilogue::Epilogue;
use super::gather::ColumnTable;
use super::shape::reshaped;
use crate::Scalar;
use crate::autodiff::Var;
use crate::error::{Error, Result};
use crate::linalg::rows::{PARTIAL_SUMS, entries, entries_mut};
use crate::linalg::{add_product_on_this_thread, write_product_on_this_thread};
use crate::scalar::vectorised;

/// Entries of the patches that one thread holds at a time: about what stays in its cache.
const PATCH_ENTRIES: usize = 1 << 16;

impl<'t, F: Scalar> Var<'t, F> {
    /// A convolution, `(m, c q)` from `(m, patches.inputs())`: on each of the `c` patches of `k` entries that the table copies
    /// out of a row, the dense layer with weights `B` `(k, q)` and bias `b` `(1, q)`, then the epilogue; `2 m c k q` flops.
    ///
    /// The value is that of [`gather_columns`](Self::gather_columns), [`affine`](Self::affine) and the
    /// [reshapes](Self::reshape) around it, but the patches, `k / q` times as large, are made a few rows at a time and
    /// forgotten: a thread holds about 2¹⁶ of their entries. Back: `B̄ = Σ Pᵀ Ȳ` over the patches `P`, `b̄ = 1ᵀ Ȳ`, and `Ȳ Bᵀ` to
    /// the columns that were copied; the same bits for any number of threads.
    ///
    /// # Errors
    /// [`Error::Operands`] if there are not `patches.inputs()` columns, if `patches.outputs()` is no multiple of `k`, or if the
    /// bias is not `(1, q)`; [`Error::OtherTape`].
    pub fn convolve(
        self,
        patches: &ColumnTable,
        weights: Var<'t, F>,
        bias: Var<'t, F>,
        epilogue: Epilogue,
    ) -> Result<Self> {
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
        let layer = Layer { table: patches.clone(), k, epilogue };
        let dim = x.dim();
        let x = reshaped(x, dim); // in row-major order
        let rooms = Rooms::new(|| self.tape().room(layer.room()));
        let mut y = self.tape().room((x.nrows() * layer.count(), q));
        let together = layer.rows_together();
        y.axis_chunks_iter_mut(Axis(0), (together * layer.count()).max(1))
            .into_par_iter()
            .zip(x.axis_chunks_iter(Axis(0), together))
            .for_each(|(mut y, x)| {
                rooms.with(|room| {
                    y.assign(&c);
                    add_product_on_this_thread(layer.patches(x, room), b.view(), y.view_mut());
                });
                vectorised(|| layer.epilogue.apply(entries_mut(&mut y)));
            });
        rooms.into_each(|room| self.tape().give(room));
        let y = reshaped(y.into_shared(), (x.nrows(), layer.count() * q));
        let value = y.clone();
        let (to_x, to_weights, to_bias) = (self.target(), weights.target(), bias.target());
        Ok(self.tape().record(&[self, weights, bias], value, move |g, cotangents| {
            let g = reshaped(g.into_shared(), (x.nrows() * layer.count(), q));
            let mut g = g.into_owned();
            let rooms = Rooms::new(|| cotangents.room(layer.room()));
            let mut of_x = cotangents.take_sum(to_x, dim);
            let y = reshaped(y.clone(), g.dim());
            let of_x_view = of_x.as_mut().map(|of_x| of_x.view_mut());
            let (of_weights, of_bias) =
                layer.back((x.view(), b.view(), y.view()), g.view_mut(), of_x_view, &rooms);
            cotangents.add(to_weights, || of_weights);
            cotangents.add(to_bias, || of_bias);
            if let Some(of_x) = of_x {
                cotangents.put_sum(to_x, of_x);
            }
            rooms.into_each(|room| cotangents.give(room));
            cotangents.give(g);
        }))
    }
}

/// Patches of `k` entries each.
struct Layer {
    table: ColumnTable,
    k: usize,
    epilogue: Epilogue,
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

    /// Shape of the room for the patches of so many rows.
    fn room(&self) -> (usize, usize) {
        (self.rows_together() * self.count(), self.k)
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

    /// The gradients of weights and bias; that of the inputs is added to `of_x`. A few rows at a time, so that each cotangent is
    /// read from memory once, and summed part after part of the batch. `g` becomes the cotangent before the epilogue.
    fn back<F: Scalar>(
        &self,
        (x, b, y): (ArrayView2<F>, ArrayView2<F>, ArrayView2<F>),
        mut g: ArrayViewMut2<F>,
        mut of_x: Option<ArrayViewMut2<F>>,
        rooms: &Rooms<F>,
    ) -> (Array2<F>, Array2<F>) {
        let (k, q) = b.dim();
        let (count, together) = (self.count().max(1), self.rows_together());
        let part = x.nrows().div_ceil(PARTIAL_SUMS).max(1);
        let mut of_x = of_x.as_mut().map(|of_x| of_x.axis_chunks_iter_mut(Axis(0), part));
        let parts: Vec<Part<F>> = x
            .axis_chunks_iter(Axis(0), part)
            .zip(y.axis_chunks_iter(Axis(0), part * count))
            .zip(g.axis_chunks_iter_mut(Axis(0), part * count))
            .map(|((x, y), g)| Part { x, y, g, of_x: of_x.as_mut().and_then(Iterator::next) })
            .collect();
        let of_part = |Part { x, y, mut g, mut of_x }: Part<F>| {
            let (mut of_weights, mut of_bias) = (Array2::zeros((k, q)), vec![F::zero(); q]);
            for first in (0..x.nrows()).step_by(together) {
                let rows = first..(first + together).min(x.nrows());
                let patches = rows.start * count..rows.end * count;
                let mut g = g.slice_mut(s![patches.clone(), ..]);
                vectorised(
                    #[inline(always)]
                    || {
                        let (y, g) = (y.slice(s![patches, ..]), entries_mut(&mut g));
                        self.epilogue.apply_back(entries(&y), g);
                        for row in g.chunks_exact(q.max(1)) {
                            of_bias.iter_mut().zip(row).for_each(|(sum, &g)| *sum += g);
                        }
                    },
                );
                rooms.with(|room| {
                    let patches = self.patches(x.slice(s![rows.clone(), ..]), room);
                    add_product_on_this_thread(patches.t(), g.view(), of_weights.view_mut());
                    if let Some(of_x) = &mut of_x {
                        self.add_of_inputs(of_x.slice_mut(s![rows, ..]), g.view(), b, room);
                    }
                });
            }
            (of_weights, Array2::from_shape_fn((1, q), |(_, column)| of_bias[column]))
        };
        let sums: Vec<_> = parts.into_par_iter().map(of_part).collect();
        let zeros = (Array2::zeros((k, q)), Array2::zeros((1, q)));
        sums.into_iter().fold(zeros, |(weights, bias), sum| (weights + sum.0, bias + sum.1))
    }

    /// Adds `Ȳ Bᵀ` to the columns that the patches are copies of.
    fn add_of_inputs<F: Scalar>(
        &self,
        mut sum: ArrayViewMut2<F>,
        g: ArrayView2<F>,
        b: ArrayView2<F>,
        room: &mut Array2<F>,
    ) {
        write_product_on_this_thread(g, b.t(), room.slice_mut(s![..g.nrows(), ..]));
        let patches = entries(room).chunks_exact(self.table.outputs().max(1));
        for (mut row, patches) in sum.rows_mut().into_iter().zip(patches) {
            self.table.add_back(patches, entries_mut(&mut row));
        }
    }
}

/// A part of a batch on the way back.
struct Part<'a, F> {
    x: ArrayView2<'a, F>,
    y: ArrayView2<'a, F>,
    g: ArrayViewMut2<'a, F>,
    of_x: Option<ArrayViewMut2<'a, F>>,
}

/// Matrices to work in, one for each thread.
struct Rooms<F>(Mutex<Vec<Array2<F>>>);

impl<F: Scalar> Rooms<F> {
    fn new(room: impl FnMut() -> Array2<F>) -> Self {
        Self(Mutex::new(std::iter::repeat_with(room).take(rayon::current_num_threads()).collect()))
    }

    /// The one used last, which is still in the cache. No more threads work at a time than there are rooms.
    fn with<T>(&self, work: impl FnOnce(&mut Array2<F>) -> T) -> T {
        let room = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(mut room) = room else { unreachable!("one room for each thread") };
        let done = work(&mut room);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(room);
        done
    }

    fn into_each(self, mut give: impl FnMut(Array2<F>)) {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().for_each(&mut give);
    }
}
