//! Clusters of bounded size, by cutting those that are larger in two.

use ndarray::{ArrayView2, Axis};
use rand::Rng;

use crate::k_means::{k_means, k_means_of_many};

/// Clusters of at most `most` of some rows, copies of one row apart: each that has more is cut in two, by all of its rows or,
/// where `is_part_of_many`, by a sample of them. `O(n p log(n / most))`.
pub(super) fn bisected(
    x: ArrayView2<f64>,
    rows: &[usize],
    most: usize,
    is_part_of_many: bool,
    rng: &mut (impl Rng + ?Sized),
) -> Vec<usize> {
    let mut cluster_of = vec![0; rows.len()];
    let mut clusters = 0;
    let mut open = vec![(0..rows.len()).collect::<Vec<usize>>()];
    while let Some(places) = open.pop() {
        if places.len() > most {
            let rows: Vec<usize> = places.iter().map(|&place| rows[place]).collect();
            let sides = if is_part_of_many {
                k_means_of_many(x, &rows, 2, rng)
            } else {
                k_means(x.select(Axis(0), &rows).view(), 2, rng)
            };
            let side = |of: usize| {
                places.iter().zip(&sides).filter(move |&(_, &side)| side == of).map(|(&place, _)| place)
            };
            let (first, second): (Vec<usize>, Vec<usize>) = (side(0).collect(), side(1).collect());
            if !first.is_empty() && !second.is_empty() {
                open.extend([second, first]);
                continue;
            }
        }
        for place in places {
            cluster_of[place] = clusters;
        }
        clusters += 1;
    }
    cluster_of
}
