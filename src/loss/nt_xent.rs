//! Normalised-temperature cross-entropy on a graph, in blocks of rows (claims [T11](crate::theory#t11), [T17](crate::theory#t17)).

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, Zip};

use super::Loss;
use super::softmax::Softmax;
use crate::error::{Error, Result, check};
use crate::graph::SimilarityGraph;
use crate::linalg::rows::entries;
use crate::linalg::scale::largest_of;
use crate::scalar::Scalar;

/// The mean over samples `i` of `−Σ_j P_ij log q_ij`: the cross-entropy of picking a similar sample out of all others by
/// the softmax `q_ij ∝ exp(⟨u_i, u_j⟩ / τ)`, `j ≠ i`, of the cosines, `u_i = z_i / ‖z_i‖`; `P_ij = G_ij / Σ_{k≠i} G_ik`.
///
/// Two views a sample give SimCLR (Chen et al. 2020), a label graph the supervised contrastive loss with the mean outside
/// the logarithm (Khosla et al. 2020). The diagonal of `G` is not looked at. Samples without positives are not averaged
/// over, but serve as negatives of others. Unchanged by positive scaling of any row of `Z`, and of `G`.
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use ndarray::array;
/// use pal::graph::SimilarityGraph;
/// use pal::loss::{Loss, NtXent};
///
/// let graph = SimilarityGraph::views(2, 2)?; // rows 0 and 1 are views of one sample, 2 and 3 of another
/// let together = array![[1.0, 0.1], [1.0, 0.0], [-1.0, 0.0], [-1.0, -0.1]];
/// let apart = array![[1.0, 0.1], [-1.0, 0.0], [1.0, 0.0], [-1.0, -0.1]];
/// let loss = NtXent { temperature: 0.5 };
/// assert!(loss.value(together.view(), &graph)? < loss.value(apart.view(), &graph)?);
/// # Ok(())
/// # }
/// ```
///
/// `2 n² k` multiplications with the gradient and `n² k / 2` without, in parallel over blocks of pairs and the same to the
/// last bit for any number of threads; `O(n k)` memory and a block of at most 256² pairs for each thread. Up to 1024 samples
/// all pairs are kept, at moderate τ, and computed once. The positives cost two products with the graph, one without the
/// gradient, whatever `n²`; a mixture with negative weights is checked row by row.
///
/// # Errors
/// Besides those of [`Loss`]: [`Error::Domain`] unless `τ > 0` and `1/τ` is a number, if an entry of the graph
/// is negative or a row of `z` is zero; [`Error::Empty`] if the graph has no positive entry off its diagonal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NtXent {
    /// Temperature τ > 0 of the softmax.
    pub temperature: f64,
}

impl<F: Scalar> Loss<F> for NtXent {
    fn evaluate_unchecked(
        &self,
        z: ArrayView2<F>,
        graph: &SimilarityGraph,
        gradient: Option<ArrayViewMut2<F>>,
    ) -> Result<f64> {
        check::positive("temperature", self.temperature)?;
        if !F::of(self.temperature.recip()).is_finite() {
            let must = "large enough that its inverse is a number";
            return Err(Error::Domain { argument: "temperature", value: self.temperature, must });
        }
        graph.require_non_negative("graph")?;
        let positives = graph.positives();
        let kept = positives.iter().filter(|&&positives| positives > 0.0).count();
        if kept == 0 {
            return Err(Error::Empty { argument: "graph", expected: "positive entry off the diagonal" });
        }
        let (units, lengths) = on_the_sphere(z)?;
        let (mut log_sums, exponentials) = Softmax::new(units.view(), self.temperature).log_sums();
        // Row i of (G − diag G) U: the similarities of i to its positives are ⟨u_i, its row⟩.
        let mut attractions = Array2::zeros(units.raw_dim());
        graph.apply_positives_add(F::one(), units.view(), attractions.view_mut());
        let mut sum = 0.0;
        for (i, (log_sum, &positives)) in log_sums.iter_mut().zip(&positives).enumerate() {
            if positives > 0.0 {
                let similarity = units.row(i).dot(&attractions.row(i)).as_f64() / positives;
                sum += *log_sum - similarity / self.temperature;
            } else {
                *log_sum = f64::INFINITY;
            }
        }

        if let Some(mut gradient) = gradient {
            // ∇U = (W + Wᵀ) U / τ with W_i = (q_i − P_i) / kept, carried from the sphere to Z.
            let shares = positives.mapv(|sum| F::of(if sum > 0.0 { sum.recip() } else { 0.0 }));
            let shares = shares.insert_axis(Axis(1));
            Zip::from(&mut gradient)
                .and(&attractions)
                .and_broadcast(&shares)
                .par_for_each(|slope, &attraction, &share| *slope = -(attraction * share));
            Zip::from(&mut attractions)
                .and(&units)
                .and_broadcast(&shares)
                .par_for_each(|image, &unit, &share| *image = unit * share);
            graph.apply_positives_add(-F::one(), attractions.view(), gradient.view_mut());
            drop(attractions);
            exponentials.add_pulls(&log_sums, gradient.view_mut());
            let scale = F::of((self.temperature * kept as f64).recip());
            Zip::from(gradient.rows_mut()).and(units.rows()).and(&lengths).par_for_each(
                |mut slope, unit, &Length { largest, relative }| {
                    let radial = unit.dot(&slope);
                    slope.scaled_add(-radial, &unit);
                    let norm = largest * relative;
                    if norm.is_normal() && (scale / norm).is_normal() {
                        slope *= scale / norm;
                    } else {
                        // The slope may be a number where the inverse of the length is none, or has no digits.
                        slope.mapv_inplace(|entry| entry * scale / relative / largest);
                    }
                },
            );
        }
        Ok(sum / kept as f64)
    }
}

/// The length of a row, `largest · relative`, which itself need not be a number of `F`.
#[derive(Clone, Copy)]
struct Length<F> {
    /// The largest absolute value of the row.
    largest: F,
    /// The length of the row over that, at least 1.
    relative: F,
}

/// The rows of `z` at length one, and their lengths.
fn on_the_sphere<F: Scalar>(z: ArrayView2<F>) -> Result<(Array2<F>, Array1<Length<F>>)> {
    let mut units = z.as_standard_layout().into_owned();
    let mut lengths = Array1::from_elem(z.nrows(), Length { largest: F::zero(), relative: F::one() });
    Zip::from(units.rows_mut()).and(&mut lengths).par_for_each(|mut row, length| {
        // Squares of very small or large entries leave the number range; those of entries up to 1 do not.
        let largest = largest_of(entries(&row));
        if largest > F::zero() {
            row /= largest;
            let relative = row.dot(&row).sqrt();
            row /= relative;
            *length = Length { largest, relative };
        }
    });
    if lengths.iter().any(|length| length.largest == F::zero()) {
        check::positive("largest entry of a row of z", 0.0)?;
    }
    Ok((units, lengths))
}
