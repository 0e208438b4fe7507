//! How time and memory of a session grow with the number of samples.
//!
//! `cargo bench --bench scaling` prints, for 20 normal clouds in 64 dimensions of 1000 samples and more, the seconds that the
//! neighbours of all samples, the start of a session, the first belief and one answer with the next question take, and the most
//! memory that the process had by then; and the power of n that fits the times from 10 000 samples on. Sizes are those up to
//! 100 000, or up to a number given behind `--`: `cargo bench --bench scaling -- 1000000`.

use std::fs;
use std::sync::Arc;
use std::time::Instant;

use ndarray::Array2;
use pal::Result;
use pal::active::{Belief, BeliefOptions, WarmStart, WarmStartOptions, strategy};
use pal::graph::{NeighbourSearch, SimilarityGraph};
use pal::random::stream;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

const SIZES: [usize; 7] = [1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000];
const COLUMNS: usize = 64;
const CLASSES: usize = 20;
/// Standard deviation of a cloud, in that of the centres.
const NOISE: f32 = 0.6;
const NEIGHBOURS: usize = 10;
/// The search that compares all pairs is not timed beyond.
const LARGEST_EXACT: usize = 100_000;
const ANSWERS: usize = 20;
/// Sizes that exponents are fitted to.
const FITTED_FROM: usize = 10_000;

const COLUMN_NAMES: [&str; 5] = ["all pairs", "cells", "start", "belief", "answer"];

fn main() -> Result<()> {
    // What cargo adds is no number.
    let largest = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(100_000);
    println!("{} threads; seconds, and megabytes at most so far", rayon::current_num_threads());
    println!(
        "{:>9} {} {:>9} {:>8}",
        "samples",
        COLUMN_NAMES.map(|name| format!("{name:>10}")).join(" "),
        "recall",
        "memory"
    );
    let mut times: Vec<(usize, [Option<f64>; 5])> = Vec::new();
    for n in SIZES.into_iter().filter(|&n| n <= largest) {
        let (seconds, recall) = measured(n)?;
        let shown = seconds
            .map(|seconds| seconds.map_or_else(|| " ".repeat(10), |seconds| format!("{seconds:10.3}")));
        println!("{n:>9} {} {recall:>9.3} {:>8}", shown.join(" "), peak_memory());
        times.push((n, seconds));
    }
    let exponents = (0..5).map(|column| {
        let points: Vec<(f64, f64)> = times
            .iter()
            .filter(|(n, _)| *n >= FITTED_FROM)
            .filter_map(|(n, seconds)| Some(((*n as f64).ln(), seconds[column]?.ln())))
            .collect();
        if points.len() < 2 { " ".repeat(10) } else { format!("{:10.2}", slope(&points)) }
    });
    println!("{:>9} {}", "power", exponents.collect::<Vec<_>>().join(" "));
    Ok(())
}

/// The seconds of every column, and the recall of the approximate search.
fn measured(n: usize) -> Result<([Option<f64>; 5], f64)> {
    let (x, classes) = clouds(n);
    let exact = (n <= LARGEST_EXACT)
        .then(|| timed(|| SimilarityGraph::neighbours(x.view(), NEIGHBOURS)).map(|(_, seconds)| seconds))
        .transpose()?;
    let search = NeighbourSearch::Approximate { recall: 0.95 };
    let (found, cells) = timed(|| SimilarityGraph::neighbours_by(x.view(), NEIGHBOURS, search))?;
    drop(x);
    let (start, seconds) = timed(|| WarmStart::of_graph(found.graph, &WarmStartOptions::default()))?;
    let start = Arc::new(start);
    let (mut belief, first) = timed(|| Belief::new(Arc::clone(&start), BeliefOptions::default()))?;
    let strategy = strategy("wrong-pairs")?;
    let mut rng = stream(0, 1);
    let mut answers = Vec::new();
    let mut next = strategy.propose(&belief, &mut rng)?;
    for _ in 0..ANSWERS {
        let Some(pair) = next else { break };
        let same = classes[pair.first()] == classes[pair.second()];
        let (question, seconds) = timed(|| {
            belief.learn(pair, same)?;
            strategy.propose(&belief, &mut rng)
        })?;
        next = question;
        answers.push(seconds);
    }
    answers.sort_by(f64::total_cmp);
    let median = answers.get(answers.len() / 2).copied();
    Ok(([exact, Some(cells), Some(seconds), Some(first), median], found.recall.unwrap_or(1.0)))
}

fn timed<T>(act: impl FnOnce() -> Result<T>) -> Result<(T, f64)> {
    let began = Instant::now();
    let result = act()?;
    Ok((result, began.elapsed().as_secs_f64()))
}

/// Samples and their classes.
fn clouds(n: usize) -> (Array2<f64>, Vec<usize>) {
    let mut rng = stream(0, 0);
    let mut normal = |deviation: f32| {
        let value: f32 = StandardNormal.sample(&mut rng);
        f64::from(deviation * value)
    };
    let centres = Array2::from_shape_simple_fn((CLASSES, COLUMNS), || normal(1.0));
    let mut x = Array2::from_shape_simple_fn((n, COLUMNS), || normal(NOISE));
    let classes: Vec<usize> = (0..n).map(|_| rng.random_range(0..CLASSES)).collect();
    for (mut row, &class) in x.outer_iter_mut().zip(&classes) {
        row += &centres.row(class);
    }
    (x, classes)
}

/// The slope of the line that fits best.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let (mean_x, mean_y) =
        points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0 / count, sum.1 + point.1 / count));
    let products = points.iter().map(|&(x, y)| (x - mean_x) * (y - mean_y));
    let squares = points.iter().map(|&(x, _)| (x - mean_x).powi(2));
    products.sum::<f64>() / squares.sum::<f64>()
}

/// The most memory that the process had, in megabytes, as the system counts it; where it does not say, nothing.
fn peak_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kilobytes.map_or_else(|| "?".to_owned(), |kilobytes| (kilobytes / 1024).to_string())
}
