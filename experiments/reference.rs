//! What the five reference experiments share: the kernel regime on a training set, read by the best linear probe.

use ndarray::Array2;
use pal::closed_form::{FittedKernel, KernelRegime, KernelSolver, Lift};
use pal::data::Labels;
use pal::graph::SimilarityGraph;
use pal::kernel::Exponential;
use pal::{Result, probe};
use serde::Serialize;

/// The representation: `width` leading eigenvectors of `G − βK⁻¹`, `K` exponential.
#[derive(Clone, Copy, Serialize)]
pub struct Representation {
    pub sigma: f64,
    pub beta: f64,
    /// Eigenvalues of the Gram matrix up to here count as zero.
    pub cutoff: f64,
    pub width: usize,
}

impl Representation {
    pub fn on(&self, inputs: &Array2<f64>) -> Result<FittedKernel<Exponential>> {
        let Self { sigma, beta, cutoff, .. } = *self;
        KernelRegime { kernel: Exponential { sigma }, beta, cutoff }.on(inputs.view())
    }
}

/// Reads one graph after another on the same samples.
#[derive(Clone)]
pub struct Reader<'a> {
    pub solver: KernelSolver<'a>,
    lift: &'a Lift,
    labels: &'a Labels,
    width: usize,
    /// The representation read last, and its error.
    last: Option<(Array2<f64>, f64)>,
}

impl<'a> Reader<'a> {
    /// Reads from the points of `lift`, whose labels are given.
    pub fn new(fit: &'a FittedKernel<Exponential>, lift: &'a Lift, labels: &'a Labels, width: usize) -> Self {
        Self { solver: fit.solver(), lift, labels, width, last: None }
    }

    /// The representation of the samples that the graph gives, `(n, width)`.
    pub fn represent(&mut self, graph: &SimilarityGraph) -> Result<Array2<f64>> {
        Ok(self.solver.leading(graph, self.width)?.vectors)
    }

    /// The error of the best linear probe on the test set, for a representation of the samples.
    pub fn error(&mut self, z: &Array2<f64>) -> Result<f64> {
        match &self.last {
            // A round that taught nothing costs nothing.
            Some((last, error)) if last == z => Ok(*error),
            _ => {
                let error = probe::best_linear_error(self.lift.embed(z.view())?.view(), self.labels)?;
                self.last = Some((z.clone(), error));
                Ok(error)
            }
        }
    }

    /// Both steps.
    pub fn error_of(&mut self, graph: &SimilarityGraph) -> Result<f64> {
        let z = self.represent(graph)?;
        self.error(&z)
    }
}
