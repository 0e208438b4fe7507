//! Who is right when annotators disagree (Dawid and Skene 1979, for yes-or-no questions).
//!
//! Question `t` has a true answer `y_t`, yes with probability `π`. Annotator `a` says yes to a true yes with probability
//! `s_a` (sensitivity) and no to a true no with probability `c_a` (specificity), independently of all else. With Beta
//! priors on `π`, `s` and `c` the model is fitted by expectation and maximisation, each round of which cannot lower the
//! posterior density of the parameters:
//!
//! * the posterior of `y_t` given the parameters is proportional to `π Π s_a` or `(1 − s_a)` over the votes yes or no, and
//!   to `(1 − π) Π (1 − c_a)` or `c_a`;
//! * the parameters are the shares of votes, weighted by these posteriors, pseudo-counts of the prior added.
//!
//! That "yes" means yes and not no, the votes alone cannot tell: the prior says so, by holding annotators to be right more
//! often than wrong. A single annotator who always lies is found out where the others agree; a majority of liars is not.

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
    /// The fit ends when no question's posterior changes by more; by default `1e-8`.
    pub tolerance: f64,
    /// It fails after so many rounds; by default 10 000.
    pub rounds: usize,
}

impl Default for DawidSkene {
    fn default() -> Self {
        Self { right: 4.0, wrong: 2.0, balance: 1.5, tolerance: 1e-8, rounds: 10_000 }
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
    /// Logarithm of the posterior density of the parameters, up to a constant, after each round; it never falls.
    pub log_posterior: Vec<f64>,
}

impl DawidSkene {
    /// Fits the model to votes on the questions `0..questions` by the annotators `0..annotators`.
    ///
    /// Starts from the shares of the votes; a local maximum. The order of the votes matters only in rounding. Cost
    /// `O(votes + questions + annotators)` a round.
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
        let mut posteriors = shares(questions, votes);
        let mut log_posterior = Vec::new();
        let mut residual = f64::INFINITY;
        for _ in 0..self.rounds {
            let parameters = self.maximise(annotators, votes, &posteriors);
            let (next, value) = self.expect(&parameters, questions, votes);
            residual = posteriors.iter().zip(&next).fold(0.0, |most, (a, b)| (a - b).abs().max(most));
            posteriors = next;
            log_posterior.push(value);
            if residual <= self.tolerance {
                let Parameters { annotators, prevalence } = parameters;
                return Ok(Consensus { posteriors, annotators, prevalence, log_posterior });
            }
        }
        let (iterations, tolerance) = (self.rounds, self.tolerance);
        Err(Error::NotConverged { solver: "Dawid-Skene", iterations, residual, tolerance })
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

    /// The parameters that the votes, weighted by the posteriors of the questions, make likeliest.
    fn maximise(&self, annotators: usize, votes: &[Vote], posteriors: &[f64]) -> Parameters {
        let (right, wrong) = (self.right - 1.0, self.wrong - 1.0);
        // Weights of right votes and of all votes, where the answer is yes and where it is no.
        let mut weights = vec![[[right, right + wrong]; 2]; annotators];
        for vote in votes {
            let yes = posteriors[vote.question];
            let [on_yes, on_no] = &mut weights[vote.annotator];
            on_yes[1] += yes;
            on_no[1] += 1.0 - yes;
            if vote.yes {
                on_yes[0] += yes;
            } else {
                on_no[0] += 1.0 - yes;
            }
        }
        let balance = self.balance - 1.0;
        let yes: f64 = posteriors.iter().sum();
        let share = |[right, all]: [f64; 2]| right / all;
        Parameters {
            annotators: weights
                .into_iter()
                .map(|[on_yes, on_no]| Reliability { sensitivity: share(on_yes), specificity: share(on_no) })
                .collect(),
            prevalence: (yes + balance) / (posteriors.len() as f64 + 2.0 * balance),
        }
    }

    /// The posteriors of the questions, and the logarithm of that of the parameters.
    fn expect(&self, parameters: &Parameters, questions: usize, votes: &[Vote]) -> (Vec<f64>, f64) {
        let Parameters { annotators, prevalence } = parameters;
        let mut log_joint = vec![[prevalence.ln(), (1.0 - prevalence).ln()]; questions];
        for &Vote { question, annotator, yes } in votes {
            let Reliability { sensitivity, specificity } = annotators[annotator];
            let [if_yes, if_no] = &mut log_joint[question];
            let [of_yes, of_no] =
                if yes { [sensitivity, 1.0 - specificity] } else { [1.0 - sensitivity, specificity] };
            *if_yes += of_yes.ln();
            *if_no += of_no.ln();
        }
        let log_beta = |x: f64, a: f64, b: f64| (a - 1.0) * x.ln() + (b - 1.0) * (1.0 - x).ln();
        let mut log_posterior = log_beta(*prevalence, self.balance, self.balance);
        for Reliability { sensitivity, specificity } in annotators {
            log_posterior += log_beta(*sensitivity, self.right, self.wrong);
            log_posterior += log_beta(*specificity, self.right, self.wrong);
        }
        let mut posterior = |[if_yes, if_no]: [f64; 2]| {
            let largest = if_yes.max(if_no);
            log_posterior += largest + ((if_yes - largest).exp() + (if_no - largest).exp()).ln();
            1.0 / (1.0 + (if_no - if_yes).exp())
        };
        let posteriors = log_joint.into_iter().map(&mut posterior).collect();
        (posteriors, log_posterior)
    }
}

struct Parameters {
    annotators: Vec<Reliability>,
    prevalence: f64,
}

/// For each question the share of votes that are yes, one half where there are none.
fn shares(questions: usize, votes: &[Vote]) -> Vec<f64> {
    let mut counts = vec![(0_usize, 0_usize); questions];
    for vote in votes {
        counts[vote.question].0 += usize::from(vote.yes);
        counts[vote.question].1 += 1;
    }
    counts.into_iter().map(|(yes, all)| if all == 0 { 0.5 } else { yes as f64 / all as f64 }).collect()
}
