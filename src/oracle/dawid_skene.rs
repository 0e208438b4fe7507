//! Who is right when annotators disagree (Dawid and Skene 1979, for yes-or-no questions).
//!
//! Question `t` has a true answer `y_t`, yes with probability `π`. Annotator `a` says yes to a true yes with probability
//! `s_a` (sensitivity) and no to a true no with probability `c_a` (specificity), independently of all else. With Beta
//! priors on `π`, `s` and `c` the parameters are fitted to a stationary point of their posterior density:
//!
//! * the posterior of `y_t` given the parameters is proportional to `π Π s_a` or `(1 − s_a)` over the votes yes or no, and
//!   to `(1 − π) Π (1 − c_a)` or `c_a`;
//! * a round of expectation and maximisation moves each parameter to the share of votes, weighted by these posteriors, with
//!   the pseudo-counts of the prior added; the gradient in the log-odds of a parameter is that move times the weight of
//!   the votes.
//!
//! Expectation and maximisation alone crawls where the density is nearly flat. The fit therefore takes quasi-Newton steps
//! in log-odds (L-BFGS; Nocedal and Wright 2006, chapter 7) that start from such a round as their scale, and a line search
//! that doubles or halves them so that the density does not fall. It stops where a round would move no parameter by more than
//! the tolerance: this certifies a stationary point whatever the way there. All sums treat yes and no alike: exchanging
//! them in the votes exchanges them in the result, to the last bit.
//!
//! That "yes" means yes and not no, the votes alone cannot tell: the prior says so, by holding annotators to be right more
//! often than wrong. A single annotator who always lies is found out where the others agree; a majority of liars is not.

use std::collections::VecDeque;

use crate::error::{Error, Result, check};

/// One annotator's answer to one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    /// The question's number.
    pub question: usize,
    /// The annotator's number.
    pub annotator: usize,
    /// The answer.
    pub yes: bool,
}

/// The model's priors and when to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DawidSkene {
    /// Sensitivity and specificity are `Beta(right, wrong)`; both above 1, by default 4 and 2: right 3 times of 4 at its mode.
    pub right: f64,
    /// See `right`.
    pub wrong: f64,
    /// The share of questions to which the answer is yes is `Beta(balance, balance)`; above 1, by default 1.5.
    pub balance: f64,
    /// The fit has converged when a round of expectation and maximisation would move no parameter by more than this; by default
    /// `1e-8`.
    pub tolerance: f64,
    /// Number of steps after which the fit fails; by default 1000, where a few dozen are usual.
    pub rounds: usize,
}

impl Default for DawidSkene {
    fn default() -> Self {
        Self { right: 4.0, wrong: 2.0, balance: 1.5, tolerance: 1e-8, rounds: 1000 }
    }
}

/// How often an annotator is right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reliability {
    /// Probability of a yes where it is right.
    pub sensitivity: f64,
    /// Probability of a no where it is right.
    pub specificity: f64,
}

/// What the votes say together.
#[derive(Clone, Debug, PartialEq)]
pub struct Consensus {
    /// For each question the probability that the answer is yes; the prevalence where nobody voted.
    pub posteriors: Vec<f64>,
    /// For each annotator how often they are right; the prior's mode for those who did not vote.
    pub annotators: Vec<Reliability>,
    /// The share of questions to which the answer is yes.
    pub prevalence: f64,
    /// Logarithm of the posterior density of the parameters, up to a constant, at the start and after each step; it does
    /// not fall but by rounding.
    pub log_posterior: Vec<f64>,
}

