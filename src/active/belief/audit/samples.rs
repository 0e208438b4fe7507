//! Audits of samples: which one is next, what answers decide of it, and how many samples are wrong by that
//! ([claim T52](crate::theory#t52)).

use std::sync::Arc;

use rand::seq::SliceRandom;

use super::betting::largest_not_excluded;
use super::verdict::Verdict;
use crate::active::belief::anchors::Anchors;
use crate::active::belief::constants::{AUDITS_MISLEAD, PRIOR_AUDITS, PRIOR_REFUSALS};
use crate::error::Result;
use crate::oracle::{Closure, Pair};
use crate::random::stream;

/// Samples drawn at random, each compared with the representative of its class at that moment.
///
/// The first samples in the order have an outcome, and at most one audit is open, that of the next sample.
#[derive(Clone, Debug)]
pub(super) struct SampleAudits {
    /// All samples in the random order in which they are audited.
    order: Vec<usize>,
    /// The outcomes of the first ones.
    outcomes: Vec<Outcome>,
    /// The audit that waits for another answer.
    open: Option<Open>,
    /// For each sample the one that represents its class.
    representatives: Arc<Vec<usize>>,
    verdict: Verdict,
    closure: Closure,
}

#[derive(Clone, Debug)]
struct Outcome {
    is_refused: bool,
    /// [`SampleAudits::representatives`] at the time.
    representatives: Arc<Vec<usize>>,
}

/// An audit whose answers do not decide it yet.
#[derive(Clone, Debug)]
struct Open {
    pair: Pair,
    /// [`SampleAudits::representatives`] when it was drawn.
    representatives: Arc<Vec<usize>>,
}

/// How many samples are wrong by the audits.
#[derive(Clone, Copy, Debug)]
pub(super) struct WrongSamples {
    /// Audited samples that no answer ties to their class.
    pub(super) audited: f64,
    /// The others, at most, and by an estimate.
    pub(super) others_at_most: f64,
    pub(super) others: f64,
}

impl SampleAudits {
    /// Nothing is audited of samples that are represented by these. Answers are said to be wrong at the rate `error`.
    pub(super) fn new(representatives: Vec<usize>, error: f64, seed: u64) -> Result<Self> {
        let mut order: Vec<usize> = (0..representatives.len()).collect();
        order.shuffle(&mut stream(seed, u64::MAX)); // no trial has this stream
        Ok(Self {
            order,
            outcomes: Vec::new(),
            open: None,
            closure: Closure::new(representatives.len())?,
            representatives: Arc::new(representatives),
            verdict: Verdict::at(error),
        })
    }

    /// For each sample the one that represents its class.
    pub(super) fn representatives(&self) -> &[usize] {
        &self.representatives
    }

    /// From now on these represent the classes.
    pub(super) fn set_representatives(&mut self, representatives: Vec<usize>) {
        if representatives != *self.representatives {
            self.representatives = Arc::new(representatives);
        }
    }

    /// Number of samples audited.
    pub(super) fn audited(&self) -> usize {
        self.outcomes.len()
    }

