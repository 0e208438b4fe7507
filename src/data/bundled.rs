//! Sets that are part of the crate: npy files, a row a sample with its class in the last column.

use ndarray::Array2;

use super::{Labelled, Labels};
use crate::error::Result;

/// The samples of such a file, `p` inputs each, and their classes, one of `classes`.
///
/// The file is of version 1 of the format: 8 bytes that name it, 2 with the length of the header, the header, and the
/// numbers row by row. What the header says is known here: `number` reads one.
pub(super) fn read<const WIDTH: usize>(
    file: &[u8],
    number: fn([u8; WIDTH]) -> f64,
    p: usize,
    classes: usize,
) -> Result<Labelled> {
    let header = usize::from(u16::from_le_bytes([file[8], file[9]]));
    let (numbers, _) = file[10 + header..].as_chunks();
    let rows: Vec<&[[u8; WIDTH]]> = numbers.chunks_exact(p + 1).collect();
    let inputs = Array2::from_shape_fn((rows.len(), p), |(i, j)| number(rows[i][j]));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // small whole numbers
    let class_of = rows.iter().map(|row| number(row[p]) as usize).collect();
    Ok(Labelled { inputs, labels: Labels::new(class_of, classes)? })
}
