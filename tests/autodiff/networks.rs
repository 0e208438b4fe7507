//! Whole networks against gradients derived by hand and convolutions by their definition.

use ndarray::{Array2, Axis, array};
use pal::autodiff::{ColumnTable, Tape, check_gradient};
use pal::graph::SimilarityGraph;
use pal::loss::{Loss, SpectralLoss};
use proptest::prelude::*;

use crate::support::{gaussian, rel, rng};

proptest! {
    /// `L = ‖tanh(X W₁ + b₁) W₂ + b₂ − T‖² / m`, its four gradients by hand.
    #[test]
    fn two_layers_by_hand((m, p, h, k) in (1..=8_usize, 1..=5_usize, 1..=6_usize, 1..=4_usize), seed in any::<u64>()) {
        let mut rng = rng(seed);
        let (x, target) = (gaussian(m, p, &mut rng), gaussian(m, k, &mut rng));
        let parameters =
            [gaussian(p, h, &mut rng), gaussian(1, h, &mut rng), gaussian(h, k, &mut rng), gaussian(1, k, &mut rng)];

        let tape = Tape::new();
        let leaves: Vec<_> = parameters.iter().map(|parameter| tape.leaf(parameter.clone())).collect();
        let hidden = (tape.constant(x.clone()).matmul(leaves[0]).unwrap() + leaves[1]).unwrap().tanh();
        let output = (hidden.matmul(leaves[2]).unwrap() + leaves[3]).unwrap();
        let loss = (output - tape.constant(target.clone())).unwrap().square().sum() / m as f64;
        let mut gradients = tape.backward(loss).unwrap();

        let [w1, b1, w2, b2] = &parameters;
        let a = (x.dot(w1) + b1).mapv(f64::tanh);
        let residual = a.dot(w2) + b2 - &target;
        let delta2 = 2.0 / m as f64 * &residual;
        let delta1 = delta2.dot(&w2.t()) * a.mapv(|a| 1.0 - a * a);
        let by_hand = [
            x.t().dot(&delta1),
            delta1.sum_axis(Axis(0)).insert_axis(Axis(0)),
            a.t().dot(&delta2),
            delta2.sum_axis(Axis(0)).insert_axis(Axis(0)),
        ];
        prop_assert!((loss.scalar().unwrap() - residual.mapv(|e| e * e).sum() / m as f64).abs() < 1e-9);
        for (&leaf, expected) in leaves.iter().zip(&by_hand) {
            prop_assert!(rel(&gradients.take(leaf).unwrap(), expected) < 1e-12);
        }
    }
}

/// A loss enters as one step with its own gradient.
#[test]
fn a_spectral_loss_on_a_linear_model() {
    let graph = SimilarityGraph::views(3, 2).unwrap();
    let (x, w) = (gaussian(6, 4, &mut rng(1)), gaussian(4, 2, &mut rng(2)));
    let report = check_gradient(
        |tape, v| {
            let z = tape.constant(x.clone()).matmul(v[0])?;
            z.scalar_op(|z| SpectralLoss::SimClr2.value_and_gradient(z, &graph))
        },
        &[w],
    )
    .unwrap();
    assert!(report.error < 1e-6, "{report:?}");
}

