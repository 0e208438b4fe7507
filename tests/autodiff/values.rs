//! What the operations compute: against plain definitions, at the ends of the number range, in both precisions.

use ndarray::{Array2, ArrayView2, Axis, array, s};
use pal::Scalar;
use pal::autodiff::{BatchNormalised, Buffers, ColumnTable, Epilogue, Tape, Var};
use proptest::prelude::*;

use crate::support::{gaussian, rel, rng};

/// `A B` entry by entry.
fn product(a: ArrayView2<f64>, b: ArrayView2<f64>) -> Array2<f64> {
    Array2::from_shape_fn((a.nrows(), b.ncols()), |(i, j)| {
        (0..a.ncols()).map(|k| a[[i, k]] * b[[k, j]]).sum()
    })
}

proptest! {
    /// Every combination of row-major, column-major and strided operands, small and in parallel blocks.
    #[test]
    fn products_in_every_memory_layout(
        (m, k, n) in prop_oneof![(0..=7_usize, 0..=7_usize, 0..=7_usize), (100..=200_usize, 100..=150_usize, 150..=160_usize)],
        layouts in any::<[u8; 2]>(),
        seed in any::<u64>(),
    ) {
        let mut rng = rng(seed);
        let (a, b) = (gaussian(m, k, &mut rng), gaussian(k, n, &mut rng));
        let tape = Tape::new();
        let place = |a: &Array2<f64>, layout: u8| match layout % 3 {
            0 => tape.leaf(a.clone()),
            1 => tape.leaf(a.t().as_standard_layout().into_owned().reversed_axes()),
            _ => {
                let wider = ndarray::concatenate![Axis(1), *a, *a];
                tape.leaf(wider).columns(0..a.ncols()).unwrap()
            }
        };
        let (left, right) = (place(&a, layouts[0]), place(&b, layouts[1]));
        let computed = left.matmul(right).unwrap().value();
        prop_assert!(rel(&computed, &product(a.view(), b.view())) < 1e-12);
        let shift = gaussian(1, b.ncols(), &mut rng);
        let computed = left.affine(right, tape.leaf(shift.clone())).unwrap().value();
        prop_assert!(rel(&computed, &(product(a.view(), b.view()) + shift)) < 1e-12);
    }
}

#[test]
fn products_do_not_depend_on_the_number_of_threads() {
    let mut rng = rng(5);
    let (a, b) = (gaussian(301, 130, &mut rng), gaussian(130, 90, &mut rng));
    let (a, b) = (a.mapv(f32::of), b.mapv(f32::of));
    let gradients = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let tape = Tape::new();
            let (a, b) = (tape.leaf(a.clone()), tape.leaf(b.clone()));
            let y = a.matmul(b).unwrap().tanh();
            let mut gradients = tape.backward(y.square().sum()).unwrap();
            (y.value(), gradients.take(a).unwrap(), gradients.take(b).unwrap())
        })
    };
    assert_eq!(gradients(1), gradients(3));
}

/// A convolution, whose patches are made a few rows at a time, is the dense layer on all of them; on any number of threads.
#[test]
fn a_convolution_is_a_dense_layer_on_patches() {
    let mut rng = rng(8);
    let (m, n, count, k, q) = (70, 300, 500, 12, 5);
    let sources: Vec<_> =
        (0..count * k).map(|_| rng.random_bool(0.9).then(|| rng.random_range(0..n))).collect();
    let patches = ColumnTable::new(n, &sources).unwrap();
    let [x, weights, bias] =
        [(m, n), (k, q), (1, q)].map(|(rows, columns)| gaussian(rows, columns, &mut rng));
    let evaluate = |threads: usize, fused: bool| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let tape = Tape::new();
            let [x, weights, bias] = [&x, &weights, &bias].map(|value| tape.leaf(value.clone()));
            let y = if fused {
                x.convolve(&patches, weights, bias, Epilogue::Identity).unwrap()
            } else {
                let patches = x.gather_columns(&patches).unwrap().reshape((m * count, k)).unwrap();
                patches.affine(weights, bias).unwrap().reshape((m, count * q)).unwrap()
            };
            let mut gradients = tape.backward(y.tanh().square().sum()).unwrap();
            (y.value(), [x, weights, bias].map(|leaf| gradients.take(leaf).unwrap()))
        })
    };
    let (value, gradients) = evaluate(1, true);
    let (expected, expected_gradients) = evaluate(1, false);
    assert!(rel(&value, &expected) < 1e-12);
    for (gradient, expected) in gradients.iter().zip(&expected_gradients) {
        assert!(rel(gradient, expected) < 1e-12);
    }
    assert_eq!((value, gradients), evaluate(3, true));
}

