//! No number that is not a number: every public numerical function on arrays of any scale returns numbers or an error.
//!
//! Entries are `±10^e` with `e` over the whole range of the type, subnormal numbers included, and some zeros; of one exponent
//! all alike, one a row, one a column, one an entry, or one row far from all others. Where the true value is known to be a
//! number, because the function is homogeneous or does not depend on the scale, it is compared with that of scaled input.
//!
//! | module | functions |
//! |---|---|
//! | `kernels` | `gram`, `cross_gram`, `cross_gram_into`, `at_squared_distance`, `frequencies`, `Nystrom`, `Landmarks`, `leverage_scores`, `RandomFeatures`, `KernelRegime` and what it fits, `FeatureRegime`, `FeaturePencil`, `KernelMachine` |
//! | `linalg` | `symmetric_eigen`, `leading_eigenpairs`, `leading_eigenpairs_of_update`, `SubspaceIteration`, `ThickRestartLanczos`, `Lobpcg`, `LeadingPairs`, `Filter`, `certify`, `value_bounds`, `pair_bound`, `count_above`, `SpectralFactor`, `thin_svd`, `sine_between`, `least_squares`, `cholesky`, triangular solves, `Woodbury`, `KernelShiftInvert` |
//! | `losses` | every `Loss`, `cross_entropy`, `free`, `LinearRegime`, `supervised` |
//! | `graphs` | every form and mixture with all it says of itself, `Laplacian`, `normalised`, `neighbours`, `drop_entries` |
//! | `models` | `gelu` and the other operations whose values are numbers, `Network::embed`, `value_and_gradients`, `FullBatch`, optimisers, `lbfgs`, `Schedule`, `Trainer` |
//! | `rest` | `LinearProbe`, `best_linear_error`, generators, `Augmentation`, `Ledger`, `information`, `cost` |
//! | `figures` | `Curve::from_trials`, `linspace`, figures |
//!
//! A new function is added to its module by one line: `numbers("name", its result, |result| the numbers in it)`.
#![allow(clippy::unwrap_used, clippy::float_cmp)] // a test may panic; powers of two are exact

#[cfg(feature = "plot")]
#[path = "magnitudes/figures.rs"]
mod figures;
#[path = "magnitudes/graphs.rs"]
mod graphs;
#[path = "magnitudes/kernels.rs"]
mod kernels;
#[path = "magnitudes/linalg.rs"]
mod linalg;
#[path = "magnitudes/losses.rs"]
mod losses;
#[path = "magnitudes/models.rs"]
mod models;
#[path = "magnitudes/rest.rs"]
mod rest;
mod support;

use ndarray::Array2;
use pal::{Error, Result, Scalar};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use rand::RngExt;

use support::rng;

/// What shares an exponent.
#[derive(Clone, Copy, Debug)]
enum Alike {
    All,
    Rows,
    Columns,
    Entries,
    /// All but the first row, which lies far away.
    AllButOne,
}

/// Entries of any scale, drawn by the seed.
#[derive(Clone, Copy, Debug)]
struct Magnitudes {
    alike: Alike,
    seed: u64,
}

fn magnitudes() -> impl Strategy<Value = Magnitudes> {
    let alike = prop_oneof![
        Just(Alike::All),
        Just(Alike::Rows),
        Just(Alike::Columns),
        Just(Alike::Entries),
        Just(Alike::AllButOne)
    ];
    (alike, any::<u64>()).prop_map(|(alike, seed)| Magnitudes { alike, seed })
}

impl Magnitudes {
    /// A matrix of `F`; `which` tells several of one case apart.
    fn matrix<F: Scalar>(self, which: u64, rows: usize, columns: usize) -> Array2<F> {
        let mut rng = rng(self.seed ^ which.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (least, most) = if F::NAME == "f32" { (-44.0, 38.2) } else { (-322.0, 307.9) };
        let exponents: Vec<f64> = (0..=rows.max(columns)).map(|_| rng.random_range(least..most)).collect();
        Array2::from_shape_simple_fn((rows, columns), || rng.random::<f64>())
            .indexed_iter()
            .map(|((i, j), &draw)| {
                let exponent = match self.alike {
                    Alike::All => exponents[0],
                    Alike::Rows => exponents[i],
                    Alike::Columns => exponents[j],
                    Alike::Entries => least + (most - least) * (draw * 1e6).fract(),
                    Alike::AllButOne if i == 0 => exponents[0].max(exponents[1]),
                    Alike::AllButOne => exponents[0].min(exponents[1]),
                };
                let sign = if draw < 0.5 { -1.0 } else { 1.0 };
                let size = if (draw * 1e3).fract() < 0.15 { 0.0 } else { 1.0 + 0.5 * (draw * 1e9).fract() };
                F::of(sign * size * 10_f64.powf(exponent))
            })
            .collect::<ndarray::Array1<F>>()
            .into_shape_with_order((rows, columns))
            .unwrap()
    }

    /// A symmetric matrix.
    fn symmetric(self, which: u64, n: usize) -> Array2<f64> {
        let half = self.matrix::<f64>(which, n, n);
        Array2::from_shape_fn((n, n), |(i, j)| half[[i.max(j), i.min(j)]])
    }

    /// A positive number.
    fn number(self, which: u64) -> f64 {
        10_f64.powf(rng(self.seed ^ which.wrapping_mul(0xbf58_476d_1ce4_e5b9)).random_range(-322.0..308.0))
    }
}

/// An error, or numbers throughout.
fn numbers<T, I: IntoIterator<Item = f64>>(
    name: &str,
    result: Result<T>,
    of: impl FnOnce(T) -> I,
) -> Result<(), TestCaseError> {
    match result {
        Ok(result) => all_finite(name, of(result)),
        // Errors name what is wrong; one that names nothing would be empty.
        Err(error) => {
            let text = match &error {
                Error::Domain { argument, must, .. } => format!("{argument} {must}"),
                other => other.to_string(),
            };
            prop_assert!(!text.trim().is_empty());
            Ok(())
        }
    }
}

fn all_finite(name: &str, numbers: impl IntoIterator<Item = f64>) -> Result<(), TestCaseError> {
    for number in numbers {
        prop_assert!(number.is_finite(), "{name}: {number}");
    }
    Ok(())
}

fn entries<F: Scalar>(array: &Array2<F>) -> Vec<f64> {
    array.iter().map(|entry| entry.as_f64()).collect()
}

/// Equal up to `tolerance` of the larger; numbers that are both so small that they have lost digits count as equal.
fn near(a: f64, b: f64, tolerance: f64) -> bool {
    a == b || (a - b).abs() <= tolerance * a.abs().max(b.abs()) || a.abs().max(b.abs()) < 1e-290
}

fn all_near(a: &Array2<f64>, b: &Array2<f64>, tolerance: f64) -> bool {
    let largest = b.iter().fold(0.0_f64, |largest, entry| largest.max(entry.abs()));
    a.dim() == b.dim()
        && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance * largest || near(*a, *b, tolerance))
}