    /// Number of these that were said not to belong to their class.
    pub(super) fn refused(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.is_refused).count()
    }

    /// The next samples in the order of audits whose outcome is known without asking (whether they are refused), and the
    /// question about the one after them.
    pub(super) fn next(&self, anchors: &Anchors) -> (Vec<bool>, Option<Pair>) {
        let mut known = Vec::new();
        if let Some(open) = &self.open {
            return (known, Some(open.pair));
        }
        for &sample in &self.order[self.outcomes.len()..] {
            let Ok(pair) = Pair::new(sample, self.representatives[sample]) else {
                known.push(false); // it represents its class
                continue;
            };
            match self.verdict.of(anchors.answers_about(pair)) {
                Some(is_refused) => known.push(is_refused),
                None if anchors.was_only_skipped(pair) => known.push(true), // nobody could tell
                None => return (known, Some(pair)),
            }
        }
        (known, None)
    }

    /// Judges the next audit, if that is the question, by an answer that the anchors have not learned yet.
    pub(super) fn judge(&mut self, pair: Pair, same: bool, anchors: &Anchors) {
        let is_refused = self.verdict.of(anchors.answers_about(pair).chain([same]));
        self.close(pair, is_refused, anchors);
        // An answer that contradicts others is left out here; the belief weighs it.
        let _ = self.closure.link(pair.first(), pair.second(), same);
    }

    /// If the question was the next audit: whether it is refused, as far as that is decided.
    pub(super) fn close(&mut self, pair: Pair, is_refused: Option<bool>, anchors: &Anchors) {
        let (known, next) = self.next(anchors);
        if next != Some(pair) {
            return;
        }
        let now = &self.representatives;
        let outcome = |is_refused, representatives| Outcome { is_refused, representatives };
        self.outcomes.extend(known.into_iter().map(|is_refused| outcome(is_refused, Arc::clone(now))));
        let representatives = self.open.take().map_or_else(|| Arc::clone(now), |open| open.representatives);
        match is_refused {
            Some(is_refused) => self.outcomes.push(outcome(is_refused, representatives)),
            None => self.open = Some(Open { pair, representatives }),
        }
    }

    /// The wrong samples of the present classes. `O(n m + m log n)` after `m` audits, less where representatives stay the same.
    pub(super) fn wrong(&self, class_of: &[usize]) -> WrongSamples {
        let (audited, others) = self.order.split_at(self.outcomes.len());
        let component_of = self.closure.component_of();
        // Whether a sample that is right by one representative is right by that of today.
        let is_alike = |sample: usize, other: usize| {
            let representative = self.representatives[sample];
            other == representative
                || (component_of[other] == component_of[representative]
                    && class_of[other] == class_of[sample])
        };
        let judged = self.judged(others, is_alike);
        WrongSamples {
            audited: self.wrong_of_audited(audited, is_alike) as f64,
            others_at_most: self.most_wrong_of(others.len(), &judged) as f64,
            others: estimate(others.len(), &judged),
        }
    }

    /// How many of the audited samples neither are tied to their representative, nor were accepted by one that counts as alike.
    fn wrong_of_audited(&self, audited: &[usize], is_alike: impl Fn(usize, usize) -> bool) -> usize {
        let outcomes = audited.iter().zip(&self.outcomes);
        let wrong = outcomes.filter(|&(&sample, outcome)| {
            !(is_alike(sample, sample)
                || (!outcome.is_refused && is_alike(sample, outcome.representatives[sample])))
        });
        wrong.count()
    }

    /// Every audit as it bears on the samples not audited by now.
    fn judged(&self, others: &[usize], is_alike: impl Fn(usize, usize) -> bool) -> Vec<Judged> {
        let mut judged: Vec<Judged> = Vec::with_capacity(self.outcomes.len());
        for (before, outcome) in self.outcomes.iter().enumerate() {
            let is_same = before > 0
                && Arc::ptr_eq(&outcome.representatives, &self.outcomes[before - 1].representatives);
            let moved = if is_same {
                judged[before - 1].moved
            } else {
                others.iter().filter(|&&sample| !is_alike(sample, outcome.representatives[sample])).count()
            };
            judged.push(Judged { is_refused: outcome.is_refused, moved, among: self.order.len() - before });
        }
        judged
    }

    /// The most samples of so many not audited that may be wrong by the audits.
    fn most_wrong_of(&self, others: usize, judged: &[Judged]) -> usize {
        largest_not_excluded(others, AUDITS_MISLEAD, |count| {
            judged.iter().map(move |judged| (judged.is_refused, self.verdict.least_rate(judged.rate(count))))
        })
    }
}

/// About how many of so many samples not audited are wrong: audits count the less the more samples moved since.
fn estimate(others: usize, judged: &[Judged]) -> f64 {
    let weight = |judged: &Judged| 1.0 - judged.moved as f64 / others.max(1) as f64;
    let weights: f64 = judged.iter().map(weight).sum();
    let refused: f64 = judged.iter().filter(|judged| judged.is_refused).map(weight).sum();
    (refused + PRIOR_REFUSALS) / (weights + PRIOR_AUDITS) * others as f64
}

/// An audit as it bears on the present.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Judged {
    is_refused: bool,
    /// Samples not audited by now whose representative was another.
    moved: usize,
    /// Samples it was drawn from.
    among: usize,
}

