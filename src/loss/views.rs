//! Whose mean and variance a loss takes: those of all samples together, or of each view alone.

use ndarray::{ArrayView2, s};

use crate::error::{Error, Result};
use crate::graph::{Form, SimilarityGraph};

/// The samples over which means, variances and covariances are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Statistics {
    /// All together, on any graph (claims [T10](crate::theory#t10), [T12](crate::theory#t12)).
    #[default]
    Pooled,
    /// Each view alone, as in the original papers; the graph must be a view graph, with or without its diagonal.
    EachView,
}

impl Statistics {
    /// The number of groups whose statistics are taken; sample `i` is in group `i mod groups`.
    ///
    /// # Errors
    /// [`Error::WrongForm`] for [`Self::EachView`] if the graph is none of views.
    pub(super) fn groups(self, graph: &SimilarityGraph) -> Result<usize> {
        match self {
            Self::Pooled => Ok(1),
            Self::EachView => views(graph).ok_or(Error::WrongForm {
                argument: "graph",
                expected: "a view graph, of two views at least",
            }),
        }
    }
}

/// The number of views per sample, if the graph consists of a view graph and multiples of the identity alone.
fn views(graph: &SimilarityGraph) -> Option<usize> {
    let mut views = 1;
    for (_, form) in graph.terms() {
        match form {
            Form::Views(form) if form.views() == 1 => {}
            Form::Views(form) if views == 1 || views == form.views() => views = form.views(),
            _ => return None,
        }
    }
    (views > 1).then_some(views)
}

/// The samples of one group.
pub(super) fn group_rows<F>(z: ArrayView2<'_, F>, group: usize, groups: usize) -> ArrayView2<'_, F> {
    z.slice_move(s![group..;groups, ..])
}
