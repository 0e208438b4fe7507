//! Images of another size.

use crate::data::augment::ImageShape;

/// The image at `side` × `side` pixels, first its columns, then its rows.
pub(super) fn resized(numbers: Vec<f64>, shape: ImageShape, side: usize) -> Vec<f64> {
    let ImageShape { height, width, channels } = shape;
    if (height, width) == (side, side) {
        return numbers;
    }
    let narrow = along(&numbers, (height, width, channels), side);
    along(&narrow, (1, height, side * channels), side)
}

/// `(outer, length, inner)` to `(outer, side, inner)`.
fn along(numbers: &[f64], (outer, length, inner): (usize, usize, usize), side: usize) -> Vec<f64> {
    let mut out = vec![0.0; outer * side * inner];
    for place in 0..side {
        for (from, weight) in weights(length, side, place) {
            for block in 0..outer {
                let to = &mut out[(block * side + place) * inner..][..inner];
                let from = &numbers[(block * length + from) * inner..][..inner];
                to.iter_mut().zip(from).for_each(|(to, from)| *to += weight * from);
            }
        }
    }
    out
}

/// What the pixel at `place` of `side` is the mean of: pixels of `length`, with weights that sum to 1.
fn weights(length: usize, side: usize, place: usize) -> Vec<(usize, f64)> {
    let ratio = length as f64 / side as f64;
    if ratio > 1.0 {
        // In units of 1 / side of a pixel all ends are whole.
        let (start, end) = (place * length, (place + 1) * length);
        let share = |from: usize| {
            let covered = end.min((from + 1) * side) - start.max(from * side);
            (from, covered as f64 / length as f64)
        };
        return (start / side..end.div_ceil(side)).map(share).collect();
    }
    let centre = ((place as f64 + 0.5) * ratio - 0.5).clamp(0.0, (length - 1) as f64);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a place in a row of pixels
    let low = centre as usize;
    let part = centre - low as f64;
    vec![(low, 1.0 - part), ((low + 1).min(length - 1), part)]
}
