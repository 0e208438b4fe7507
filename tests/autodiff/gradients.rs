//! Every operation's gradient against central differences, on random shapes, axes of length 1 included.

use ndarray::{Array2, Axis, s};
use pal::Result;
use pal::autodiff::{ColumnTable, Epilogue, Tape, Var, check_gradient};
use proptest::prelude::*;
use rand::RngExt;

use crate::support::{gaussian, rng};

type V<'t> = Var<'t, f64>;

/// `Σ W ∘ Y` with a fixed random `W`: one number that depends on every entry of `y`, each in its own way.
fn weighted(y: V<'_>) -> Result<V<'_>> {
    let (rows, columns) = y.dim();
    let weights = gaussian(rows, columns, &mut rng(99));
    Ok((y * y.tape().constant(weights))?.sum())
}

/// The gradient of the weighted entries of `op` at `inputs` agrees with differences to `1e-6`; so it does with the inputs
/// used a second time, where the cotangents of `op` meet those already there.
fn check(inputs: &[&Array2<f64>], op: impl for<'t> Fn(&[V<'t>]) -> Result<V<'t>>) {
    let inputs: Vec<_> = inputs.iter().copied().cloned().collect();
    let report = check_gradient(|_, inputs| weighted(op(inputs)?), &inputs).unwrap();
    assert!(report.error < 1e-6, "{report:?}");
    let used_twice = check_gradient(
        |_, inputs| inputs.iter().try_fold(weighted(op(inputs)?)?, |sum, &input| sum + weighted(input)?),
        &inputs,
    );
    assert!(used_twice.as_ref().unwrap().error < 1e-6, "used twice: {used_twice:?}");
}

fn shape() -> impl Strategy<Value = (usize, usize)> {
    (1..=5_usize, 1..=5_usize)
}

/// A matrix and one that broadcasts with it: each axis of each may have length 1.
fn broadcasting() -> impl Strategy<Value = (Array2<f64>, Array2<f64>)> {
    (shape(), any::<[bool; 4]>(), any::<u64>()).prop_map(|((m, n), single, seed)| {
        let length = |full: usize, single: bool| if single { 1 } else { full };
        let mut rng = rng(seed);
        let a = gaussian(length(m, single[0]), length(n, single[1]), &mut rng);
        let b = gaussian(length(m, single[2]), length(n, single[3]), &mut rng);
        (a, b)
    })
}

fn matrix() -> impl Strategy<Value = Array2<f64>> {
    (shape(), any::<u64>()).prop_map(|((m, n), seed)| gaussian(m, n, &mut rng(seed)))
}

/// Away from 0 by 0.1, where kinks and poles are.
fn away_from_zero(a: &Array2<f64>) -> Array2<f64> {
    a.mapv(|x| x + 0.1 * x.signum())
}

