//! The bundled digits and MNIST: what the source says of them, and the split.

use std::collections::HashSet;

use ndarray::{Array2, s};
use pal::Error;
use pal::data::{DIGITS_TRAIN, Labelled, Labels, digits, digits_train_and_test};

#[test]
fn digits_are_the_bundle_of_the_source() {
    let Labelled { inputs, labels } = digits().unwrap();
    assert_eq!(inputs.dim(), (1797, 64));
    assert_eq!((labels.len(), labels.number_of_classes()), (1797, 10));
    assert_eq!(labels.counts(), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);

    let pixels = &inputs * 16.0;
    assert!(pixels.iter().all(|&pixel| (0.0..=16.0).contains(&pixel) && pixel.fract() == 0.0));
    assert_eq!(pixels.sum(), 561_718.0);
    // Each pixel times its place, counted from 1, which tells the order apart: exact, below 2^53.
    let weighted: f64 = pixels.iter().enumerate().map(|(place, pixel)| (place + 1) as f64 * pixel).sum();
    assert_eq!(weighted, 32_232_145_379.0);
    let class_of: Vec<usize> = labels.iter().map(Option::unwrap).collect();
    assert_eq!(class_of[..12], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    assert_eq!(class_of[1787..], [5, 4, 8, 8, 4, 9, 0, 8, 9, 8]);
    // A zero has a hole, a one has none.
    let image = |i: usize| pixels.row(i).to_owned().into_shape_with_order((8, 8)).unwrap();
    assert_eq!(image(0).row(3).to_vec(), [0.0, 4.0, 12.0, 0.0, 0.0, 8.0, 8.0, 0.0]);
    assert_eq!(image(1).row(3).to_vec(), [0.0, 7.0, 15.0, 16.0, 16.0, 2.0, 0.0, 0.0]);
}

#[test]
#[cfg(feature = "files")]
fn mnist_is_the_file_of_the_source() {
    let Labelled { inputs, labels } = pal::data::mnist().unwrap();
    assert_eq!(inputs.dim(), (5000, pal::data::MNIST_SHAPE.len()));
    assert_eq!(labels.number_of_classes(), 10);
    assert!(labels.iter().enumerate().all(|(sample, class)| class == Some(sample / 500)));

    let pixels = (&inputs * 255.0).mapv(f64::round);
    assert_eq!(&pixels / 255.0, inputs);
    assert!(inputs.iter().all(|pixel| (0.0..=1.0).contains(pixel)));
    assert_eq!(pixels.sum(), 131_267_102.0);
    // As above.
    let weighted: f64 = pixels.iter().enumerate().map(|(place, pixel)| (place + 1) as f64 * pixel).sum();
    assert_eq!(weighted, 254_008_517_398_384.0);
    let image = |i: usize| pixels.row(i).to_owned().into_shape_with_order((28, 28)).unwrap();
    // A zero has a hole, a one has none.
    assert_eq!(
        image(0).row(10).to_vec()[8..23],
        [0, 48, 238, 252, 252, 179, 12, 75, 121, 21, 0, 0, 253, 243, 50].map(f64::from)
    );
    assert_eq!(image(500).row(14).to_vec()[11..17], [0, 80, 240, 251, 193, 23].map(f64::from));
}

#[test]
fn the_split_is_disjoint_and_whole() {
    let all = digits().unwrap();
    let (train, test) = digits_train_and_test().unwrap();
    assert_eq!((train.labels.len(), test.labels.len()), (DIGITS_TRAIN, 450));
    assert_eq!(train.inputs, all.inputs.slice(s![..1347, ..]));
    assert_eq!(test.inputs, all.inputs.slice(s![1347.., ..]));
    let joined: Vec<_> = train.labels.iter().chain(test.labels.iter()).collect();
    assert_eq!(joined, all.labels.iter().collect::<Vec<_>>());
    assert_eq!(train.labels.counts(), [135, 136, 134, 136, 133, 137, 134, 134, 133, 135]);
    assert_eq!(test.labels.counts(), [43, 46, 43, 47, 48, 45, 47, 45, 41, 45]);
    // No image stands on both sides.
    let bits = |inputs: &Array2<f64>| -> HashSet<Vec<u64>> {
        inputs.rows().into_iter().map(|row| row.iter().map(|pixel| pixel.to_bits()).collect()).collect()
    };
    assert!(bits(&train.inputs).is_disjoint(&bits(&test.inputs)));
}

/// The reason for the split that the documentation gives: the neighbour of a digit is often by the same hand.
#[test]
fn neighbours_tell_more_of_interleaved_digits_than_of_the_last() {
    let all = digits().unwrap();
    let error = |is_test: &dyn Fn(usize) -> bool| {
        let (test, train): (Vec<usize>, Vec<usize>) = (0..1797).partition(|&i| is_test(i));
        let distance = |i: usize, j: usize| -> f64 {
            all.inputs.row(i).iter().zip(all.inputs.row(j)).map(|(a, b)| (a - b).powi(2)).sum()
        };
        let wrong = test.iter().filter(|&&i| {
            let nearest = train.iter().min_by(|&&a, &&b| distance(i, a).total_cmp(&distance(i, b))).unwrap();
            all.labels.class_of(*nearest) != all.labels.class_of(i)
        });
        wrong.count() as f64 / test.len() as f64
    };
    assert!((error(&|i| i >= DIGITS_TRAIN) - 0.038).abs() < 5e-4);
    assert!((error(&|i| i % 4 == 3) - 0.009).abs() < 5e-4);
}

#[test]
fn splitting_keeps_the_classes_and_leaves_no_part_empty() {
    let inputs = Array2::from_shape_fn((3, 2), |(i, j)| (2 * i + j) as f64);
    let labels = Labels::partial(vec![Some(2), None, Some(0)], 4).unwrap();
    let set = Labelled { inputs, labels };
    let (first, others) = set.split_at(1).unwrap();
    assert_eq!(first.inputs, set.inputs.slice(s![..1, ..]));
    assert_eq!(first.labels, Labels::new(vec![2], 4).unwrap());
    assert_eq!(others.inputs, set.inputs.slice(s![1.., ..]));
    assert_eq!(others.labels, Labels::partial(vec![None, Some(0)], 4).unwrap());
    for bad in [0, 3, 4] {
        assert!(matches!(set.split_at(bad), Err(Error::Domain { argument: "first", .. })));
    }
    let uneven = Labelled { inputs: Array2::zeros((2, 2)), ..set };
    assert!(matches!(uneven.split_at(1), Err(Error::Shape { argument: "inputs", .. })));
}
