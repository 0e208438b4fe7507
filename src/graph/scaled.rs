//! Forms with their rows and columns scaled, `diag(s) F diag(s)`, again in cheap forms.

use ndarray::{Array1, Array2};

use super::{Form, LabelGraph, LowRankGraph, PairGraph, ViewGraph};

impl Form {
    /// `diag(s) F diag(s)` as a sum of terms.
    pub(super) fn scaled(&self, s: &Array1<f64>) -> Vec<(f64, Self)> {
        match self {
            Self::Views(form) => vec![scaled_views(form, s)],
            Self::Labels(form) => vec![(1.0, scaled_labels(form, s))],
            Self::Contrastive(form) => {
                vec![(2.0, scaled_labels(form.positives(), s)), (-1.0, scaled_labels(&form.one_class(), s))]
            }
            Self::Pairs(form) => vec![(1.0, Self::Pairs(form.scaled(s)))],
            Self::LowRank(form) => vec![(1.0, Self::LowRank(form.scaled(s)))],
            Self::Dense(form) => vec![(1.0, Self::Dense(form.scaled(s)))],
        }
    }
}

/// Equal scales (views alone in the graph) keep the form; others make pairs of it.
fn scaled_views(views: &ViewGraph, s: &Array1<f64>) -> (f64, Form) {
    #[allow(clippy::float_cmp)] // a nearly equal scale is a different scale
    if s.iter().all(|&scale| scale == s[0]) {
        return (s[0] * s[0], Form::Views(views.clone()));
    }
    let upper = views
        .blocks()
        .flat_map(|block| block.clone().flat_map(move |i| (i..block.end).map(move |j| (i, j))))
        .map(|(i, j)| (i, j, s[i] * s[j]));
    (1.0, Form::Pairs(PairGraph::from_upper(s.len(), &upper.collect::<Vec<_>>())))
}

/// `diag(s) Y` as a factor, or the blocks as pairs if those are fewer numbers (many small classes).
fn scaled_labels(labels: &LabelGraph, s: &Array1<f64>) -> Form {
    if labels.stored() < s.len() * labels.number_of_classes() {
        let mut upper = Vec::new();
        for (i, class) in labels.class_of().iter().enumerate() {
            let block = class.map_or(&[][..], |class| labels.block(class));
            upper.extend(block.iter().filter(|&&j| i <= j).map(|&j| (i, j, s[i] * s[j])));
        }
        Form::Pairs(PairGraph::from_upper(s.len(), &upper))
    } else {
        let mut factor = Array2::zeros((s.len(), labels.number_of_classes()));
        for (class, block) in labels.blocks().enumerate() {
            for &i in block {
                factor[[i, class]] = s[i];
            }
        }
        Form::LowRank(LowRankGraph::from_parts(factor, Array1::ones(labels.number_of_classes())))
    }
}
