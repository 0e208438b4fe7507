//! A model's loss on all samples as a function of one long vector.

use ndarray::{ArcArray2, Array1, Array2, ArrayView1, ArrayView2};

use super::{Model, value_and_gradients};
use crate::Scalar;
use crate::autodiff::Buffers;
use crate::error::{Result, check};
use crate::graph::SimilarityGraph;
use crate::loss::Loss;

/// `loss(model(X), G)` with all parameters in one vector: what [`crate::model::lbfgs()`] descends on.
pub struct FullBatch<'a, F, M> {
    model: M,
    loss: &'a dyn Loss<F>,
    graph: &'a SimilarityGraph,
    inputs: ArcArray2<F>,
    buffers: Buffers<F>,
}

impl<'a, F: Scalar, M: Model<F>> FullBatch<'a, F, M> {
    /// The problem on samples `(n, p)` and a graph over them.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] if the graph has other samples or the model another width, [`crate::Error::NotFinite`].
    pub fn new(
        model: M,
        loss: &'a dyn Loss<F>,
        graph: &'a SimilarityGraph,
        inputs: ArrayView2<F>,
    ) -> Result<Self> {
        check::shape("inputs", &[graph.len(), model.inputs()], inputs.shape())?;
        check::finite("inputs", &inputs)?;
        Ok(Self { model, loss, graph, inputs: inputs.to_owned().into_shared(), buffers: Buffers::default() })
    }

    /// The parameters as they stand, row by row, one after another.
    pub fn point(&self) -> Array1<F> {
        self.model.parameters().into_iter().flat_map(|parameter| parameter.value.iter().copied()).collect()
    }

    /// The model with the parameters of `point`.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] if it has another length, [`crate::Error::NotFinite`]; the parameters are then as before.
    pub fn at(&mut self, point: ArrayView1<F>) -> Result<&M> {
        let count = self.model.parameters().into_iter().map(|parameter| parameter.value.len()).sum();
        check::shape("point", &[count], point.shape())?;
        check::finite("point", &point)?;
        let mut entries = point.iter();
        for parameter in self.model.parameters_mut() {
            parameter.value.iter_mut().zip(&mut entries).for_each(|(to, &from)| *to = from);
        }
        Ok(&self.model)
    }

    /// The representations `(n, k)` that the model of `point` keeps of the samples.
    ///
    /// # Errors
    /// As [`FullBatch::at`].
    pub fn represent(&mut self, point: ArrayView1<F>) -> Result<Array2<F>> {
        let inputs = self.inputs.clone();
        self.at(point)?.embed(inputs.view())
    }

    /// The loss at `point`, and its gradient.
    ///
    /// # Errors
    /// As [`FullBatch::at`], and those of the loss.
    pub fn value_and_gradient(&mut self, point: ArrayView1<F>) -> Result<(F, Array1<F>)> {
        self.at(point)?;
        let loss = |z: ArrayView2<F>| self.loss.value_and_gradient(z, self.graph);
        let step = value_and_gradients(&self.model, self.inputs.clone(), loss, &mut self.buffers)?;
        let joined = step.gradients.into_iter().flat_map(Array2::into_iter).collect();
        Ok((step.value, joined))
    }
}
