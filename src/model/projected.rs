//! An encoder trained through a projector.

use ndarray::{Array2, ArrayView2};

use super::{Model, Moments, Network, Parameter, Pass};
use crate::Scalar;
use crate::autodiff::Var;
use crate::error::{Error, Result, check};

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
        for buffer in projector.buffers_mut() {
            buffer.name = format!("projector.{}", buffer.name);
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

    fn buffers(&self) -> Vec<&Parameter<F>> {
        [self.encoder.buffers(), self.projector.buffers()].concat()
    }

    fn buffers_mut(&mut self) -> Vec<&mut Parameter<F>> {
        let mut all = self.encoder.buffers_mut();
        all.extend(self.projector.buffers_mut());
        all
    }

    fn observe(&mut self, moments: &[Moments<F>]) -> Result<()> {
        let of_encoder = self.encoder.standardising_layers();
        let layers = of_encoder + self.projector.standardising_layers();
        check::shape("moments", &[layers], &[moments.len()])?;
        let (first, second) = moments.split_at(of_encoder);
        self.projector.require_moments(second)?;
        self.encoder.observe(first)?;
        self.projector.observe(second)
    }

    fn forward<'t>(
        &self,
        parameters: &[Var<'t, F>],
        x: Var<'t, F>,
        pass: &mut Pass<F>,
    ) -> Result<Var<'t, F>> {
        let (first, second) = parameters.split_at(self.encoder.parameters().len().min(parameters.len()));
        let x = self.encoder.forward(first, x, pass)?;
        self.projector.forward(second, x, pass)
    }

    fn embed(&self, x: ArrayView2<F>) -> Result<Array2<F>> {
        self.encoder.embed(x)
    }
}
