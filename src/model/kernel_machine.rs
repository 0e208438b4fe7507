//! Kernel machines: functions of an RKHS by their dual coefficients.

use ndarray::{Array2, ArrayView2};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::{Model, Parameter, Pass};
use crate::Scalar;
use crate::autodiff::Var;
use crate::error::{Result, check};
use crate::kernel::{RadialKernel, cross_gram};

/// `x ↦ k(x, X) α`: what [`crate::closed_form::KernelRegime`] solves for, to be trained instead.
///
/// Kernels are computed in double precision; a forward pass on `n` samples costs `O(n m (p + k))` for `m` centres.
#[derive(Clone, Debug)]
pub struct KernelMachine<K, F> {
    kernel: K,
    centres: Array2<f64>,
    coefficients: Parameter<F>,
}

impl<K: RadialKernel, F: Scalar> KernelMachine<K, F> {
    /// `k` functions with centres `(m, p)`; coefficients start normal with variance `1 / m`.
    ///
    /// # Errors
    /// [`crate::Error::Empty`] or [`crate::Error::NotFinite`] for bad centres, [`crate::Error::Domain`] if `k = 0` or a
    /// parameter of the kernel is out of its range.
    pub fn new(kernel: K, centres: ArrayView2<f64>, k: usize, rng: &mut impl Rng) -> Result<Self> {
        check::count("k", k, usize::MAX, "at least 1")?;
        // Computed for its checks of kernel and centres alone.
        cross_gram(&kernel, centres.slice(ndarray::s![..centres.nrows().min(1), ..]), centres)?;
        let std = (centres.nrows() as f64).sqrt().recip();
        let value = Array2::from_shape_simple_fn((centres.nrows(), k), || {
            F::of(std * rng.sample::<f64, _>(StandardNormal))
        });
        let coefficients = Parameter { name: "coefficients".to_owned(), value: value.into() };
        Ok(Self { kernel, centres: centres.to_owned(), coefficients })
    }
}

impl<K: RadialKernel, F: Scalar> Model<F> for KernelMachine<K, F> {
    fn inputs(&self) -> usize {
        self.centres.ncols()
    }

    fn architecture(&self) -> String {
        let (m, k) = self.coefficients.value.dim();
        format!("{} kernel({m}, {k})", self.inputs())
    }

    fn parameters(&self) -> Vec<&Parameter<F>> {
        vec![&self.coefficients]
    }

    fn parameters_mut(&mut self) -> Vec<&mut Parameter<F>> {
        vec![&mut self.coefficients]
    }

    fn forward<'t>(&self, parameters: &[Var<'t, F>], x: Var<'t, F>, _: &mut Pass<F>) -> Result<Var<'t, F>> {
        let points = x.value().mapv(Scalar::as_f64);
        let features = cross_gram(&self.kernel, points.view(), self.centres.view())?.mapv(F::of);
        check::shape("parameters", &[1], &[parameters.len()])?;
        x.tape().constant(features).matmul(parameters[0])
    }
}
