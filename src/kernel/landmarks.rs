//! Which points, or means of points, stand for the others in [`Nystrom`] features.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use rand::Rng;
use rand::seq::index;

use super::{RadialKernel, cross_gram, gram};
use crate::error::{Error, Result, check};
use crate::k_means;
use crate::linalg::scale::{largest, safe_scale};
use crate::linalg::{SpectralFactor, product};

/// A rule that chooses landmarks for [`Nystrom`](super::Nystrom).
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use pal::data::circles;
/// use pal::kernel::{Exponential, Landmarks, Nystrom};
/// use pal::random::stream;
///
/// let mut rng = stream(0, 0);
/// let x = circles(500, 0.0, &mut rng)?.inputs;
/// let kernel = Exponential { sigma: 1.0 };
/// // What the features miss of k(x, x) = 1, on average.
/// let mut missed = |rule: Landmarks| -> pal::Result<f64> {
///     let landmarks = rule.choose(&kernel, x.view(), 50, &mut rng)?;
///     let features = Nystrom::new(kernel, landmarks.view())?.features(x.view())?;
///     Ok(1.0 - features.iter().map(|entry| entry * entry).sum::<f64>() / 500.0)
/// };
/// assert!(missed(Landmarks::KMeans { rounds: 5 })? < missed(Landmarks::Uniform)?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landmarks {
    /// Points drawn uniformly, without replacement; `O(n)`.
    Uniform,
    /// Points drawn without replacement in proportion to their ridge leverage scores: those that others cannot stand for come
    /// first (Alaoui and Mahoney 2015; Musco and Musco 2017); `O(n m (m + p) + m³)`.
    ///
    /// The scores are those of [`leverage_scores`] from a sketch of as many points, drawn uniformly. The ridge is what the
    /// sketch misses of the trace of `K`, over `m`, so that the scores sum to the order of `m`; at least `√ε`.
    LeverageScores,
    /// Means of clusters, which need not be points (Zhang and Kwok 2010): a start by k-means++, then so many rounds of Lloyd's
    /// algorithm at most; `O(n m p)` a round, and for the start.
    ///
    /// Without a round they are points. With fewer than `m` different points some are copies of others.
    KMeans {
        /// Rounds; the first few bring most of the gain.
        rounds: usize,
    },
}

/// The least ridge of [`Landmarks::LeverageScores`], for sketches that miss nothing but rounding.
const LEAST_RIDGE: f64 = 1.5e-8;

/// Points whose kernel with a sketch is held in memory at a time. Fixed, so that results do not depend on the number of threads.
const BLOCK_ROWS: usize = 4096;

impl Landmarks {
    /// `m` landmarks `(m, p)` for the points `x` `(n, p)`.
    ///
    /// Copies of a point are points of their own: several may be chosen, and features on them are the same as on one
    /// ([`Nystrom::new`](super::Nystrom::new)).
    ///
    /// # Errors
    /// [`Error::Domain`] unless `1 ≤ m ≤ n`, or for a bad kernel parameter; [`Error::Empty`] or [`Error::NotFinite`] for a bad
    /// `x`; [`Error::NotConverged`] if an eigensolver gives up.
    pub fn choose<R: Rng + ?Sized>(
        self,
        kernel: &impl RadialKernel,
        x: ArrayView2<f64>,
        m: usize,
        rng: &mut R,
    ) -> Result<Array2<f64>> {
        kernel.check()?;
        check_points(x)?;
        check::count("m", m, x.nrows(), "at least 1 and at most the number of points")?;
        match self {
            Self::Uniform => Ok(uniform(x, m, rng)),
            Self::LeverageScores => {
                let sketch = Sketch::of(kernel, uniform(x, m, rng))?;
                let missed = sketch.missed(x, 0.0)?.sum();
                let ridge = (missed / m as f64).max(LEAST_RIDGE);
                let scores = sketch.scores(x, ridge)?;
                let chosen = index::sample_weighted(rng, x.nrows(), |i| scores[i], m).map_err(|_| {
                    let must = "positive and finite";
                    Error::Domain { argument: "leverage score", value: f64::NAN, must }
                })?;
                Ok(x.select(Axis(0), &chosen.into_vec()))
            }
            Self::KMeans { rounds } => {
                // Squares of the distances of any points are numbers then.
                let scale = safe_scale(largest(x));
                Ok(k_means::means((&x * scale).view(), m, rounds, rng) / scale)
            }
        }
    }
}

