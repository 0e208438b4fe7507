//! Annotators who err.
//!
//! Each answer is flipped with a probability of its annotator's, drawn from a random stream of its own. A rate of 0.5 tells
//! nothing; a rate of 1 is an adversary, who always lies (and tells all to whoever knows it). A panel of annotators is a
//! list of such oracles, as a [`Crowd`](super::Crowd) takes it.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{Captcha, CaptchaAnswer, Oracle, Pair};
use crate::error::{Result, check};
use crate::random::stream;

/// Annotator `a` draws from stream `2³² + a` of the seed: far from those of an experiment's trials, which may have the same.
const FIRST_STREAM: u64 = 1 << 32;

/// Whether an annotator asked the same again errs the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// Each asking is a new draw: repeating a question helps, as in [claim T45](crate::theory#t45).
    Fresh,
    /// Each pair is right or wrong for good, whenever and however often it is asked: only other annotators help.
    Persistent,
}

/// An oracle whose yes-or-no answers are flipped independently of each other.
#[derive(Clone, Debug)]
pub struct Noisy<O> {
    oracle: O,
    rate: f64,
    noise: Noise,
    rng: ChaCha8Rng,
}

impl<O> Noisy<O> {
    /// Flips the answers of `oracle` with probability `rate`, by a random stream of `seed`.
    ///
    /// # Errors
    /// [`Error::Domain`](crate::Error::Domain) if `rate` is no probability.
    pub fn new(oracle: O, rate: f64, noise: Noise, seed: u64) -> Result<Self> {
        Self::of_annotator(oracle, rate, noise, seed, 0)
    }

    /// One annotator per rate, each in front of a copy of `oracle` and with a random stream of `seed` of its own.
    ///
    /// # Errors
    /// As [`Noisy::new`].
    pub fn panel(oracle: &O, rates: &[f64], noise: Noise, seed: u64) -> Result<Vec<Self>>
    where
        O: Clone,
    {
        let annotators = rates.iter().zip(0..);
        annotators
            .map(|(&rate, number)| Self::of_annotator(oracle.clone(), rate, noise, seed, number))
            .collect()
    }

    fn of_annotator(oracle: O, rate: f64, noise: Noise, seed: u64, annotator: u64) -> Result<Self> {
        check::probability("rate", rate)?;
        Ok(Self { oracle, rate, noise, rng: stream(seed, FIRST_STREAM + annotator) })
    }

    /// Whether to flip the answer about `what`, two numbers below 2³² that stand for it.
    fn errs(&mut self, what: (usize, usize)) -> bool {
        if self.noise == Noise::Persistent {
            // Two words of the stream, which has 2⁶⁸, are set aside for each.
            self.rng.set_word_pos((((what.0 as u128) << 32) ^ what.1 as u128).wrapping_mul(2));
        }
        self.rng.random_bool(self.rate)
    }
}

/// Error rates of `annotators` people of whom the fraction `adversarial`, rounded, comes first and always lies, while the
/// others err with probability `rate`.
///
/// # Errors
/// [`Error::Domain`](crate::Error::Domain) if `adversarial` or `rate` is no probability.
pub fn adversarial_rates(annotators: usize, adversarial: f64, rate: f64) -> Result<Vec<f64>> {
    check::probability("adversarial", adversarial)?;
    check::probability("rate", rate)?;
    let lies = |annotator: usize| (annotator as f64 + 0.5) < adversarial * annotators as f64;
    Ok((0..annotators).map(|annotator| if lies(annotator) { 1.0 } else { rate }).collect())
}

impl<O: Oracle<Pair>> Oracle<Pair> for Noisy<O> {
    fn answer(&mut self, pair: &Pair) -> Result<bool> {
        Ok(self.oracle.answer(pair)? != self.errs((pair.first(), pair.second())))
    }
}

/// Candidates are flipped one by one; an error that persists belongs to the class and the candidate.
impl<O: Oracle> Oracle for Noisy<O> {
    fn answer(&mut self, captcha: &Captcha) -> Result<CaptchaAnswer> {
        let mut answer = self.oracle.answer(captcha)?;
        for (belongs, &candidate) in answer.belongs.iter_mut().zip(&captcha.candidates) {
            *belongs ^= self.errs((captcha.class, candidate));
        }
        Ok(answer)
    }
}
