//! The bundled tables: what the source says of them, and that every value stands in its place.

use ndarray::s;
use pal::data::{Labelled, breast_cancer, iris, wine};

/// The sums of the values, and of each times its place counted from 1, which tells the order apart; the values in units of
/// 10⁻⁷, of which all are multiples.
fn sums(set: &Labelled) -> (u64, u64) {
    let integers = set.inputs.iter().map(|&value| {
        let integer = (value * 1e7).round();
        assert_eq!(integer / 1e7, value);
        integer as u64
    });
    integers.zip(1..).fold((0, 0), |(sum, weighted), (value, place)| (sum + value, weighted + place * value))
}

/// The sum of the classes of the samples, each times its place counted from 0.
fn sum_of_classes(set: &Labelled) -> usize {
    set.labels.iter().enumerate().map(|(i, class)| i * class.unwrap()).sum()
}

#[test]
fn iris_is_the_bundle_of_the_source() {
    let set = iris().unwrap();
    assert_eq!(set.inputs.dim(), (150, 4));
    assert_eq!(set.labels.counts(), [50, 50, 50]);
    assert_eq!(set.inputs.row(0).to_vec(), [5.1, 3.5, 1.4, 0.2]);
    assert_eq!(set.inputs.row(149).to_vec(), [5.9, 3.0, 5.1, 1.8]);
    // Two rows in which other copies err.
    assert_eq!(set.inputs.row(34).to_vec(), [4.9, 3.1, 1.5, 0.2]);
    assert_eq!(set.inputs.row(37).to_vec(), [4.9, 3.6, 1.4, 0.1]);
    assert_eq!(sums(&set), (20_787_000_000, 6_925_920_000_000));
    assert_eq!(sum_of_classes(&set), 16_175);
}

#[test]
fn wine_is_the_bundle_of_the_source() {
    let set = wine().unwrap();
    assert_eq!(set.inputs.dim(), (178, 13));
    assert_eq!(set.labels.counts(), [59, 71, 48]);
    assert_eq!(set.inputs.slice(s![0, ..4]).to_vec(), [14.23, 1.71, 2.43, 15.6]);
    assert_eq!(set.inputs.slice(s![177, 10..]).to_vec(), [0.61, 1.6, 560.0]);
    assert_eq!(sums(&set), (1_599_752_959_990, 1_615_478_630_037_670));
    assert_eq!(sum_of_classes(&set), 21_410);
}

#[test]
fn breast_cancer_is_the_bundle_of_the_source() {
    let set = breast_cancer().unwrap();
    assert_eq!(set.inputs.dim(), (569, 30));
    assert_eq!(set.labels.counts(), [212, 357]);
    assert_eq!(set.inputs.slice(s![0, ..4]).to_vec(), [17.99, 10.38, 122.8, 1001.0]);
    assert_eq!(set.inputs.slice(s![568, 27..]).to_vec(), [0.0, 0.2871, 0.070_39]);
    assert_eq!(sums(&set), (10_564_744_596_356, 87_110_953_321_723_651));
    assert_eq!(sum_of_classes(&set), 114_204);
}
