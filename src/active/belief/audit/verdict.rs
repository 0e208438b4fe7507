//! How answers of which some may be wrong decide an audit: a sequential test (Wald 1945).

use crate::active::belief::constants::{MOST_ANSWERS, MOST_WRONG_ANSWERS, WRONG_RATES, WRONG_VERDICTS};

/// How answers of which some may be wrong decide an audit.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    /// It is refused once so many more answers refuse than accept it, and accepted once one more accepts than refuses it.
    refusals: u32,
    /// For rates of wrong answers from none to the most: how probably what is wrong is refused, and what is right.
    refused: Vec<(f64, f64)>,
}

impl Verdict {
    /// The fewest answers that hardly ever refuse what is right, if they are wrong at the rate `error`, or the highest that the
    /// bound allows for.
    pub(super) fn at(error: f64) -> Self {
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
    pub(super) fn of(&self, answers: impl Iterator<Item = bool>) -> Option<bool> {
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
    pub(super) fn least_rate(&self, wrong: f64) -> f64 {
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
    if refusing <= 0.0 { 0.0 } else { 1.0 / (0..refusals).fold(1.0, |sum, _| 1.0 + odds * sum) }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
