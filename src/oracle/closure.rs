//! What answers about pairs imply ([claim T39](crate::theory#t39)), and what wrong ones do ([claim T45](crate::theory#t45)).
//!
//! "Belong together" is an equivalence: must-links join samples into components, and one cannot-link between two
//! components separates all their pairs. With a truthful oracle every implied pair is right. A wrong must-link, though,
//! makes every pair between the components it joins wrong.

use std::collections::{BTreeSet, HashMap};

use super::cost::pairs_among;
use crate::data::Labels;
use crate::error::{Error, Result, check};
use crate::graph::SimilarityGraph;
use crate::union_find::UnionFind;

/// The transitive closure of must-links and cannot-links over `n` samples.
///
/// `m` answers cost `O(m log² n)` together, in any order; memory `O(n + m)`.
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use pal::oracle::Closure;
///
/// let mut closure = Closure::new(4)?;
/// closure.must_link(0, 1)?;
/// closure.must_link(2, 3)?;
/// closure.cannot_link(1, 2)?;
/// assert_eq!(closure.entry(0, 3)?, -1.0); // implied by the three answers
/// assert!(closure.must_link(0, 3).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Closure {
    components: UnionFind,
    /// For each representative, those of the components it is separated from; empty elsewhere.
    separated: Vec<BTreeSet<usize>>,
}

impl Closure {
    /// Nothing is known about any pair of `samples` samples.
    ///
    /// # Errors
    /// [`Error::Empty`] without samples.
    pub fn new(samples: usize) -> Result<Self> {
        if samples == 0 {
            return Err(Error::Empty { argument: "samples", expected: "sample" });
        }
        Ok(Self { components: UnionFind::new(samples), separated: vec![BTreeSet::new(); samples] })
    }

    /// Takes in that `i` and `j` belong together.
    ///
    /// # Errors
    /// [`Error::Domain`] if there is no such sample, [`Error::Contradiction`] if the two are known not to; the closure is
    /// then as before.
    pub fn must_link(&mut self, i: usize, j: usize) -> Result<()> {
        if self.entry(i, j)? < 0.0 {
            return Err(Error::Contradiction { row: i, column: j, answer: 1.0, implied: -1.0 });
        }
        let before = [self.components.find(i), self.components.find(j)];
        self.components.join(i, j);
        let kept = self.components.find(i);
        for gone in before.into_iter().filter(|&representative| representative != kept) {
            for other in std::mem::take(&mut self.separated[gone]) {
                self.separated[other].remove(&gone);
                self.separated[other].insert(kept);
                self.separated[kept].insert(other);
            }
        }
        Ok(())
    }

    /// Takes in that `i` and `j` do not belong together.
    ///
    /// # Errors
    /// [`Error::Domain`] if there is no such sample, [`Error::Contradiction`] if the two are known to, or are the same; the
    /// closure is then as before.
    pub fn cannot_link(&mut self, i: usize, j: usize) -> Result<()> {
        if self.entry(i, j)? > 0.0 {
            return Err(Error::Contradiction { row: i, column: j, answer: -1.0, implied: 1.0 });
        }
        let (i, j) = (self.components.find(i), self.components.find(j));
        self.separated[i].insert(j);
        self.separated[j].insert(i);
        Ok(())
    }

    /// [`Closure::must_link`] or [`Closure::cannot_link`], as an answer says.
    ///
    /// # Errors
    /// As these.
    pub fn link(&mut self, i: usize, j: usize, same: bool) -> Result<()> {
        if same { self.must_link(i, j) } else { self.cannot_link(i, j) }
    }

    /// Number of samples `n`.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // never empty by construction
    pub fn len(&self) -> usize {
        self.components.len()
    }

    /// What is known of the pair: 1 together, −1 apart, 0 unknown; 1 if `i = j`. Cost `O(log n)`.
    ///
    /// # Errors
    /// [`Error::Domain`] if there is no such sample.
    pub fn entry(&self, i: usize, j: usize) -> Result<f64> {
        check::index("row", i, self.len(), "below the number of samples")?;
        check::index("column", j, self.len(), "below the number of samples")?;
        let (i, j) = (self.components.find(i), self.components.find(j));
        Ok(if i == j {
            1.0
        } else if self.separated[i].contains(&j) {
            -1.0
        } else {
            0.0
        })
    }

    /// Number of components: samples known to belong together are in one.
    #[must_use]
    pub fn components(&self) -> usize {
        self.components.representatives().count()
    }

    /// The component of each sample, numbered by first appearance.
    #[must_use]
    pub fn component_of(&self) -> Vec<usize> {
        self.components.numbered()
    }

    /// The components of two samples and more as labels; all other samples are unknown.
    #[must_use]
    pub fn labels(&self) -> Labels {
        let known = |component: usize| self.components.size(component) > 1;
        let number_of: HashMap<usize, usize> =
            self.components.representatives().filter(|&of| known(of)).zip(0..).collect();
        let class_of = (0..self.len()).map(|i| number_of.get(&self.components.find(i)).copied());
        match Labels::partial(class_of.collect(), number_of.len().max(1)) {
            Ok(labels) => labels,
            Err(error) => unreachable!("every class is below their number: {error}"),
        }
    }

    /// Number of pairs `i < j` known to belong together, `Σ s (s − 1) / 2` over components of size `s`.
    #[must_use]
    pub fn positives(&self) -> usize {
        self.components.representatives().map(|component| pairs_among(self.components.size(component))).sum()
    }

