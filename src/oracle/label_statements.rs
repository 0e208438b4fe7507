//! Names of classes as statements about pairs.

use std::collections::BTreeMap;

use super::{Answered, Pair};
use crate::error::Result;

/// Turns every answer into statements about pairs, those about a class by the samples that were named first.
///
/// A sample that is said to be of a class belongs together with the first that was, and apart from the first of every other
/// class: `c` statements for `c` classes named so far, from which all others follow. A sample stands for a class only if no
/// other class was named for it before: what is said of it twice must not be said of the samples of both classes.
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use pal::oracle::{LabelStatements, Pair};
///
/// let mut labels = LabelStatements::default();
/// assert!(labels.of_label(4, "cat").is_empty());
/// assert_eq!(labels.of_label(7, "dog"), [(Pair::new(7, 4)?, false)]);
/// assert_eq!(labels.of_label(9, "cat"), [(Pair::new(9, 4)?, true), (Pair::new(9, 7)?, false)]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelStatements {
    /// The classes in the order they were named, each with the first sample of it.
    first: Vec<(String, usize)>,
    /// The class that was named first for each sample.
    class_of: BTreeMap<usize, String>,
}

impl LabelStatements {
    /// What an answer says given the labels before it: pairs, and whether they belong together.
    ///
    /// # Errors
    /// As [`Answered::require_valid`].
    pub fn of(&mut self, answered: &Answered) -> Result<Vec<(Pair, bool)>> {
        match answered {
            Answered::Label { sample, class } => Ok(self.of_label(*sample, class)),
            Answered::Pair { .. } | Answered::Captcha { .. } => answered.statements(),
        }
    }

    /// What "`sample` is of `class`" says given the labels before it: pairs, and whether they belong together.
    pub fn of_label(&mut self, sample: usize, class: &str) -> Vec<(Pair, bool)> {
        let others = self.first.iter();
        let mut statements: Vec<_> = others
            .filter_map(|(name, first)| Some((Pair::new(sample, *first).ok()?, name == class))) // not with itself
            .collect();
        // Stable: together before apart, so that the class is known when the others are refused.
        statements.sort_by_key(|&(_, same)| !same);
        let named = self.class_of.entry(sample).or_insert_with(|| class.to_owned());
        if named == class && self.first.iter().all(|(name, _)| name != class) {
            self.first.push((class.to_owned(), sample));
        }
        statements
    }

    /// The class that was named first for a sample.
    pub fn class_of(&self, sample: usize) -> Option<&str> {
        self.class_of.get(&sample).map(String::as_str)
    }

    /// The classes named so far, each with the first sample of it.
    pub fn classes(&self) -> impl ExactSizeIterator<Item = (&str, usize)> {
        self.first.iter().map(|(name, first)| (name.as_str(), *first))
    }
}
