//! How a camera was held: the orientation that EXIF notes.

use crate::data::augment::ImageShape;

/// The tag of the orientation (EXIF 2.32, section 4.6.4).
const TAG: u16 = 0x0112;

/// The chunks of a png file begin after so many bytes.
const PNG_SIGNATURE: usize = 8;

/// The orientation, 1 to 8, in the EXIF chunk of a png file; 1 if there is none.
pub(super) fn of_png(file: &[u8]) -> Result<usize, String> {
    let mut rest = file.get(PNG_SIGNATURE..).unwrap_or_default();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let Some((kind, data)) = after.split_first_chunk::<4>() else { break };
        if kind == b"eXIf" {
            return of_exif(data.get(..length).unwrap_or(data));
        }
        rest = length.checked_add(4).and_then(|end| data.get(end..)).unwrap_or_default();
    }
    Ok(1)
}

/// The orientation, 1 to 8, in a block of EXIF; 1 if it says none.
pub(super) fn of_exif(exif: &[u8]) -> Result<usize, String> {
    let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    let is_big = match exif.get(..4) {
        Some(b"MM\0*") => true,
        Some(b"II*\0") => false,
        _ => return Ok(1), // no block of tags
    };
    let number = |at: usize, bytes: usize| {
        let bytes = exif.get(at..at.checked_add(bytes)?)?;
        let push = |number: usize, &byte: &u8| number << 8 | usize::from(byte);
        Some(if is_big { bytes.iter().fold(0, push) } else { bytes.iter().rev().fold(0, push) })
    };
    let found = || {
        let tags = number(4, 4)?;
        let count = number(tags, 2)?;
        let of_tag = |tag| tags.checked_add(2 + 12 * tag);
        let tag = (0..count).filter_map(of_tag).find(|&tag| number(tag, 2) == Some(usize::from(TAG)))?;
        number(tag + 8, 2)
    };
    match found() {
        None => Ok(1),
        Some(orientation @ 1..=8) => Ok(orientation),
        Some(other) => Err(format!("EXIF orientation {other}, which is none of 1 to 8")),
    }
}

/// The image upright. `O(shape.len())`.
pub(super) fn turned(numbers: Vec<f64>, shape: ImageShape, orientation: usize) -> (Vec<f64>, ImageShape) {
    if orientation == 1 {
        return (numbers, shape);
    }
    let ImageShape { height, width, channels } = shape;
    let swaps = orientation >= 5;
    let upright =
        if swaps { ImageShape { height: width, width: height, channels } } else { ImageShape { ..shape } };
    let mut out = Vec::with_capacity(numbers.len());
    for row in 0..upright.height {
        for column in 0..upright.width {
            let (down, right) = (height - 1, width - 1);
            // Where the pixel stands in the file.
            let (y, x) = match orientation {
                2 => (row, right - column),
                3 => (down - row, right - column),
                4 => (down - row, column),
                5 => (column, row),
                6 => (down - column, row),
                7 => (down - column, right - row),
                _ => (column, right - row),
            };
            let at = (y * width + x) * channels;
            out.extend_from_slice(&numbers[at..at + channels]);
        }
    }
    (out, upright)
}
