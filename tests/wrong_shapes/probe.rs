use pal::Error;
use pal::data::Labels;
use pal::probe::{LinearProbe, adjusted_rand_index, best_linear_error, matched_accuracy};
use rand::Rng;

use crate::door::{Door, door, numbers};
use crate::support::{gaussian, refused};

pub(crate) fn doors(n: usize, rng: &mut impl Rng) -> Vec<Door> {
    let labels = Labels::partial((0..n).map(|i| (i % 3 < 2).then_some(i % 3)).collect(), 2).unwrap();
    let mut doors = Vec::new();
    // One of tiny features goes the long way round.
    for lambda in [0.1, 1e-200] {
        let labels = labels.clone();
        doors.push(door(
            "probe::LinearProbe::fit probe::LinearProbe::ridge probe::LinearProbe::predict probe::LinearProbe::error \
             probe::best_linear_error",
            vec![gaussian(n, 3, rng), gaussian(5, 3, rng)],
            move |d| d[0].0 == n && d[0].1 > 0 && d[1].1 == d[0].1,
            move |a| {
                let features = a[0].view();
                let (fit, ridge) =
                    (LinearProbe::fit(features, &labels)?, LinearProbe::ridge(features, &labels, lambda)?);
                let classes = fit.predict(a[1].view())?;
                let mut all = numbers([&fit.weights, &ridge.weights]);
                all.extend(classes.into_iter().map(|class| class as f64));
                all.extend([fit.error(features, &labels)?, best_linear_error(features, &labels)?]);
                Ok(all)
            },
        ));
    }
    doors.push(door(
        "probe::LinearProbe::predict",
        vec![gaussian(3, 2, rng), gaussian(n, 3, rng)],
        |d| d[0].0 == d[1].1,
        |a| {
            let probe = LinearProbe { weights: a[0].clone() };
            Ok(probe.predict(a[1].view())?.into_iter().map(|class| class as f64).collect())
        },
    ));
    doors
}

#[test]
fn partitions_of_other_lengths_are_refused_and_classes_are_any_numbers() {
    for agreement in [adjusted_rand_index, matched_accuracy] {
        refused!(agreement(&[], &[]), Error::Empty { .. });
        refused!(agreement(&[0, 1], &[0]), Error::Shape { argument: "truth", .. });
        assert_eq!(agreement(&[usize::MAX, 0, usize::MAX], &[7, usize::MAX - 1, 7]).unwrap(), 1.0);
    }
}
