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

use std::sync::Arc;

use rand::seq::SliceRandom;

use super::{Belief, Subject};
use crate::active::RemainingError;
use crate::error::Result;
use crate::oracle::{Closure, Pair, logistic};
use crate::random::stream;

/// `1 − θ` and its weight. The first is the bet on no error at all; the others are for error rates up to one half.
const BETS: [(f64, f64); 8] = [
    (1.0 / 64.0, 0.4),
    (1.0 / 16.0, 0.15),
    (1.0 / 8.0, 0.1),
    (0.25, 0.1),
    (0.4, 0.08),
    (0.55, 0.07),
    (0.7, 0.05),
    (0.85, 0.05),
];
/// Weight of the product that starts at the first audit; the others start at audits `FIRST_RESTART · 2^r` with weights that fall
/// as `1/((r + 1)(r + 2))`: so that errors among the first audits, since corrected, do not keep the bound large.
const FROM_THE_FIRST: f64 = 0.7;
const FIRST_RESTART: usize = 16;

/// Probability that the upper end is too low because of the audits, and because of classes that were not compared.
const AUDITS_MISLEAD: f64 = 0.04;
const COMPARISONS_MISLEAD: f64 = 0.01;
/// The largest rate of wrong answers at which the bound still holds, and the number of rates up to it that are tried.
const MOST_WRONG_ANSWERS: f64 = 0.2;
const WRONG_RATES: u32 = 40;
/// Probability, at most, that a sample in the right class is refused if answers are wrong as often as the belief was told.
const WRONG_VERDICTS: f64 = 0.005;
/// Most answers of one audit: it then counts as refused, for about half of so many answers being wrong is hardly ever chance.
const MOST_ANSWERS: usize = 9;

/// Number of rates that are tried for the bound on how often two classes are one.
const RATES: usize = 1000;
/// However few were compared, answers about two classes can tell them apart: the prior is at most this.
const OFTENEST_ONE: f64 = 0.999;
/// Classes are apart if the answers leave at most this probability that they are one.
const ONE_CLASS: f64 = 0.01;

/// The share of questions that check what is believed grows by this with each answer, up to a limit: while the belief doubts
/// less than `LITTLE_DOUBT` of the samples, and otherwise. The experiment `pairs_on_real_data` chose them: checks that begin at
/// once, one question in ten, cost up to 50 % more answers to reach an index on iris, breast cancer and digits; with half of
/// this growth the bound after 200 answers rests on 20 samples. On the development half of `unseen_data` a limit of .75 in
/// little doubt stops two truthful runs of 17 more in time than one of .5, and .8 stops no more; twice the other growth and
/// limit fall behind COBRAS at 5 instead of 2 percent of the points.
const LITTLE_DOUBT: f64 = 0.01;
const GROWTH_IN_LITTLE_DOUBT: f64 = 0.02;
const MOST_IN_LITTLE_DOUBT: f64 = 0.75;
const GROWTH: f64 = 0.001;
const MOST: f64 = 0.25;
/// The estimate, not the bound, counts as many refusals among as many audits before the first: one sample in twenty.
const PRIOR_REFUSALS: f64 = 0.5;
const PRIOR_AUDITS: f64 = 10.0;
/// How often two clusters that were never compared are taken to be of one class, counted as one comparison.
const PRIOR_OF_ONE_CLASS: f64 = 0.05;

/// What was asked about samples drawn at random.
#[derive(Clone, Debug)]
pub(super) struct Audit {
    /// All samples in the random order in which they are audited.
    order: Vec<usize>,
    /// The outcomes of the first ones.
    outcomes: Vec<Outcome>,
    /// Whether two samples of classes that were never compared were said to belong together, in order.
    comparisons: Vec<bool>,
    /// How often classes that were never compared are one, at most.
    often_one: f64,
    closure: Closure,
    /// For each sample the one that represents its class.
    representatives: Arc<Vec<usize>>,
    remaining: RemainingError,
    /// Answers to checks so far.
    checks: usize,
    due: Option<Check>,
    verdict: Verdict,
    /// The audit that waits for another answer.
    open: Option<Open>,
}

