//! Entries by index: rows, columns with padding (the patches of an image), one entry per row.

use std::sync::Arc;

use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis, Zip};

use crate::Scalar;
use crate::autodiff::Var;
use crate::error::{Error, Result, check};
use crate::linalg::rows::{entries, entries_mut, in_rows};

/// Number of entries from which a second thread saves time.
const PARALLEL_FROM: usize = 1 << 15;

/// Which column of the input each column of the output is a copy of, if any: kept as runs of neighbours.
///
/// Made once for a layer; clones share it. The patches of an image, its channels innermost, are runs of
/// `kernel width × channels`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnTable {
    inputs: usize,
    outputs: usize,
    runs: Arc<[Run]>,
}

/// Output columns `to .. to + length` are the input columns `from .. from + length`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    to: usize,
    from: usize,
    length: usize,
}

impl ColumnTable {
    /// `sources[j]` is the column, out of `inputs`, that output column `j` copies; without one it is zero (padding).
    ///
    /// # Errors
    /// [`Error::Domain`] if a source is not below `inputs`.
    pub fn new(inputs: usize, sources: &[Option<usize>]) -> Result<Self> {
        let mut runs: Vec<Run> = Vec::new();
        for (to, &source) in sources.iter().enumerate() {
            let Some(from) = source else { continue };
            check::index("source", from, inputs, "below the number of input columns")?;
            match runs.last_mut() {
                Some(run) if run.to + run.length == to && run.from + run.length == from => run.length += 1,
                _ => runs.push(Run { to, from, length: 1 }),
            }
        }
        Ok(Self { inputs, outputs: sources.len(), runs: runs.into() })
    }

    /// Number of input columns.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Number of output columns.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Copies a row's entries to their places in `to`; what the table leaves out is zero.
    pub(super) fn copy_row<F: Scalar>(&self, from: &[F], to: &mut [F]) {
        let mut end = 0;
        for run in &*self.runs {
            if run.to > end {
                to[end..run.to].fill(F::zero());
            }
            end = run.to + run.length;
            let (to, from) = (&mut to[run.to..end], &from[run.from..][..run.length]);
            match run.length {
                // The pixels of a patch of one channel: as many copies as entries.
                3 => to.iter_mut().zip(&from[..3]).for_each(|(to, &from)| *to = from),
                _ => to.copy_from_slice(from),
            }
        }
        to[end..].fill(F::zero());
    }

    /// Adds each entry of `copies` to the one in `sum` that it is a copy of, in the order of the copies.
    pub(super) fn add_back<F: Scalar>(&self, copies: &[F], sum: &mut [F]) {
        for run in &*self.runs {
            let copies = &copies[run.to..][..run.length];
            sum[run.from..][..run.length].iter_mut().zip(copies).for_each(|(sum, &copy)| *sum += copy);
        }
    }
}

impl<F: Scalar> Var<'_, F> {
    /// The rows `indices`, in this order, repeated as often as named: `(indices.len(), n)`. Back: each part to its row.
    ///
    /// # Errors
    /// [`Error::Domain`] if an index is not below the number of rows.
    pub fn gather_rows(self, indices: &[usize]) -> Result<Self> {
        let (to, x) = (self.target(), self.value());
        for &index in indices {
            check::index("index", index, x.nrows(), "below the number of rows")?;
        }
        let (dim, indices) = (x.dim(), indices.to_vec());
        Ok(self.tape().record(&[self], x.select(Axis(0), &indices), move |g, cotangents| {
            cotangents.add_with(to, dim, |mut sum| {
                for (&index, part) in indices.iter().zip(g.rows()) {
                    let mut row = sum.row_mut(index);
                    row += &part;
                }
            });
        }))
    }

    /// Columns by a table, with zeros where it names none: `(m, table.outputs())`. Back: each part to its column.
    ///
    /// # Errors
    /// [`Error::Operands`] if there are not `table.inputs()` columns.
    pub fn gather_columns(self, table: &ColumnTable) -> Result<Self> {
        let (to, x) = (self.target(), self.value());
        let dim = x.dim();
        if x.ncols() != table.inputs {
            let right = (table.inputs, table.outputs);
            return Err(Error::Operands { op: "gather_columns", left: dim, right });
        }
        let table = table.clone();
        let mut gathered = self.tape().room((x.nrows(), table.outputs));
        over_rows(x.view(), gathered.view_mut(), |from, to| table.copy_row(from, to));
        Ok(self.tape().record(&[self], gathered, move |g, cotangents| {
            cotangents.add_with(to, dim, |sum| {
                over_rows(g.view(), sum, |copies, sum| table.add_back(copies, sum));
            });
        }))
    }

    /// One entry of every row: `y_i = x_{i, columns[i]}`, `(m, 1)`. Back: to that entry.
    ///
    /// # Errors
    /// [`Error::Operands`] if there is not one column per row, [`Error::Domain`] if one is not below the number of columns.
    pub fn pick(self, columns: &[usize]) -> Result<Self> {
        let (to, x) = (self.target(), self.value());
        let dim = x.dim();
        if columns.len() != dim.0 {
            return Err(Error::Operands { op: "pick", left: dim, right: (columns.len(), 1) });
        }
        for &column in columns {
            check::index("column", column, dim.1, "below the number of columns")?;
        }
        let columns = columns.to_vec();
        let picked = Array2::from_shape_fn((dim.0, 1), |(row, _)| x[[row, columns[row]]]);
        Ok(self.tape().record(&[self], picked, move |g, cotangents| {
            cotangents.add_with(to, dim, |mut sum| {
                for (row, &column) in columns.iter().enumerate() {
                    sum[[row, column]] += g[[row, 0]];
                }
            });
        }))
    }
}

/// Calls `each` on every row of `from` and that of `to`.
fn over_rows<F: Scalar>(from: ArrayView2<F>, to: ArrayViewMut2<F>, each: impl Fn(&[F], &mut [F]) + Sync) {
    let is_large = to.len().max(from.len()) >= PARALLEL_FROM;
    in_rows(from, to, |from, mut to| {
        let rows = Zip::from(from.rows()).and(to.rows_mut());
        let each = |from: ArrayView1<F>, mut to: ArrayViewMut1<F>| each(entries(&from), entries_mut(&mut to));
        if is_large { rows.par_for_each(each) } else { rows.for_each(each) }
    });
}