/// Enough entries for the parallel loops, against the loops of one row.
#[test]
fn large_arrays_equal_their_rows() {
    let x = gaussian(1000, 70, &mut rng(6));
    let table =
        ColumnTable::new(70, &(0..90).map(|j| (j % 3 > 0).then_some(j % 70)).collect::<Vec<_>>()).unwrap();
    let evaluate = |x: Array2<f64>| {
        let tape = Tape::new();
        let x = tape.leaf(x);
        let y = x.gelu().gather_columns(&table).unwrap();
        (y.value(), tape.backward(y.square().sum()).unwrap().take(x).unwrap())
    };
    let (values, gradient) = evaluate(x.clone());
    for i in [0, 1, 500, 999] {
        let (value, slope) = evaluate(x.slice(s![i..=i, ..]).to_owned());
        assert_eq!(values.slice(s![i..=i, ..]), value);
        assert_eq!(gradient.slice(s![i..=i, ..]), slope);
    }
}

#[test]
fn arithmetic_equals_its_definition() {
    let tape = Tape::new();
    let (x, y) = (tape.constant(array![[-3.0, 0.5], [2.0, 8.0]]), tape.constant(array![[4.0, -2.0]]));
    assert_eq!((x + y).unwrap().value(), array![[1.0, -1.5], [6.0, 6.0]]);
    assert_eq!((x - y).unwrap().value(), array![[-7.0, 2.5], [-2.0, 10.0]]);
    assert_eq!((x * y).unwrap().value(), array![[-12.0, -1.0], [8.0, -16.0]]);
    assert_eq!((x / y).unwrap().value(), array![[-0.75, -0.25], [0.5, -4.0]]);
    assert_eq!((x + 2.0).value(), array![[-1.0, 2.5], [4.0, 10.0]]);
    assert_eq!((x - 2.0).value(), array![[-5.0, -1.5], [0.0, 6.0]]);
    assert_eq!((x * 2.0).value(), array![[-6.0, 1.0], [4.0, 16.0]]);
    assert_eq!((x / 2.0).value(), array![[-1.5, 0.25], [1.0, 4.0]]);
    assert_eq!((-x).value(), array![[3.0, -0.5], [-2.0, -8.0]]);
}

#[test]
fn functions_equal_their_definitions() {
    let tape = Tape::new();
    let points = array![[-3.0, -0.5, 0.0, 0.25, 2.0]];
    let x = tape.constant(points.clone());
    let phi =
        |x: f64| 0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3))).tanh());
    type Case<'t, 'd> = (Var<'t, f64>, &'d dyn Fn(f64) -> f64);
    let cases: [Case; 9] = [
        (x.square(), &|x| x * x),
        (x.powi(3), &|x| x * x * x),
        (x.exp(), &f64::exp),
        (x.tanh(), &f64::tanh),
        (x.relu(), &|x| x.max(0.0)),
        (x.gelu(), &phi),
        (x.softplus(), &|x| (1.0 + x.exp()).ln()),
        ((x + 4.0).sqrt(), &|x| (x + 4.0).sqrt()),
        ((x + 4.0).ln(), &|x| (x + 4.0).ln()),
    ];
    for (i, (computed, definition)) in cases.iter().enumerate() {
        assert!(rel(&computed.value(), &points.mapv(definition)) < 1e-14, "function {i}");
    }
    // The Gaussian distribution function at 1 and at −2, from tables.
    let gelu = tape.constant(array![[1.0, -2.0]]).gelu().value();
    assert!((gelu[[0, 0]] - 0.841_344_75).abs() < 5e-4 && (gelu[[0, 1]] + 2.0 * 0.022_750_13).abs() < 5e-4);
}

