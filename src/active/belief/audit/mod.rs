//! Audits: samples drawn at random and compared, and the bound on the remaining error that they prove.
//!
//! The belief's own probabilities may be wrong, and the questions it asks go where it doubts, not where it errs. Some
//! questions are therefore *audits*: a sample drawn uniformly from those not audited yet is compared with the
//! representative of its class. Each is judged before it is learned from, so that it is an unbiased look at the classes of that
//! moment although it is used afterwards (progressive validation; Blum, Kalai and Langford 1999).
//!
//! Let `M_j` be the share, among the samples not audited before audit `j`, of those whose true class is not that of the sample
//! that represents theirs, and `X_j` whether the audit finds one. For every fixed `θ` in `(0, 1)`
//!
//! `W_θ = Π_j (1 − θ)^{X_j} / (1 − θ M_j)`
//!
//! is a martingale of mean one, however the classes move from one audit to the next; so is a mixture over `θ` and over the
//! audit at which the product starts. By Ville's inequality it exceeds `1/α` at *any* time with probability at most `α`
//! ([claim T51](crate::theory#t51)). If `k` of the samples not audited by now are wrong now, and `v_j` of them had another
//! representative at audit `j`, then `M_j ≥ (k − v_j) / (n − j)`, so that `k` is excluded once the mixture with these values
//! exceeds `1/α`: an upper bound for the present that holds at every moment ([claim T52](crate::theory#t52)).
//!
//! Where answers may be wrong, a single refusal tells little: one wrong answer in twenty looks like an error of five percent. An
//! audit that is refused is therefore put again, later on, until one answer more accepts than refuses it, or some more
//! refuse it (a sequential test, Wald 1945). What is wrong is still found to be so with a probability that
//! [T52](crate::theory#t52) accounts for, what is right hardly ever, and with truthful answers only the refused audits cost a
//! question more.

mod betting;
mod comparisons;
mod representatives;
mod samples;
mod verdict;

use ndarray::ArrayView2;

use super::anchors::{Anchor, Anchors};
use super::assignment::Assignment;
use super::constants::{GROWTH, GROWTH_IN_LITTLE_DOUBT, LITTLE_DOUBT, MOST, MOST_IN_LITTLE_DOUBT};
use crate::active::RemainingError;
use crate::error::Result;
use crate::oracle::Pair;

use comparisons::{Comparisons, Parts};
use representatives::represent;
use samples::SampleAudits;

/// Audits of samples, comparisons of classes, the bound on the remaining error that follows, and when to check next.
#[derive(Clone, Debug)]
pub(super) struct Audit {
    samples: SampleAudits,
    comparisons: Comparisons,
    remaining: RemainingError,
    /// Whether more samples may be wrong as parts of larger classes than by the audits.
    parts_weigh_more: bool,
    /// Answers to checks so far.
    checks: usize,
    due: Option<Pair>,
}

/// What audits look at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Present<'a> {
    pub(super) anchors: &'a Anchors,
    pub(super) assignment: &'a Assignment,
    /// [`Grouping::between_classes`](super::grouping::Grouping::between_classes).
    pub(super) between_classes: ArrayView2<'a, f64>,
    /// For each sample the probability of its class.
    pub(super) confidence: &'a [f64],
}

impl Audit {
    /// Nothing is audited of samples that are represented by these. Answers are said to be wrong at the rate `error`.
    pub(super) fn new(representatives: Vec<usize>, error: f64, seed: u64) -> Result<Self> {
        Ok(Self {
            samples: SampleAudits::new(representatives, error, seed)?,
            comparisons: Comparisons::new(),
            remaining: RemainingError::unknown(),
            parts_weigh_more: false,
            checks: 0,
            due: None,
        })
    }

    pub(super) fn remaining(&self) -> RemainingError {
        self.remaining
    }

    /// The check that it is time for.
    pub(super) fn due(&self) -> Option<Pair> {
        self.due
    }

    /// The question of the next audit; `None` if all samples are audited.
    pub(super) fn next(&self, anchors: &Anchors) -> Option<Pair> {
        self.samples.next(anchors).1
    }

    /// Whether answers of these log-odds tell two classes apart.
    pub(super) fn are_apart(&self, log_odds: f64) -> bool {
        self.comparisons.are_apart(log_odds)
    }

    /// Judges what is believed now by an answer, before it is taken in. `is_first_comparison` if it is the first that compares
    /// its two classes.
    pub(super) fn judge(&mut self, pair: Pair, same: bool, is_first_comparison: bool, anchors: &Anchors) {
        if is_first_comparison {
            self.comparisons.judge(same);
        }
        if self.due.take() == Some(pair) {
            self.checks += 1;
        }
        self.samples.judge(pair, same, anchors);
    }

    /// Nobody could answer the question: if it was the next audit, that is refused.
    pub(super) fn skip(&mut self, pair: Pair, anchors: &Anchors) {
        self.due = None;
        self.samples.close(pair, Some(true), anchors);
    }