/// Estimates, at most 1, of the ridge leverage scores `(K (K + λI)⁻¹)_ii` of the points `x` `(n, p)`, of length `n`
/// (Musco and Musco 2017).
///
/// A score is near 1 where no other points tell a function's value at the point, and near `1/c` for each of `c` copies. The
/// scores sum to the dimension of `K` above `λ`.
///
/// * `sketch` `(s, p)`: points drawn uniformly from `x`. With all of them the scores are exact; with fewer, each of which
///   stands for `n/s`, they are `(1 − k_S(x_i)ᵀ (K_SS + (s/n) λI)⁻¹ k_S(x_i)) / λ`, which is large where the sketch has no points.
/// * `ridge`: `λ > 0`, in units of the kernel's eigenvalues on `x`.
///
/// Cost `O(n s (s + p) + s³)`, memory `O(n + s²)` and a block of rows.
///
/// # Errors
/// [`Error::Empty`] or [`Error::NotFinite`] for bad points, [`Error::Shape`] if the widths differ, [`Error::Domain`] unless the
/// ridge is positive or for a bad kernel parameter, [`Error::NotConverged`] if the eigensolver gives up.
pub fn leverage_scores(
    kernel: &impl RadialKernel,
    x: ArrayView2<f64>,
    sketch: ArrayView2<f64>,
    ridge: f64,
) -> Result<Array1<f64>> {
    check::positive("ridge", ridge)?;
    check_points(x)?;
    if sketch.nrows() == 0 {
        return Err(Error::Empty { argument: "sketch", expected: "point" });
    }
    check::shape("sketch", &[sketch.nrows(), x.ncols()], sketch.shape())?;
    check::finite("sketch", &sketch)?;
    Sketch::of(kernel, sketch.to_owned())?.scores(x, ridge)
}

fn check_points(x: ArrayView2<f64>) -> Result<()> {
    if x.is_empty() {
        return Err(Error::Empty { argument: "x", expected: "point with one coordinate" });
    }
    check::finite("x", &x)
}

fn uniform<R: Rng + ?Sized>(x: ArrayView2<f64>, m: usize, rng: &mut R) -> Array2<f64> {
    x.select(Axis(0), &index::sample(rng, x.nrows(), m).into_vec())
}

/// Some points `S`, and `K_SS` in its eigenbasis.
struct Sketch<'a, K> {
    kernel: &'a K,
    points: Array2<f64>,
    factor: SpectralFactor,
}

impl<'a, K: RadialKernel> Sketch<'a, K> {
    fn of(kernel: &'a K, points: Array2<f64>) -> Result<Self> {
        let factor = SpectralFactor::new(gram(kernel, points.view())?.view(), 0.0)?;
        Ok(Self { kernel, points, factor })
    }

    /// `1 − k_S(x_i)ᵀ (K_SS + λI)⁻¹ k_S(x_i)` of every point, at least zero.
    fn missed(&self, x: ArrayView2<f64>, ridge: f64) -> Result<Array1<f64>> {
        let SpectralFactor { values, vectors, .. } = &self.factor;
        let root = vectors / &values.mapv(|value| (value + ridge).sqrt());
        let mut missed = Array1::zeros(x.nrows());
        let blocks = missed.axis_chunks_iter_mut(Axis(0), BLOCK_ROWS);
        for (mut missed, x) in blocks.zip(x.axis_chunks_iter(Axis(0), BLOCK_ROWS)) {
            let features = product(cross_gram(self.kernel, x, self.points.view())?.view(), root.view());
            missed.assign(&features.map_axis(Axis(1), |row| (1.0 - row.dot(&row)).max(0.0)));
        }
        Ok(missed)
    }

    /// Ridge leverage scores, which are between `1 / (n + λ)` and 1, for no eigenvalue of `K` is above `n`.
    fn scores(&self, x: ArrayView2<f64>, ridge: f64) -> Result<Array1<f64>> {
        let n = x.nrows() as f64;
        let least = 1.0 / (n + ridge);
        let share = self.points.nrows() as f64 / n;
        Ok(self.missed(x, share * ridge)?.mapv_into(|missed| (missed / ridge).clamp(least, 1.0)))
    }
}
