//! `NumPy`'s npy (one array) and npz (a zip of named npy) files.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Seek, SeekFrom, Write};
use std::path::Path;

use ndarray::{Array, ArrayD, ArrayRef, ArrayView, ArrayViewD, Dimension, ShapeBuilder};
use ndarray_npy::{NpzReader, NpzWriter, ReadNpyError, ReadNpyExt, ReadNpzError, WriteNpyError, WriteNpyExt};

use super::element::Real;
use super::{at, malformed, write_atomically};
use crate::error::{Error, Result};

/// Reads one array of dimension `D`, in either memory order.
///
/// Floats of 2, 4 and 8 bytes, integers of 1 to 8 bytes and booleans are read, of either endianness; an integer
/// that `f64` cannot hold exactly is refused.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read; [`Error::Format`] if it is
/// not npy, cut short or too long, of another element type or dimension, or holds a number that is not finite.
pub fn read_npy<D: Dimension>(path: impl AsRef<Path>) -> Result<Array<f64, D>> {
    let path = path.as_ref();
    let file = File::open(path).map_err(at(path))?;
    let array = ArrayD::read_npy(BufReader::new(file)).map_err(|error| npy_error(path, "array", error))?;
    finished(path, "array", array)
}

/// Writes one array, bit for bit, in the memory order it has.
///
/// # Errors
/// [`Error::Io`] if the file cannot be written.
pub fn write_npy<D: Dimension>(path: impl AsRef<Path>, array: &ArrayRef<f64, D>) -> Result<()> {
    write_atomically(path.as_ref(), |file| {
        array.write_npy(file).map_err(|error| match error {
            WriteNpyError::Io(error) => error,
            error => io::Error::other(error),
        })
    })
}

/// The names of the arrays in an npz file, in the order they stand there.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Format`] if it is
/// not a zip archive.
pub fn npz_names(path: impl AsRef<Path>) -> Result<Vec<String>> {
    let path = path.as_ref();
    open_archive(path)?.names().map_err(|error| npz_error(path, "archive", error))
}

/// Reads the array called `name` from an npz file, compressed or not; element types as [`read_npy`].
///
/// # Errors
/// As [`read_npy`]; also [`Error::Format`], with the names there are, if there is no
/// array of that name.
pub fn read_npz<D: Dimension>(path: impl AsRef<Path>, name: &str) -> Result<Array<f64, D>> {
    let path = path.as_ref();
    let mut archive = open_archive(path)?;
    let names = archive.names().map_err(|error| npz_error(path, "archive", error))?;
    let Some(index) = names.iter().position(|candidate| candidate == name) else {
        return Err(malformed(path, format!("arrays {names:?}"), format!("an array called {name:?}")));
    };
    let array = archive.by_index(index).map_err(|error| npz_error(path, name, error))?;
    finished(path, name, array)
}

/// Numbers of one type, to be written to an npz file.
#[derive(Clone, Debug)]
pub enum Numbers<'a> {
    /// Real numbers, 8 bytes each.
    Real(ArrayViewD<'a, f64>),
    /// Integers, 8 bytes each: what other programs can index with.
    Integer(ArrayViewD<'a, i64>),
}

impl<'a, D: Dimension> From<ArrayView<'a, f64, D>> for Numbers<'a> {
    fn from(array: ArrayView<'a, f64, D>) -> Self {
        Self::Real(array.into_dyn())
    }
}

impl<'a, D: Dimension> From<ArrayView<'a, i64, D>> for Numbers<'a> {
    fn from(array: ArrayView<'a, i64, D>) -> Self {
        Self::Integer(array.into_dyn())
    }
}

/// Writes named arrays, not compressed, in the order given.
///
/// # Errors
/// [`Error::Io`] if the file cannot be written or a name comes twice.
pub fn write_npz(path: impl AsRef<Path>, arrays: &[(&str, Numbers)]) -> Result<()> {
    write_atomically(path.as_ref(), |file| {
        let mut disk = FirstFault { file, fault: None };
        let mut archive = NpzWriter::new(&mut disk);
        for (name, numbers) in arrays {
            match numbers {
                Numbers::Real(array) => archive.add_array(*name, array),
                Numbers::Integer(array) => archive.add_array(*name, array),
            }
            .map_err(io::Error::other)?;
        }
        archive.finish().map_err(io::Error::other)?;
        disk.fault.map_or(Ok(()), Err)
    })
}

