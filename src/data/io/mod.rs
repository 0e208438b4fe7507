//! Readers and writers of arrays: npy, npz and csv.
//!
//! Readers return `f64` and nothing but finite numbers: a file that holds NaN or an infinity is refused with the
//! place where it stands. Writers are atomic: a reader of the path sees the old file or the whole new one.

mod csv;
mod npy;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use tempfile::NamedTempFile;

pub(crate) use csv::CsvFile;
pub use csv::{CsvOptions, Header, LastColumn, Table};
pub(crate) use npy::read_embedded_npz;
pub use npy::{npz_names, read_npy, read_npz, write_npy, write_npz};

use crate::error::{Error, Result};

/// Writes a file whole or not at all: `write` fills a temporary file in the same folder, which then takes the
/// place of `path`. A missing folder is created. If anything fails, what stood at `path` still stands.
///
/// # Errors
/// [`Error::Io`] with `path`, or with its folder if that cannot be created.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
) -> Result<()> {
    let mut file = temporary_in(folder_of(path))?;
    let write_all = || {
        let mut writer = BufWriter::new(file.as_file_mut());
        write(&mut writer)?;
        writer.flush()?;
        drop(writer);
        file.as_file().sync_data()
    };
    write_all().map_err(at(path))?;
    file.persist(path).map_err(|refused| at(path)(refused.error))?;
    Ok(())
}

/// Checks that `folder` exists, or can be created, and that files can be written into it.
///
/// # Errors
/// [`Error::Io`] with the folder.
pub(crate) fn require_writable_folder(folder: &Path) -> Result<()> {
    temporary_in(folder).map(drop)
}

/// A new temporary file in `folder`, which is created if missing.
fn temporary_in(folder: &Path) -> Result<NamedTempFile> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".pal-");
    #[cfg(unix)] // the crate's own default hides the file from every other user
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder).map_err(at(folder))
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Names the path an operating system's error happened at.
pub fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, source }
}

/// The error of a file that does not hold what it should.
pub(crate) fn malformed(path: &Path, found: impl Into<String>, expected: impl Into<String>) -> Error {
    Error::Format { path: path.to_owned(), found: found.into(), expected: expected.into() }
}

/// The shortest decimal text that reads back as exactly `value`: plain or with an exponent.
pub(crate) fn shortest(value: f64) -> String {
    let (plain, scientific) = (value.to_string(), format!("{value:e}"));
    if plain.len() <= scientific.len() { plain } else { scientific }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test that cannot go on has failed
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("file.txt");
        write_atomically(&path, |file| file.write_all(b"old")).unwrap();
        let failed = write_atomically(&path, |file| {
            file.write_all(&vec![b'x'; 100_000])?;
            Err(io::Error::other("power cut"))
        });
        assert!(failed.unwrap_err().to_string().contains("power cut"));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn the_shortest_text_is_plain_or_scientific() {
        let texts = [0.1, 1.0, -0.0, 1e300, 2.5e-9].map(shortest);
        assert_eq!(texts, ["0.1", "1", "-0", "1e300", "2.5e-9"]);
    }
}