/// An audit whose answers do not decide it yet.
#[derive(Clone, Debug)]
struct Open {
    pair: Pair,
    /// [`Audit::representatives`] when it was drawn.
    representatives: Arc<Vec<usize>>,
}

/// A question that checks what is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    /// An audit: about the next sample drawn at random.
    Sample(Pair),
    /// About two classes that answers do not tell apart for sure.
    Classes(Pair),
}

#[derive(Clone, Debug)]
struct Outcome {
    is_refused: bool,
    /// [`Audit::representatives`] at the time.
    representatives: Arc<Vec<usize>>,
}

impl Audit {
    /// Nothing is audited of samples that are represented by these. Answers are said to be wrong at the rate `error`.
    pub(super) fn new(representatives: Vec<usize>, error: f64, seed: u64) -> Result<Self> {
        let mut order: Vec<usize> = (0..representatives.len()).collect();
        order.shuffle(&mut stream(seed, u64::MAX)); // no trial has this stream
        Ok(Self {
            outcomes: Vec::new(),
            comparisons: Vec::new(),
            often_one: 1.0,
            closure: Closure::new(representatives.len())?,
            representatives: Arc::new(representatives),
            remaining: RemainingError::unknown(),
            checks: 0,
            due: None,
            verdict: Verdict::at(error),
            open: None,
            order,
        })
    }

    pub(super) fn remaining(&self) -> RemainingError {
        self.remaining
    }
}

impl Belief {
    /// The check that it is time for.
    pub(in crate::active) fn due_check(&self) -> Option<Pair> {
        self.audit.due.map(|(Check::Sample(pair) | Check::Classes(pair))| pair)
    }

    /// A check, whether it is time for one or not; `None` if there is nothing left to check.
    pub(in crate::active) fn next_check(&self) -> Option<Pair> {
        self.next_audit().1.or_else(|| self.question_of_classes())
    }

    /// The next samples in the order of audits whose outcome is known without asking (whether they are refused), and the
    /// question about the one after them.
    fn next_audit(&self) -> (Vec<bool>, Option<Pair>) {
        let mut known = Vec::new();
        if let Some(open) = &self.audit.open {
            return (known, Some(open.pair));
        }
        for &sample in &self.audit.order[self.audit.outcomes.len()..] {
            let Ok(pair) = Pair::new(sample, self.audit.representatives[sample]) else {
                known.push(false); // it represents its class
                continue;
            };
            match self.audit.verdict.of(self.answers_about(pair)) {
                Some(is_refused) => known.push(is_refused),
                None if self.asked.contains(&pair) && self.answer(pair).is_none() => known.push(true), // nobody could tell
                None => return (known, Some(pair)),
            }
        }
        (known, None)
    }

    /// Judges what is believed now by an answer, before it is taken in.
    pub(super) fn judge(&mut self, pair: Pair, same: bool) {
        let [a, b] = [pair.first(), pair.second()].map(|sample| self.classes[sample]);
        if a != b && self.grouping.between_classes[[a, b]].abs() < 0.5 * self.log_odds_of(true) {
            self.audit.comparisons.push(same);
        }
        if self.due_check() == Some(pair) {
            self.audit.checks += 1;
        }
        let is_refused = self.audit.verdict.of(self.answers_about(pair).chain([same]));
        self.close_audit(pair, is_refused);
        // An answer that contradicts others is left out here; the belief weighs it.
        let _ = self.audit.closure.link(pair.first(), pair.second(), same);
    }

    /// If the question was the next audit: whether it is refused, as far as that is decided.
    pub(super) fn close_audit(&mut self, pair: Pair, is_refused: Option<bool>) {
        self.audit.due = None; // until the next stock-taking
        let (known, next) = self.next_audit();
        if next != Some(pair) {
            return;
        }
        let now = &self.audit.representatives;
        let outcome = |is_refused, representatives| Outcome { is_refused, representatives };
        self.audit.outcomes.extend(known.into_iter().map(|is_refused| outcome(is_refused, Arc::clone(now))));
        let representatives =
            self.audit.open.take().map_or_else(|| Arc::clone(now), |open| open.representatives);
        match is_refused {
            Some(is_refused) => self.audit.outcomes.push(outcome(is_refused, representatives)),
            None => self.audit.open = Some(Open { pair, representatives }),
        }
    }