    /// Number of pairs `i < j` known not to belong together, `Σ s t` over separated components of sizes `s` and `t`.
    #[must_use]
    pub fn negatives(&self) -> usize {
        self.separations().map(|(a, b)| self.components.size(a) * self.components.size(b)).sum()
    }

    /// Whether the answers prove the partition into components: every pair is known ([claim T40](crate::theory#t40)).
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.separations().count() == pairs_among(self.components())
    }

    /// What follows in addition if there are only two classes: samples separated from the same sample belong together
    /// ([claim T46](crate::theory#t46)).
    ///
    /// With three classes or more nothing follows from two cannot-links, and finding a partition that respects them is
    /// graph colouring.
    ///
    /// # Errors
    /// [`Error::Contradiction`] if the answers allow no partition into two classes (a cycle with an odd number of
    /// cannot-links).
    pub fn of_two_classes(&self) -> Result<Self> {
        let mut closed = self.clone();
        for representative in self.components.representatives() {
            // Joining changes the sets of others, and may let this one grow: look again after each join.
            loop {
                let mut apart = closed.separated[closed.components.find(representative)].iter().copied();
                let (Some(first), Some(second)) = (apart.next(), apart.next()) else { break };
                closed.must_link(first, second)?;
            }
        }
        Ok(closed)
    }

    /// The signed graph of all implied pairs: entries as [`Closure::entry`], diagonal 1.
    ///
    /// Label graphs of the components, contrastive where all of a set of components are separated from each other;
    /// only separations outside of that set are listed pair by pair. Answers that settle the classes and leave some
    /// samples open hence cost `O(n)`.
    ///
    /// # Errors
    /// None in practice: the answers were checked when they came in.
    pub fn graph(&self) -> Result<SimilarityGraph> {
        let settled = self.mutually_separated();
        let labels_where = |of_settled: bool| {
            let component_of = self.component_of();
            let class_of = (0..self.len()).map(|i| {
                (settled.contains(&self.components.find(i)) == of_settled).then_some(component_of[i])
            });
            Labels::partial(class_of.collect(), self.len())
        };
        let mut terms = Vec::new();
        if !settled.is_empty() {
            terms.push((1.0, SimilarityGraph::contrastive_labels(&labels_where(true)?)));
        }
        if settled.len() < self.components() {
            terms.push((1.0, SimilarityGraph::labels(&labels_where(false)?)));
        }
        let further: Vec<(usize, usize)> =
            self.separations().filter(|(a, b)| !(settled.contains(a) && settled.contains(b))).collect();
        if !further.is_empty() {
            let members = self.members();
            let pairs = further.iter().flat_map(|&(a, b)| {
                let other = &members[b];
                members[a].iter().flat_map(move |&i| other.iter().map(move |&j| (i, j, -1.0)))
            });
            terms.push((1.0, SimilarityGraph::pairs(self.len(), pairs)?));
        }
        SimilarityGraph::mixture(terms)
    }

    /// Number of pairs that the closure puts together and that do not belong together:
    /// `Σ [s (s − 1) / 2 − Σ_c s_c (s_c − 1) / 2]` over components, `s_c` of its `s` members being of class `c`
    /// ([claim T45](crate::theory#t45)).
    ///
    /// # Errors
    /// [`Error::Shape`] if `truth` is not about `n` samples, [`Error::Domain`] if it leaves one of them open.
    pub fn false_positives(&self, truth: &Labels) -> Result<usize> {
        Ok(self.positives() - self.true_positives(truth)?)
    }

    /// Number of pairs that belong together and that the closure does not put together, whether it separates them or leaves them
    /// open ([claim T45](crate::theory#t45)).
    ///
    /// # Errors
    /// As [`Closure::false_positives`].
    pub fn missing_positives(&self, truth: &Labels) -> Result<usize> {
        let found = self.true_positives(truth)?;
        Ok(truth.counts().into_iter().map(pairs_among).sum::<usize>() - found)
    }

    /// Number of pairs that belong together and that the closure puts together: those of one component and one class.
    fn true_positives(&self, truth: &Labels) -> Result<usize> {
        check::shape("truth", &[self.len()], &[truth.len()])?;
        let mut cells: Vec<(usize, usize)> = Vec::with_capacity(self.len());
        for (sample, class) in truth.iter().enumerate() {
            let unknown =
                Error::Domain { argument: "truth", value: sample as f64, must: "a sample with a label" };
            cells.push((self.components.find(sample), class.ok_or(unknown)?));
        }
        cells.sort_unstable();
        Ok(cells.chunk_by(|a, b| a == b).map(|cell| pairs_among(cell.len())).sum())
    }

    /// Representatives of separated components, each pair once.
    fn separations(&self) -> impl Iterator<Item = (usize, usize)> {
        self.separated
            .iter()
            .enumerate()
            .flat_map(|(a, others)| others.iter().filter(move |&&b| a < b).map(move |&b| (a, b)))
    }

    /// Components that are all separated from each other, chosen greedily from the largest down; empty if that is only one.
    fn mutually_separated(&self) -> BTreeSet<usize> {
        let mut by_size: Vec<usize> = self.components.representatives().collect();
        by_size.sort_by_key(|&component| std::cmp::Reverse(self.components.size(component)));
        let mut settled = BTreeSet::new();
        for component in by_size {
            if settled.is_subset(&self.separated[component]) {
                settled.insert(component);
            }
        }
        if settled.len() > 1 { settled } else { BTreeSet::new() }
    }

    /// The samples of each component, at its representative.
    fn members(&self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.len()];
        for i in 0..self.len() {
            members[self.components.find(i)].push(i);
        }
        members
    }
}
