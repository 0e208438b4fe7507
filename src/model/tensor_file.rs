//! One safetensors file: named matrices, and a JSON entry of the header that says what they are.

use std::collections::HashMap;
use std::fmt::Display;
use std::fs;
use std::io::Write;
use std::path::Path;

use ndarray::{Array2, ArrayView2};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Scalar;
use crate::data::io::{at, malformed, write_atomically};
use crate::error::{Error, Result};

/// A matrix as it stands in the file.
pub(super) struct Tensor {
    name: String,
    dtype: Dtype,
    dim: (usize, usize),
    bytes: Vec<u8>,
}

impl Tensor {
    pub(super) fn new<F: Scalar>(name: String, matrix: ArrayView2<F>) -> Self {
        Self { name, dtype: dtype::<F>(), dim: matrix.dim(), bytes: bytes(matrix.iter()) }
    }
}

/// Writes the file whole or not at all; the header's `entry` holds `header` as JSON.
pub(super) fn write(path: &Path, entry: &str, header: &impl Serialize, tensors: &[Tensor]) -> Result<()> {
    let refused = |error: &dyn Display| malformed(path, error.to_string(), "tensors to write");
    let header = serde_json::to_string(header).map_err(|error| refused(&error))?;
    let tensors = tensors
        .iter()
        .map(|Tensor { name, dtype, dim: (rows, columns), bytes }| {
            Ok((name, TensorView::new(*dtype, vec![*rows, *columns], bytes)?))
        })
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|error| refused(&error))?;
    let info = HashMap::from([(entry.to_owned(), header)]);
    let file = serialize(tensors, Some(info)).map_err(|error| refused(&error))?;
    write_atomically(path, |out| out.write_all(&file))
}

/// A file that is being read.
pub(super) struct TensorFile<'a> {
    path: &'a Path,
    /// What it should be, for errors: `a checkpoint`.
    kind: &'a str,
    tensors: SafeTensors<'a>,
}

/// Reads the header and lets `then` take the matrices.
pub(super) fn read<H: DeserializeOwned, T>(
    path: &Path,
    (kind, entry): (&str, &str),
    then: impl FnOnce(H, &TensorFile) -> Result<T>,
) -> Result<T> {
    let file = fs::read(path).map_err(at(path))?;
    let unreadable = |error: &dyn Display| malformed(path, error.to_string(), kind);
    let (_, metadata) = SafeTensors::read_metadata(&file).map_err(|error| unreadable(&error))?;
    let tensors = SafeTensors::deserialize(&file).map_err(|error| unreadable(&error))?;
    let text = metadata.metadata().as_ref().and_then(|info| info.get(entry));
    let text = text.ok_or_else(|| malformed(path, format!("no entry `{entry}` in the header"), kind))?;
    let header = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    then(header, &TensorFile { path, kind, tensors })
}

impl TensorFile<'_> {
    /// The error of a file that is readable, but another than expected.
    pub(super) fn other(&self, found: impl Into<String>, expected: impl Into<String>) -> Error {
        malformed(self.path, found, expected)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.tensors.tensor(name).is_ok()
    }

    /// A matrix of finite numbers, of these rows and columns if some are given.
    pub(super) fn matrix<F: Scalar>(&self, name: &str, dim: Option<(usize, usize)>) -> Result<Array2<F>> {
        let unreadable = |error: &dyn Display| self.other(error.to_string(), self.kind);
        let tensor = self.tensors.tensor(name).map_err(|error| unreadable(&error))?;
        let found = match tensor.shape() {
            &[rows, columns] if dim.is_none_or(|dim| dim == (rows, columns)) => (rows, columns),
            shape => return Err(self.other(format!("{name} of shape {shape:?}"), format!("shape {dim:?}"))),
        };
        if tensor.dtype() != dtype::<F>() {
            return Err(self.other(format!("{name} of type {:?}", tensor.dtype()), F::NAME));
        }
        let entries = entries(tensor.data());
        if let Some(bad) = entries.iter().find(|entry: &&F| !entry.is_finite()) {
            return Err(self.other(format!("{name} with {bad}"), "finite numbers"));
        }
        Array2::from_shape_vec(found, entries).map_err(|error| unreadable(&error))
    }
}

fn dtype<F: Scalar>() -> Dtype {
    if size_of::<F>() == 4 { Dtype::F32 } else { Dtype::F64 }
}

/// Little-endian, as the format says.
fn bytes<'a, F: Scalar>(entries: impl Iterator<Item = &'a F>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        match dtype::<F>() {
            #[allow(clippy::cast_possible_truncation)] // it was an f32
            Dtype::F32 => bytes.extend((entry.as_f64() as f32).to_le_bytes()),
            _ => bytes.extend(entry.as_f64().to_le_bytes()),
        }
    }
    bytes
}

fn entries<F: Scalar>(bytes: &[u8]) -> Vec<F> {
    match dtype::<F>() {
        Dtype::F32 => {
            bytes.as_chunks::<4>().0.iter().map(|&chunk| F::of(f32::from_le_bytes(chunk).into())).collect()
        }
        _ => bytes.as_chunks::<8>().0.iter().map(|&chunk| F::of(f64::from_le_bytes(chunk))).collect(),
    }
}
