//! Memory that matrices gave up, to be used again.

use ndarray::Array2;

use crate::Scalar;

/// Number of entries from which memory is kept: what is smaller costs nothing to make anew.
const KEPT_FROM: usize = 1 << 12;

/// Memory of matrices that a tape no longer needs, for those of the next one.
///
/// Pages that come fresh from the system cost more time than most operations on them. A loop that hands the buffers of one
/// tape to the next ([`Tape::reusing`](super::Tape::reusing), [`Tape::into_buffers`](super::Tape::into_buffers)) allocates
/// nothing large after its first step. They hold at most as much as was in use at one time, and results do not depend on them.
#[derive(Clone, Debug)]
pub struct Buffers<F> {
    spare: Vec<Vec<F>>,
    /// How many were handed out and did not come back.
    lent: usize,
}

impl<F> Default for Buffers<F> {
    fn default() -> Self {
        Self { spare: Vec::new(), lent: 0 }
    }
}

impl<F: Scalar> Buffers<F> {
    /// A matrix of shape `dim` whose entries are any numbers, to be written over.
    pub(super) fn room(&mut self, dim: (usize, usize)) -> Array2<F> {
        let length = dim.0 * dim.1;
        if length < KEPT_FROM {
            return Array2::zeros(dim);
        }
        self.lent += 1;
        let fits = |capacity: usize| (length..=2 * length).contains(&capacity);
        let spare = self.spare.iter().enumerate().filter(|(_, spare)| fits(spare.capacity()));
        let Some((position, _)) = spare.min_by_key(|(_, spare)| spare.capacity()) else {
            return Array2::zeros(dim);
        };
        let mut entries = self.spare.swap_remove(position);
        entries.resize(length, F::zero());
        match Array2::from_shape_vec(dim, entries) {
            Ok(room) => room,
            Err(error) => unreachable!("as many entries as the shape has: {error}"),
        }
    }

    /// A matrix of zeros.
    pub(super) fn zeros(&mut self, dim: (usize, usize)) -> Array2<F> {
        let mut zeros = self.room(dim);
        zeros.fill(F::zero());
        zeros
    }

    /// Takes back the memory of a matrix that is not needed any more.
    pub(crate) fn give(&mut self, matrix: Array2<F>) {
        if matrix.len() >= KEPT_FROM && self.lent > 0 {
            self.lent -= 1;
            self.spare.push(matrix.into_raw_vec_and_offset().0);
        }
    }

    /// What is not handed out again is let go.
    pub(super) fn close(&mut self) {
        self.lent = 0;
    }
}
