//! Clusters of bounded size, by cutting those that are larger in two.

use ndarray::{ArrayView2, Axis};
use rand::Rng;

use crate::k_means::k_means;

/// Clusters of at most `most` rows, copies of one row apart: each that has more is cut in two. `O(n p log(n / most))`.
pub(super) fn bisected(x: ArrayView2<f64>, most: usize, rng: &mut (impl Rng + ?Sized)) -> Vec<usize> {
    let mut cluster_of = vec![0; x.nrows()];
    let mut clusters = 0;
    let mut open = vec![(0..x.nrows()).collect::<Vec<usize>>()];
    while let Some(rows) = open.pop() {
        if rows.len() > most {
            let sides = k_means(x.select(Axis(0), &rows).view(), 2, rng);
            let side = |of: usize| {
                rows.iter().zip(&sides).filter(move |&(_, &side)| side == of).map(|(&row, _)| row)
            };
            let (first, second): (Vec<usize>, Vec<usize>) = (side(0).collect(), side(1).collect());
            if !first.is_empty() && !second.is_empty() {
                open.extend([second, first]);
                continue;
            }
        }
        for row in rows {
            cluster_of[row] = clusters;
        }
        clusters += 1;
    }
    cluster_of
}
