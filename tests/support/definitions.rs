//! Every loss by its definition: sums over samples and pairs on the dense matrix `G`.

use ndarray::{Array1, Array2, ArrayView1, Axis};
use pal::graph::SimilarityGraph;
use pal::loss::Loss;

use super::{jacobi, rel};

pub(crate) fn squared_norm(a: &Array2<f64>) -> f64 {
    a.iter().map(|entry| entry * entry).sum()
}

pub(crate) fn simclr2(z: &Array2<f64>, g: &Array2<f64>) -> f64 {
    squared_norm(&(z.dot(&z.t()) - g))
}

pub(crate) fn vic2(z: &Array2<f64>, g: &Array2<f64>, lambda: f64) -> f64 {
    squared_norm(&(z.t().dot(z) - Array2::<f64>::eye(z.ncols()))) + 0.5 * lambda * pair_distances(z, g)
}

pub(crate) fn barlow_twins2(z: &Array2<f64>, g: &Array2<f64>) -> f64 {
    squared_norm(&(z.t().dot(g).dot(z) - Array2::<f64>::eye(z.ncols())))
}

/// `Σ_ij G_ij ‖z_i − z_j‖²`.
pub(crate) fn pair_distances(z: &Array2<f64>, g: &Array2<f64>) -> f64 {
    g.indexed_iter()
        .map(|((i, j), weight)| {
            let difference = &z.row(i) - &z.row(j);
            weight * difference.dot(&difference)
        })
        .sum()
}

pub(crate) fn standard_deviations(z: &Array2<f64>) -> Array1<f64> {
    z.var_axis(Axis(0), 1.0).mapv(|variance| (variance + 1e-4).sqrt())
}

pub(crate) fn vicreg(z: &Array2<f64>, g: &Array2<f64>, [a, b, c]: [f64; 3]) -> f64 {
    let n = z.nrows() as f64;
    let mean = z.mean_axis(Axis(0)).unwrap();
    let mut covariances = 0.0;
    for k in 0..z.ncols() {
        for l in (0..z.ncols()).filter(|&l| l != k) {
            let products = z.rows().into_iter().map(|row| (row[k] - mean[k]) * (row[l] - mean[l]));
            covariances += (products.sum::<f64>() / (n - 1.0)).powi(2);
        }
    }
    let hinges = standard_deviations(z).iter().map(|s| (1.0 - s).max(0.0)).sum::<f64>();
    a * hinges + b * covariances + c / n * pair_distances(z, g)
}

fn cosine(a: ArrayView1<f64>, b: ArrayView1<f64>) -> f64 {
    a.dot(&b) / (a.dot(&a) * b.dot(&b)).sqrt()
}

/// `P` and `q` of claim T11, and which rows count.
pub(crate) fn targets_and_softmax(
    z: &Array2<f64>,
    g: &Array2<f64>,
    temperature: f64,
) -> (Array2<f64>, Array2<f64>, Vec<bool>) {
    let n = z.nrows();
    let mut targets = g.clone();
    targets.diag_mut().fill(0.0);
    let mut softmax = Array2::zeros((n, n));
    let mut kept = Vec::new();
    for i in 0..n {
        let positives = targets.row(i).sum();
        kept.push(positives > 0.0);
        if positives > 0.0 {
            targets.row_mut(i).mapv_inplace(|weight| weight / positives);
        }
        let logits: Vec<f64> = (0..n).map(|j| cosine(z.row(i), z.row(j)) / temperature).collect();
        let others = || (0..n).filter(|&j| j != i);
        let largest = others().map(|j| logits[j]).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = others().map(|j| (logits[j] - largest).exp()).sum();
        for j in others() {
            softmax[[i, j]] = (logits[j] - largest).exp() / sum;
        }
    }
    (targets, softmax, kept)
}

pub(crate) fn nt_xent(z: &Array2<f64>, g: &Array2<f64>, temperature: f64) -> f64 {
    let (targets, softmax, kept) = targets_and_softmax(z, g, temperature);
    let cross_entropies = targets.iter().zip(&softmax).filter(|(p, _)| **p > 0.0).map(|(p, q)| -p * q.ln());
    cross_entropies.sum::<f64>() / kept.iter().filter(|&&kept| kept).count() as f64
}

