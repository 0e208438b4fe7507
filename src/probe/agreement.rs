//! How well two partitions of the same samples agree, whatever their classes are called.

use ndarray::Array2;

use crate::error::{Error, Result, check};

/// The adjusted Rand index of two partitions (Hubert and Arabie 1985): 1 if they are the same, 0 on average if one is random.
///
/// Of the pairs of samples, the number together in both partitions, less its mean under random partitions of the same sizes,
/// divided by the largest possible such difference. Classes are any numbers. `O(n log n + a b)` for `a` and `b` of them.
///
/// # Errors
/// [`Error::Empty`] without samples, [`Error::Shape`] if the lengths differ.
pub fn adjusted_rand_index(found: &[usize], truth: &[usize]) -> Result<f64> {
    let table = contingency(found, truth)?;
    let pairs = |count: f64| count * (count - 1.0) / 2.0;
    let together: f64 = table.iter().copied().map(pairs).sum();
    let in_found: f64 = table.rows().into_iter().map(|row| pairs(row.sum())).sum();
    let in_truth: f64 = table.columns().into_iter().map(|column| pairs(column.sum())).sum();
    let all = pairs(found.len() as f64);
    let by_chance = if all > 0.0 { in_found * in_truth / all } else { 0.0 };
    let most = f64::midpoint(in_found, in_truth);
    // Both are one class, or both all singletons: the same partition.
    Ok(if most > by_chance { (together - by_chance) / (most - by_chance) } else { 1.0 })
}

/// The share of samples whose class is right under the best one-to-one naming of the classes found by true ones.
///
/// Classes found beyond the number of true ones are wrong throughout. Classes are any numbers. `O(n log n + max(a, b)³)` for
/// `a` and `b` of them.
///
/// # Errors
/// As [`adjusted_rand_index`].
pub fn matched_accuracy(found: &[usize], truth: &[usize]) -> Result<f64> {
    let table = contingency(found, truth)?;
    let size = table.nrows().max(table.ncols());
    let mut cost = Array2::zeros((size, size));
    for ((a, b), &count) in table.indexed_iter() {
        cost[[a, b]] = -count;
    }
    let matched: f64 = cheapest_assignment(&cost).into_iter().enumerate().map(|(a, b)| -cost[[a, b]]).sum();
    Ok(matched / found.len() as f64)
}

/// How many samples are in the `a`-th class of the one and the `b`-th of the other.
fn contingency(found: &[usize], truth: &[usize]) -> Result<Array2<f64>> {
    if found.is_empty() {
        return Err(Error::Empty { argument: "found", expected: "sample" });
    }
    check::shape("truth", &[found.len()], &[truth.len()])?;
    let classes = |of: &[usize]| {
        let mut classes = of.to_vec();
        classes.sort_unstable();
        classes.dedup();
        classes
    };
    let (of_found, of_truth) = (classes(found), classes(truth));
    let place = |classes: &[usize], class: usize| classes.partition_point(|&other| other < class);
    let mut table = Array2::zeros((of_found.len(), of_truth.len()));
    for (&a, &b) in found.iter().zip(truth) {
        table[[place(&of_found, a), place(&of_truth, b)]] += 1.0;
    }
    Ok(table)
}

/// The column of each row in the assignment of least total cost, by shortest augmenting paths (Jonker and Volgenant 1987).
fn cheapest_assignment(cost: &Array2<f64>) -> Vec<usize> {
    let n = cost.nrows();
    // Column 0 is a place holder for the row being assigned, and row 0 for "none".
    let (mut row_price, mut column_price) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    let mut row_of = vec![0; n + 1];
    for row in 1..=n {
        row_of[0] = row;
        let mut column = 0;
        let mut distance = vec![f64::INFINITY; n + 1];
        let mut before = vec![0; n + 1];
        let mut done = vec![false; n + 1];
        while row_of[column] != 0 {
            done[column] = true;
            let here = row_of[column];
            let (mut next, mut least) = (0, f64::INFINITY);
            for other in (1..=n).filter(|&other| !done[other]) {
                let reduced = cost[[here - 1, other - 1]] - row_price[here] - column_price[other];
                if reduced < distance[other] {
                    (distance[other], before[other]) = (reduced, column);
                }
                if distance[other] < least {
                    (next, least) = (other, distance[other]);
                }
            }
            for other in 0..=n {
                if done[other] {
                    row_price[row_of[other]] += least;
                    column_price[other] -= least;
                } else {
                    distance[other] -= least;
                }
            }
            column = next;
        }
        while column != 0 {
            row_of[column] = row_of[before[column]];
            column = before[column];
        }
    }
    let mut column_of = vec![0; n];
    for column in 1..=n {
        column_of[row_of[column] - 1] = column - 1;
    }
    column_of
}