    /// Whether answers tell two classes apart, seeing how often classes turned out to be one.
    fn are_apart(&self, a: usize, b: usize) -> bool {
        let often_one = self.audit.often_one.min(OFTENEST_ONE);
        let prior = (often_one / (1.0 - often_one)).ln();
        logistic(prior + self.grouping.between_classes[[a, b]]) <= ONE_CLASS
    }

    /// The question about the two classes, not told apart, by which most samples are expected to be wrong.
    fn question_of_classes(&self) -> Option<Pair> {
        let classes = self.number_of_classes();
        let pairs = (0..classes).flat_map(|a| (0..a).map(move |b| (b, a)));
        let mut open: Vec<(f64, usize, usize)> = pairs
            .filter(|&(b, a)| !self.are_apart(b, a))
            .map(|(b, a)| {
                let probability = logistic(self.grouping.log_odds[[b, a]]);
                (probability * self.class_sizes[b].min(self.class_sizes[a]) as f64, b, a)
            })
            .collect();
        open.sort_by(|a, b| b.0.total_cmp(&a.0));
        open.into_iter().find_map(|(_, b, a)| self.question(Subject::Classes(b, a)))
    }

    /// Brings the remaining error up to date with the present classes, and decides which check is due. `O(n m + c²)` after `m`
    /// audits.
    pub(super) fn take_stock(&mut self) {
        self.represent();
        let most_often_one = largest(RATES - 1, |step| {
            let rate = step as f64 / RATES as f64;
            wealth(self.audit.comparisons.iter().map(|&is_one| (is_one, rate))) < COMPARISONS_MISLEAD.recip()
        });
        self.audit.often_one = (most_often_one + 1) as f64 / RATES as f64;
        let doubt =
            self.confidence().iter().map(|confidence| 1.0 - confidence).sum::<f64>() / self.len() as f64;
        let (audited, split);
        (self.audit.remaining, audited, split) = self.remaining();
        let answers = self.answers() as f64;
        let share = if doubt < LITTLE_DOUBT {
            (GROWTH_IN_LITTLE_DOUBT * answers).min(MOST_IN_LITTLE_DOUBT)
        } else {
            (GROWTH * answers).min(MOST)
        };
        self.audit.due = None;
        if (self.audit.checks as f64) < (share * (answers + 1.0)).floor() {
            let sample = || self.next_audit().1.map(Check::Sample);
            let classes = || self.question_of_classes().map(Check::Classes);
            self.audit.due =
                if split > audited { classes().or_else(sample) } else { sample().or_else(classes) };
        }
    }

    /// Keeps the representative of a class for as long as it belongs to it. A class without one gets its most certain anchor.
    fn represent(&mut self) {
        let before = &self.audit.representatives;
        let classes = self.number_of_classes();
        let mut represented = vec![0_usize; self.len()];
        for (sample, &representative) in before.iter().enumerate() {
            represented[representative] += usize::from(self.classes[representative] == self.classes[sample]);
        }
        let mut of_class: Vec<Option<usize>> = vec![None; classes];
        for (sample, &count) in represented.iter().enumerate() {
            let best = &mut of_class[self.classes[sample]];
            if count > best.map_or(0, |best| represented[best]) {
                *best = Some(sample);
            }
        }
        for anchor in &self.anchors {
            let class = self.classes[anchor.sample];
            let is_surer = |&other: &usize| self.certainty(other) >= anchor.certainty;
            if of_class[class].is_none_or(|other| represented[other] == 0 && !is_surer(&other)) {
                of_class[class] = Some(anchor.sample);
            }
        }
        for (sample, &class) in self.classes.iter().enumerate() {
            of_class[class].get_or_insert(sample);
        }
        let now: Vec<usize> = self
            .classes
            .iter()
            .enumerate()
            .map(|(sample, &class)| of_class[class].unwrap_or(sample))
            .collect();
        if now != **before {
            self.audit.representatives = Arc::new(now);
        }
    }

