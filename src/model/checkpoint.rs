//! Checkpoints: a training's whole state in one safetensors file.
//!
//! Tensors `model.NAME` are the parameters and the running means of the model, `optimiser.I` the moments; the text entry
//! `training` of the header holds the rest as JSON. Other programs can read the parameters by their names.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::tensor_file::{self, Tensor, TensorFile};
use super::{Epoch, Model, Optimiser, Rule, Schedule};
use crate::Scalar;
use crate::error::Result;

/// What decides every bit of a training, beside its data: a checkpoint can be resumed by the same recipe alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Recipe {
    pub(super) epochs: usize,
    pub(super) batch: usize,
    pub(super) known: f64,
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
    let parameters = [model.parameters(), model.buffers()].concat();
    let parameters = parameters
        .iter()
        .map(|parameter| Tensor::new(format!("model.{}", parameter.name), parameter.value.view()));
    let moments = optimiser.moments().iter().enumerate();
    let moments = moments.map(|(i, moment)| Tensor::new(format!("optimiser.{i}"), moment.view()));
    let tensors: Vec<Tensor> = parameters.chain(moments).collect();
    tensor_file::write(path, ENTRY, &header, &tensors)
}

/// Fills `model` from the file, and returns the optimiser and the history.
pub(super) fn read<F: Scalar>(
    path: &Path,
    model: &mut impl Model<F>,
    recipe: Recipe,
) -> Result<(Optimiser<F>, Vec<Epoch>)> {
    tensor_file::read(path, ("a checkpoint", ENTRY), |header: Header, file| {
        let expected = model.architecture();
        if header.architecture != expected {
            let found = format!("the model {}", header.architecture);
            return Err(file.other(found, format!("the model {expected}")));
        }
        if header.recipe != recipe {
            let found = format!("trained by {:?}", header.recipe);
            return Err(file.other(found, format!("{recipe:?}")));
        }
        // Everything is read before anything changes.
        let moments = (0..)
            .map(|i| format!("optimiser.{i}"))
            .take_while(|name| file.has(name))
            .map(|name| file.matrix(&name, None))
            .collect::<Result<Vec<_>>>()?;
        let optimiser = Optimiser::resume(recipe.rule, header.steps, moments)?;
        fill(model, "model", file)?;
        Ok((optimiser, header.history))
    })
}

/// Parameters and buffers from the tensors `PREFIX.NAME`: all or, upon an error, none.
pub(super) fn fill<F: Scalar>(model: &mut impl Model<F>, prefix: &str, file: &TensorFile) -> Result<()> {
    let values = [model.parameters(), model.buffers()]
        .concat()
        .into_iter()
        .map(|parameter| file.matrix(&format!("{prefix}.{}", parameter.name), Some(parameter.value.dim())))
        .collect::<Result<Vec<_>>>()?;
    let mut values = values.into_iter();
    for (parameter, value) in model.parameters_mut().into_iter().zip(&mut values) {
        parameter.value = value.into();
    }
    for (buffer, value) in model.buffers_mut().into_iter().zip(values) {
        buffer.value = value.into();
    }
    Ok(())
}
