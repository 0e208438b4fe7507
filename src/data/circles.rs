//! Circles: `C = 4` concentric rings in the plane ([Shared pieces](crate::theory#shared-pieces) of the theory).
//!
//! Ring `c` of `0..4` has radius `c + 1`; a point at angle `t` (in turns) is
//! `x = (c + 1) (cos 2πt, sin 2πt) + noise · N(0, I₂)`.

use std::f64::consts::TAU;

use ndarray::{Array2, aview1};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::{Labelled, Labels};
use crate::error::{Error, Result, check};

const RINGS: usize = 4;

/// The training form: `n` points, each on a ring drawn uniformly and at an angle uniform on `[0, 1)` turns.
///
/// * `noise`: standard deviation per coordinate, `>= 0`.
///
/// Class sizes are random; a class may be empty. Every point draws its ring, its angle and its two normal
/// deviates in this order, whatever the noise: the same stream with another noise moves the same points.
///
/// # Errors
/// [`Error::Empty`] if `n = 0`, [`Error::Domain`] if `noise` is negative, not finite, or so large that a coordinate is not.
pub fn circles(n: usize, noise: f64, rng: &mut (impl Rng + ?Sized)) -> Result<Labelled> {
    rings(n, noise, rng, |_, rng| (rng.random_range(0..RINGS), rng.random()))
}

/// The test form: point `i` of `n` lies on ring `⌊4i/n⌋` at angle `4i/n` turns, so each ring is swept once,
/// evenly, and the points are sorted by class.
///
/// * `noise`: standard deviation per coordinate, `>= 0`; the only thing `rng` is used for.
///
/// # Errors
/// As [`circles`].
pub fn circles_sweep(n: usize, noise: f64, rng: &mut (impl Rng + ?Sized)) -> Result<Labelled> {
    // Whole turns are dropped in integers, where that is exact.
    rings(n, noise, rng, |i, _| (RINGS * i / n, (RINGS * i % n) as f64 / n as f64))
}

/// Points whose ring and angle in turns are given by `place`, with noise.
fn rings<R: Rng + ?Sized>(
    n: usize,
    noise: f64,
    rng: &mut R,
    mut place: impl FnMut(usize, &mut R) -> (usize, f64),
) -> Result<Labelled> {
    if n == 0 {
        return Err(Error::Empty { argument: "n", expected: "point" });
    }
    check::not_negative("noise", noise)?;
    let mut inputs = Array2::zeros((n, 2));
    let mut class_of = Vec::with_capacity(n);
    for i in 0..n {
        let (class, turns) = place(i, rng);
        let radius = (class + 1) as f64;
        let (sin, cos) = (TAU * turns).sin_cos();
        let deviate: [f64; 2] = [rng.sample(StandardNormal), rng.sample(StandardNormal)];
        let point = [radius * cos + noise * deviate[0], radius * sin + noise * deviate[1]];
        inputs.row_mut(i).assign(&aview1(&point));
        class_of.push(class);
    }
    check::in_range("coordinate", &inputs, "finite: the noise is too large")?;
    Ok(Labelled { inputs, labels: Labels::new(class_of, RINGS)? })
}
