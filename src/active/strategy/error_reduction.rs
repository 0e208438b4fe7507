//! Expected error reduction (Roy and `McCallum` 2001; Zhu, Lafferty and Ghahramani 2003) by rank-one updates.

use super::Score;
use crate::active::{Belief, Doubt, Subject};
use crate::error::Result;

/// The sample whose class, once known, is expected to leave the fewest samples wrong.
///
/// The doubts with the most expected wrong pairs make a shortlist. For each sample of it every class that it may have is tried:
/// the regression moves by its covariance with the sample. `O(n r + r² + m c²)` for each sample tried, `m` samples being moved by
/// it.
#[derive(Clone, Copy, Debug)]
pub struct ErrorReduction {
    /// Length of the shortlist; 32.
    pub shortlist: usize,
}

impl Default for ErrorReduction {
    fn default() -> Self {
        Self { shortlist: 32 }
    }
}

impl Score for ErrorReduction {
    fn scores(&self, belief: &Belief, doubts: &[Doubt]) -> Result<Vec<f64>> {
        let mut order: Vec<usize> = (0..doubts.len()).collect();
        let worth = |&position: &usize| doubts[position].expected_wrong_pairs();
        order.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
        let mut scores = vec![0.0; doubts.len()];
        let (n, wrong) = (belief.len() as f64, belief.expected_wrong());
        for &position in order.iter().take(self.shortlist) {
            let doubt = &doubts[position];
            let left = match doubt.subject {
                Subject::Sample { sample, .. } if !belief.was_asked(sample) => {
                    belief.expected_wrong_after(sample, wrong)
                }
                // A sample whose class is uncertain takes its followers along if it moves.
                Subject::Sample { sample, .. } => wrong - doubt.probability * belief.followers(sample),
                _ => wrong,
            };
            scores[position] = (n - left).max(0.0);
        }
        Ok(scores)
    }
}
