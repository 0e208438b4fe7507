//! Laplacians: `L = D − G` and its normalised form `Lₙ = D^{-1/2} L D^{-1/2}`.
//!
//! `L` does not depend on the diagonal of `G`, and `Tr(ZᵀLZ) = ½ Σ_ij G_ij ‖z_i − z_j‖²` ([claim T1](crate::theory#t1)): it
//! measures how far apart similar samples are. `L` is positive semidefinite for `G ≥ 0`, and need not be otherwise.
//!
//! Where a degree is zero, `D^{-1/2}` is taken to be zero ([claim T6](crate::theory#t6)): an isolated vertex has a zero row in
//! `Gₙ` and `Lₙ`.

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis};

use super::rows::add_scaled_rows;
use super::{Form, SimilarityGraph};
use crate::error::{Error, Result, check};
use crate::linalg::Operator;
use crate::linalg::rows::in_rows;
use crate::linalg::scale::{largest, safe_scale};
use crate::scalar::Scalar;

/// `L = D − G` of a borrowed graph.
#[derive(Clone, Debug)]
pub struct Laplacian<'a> {
    graph: &'a SimilarityGraph,
    degrees: Array1<f64>,
}

impl<'a> Laplacian<'a> {
    /// The matrix of shape `(n, n)`.
    #[must_use]
    pub fn to_dense(&self) -> Array2<f64> {
        let mut dense = Array2::from_diag(&self.degrees);
        self.graph.accumulate(-1.0, &mut dense.view_mut());
        dense
    }

    /// `Tr(ZᵀLZ)` for `z` of shape `(n, k)`, by differences, which stay accurate near zero ([claim T16](crate::theory#t16)).
    ///
    /// Label and view graphs: `Σ_c n_c Σ_{i∈c} ‖z_i − mean_c‖²`, `O(n k)`. Pairs: `½ Σ G_ij ‖z_i − z_j‖²` over stored
    /// entries, `O(nnz k)`. Low rank `O(n r k)`, dense `O(n² k)`. Mixtures: the weighted sum of their terms' energies.
    ///
    /// # Errors
    /// [`Error::Shape`] if `z` has not `n` rows, [`Error::NotFinite`], [`Error::Domain`] if the energy overflows.
    pub fn energy<F: Scalar>(&self, z: ArrayView2<F>) -> Result<f64> {
        check::shape("z", &[self.graph.len(), z.ncols()], z.shape())?;
        check::finite("z", &z)?;
        if z.ncols() == 0 {
            return Ok(0.0);
        }
        let energy = self.graph.energy(z);
        if energy.is_normal() {
            return Ok(energy);
        }
        // Squares may have left the range of numbers on the way, which those of scaled differences do not.
        let z = z.mapv(F::as_f64);
        let scale = safe_scale(largest(&z));
        let energy = self.graph.energy((z * scale).view()) / scale / scale;
        check::number("energy", energy, "finite: z is too large")
    }

    /// `Lₙ = D^{-1/2} L D^{-1/2}`.
    ///
    /// # Errors
    /// [`Error::Domain`] if a degree is negative, or positive and below the smallest normal number.
    pub fn normalised(self) -> Result<NormalisedLaplacian<'a>> {
        let scale = inverse_root(self.graph, &self.degrees)?;
        Ok(NormalisedLaplacian { laplacian: self, scale })
    }
}

impl<F: Scalar> Operator<F> for Laplacian<'_> {
    fn order(&self) -> usize {
        self.graph.len()
    }

    fn apply_add_unchecked(&self, weight: F, x: ArrayView2<F>, mut out: ArrayViewMut2<F>) {
        add_scaled_rows(weight, &self.degrees, x, out.view_mut());
        self.graph.apply_add_unchecked(-weight, x, out);
    }
}

/// `Lₙ = D^{-1/2} L D^{-1/2}` of a borrowed graph with degrees `≥ 0`.
#[derive(Clone, Debug)]
pub struct NormalisedLaplacian<'a> {
    laplacian: Laplacian<'a>,
    /// The diagonal of `D^{-1/2}`.
    scale: Array1<f64>,
}

impl NormalisedLaplacian<'_> {
    /// The matrix of shape `(n, n)`.
    #[must_use]
    pub fn to_dense(&self) -> Array2<f64> {
        let mut dense = self.laplacian.to_dense();
        dense *= &self.scale;
        dense *= &self.scale.view().insert_axis(Axis(1));
        dense
    }

    /// `Tr(ZᵀLₙZ)` for `z` of shape `(n, k)`: the energy of `D^{-1/2} z`; cost as [`Laplacian::energy`].
    ///
    /// # Errors
    /// As [`Laplacian::energy`]; [`Error::Domain`] if a degree is too small for the precision of `z`.
    pub fn energy<F: Scalar>(&self, z: ArrayView2<F>) -> Result<f64> {
        check::shape("z", &[self.scale.len(), z.ncols()], z.shape())?;
        check::finite("z", &z)?;
        let scaled = self.scaled(z);
        check::in_range(
            "z over the root of the degree",
            &scaled,
            "finite: z is too large, or a degree too small",
        )?;
        self.laplacian.energy(scaled.view())
    }

    fn scaled<F: Scalar>(&self, x: ArrayView2<F>) -> Array2<F> {
        &x * &self.scale.mapv(F::of).insert_axis(Axis(1))
    }
}

