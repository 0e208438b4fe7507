//! Clusters of bounded size, by cutting those that are larger in two.

use ndarray::{Array1, ArrayView1, ArrayView2, Axis};
use rand::Rng;
use rand::seq::index;
use rayon::prelude::*;

use crate::k_means::{k_means, k_means_of_many};

/// Of many rows each side of a cut has at least one in so many.
const LEAST_SHARE: usize = 10;
/// Rows by which the direction of a cut is found, and steps of the iteration.
const SAMPLED: usize = 1024;
const STEPS: usize = 10;

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
                sides_of_many(x, &rows, rng)
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

/// The side of each of many rows: clusters around two means, or halves along the direction in which the rows vary most where one
/// of those is so small that cuts would go on for long.
fn sides_of_many(x: ArrayView2<f64>, rows: &[usize], rng: &mut (impl Rng + ?Sized)) -> Vec<usize> {
    let sides = k_means_of_many(x, rows, 2, rng);
    let second: usize = sides.iter().sum();
    if second.min(rows.len() - second) * LEAST_SHARE >= rows.len() {
        return sides;
    }
    let drawn = index::sample(rng, rows.len(), SAMPLED.min(rows.len()));
    let mut sample = x.select(Axis(0), &drawn.into_iter().map(|at| rows[at]).collect::<Vec<_>>());
    if let Some(mean) = sample.mean_axis(Axis(0)) {
        sample -= &mean;
    }
    // Power iteration from the row that is longest.
    let square = |row: &ArrayView1<f64>| row.dot(row);
    let longest = sample.outer_iter().max_by(|a, b| square(a).total_cmp(&square(b)));
    let mut direction = longest.map_or_else(|| Array1::zeros(x.ncols()), |row| row.to_owned());
    for _ in 0..STEPS {
        direction = sample.t().dot(&sample.dot(&direction));
        let length = direction.dot(&direction).sqrt();
        if length > 0.0 {
            direction /= length;
        }
    }
    let along: Vec<f64> = rows.par_iter().map(|&row| x.row(row).dot(&direction)).collect();
    let mut sorted = along.clone();
    let (_, &mut median, _) = sorted.select_nth_unstable_by(rows.len() / 2, f64::total_cmp);
    along.into_iter().map(|along| usize::from(along >= median)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::random_block;
    use crate::random::stream;

    /// A few rows far from all others, one beyond the other, would be cut off one by one.
    #[test]
    fn cuts_of_many_rows_are_few() {
        let mut x = random_block(4000, 3, &mut stream(0, 0));
        for (i, mut row) in (0_i32..200).zip(x.outer_iter_mut()) {
            row *= 1.5_f64.powi(i % 100);
        }
        let rows: Vec<usize> = (0..4000).collect();
        let cluster_of = bisected(x.view(), &rows, 500, true, &mut stream(1, 0));
        let count = cluster_of.iter().max().map_or(0, |last| last + 1);
        assert!((8..40).contains(&count), "{count} clusters");
        let largest = (0..count).map(|c| cluster_of.iter().filter(|&&of| of == c).count()).max();
        assert!(largest.is_some_and(|largest| largest <= 500));
        // Copies are not told apart.
        let copies = ndarray::Array2::ones((4000, 3));
        assert_eq!(bisected(copies.view(), &rows, 500, true, &mut stream(1, 0)), vec![0; 4000]);
    }
}