    /// Brings the remaining error up to date with the present classes. `O(n m + m log n + c²)` after `m` audits.
    pub(super) fn take_stock(&mut self, present: &Present) {
        let assignment = present.assignment;
        let (class_of, sizes) = (assignment.class_of(), assignment.class_sizes());
        let anchors = present.anchors.iter().map(|anchor: &Anchor| (anchor.sample(), anchor.certainty()));
        self.samples.set_representatives(represent(
            self.samples.representatives(),
            class_of,
            sizes.len(),
            anchors,
            present.confidence,
        ));
        self.comparisons.bound();

        let wrong = self.samples.wrong(class_of);
        let parts = Parts::new(&self.comparisons, sizes, present.between_classes);
        let n = class_of.len() as f64;
        let estimate = wrong.others + wrong.audited + parts.wrong(self.comparisons.often_one());
        let sampled = wrong.others_at_most + wrong.audited;
        let in_parts = parts.wrong(self.comparisons.often_one_at_most());
        let high = ((sampled + in_parts) / n).min(1.0);
        self.parts_weigh_more = in_parts > sampled;
        self.remaining = RemainingError {
            share: (estimate / n).min(high),
            interval: (0.0, high),
            audited: self.samples.audited(),
            refused: self.samples.refused(),
            uncompared: parts.uncompared(),
        };
    }

    /// The check that is due after so many `answers`, if any, the share `doubt` of the samples being expected to be wrong.
    /// `of_classes` gives the question about two classes that are not told apart.
    pub(super) fn scheduled(
        &self,
        answers: usize,
        doubt: f64,
        anchors: &Anchors,
        of_classes: impl FnOnce() -> Option<Pair>,
    ) -> Option<Pair> {
        if self.checks as f64 >= checks_after(answers, doubt) {
            None
        } else if self.parts_weigh_more {
            of_classes().or_else(|| self.next(anchors))
        } else {
            self.next(anchors).or_else(of_classes)
        }
    }

    /// Until the next answer this check is due.
    pub(super) fn set_due(&mut self, due: Option<Pair>) {
        self.due = due;
    }
}

/// The number of checks that there should have been after so many answers and the next, if the share `doubt` of the samples is
/// expected to be wrong.
fn checks_after(answers: usize, doubt: f64) -> f64 {
    let answers = answers as f64;
    let share = if doubt < LITTLE_DOUBT {
        (GROWTH_IN_LITTLE_DOUBT * answers).min(MOST_IN_LITTLE_DOUBT)
    } else {
        (GROWTH * answers).min(MOST)
    };
    (share * (answers + 1.0)).floor()
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact by hand
mod tests {
    use super::*;
    use ndarray::{Array2, arr2};

    /// Thousandths grow to a quarter at 250 answers, fiftieths to three quarters at 38.
    #[test]
    fn checks_grow_with_the_answers() {
        let in_doubt = [0, 30, 31, 100, 250, 999].map(|answers| checks_after(answers, 0.01));
        assert_eq!(in_doubt, [0.0, 0.0, 0.0, 10.0, 62.0, 250.0]);
        let in_little_doubt = [0, 6, 7, 38, 99].map(|answers| checks_after(answers, 0.009));
        assert_eq!(in_little_doubt, [0.0, 0.0, 1.0, 29.0, 75.0]);
    }

    /// Two classes of two samples, represented by 0 and 2; of each the other is audited, and nothing tells them apart.
    #[test]
    fn the_upper_end_is_the_sum_of_its_parts() -> Result<()> {
        let class_of = vec![0, 0, 1, 1];
        let mut anchors = Anchors::new(&[0, 2], &class_of);
        let mut audit = Audit::new(vec![0, 0, 2, 2], 1e-9, 0)?;
        let assignment = Assignment::new(class_of.clone(), 2, class_of.clone());
        for (pair, same) in [(Pair::new(0, 1)?, false), (Pair::new(2, 3)?, true)] {
            audit.judge(pair, same, false, &anchors);
            anchors.learn(pair, same, &class_of);
        }
        let unknown = Array2::zeros((2, 2));
        let confidence = [1.0; 4];
        let present = Present {
            anchors: &anchors,
            assignment: &assignment,
            between_classes: unknown.view(),
            confidence: &confidence,
        };
        audit.take_stock(&present);
        let wrong = audit.samples.wrong(&class_of);
        let upper_end = |in_parts: f64| ((wrong.others_at_most + wrong.audited + in_parts) / 4.0).min(1.0);
        // Nothing was compared: the second class is a part of the first.
        assert_eq!(audit.remaining().uncompared, 1);
        assert!((audit.remaining().interval.1 - upper_end(2.0)).abs() < 1e-12);
        let apart = arr2(&[[0.0, -50.0], [-50.0, 0.0]]);
        for _ in 0..40 {
            audit.judge(Pair::new(0, 2)?, false, true, &anchors);
        }
        audit.take_stock(&Present { between_classes: apart.view(), ..present });
        assert_eq!(audit.remaining().uncompared, 0);
        assert!((audit.remaining().interval.1 - upper_end(0.0)).abs() < 1e-12);
        Ok(())
    }

    #[test]
    fn a_check_is_due_once_there_are_too_few() -> Result<()> {
        let class_of = [0, 0, 1, 1];
        let anchors = Anchors::new(&[0, 2], &class_of);
        let mut audit = Audit::new(vec![0, 0, 2, 2], 0.01, 0)?;
        let (sample, classes) = (audit.next(&anchors), Some(Pair::new(0, 2)?));
        assert_eq!(audit.scheduled(30, 0.5, &anchors, || classes), None);
        assert!(sample.is_some() && audit.scheduled(100, 0.5, &anchors, || classes) == sample);
        audit.parts_weigh_more = true;
        assert_eq!(audit.scheduled(100, 0.5, &anchors, || classes), classes);
        assert_eq!(audit.scheduled(100, 0.5, &anchors, || None), sample);
        audit.set_due(sample);
        if let Some(pair) = sample {
            audit.judge(pair, true, false, &anchors);
        }
        assert_eq!((audit.due(), audit.checks), (None, 1));
        Ok(())
    }
}