impl<F: Scalar> Operator<F> for NormalisedLaplacian<'_> {
    fn order(&self) -> usize {
        self.scale.len()
    }

    fn apply_add_unchecked(&self, weight: F, x: ArrayView2<F>, mut out: ArrayViewMut2<F>) {
        let image = self.laplacian.apply_unchecked(self.scaled(x).view());
        out.scaled_add(weight, &self.scaled(image.view()));
    }
}

impl SimilarityGraph {
    /// The Laplacian `L = D − G`.
    #[must_use]
    pub fn laplacian(&self) -> Laplacian<'_> {
        Laplacian { graph: self, degrees: self.degrees() }
    }

    /// `Tr(ZᵀLZ)` of representations of the right shape; 0 without columns.
    pub(crate) fn energy<F: Scalar>(&self, z: ArrayView2<F>) -> f64 {
        if z.is_empty() {
            return 0.0;
        }
        let z = z.as_standard_layout();
        self.terms.iter().map(|(weight, form)| weight * form.product().energy(z.view())).sum()
    }

    /// What adds `weight · L z` to some rows of a matrix, given the first and them, and returns their part of `Tr(ZᵀLZ)`, unless
    /// a term must see all rows at once. For `z` of shape `(n, k)`, `k ≥ 1`, in row-major order.
    pub(crate) fn laplacian_by_rows<'a, F: Scalar>(
        &'a self,
        weight: F,
        z: ArrayView2<'a, F>,
    ) -> Option<impl Fn(usize, ArrayViewMut2<F>) -> f64 + Sync + 'a> {
        let of_term = |(own, form): &'a (f64, Form)| {
            Some((*own, form.product().laplacian_by_rows(weight * F::of(*own), z)?))
        };
        let terms = self.terms.iter().map(of_term).collect::<Option<Vec<_>>>()?;
        Some(move |first, mut rows: ArrayViewMut2<F>| {
            terms.iter().map(|(own, add)| own * add(first, rows.view_mut())).sum()
        })
    }

    /// Adds `weight · L z` to `out`, both of shape `(n, k)`, `k ≥ 1`, and returns `Tr(ZᵀLZ)`; one pass over both for most
    /// forms.
    pub(crate) fn laplacian_add<F: Scalar>(&self, weight: F, z: ArrayView2<F>, out: ArrayViewMut2<F>) -> f64 {
        in_rows(z, out, |z, mut out| {
            let of_term = |(own, form): &(f64, Form)| {
                own * form.product().laplacian_add(weight * F::of(*own), z, out.view_mut())
            };
            self.terms.iter().map(of_term).sum()
        })
    }

    /// The normalised graph `Gₙ = D^{-1/2} G D^{-1/2}`, again in a cheap form.
    ///
    /// A view graph stays one; a label graph becomes a factor of shape `(n, classes)`, or pairs where those are fewer.
    ///
    /// # Errors
    /// [`Error::Domain`] if a degree is negative, or positive and below the smallest normal number.
    pub fn normalised(&self) -> Result<Self> {
        let scale = inverse_root(self, &self.degrees())?;
        let terms = self.terms.iter().flat_map(|(weight, form)| {
            if !SAFE_WEIGHT.contains(&weight.abs()) {
                // The weight and the inverse degrees, each out of scale, make up for each other.
                let scale = &scale * weight.abs().sqrt();
                let scaled = form.scaled(&scale).into_iter();
                return scaled.map(|(factor, form)| (weight.signum() * factor, form)).collect::<Vec<_>>();
            }
            form.scaled(&scale).into_iter().map(move |(factor, form)| (weight * factor, form)).collect()
        });
        Ok(Self { order: self.order, terms: terms.collect() })
    }
}

/// Weights of terms that are normalised as they are.
const SAFE_WEIGHT: std::ops::Range<f64> = 1e-40..1e40;

/// The diagonal of `D^{-1/2}`, zero where the degree is.
fn inverse_root(graph: &SimilarityGraph, degrees: &Array1<f64>) -> Result<Array1<f64>> {
    // Signed entries cancel up to rounding: |Σ_j G_ij| is known to ε Σ_j |G_ij| ≤ ε √n ‖G‖ at best.
    let rounding = if graph.every_term_is_non_negative() {
        0.0
    } else {
        let norms = graph
            .terms
            .iter()
            .map(|(weight, form)| weight.abs() * form.structure().frobenius_squared().sqrt());
        f64::EPSILON * (graph.len() as f64).sqrt() * norms.sum::<f64>()
    };
    if let Some(&value) = degrees.iter().find(|&&degree| degree > rounding && degree < f64::MIN_POSITIVE) {
        let must = "zero, or a normal number, to normalise a graph";
        return Err(Error::Domain { argument: "degree", value, must });
    }
    match degrees.iter().find(|&&degree| degree < -rounding) {
        Some(&value) => {
            Err(Error::Domain { argument: "degree", value, must: "at least zero to normalise a graph" })
        }
        None => Ok(degrees.mapv(|degree| if degree <= rounding { 0.0 } else { degree.sqrt().recip() })),
    }
}
