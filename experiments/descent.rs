//! What the experiments on training share: descent on a squared loss from a random start.

use ndarray::{Array2, ArrayView1, ArrayView2};
use pal::graph::SimilarityGraph;
use pal::loss::{Loss, SpectralLoss};
use pal::model::{Iterate, Lbfgs, Minimum, lbfgs};
use pal::{Error, Result};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

/// `loss(F W, G) + 2β‖W‖²` over `W` of shape `(r, k)`.
pub struct Problem<'a> {
    pub loss: SpectralLoss,
    pub graph: &'a SimilarityGraph,
    /// `F`, `(n, r)`.
    pub features: ArrayView2<'a, f64>,
    pub beta: f64,
    pub width: usize,
}

impl Problem<'_> {
    /// Descends from standard normal entries; `observe` is told of every iteration.
    pub fn descend(
        &self,
        options: Lbfgs,
        rng: &mut impl Rng,
        observe: impl FnMut(Iterate<f64>) -> Result<()>,
    ) -> Result<Minimum<f64>> {
        let entries = self.features.ncols() * self.width;
        let start = (0..entries).map(|_| rng.sample(StandardNormal)).collect();
        let objective = |point: ArrayView1<f64>| {
            let w = self.weights(point)?;
            let (value, slope) = self.loss.value_and_gradient(self.features.dot(&w).view(), self.graph)?;
            let gradient = self.features.t().dot(&slope) + 4.0 * self.beta * &w;
            let penalty = 2.0 * self.beta * w.iter().map(|entry| entry * entry).sum::<f64>();
            Ok((value + penalty, gradient.into_flat()))
        };
        lbfgs(start, options, objective, observe)
    }

    /// The representations of a point of the descent.
    pub fn represent(&self, point: ArrayView1<f64>) -> Result<Array2<f64>> {
        Ok(self.features.dot(&self.weights(point)?))
    }

    /// `W`, whose entries a point lists row by row.
    fn weights<'a>(&self, point: ArrayView1<'a, f64>) -> Result<ArrayView2<'a, f64>> {
        let dim = (self.features.ncols(), self.width);
        point.into_shape_with_order(dim).map_err(|_| Error::Shape {
            argument: "point",
            expected: vec![dim.0 * dim.1],
            got: vec![point.len()],
        })
    }
}
