//! The part of a graph that has low rank, apart from the rest.

use ndarray::{Array2, s};

use super::SimilarityGraph;
use super::structure::LowRankPart;

impl SimilarityGraph {
    /// `G = rest + B C Bᵀ`: label, contrastive and low-rank terms go into the factors, the others into the rest.
    ///
    /// Either part is `None` if no term goes there. `O(n r)`.
    pub fn split_low_rank(&self) -> (Option<SimilarityGraph>, Option<LowRankPart>) {
        let mut rest = Vec::new();
        let mut parts = Vec::new();
        for (weight, form) in &self.terms {
            match form.structure().low_rank() {
                Some(LowRankPart { factor, core }) => {
                    parts.push(LowRankPart { factor, core: core * *weight });
                }
                None => rest.push((*weight, form.clone())),
            }
        }
        let rest = (!rest.is_empty()).then_some(SimilarityGraph { order: self.order, terms: rest });
        (rest, parts.into_iter().reduce(LowRankPart::beside))
    }
}

impl LowRankPart {
    /// The sum of both: factors side by side, cores along the diagonal.
    fn beside(self, other: Self) -> Self {
        let (n, left) = self.factor.dim();
        let both = left + other.factor.ncols();
        let mut factor = Array2::zeros((n, both));
        factor.slice_mut(s![.., ..left]).assign(&self.factor);
        factor.slice_mut(s![.., left..]).assign(&other.factor);
        let mut core = Array2::zeros((both, both));
        core.slice_mut(s![..left, ..left]).assign(&self.core);
        core.slice_mut(s![left.., left..]).assign(&other.core);
        Self { factor, core }
    }
}
