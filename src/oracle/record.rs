//! One answer as it is kept: what was said, by whom, when, and at what price.

use super::{Pair, QuestionKind};
use crate::error::{Error, Result, check};

/// A question with its answer. In JSON (feature `files`), `kind` is `pair`, `captcha` or `label`:
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # #[cfg(feature = "files")]
/// # {
/// use pal::oracle::{Answered, Pair};
///
/// let answered: Answered = serde_json::from_str(
///     r#"{"kind": "captcha", "shown": [4, 9], "candidates": [1, 2], "belongs": [true, false]}"#,
/// )?;
/// assert_eq!(answered.statements()?, [(Pair::new(4, 1)?, true), (Pair::new(4, 2)?, false)]);
/// # }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "files",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "kind", rename_all = "lowercase")
)]
pub enum Answered {
    /// Whether two samples belong together.
    Pair {
        /// The two samples.
        pair: Pair,
        /// Whether they do.
        same: bool,
    },
    /// Which candidates belong with the samples shown.
    Captcha {
        /// Samples that belong together, at least one.
        shown: Vec<usize>,
        /// The samples asked about; one may come twice.
        candidates: Vec<usize>,
        /// Whether each candidate belongs with those shown.
        belongs: Vec<bool>,
    },
    /// The name of a sample's class.
    Label {
        /// The sample.
        sample: usize,
        /// Its class.
        class: String,
    },
}

/// An answer as it is kept.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "files", derive(serde::Serialize, serde::Deserialize))]
pub struct Record {
    /// The question with its answer.
    pub answered: Answered,
    /// Who answered.
    pub annotator: String,
    /// When, in seconds since 1970.
    pub at: f64,
    /// How long it took to answer, in seconds.
    pub seconds: f64,
    /// Its price, in the unit of the [`Prices`](super::Prices) it was asked at.
    pub cost: f64,
}

impl Answered {
    /// What was said: pairs, and whether they belong together.
    ///
    /// A captcha says of each candidate whether it belongs with the first sample shown; a label alone says nothing about a pair.
    ///
    /// # Errors
    /// As [`Answered::require_valid`].
    pub fn statements(&self) -> Result<Vec<(Pair, bool)>> {
        match self {
            &Self::Pair { pair, same } => Ok(vec![(pair, same)]),
            Self::Captcha { shown, candidates, belongs } => {
                let anchor = *shown.first().ok_or(Error::Empty { argument: "shown", expected: "sample" })?;
                check::shape("belongs", &[candidates.len()], &[belongs.len()])?;
                let said = candidates.iter().zip(belongs);
                said.map(|(&candidate, &belongs)| Ok((Pair::new(anchor, candidate)?, belongs))).collect()
            }
            Self::Label { .. } => Ok(Vec::new()),
        }
    }

    /// The kind of question that was answered.
    #[must_use]
    pub fn kind(&self) -> QuestionKind {
        match self {
            Self::Pair { .. } => QuestionKind::Pair,
            Self::Captcha { .. } => QuestionKind::Captcha,
            Self::Label { .. } => QuestionKind::Label,
        }
    }

    /// How many samples were asked about at once: the candidates of a captcha, else 1.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Captcha { candidates, .. } => candidates.len(),
            Self::Pair { .. } | Self::Label { .. } => 1,
        }
    }

    /// Checks what any reader of a record relies on.
    ///
    /// # Errors
    /// For a captcha [`Error::Empty`] if nothing is shown, [`Error::Shape`] unless there is one answer per candidate,
    /// [`Error::Domain`] if a sample is compared with itself.
    pub fn require_valid(&self) -> Result<()> {
        self.statements().map(|_| ())
    }
}
