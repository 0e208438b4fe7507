//! Which samples make the batches of an epoch.

use rand::Rng;
use rand::seq::SliceRandom;

use crate::error::{Error, Result, check};
use crate::graph::{Known, SimilarityGraph};

/// Batches in which samples meet that a graph says something of.
///
/// A uniform batch of `b` of `n` samples that holds one sample of a pair holds the other with probability `(b − 1)/(n − 1)`: of few
/// answers among many samples hardly one is ever seen. Here every epoch draws, in random order among what is free,
///
/// 1. disjoint pairs of samples that the graph names one by one, with a positive entry;
/// 2. disjoint pairs of what is left of each class of labels;
/// 3. links between two of these pairs, or samples without one, by a negative entry that the graph names;
///
/// and puts what came of it side by side. An epoch has every sample once, in batches that differ by one sample at most.
///
/// **Bias.** Where uniform batches treat all pairs alike, here two samples of a class of `m` meet with probability `1/(m − 1)`, or
/// `1/m` if `m` is odd, and a positive entry that shares its samples with `d` others is met with at least `1/(d + 1)`; all of them
/// less what the ends of batches tear, of which there are fewer than batches, and by chance besides, as all other pairs. So a
/// sample is pulled to one member of its class an epoch, as to one more view, and not to all. The terms of a loss in pairs
/// have the gradient of the graph with these weights. A graph that says nothing of two samples, or only as low rank, has
/// uniform batches.
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use pal::graph::SimilarityGraph;
/// use pal::model::Batches;
/// use pal::random::stream;
///
/// let answer = SimilarityGraph::pairs(1000, [(3, 700, 1.0)])?;
/// let batches = Batches::new(&answer, 1000, 20)?;
/// let epoch = batches.draw(&mut stream(0, 0));
/// assert_eq!(epoch.len(), 50);
/// let with = |sample| epoch.iter().position(|batch| batch.contains(&sample));
/// assert_eq!(with(3), with(700));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Batches {
    samples: usize,
    views: usize,
    batch: usize,
    known: Known,
}

impl Batches {
    /// Batches of at most `batch` of the samples, over whose views the graph is: rows `views·i .. views·(i+1)` are those of sample `i`.
    ///
    /// `O(n)` for views and labels, `O(nnz)` for pairs, `O(n²)` for a dense graph.
    ///
    /// # Errors
    /// [`Error::Empty`] without samples, [`Error::Shape`] if the graph's rows are not a multiple of them, [`Error::Domain`] for a batch
    /// of 0.
    pub fn new(graph: &SimilarityGraph, samples: usize, batch: usize) -> Result<Self> {
        if samples == 0 {
            return Err(Error::Empty { argument: "samples", expected: "sample" });
        }
        check::count("batch", batch, usize::MAX, "at least 1")?;
        let views = graph.len() / samples;
        check::shape("graph", &[samples * views.max(1)], &[graph.len()])?;
        Ok(Self { samples, views, batch, known: graph.known(views) })
    }

    /// Rows of the graph for each sample.
    #[must_use]
    pub fn views(&self) -> usize {
        self.views
    }

    /// Number of batches of an epoch.
    #[must_use]
    pub fn per_epoch(&self) -> usize {
        self.samples.div_ceil(self.batch)
    }

    /// The samples of each batch of an epoch. `O(n)` and what the graph names.
    #[must_use]
    pub fn draw(&self, rng: &mut impl Rng) -> Vec<Vec<usize>> {
        let mut order: Vec<usize> = (0..self.samples).collect();
        order.shuffle(rng);
        let mates = self.mates(rng);
        let links = self.links(&mates, rng);
        let mut placed = vec![false; self.samples];
        let mut sequence = Vec::with_capacity(self.samples);
        for first in order {
            let near = [Some(first), mates[first]];
            let far = near.into_iter().flatten().find_map(|sample| links[sample]);
            let all = near.into_iter().chain([far, far.and_then(|sample| mates[sample])]);
            for sample in all.flatten() {
                if !std::mem::replace(&mut placed[sample], true) {
                    sequence.push(sample);
                }
            }
        }
        let batches = self.per_epoch();
        let start = |batch: usize| batch * self.samples / batches;
        (0..batches).map(|batch| sequence[start(batch)..start(batch + 1)].to_vec()).collect()
    }

    /// Whom of those that belong with it each sample is to meet.
    fn mates(&self, rng: &mut impl Rng) -> Vec<Option<usize>> {
        let mut mates = vec![None; self.samples];
        for &(i, j) in &shuffled(&self.known.together, rng) {
            if mates[i].or(mates[j]).is_none() {
                (mates[i], mates[j]) = (Some(j), Some(i));
            }
        }
        for class in &self.known.classes {
            let mut free: Vec<usize> = class.iter().copied().filter(|&i| mates[i].is_none()).collect();
            free.shuffle(rng);
            for pair in free.chunks_exact(2) {
                (mates[pair[0]], mates[pair[1]]) = (Some(pair[1]), Some(pair[0]));
            }
        }
        mates
    }

    /// Which sample that does not belong with it each sample is to meet: at most one of it and its mate.
    fn links(&self, mates: &[Option<usize>], rng: &mut impl Rng) -> Vec<Option<usize>> {
        let mut links = vec![None; self.samples];
        for &(i, j) in &shuffled(&self.known.apart, rng) {
            let is_linked =
                |sample: usize| links[sample].or(mates[sample].and_then(|mate| links[mate])).is_some();
            if mates[i] != Some(j) && !is_linked(i) && !is_linked(j) {
                (links[i], links[j]) = (Some(j), Some(i));
            }
        }
        links
    }
}

fn shuffled(pairs: &[(usize, usize)], rng: &mut impl Rng) -> Vec<(usize, usize)> {
    let mut pairs = pairs.to_vec();
    pairs.shuffle(rng);
    pairs
}
