//! Questions.
use crate::error::{Error, Result};

/// "Do these two belong together?": two different samples, the smaller index first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pair {
    first: usize,
    second: usize,
}

impl Pair {
    /// The pair of `i` and `j`, in either order.
    ///
    /// # Errors
    /// [`Error::Domain`] if they are the same.
    pub fn new(i: usize, j: usize) -> Result<Self> {
        if i == j {
            return Err(Error::Domain { argument: "pair", value: i as f64, must: "two different samples" });
        }
        Ok(Self { first: i.min(j), second: i.max(j) })
    }

    /// The smaller index.
    pub fn first(self) -> usize {
        self.first
    }

    /// The larger index.
    pub fn second(self) -> usize {
        self.second
    }
}
