//! An oracle that repeats recorded answers.

use std::collections::{HashMap, VecDeque};

use super::{Oracle, Pair, Record};
use crate::error::{Error, Result};

/// Answers pairs from a list of records.
///
/// A captcha's statements are answers about pairs as well. A pair answered several times is given these answers in the
/// order of the records, and the last one from then on; what was not asked then is not answered, nor concluded.
#[derive(Clone, Debug)]
pub struct Replayed {
    answers: HashMap<Pair, VecDeque<bool>>,
}

impl Replayed {
    /// Answers from `records`.
    ///
    /// # Errors
    /// As [`Answered::require_valid`](super::Answered::require_valid) for each of them.
    pub fn new<'a>(records: impl IntoIterator<Item = &'a Record>) -> Result<Self> {
        let mut answers: HashMap<Pair, VecDeque<bool>> = HashMap::new();
        for Record { answered, .. } in records {
            for (pair, same) in answered.statements()? {
                answers.entry(pair).or_default().push_back(same);
            }
        }
        Ok(Self { answers })
    }
}

impl Oracle<Pair> for Replayed {
    /// # Errors
    /// [`Error::Unanswered`] if no record answers the pair.
    fn answer(&mut self, pair: &Pair) -> Result<bool> {
        let unanswered = || Error::Unanswered { row: pair.first(), column: pair.second() };
        let answers = self.answers.get_mut(pair).ok_or_else(unanswered)?;
        let next = if answers.len() > 1 { answers.pop_front() } else { answers.front().copied() };
        next.ok_or_else(unanswered)
    }
}
