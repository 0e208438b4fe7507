//! Statements about pairs, each with the answer it comes from, and what they imply.
//!
//! A [`Closure`] refuses an answer that contradicts those before it, and forgets who said what. [`Evidence`] keeps all of
//! them. A contradiction is set aside, with the answers that imply the opposite, until one of those is taken back; any
//! implied entry can be traced to the few answers that imply it.
//!
//! Where answers are noisy, what follows from chains of them is not to be trusted: one wrong must-link joins two whole
//! classes ([claim T45](crate::theory#t45)). [`Evidence::star`] believes direct answers about representatives only, and keeps
//! errors local.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Answered, Closure, LabelStatements, Pair};
use crate::error::{Error, Result, check};

/// Statements about pairs of `n` samples in order of arrival, each with the id of the answer it comes from.
///
/// An id is whatever the caller counts answers by, usually the position of the record; a captcha's statements share one.
/// Memory `O(n + m)` for `m` statements.
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use pal::oracle::Evidence;
///
/// let mut evidence = Evidence::new(4)?;
/// evidence.insert(0, 0, 1, true)?;
/// evidence.insert(1, 1, 2, true)?;
/// evidence.insert(2, 2, 3, false)?;
/// assert_eq!(evidence.why(0, 3), Some(vec![0, 1, 2]));
///
/// evidence.insert(3, 0, 2, false)?;
/// assert_eq!(evidence.contradictions()[0].implied_by, [0, 1]);
/// evidence.retract(1)?; // the contradiction is resolved, and taken in
/// assert!(evidence.contradictions().is_empty());
/// assert_eq!(evidence.closure().entry(0, 2)?, -1.0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Evidence {
    statements: Vec<(usize, Statement)>,
    closure: Closure,
    labels: LabelStatements,
    /// The answer that first named the class of a sample.
    labelled: BTreeMap<usize, usize>,
    /// For each sample, what was taken in about it in order of arrival.
    links: Vec<Vec<Link>>,
    contradictions: Vec<Contradiction>,
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// Whether two samples belong together.
    Pair {
        /// The two samples.
        pair: Pair,
        /// Whether they belong together.
        same: bool,
    },
    /// The class of a sample.
    Label {
        /// The sample.
        sample: usize,
        /// The name of its class.
        class: String,
    },
}

/// A statement seen from one of its two samples.
#[derive(Clone, Copy, Debug)]
struct Link {
    other: usize,
    same: bool,
    id: usize,
}

/// A statement that contradicts what those before it imply, and is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The answer it comes from.
    pub id: usize,
    /// What it says.
    pub statement: Statement,
    /// The answers before it that imply the opposite: for a pair as [`Evidence::why`] names them, for a label the answer that
    /// named another class for the same sample.
    pub implied_by: Vec<usize>,
}

impl Evidence {
    /// Nothing is said about any pair of `samples` samples.
    ///
    /// # Errors
    /// [`Error::Empty`] without samples.
    pub fn new(samples: usize) -> Result<Self> {
        Ok(Self {
            statements: Vec::new(),
            closure: Closure::new(samples)?,
            labels: LabelStatements::default(),
            labelled: BTreeMap::new(),
            links: vec![Vec::new(); samples],
            contradictions: Vec::new(),
        })
    }

    /// Takes in what answer `id` says: of pairs, or of the class of a sample.
    ///
    /// A label says of the sample what [`LabelStatements`] says. One that names another class than an earlier answer did for
    /// the same sample is a contradiction of that answer, and nothing else of it is taken in. Returns all that it says of pairs,
    /// contradictions too, for whoever weighs answers. Cost as [`Evidence::insert`] a statement.
    ///
    /// # Errors
    /// As [`Answered::require_valid`], and [`Error::Domain`] if there is no such sample; nothing is taken in then.
    pub fn learn(&mut self, id: usize, answered: &Answered) -> Result<Vec<(Pair, bool)>> {
        if let Answered::Label { sample, class } = answered {
            self.require(*sample)?;
            return self.label(id, *sample, class);
        }
        let said = answered.statements()?;
        said.iter().try_for_each(|(pair, _)| self.require(pair.second()))?;
        for &(pair, same) in &said {
            self.insert(id, pair.first(), pair.second(), same)?;
        }
        Ok(said)
    }