proptest! {
    #[test]
    fn arithmetic_with_broadcasting((a, b) in broadcasting()) {
        check(&[&a, &b], |v| v[0] + v[1]);
        check(&[&a, &b], |v| v[0] - v[1]);
        check(&[&a, &b], |v| v[0] * v[1]);
        check(&[&a, &b.mapv(|x| 0.5_f64.copysign(x) + x)], |v| v[0] / v[1]);
    }

    #[test]
    fn arithmetic_with_constants(a in matrix()) {
        check(&[&a], |v| Ok((-(v[0] * 3.0 + 2.0) - 0.5) / 7.0));
    }

    #[test]
    fn products(((m, n), k, seed) in (shape(), 1..=5_usize, any::<u64>())) {
        let mut rng = rng(seed);
        let (a, b) = (gaussian(m, k, &mut rng), gaussian(k, n, &mut rng));
        check(&[&a, &b], |v| v[0].matmul(v[1]));
        check(&[&a, &b, &gaussian(1, n, &mut rng)], |v| v[0].affine(v[1], v[2]));
        // Transposed operands, in the memory layout that a transpose leaves.
        check(&[&a.t().to_owned(), &b.t().to_owned()], |v| v[0].transpose().matmul(v[1].transpose()));
        check(&[&a.reversed_axes(), &b.reversed_axes()], |v| Ok(v[1].matmul(v[0])?.transpose()));
    }

    #[test]
    fn smooth_functions(a in matrix()) {
        check(&[&a], |v| Ok(v[0].square()));
        check(&[&a], |v| Ok(v[0].exp()));
        check(&[&a], |v| Ok(v[0].tanh()));
        check(&[&a], |v| Ok(v[0].gelu()));
        check(&[&a], |v| Ok((v[0] * 10.0).softplus()));
        check(&[&a], |v| Ok(v[0].map(f64::sin, |x, _| x.cos())));
        let positive = a.mapv(|x| x.abs() + 0.2);
        check(&[&positive], |v| Ok(v[0].sqrt()));
        check(&[&positive], |v| Ok(v[0].ln()));
        let a = away_from_zero(&a);
        check(&[&a], |v| Ok(v[0].relu()));
        for n in [0, 1, 2, 3] {
            check(&[&a], |v| Ok(v[0].powi(n)));
        }
        check(&[&a.mapv(|x| x + x.signum())], |v| Ok(v[0].powi(-2)));
    }

    #[test]
    fn reductions(a in matrix()) {
        check(&[&a], |v| Ok(v[0].sum()));
        check(&[&a], |v| v[0].mean());
        check(&[&a], |v| v[0].mean_of_groups(a.ncols()));
        check(&[&a], |v| v[0].reshape((1, a.len()))?.mean_of_groups(a.ncols()));
        check(&[&a], |v| v[0].log_sum_exp_rows());
        check(&[&a.mapv(|x| 100.0 * x)], |v| (v[0] * 0.01).log_sum_exp_rows());
        for axis in [Axis(0), Axis(1)] {
            check(&[&a], |v| v[0].sum_axis(axis));
            check(&[&a], |v| v[0].mean_axis(axis));
        }
    }

    #[test]
    fn maxima_away_from_ties(((m, n), seed) in (shape(), any::<u64>())) {
        let mut rng = rng(seed);
        let mut a = gaussian(m, n, &mut rng);
        for mut row in a.rows_mut() {
            row[rng.random_range(0..n)] += 20.0;
        }
        check(&[&a], |v| v[0].max_rows());
    }

    #[test]
    fn normalisation(a in matrix()) {
        check(&[&away_from_zero(&a)], |v| v[0].normalise_rows());
        let [scale, shift] = [3, 4].map(|seed| gaussian(1, a.ncols(), &mut rng(seed)));
        check(&[&a, &scale, &shift], |v| Ok(v[0].batch_normalise(v[1], v[2], 0.1, Epilogue::Identity)?.values));
        check(&[&a.reversed_axes(), &scale, &shift], |v| {
            Ok(v[0].transpose().batch_normalise(v[1], v[2], 0.1, Epilogue::Identity)?.values)
        });
    }

    #[test]
    fn rearrangements((a, b) in (matrix(), matrix()), ends in any::<[u8; 4]>()) {
        let (m, n) = a.dim();
        check(&[&a], |v| Ok(v[0].transpose()));
        check(&[&a], |v| v[0].reshape((n, m)));
        check(&[&a], |v| v[0].transpose().reshape((1, m * n)));
        check(&[&a], |v| v[0].reshape((n, m))?.transpose().reshape((m, n)));
        let range = |first: u8, second: u8, length: usize| {
            let (first, second) = (usize::from(first) % length, usize::from(second) % length);
            first.min(second)..first.max(second) + 1
        };
        check(&[&a], |v| v[0].rows(range(ends[0], ends[1], m)));
        check(&[&a], |v| v[0].columns(range(ends[2], ends[3], n)));
        // As many rows, or columns, as the first.
        let tall = Array2::from_shape_fn((b.nrows(), n), |(i, j)| b[[i, j % b.ncols()]]);
        let wide = Array2::from_shape_fn((m, b.ncols()), |(i, j)| b[[i % b.nrows(), j]]);
        check(&[&a, &tall], |v| v[0].tape().concatenate(Axis(0), &[v[0], v[1], v[0]]));
        check(&[&a, &wide], |v| v[0].tape().concatenate(Axis(1), &[v[1], v[0], v[1]]));
    }

    #[test]
    fn gathers(((m, n), length, seed) in (shape(), 0..=12_usize, any::<u64>())) {
        let mut rng = rng(seed);
        let a = gaussian(m, n, &mut rng);
        let rows: Vec<usize> = (0..length).map(|_| rng.random_range(0..m)).collect();
        check(&[&a], |v| v[0].gather_rows(&rows)?.tape().concatenate(Axis(0), &[v[0].gather_rows(&rows)?, v[0]]));
        let columns: Vec<usize> = (0..m).map(|_| rng.random_range(0..n)).collect();
        check(&[&a], |v| v[0].pick(&columns));
        // Padding, repeats and runs of neighbours.
        let mut sources: Vec<Option<usize>> =
            (0..length).map(|_| rng.random_bool(0.8).then(|| rng.random_range(0..n))).collect();
        sources.extend((0..n).map(Some));
        let table = ColumnTable::new(n, &sources).unwrap();
        check(&[&a], |v| v[0].gather_columns(&table));
        check(&[&a.reversed_axes()], |v| v[0].transpose().gather_columns(&table)?.transpose().reshape((m, n + length)));
    }

    /// The dense layer on patches of two entries, some of them padding, of an image of `n`.
    #[test]
    fn convolutions((m, n, q) in (1..=4_usize, 1..=4_usize, 1..=3_usize), count in 1..=5_usize, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let sources: Vec<_> =
            (0..2 * count).map(|_| rng.random_bool(0.8).then(|| rng.random_range(0..n))).collect();
        let patches = ColumnTable::new(n, &sources).unwrap();
        let [x, weights, bias] = [(m, n), (2, q), (1, q)].map(|(rows, columns)| gaussian(rows, columns, &mut rng));
        check(&[&x, &weights, &bias], |v| v[0].convolve(&patches, v[1], v[2], Epilogue::Identity));
        // What comes back from the transpose, before, is not in row-major order.
        check(&[&x, &weights, &bias], |v| {
            v[0].convolve(&patches, v[1], v[2], Epilogue::Identity)?.sum() + v[0].transpose().square().sum()
        });
        check(&[&x.reversed_axes(), &weights, &bias], |v| v[0].transpose().convolve(&patches, v[1], v[2], Epilogue::Identity));
    }

    #[test]
    fn a_number_with_its_own_gradient(a in matrix()) {
        let norm = |z: ndarray::ArrayView2<f64>| Ok((z.mapv(|e| e * e).sum(), 2.0 * &z));
        check(&[&a], |v| (v[0] * 2.0).scalar_op(norm)? * v[0]);
    }

    /// One variable used in many places, and constants beside it.
    #[test]
    fn fan_out((a, b) in broadcasting()) {
        check(&[&a], |v| ((v[0] * v[0])? + v[0])? - (v[0] + v[0])?);
        check(&[&a], |v| v[0].matmul(v[0].transpose())?.matmul(v[0]));
        check(&[&a], |v| (v[0] / (v[0].square() + 1.0))? * v[0].exp());
        check(&[&a], |v| {
            let b = v[0].tape().constant(b.clone());
            let (product, quotient) = ((v[0] * b)?, (v[0] / (b.square() + 1.0))?);
            ((b - v[0])? + product)? * quotient
        });
    }
}

