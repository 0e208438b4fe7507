//! The squared losses ([claim T13](crate::theory#t13)): polynomials in `Z` whose minimisers are eigenproblems on the graph.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, concatenate, s};

use super::{Loss, product_and_laplacian, squared_norm};
use crate::error::{Result, check};
use crate::graph::{LowRankPart, SimilarityGraph};
use crate::linalg::rows::{Shifted, inner, multiply_in_place, scaled};
use crate::linalg::{Operator, thin_svd};
use crate::scalar::Scalar;

/// `‖Z Zᵀ − G‖²` below this part of its summands loses too many digits to their cancellation.
const CANCELLED: f64 = 1e-4;

/// A squared loss, for any symmetric graph; unchanged by `Z → ZQ` for orthogonal `Q`.
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use ndarray::array;
/// use pal::data::Labels;
/// use pal::graph::SimilarityGraph;
/// use pal::loss::{Loss, SpectralLoss};
///
/// let graph = SimilarityGraph::labels(&Labels::new(vec![0, 0, 1], 2)?);
/// let one_hot = array![[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]];
/// assert!(SpectralLoss::SimClr2.value(one_hot.view(), &graph)? < 1e-12); // Z Zᵀ = G
/// let whitened = array![[0.5_f64.sqrt(), 0.0], [0.5_f64.sqrt(), 0.0], [0.0, 1.0]];
/// assert!(SpectralLoss::Vic2 { lambda: 2.0 }.value(whitened.view(), &graph)? < 1e-12); // ZᵀZ = I, L Z = 0
/// # Ok(())
/// # }
/// ```
///
/// `O(n k²)` and one product with the graph, no memory beyond the gradient and `k×k` ([`Self::BarlowTwins2`]: one `n×k`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SpectralLoss {
    /// Squared SimCLR, spectral contrastive learning: `‖Z Zᵀ − G‖²` (claims [T16](crate::theory#t16),
    /// [T18](crate::theory#t18)); gradient `4 (Z ZᵀZ − G Z)`.
    ///
    /// The value is expanded to `‖ZᵀZ‖² − 2 Tr(ZᵀGZ) + ‖G‖²`, which is good to `1e-16 (‖ZᵀZ‖² + ‖G‖²)`. Near a perfect
    /// fit to a graph of rank up to `2k`, made of labels and low-rank terms, it is taken from their factors instead and
    /// keeps its relative accuracy.
    SimClr2,
    /// Squared VICReg: `‖ZᵀZ − I‖² + λ Tr(Zᵀ L Z)` ([claim T19](crate::theory#t19)); gradient `4 Z (ZᵀZ − I) + 2λ L Z`.
    Vic2 {
        /// Weight λ ≥ 0 of the invariance term.
        lambda: f64,
    },
    /// Squared Barlow Twins: `‖Zᵀ G Z − I‖²` ([claim T21](crate::theory#t21)); gradient `4 G Z (ZᵀGZ − I)`.
    ///
    /// Without a penalty its minimisers are many; the closed form takes the one of least norm.
    BarlowTwins2,
}

impl<F: Scalar> Loss<F> for SpectralLoss {
    fn evaluate_unchecked(
        &self,
        z: ArrayView2<F>,
        graph: &SimilarityGraph,
        gradient: Option<ArrayViewMut2<F>>,
    ) -> Result<f64> {
        match *self {
            Self::SimClr2 => {
                let gram = Shifted::plain(z).gram(1.0);
                let agreement = if let Some(blocks) = graph.block_sums(z, None) {
                    if let Some(gradient) = gradient {
                        let weight = F::of(-4.0 * blocks.weight);
                        Shifted::plain(z).multiply(
                            &scaled(4.0, &gram),
                            F::zero(),
                            gradient,
                            |first, rows| {
                                blocks.add_to_rows(weight, first, rows);
                                0.0
                            },
                        );
                    }
                    blocks.weight * inner(blocks.sums.view(), blocks.sums.view())
                } else if let Some(mut gradient) = gradient {
                    gradient.fill(F::zero());
                    graph.apply_add_unchecked(F::one(), z, gradient.view_mut());
                    let agreement = inner(z, gradient.view());
                    Shifted::plain(z).multiply(&scaled(4.0, &gram), F::of(-4.0), gradient, |_, _| 0.0);
                    agreement
                } else {
                    inner(z, graph.apply_unchecked(z).view())
                };
                let summands = squared_norm(&gram) + graph.frobenius_squared();
                let expanded = summands - 2.0 * agreement;
                if expanded < CANCELLED * summands
                    && let (None, Some(part)) = graph.split_low_rank()
                    && part.factor.ncols() <= 2 * z.ncols()
                {
                    return misfit_of_factors(z.mapv(F::as_f64).view(), &part);
                }
                // `max` would turn the NaN of an overflow into a perfect fit.
                Ok(if expanded < 0.0 { 0.0 } else { expanded })
            }
            Self::Vic2 { lambda } => {
                check::not_negative("lambda", lambda)?;
                let excess = minus_identity(Shifted::plain(z).gram(1.0));
                let energy = match gradient {
                    Some(gradient) => product_and_laplacian(
                        &Shifted::plain(z),
                        &scaled(4.0, &excess),
                        graph,
                        F::of(2.0 * lambda),
                        z,
                        gradient,
                    ),
                    None => graph.energy(z),
                };
                Ok(squared_norm(&excess) + lambda * energy)
            }
            Self::BarlowTwins2 => {
                if let Some(blocks) = graph.block_sums(z, None) {
                    let excess = minus_identity(Shifted::plain(blocks.sums.view()).gram(blocks.weight));
                    if let Some(gradient) = gradient {
                        blocks.spread_product(
                            &scaled(4.0 * blocks.weight, &excess),
                            gradient,
                            #[inline(always)]
                            |_, row, out| out.copy_from_slice(row),
                        );
                    }
                    Ok(squared_norm(&excess))
                } else if let Some(mut gradient) = gradient {
                    gradient.fill(F::zero());
                    graph.apply_add_unchecked(F::one(), z, gradient.view_mut());
                    let excess = minus_identity(Shifted::plain(z).transposed_dot(gradient.view()));
                    multiply_in_place(&scaled(4.0, &excess), gradient, |_, _| {});
                    Ok(squared_norm(&excess))
                } else {
                    let image = graph.apply_unchecked(z);
                    Ok(squared_norm(&minus_identity(Shifted::plain(z).transposed_dot(image.view()))))
                }
            }
        }
    }
}

/// `‖Z Zᵀ − B C Bᵀ‖²` ([claim T16](crate::theory#t16)): with `[Z B] = U R` it is `‖R diag(I, −C) Rᵀ‖²`, where little has
/// cancelled yet.
fn misfit_of_factors(z: ArrayView2<f64>, part: &LowRankPart) -> Result<f64> {
    let k = z.ncols();
    let both = concatenate![Axis(1), z, part.factor];
    let svd = thin_svd(both.view())?;
    let r = svd.vt * &svd.singular_values.insert_axis(Axis(1));
    let (of_z, of_factor) = (r.slice(s![.., ..k]), r.slice(s![.., k..]));
    Ok(squared_norm(&(of_z.dot(&of_z.t()) - of_factor.dot(&part.core).dot(&of_factor.t()))))
}

fn minus_identity(mut matrix: Array2<f64>) -> Array2<f64> {
    matrix.diag_mut().mapv_inplace(|entry| entry - 1.0);
    matrix
}