impl DawidSkene {
    /// Fits the model to votes on the questions `0..questions` by the annotators `0..annotators`.
    ///
    /// Starts from the shares of the votes; the end is a stationary point, as a rule a local maximum. The order of the votes
    /// matters only in rounding. Cost `O(votes + questions + annotators)` a step.
    ///
    /// # Errors
    /// [`Error::Empty`] without votes, [`Error::Domain`] for a vote of or on none of these or for a pseudo-count that is not
    /// above 1, [`Error::NotConverged`].
    pub fn fit(&self, questions: usize, annotators: usize, votes: &[Vote]) -> Result<Consensus> {
        self.require_valid()?;
        if votes.is_empty() {
            return Err(Error::Empty { argument: "votes", expected: "vote" });
        }
        for vote in votes {
            check::index("question", vote.question, questions, "below the number of questions")?;
            check::index("annotator", vote.annotator, annotators, "below the number of annotators")?;
        }
        let density = Density { model: self, questions, annotators, votes };
        let mut point = density.at(density.start());
        let mut log_posterior = vec![point.value];
        let mut history = History::default();
        for _ in 0..self.rounds {
            if point.residual <= self.tolerance {
                return Ok(point.consensus(log_posterior));
            }
            let next = density.next(&point, &mut history);
            history.push(&point, &next);
            point = next;
            log_posterior.push(point.value);
        }
        let (iterations, tolerance) = (self.rounds, self.tolerance);
        Err(Error::NotConverged { solver: "Dawid-Skene", iterations, residual: point.residual, tolerance })
    }

    fn require_valid(&self) -> Result<()> {
        check::positive("tolerance", self.tolerance)?;
        for (argument, value) in [("right", self.right), ("wrong", self.wrong), ("balance", self.balance)] {
            if !(value.is_finite() && value > 1.0) {
                return Err(Error::Domain { argument, value, must: "above 1 and finite" });
            }
        }
        Ok(())
    }
}

/// A number for each parameter: `[of sensitivity, of specificity]` an annotator, and one of the prevalence.
#[derive(Clone, Debug)]
struct Parameters {
    annotators: Vec<[f64; 2]>,
    prevalence: f64,
}

impl Parameters {
    fn map2(&self, other: &Self, f: impl Fn(f64, f64) -> f64) -> Self {
        let pairs = self.annotators.iter().zip(&other.annotators);
        Self {
            annotators: pairs.map(|(a, b)| [f(a[0], b[0]), f(a[1], b[1])]).collect(),
            prevalence: f(self.prevalence, other.prevalence),
        }
    }

    fn plus(&self, factor: f64, other: &Self) -> Self {
        self.map2(other, |a, b| a + factor * b)
    }

    fn dot(&self, other: &Self) -> f64 {
        let pairs = self.annotators.iter().zip(&other.annotators);
        pairs.map(|(a, b)| a[0] * b[0] + a[1] * b[1]).sum::<f64>() + self.prevalence * other.prevalence
    }

    fn largest(&self) -> f64 {
        let of_annotators = self.annotators.iter().flatten().fold(0.0_f64, |most, x| most.max(x.abs()));
        of_annotators.max(self.prevalence.abs())
    }
}

/// The posterior density of the parameters, as a function of their log-odds.
struct Density<'a> {
    model: &'a DawidSkene,
    questions: usize,
    annotators: usize,
    votes: &'a [Vote],
}

/// Where the fit is, and what is known there.
struct Point {
    log_odds: Parameters,
    /// Logarithm of the density.
    value: f64,
    gradient: Parameters,
    /// The information that the answers, if they were known, would hold about each log-odds: a scale of the curvature.
    information: Parameters,
    /// How far a round of expectation and maximisation would move a parameter at most.
    residual: f64,
    posteriors: Vec<f64>,
}

/// The farthest that one trial of the line search moves any log-odds: from one half to 0.98.
const LONGEST_MOVE: f64 = 4.0;
/// Trials of the line search, which halves or doubles.
const TRIALS: usize = 40;
/// The share of the gain promised by the gradient that a step must bring (Armijo's condition).
const GAIN: f64 = 1e-4;
/// The share of the slope beyond which a step is too short (Wolfe's condition).
const STEEP: f64 = 0.9;
/// Relative rounding of the density's logarithm: less than that is no fall.
const ROUNDING: f64 = 1e-13;
/// Steps that the quasi-Newton method remembers.
const MEMORY: usize = 12;

