//! The forms a term of a graph can take.

use super::product::Product;
use super::structure::Structure;
use super::{ContrastiveGraph, DenseGraph, LabelGraph, LowRankGraph, PairGraph, ViewGraph};
use crate::scalar::Scalar;

/// One term of a graph, in the form it was given.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Form {
    /// `I ⊗ 1 1ᵀ`.
    Views(ViewGraph),
    /// `Y Yᵀ`.
    Labels(LabelGraph),
    /// `2 Y Yᵀ − k kᵀ`.
    Contrastive(ContrastiveGraph),
    /// Sparse entries.
    Pairs(PairGraph),
    /// `B diag(w) Bᵀ`.
    LowRank(LowRankGraph),
    /// All entries.
    Dense(DenseGraph),
}

impl Form {
    /// What the form can do. Forms are told apart here, in [`super::scaled`], and by pairs in [`super::inner`]; nowhere else.
    pub(super) fn structure(&self) -> &dyn Structure {
        self.product::<f64>()
    }

    /// What the form can do with vectors of `F`.
    pub(super) fn product<F: Scalar>(&self) -> &dyn Product<F> {
        match self {
            Self::Views(form) => form,
            Self::Labels(form) => form,
            Self::Contrastive(form) => form,
            Self::Pairs(form) => form,
            Self::LowRank(form) => form,
            Self::Dense(form) => form,
        }
    }

    /// `F[indices, indices]`.
    pub(super) fn restrict(&self, indices: &[usize]) -> Self {
        match self {
            Self::Views(form) => Self::Labels(form.restrict(indices)),
            Self::Labels(form) => Self::Labels(form.restrict(indices)),
            Self::Contrastive(form) => Self::Contrastive(form.restrict(indices)),
            Self::Pairs(form) => Self::Pairs(form.restrict(indices)),
            Self::LowRank(form) => Self::LowRank(form.restrict(indices)),
            Self::Dense(form) => Self::Dense(form.restrict(indices)),
        }
    }
}