    fn label(&mut self, id: usize, sample: usize, class: &str) -> Result<Vec<(Pair, bool)>> {
        self.statements.push((id, Statement::Label { sample, class: class.to_owned() }));
        let is_other = self.labels.class_of(sample).is_some_and(|named| named != class);
        let said = self.labels.of_label(sample, class);
        let first = *self.labelled.entry(sample).or_insert(id);
        if is_other {
            let statement = Statement::Label { sample, class: class.to_owned() };
            self.contradictions.push(Contradiction { id, statement, implied_by: vec![first] });
            return Ok(said);
        }
        said.iter().try_for_each(|&(pair, same)| self.link(id, pair, same))?;
        Ok(said)
    }

    /// Takes in one statement of answer `id`: whether `i` and `j` belong together.
    ///
    /// Returns the contradiction if it is one: it is kept, but left out of the closure. Cost `O(log² n)` on average over
    /// all statements, `O(n + m)` for a contradiction.
    ///
    /// # Errors
    /// [`Error::Domain`] if there is no such sample or the two are the same; nothing is taken in then.
    pub fn insert(&mut self, id: usize, i: usize, j: usize, same: bool) -> Result<Option<&Contradiction>> {
        let pair = Pair::new(i, j)?;
        self.require(pair.second())?;
        self.statements.push((id, Statement::Pair { pair, same }));
        let before = self.contradictions.len();
        self.link(id, pair, same)?;
        Ok(self.contradictions.get(before))
    }

    /// Takes a statement about a pair into the closure, or sets it aside.
    fn link(&mut self, id: usize, pair: Pair, same: bool) -> Result<()> {
        let (i, j) = (pair.first(), pair.second());
        match self.closure.link(i, j, same) {
            Ok(()) => {
                self.links[i].push(Link { other: j, same, id });
                self.links[j].push(Link { other: i, same, id });
                Ok(())
            }
            Err(Error::Contradiction { .. }) => {
                let (statement, implied_by) =
                    (Statement::Pair { pair, same }, self.why(i, j).unwrap_or_default());
                self.contradictions.push(Contradiction { id, statement, implied_by });
                Ok(())
            }
            Err(other) => Err(other),
        }
    }

    /// What the statements taken in imply.
    #[must_use]
    pub fn closure(&self) -> &Closure {
        &self.closure
    }

    /// The statements left out, in order of arrival.
    #[must_use]
    pub fn contradictions(&self) -> &[Contradiction] {
        &self.contradictions
    }

    /// Number of statements `m`, those left out included; a label is one.
    #[must_use]
    pub fn statements(&self) -> usize {
        self.statements.len()
    }

    /// The answers that imply the entry of this pair; `None` if it is unknown or there is no such sample, none for `i = j`.
    ///
    /// They are a shortest chain of must-links from `i` to `j`, or a shortest one with a single cannot-link in it; ids in
    /// the order of the chain, each once. Cost `O(n + m)`.
    #[must_use]
    pub fn why(&self, i: usize, j: usize) -> Option<Vec<usize>> {
        let n = self.links.len();
        if i >= n || j >= n {
            return None;
        }
        // Breadth first over places `sample + n · (cannot-links used)`. The statements taken in do not contradict each
        // other, so of the two places of `j` at most one is reached.
        let mut from: Vec<Option<(usize, usize)>> = vec![None; 2 * n];
        let mut seen = vec![false; 2 * n];
        let mut queue = VecDeque::from([i]);
        seen[i] = true;
        while let Some(place) = queue.pop_front() {
            if place % n == j {
                return Some(chain(&from, place));
            }
            for link in &self.links[place % n] {
                let next = match (link.same, place < n) {
                    (true, _) => place - place % n + link.other,
                    (false, true) => n + link.other,
                    (false, false) => continue, // two cannot-links imply nothing
                };
                if !std::mem::replace(&mut seen[next], true) {
                    from[next] = Some((place, link.id));
                    queue.push_back(next);
                }
            }
        }
        None
    }

