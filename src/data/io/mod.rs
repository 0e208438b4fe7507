//! Readers and writers of arrays: npy, npz and delimited text.
//!
//! Readers return `f64` and nothing but finite numbers: a file that holds NaN or an infinity is refused with the
//! place where it stands. Writers are atomic: a reader of the path sees the old file or the whole new one.

mod controls;
mod csv;
mod decode;
mod dialect;
mod element;
mod npy;
mod place;
mod records;
mod table;
mod write;

use std::io;
use std::path::Path;

pub use controls::escape_controls;
#[cfg(feature = "plot")]
pub(crate) use csv::{CsvFile, Dialect};
pub use decode::{TextEncoding, read_lines};
pub use dialect::{Decimal, Delimiter, Header, is_missing};
pub use npy::{Numbers, npz_names, read_npy, read_npz, write_npy, write_npz};
pub use place::Place;
pub(crate) use place::folder_of;
pub use table::{CsvOptions, LastColumn, RowNumbers, Table, TableFile, TextColumn};
#[cfg(feature = "program")]
pub(crate) use write::require_writable_folder;
pub use write::{is_temporary, write_atomically};

use crate::error::{self, Error};

/// Names the path an operating system's error happened at.
pub fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, source }
}

/// The error of a file that does not hold what it should.
pub(crate) fn malformed(path: &Path, found: impl Into<String>, expected: impl Into<String>) -> Error {
    Error::Format { path: path.to_owned(), found: found.into(), expected: expected.into() }
}

/// A number as people write it: plain, but with an exponent from `1e16` on and below `1e-5`, where it would have many zeros.
///
/// ```
/// assert_eq!([2.5, 1e13, 1e308, 5e-324].map(pal::data::io::readable), ["2.5", "10000000000000", "1e308", "5e-324"]);
/// ```
#[must_use]
pub fn readable(value: f64) -> String {
    error::readable(value)
}

/// The shortest decimal text that reads back as exactly `value`: plain or with an exponent.
pub(crate) fn shortest(value: f64) -> String {
    let (plain, scientific) = (value.to_string(), format!("{value:e}"));
    if plain.len() <= scientific.len() { plain } else { scientific }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_text_is_plain_or_scientific() {
        let texts = [0.1, 1.0, -0.0, 1e300, 2.5e-9].map(shortest);
        assert_eq!(texts, ["0.1", "1", "-0", "1e300", "2.5e-9"]);
    }
}
