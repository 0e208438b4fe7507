//! The oracle that knows the labels: who answers in experiments, and beneath every simulated annotator.

use super::{Captcha, CaptchaAnswer, LabelOf, Oracle, Pair};
use crate::data::Labels;
use crate::error::{Error, Result, check};

/// The oracle that knows the labels and never errs; answers questions of every kind.
#[derive(Clone, Debug)]
pub struct LabelOracle<'a> {
    labels: &'a Labels,
}

impl<'a> LabelOracle<'a> {
    /// Answers from `labels`.
    pub fn new(labels: &'a Labels) -> Self {
        Self { labels }
    }

    fn class_of(&self, argument: &'static str, sample: usize) -> Result<usize> {
        let unknown = Error::Domain { argument, value: sample as f64, must: "a sample with a label" };
        self.labels.class_of(sample).ok_or(unknown)
    }
}

impl Oracle<Pair> for LabelOracle<'_> {
    /// # Errors
    /// [`Error::Domain`] for a sample that does not exist or whose label is unknown.
    fn answer(&mut self, pair: &Pair) -> Result<bool> {
        Ok(self.class_of("sample", pair.first())? == self.class_of("sample", pair.second())?)
    }
}

impl Oracle<LabelOf> for LabelOracle<'_> {
    /// # Errors
    /// [`Error::Domain`] for a sample that does not exist or whose label is unknown.
    fn answer(&mut self, &LabelOf(sample): &LabelOf) -> Result<usize> {
        self.class_of("sample", sample)
    }
}

impl Oracle for LabelOracle<'_> {
    /// # Errors
    /// [`Error::Domain`] for a class or a sample that does not exist, or whose label is unknown.
    fn answer(&mut self, captcha: &Captcha) -> Result<CaptchaAnswer> {
        check::index("class", captcha.class, self.labels.number_of_classes(), "below the number of classes")?;
        let belongs = |&sample: &usize| Ok(self.class_of("candidate", sample)? == captcha.class);
        Ok(CaptchaAnswer { belongs: captcha.candidates.iter().map(belongs).collect::<Result<_>>()? })
    }
}
