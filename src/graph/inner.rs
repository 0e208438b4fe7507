//! Inner products `⟨A, B⟩ = Σ_ij A_ij B_ij` and Frobenius norms at the cost of the cheaper form ([claim T16](crate::theory#t16)).
//!
//! Of two label graphs `⟨Y Yᵀ, Y'Y'ᵀ⟩ = ‖YᵀY'‖²`: the squares of the counts of samples with each pair of labels.

use super::SimilarityGraph;
use super::form::Form;
use super::labels::LabelGraph;
use super::low_rank::LowRankGraph;
use crate::error::{Result, check};
use crate::linalg::rows::in_rows;
use ndarray::{Array1, Array2, Zip};

impl SimilarityGraph {
    /// `⟨G, H⟩ = Σ_ij G_ij H_ij`.
    ///
    /// Costs, for each pair of terms: `O(n)` for views and labels; `nnz` entries of the other if one is sparse
    /// ([`SimilarityGraph::entry`]); a product of the other with `r` vectors if one is of rank `r`; otherwise `O(n²)`.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] if the graphs differ in length.
    pub fn inner(&self, other: &Self) -> Result<f64> {
        check::shape("other", &[self.order, self.order], &[other.order, other.order])?;
        let products = self.terms.iter().flat_map(|(weight, form)| {
            other.terms.iter().map(move |(factor, other)| weight * factor * inner(form, other))
        });
        Ok(products.sum())
    }

    /// `‖G‖² = ⟨G, G⟩`; cost as [`SimilarityGraph::inner`] over all pairs of terms.
    ///
    /// The terms of a mixture are expanded: what cancels between them leaves an error of `1e-16` of their own norms.
    #[must_use]
    pub fn frobenius_squared(&self) -> f64 {
        let mut sum = 0.0;
        for (position, (weight, form)) in self.terms.iter().enumerate() {
            sum += weight * weight * form.structure().frobenius_squared();
            for (factor, other) in &self.terms[..position] {
                sum += 2.0 * weight * factor * inner(form, other);
            }
        }
        sum.max(0.0)
    }
}

/// The inner product of two forms. Of two different forms the one that is matched first gives the entries, or the factor, over
/// which the sum runs.
fn inner(a: &Form, b: &Form) -> f64 {
    match (a, b) {
        (Form::Pairs(pairs), other) | (other, Form::Pairs(pairs)) => {
            pairs.entries().map(|(i, j, value)| value * other.structure().entry(i, j)).sum()
        }
        (Form::LowRank(low_rank), other) | (other, Form::LowRank(low_rank)) => {
            inner_low_rank(low_rank, other)
        }
        (Form::Dense(dense), other) | (other, Form::Dense(dense)) => {
            let other = other.structure();
            let mut row = Array1::zeros(other.order());
            let mut sum = 0.0;
            for (i, entries) in dense.matrix().rows().into_iter().enumerate() {
                row.fill(0.0);
                other.add_row(i, 1.0, row.view_mut());
                sum += entries.dot(&row);
            }
            sum
        }
        (Form::Contrastive(contrastive), other) | (other, Form::Contrastive(contrastive)) => {
            2.0 * inner(&Form::Labels(contrastive.positives().clone()), other)
                - inner(&Form::Labels(contrastive.one_class()), other)
        }
        (Form::Labels(a), Form::Labels(b)) => inner_labels(a, b),
        (Form::Labels(labels), Form::Views(views)) | (Form::Views(views), Form::Labels(labels)) => {
            inner_labels(labels, &views.as_labels())
        }
        (Form::Views(a), Form::Views(b)) => inner_labels(&a.as_labels(), &b.as_labels()),
    }
}

/// `Σ_a w_a b_aᵀ F b_a`.
fn inner_low_rank(low_rank: &LowRankGraph, other: &Form) -> f64 {
    let factor = low_rank.factor();
    let mut image = Array2::zeros(factor.raw_dim());
    if !factor.is_empty() {
        in_rows(factor, image.view_mut(), |x, out| other.product().apply_add(1.0, x, out));
    }
    let mut sum = 0.0;
    Zip::from(image.columns()).and(factor.columns()).and(low_rank.weights()).for_each(
        |image, column, weight| {
            sum += weight * image.dot(&column);
        },
    );
    sum
}

/// `‖YᵀY'‖²`: over each class of `a`, every member adds the number of members that share its class in `b`.
fn inner_labels(a: &LabelGraph, b: &LabelGraph) -> f64 {
    let mut counts = vec![0_usize; b.number_of_classes()];
    let mut sum = 0;
    for block in a.blocks() {
        let classes = || block.iter().filter_map(|&i| b.class_of()[i]);
        classes().for_each(|class| counts[class] += 1);
        sum += classes().map(|class| counts[class]).sum::<usize>();
        classes().for_each(|class| counts[class] = 0);
    }
    sum as f64
}
