//! Samples in the plane, neighbours near each other.

use ndarray::Array2;
use pal::active::WarmStart;
use pal::random::stream;
use pal::session::State;
use rand::RngExt;

/// Times that every neighbour pulls.
const ROUNDS: usize = 300;
/// Random samples that push, for each pull.
const PUSHES: usize = 5;
/// Side of the square that it starts in.
const SIDE: f64 = 10.0;
/// Longest step at full rate.
const LONGEST: f64 = 4.0;
/// Keeps samples that sit on each other from flying apart.
const SOFTNESS: f64 = 1e-2;

/// Places `(n, 2)` in which the graph's neighbours attract each other and all else is repelled, from the two leading
/// eigenvectors that are not constant: gradient steps on the cross entropy of "neighbours" and `1 / (1 + d²)`, `d` the distance
/// (`McInnes`, Healy and Melville 2018). The same for the same start and seed.
pub(crate) fn layout(start: &WarmStart, seed: u64) -> Array2<f64> {
    let n = start.len();
    let mut rng = stream(seed, 0);
    let features = start.features();
    let mut places = Array2::from_shape_fn((n, 2), |(sample, axis)| {
        let column = features.column((axis + 1).min(features.ncols() - 1));
        let largest = column.iter().fold(f64::MIN_POSITIVE, |largest: f64, entry| largest.max(entry.abs()));
        SIDE * (column[sample] / largest + 1e-2 * rng.random_range(-1.0..1.0))
    });
    let edges: Vec<_> = State::edges_of(start).filter(|&(i, j, weight)| i < j && weight > 0.0).collect();
    let largest = edges.iter().fold(f64::MIN_POSITIVE, |largest, &(_, _, weight)| largest.max(weight));
    for round in 0..ROUNDS {
        let rate = 1.0 - round as f64 / ROUNDS as f64;
        for &(i, j, weight) in &edges {
            if rng.random_range(0.0..largest) >= weight {
                continue;
            }
            step(&mut places, (i, j), rate, |square| -2.0 / (1.0 + square));
            step(&mut places, (j, i), rate, |square| -2.0 / (1.0 + square));
            for _ in 0..PUSHES {
                let other = rng.random_range(0..n);
                if other != i {
                    step(&mut places, (i, other), rate, |square| {
                        2.0 / ((SOFTNESS + square) * (1.0 + square))
                    });
                }
            }
        }
    }
    places
}

/// Moves `i` along its difference to `j`, by a force that depends on their squared distance.
fn step(places: &mut Array2<f64>, (i, j): (usize, usize), rate: f64, force: impl Fn(f64) -> f64) {
    let difference = [places[[i, 0]] - places[[j, 0]], places[[i, 1]] - places[[j, 1]]];
    let force = force(difference[0] * difference[0] + difference[1] * difference[1]);
    for (axis, difference) in difference.into_iter().enumerate() {
        places[[i, axis]] += rate * (force * difference).clamp(-LONGEST, LONGEST);
    }
}
