//! Encoding pictures and putting files in place whole or not at all.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::page::refused;
use crate::error::{Error, Result};

/// `stem` with `suffix` appended (a dot inside the stem is kept).
pub(crate) fn with_suffix(stem: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(stem);
    name.push(suffix);
    name.into()
}

/// Writes `bytes` to `path` through a temporary file in the same folder, which is made if it is missing.
///
/// # Errors
/// [`Error::Io`] naming `path`, or the folder if that cannot be made.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let io = |path: &Path| {
        let path = path.to_path_buf();
        move |source| Error::Io { path, source }
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder).map_err(io(folder))?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    // a temporary file is private by default; a figure is an ordinary file (the umask still applies)
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut draft = builder.tempfile_in(folder).map_err(io(path))?;
    draft.write_all(bytes).map_err(io(path))?;
    draft.persist(path).map_err(|refusal| io(path)(refusal.error))?;
    Ok(())
}

/// `pixels` (8 bits a channel, row by row) as a PNG file.
pub(crate) fn png(colour: png::ColorType, width: usize, height: usize, pixels: &[u8]) -> Result<Vec<u8>> {
    let side = |length: usize| u32::try_from(length).map_err(refused("picture"));
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side(width)?, side(height)?);
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Best);
    let mut writer = encoder.write_header().map_err(refused("picture"))?;
    writer.write_image_data(pixels).map_err(refused("picture"))?;
    writer.finish().map_err(refused("picture"))?;
    Ok(file)
}

/// Base64 with padding (RFC 4648).
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = (0..3).fold(0, |word, i| word << 8 | usize::from(group.get(i).copied().unwrap_or(0)));
        for digit in 0..4 {
            let symbol = char::from(DIGITS[word >> (18 - 6 * digit) & 63]);
            text.push(if digit <= group.len() { symbol } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_gives_the_vectors_of_rfc_4648() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
