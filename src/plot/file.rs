//! Encoding pictures and putting both files of a figure in place.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::data::io::write_atomically;
use crate::error::{Error, Result};

/// Reports a refused drawing as [`Error::Draw`].
pub(crate) fn refused<E: std::fmt::Display>(what: &'static str) -> impl Fn(E) -> Error {
    move |reason| Error::Draw { what: what.into(), reason: reason.to_string() }
}

/// Writes `bytes` to `stem` with `suffix` appended (a dot inside the stem is kept), whole or not at all.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) naming the file or folder.
pub(crate) fn write(stem: &Path, suffix: &str, bytes: &[u8]) -> Result<()> {
    let mut name = OsString::from(stem);
    name.push(suffix);
    write_atomically(&PathBuf::from(name), |file| file.write_all(bytes))
}

/// `pixels` (8 bits a channel, row by row) as a PNG file.
pub(crate) fn png(colour: png::ColorType, width: usize, height: usize, pixels: &[u8]) -> Result<Vec<u8>> {
    let side = |length: usize| u32::try_from(length).map_err(refused("picture"));
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side(width)?, side(height)?);
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Default);
    let mut writer = encoder.write_header().map_err(refused("picture"))?;
    writer.write_image_data(pixels).map_err(refused("picture"))?;
    writer.finish().map_err(refused("picture"))?;
    Ok(file)
}