    /// What is known of the remaining error, and the two parts of its upper end: samples, and classes in parts.
    fn remaining(&self) -> (RemainingError, f64, f64) {
        let Audit {
            order, outcomes, comparisons, often_one: most_often_one, closure, representatives, ..
        } = &self.audit;
        let n = self.len();
        let component = closure.component_of();
        // Whether a sample that is right by one representative is right by that of today.
        let is_alike = |sample: usize, other: usize| {
            let representative = representatives[sample];
            other == representative
                || (component[other] == component[representative]
                    && self.classes[other] == self.classes[sample])
        };
        let (audited, others) = order.split_at(outcomes.len());
        let wrong = audited.iter().zip(outcomes).filter(|&(&sample, outcome)| {
            !(is_alike(sample, sample)
                || (!outcome.is_refused && is_alike(sample, outcome.representatives[sample])))
        });
        let wrong = wrong.count() as f64;
        let mut judged: Vec<Judged> = Vec::with_capacity(outcomes.len());
        for (before, outcome) in outcomes.iter().enumerate() {
            let is_same =
                before > 0 && Arc::ptr_eq(&outcome.representatives, &outcomes[before - 1].representatives);
            let moved = if is_same {
                judged[before - 1].moved
            } else {
                others.iter().filter(|&&sample| !is_alike(sample, outcome.representatives[sample])).count()
            };
            judged.push(Judged { is_refused: outcome.is_refused, moved, among: n - before });
        }
        let most_wrong = largest(others.len(), |count| {
            wealth(
                judged
                    .iter()
                    .map(|judged| (judged.is_refused, self.audit.verdict.least_rate(judged.rate(count)))),
            ) < AUDITS_MISLEAD.recip()
        }) as f64;
        let sizes = &self.class_sizes;
        // For each class the number of larger ones that nothing tells it apart from: it may be a part of one of them.
        let open: Vec<usize> = (0..sizes.len())
            .map(|a| {
                let larger = (0..sizes.len()).filter(|&b| (sizes[b], a) > (sizes[a], b));
                larger.filter(|&b| !self.are_apart(a, b)).count()
            })
            .collect();
        let split = |rate: f64| {
            let parts = sizes.iter().zip(&open);
            parts.map(|(&size, &open)| size as f64 * (open as f64 * rate).min(1.0)).sum::<f64>()
        };

        let weight = |judged: &Judged| 1.0 - judged.moved as f64 / others.len().max(1) as f64;
        let weights: f64 = judged.iter().map(weight).sum();
        let refused: f64 = judged.iter().filter(|judged| judged.is_refused).map(weight).sum();
        let often_one = (comparisons.iter().filter(|&&is_one| is_one).count() as f64 + PRIOR_OF_ONE_CLASS)
            / (comparisons.len() + 1) as f64;
        let estimate = (refused + PRIOR_REFUSALS) / (weights + PRIOR_AUDITS) * others.len() as f64
            + wrong
            + split(often_one);
        let (sampled, in_parts) = (most_wrong + wrong, split(*most_often_one));
        let high = ((sampled + in_parts) / n as f64).min(1.0);
        let remaining = RemainingError {
            share: (estimate / n as f64).min(high),
            interval: (0.0, high),
            audited: outcomes.len(),
            refused: outcomes.iter().filter(|outcome| outcome.is_refused).count(),
            uncompared: open.iter().sum(),
        };
        (remaining, sampled, in_parts)
    }
}

/// An audit as it bears on the present.
#[derive(Clone, Copy, Debug)]
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

/// How answers of which some may be wrong decide an audit.
#[derive(Clone, Debug)]
struct Verdict {
    /// It is refused once so many more answers refuse than accept it, and accepted once one more accepts than refuses it.
    refusals: u32,
    /// For rates of wrong answers from none to the most: how probably what is wrong is refused, and what is right.
    refused: Vec<(f64, f64)>,
}

