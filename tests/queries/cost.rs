//! Claims T40, T42 and T44: certificates, the game of questions, and random pairs.

use pal::Error;
use pal::active::{discovery_cost, most_discovery_cost, random_pairs};
use pal::oracle::Closure;
use pal::oracle::cost::{Certificate, certificate, minimax, passive_median};

use super::closure::tell;
use super::partitions::{classes, game_value, pairs, partitions, sizes};
use crate::support::{refused, rng};

/// For each subset of the pairs of `n` samples, as a bit mask: the partitions among `all` that agree with the truth on it.
fn agreeing(truth: &[usize], all: &[Vec<usize>], asked: u32) -> usize {
    let pairs = pairs(truth.len());
    let same = |p: &[usize], (i, j): (usize, usize)| p[i] == p[j];
    let agrees = |p: &&Vec<usize>| {
        (0..pairs.len()).all(|at| asked >> at & 1 == 0 || same(p, pairs[at]) == same(truth, pairs[at]))
    };
    all.iter().filter(agrees).count()
}

#[test]
fn t40_smallest_certificate() {
    for n in 1..=5 {
        let (all, pairs) = (partitions(n), pairs(n));
        for truth in &all {
            let claimed = certificate(n, classes(truth)).unwrap();
            let positive = |&&(i, j): &&(usize, usize)| truth[i] == truth[j];
            let mut fewest = usize::MAX;
            for asked in 0..1_u32 << pairs.len() {
                let proves = agreeing(truth, &all, asked) == 1;
                let chosen: Vec<_> = pairs
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| asked >> at & 1 == 1)
                    .map(|(_, pair)| pair)
                    .collect();
                let mut closure = Closure::new(n).unwrap();
                for &&(i, j) in &chosen {
                    tell(&mut closure, (i, j, truth[i] == truth[j])).unwrap();
                }
                assert_eq!(closure.is_complete(), proves);
                if proves {
                    fewest = fewest.min(chosen.len());
                    // Not only in sum: no proof does with fewer of either kind.
                    let must_links = chosen.iter().filter(|pair| positive(pair)).count();
                    assert!(must_links >= claimed.must_links);
                    assert!(chosen.len() - must_links >= claimed.cannot_links);
                }
            }
            assert_eq!(fewest, claimed.must_links + claimed.cannot_links);
        }
    }
    assert_eq!(certificate(10, 3).unwrap(), Certificate { must_links: 7, cannot_links: 3 });
}

/// Needs the number of classes not to be known: for one class, or as many as samples, it proves the partition alone.
#[test]
fn t40_known_number_needs_less() {
    for c in [1, 5] {
        let all: Vec<_> = partitions(5).into_iter().filter(|p| classes(p) == c).collect();
        assert_eq!(agreeing(&all[0], &all, 0), 1);
        let Certificate { must_links, cannot_links } = certificate(5, c).unwrap();
        assert!(must_links + cannot_links > 0);
    }
    // Between, one known negative may be enough where the certificate has more: {0}, {1} of two samples.
    let all: Vec<_> = partitions(3).into_iter().filter(|p| classes(p) == 2).collect();
    let truth = all.iter().find(|p| p[0] == p[1]).unwrap();
    assert_eq!(agreeing(truth, &all, 1), 1);
}

#[test]
fn t42_minimax() {
    for n in 1..=5 {
        for c in 1..=n {
            let all: Vec<_> = partitions(n).into_iter().filter(|p| classes(p) == c).collect();
            assert_eq!(minimax(n, c).unwrap(), game_value(&all), "n = {n}, c = {c}");
            if c < n {
                // Discovery attains it, in its worst case.
                assert_eq!(minimax(n, c).unwrap(), most_discovery_cost(n, c).unwrap().classes_known);
            }
        }
    }
}

/// Needs `C < N` for the formula and a known `C` for the number: else all pairs may have to be asked.
#[test]
fn t42_needs_known_and_fewer_classes() {
    for n in 3..=5 {
        assert!(minimax(n, n).unwrap() == 0 && most_discovery_cost(n, n).unwrap().classes_known > 0);
        let value = game_value(&partitions(n));
        assert_eq!(value, pairs(n).len());
        assert!((1..n).any(|c| value > minimax(n, c).unwrap()));
    }
}

/// Median number of random pairs until the classes are connected, over 40 runs.
fn simulated_median(sizes: &[usize]) -> f64 {
    let class_of: Vec<usize> =
        sizes.iter().enumerate().flat_map(|(class, &size)| std::iter::repeat_n(class, size)).collect();
    let n = class_of.len();
    let mut counts: Vec<usize> = (0..40)
        .map(|run| {
            let mut name: Vec<usize> = (0..n).collect();
            let mut left = n - sizes.len();
            for (asked, pair) in
                random_pairs(n, n * (n - 1) / 2, &mut rng(run)).unwrap().into_iter().enumerate()
            {
                let (i, j) = (pair.first(), pair.second());
                if class_of[i] == class_of[j] && name[i] != name[j] {
                    let (old, new) = (name[i], name[j]);
                    name.iter_mut().filter(|name| **name == old).for_each(|name| *name = new);
                    left -= 1;
                    if left == 0 {
                        return asked + 1;
                    }
                }
            }
            panic!("all pairs do not connect the classes");
        })
        .collect();
    counts.sort_unstable();
    usize::midpoint(counts[19], counts[20]) as f64
}

/// The number of pairs follows Gumbel's law in the limit, so the median of 40 has a standard error of 3.6 %: the seeds are
/// fixed, fresh ones would fail at a rate of 3e-5.
#[test]
fn t44_passive_cost() {
    let (measured, formula) = (simulated_median(&[100; 4]), passive_median(4, 100).unwrap());
    assert!((measured / formula - 1.0).abs() < 0.15, "{measured} against {formula}");
    // The leading order, and what discovery asks instead.
    let leading = 0.5 * 400.0 * 4.0 * 400_f64.ln();
    assert!((leading / formula - 1.0).abs() < 0.15);
    assert!(measured > 4.0 * discovery_cost(&[100; 4]).unwrap().classes_unknown as f64);
    assert_eq!(discovery_cost(&[100; 4]).unwrap().classes_unknown, 400 * 5 / 2 - 4);
}

/// Needs balanced classes: small ones are connected last. Half of the runs would have to fall below two thirds of their
/// usual number; for fresh seeds that has a rate below 1e-50.
#[test]
fn t44_needs_balance() {
    let (measured, formula) = (simulated_median(&[340, 20, 20, 20]), passive_median(4, 100).unwrap());
    assert!(measured > 1.5 * formula, "{measured} against {formula}");
}

#[test]
fn cost_inputs() {
    let sums: usize = partitions(5).iter().map(|p| sizes(p).iter().sum::<usize>()).sum();
    assert_eq!(sums, 52 * 5, "the enumeration is that of all partitions of five");
    refused!(certificate(3, 0), Error::Domain { argument: "classes", value: 0.0, .. });
    refused!(certificate(3, 4), Error::Domain { argument: "classes", value: 4.0, .. });
    refused!(minimax(usize::MAX, 2), Error::Domain { argument: "samples", .. });
    refused!(minimax(0, 0), Error::Domain { argument: "classes", .. });
    refused!(passive_median(0, 5), Error::Domain { argument: "classes", .. });
    refused!(passive_median(4, 1), Error::Domain { argument: "per_class", value: 1.0, .. });
    refused!(passive_median(4, 1 << 30), Error::Domain { argument: "per_class", .. });
    refused!(passive_median(usize::MAX, 2), Error::Domain { argument: "classes", .. });
}
