//! Times losses with their gradients in `f32`: our side of `losses.py`.
//!
//! `time_losses LOSS GRAPH Z.npy SECONDS`, where GRAPH is `views` (two a sample) or `labels` (ten classes), prints one line of
//! JSON: the fastest evaluation in milliseconds, the value, the norm of the gradient, and the megabytes that evaluating
//! took at most beyond the inputs.

#![allow(clippy::cast_possible_truncation)] // rounding to single precision

use std::env;
use std::error::Error;
use std::fs;
use std::time::{Duration, Instant};

use ndarray::Array2;
use pal::data::Labels;
use pal::data::io::read_npy;
use pal::graph::SimilarityGraph;
use pal::loss::{BarlowTwins, Loss, NtXent, SpectralLoss, VicReg};

/// Sample `i` is of class `i mod CLASSES`.
const CLASSES: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [name, graph, z, seconds] = &arguments[..] else {
        return Err("usage: time_losses LOSS views|labels Z.npy SECONDS".into());
    };
    let z: Array2<f64> = read_npy(z)?;
    let z = z.mapv(|entry| entry as f32);
    let graph = match graph.as_str() {
        "views" => SimilarityGraph::views(z.nrows() / 2, 2)?,
        "labels" => {
            SimilarityGraph::labels(&Labels::new((0..z.nrows()).map(|i| i % CLASSES).collect(), CLASSES)?)
        }
        other => return Err(format!("graph is views or labels, not {other}").into()),
    };
    let loss: Box<dyn Loss<f32>> = match name.as_str() {
        "nt-xent" => Box::new(NtXent { temperature: 0.1 }),
        "vicreg" => Box::new(VicReg::default()),
        "barlow-twins" => Box::new(BarlowTwins::default()),
        "simclr2" => Box::new(SpectralLoss::SimClr2),
        "vic2" => Box::new(SpectralLoss::Vic2 { lambda: 1.0 }),
        "bt2" => Box::new(SpectralLoss::BarlowTwins2),
        other => return Err(format!("no loss is called {other}").into()),
    };

    let mut gradient = Array2::zeros(z.raw_dim());
    fs::write("/proc/self/clear_refs", "5")?; // forgets the peak until now
    let before = resident_megabytes("VmRSS:")?;
    let mut evaluate = || loss.value_and_gradient_into(z.view(), &graph, gradient.view_mut());
    let mut value = evaluate()?;
    let peak = resident_megabytes("VmHWM:")? - before;
    let until = Instant::now() + Duration::try_from_secs_f64(seconds.parse()?)?;
    let mut fastest = Duration::MAX;
    while fastest == Duration::MAX || Instant::now() < until {
        let started = Instant::now();
        value = evaluate()?;
        fastest = fastest.min(started.elapsed());
    }
    let norm = gradient.iter().map(|&entry| f64::from(entry).powi(2)).sum::<f64>().sqrt();
    let milliseconds = 1e3 * fastest.as_secs_f64();
    println!(
        r#"{{"milliseconds": {milliseconds}, "value": {value}, "gradient_norm": {norm}, "megabytes": {peak}}}"#
    );
    Ok(())
}

/// A line of what the system says about this process, in megabytes.
fn resident_megabytes(field: &str) -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line =
        status.lines().find_map(|line| line.strip_prefix(field)).ok_or("no such line in the status")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<f64>()? / 1024.0)
}
