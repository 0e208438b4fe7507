//! `NumPy`'s npy (one array) and npz (a zip of named npy) files.

use std::fs::File;
use std::io::{self, BufReader, Cursor, ErrorKind, Read, Seek};
use std::path::Path;

use ndarray::{Array, ArrayD, ArrayRef, ArrayViewD, Dimension};
use ndarray_npy::{
    NpzReader, NpzWriter, ReadDataError, ReadNpyError, ReadNpyExt, ReadNpzError, ReadableElement, WriteNpyExt,
};
use py_literal::Value as Descriptor;

use super::{at, malformed, write_atomically};
use crate::error::{Error, Result};

/// Reads one array of dimension `D`, in either memory order.
///
/// Floats of 4 and 8 bytes, integers of 1 to 8 bytes and booleans are read, of either endianness; an integer
/// that `f64` cannot hold exactly is refused.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read; [`Error::Format`] if it is
/// not npy, cut short or too long, of another element type or dimension, or holds a number that is not finite.
pub fn read_npy<D: Dimension>(path: impl AsRef<Path>) -> Result<Array<f64, D>> {
    let path = path.as_ref();
    let file = File::open(path).map_err(at(path))?;
    let array = ArrayD::read_npy(BufReader::new(file)).map_err(|error| npy_error(path, "array", error))?;
    finished(path, "array", &array)
}

/// Writes one array, bit for bit, in the memory order it has.
///
/// # Errors
/// [`Error::Io`] if the file cannot be written.
pub fn write_npy<D: Dimension>(path: impl AsRef<Path>, array: &ArrayRef<f64, D>) -> Result<()> {
    write_atomically(path.as_ref(), |file| array.write_npy(file).map_err(io::Error::other))
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
    array_called(path, open_archive(path)?, name)
}

/// Reads the array called `name` from the bytes of an npz file that is part of the program.
///
/// # Errors
/// As [`read_npz`], but for [`Error::Io`]; they name `path`, where the bytes stand in the source.
pub(crate) fn read_embedded_npz<D: Dimension>(path: &str, bytes: &[u8], name: &str) -> Result<Array<f64, D>> {
    let path = Path::new(path);
    let archive = NpzReader::new(Cursor::new(bytes)).map_err(|error| npz_error(path, "archive", error))?;
    array_called(path, archive, name)
}

/// Writes named arrays, compressed, in the order given.
///
/// # Errors
/// [`Error::Io`] if the file cannot be written or a name comes twice.
pub fn write_npz(path: impl AsRef<Path>, arrays: &[(&str, ArrayViewD<f64>)]) -> Result<()> {
    write_atomically(path.as_ref(), |file| {
        let mut archive = NpzWriter::new_compressed(file);
        for (name, array) in arrays {
            archive.add_array(*name, array).map_err(io::Error::other)?;
        }
        archive.finish().map_err(io::Error::other)?;
        Ok(())
    })
}

fn array_called<R: Read + Seek, D: Dimension>(
    path: &Path,
    mut archive: NpzReader<R>,
    name: &str,
) -> Result<Array<f64, D>> {
    let names = archive.names().map_err(|error| npz_error(path, "archive", error))?;
    let Some(index) = names.iter().position(|candidate| candidate == name) else {
        return Err(malformed(path, format!("arrays {names:?}"), format!("an array called {name:?}")));
    };
    let array = archive.by_index(index).map_err(|error| npz_error(path, name, error))?;
    finished(path, name, &array)
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

/// The array as finite `f64` of dimension `D`.
fn finished<D: Dimension>(path: &Path, name: &str, array: &ArrayD<Real>) -> Result<Array<f64, D>> {
    let array = array.mapv(|Real(value)| value);
    if let Some((index, value)) = array.indexed_iter().find(|(_, value)| !value.is_finite()) {
        return Err(malformed(path, format!("{name}{:?} = {value}", index.slice()), "finite numbers"));
    }
    let found = array.ndim();
    array.into_dimensionality().map_err(|_| {
        let expected = D::NDIM.map_or("another number of axes".to_owned(), |axes| format!("{axes} axes"));
        malformed(path, format!("{name}: {found} axes"), expected)
    })
}

/// A number of whatever element type the file has.
#[derive(Clone, Copy)]
struct Real(f64);

impl ReadableElement for Real {
    /// Reads in small pieces, so that memory grows with what is there and not with what the header promises.
    fn read_to_end_exact_vec<R: Read>(
        mut reader: R,
        descriptor: &Descriptor,
        len: usize,
    ) -> Result<Vec<Self>, ReadDataError> {
        let element = match descriptor {
            Descriptor::String(text) => Element::new(text),
            _ => None,
        };
        let element = element.ok_or_else(|| ReadDataError::WrongDescriptor(descriptor.clone()))?;
        if len == 0 {
            return Err(ReadDataError::ParseData("no elements".into()));
        }
        let mut values = Vec::new();
        let mut bytes = vec![0; element.width];
        for i in 0..len {
            reader.read_exact(&mut bytes)?;
            let value = element
                .decode(&bytes)
                .ok_or_else(|| ReadDataError::ParseData(format!("element {i} exceeds 2^53").into()))?;
            values.push(Self(value));
        }
        match io::copy(&mut reader, &mut io::sink())? {
            0 => Ok(values),
            extra => Err(ReadDataError::ExtraBytes(usize::try_from(extra).unwrap_or(usize::MAX))),
        }
    }
}

/// How one element stands in the file.
struct Element {
    kind: Kind,
    width: usize,
    order: ByteOrder,
}

#[derive(Clone, Copy)]
enum Kind {
    Float,
    Signed,
    Unsigned,
}

enum ByteOrder {
    Little,
    Big,
}

impl Element {
    /// The element type of a `NumPy` descriptor such as `<f8`: byte order, kind, width in bytes.
    fn new(descriptor: &str) -> Option<Self> {
        let mut rest = descriptor.chars();
        let order = match rest.next()? {
            '<' | '|' => ByteOrder::Little,
            '>' => ByteOrder::Big,
            _ => return None,
        };
        let (kind, width) = match (rest.next()?, rest.as_str()) {
            ('f', width @ ("4" | "8")) => (Kind::Float, width),
            ('i', width @ ("1" | "2" | "4" | "8")) => (Kind::Signed, width),
            ('u', width @ ("1" | "2" | "4" | "8")) | ('b', width @ "1") => (Kind::Unsigned, width),
            _ => return None,
        };
        Some(Self { kind, width: width.parse().ok()?, order })
    }

    /// The element's value; `None` if `f64` does not hold it exactly.
    fn decode(&self, bytes: &[u8]) -> Option<f64> {
        let push = |bits: u64, &byte: &u8| bits << 8 | u64::from(byte);
        let bits = match self.order {
            ByteOrder::Little => bytes.iter().rev().fold(0, push),
            ByteOrder::Big => bytes.iter().fold(0, push),
        };
        let unused = 64 - 8 * self.width;
        match (self.kind, self.width) {
            (Kind::Float, 4) => Some(f64::from(f32::from_bits(u32::try_from(bits).ok()?))),
            (Kind::Float, _) => Some(f64::from_bits(bits)),
            (Kind::Unsigned, _) => exact(bits),
            (Kind::Signed, _) => {
                let signed = (bits << unused).cast_signed() >> unused;
                exact(signed.unsigned_abs()).map(|size| if signed < 0 { -size } else { size })
            }
        }
    }
}

/// An integer up to `2^53`, all of which `f64` holds.
fn exact(integer: u64) -> Option<f64> {
    (integer <= 1 << 53).then_some(integer as f64)
}