impl Verdict {
    /// The fewest answers that hardly ever refuse what is right, if they are wrong at the rate `error`, or the highest that the
    /// bound allows for.
    fn at(error: f64) -> Self {
        let error = error.min(MOST_WRONG_ANSWERS);
        let mut refusals = 1;
        while refused(error, refusals) > WRONG_VERDICTS {
            refusals += 1;
        }
        let rates =
            (0..=WRONG_RATES).map(|step| MOST_WRONG_ANSWERS * f64::from(step) / f64::from(WRONG_RATES));
        Self {
            refusals,
            refused: rates.map(|rate| (refused(1.0 - rate, refusals), refused(rate, refusals))).collect(),
        }
    }

    /// Whether answers of "together" and "apart" refuse an audit; `None` while it is undecided. Too many that contradict each
    /// other refuse it, so that it ends whoever answers; that can only raise the bound.
    fn of(&self, answers: impl Iterator<Item = bool>) -> Option<bool> {
        let (mut refusals, mut count) = (0_i64, 0);
        for same in answers {
            refusals += if same { -1 } else { 1 };
            count += 1;
        }
        let is_refused = refusals >= i64::from(self.refusals) || count >= MOST_ANSWERS;
        (refusals < 0 || is_refused).then_some(refusals >= 0)
    }

    /// The least probability that an audit is refused if the share `wrong` of the samples is wrong, whatever the rate of wrong
    /// answers: between two rates that were looked at, what is wrong is refused the less and what is right the more often the
    /// higher the rate.
    fn least_rate(&self, wrong: f64) -> f64 {
        let between = self.refused.windows(2).map(|rates| wrong * rates[1].0 + (1.0 - wrong) * rates[0].1);
        between.fold(f64::INFINITY, f64::min)
    }
}

/// How probably an audit is refused if each answer refuses it with this probability: that a random walk gets `refusals` steps
/// down before one up (the gambler's ruin).
fn refused(refusing: f64, refusals: u32) -> f64 {
    if refusing >= 1.0 {
        return 1.0;
    }
    // Σ_{i < m} ρ^i for ρ the odds of a step up; the ratio of two such sums is the probability.
    let odds = (1.0 - refusing) / refusing;
    if refusing <= 0.0 { 0.0 } else { 1.0 / (0..=refusals).map(|step| odds.powi(step as i32)).sum::<f64>() }
}

/// The mixture of products, given each outcome and the least rate of refusals that it was drawn at.
fn wealth(outcomes: impl DoubleEndedIterator<Item = (bool, f64)> + ExactSizeIterator) -> f64 {
    let mut starts = vec![(0, FROM_THE_FIRST)];
    let mut left = 1.0 - FROM_THE_FIRST;
    for r in 0_u32.. {
        let start = FIRST_RESTART << r;
        if start >= outcomes.len() {
            break;
        }
        let weight = (1.0 - FROM_THE_FIRST) / f64::from((r + 1) * (r + 2));
        starts.push((start, weight));
        left -= weight;
    }
    let mut logs = [0.0; BETS.len()];
    let mut total = left; // of products that have not begun
    for (position, (is_refused, rate)) in outcomes.enumerate().rev() {
        for (log, (rest, _)) in logs.iter_mut().zip(BETS) {
            *log += if is_refused { rest.ln() } else { 0.0 } - (1.0 - (1.0 - rest) * rate).ln();
        }
        if starts.last().is_some_and(|&(start, _)| start == position)
            && let Some((_, weight)) = starts.pop()
        {
            total += weight * logs.iter().zip(BETS).map(|(log, (_, share))| share * log.exp()).sum::<f64>();
        }
    }
    // No outcome: the first product has not begun either.
    total + starts.iter().map(|&(_, weight)| weight).sum::<f64>()
}

