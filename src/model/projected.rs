//! An encoder trained through a projector.

use ndarray::{Array2, ArrayView2};

use super::{Model, Network, Parameter};
use crate::Scalar;
use crate::autodiff::Var;
use crate::error::{Error, Result};

/// The loss is taken of the projector's output, the representation that is kept is the encoder's (Chen et al. 2020).
#[derive(Clone, Debug)]
pub struct Projected<F> {
    encoder: Network<F>,
    projector: Network<F>,
}

impl<F: Scalar> Projected<F> {
    /// A model whose loss is taken of the projector's output on the encoder's.
    ///
    /// # Errors
    /// [`Error::Shape`] if the projector takes not what the encoder gives.
    pub fn new(encoder: Network<F>, mut projector: Network<F>) -> Result<Self> {
        let given = encoder.parameters().last().map_or(0, |bias| bias.value.ncols());
        if projector.inputs() != given {
            return Err(Error::Shape {
                argument: "projector",
                expected: vec![given],
                got: vec![projector.inputs()],
            });
        }
        for parameter in projector.parameters_mut() {
            parameter.name = format!("projector.{}", parameter.name);
        }
        Ok(Self { encoder, projector })
    }

    /// The encoder alone.
    pub fn into_encoder(self) -> Network<F> {
        self.encoder
    }
}

impl<F: Scalar> Model<F> for Projected<F> {
    fn inputs(&self) -> usize {
        self.encoder.inputs()
    }

    fn architecture(&self) -> String {
        format!("{} projected {}", self.encoder.architecture(), self.projector.architecture())
    }

    fn parameters(&self) -> Vec<&Parameter<F>> {
        [self.encoder.parameters(), self.projector.parameters()].concat()
    }

    fn parameters_mut(&mut self) -> Vec<&mut Parameter<F>> {
        let mut all = self.encoder.parameters_mut();
        all.extend(self.projector.parameters_mut());
        all
    }

    fn forward<'t>(&self, parameters: &[Var<'t, F>], x: Var<'t, F>) -> Result<Var<'t, F>> {
        let (first, second) = parameters.split_at(self.encoder.parameters().len().min(parameters.len()));
        self.projector.forward(second, self.encoder.forward(first, x)?)
    }

    fn embed(&self, x: ArrayView2<F>) -> Result<Array2<F>> {
        self.encoder.embed(x)
    }
}