/// The whole Jacobian, row by row, against the one written down.
#[test]
fn pullbacks_are_products_with_the_jacobian_transposed() {
    let x = gaussian(1, 4, &mut rng(3));
    let jacobian = |op: &dyn for<'t> Fn(V<'t>) -> V<'t>| {
        let tape = Tape::new();
        let leaf = tape.leaf(x.clone());
        let y = op(leaf);
        let mut rows = Array2::zeros((y.dim().1, 4));
        for (j, mut row) in rows.rows_mut().into_iter().enumerate() {
            let gradients = tape.backward(y.columns(j..j + 1).unwrap()).unwrap();
            row.assign(&gradients.of(leaf).unwrap().row(0));
        }
        rows
    };
    let close = |a: &Array2<f64>, b: &Array2<f64>| (a - b).iter().all(|e| e.abs() < 1e-12);

    let norm = x.mapv(|e| e * e).sum().sqrt();
    let unit = &x / norm;
    let expected = (Array2::<f64>::eye(4) - unit.t().dot(&unit)) / norm;
    assert!(close(&jacobian(&|x| x.normalise_rows().unwrap()), &expected));

    let softmax = x.mapv(f64::exp) / x.mapv(f64::exp).sum();
    assert!(close(&jacobian(&|x| x.log_sum_exp_rows().unwrap()), &softmax));

    let weights = gaussian(4, 3, &mut rng(4));
    let product = jacobian(&|x| x.matmul(x.tape().constant(weights.clone())).unwrap());
    assert!(close(&product, &weights.t().to_owned()));

    let squares = jacobian(&|x| (x * x).unwrap());
    assert!(close(&squares, &Array2::from_diag(&(2.0 * &x.slice(s![0, ..])))));
}