/// The largest number up to `most` for which `holds`, which falls from true to false; zero if there is none.
fn largest(most: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut end) = (0, most + 1);
    while end - low > 1 {
        let middle = low + (end - low) / 2;
        if holds(middle) { low = middle } else { end = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean over all outcomes, each drawn at a rate that depends on those before it, is one: no strategy wins on average.
    #[test]
    fn the_mixture_is_a_martingale() {
        let draws = FIRST_RESTART + 2;
        let rate = |before: &[(bool, f64)]| match before.iter().filter(|(is_refused, _)| *is_refused).count()
        {
            0 => 0.3,
            refused => 0.9 / (1.0 + refused as f64),
        };
        let mut mean = 0.0;
        for outcomes in 0_u32..1 << draws {
            let (mut drawn, mut probability) = (Vec::with_capacity(draws), 1.0);
            for draw in 0..draws {
                let (is_refused, rate) = (outcomes >> draw & 1 == 1, rate(&drawn));
                probability *= if is_refused { rate } else { 1.0 - rate };
                drawn.push((is_refused, rate));
            }
            mean += probability * wealth(drawn.into_iter());
        }
        assert!((mean - 1.0).abs() < 1e-9, "{mean}");
        assert!((wealth(std::iter::empty::<(bool, f64)>()) - 1.0).abs() < 1e-12);
    }

    /// The ruin of a walk by following it step by step, and the lower end over all rates of wrong answers.
    #[test]
    fn a_verdict_is_that_of_the_sequential_test() {
        for (refusing, refusals) in [(0.05, 1), (0.05, 2), (0.2, 3), (0.5, 2), (0.9, 3), (1.0, 2), (0.0, 2)] {
            let mut at = vec![0.0; refusals as usize + 2]; // from accepted, over the start at 1, to refused
            at[1] = 1.0;
            for _ in 0..2000 {
                let mut next = vec![0.0; at.len()];
                (next[0], next[at.len() - 1]) = (at[0], at[at.len() - 1]);
                for place in 1..at.len() - 1 {
                    next[place - 1] += at[place] * (1.0 - refusing);
                    next[place + 1] += at[place] * refusing;
                }
                at = next;
            }
            assert!((at[at.len() - 1] - refused(refusing, refusals)).abs() < 1e-12, "{refusing} {refusals}");
        }
        for (error, refusals) in [(1e-9, 1), (0.01, 2), (0.05, 2), (0.15, 3), (0.2, 4), (0.49, 4)] {
            let verdict = Verdict::at(error);
            assert_eq!(verdict.refusals, refusals, "{error}");
            for wrong in [0.0, 0.01, 0.05, 0.3, 1.0] {
                let least = verdict.least_rate(wrong);
                let rates = (0..=1000).map(|step| MOST_WRONG_ANSWERS * f64::from(step) / 1000.0);
                let probability = |rate: f64| {
                    wrong * refused(1.0 - rate, refusals) + (1.0 - wrong) * refused(rate, refusals)
                };
                let exact = rates.map(probability).fold(f64::INFINITY, f64::min);
                assert!(least <= exact && exact - least <= 0.01 * wrong, "{error} {wrong}: {least} {exact}");
            }
        }
        let verdict = Verdict::at(0.05);
        let (yes, no) = (true, false);
        let verdict_of = |answers: &[bool]| verdict.of(answers.iter().copied());
        assert_eq!([&[][..], &[no], &[no, yes], &[no, yes, no]].map(verdict_of), [None; 4]);
        assert_eq!([&[yes][..], &[no, yes, yes]].map(verdict_of), [Some(false); 2]);
        assert_eq!([&[no, no][..], &[no, yes, no, no]].map(verdict_of), [Some(true); 2]);
        assert_eq!(verdict_of(&[no, yes, no, yes, no, yes, no, yes]), None);
        assert_eq!(verdict_of(&[no, yes, no, yes, no, yes, no, yes, no]), Some(true));
    }

    #[test]
    fn the_largest_is_found_at_either_end_and_between() {
        for (end, expected) in [(0, 0), (1, 0), (7, 6), (10, 9), (11, 10), (99, 10)] {
            assert_eq!(largest(10, |count| count < end), expected);
        }
    }
}