    /// Takes back all statements of answer `id`; returns how many they were.
    ///
    /// What is left is as if they had never been made: contradictions that resolve are taken in. Cost that of inserting
    /// the others anew.
    ///
    /// # Errors
    /// None in practice: the statements were checked when they came in.
    pub fn retract(&mut self, id: usize) -> Result<usize> {
        let mut rebuilt = Self::new(self.links.len())?;
        for (id, statement) in self.statements.iter().filter(|&&(other, _)| other != id) {
            match statement {
                Statement::Pair { pair, same } => {
                    rebuilt.insert(*id, pair.first(), pair.second(), *same)?;
                }
                Statement::Label { sample, class } => {
                    rebuilt.label(*id, *sample, class)?;
                }
            }
        }
        let retracted = self.statements.len() - rebuilt.statements.len();
        *self = rebuilt;
        Ok(retracted)
    }

    /// What direct answers about `representatives`, one per class, say of the other samples ([claim T45](crate::theory#t45)).
    ///
    /// The representatives are held to be apart. A sample joins the one to which more statements attach it than refuse it,
    /// by the largest majority; on a tie, or if there is none, it stays alone, and apart from those that more statements
    /// refuse than attach it to. All answers about such pairs count, contradictions too; all others are left aside, so that
    /// a wrong one misplaces no sample but the one it is about. Cost `O(m log m + c² log c)` with `c` representatives.
    ///
    /// # Errors
    /// [`Error::Domain`] if there is no such sample or one is named twice.
    pub fn star(&self, representatives: &[usize]) -> Result<Closure> {
        let n = self.links.len();
        let mut star = Closure::new(n)?;
        let mut represents = BTreeSet::new();
        for (at, &representative) in representatives.iter().enumerate() {
            check::index("representative", representative, n, "below the number of samples")?;
            if !represents.insert(representative) {
                let (argument, value) = ("representative", representative as f64);
                return Err(Error::Domain { argument, value, must: "named once" });
            }
            representatives[..at].iter().try_for_each(|&other| star.cannot_link(other, representative))?;
        }
        // (sample, representative): statements that attach less those that refuse.
        let mut majorities: BTreeMap<(usize, usize), i64> = BTreeMap::new();
        let mut labels = LabelStatements::default();
        let said = self.statements.iter().flat_map(|(_, statement)| match statement {
            Statement::Pair { pair, same } => vec![(*pair, *same)],
            Statement::Label { sample, class } => labels.of_label(*sample, class),
        });
        for (pair, same) in said {
            let (i, j) = pair.into();
            let ray = match (represents.contains(&i), represents.contains(&j)) {
                (true, false) => (j, i),
                (false, true) => (i, j),
                _ => continue,
            };
            *majorities.entry(ray).or_default() += if same { 1 } else { -1 };
        }
        let majorities: Vec<_> = majorities.into_iter().collect();
        for of_sample in majorities.chunk_by(|a, b| a.0.0 == b.0.0) {
            let largest = of_sample.iter().map(|&(_, majority)| majority).max().unwrap_or(0);
            let mut leading = of_sample.iter().filter(|&&(_, majority)| majority == largest);
            match (leading.next(), leading.next()) {
                (Some(&((sample, representative), 1..)), None) => star.must_link(sample, representative)?,
                _ => of_sample.iter().filter(|&&(_, majority)| majority < 0).try_for_each(
                    |&((sample, representative), _)| star.cannot_link(sample, representative),
                )?,
            }
        }
        Ok(star)
    }

    fn require(&self, sample: usize) -> Result<()> {
        check::index("sample", sample, self.links.len(), "below the number of samples")
    }
}

/// The ids on the way to `place`, each once.
fn chain(from: &[Option<(usize, usize)>], mut place: usize) -> Vec<usize> {
    let mut ids = Vec::new();
    while let Some((before, id)) = from[place] {
        ids.push(id);
        place = before;
    }
    ids.reverse();
    let mut named = BTreeSet::new();
    ids.retain(|&id| named.insert(id));
    ids
}
