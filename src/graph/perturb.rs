//! Random damage to graphs: entries go missing (claims [T7](crate::theory#t7), [T8](crate::theory#t8)), labels are wrong
//! ([claim T9](crate::theory#t9)).

use rand::{Rng, RngExt};

use super::pairs::PairGraph;
use super::{Form, SimilarityGraph, totals};
use crate::data::Labels;
use crate::error::{Result, check};

/// The graph with each entry lost with probability `p`, symmetrically, as sparse pairs.
///
/// For every `i ≤ j` in row-major order, the diagonal included and zero entries too, one uniform `U` is drawn;
/// `G_ij` and `G_ji` become zero where `U < p` ([claim T7](crate::theory#t7)). So `E[result] = (1 − p) G`, `p = 0` loses
/// nothing and `p = 1` everything. Cost `n(n+1)/2` draws.
///
/// # Errors
/// [`crate::Error::Domain`] if `p` is not in `[0, 1]`.
pub fn drop_entries(
    graph: &SimilarityGraph,
    p: f64,
    rng: &mut (impl Rng + ?Sized),
) -> Result<SimilarityGraph> {
    check::probability("p", p)?;
    let mut upper = Vec::new();
    totals::every_row(&graph.structures(), |i, row| {
        for (j, &entry) in row.iter().enumerate().skip(i) {
            let lost = rng.random::<f64>() < p;
            if !lost && entry != 0.0 {
                upper.push((i, j, entry));
            }
        }
        true
    });
    Ok(Form::Pairs(PairGraph::from_upper(graph.len(), &upper)).into())
}

/// The labels, each known one redrawn uniformly over all classes with probability `rate` ([claim T9](crate::theory#t9)).
///
/// A redrawn label may be the old one: it changes with probability `rate · (1 − 1/C)`. Unknown labels stay unknown.
///
/// # Errors
/// [`crate::Error::Domain`] if `rate` is not in `[0, 1]`.
pub fn redraw_labels(labels: &Labels, rate: f64, rng: &mut (impl Rng + ?Sized)) -> Result<Labels> {
    check::probability("rate", rate)?;
    let mut redraw = |class: usize| {
        if rng.random_bool(rate) { rng.random_range(0..labels.number_of_classes()) } else { class }
    };
    Labels::partial(labels.iter().map(|class| class.map(&mut redraw)).collect(), labels.number_of_classes())
}