/// The gradient of claim T11 on whole matrices.
pub(crate) fn nt_xent_gradient(z: &Array2<f64>, g: &Array2<f64>, temperature: f64) -> Array2<f64> {
    let (targets, softmax, kept) = targets_and_softmax(z, g, temperature);
    let count = kept.iter().filter(|&&kept| kept).count() as f64;
    let mut w = (softmax - targets) / count;
    for (mut row, &kept) in w.rows_mut().into_iter().zip(&kept) {
        row *= f64::from(u8::from(kept));
    }
    let norms = z.map_axis(Axis(1), |row| row.dot(&row).sqrt()).insert_axis(Axis(1));
    let u = z / &norms;
    let slope = (&w + &w.t()).dot(&u) / temperature;
    let radial = (&u * &slope).sum_axis(Axis(1)).insert_axis(Axis(1));
    (slope - &u * &radial) / &norms
}

/// Correlations between the ends of an edge drawn in proportion to `g`, and the deviations of the columns at an end.
pub(crate) fn edge_correlations(z: &Array2<f64>, g: &Array2<f64>) -> (Array2<f64>, Array1<f64>) {
    let p = g / g.sum();
    let w = p.sum_axis(Axis(1));
    let mean = w.dot(z);
    let deviations = w.dot(&(z - &mean).mapv(|entry| entry * entry)).mapv(f64::sqrt);
    let correlations = Array2::from_shape_fn((z.ncols(), z.ncols()), |(k, l)| {
        let products = p.indexed_iter().map(|((i, j), p)| p * (z[[i, k]] - mean[k]) * (z[[j, l]] - mean[l]));
        products.sum::<f64>() / (deviations[k] * deviations[l])
    });
    (correlations, deviations)
}

pub(crate) fn redundancy(correlations: &Array2<f64>, lambda: f64) -> f64 {
    correlations
        .indexed_iter()
        .map(|((k, l), c)| if k == l { (c - 1.0).powi(2) } else { lambda * c * c })
        .sum()
}

/// `power` of the positive definite `a`, by its eigenpairs; eigenvalues up to `1e-12` of the largest count as zero.
pub(crate) fn matrix_power(a: &Array2<f64>, power: f64) -> Array2<f64> {
    let (values, vectors) = jacobi(a);
    let powers = values.mapv(|value| if value > 1e-12 * values[0] { value.powf(power) } else { 0.0 });
    (&vectors * &powers).dot(&vectors.t())
}

/// The weights `(ZᵀZ + NλI)⁻¹ ZᵀY` of the ridge regression of `y` on `z`.
pub(crate) fn ridge_weights(z: &Array2<f64>, y: &Array2<f64>, lambda: f64) -> Array2<f64> {
    let shifted = z.t().dot(z) + Array2::<f64>::eye(z.ncols()) * (z.nrows() as f64 * lambda);
    matrix_power(&shifted, -1.0).dot(&z.t()).dot(y)
}

/// `‖ZW − Y‖²/N + λ‖W‖²` at those weights.
pub(crate) fn ridge(z: &Array2<f64>, y: &Array2<f64>, lambda: f64) -> f64 {
    let w = ridge_weights(z, y, lambda);
    squared_norm(&(z.dot(&w) - y)) / z.nrows() as f64 + lambda * squared_norm(&w)
}

/// The gradient by central differences of step `1e-5`.
pub(crate) fn by_differences(z: &Array2<f64>, value: impl Fn(&Array2<f64>) -> f64) -> Array2<f64> {
    by_differences_of(1e-5, z, &value)
}

fn by_differences_of(step: f64, z: &Array2<f64>, value: &dyn Fn(&Array2<f64>) -> f64) -> Array2<f64> {
    Array2::from_shape_fn(z.raw_dim(), |index| {
        let at = |shift: f64| {
            let mut z = z.clone();
            z[index] += shift;
            value(&z)
        };
        (at(step) - at(-step)) / (2.0 * step)
    })
}

/// Deviations below which losses that standardise are too curved for differences of step `1e-5`: their `m`-th derivatives
/// grow like `deviation^−m`.
pub(crate) const FLATTEST: f64 = 0.01;

/// Whether the gradient agrees with central differences of the value, to the `1e-6` of the theory: their truncation is
/// of the order of `1e-10` third derivatives, their rounding of `1e-11` values. Where that is too much, Richardson's
/// extrapolation from two steps leaves `1e-20` fifth derivatives.
pub(crate) fn slope_is_right(loss: &dyn Loss, z: &Array2<f64>, graph: &SimilarityGraph) -> bool {
    let (value, gradient) = loss.value_and_gradient(z.view(), graph).unwrap();
    let alone = loss.value(z.view(), graph).unwrap();
    let by_step = |step| by_differences_of(step, z, &|z| loss.value(z.view(), graph).unwrap());
    let differences = by_step(1e-5);
    (value - alone).abs() <= 1e-14 * alone.abs()
        && (rel(&gradient, &differences) < 1e-6
            || rel(&gradient, &((differences * 4.0 - by_step(2e-5)) / 3.0)) < 1e-6)
}