impl Density<'_> {
    /// The parameters that the shares of yes among the votes make likeliest.
    fn start(&self) -> Parameters {
        let mut counts = vec![[0_usize; 2]; self.questions];
        for vote in self.votes {
            counts[vote.question][usize::from(vote.yes)] += 1;
        }
        let share = |[no, yes]: [usize; 2]| match no + yes {
            0 => [0.5, 0.5],
            all => [yes as f64 / all as f64, no as f64 / all as f64],
        };
        let weights = self.weights(&counts.into_iter().map(share).collect::<Vec<_>>());
        let log_odds = |[for_it, against]: [f64; 2]| for_it.ln() - against.ln();
        Parameters {
            annotators: weights
                .0
                .into_iter()
                .map(|[of_yes, of_no]| [log_odds(of_yes), log_odds(of_no)])
                .collect(),
            prevalence: log_odds(weights.1),
        }
    }

    /// Weights for and against each parameter: of right and wrong votes, where the answer is yes and where it is no; of
    /// questions to which it is yes and no. Given the posteriors `[yes, no]` of the questions.
    fn weights(&self, posteriors: &[[f64; 2]]) -> (Vec<[[f64; 2]; 2]>, [f64; 2]) {
        let DawidSkene { right, wrong, balance, .. } = *self.model;
        let mut of_annotators = vec![[[right - 1.0, wrong - 1.0]; 2]; self.annotators];
        for vote in self.votes {
            let [yes, no] = posteriors[vote.question];
            let [on_yes, on_no] = &mut of_annotators[vote.annotator];
            on_yes[usize::from(!vote.yes)] += yes;
            on_no[usize::from(vote.yes)] += no;
        }
        let of_questions = posteriors
            .iter()
            .fold([balance - 1.0; 2], |[yes, no], posterior| [yes + posterior[0], no + posterior[1]]);
        (of_annotators, of_questions)
    }

    fn at(&self, log_odds: Parameters) -> Point {
        // For each question, the logarithms of the joint density of its votes and a yes, and of them and a no.
        let prevalence = log_odds.prevalence;
        let mut joint = vec![[log_logistic(prevalence), log_logistic(-prevalence)]; self.questions];
        let logs: Vec<[[f64; 2]; 2]> = log_odds
            .annotators
            .iter()
            .map(|of| of.map(|log_odds| [log_logistic(log_odds), log_logistic(-log_odds)]))
            .collect();
        for vote in self.votes {
            let [of_yes, of_no] = logs[vote.annotator];
            let [if_yes, if_no] = &mut joint[vote.question];
            *if_yes += of_yes[usize::from(!vote.yes)];
            *if_no += of_no[usize::from(vote.yes)];
        }
        let DawidSkene { right, wrong, balance, .. } = *self.model;
        let prior = |[of_right, of_wrong]: [f64; 2]| (right - 1.0) * of_right + (wrong - 1.0) * of_wrong;
        let mut value = (balance - 1.0) * (log_logistic(prevalence) + log_logistic(-prevalence));
        value += logs.iter().map(|[of_yes, of_no]| prior(*of_yes) + prior(*of_no)).sum::<f64>();
        value += joint
            .iter()
            .map(|[if_yes, if_no]| if_yes.max(*if_no) + (-(if_yes - if_no).abs()).exp().ln_1p())
            .sum::<f64>();
        let posteriors: Vec<[f64; 2]> = joint
            .iter()
            .map(|[if_yes, if_no]| [logistic(if_yes - if_no), logistic(if_no - if_yes)])
            .collect();

        let (of_annotators, of_questions) = self.weights(&posteriors);
        let (mut gradient, mut information) = (log_odds.clone(), log_odds.clone());
        let mut residual = 0.0_f64;
        let mut set =
            |gradient: &mut f64, information: &mut f64, log_odds: f64, [for_it, against]: [f64; 2]| {
                let (share, rest) = (logistic(log_odds), logistic(-log_odds));
                *gradient = for_it * rest - against * share;
                *information = (for_it + against) * (share * rest);
                residual = residual.max(gradient.abs() / (for_it + against));
            };
        for (a, weights) in of_annotators.into_iter().enumerate() {
            for (kind, weights) in weights.into_iter().enumerate() {
                let (gradient, information) =
                    (&mut gradient.annotators[a][kind], &mut information.annotators[a][kind]);
                set(gradient, information, log_odds.annotators[a][kind], weights);
            }
        }
        set(&mut gradient.prevalence, &mut information.prevalence, prevalence, of_questions);
        let posteriors = posteriors.into_iter().map(|[yes, _]| yes).collect();
        Point { log_odds, value, gradient, information, residual, posteriors }
    }

    /// One step up.
    fn next(&self, from: &Point, history: &mut History) -> Point {
        let mut direction = history.direction(from);
        let mut slope = direction.dot(&from.gradient);
        if slope.is_nan() || slope <= 0.0 {
            history.0.clear();
            direction = history.direction(from);
            slope = direction.dot(&from.gradient);
        }
        let longest = LONGEST_MOVE / direction.largest();
        let mut length = longest.min(1.0);
        let mut best: Option<Point> = None;
        for _ in 0..TRIALS {
            let trial = self.at(from.log_odds.plus(length, &direction));
            let slope_there = trial.gradient.dot(&direction);
            let gains = trial.value >= from.value + GAIN * length * slope;
            let is_level =
                trial.value >= from.value - ROUNDING * from.value.abs() && slope_there.abs() <= slope;
            if let Some(shorter) = best {
                // Doubled: kept as long as it is worth it.
                if !(gains && trial.value > shorter.value) {
                    return shorter;
                }
                best = Some(trial);
            } else if gains || is_level {
                best = Some(trial);
            } else {
                length /= 2.0;
                continue;
            }
            if slope_there < STEEP * slope || 2.0 * length > longest {
                break;
            }
            length *= 2.0;
        }
        // Below the rounding of the density a round of expectation and maximisation is always possible.
        best.unwrap_or_else(|| {
            let round = from.gradient.map2(&from.information, |gradient, information| gradient / information);
            self.at(from.log_odds.plus((LONGEST_MOVE / round.largest()).min(1.0), &round))
        })
    }
}