#[test]
fn reductions_equal_their_definitions() {
    let tape = Tape::new();
    let x = tape.constant(array![[1.0, 5.0, 3.0], [2.0, -4.0, 0.5]]);
    assert_eq!(x.sum().value(), array![[7.5]]);
    assert_eq!(x.mean().unwrap().scalar().unwrap(), 1.25);
    assert_eq!(x.sum_axis(Axis(0)).unwrap().value(), array![[3.0, 1.0, 3.5]]);
    assert_eq!(x.mean_axis(Axis(1)).unwrap().value(), array![[3.0], [-0.5]]);
    assert_eq!(x.max_rows().unwrap().value(), array![[5.0], [2.0]]);
    assert_eq!(x.transpose().max_rows().unwrap().value(), array![[2.0], [5.0], [3.0]]);
    let naive = x.exp().sum_axis(Axis(1)).unwrap().ln();
    assert!(rel(&x.log_sum_exp_rows().unwrap().value(), &naive.value()) < 1e-14);
}

#[test]
fn arrangements_equal_their_definitions() {
    let tape = Tape::new();
    let x = tape.constant(array![[1, 2, 3], [4, 5, 6]].mapv(f64::from));
    assert_eq!(x.reshape((3, 2)).unwrap().value(), array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    assert_eq!(x.transpose().reshape((1, 6)).unwrap().value(), array![[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]]);
    assert_eq!(x.rows(1..2).unwrap().value(), array![[4.0, 5.0, 6.0]]);
    assert_eq!(x.columns(1..3).unwrap().value(), array![[2.0, 3.0], [5.0, 6.0]]);
    assert_eq!(
        x.gather_rows(&[1, 0, 1]).unwrap().columns(0..1).unwrap().value(),
        array![[4.0], [1.0], [4.0]]
    );
    assert_eq!(x.pick(&[2, 0]).unwrap().value(), array![[3.0], [4.0]]);
    let sides = tape.concatenate(Axis(1), &[x, x.pick(&[0, 1]).unwrap()]).unwrap();
    assert_eq!(sides.value(), array![[1.0, 2.0, 3.0, 1.0], [4.0, 5.0, 6.0, 5.0]]);
    let stack = tape.concatenate(Axis(0), &[x.rows(1..2).unwrap(), x]).unwrap();
    assert_eq!(stack.value(), array![[4.0, 5.0, 6.0], [1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let table = ColumnTable::new(3, &[None, Some(1), Some(2), None, Some(0), Some(1)]).unwrap();
    let gathered = array![[0.0, 2.0, 3.0, 0.0, 1.0, 2.0], [0.0, 5.0, 6.0, 0.0, 4.0, 5.0]];
    assert_eq!(x.gather_columns(&table).unwrap().value(), gathered);
    let strided = x.transpose().reshape((2, 3)).unwrap().transpose().gather_rows(&[0, 1, 2]).unwrap();
    assert_eq!(strided.transpose().gather_columns(&table).unwrap().dim(), (2, 6));
}

#[test]
fn normalisation_equals_its_definition() {
    let tape = Tape::new();
    let x = gaussian(7, 3, &mut rng(8));
    let leaf = tape.leaf(x.clone());
    let unit = leaf.normalise_rows().unwrap().value();
    for (row, x) in unit.rows().into_iter().zip(x.rows()) {
        assert!((row.dot(&row) - 1.0).abs() < 1e-14);
        assert!((row.dot(&x) - x.dot(&x).sqrt()).abs() < 1e-14);
    }
    let standard = normalised(leaf, 1e-3);
    for j in 0..3 {
        let mean = x.column(j).sum() / 7.0;
        let variance = x.column(j).mapv(|e| (e - mean).powi(2)).sum() / 7.0;
        assert!((standard.mean[[0, j]] - mean).abs() < 1e-14);
        assert!((standard.variance[[0, j]] - variance).abs() < 1e-14);
        let expected = x.column(j).mapv(|e| (e - mean) / (variance + 1e-3).sqrt());
        assert!(rel(standard.values.value().column(j), &expected) < 1e-14);
    }
}

#[test]
fn extreme_values_neither_overflow_nor_vanish() {
    let tape = Tape::new();
    let value_and_gradient = |x: Array2<f32>, op: &dyn for<'t> Fn(Var<'t, f32>) -> Var<'t, f32>| {
        let x = tape.leaf(x);
        let y = op(x);
        (y.value().into_owned(), tape.backward(y.sum()).unwrap().take(x).unwrap())
    };
    let (y, slope) = value_and_gradient(array![[-1e4, 1e4]], &|x| x.softplus());
    assert_eq!((y, slope), (array![[0.0, 1e4]], array![[0.0, 1.0]]));
    let (y, slope) = value_and_gradient(array![[1e4, 1e4 - 200.0]], &|x| x.log_sum_exp_rows().unwrap());
    assert_eq!((y, slope), (array![[1e4]], array![[1.0, 0.0]]));
    let (y, _) = value_and_gradient(array![[-1e4, -1e4]], &|x| x.log_sum_exp_rows().unwrap());
    assert!((y[[0, 0]] + 1e4 - 2.0_f32.ln()).abs() < 1e-3);
    let masked = array![[f32::NEG_INFINITY, 1.0], [f32::NEG_INFINITY; 2]];
    let (y, slope) = value_and_gradient(masked, &|x| x.log_sum_exp_rows().unwrap());
    assert_eq!((y, slope), (array![[1.0], [f32::NEG_INFINITY]], array![[0.0, 1.0], [0.0, 0.0]]));
    for scale in [1e-30, 1e30] {
        let (y, _) =
            value_and_gradient(array![[3.0 * scale, -4.0 * scale]], &|x| x.normalise_rows().unwrap());
        assert!((y - array![[0.6, -0.8]]).iter().all(|e| e.abs() < 1e-6));
    }
    let (y, slope) = value_and_gradient(array![[0.0]], &|x| x.powi(0));
    assert_eq!((y, slope), (array![[1.0]], array![[0.0]]));
    // A constant column has no direction.
    let (y, slope) = value_and_gradient(array![[2.0], [2.0]], &|x| normalised(x, 1e-5).values);
    assert_eq!((y, slope), (array![[0.0], [0.0]], array![[0.0], [0.0]]));
}

#[test]
fn not_a_number_is_passed_on() {
    let tape = Tape::new();
    let x = tape.leaf(array![[1.0, f64::NAN]]);
    for y in [x.relu(), x.softplus(), x.gelu(), x.max_rows().unwrap(), x.log_sum_exp_rows().unwrap(), x.sum()]
    {
        assert!(y.value().iter().any(|entry| entry.is_nan()), "{y:?}");
    }
    assert!(tape.constant(array![[-1.0]]).ln().scalar().unwrap().is_nan());
}

#[test]
fn ties_of_the_maximum_go_to_the_first_and_kinks_to_zero() {
    let tape = Tape::new();
    let x = tape.leaf(array![[1.0, 2.0, 2.0]]);
    assert_eq!(tape.backward(x.max_rows().unwrap()).unwrap().of(x), Some(&array![[0.0, 1.0, 0.0]]));
    let x = tape.leaf(array![[0.0, 1.0]]);
    assert_eq!(tape.backward(x.relu().sum()).unwrap().of(x), Some(&array![[0.0, 1.0]]));
}

fn every_family<F: Scalar>(x: &Array2<f64>, w: &Array2<f64>) -> (f64, Vec<f64>) {
    let tape = Tape::new();
    let (x, w) = (tape.leaf(x.mapv(F::of)), tape.leaf(w.mapv(F::of)));
    let hidden = normalised(x.matmul(w).unwrap(), F::of(1e-2)).values.gelu();
    let units = (hidden + F::of(0.1)).normalise_rows().unwrap();
    let similarity = units.matmul(units.transpose()).unwrap();
    let loss = (similarity.log_sum_exp_rows().unwrap() - similarity.max_rows().unwrap()).unwrap();
    let loss = (loss.softplus().mean().unwrap() * units.square().mean().unwrap()).unwrap();
    let gradients = tape.backward(loss).unwrap();
    let gradient = gradients.of(w).unwrap().iter().chain(gradients.of(x).unwrap());
    (loss.scalar().unwrap().as_f64(), gradient.map(|entry| entry.as_f64()).collect())
}

proptest! {
    #[test]
    fn single_precision_agrees_with_double((m, p, k) in (4..=12_usize, 2..=6_usize, 2..=5_usize), seed in any::<u64>()) {
        let mut rng = rng(seed);
        let (x, w) = (gaussian(m, p, &mut rng), gaussian(p, k, &mut rng));
        let (double, single) = (every_family::<f64>(&x, &w), every_family::<f32>(&x, &w));
        prop_assert!((double.0 - single.0).abs() < 1e-5 * (1.0 + double.0.abs()));
        prop_assert!(rel(&single.1, &double.1) < 1e-3);
    }
}

/// Normalised over the batch, neither scaled nor shifted.
fn normalised<F: Scalar>(x: Var<'_, F>, epsilon: F) -> BatchNormalised<'_, F> {
    let n = x.dim().1;
    let [ones, zeros] =
        [F::one(), F::zero()].map(|entry| x.tape().constant(Array2::from_elem((1, n), entry)));
    x.batch_normalise(ones, zeros, epsilon, Epilogue::Identity).unwrap()
}

/// A network in little: value, and gradients by all that it depends on.
fn block<F: Scalar>(tape: Tape<F>, inputs: &[Array2<F>; 5], fused: bool) -> (Vec<Array2<F>>, Buffers<F>) {
    fn rectified<F: Scalar>(y: Var<'_, F>, fused: bool) -> Var<'_, F> {
        if fused { y } else { y.relu() }
    }
    let sources: Vec<_> = (0..600).map(|j| (j % 7 != 0).then_some(j * 11 % 200)).collect();
    let patches = ColumnTable::new(200, &sources).unwrap();
    let leaves: Vec<Var<F>> = inputs.iter().map(|input| tape.leaf(input.clone())).collect();
    let [x, weights, bias, scale, shift] = leaves[..] else { unreachable!() };
    let epsilon = F::of(1e-3);
    let epilogue = if fused { Epilogue::Relu } else { Epilogue::Identity };
    let hidden = rectified(x.convolve(&patches, weights, bias, epilogue).unwrap(), fused);
    let pixels = hidden.reshape((x.dim().0 * 200, 4)).unwrap();
    let y = rectified(pixels.batch_normalise(scale, shift, epsilon, epilogue).unwrap().values, fused);
    let loss = (y.square() + hidden.sum() * F::of(0.1)).unwrap().sum();
    let mut gradients = tape.backward(loss).unwrap();
    let mut found = vec![y.value().into_owned()];
    found.extend(leaves.iter().map(|&leaf| gradients.take(leaf).unwrap()));
    (found, tape.into_buffers())
}

fn block_inputs() -> [Array2<f64>; 5] {
    let mut rng = rng(31);
    [(70, 200), (3, 4), (1, 4), (1, 4), (1, 4)].map(|(rows, columns)| gaussian(rows, columns, &mut rng))
}

#[test]
fn an_epilogue_is_the_operation_after() {
    let inputs = block_inputs();
    let (fused, _) = block(Tape::new(), &inputs, true);
    let (apart, _) = block(Tape::new(), &inputs, false);
    for (fused, apart) in fused.iter().zip(&apart) {
        assert!(rel(fused, apart) < 1e-12);
    }
}

/// Whatever stood in the memory of an earlier tape, the results are the same to the bit, and after the first step nothing large is
/// allocated.
#[test]
fn used_memory_does_not_matter() {
    let inputs = block_inputs();
    let (expected, _) = block(Tape::new(), &inputs, true);
    let poison = inputs.clone().map(|input| input.mapv(|_| f64::NAN));
    let (_, buffers) = block(Tape::new(), &poison, true);
    let (found, buffers) = block(Tape::reusing(buffers), &inputs, true);
    assert!(expected == found);
    let mut last = Some(buffers);
    let info = allocation_counter::measure(|| {
        let (_, buffers) = block(Tape::reusing(last.take().unwrap()), &inputs, true);
        last = Some(buffers);
    });
    let value = 70 * 200 * 4 * 8_u64; // bytes of one of the five arrays of this size that a step needs
    assert!(info.bytes_total < 2 * value, "{} of {value}", info.bytes_total);
}
