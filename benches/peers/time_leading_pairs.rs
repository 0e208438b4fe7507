//! Times the leading eigenpairs of a large normalised graph: our side of `leading_pairs.py`.
//!
//! `time_leading_pairs EDGES.npy N K TOLERANCE SECONDS [METHOD]` prints one line of JSON: the fastest solve in milliseconds, the
//! products with a vector that it took, its largest residual, relative to the norm of the operator, which is 1, and the sum of the
//! eigenvalues. `EDGES.npy` has a row `i, j` for every edge of the graph over `N` samples.

use std::env;
use std::error::Error;
use std::time::{Duration, Instant};

use ndarray::Array2;
use pal::data::io::read_npy;
use pal::graph::SimilarityGraph;
use pal::linalg::{LeadingPairs, Method};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let ([edges, n, k, tolerance, seconds, method @ ..], true) = (&arguments[..], arguments.len() <= 6)
    else {
        return Err("usage: time_leading_pairs EDGES.npy N K TOLERANCE SECONDS [METHOD]".into());
    };
    let method = match method.first().map(String::as_str) {
        None | Some("auto") => Method::Auto,
        Some("chebyshev") => Method::Chebyshev,
        Some("lanczos") => Method::Lanczos,
        Some("filtered") => Method::FilteredLanczos,
        Some("lobpcg") => Method::Lobpcg,
        Some(other) => return Err(format!("{other}: no such method").into()),
    };
    let edges: Array2<f64> = read_npy(edges)?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // numbers of samples
    let pairs = edges.rows().into_iter().map(|edge| (edge[0] as usize, edge[1] as usize, 1.0));
    let graph = SimilarityGraph::pairs(n.parse()?, pairs)?.normalised()?;
    let problem = LeadingPairs {
        k: k.parse()?,
        tolerance: tolerance.parse()?,
        most_steps: 20_000,
        method,
        ..LeadingPairs::default()
    };

    let until = Instant::now() + Duration::try_from_secs_f64(seconds.parse()?)?;
    let mut fastest = Duration::MAX;
    let found = loop {
        let started = Instant::now();
        let found = problem.of(&graph)?;
        fastest = fastest.min(started.elapsed());
        if Instant::now() >= until {
            break found;
        }
    };
    let residual = found.certificate.residuals.iter().fold(0.0_f64, |worst, &r| worst.max(r));
    let (milliseconds, sum) = (1e3 * fastest.as_secs_f64(), found.pairs.values.sum());
    println!(
        r#"{{"milliseconds": {milliseconds}, "products": {}, "steps": {}, "residual": {residual:e}, "value": {sum}}}"#,
        found.products, found.steps
    );
    Ok(())
}
