//! Checkpoints: a training's whole state in one safetensors file.
//!
//! Tensors `model.NAME` are the parameters and the running means of the model, `optimiser.I` the moments; the text entry
//! `training` of the header holds the rest as JSON. Other programs can read the parameters by their names.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use ndarray::Array2;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};
use serde::{Deserialize, Serialize};

use super::{Epoch, Model, Optimiser, Rule, Schedule};
use crate::Scalar;
use crate::data::io::{at, malformed, write_atomically};
use crate::error::Result;

/// What decides every bit of a training, beside its data: a checkpoint can be resumed by the same recipe alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Recipe {
    pub(super) epochs: usize,
    pub(super) batch: usize,
    pub(super) rule: Rule,
    pub(super) schedule: Schedule,
    pub(super) seed: u64,
}

/// What a checkpoint knows besides arrays.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    architecture: String,
    recipe: Recipe,
    steps: u64,
    history: Vec<Epoch>,
}

/// The entry of the file's header that holds [`Header`].
const ENTRY: &str = "training";

/// Writes the file whole or not at all.
pub(super) fn write<F: Scalar>(
    path: &Path,
    model: &impl Model<F>,
    recipe: Recipe,
    optimiser: &Optimiser<F>,
    history: &[Epoch],
) -> Result<()> {
    let header = Header {
        architecture: model.architecture(),
        recipe,
        steps: optimiser.steps(),
        history: history.to_vec(),
    };
    let refused = |error: &dyn std::fmt::Display| malformed(path, error.to_string(), "tensors to write");
    let header = serde_json::to_string(&header).map_err(|error| refused(&error))?;
    let parameters = [model.parameters(), model.buffers()].concat();
    let parameters = parameters.iter().map(|parameter| {
        (format!("model.{}", parameter.name), parameter.value.dim(), bytes(parameter.value.iter()))
    });
    let moments = optimiser.moments().iter().enumerate();
    let moments = moments.map(|(i, moment)| (format!("optimiser.{i}"), moment.dim(), bytes(moment.iter())));
    let arrays: Vec<(String, (usize, usize), Vec<u8>)> = parameters.chain(moments).collect();
    let tensors = arrays
        .iter()
        .map(|(name, (rows, columns), bytes)| {
            Ok((name, TensorView::new(dtype::<F>(), vec![*rows, *columns], bytes)?))
        })
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|error| refused(&error))?;
    let info = HashMap::from([(ENTRY.to_owned(), header)]);
    let file = serialize(tensors, Some(info)).map_err(|error| refused(&error))?;
    write_atomically(path, |out| out.write_all(&file))
}

/// Fills `model` from the file, and returns the optimiser and the history.
pub(super) fn read<F: Scalar>(
    path: &Path,
    model: &mut impl Model<F>,
    recipe: Recipe,
) -> Result<(Optimiser<F>, Vec<Epoch>)> {
    let file = fs::read(path).map_err(at(path))?;
    let unreadable = |error: &dyn std::fmt::Display| malformed(path, error.to_string(), "a checkpoint");
    let (_, metadata) = SafeTensors::read_metadata(&file).map_err(|error| unreadable(&error))?;
    let tensors = SafeTensors::deserialize(&file).map_err(|error| unreadable(&error))?;
    let text = metadata.metadata().as_ref().and_then(|info| info.get(ENTRY));
    let text = text.ok_or_else(|| malformed(path, "no entry `training` in the header", "a checkpoint"))?;
    let header: Header = serde_json::from_str(text).map_err(|error| unreadable(&error))?;

    let other = |found: String, expected: String| malformed(path, found, expected);
    let expected = model.architecture();
    if header.architecture != expected {
        return Err(other(format!("the model {}", header.architecture), format!("the model {expected}")));
    }
    if header.recipe != recipe {
        return Err(other(format!("trained by {:?}", header.recipe), format!("{recipe:?}")));
    }
    let array = |name: String, dim: Option<(usize, usize)>| -> Result<Array2<F>> {
        let tensor = tensors.tensor(&name).map_err(|error| unreadable(&error))?;
        let found = match tensor.shape() {
            &[rows, columns] if dim.is_none_or(|dim| dim == (rows, columns)) => (rows, columns),
            shape => return Err(other(format!("{name} of shape {shape:?}"), format!("shape {dim:?}"))),
        };
        if tensor.dtype() != dtype::<F>() {
            return Err(other(format!("{name} of type {:?}", tensor.dtype()), F::NAME.to_owned()));
        }
        let entries = entries(tensor.data());
        if let Some(bad) = entries.iter().find(|entry: &&F| !entry.is_finite()) {
            return Err(other(format!("{name} with {bad}"), "finite numbers".to_owned()));
        }
        Array2::from_shape_vec(found, entries).map_err(|error| unreadable(&error))
    };
    // Everything is read before anything changes.
    let parameters = [model.parameters(), model.buffers()]
        .concat()
        .into_iter()
        .map(|parameter| array(format!("model.{}", parameter.name), Some(parameter.value.dim())))
        .collect::<Result<Vec<_>>>()?;
    let moments = (0..)
        .map(|i| format!("optimiser.{i}"))
        .take_while(|name| tensors.tensor(name).is_ok())
        .map(|name| array(name, None))
        .collect::<Result<Vec<_>>>()?;
    let optimiser = Optimiser::resume(recipe.rule, header.steps, moments)?;
    let mut values = parameters.into_iter();
    for (parameter, value) in model.parameters_mut().into_iter().zip(&mut values) {
        parameter.value = value.into();
    }
    for (buffer, value) in model.buffers_mut().into_iter().zip(values) {
        buffer.value = value.into();
    }
    Ok((optimiser, header.history))
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
