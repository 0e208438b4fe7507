//! Softmax regression of the labels ([claim T15](crate::theory#t15)).

use ndarray::{Array2, ArrayView2, Axis};

use crate::data::Labels;
use crate::error::{Error, Result, check};
use crate::scalar::Scalar;

/// The value of [`cross_entropy`] and its slopes.
#[derive(Clone, Debug, PartialEq)]
pub struct CrossEntropy<F: Scalar = f64> {
    /// The loss.
    pub value: F,
    /// Gradient with respect to the representations, `(n, k)`; zero where the label is unknown.
    pub gradient_z: Array2<F>,
    /// Gradient with respect to the weights, `(k, c)`.
    pub gradient_weights: Array2<F>,
}

/// The mean over the samples of known label of `log Σ_c exp(z_i w_c) − z_i w_{y_i}`, for representations `z` of shape
/// `(n, k)` and `weights` of shape `(k, c)`.
///
/// Not a [`super::Loss`]: it depends on the classes' names, which the graph `Y Yᵀ` does not know. `O(n k c)`.
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use ndarray::{Array2, array};
/// use pal::data::Labels;
/// use pal::loss::cross_entropy;
///
/// let labels = Labels::new(vec![0, 1], 2)?;
/// let loss = cross_entropy(array![[1.0], [-1.0]].view(), Array2::zeros((1, 2)).view(), &labels)?;
/// assert!((loss.value - 2.0_f64.ln()).abs() < 1e-12); // nothing is told apart yet
/// assert_eq!(loss.gradient_weights, array![[-0.5, 0.5]]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Shape`] if the number of labels is not `n` or the weights are not `(k, c)`, [`Error::Empty`] if `k = 0` or no
/// label is known, [`Error::NotFinite`] for bad `z` or weights, [`Error::Domain`] if the value or a slope overflows.
pub fn cross_entropy<F: Scalar>(
    z: ArrayView2<F>,
    weights: ArrayView2<F>,
    labels: &Labels,
) -> Result<CrossEntropy<F>> {
    check::shape("z", &[labels.len(), z.ncols()], z.shape())?;
    check::shape("weights", &[z.ncols(), labels.number_of_classes()], weights.shape())?;
    if z.ncols() == 0 {
        return Err(Error::Empty { argument: "z", expected: "column" });
    }
    check::finite("z", &z)?;
    check::finite("weights", &weights)?;
    let known = labels.iter().flatten().count();
    if known == 0 {
        return Err(Error::Empty { argument: "labels", expected: "known label" });
    }

    let mut slopes = z.dot(&weights);
    let mut value = 0.0;
    for (mut row, class) in slopes.axis_iter_mut(Axis(0)).zip(labels.iter()) {
        let Some(class) = class else {
            row.fill(F::zero());
            continue;
        };
        let largest = row.fold(F::neg_infinity(), |largest, &output| largest.max(output));
        let own = row[class] - largest;
        row.mapv_inplace(|output| (output - largest).exp());
        let sum = row.sum();
        value += (sum.ln() - own).as_f64();
        row /= sum;
        row[class] -= F::one();
    }
    slopes /= F::of(known as f64);
    let value = super::bounded(value / known as f64)?;
    let (gradient_z, gradient_weights) = (slopes.dot(&weights.t()), z.t().dot(&slopes));
    let must = "finite: z or the weights are out of scale";
    check::in_range("gradient with respect to z", &gradient_z, must)?;
    check::in_range("gradient with respect to the weights", &gradient_weights, must)?;
    Ok(CrossEntropy { value, gradient_z, gradient_weights })
}
