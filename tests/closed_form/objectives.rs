//! What the closed forms minimise, by definition on dense matrices, with its slope for descent.

use ndarray::Array2;
use pal::loss::SpectralLoss;

use crate::support::definitions::{barlow_twins2, simclr2, squared_norm, vic2};

/// A squared loss by its definition.
pub(crate) fn loss_value(loss: SpectralLoss, z: &Array2<f64>, g: &Array2<f64>) -> f64 {
    match loss {
        SpectralLoss::SimClr2 => simclr2(z, g),
        SpectralLoss::Vic2 { lambda } => vic2(z, g, lambda),
        SpectralLoss::BarlowTwins2 => barlow_twins2(z, g),
    }
}

/// The loss and its slope, both as products of dense matrices (claim T13).
pub(crate) fn with_slope(loss: SpectralLoss, z: &Array2<f64>, g: &Array2<f64>) -> (f64, Array2<f64>) {
    let eye = Array2::<f64>::eye(z.ncols());
    match loss {
        SpectralLoss::SimClr2 => {
            let misfit = z.dot(&z.t()) - g;
            (squared_norm(&misfit), misfit.dot(z) * 4.0)
        }
        SpectralLoss::Vic2 { lambda } => {
            let excess = z.t().dot(z) - eye;
            let image = laplacian(g).dot(z);
            let value = squared_norm(&excess) + lambda * (z * &image).sum();
            (value, z.dot(&excess) * 4.0 + image * (2.0 * lambda))
        }
        SpectralLoss::BarlowTwins2 => {
            let image = g.dot(z);
            let excess = z.t().dot(&image) - eye;
            (squared_norm(&excess), image.dot(&excess) * 4.0)
        }
    }
}

/// `D − G`.
pub(crate) fn laplacian(g: &Array2<f64>) -> Array2<f64> {
    Array2::from_diag(&g.sum_axis(ndarray::Axis(1))) - g
}

/// The matrix on which VIC² is spectral contrastive learning, `I − (λ/2) L` (claim T19).
pub(crate) fn vic2_matrix(g: &Array2<f64>, lambda: f64) -> Array2<f64> {
    Array2::<f64>::eye(g.nrows()) - laplacian(g) * (0.5 * lambda)
}

/// `2β Tr(Zᵀ P Z)`.
pub(crate) fn penalty(z: &Array2<f64>, p: &Array2<f64>, beta: f64) -> f64 {
    2.0 * beta * (z * &p.dot(z)).sum()
}

/// `loss(Z) + 2β Tr(Zᵀ P Z)` and its slope.
pub(crate) fn penalised(
    loss: SpectralLoss,
    z: &Array2<f64>,
    g: &Array2<f64>,
    p: &Array2<f64>,
    beta: f64,
) -> (f64, Array2<f64>) {
    let (value, slope) = with_slope(loss, z, g);
    (value + penalty(z, p, beta), slope + p.dot(z) * (4.0 * beta))
}

/// `|a − b| ≤ tolerance (1 + |b|)`.
pub(crate) fn within(tolerance: f64, a: f64, b: f64) -> bool {
    (a - b).abs() <= tolerance * (1.0 + b.abs())
}

/// The sum of `(t)₊²` over the `k` first.
pub(crate) fn positive_squares(values: &[f64], k: usize) -> f64 {
    values.iter().take(k).map(|value| value.max(0.0).powi(2)).sum()
}

/// What Barlow Twins loses with the penalty at the optimum: `1 − (1 − β/a)₊²` a column (claim T47).
pub(crate) fn barlow_twins_optimum(values: &[f64], k: usize, beta: f64) -> f64 {
    let kept = |a: f64| if a > beta { (1.0 - beta / a).powi(2) } else { 0.0 };
    k as f64 - values.iter().take(k).map(|&a| kept(a)).sum::<f64>()
}
