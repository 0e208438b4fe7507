//! All partitions of a few samples, and the game of finding one by questions.

use std::collections::HashMap;

/// All partitions of `0..n`, as the class of each sample, classes numbered by first appearance.
pub(crate) fn partitions(n: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..n {
        all = all
            .into_iter()
            .flat_map(|start: Vec<usize>| {
                (0..=classes(&start)).map(move |class| [start.as_slice(), &[class]].concat())
            })
            .collect();
    }
    all
}

pub(crate) fn classes(partition: &[usize]) -> usize {
    partition.iter().max().map_or(0, |last| last + 1)
}

/// Class sizes in the order of the classes' numbers.
pub(crate) fn sizes(partition: &[usize]) -> Vec<usize> {
    (0..classes(partition)).map(|class| partition.iter().filter(|&&other| other == class).count()).collect()
}

/// All pairs `i < j` below `n`.
pub(crate) fn pairs(n: usize) -> Vec<(usize, usize)> {
    (0..n).flat_map(|j| (0..j).map(move |i| (i, j))).collect()
}

/// Number of questions that finds the right one of `candidates` in the worst case, by search of all strategies.
pub(crate) fn game_value(candidates: &[Vec<usize>]) -> usize {
    let together: Vec<u64> = pairs(candidates[0].len())
        .into_iter()
        .map(|(i, j)| {
            (0..candidates.len()).filter(|&p| candidates[p][i] == candidates[p][j]).map(|p| 1 << p).sum()
        })
        .collect();
    value((1 << candidates.len()) - 1, &together, &mut HashMap::new())
}

/// `open` is the set of partitions that agree with the answers so far.
fn value(open: u64, together: &[u64], known: &mut HashMap<u64, usize>) -> usize {
    if open.count_ones() == 1 {
        return 0;
    }
    if let Some(&value) = known.get(&open) {
        return value;
    }
    let splits =
        together.iter().map(|pair| (open & pair, open & !pair)).filter(|&(yes, no)| yes != 0 && no != 0);
    let best = splits
        .map(|(yes, no)| 1 + value(yes, together, known).max(value(no, together, known)))
        .min()
        .unwrap();
    known.insert(open, best);
    best
}