/// A file whose first fault is kept, and all that comes after it let go: an archive that is given up because of a fault would
/// say so on standard error.
struct FirstFault<W> {
    file: W,
    fault: Option<io::Error>,
}

impl<W> FirstFault<W> {
    fn unless_faulty<T>(&mut self, act: impl FnOnce(&mut W) -> io::Result<T>, otherwise: T) -> io::Result<T> {
        if self.fault.is_some() {
            return Ok(otherwise);
        }
        match act(&mut self.file) {
            Err(fault) if fault.kind() != ErrorKind::Interrupted => {
                self.fault = Some(fault);
                Ok(otherwise)
            }
            result => result,
        }
    }
}

impl<W: Write> Write for FirstFault<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_faulty(|file| file.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_faulty(Write::flush, ())
    }
}

impl<W: Seek> Seek for FirstFault<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.unless_faulty(|file| file.seek(to), 0)
    }
}

fn open_archive(path: &Path) -> Result<NpzReader<BufReader<File>>> {
    let file = File::open(path).map_err(at(path))?;
    NpzReader::new(BufReader::new(file)).map_err(|error| npz_error(path, "archive", error))
}

fn npz_error(path: &Path, name: &str, error: ReadNpzError) -> Error {
    match error {
        ReadNpzError::Npy(error) => npy_error(path, name, error),
        ReadNpzError::Zip(error) => malformed(path, error.to_string(), "a zip archive of npy arrays"),
    }
}

fn npy_error(path: &Path, name: &str, error: ReadNpyError) -> Error {
    match error {
        ReadNpyError::Io(source) => match source.kind() {
            ErrorKind::UnexpectedEof => {
                malformed(path, format!("{name}: the end of the file within the header"), "an npy header")
            }
            // The zip layer reports damage this way.
            ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::Other => {
                malformed(path, format!("{name}: {source}"), "undamaged data")
            }
            _ => at(path)(source),
        },
        ReadNpyError::WrongDescriptor(descriptor) => {
            malformed(path, format!("{name}: elements of type {descriptor}"), "real numbers")
        }
        ReadNpyError::MissingData => {
            malformed(path, format!("{name}: the end of the data"), "as many elements as its shape holds")
        }
        ReadNpyError::ExtraBytes(count) => malformed(
            path,
            format!("{name}: {count} bytes after the data"),
            "as many elements as its shape holds",
        ),
        ReadNpyError::ParseData(reason) => {
            malformed(path, format!("{name}: {reason}"), "finite real numbers")
        }
        other => malformed(path, format!("{name}: {other}"), "an npy header"),
    }
}

/// The array as finite `f64` of dimension `D`. The numbers stay where they are.
fn finished<D: Dimension>(path: &Path, name: &str, array: ArrayD<Real>) -> Result<Array<f64, D>> {
    let shape = array.raw_dim().set_f(!array.is_standard_layout());
    let (numbers, _) = array.into_raw_vec_and_offset();
    let numbers: Vec<f64> = numbers.into_iter().map(|Real(number)| number).collect();
    let array = ArrayD::from_shape_vec(shape, numbers)
        .map_err(|error| malformed(path, format!("{name}: {error}"), "an array"))?;
    if let Some((index, value)) = not_finite(&array) {
        return Err(malformed(path, format!("{name}{index:?} = {value}"), "finite numbers"));
    }
    let found = array.ndim();
    array.into_dimensionality().map_err(|_| {
        let expected = D::NDIM.map_or("another number of axes".to_owned(), |axes| format!("{axes} axes"));
        malformed(path, format!("{name}: {found} axes"), expected)
    })
}

/// The first entry that is not finite, and where it stands.
fn not_finite(array: &ArrayD<f64>) -> Option<(Vec<usize>, f64)> {
    if array.as_slice_memory_order()?.iter().all(|value| value.is_finite()) {
        return None;
    }
    let (index, &value) = array.indexed_iter().find(|(_, value)| !value.is_finite())?;
    Some((index.slice().to_vec(), value))
}