impl Point {
    fn consensus(self, log_posterior: Vec<f64>) -> Consensus {
        let annotators = self.log_odds.annotators.iter();
        let reliability =
            |of: &[f64; 2]| Reliability { sensitivity: logistic(of[0]), specificity: logistic(of[1]) };
        Consensus {
            posteriors: self.posteriors,
            annotators: annotators.map(reliability).collect(),
            prevalence: logistic(self.log_odds.prevalence),
            log_posterior,
        }
    }
}

/// The last steps, each with the change of the gradient and their inner product, both signs turned so that it is positive.
#[derive(Default)]
struct History(VecDeque<(Parameters, Parameters, f64)>);

impl History {
    fn push(&mut self, from: &Point, to: &Point) {
        let step = to.log_odds.plus(-1.0, &from.log_odds);
        let fall = from.gradient.plus(-1.0, &to.gradient);
        let curvature = step.dot(&fall);
        if curvature > f64::EPSILON * step.dot(&step).sqrt() * fall.dot(&fall).sqrt() {
            if self.0.len() == MEMORY {
                self.0.pop_front();
            }
            self.0.push_back((step, fall, curvature));
        }
    }

    /// The gradient times the inverse curvature, as the last steps and the information tell it (two-loop recursion).
    fn direction(&self, at: &Point) -> Parameters {
        let mut rest = at.gradient.clone();
        let mut shares = Vec::with_capacity(self.0.len());
        for (step, fall, curvature) in self.0.iter().rev() {
            let share = step.dot(&rest) / curvature;
            rest = rest.plus(-share, fall);
            shares.push(share);
        }
        let mut direction = rest.map2(&at.information, |rest, information| rest / information);
        for ((step, fall, curvature), share) in self.0.iter().zip(shares.into_iter().rev()) {
            direction = direction.plus(share - fall.dot(&direction) / curvature, step);
        }
        direction
    }
}

/// The probability of these log-odds.
pub(crate) fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// `ln logistic(log_odds)`, without overflow.
fn log_logistic(log_odds: f64) -> f64 {
    log_odds.min(0.0) - (-log_odds.abs()).exp().ln_1p()
}
