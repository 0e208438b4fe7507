//! Times the partial eigensolver on a matrix from a file, on one thread: our side of `compare.py`.
//!
//! `time_solve MATRIX.npy K SECONDS` prints the fastest solve in milliseconds, then the eigenvalues, on one line.

use std::env;
use std::error::Error;
use std::time::{Duration, Instant};

use ndarray::Array2;
use pal::data::io::read_npy;
use pal::linalg::PartialEigensolver;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [matrix, k, seconds] = &arguments[..] else {
        return Err("usage: time_solve MATRIX.npy K SECONDS".into());
    };
    let (matrix, k): (Array2<f64>, usize) = (read_npy(matrix)?, k.parse()?);
    let until = Instant::now() + Duration::try_from_secs_f64(seconds.parse()?)?;

    let mut solver = PartialEigensolver::default();
    let mut fastest = Duration::MAX;
    let values = loop {
        let started = Instant::now();
        let pairs = solver.leading(matrix.view(), k)?;
        fastest = fastest.min(started.elapsed());
        if Instant::now() > until {
            break pairs.values;
        }
    };
    print!("{}", 1e3 * fastest.as_secs_f64());
    values.iter().for_each(|value| print!(" {value}"));
    println!();
    Ok(())
}
