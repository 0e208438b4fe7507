//! Which samples make the batches of an epoch.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

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
/// What is known of few samples still counts little beside the views of all. [`Batches::with_known`] lets every batch have a share of
/// samples that something is known of: they are drawn that much more often, with all that the graph says of them.
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
    /// Samples that the graph names beside others, ascending.
    named: Vec<usize>,
    /// Places of a batch that are theirs alone.
    reserved: usize,
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
        let known = graph.known(views);
        let pairs = known.together.iter().chain(&known.apart).flat_map(|&(i, j)| [i, j]);
        let named: BTreeSet<usize> = known.classes.iter().flatten().copied().chain(pairs).collect();
        Ok(Self { samples, views, batch, known, named: named.into_iter().collect(), reserved: 0 })
    }

    /// The same, where at least this share of each batch are samples that the graph names beside others, as far as there are so many:
    /// places for `e` of them in a batch of `b`, beside `b − e` of the epoch's, make `(b − e) m/n + e = share · b` of `m` that are named, less
    /// those that the batch has already: no sample is in it twice. There are `b/(b − e)` times as many batches.
    ///
    /// # Errors
    /// [`Error::Domain`] if the share is not in [0, 1).
    pub fn with_known(mut self, share: f64) -> Result<Self> {
        check_share(share)?;
        let named = self.named.len() as f64 / self.samples as f64;
        let missing = if named < share { (share - named) / (1.0 - named) } else { 0.0 };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // below the size of a batch
        let places = (missing * self.batch as f64).round() as usize;
        self.reserved = places.min(self.named.len()).min(self.batch - 1);
        Ok(self)
    }

    /// Rows of the graph for each sample.
    #[must_use]
    pub fn views(&self) -> usize {
        self.views
    }

    /// Number of batches of an epoch.
    #[must_use]
    pub fn per_epoch(&self) -> usize {
        self.samples.div_ceil(self.batch - self.reserved)
    }

    /// The samples of each batch of an epoch. `O(n)` and what the graph names.
    #[must_use]
    pub fn draw(&self, rng: &mut impl Rng) -> Vec<Vec<usize>> {
        let batches = self.per_epoch();
        let all: Vec<usize> = (0..self.samples).collect();
        let sequence = self.sequence(&all, rng);
        let start = |batch: usize| batch * self.samples / batches;
        let mut drawn: Vec<Vec<usize>> =
            (0..batches).map(|batch| sequence[start(batch)..start(batch + 1)].to_vec()).collect();
        if self.reserved > 0 {
            let mut more = VecDeque::new();
            let mut batch_of = vec![0; self.samples];
            for (number, batch) in (1..).zip(&mut drawn) {
                for &sample in &*batch {
                    batch_of[sample] = number;
                }
                if more.len() < self.reserved {
                    more.extend(self.sequence(&self.named, rng));
                }
                let next = more.drain(..self.reserved);
                batch.extend(
                    next.filter(|&sample| std::mem::replace(&mut batch_of[sample], number) != number),
                );
            }
        }
        drawn
    }

    /// Some samples in random order, those that are to meet side by side. `O(m)` for `m` of them and what the graph names.
    fn sequence(&self, samples: &[usize], rng: &mut impl Rng) -> Vec<usize> {
        let order = shuffled(samples, rng);
        let mates = self.mates(rng);
        let links = self.links(&mates, rng);
        let mut placed = HashSet::new();
        let mut sequence = Vec::with_capacity(order.len());
        for first in order {
            if placed.contains(&first) {
                continue;
            }
            let mate = mates.get(&first).copied();
            let far = links.get(&first).or(mate.and_then(|mate| links.get(&mate))).copied();
            let others = [mate, far, far.and_then(|far| mates.get(&far).copied())];
            sequence.push(first);
            sequence.extend(others.into_iter().flatten());
            placed.extend(others.into_iter().flatten());
        }
        sequence
    }

    /// Whom of those that belong with it each sample is to meet, where there is one.
    fn mates(&self, rng: &mut impl Rng) -> HashMap<usize, usize> {
        let mut mates = HashMap::new();
        for &(i, j) in &shuffled(&self.known.together, rng) {
            if !mates.contains_key(&i) && !mates.contains_key(&j) {
                mates.extend([(i, j), (j, i)]);
            }
        }
        for class in &self.known.classes {
            let free: Vec<usize> = class.iter().copied().filter(|i| !mates.contains_key(i)).collect();
            for pair in shuffled(&free, rng).chunks_exact(2) {
                mates.extend([(pair[0], pair[1]), (pair[1], pair[0])]);
            }
        }
        mates
    }

    /// Which sample that does not belong with it each sample is to meet: at most one of it and its mate.
    fn links(&self, mates: &HashMap<usize, usize>, rng: &mut impl Rng) -> HashMap<usize, usize> {
        let mut links = HashMap::new();
        for &(i, j) in &shuffled(&self.known.apart, rng) {
            let mate_of = |sample: usize| mates.get(&sample).copied();
            let is_linked = |sample: usize| {
                links.contains_key(&sample) || mate_of(sample).is_some_and(|mate| links.contains_key(&mate))
            };
            if mate_of(i) != Some(j) && !is_linked(i) && !is_linked(j) {
                links.extend([(i, j), (j, i)]);
            }
        }
        links
    }
}

/// What share of a batch may be asked to be known.
///
/// # Errors
/// [`Error::Domain`].
pub(super) fn check_share(share: f64) -> Result<()> {
    if (0.0..1.0).contains(&share) {
        return Ok(());
    }
    Err(Error::Domain { argument: "share of known samples", value: share, must: "at least 0 and below 1" })
}

fn shuffled<T: Copy>(all: &[T], rng: &mut impl Rng) -> Vec<T> {
    let mut all = all.to_vec();
    all.shuffle(rng);
    all
}
