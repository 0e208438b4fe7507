//! The next question about a pair, and the answer to it, after 300 answers.
//!
//! ```sh
//! cargo bench --bench pairs
//! ```

use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion};
use ndarray::Array2;
use pal::active::{Belief, BeliefOptions, WarmStart, WarmStartOptions, ask_pairs, strategy};
use pal::data;
use pal::oracle::Pair;
use pal::random::stream;
use rand_distr::{Distribution, StandardNormal};

/// Answers before the measurement.
const ANSWERS: usize = 300;
/// Deviation of the pixels, of range 0 to 1, of copies of digits.
const BLUR: f64 = 0.12;

/// `n` digits, those beyond the first 1797 being blurred copies, and their classes.
fn digits(n: usize) -> pal::Result<(Array2<f64>, Vec<usize>)> {
    let set = data::digits()?;
    let mut rng = stream(0, 0);
    let originals = set.labels.len();
    let inputs = Array2::from_shape_fn((n, set.inputs.ncols()), |(i, pixel)| {
        let blur: f64 = if i < originals { 0.0 } else { StandardNormal.sample(&mut rng) };
        set.inputs[[i % originals, pixel]] + BLUR * blur
    });
    let truth: Vec<usize> = set.labels.iter().flatten().collect();
    Ok((inputs, (0..n).map(|i| truth[i % originals]).collect()))
}

fn main() -> pal::Result<()> {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let mut group = criterion.benchmark_group("pairs");
    for n in [1797, 10_000] {
        let (inputs, truth) = digits(n)?;
        let start = Arc::new(WarmStart::of_features(inputs.view(), &WarmStartOptions::default())?);
        let mut belief = Belief::new(start, BeliefOptions::default())?;
        let mut rng = stream(0, 1);
        let answer = |pair: Pair| truth[pair.first()] == truth[pair.second()];
        let pal = strategy("pal")?;
        ask_pairs(&mut belief, &pal, |pair| Ok(answer(pair)), ANSWERS, &mut rng, |_, _| Ok(()))?;
        for name in ["pal", "margin", "representation", "error-reduction"] {
            let strategy = strategy(name)?;
            group.bench_function(format!("question/{name}/{n}"), |bencher| {
                bencher.iter(|| strategy.propose(&belief, &mut rng));
            });
        }
        if let Some(pair) = pal.propose(&belief, &mut rng)? {
            group.bench_function(format!("answer/{n}"), |bencher| {
                bencher.iter_batched(
                    || belief.clone(),
                    |mut belief| belief.learn(pair, answer(pair)),
                    BatchSize::LargeInput,
                );
            });
        }
    }
    group.finish();
    criterion.final_summary();
    Ok(())
}