/// A 3×3 convolution with padding and a 2×2 pooling on 4×4 images of two channels, as gathers and products.
#[test]
fn a_convolution_and_a_pooling() {
    let (side, channels, filters, batch) = (4_usize, 2_usize, 3_usize, 2_usize);
    let mut rng = rng(11);
    let images = gaussian(batch, side * side * channels, &mut rng);
    let kernel = gaussian(9 * channels, filters, &mut rng);
    let mut patches = Vec::new();
    for row in 0..side {
        for column in 0..side {
            for offset in 0..9 {
                let (i, j) = (row + offset / 3, column + offset % 3); // one more than the pixel's place
                for channel in 0..channels {
                    let inside = (1..=side).contains(&i) && (1..=side).contains(&j);
                    patches.push(inside.then(|| ((i - 1) * side + j - 1) * channels + channel));
                }
            }
        }
    }
    let mut windows = Vec::new();
    for (row, column) in [(0, 0), (0, 2), (2, 0), (2, 2)] {
        for filter in 0..filters {
            for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                windows.push(Some(((row + i) * side + column + j) * filters + filter));
            }
        }
    }
    let patches = ColumnTable::new(images.ncols(), &patches).unwrap();
    let windows = ColumnTable::new(side * side * filters, &windows).unwrap();
    assert_eq!((patches.inputs(), patches.outputs()), (32, 4 * 4 * 9 * 2));

    let tape = Tape::new();
    let convolved = tape
        .constant(images.clone())
        .gather_columns(&patches)
        .and_then(|x| x.reshape((batch * side * side, 9 * channels)))
        .and_then(|x| x.matmul(tape.constant(kernel.clone())))
        .and_then(|x| x.reshape((batch, side * side * filters)))
        .unwrap();
    let pixel = |image: usize, i: usize, j: usize, channel: usize| {
        let inside = (1..=side).contains(&i) && (1..=side).contains(&j);
        if inside { images[[image, ((i - 1) * side + j - 1) * channels + channel]] } else { 0.0 }
    };
    let expected = Array2::from_shape_fn(convolved.dim(), |(image, place)| {
        let (row, column, filter) = (place / filters / side, place / filters % side, place % filters);
        let mut sum = 0.0;
        for i in 0..3 {
            for j in 0..3 {
                for channel in 0..channels {
                    let weight = kernel[[(3 * i + j) * channels + channel, filter]];
                    sum += weight * pixel(image, row + i, column + j, channel);
                }
            }
        }
        sum
    });
    assert!(rel(&convolved.value(), &expected) < 1e-13);

    let report = check_gradient(
        |_, v| {
            let x = v[0].gather_columns(&patches)?.reshape((batch * side * side, 9 * channels))?;
            let y = x.matmul(v[1])?.reshape((batch, side * side * filters))?;
            let pooled = y.gather_columns(&windows)?.reshape((batch * 4 * filters, 4))?.max_rows()?;
            Ok(pooled.reshape((batch, 4 * filters))?.square().sum())
        },
        &[images, kernel],
    )
    .unwrap();
    assert!(report.error < 1e-6, "{report:?}");
}

/// Gradient descent on the exclusive or finds it: the pieces work together.
#[test]
fn training_learns_the_exclusive_or() {
    let inputs = array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]].into_shared();
    let targets = array![[0.0], [1.0], [1.0], [0.0]].into_shared();
    let mut rng = rng(21);
    let mut parameters: Vec<_> =
        [(2, 8), (1, 8), (8, 1), (1, 1)].map(|(m, n)| gaussian(m, n, &mut rng).into_shared()).into();
    let mut last = f64::INFINITY;
    for _ in 0..2000 {
        let gradients: Vec<Array2<f64>> = {
            let tape = Tape::new();
            let leaves: Vec<_> = parameters.iter().map(|parameter| tape.leaf(parameter.clone())).collect();
            let x = tape.constant(inputs.clone());
            let hidden = (x.matmul(leaves[0]).unwrap() + leaves[1]).unwrap().tanh();
            let output = (hidden.matmul(leaves[2]).unwrap() + leaves[3]).unwrap();
            let loss = (output - tape.constant(targets.clone())).unwrap().square().mean().unwrap();
            last = loss.scalar().unwrap();
            let mut gradients = tape.backward(loss).unwrap();
            leaves.iter().map(|&leaf| gradients.take(leaf).unwrap()).collect()
        };
        for (parameter, gradient) in parameters.iter_mut().zip(&gradients) {
            parameter.scaled_add(-0.1, gradient);
        }
    }
    assert!(last < 1e-3, "loss {last}");
}
