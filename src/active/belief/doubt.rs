//! What may be wrong.

/// What a question would decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Two classes are held apart: may they be one?
    Classes(usize, usize),
    /// Two groups of atoms were joined, in the step of this number of the agglomeration that made the classes: do they belong
    /// together?
    Parts(usize),
    /// A sample is given a class: is it of that class?
    Sample {
        /// The sample.
        sample: usize,
        /// The class it is given.
        class: usize,
    },
}

/// A belief that may be wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Doubt {
    /// What it is about.
    pub subject: Subject,
    /// The probability that it is wrong, in `[0, 1]`.
    pub probability: f64,
    /// The number of pairs of samples that would be corrected if it is wrong: of two classes or parts, a share of the pairs
    /// between them; of a sample, those between its followers and its class.
    pub stake: f64,
}

impl Doubt {
    /// `probability · stake`: the expected number of pairs that are wrong because of it.
    pub fn expected_wrong_pairs(&self) -> f64 {
        self.probability * self.stake
    }
}
