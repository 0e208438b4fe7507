//! The view graph `I ⊗ 1 1ᵀ` (claim T2): views of one sample are similar, and nothing else is.

use ndarray::{Array1, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis, s};

use super::components::UnionFind;
use super::form::{Form, Structure};
use super::labels::{LabelGraph, scatter};
use super::pairs::PairGraph;
use crate::error::{Error, Result};

/// `samples` blocks of `views` consecutive rows each. It is the label graph whose label is the sample index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewGraph {
    samples: usize,
    views: usize,
}

impl ViewGraph {
    pub(super) fn new(samples: usize, views: usize) -> Result<Self> {
        if samples == 0 {
            return Err(Error::Empty { argument: "samples", expected: "sample" });
        }
        if views == 0 {
            return Err(Error::Empty { argument: "views", expected: "view of each sample" });
        }
        match samples.checked_mul(views) {
            Some(_) => Ok(Self { samples, views }),
            None => Err(Error::Domain {
                argument: "samples",
                value: samples as f64,
                must: "small enough that samples times views is a count",
            }),
        }
    }

    /// Number of samples.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Number of views `V` of each sample.
    #[must_use]
    pub fn views(&self) -> usize {
        self.views
    }

    /// The label graph whose label is the sample index.
    pub(super) fn as_labels(&self) -> LabelGraph {
        LabelGraph::from_blocks((0..self.order()).map(|row| Some(row / self.views)).collect(), self.samples)
    }

    fn blocks(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        (0..self.samples).map(|sample| sample * self.views..(sample + 1) * self.views)
    }
}

impl Structure for ViewGraph {
    fn order(&self) -> usize {
        self.samples * self.views
    }

    fn entry(&self, i: usize, j: usize) -> f64 {
        if i / self.views == j / self.views { 1.0 } else { 0.0 }
    }

    fn add_row(&self, i: usize, weight: f64, mut row: ArrayViewMut1<f64>) {
        let first = i - i % self.views;
        for j in first..first + self.views {
            row[j] += weight;
        }
    }

    fn apply_add(&self, weight: f64, x: ArrayView2<f64>, mut out: ArrayViewMut2<f64>) {
        if self.views == 1 {
            out.scaled_add(weight, &x);
            return;
        }
        for block in self.blocks() {
            let sum = x.slice(s![block.clone(), ..]).sum_axis(Axis(0));
            for mut row in out.slice_mut(s![block, ..]).rows_mut() {
                row.scaled_add(weight, &sum);
            }
        }
    }

    fn frobenius_squared(&self) -> f64 {
        self.samples as f64 * (self.views as f64).powi(2)
    }

    fn is_non_negative(&self) -> bool {
        true
    }

    fn join(&self, sets: &mut UnionFind) {
        for block in self.blocks() {
            sets.join_all(block);
        }
    }

    fn energy(&self, z: ArrayView2<f64>) -> f64 {
        self.blocks().map(|block| scatter(z, block)).sum()
    }

    fn restrict(&self, indices: &[usize]) -> Form {
        Form::Labels(LabelGraph::from_blocks(
            indices.iter().map(|i| Some(i / self.views)).collect(),
            self.samples,
        ))
    }

    fn scaled(&self, s: &Array1<f64>) -> Vec<(f64, Form)> {
        // Equal scales (views alone in the graph) keep the form.
        #[allow(clippy::float_cmp)] // a nearly equal scale is a different scale
        if s.iter().all(|&scale| scale == s[0]) {
            return vec![(s[0] * s[0], Form::Views(self.clone()))];
        }
        let upper = self
            .blocks()
            .flat_map(|block| block.clone().flat_map(move |i| (i..block.end).map(move |j| (i, j))))
            .map(|(i, j)| (i, j, s[i] * s[j]));
        vec![(1.0, Form::Pairs(PairGraph::from_upper(self.order(), &upper.collect::<Vec<_>>())))]
    }
}
