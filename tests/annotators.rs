//! Oracles that err, disagree, repeat themselves or sit at a terminal, and graphs of what is only probable.
#![allow(clippy::unwrap_used)] // a test may panic

mod support;

#[path = "annotators/crowd.rs"]
mod crowd;
#[path = "annotators/dawid_skene.rs"]
mod dawid_skene;
#[path = "annotators/noisy.rs"]
mod noisy;
#[path = "annotators/replayed.rs"]
mod replayed;
#[path = "annotators/soft.rs"]
mod soft;
#[cfg(feature = "files")]
#[path = "annotators/terminal.rs"]
mod terminal;

use pal::data::Labels;
use pal::oracle::Pair;

/// `n` samples in turn of `classes` classes.
fn labels(n: usize, classes: usize) -> Labels {
    Labels::new((0..n).map(|i| i % classes).collect(), classes).unwrap()
}

fn pairs(n: usize) -> Vec<Pair> {
    (0..n).flat_map(|i| (i + 1..n).map(move |j| Pair::new(i, j).unwrap())).collect()
}

fn same(truth: &Labels, pair: Pair) -> bool {
    truth.class_of(pair.first()) == truth.class_of(pair.second())
}
