//! What can be asked, and the answer to each kind of question.
//!
//! | question | answer | asks |
//! |---|---|---|
//! | [`Pair`] | `bool` | do these two belong together? |
//! | [`LabelOf`] | `usize` | which class is this sample of? |
//! | [`Captcha`] | [`CaptchaAnswer`] | which of these candidates belong to this class? |
//!
//! What each can tell, in bits, is in [`information`](super::information); what it costs, in [`Prices`](super::Prices).

use std::fmt;

use crate::error::{Error, Result};

/// Something that can be asked, and what an answer to it is.
pub trait Question {
    /// What an oracle replies.
    type Answer: Clone;

    /// Which kind of question it is.
    fn kind(&self) -> QuestionKind;

    /// How many samples are asked about at once: the candidates of a captcha, else 1.
    fn size(&self) -> usize {
        1
    }
}

/// The kinds of questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "files", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum QuestionKind {
    /// Do these two belong together?
    Pair,
    /// Which class is this sample of?
    Label,
    /// Which of these candidates belong with what is shown?
    Captcha,
}

impl QuestionKind {
    /// All of them, in the order of their numbers `kind as usize`.
    pub const ALL: [Self; 3] = [Self::Pair, Self::Label, Self::Captcha];
}

/// `pair`, `label` or `captcha`.
impl fmt::Display for QuestionKind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(match self {
            Self::Pair => "pair",
            Self::Label => "label",
            Self::Captcha => "captcha",
        })
    }
}

/// "Do these two belong together?": two different samples, the smaller index first.
///
/// In JSON (feature `files`) it is `[i, j]`, read in either order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    feature = "files",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "(usize, usize)", into = "(usize, usize)")
)]
pub struct Pair {
    i: usize,
    j: usize,
}

impl Pair {
    /// The question about `i` and `j`, in either order.
    ///
    /// # Errors
    /// [`Error::Domain`] if they are the same sample.
    pub fn new(i: usize, j: usize) -> Result<Self> {
        if i == j {
            let must = "of two different samples";
            return Err(Error::Domain { argument: "pair of a sample with itself", value: i as f64, must });
        }
        Ok(Self { i: i.min(j), j: i.max(j) })
    }

    /// The smaller index.
    #[must_use]
    pub fn first(self) -> usize {
        self.i
    }

    /// The larger index.
    #[must_use]
    pub fn second(self) -> usize {
        self.j
    }
}

impl TryFrom<(usize, usize)> for Pair {
    type Error = Error;

    fn try_from((i, j): (usize, usize)) -> Result<Self> {
        Self::new(i, j)
    }
}

impl From<Pair> for (usize, usize) {
    fn from(pair: Pair) -> Self {
        (pair.i, pair.j)
    }
}

impl Question for Pair {
    type Answer = bool;

    fn kind(&self) -> QuestionKind {
        QuestionKind::Pair
    }
}

/// "Which class is this sample of?"
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LabelOf(
    /// The sample.
    pub usize,
);

impl Question for LabelOf {
    type Answer = usize;

    fn kind(&self) -> QuestionKind {
        QuestionKind::Label
    }
}

/// "Which of these samples belong to this class?", the class being shown by its known members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captcha {
    /// The class asked about.
    pub class: usize,
    /// The samples shown; one may be shown twice.
    pub candidates: Vec<usize>,
}

/// For each candidate of a [`Captcha`], whether it belongs to the class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptchaAnswer {
    /// As long as the captcha's candidates.
    pub belongs: Vec<bool>,
}

impl Question for Captcha {
    type Answer = CaptchaAnswer;

    fn kind(&self) -> QuestionKind {
        QuestionKind::Captcha
    }

    fn size(&self) -> usize {
        self.candidates.len()
    }
}