impl Judged {
    /// The least share of wrong samples it was drawn from if `wrong` of those not audited by now are.
    fn rate(&self, wrong: usize) -> f64 {
        wrong.saturating_sub(self.moved) as f64 / self.among as f64
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact by hand
mod tests {
    use super::*;

    const CLASSES: [usize; 4] = [0, 0, 1, 1];

    /// Samples 0 and 1 are represented by 0, samples 2 and 3 by 2, and audited in the order 1, 0, 3, 2. Answers are right.
    fn audits() -> Result<(SampleAudits, Anchors)> {
        let mut audits = SampleAudits::new(vec![0, 0, 2, 2], 1e-9, 0)?;
        audits.order = vec![1, 0, 3, 2];
        Ok((audits, Anchors::new(&[0, 2], &CLASSES)))
    }

    fn answer(audits: &mut SampleAudits, anchors: &mut Anchors, pair: Pair, same: bool) {
        audits.judge(pair, same, anchors);
        anchors.learn(pair, same, &CLASSES);
    }

    #[test]
    fn samples_are_audited_in_order() -> Result<()> {
        let (mut audits, mut anchors) = audits()?;
        assert_eq!(audits.next(&anchors), (vec![], Some(Pair::new(0, 1)?)));
        answer(&mut audits, &mut anchors, Pair::new(1, 3)?, false); // no audit
        assert_eq!(audits.audited(), 0);
        answer(&mut audits, &mut anchors, Pair::new(0, 1)?, true);
        assert_eq!((audits.audited(), audits.refused()), (1, 0));
        // Sample 0 represents its class, which takes no answer.
        assert_eq!(audits.next(&anchors), (vec![false], Some(Pair::new(2, 3)?)));
        audits.close(Pair::new(2, 3)?, Some(true), &anchors); // nobody could tell
        anchors.skip(Pair::new(2, 3)?);
        assert_eq!((audits.audited(), audits.refused()), (3, 1));
        assert_eq!(audits.next(&anchors), (vec![false], None));
        Ok(())
    }

    /// Where answers may be wrong a refusal is open until a second one, and is judged by the representatives of its first answer.
    #[test]
    fn a_refused_audit_is_put_again() -> Result<()> {
        let (mut audits, mut anchors) = audits()?;
        audits.verdict = Verdict::at(0.05);
        let pair = Pair::new(0, 1)?;
        answer(&mut audits, &mut anchors, pair, false);
        assert_eq!((audits.audited(), audits.next(&anchors)), (0, (vec![], Some(pair))));
        audits.set_representatives(vec![0, 1, 2, 2]);
        answer(&mut audits, &mut anchors, pair, false);
        assert_eq!((audits.audited(), audits.refused()), (1, 1));
        assert_eq!(*audits.outcomes[0].representatives, [0, 0, 2, 2]);
        Ok(())
    }

    #[test]
    fn wrong_samples_are_counted_by_the_present_classes() -> Result<()> {
        let (mut audits, mut anchors) = audits()?;
        answer(&mut audits, &mut anchors, Pair::new(0, 1)?, false);
        answer(&mut audits, &mut anchors, Pair::new(2, 3)?, true);
        assert_eq!((audits.audited(), audits.refused()), (3, 1)); // samples 1, 0 and 3
        let wrong = audits.wrong(&CLASSES);
        assert_eq!((wrong.audited, wrong.others_at_most), (1.0, 1.0));
        assert!((wrong.others - 1.5 / 13.0).abs() < 1e-12);
        // Sample 1 founds a class that it represents: none of the audited is wrong.
        audits.set_representatives(vec![0, 1, 2, 2]);
        assert_eq!(audits.wrong(&[0, 2, 1, 1]).audited, 0.0);
        // Another sample represents 2 and 3: the answer ties it to 2, so that both count as judged.
        audits.set_representatives(vec![0, 0, 3, 3]);
        assert_eq!(audits.wrong(&CLASSES).audited, 1.0);
        assert_eq!(audits.judged(&[2], |_, _| true)[2], Judged { is_refused: false, moved: 0, among: 2 });
        Ok(())
    }

    /// Two audits were drawn from 5 and 4 samples; of three left two moved since the first.
    #[test]
    fn audits_of_samples_that_moved_count_less() {
        let judged = [
            Judged { is_refused: true, moved: 2, among: 5 },
            Judged { is_refused: false, moved: 0, among: 4 },
        ];
        assert_eq!([judged[0].rate(1), judged[0].rate(3), judged[1].rate(3)], [0.0, 0.2, 0.75]);
        let expected = (1.0 / 3.0 + 0.5) / (1.0 / 3.0 + 1.0 + 10.0) * 3.0;
        assert!((estimate(3, &judged) - expected).abs() < 1e-12);
    }
}
