//! Bets against a martingale: which shares of errors the outcomes of audits exclude ([claim T51](crate::theory#t51)).

use crate::active::belief::constants::{BETS, FIRST_RESTART, FROM_THE_FIRST};

/// The largest number up to `most` that the outcomes do not exclude, being wrong with probability `misleading` at most; zero if
/// they exclude all. `outcomes` gives for each number the outcomes, with the least rate each was drawn at, which grows with the
/// number. `O(m log most)` for `m` outcomes.
pub(super) fn largest_not_excluded<I>(most: usize, misleading: f64, outcomes: impl Fn(usize) -> I) -> usize
where
    I: DoubleEndedIterator<Item = (bool, f64)> + ExactSizeIterator,
{
    largest(most, |number| wealth(outcomes(number)) < misleading.recip())
}

/// The mixture of products, given each outcome (whether an error was found) and the least rate of errors that it was drawn at.
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

    /// One outcome at the rate ½: an error multiplies the bet `θ` by `(1 − θ) / (1 − θ/2)`, anything else by `1 / (1 − θ/2)`.
    #[test]
    fn a_single_bet() {
        for is_error in [true, false] {
            let paid = |(rest, share): (f64, f64)| {
                share * if is_error { rest } else { 1.0 } / (1.0 - (1.0 - rest) / 2.0)
            };
            let expected = FROM_THE_FIRST * BETS.map(paid).iter().sum::<f64>() + 1.0 - FROM_THE_FIRST;
            assert!((wealth([(is_error, 0.5)].into_iter()) - expected).abs() < 1e-12);
        }
    }

    /// Without outcomes nothing is excluded; a hundred without an error exclude large rates, and as many errors none.
    #[test]
    fn outcomes_exclude_what_they_speak_against() {
        let none = largest_not_excluded(10, 0.05, |_| std::iter::empty());
        let after = |is_error| {
            largest_not_excluded(10, 0.05, |number| vec![(is_error, number as f64 / 10.0); 100].into_iter())
        };
        assert_eq!((none, after(false), after(true)), (10, 0, 10));
    }

    #[test]
    fn the_largest_is_found_at_either_end_and_between() {
        for (end, expected) in [(0, 0), (1, 0), (7, 6), (10, 9), (11, 10), (99, 10)] {
            assert_eq!(largest(10, |count| count < end), expected);
        }
    }
}
