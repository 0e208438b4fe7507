//! Which sample to label next, where the annotator names classes instead of comparing two.

use super::{Belief, Subject};

/// The sample whose label would tell most: first the centre of each starting cluster, the largest cluster first; then the one
/// with the largest product of doubt and followers, the samples expected to be wrong by its class. `None` if no sample is left in
/// doubt.
///
/// `labelled` are the samples asked before, in any order. What their labels say, the belief is to be told as answers about
/// pairs: together with the first sample of the same label, apart from the first of every other. `O(n r)`.
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use pal::active::{Belief, next_label};
/// use pal::data;
///
/// let iris = data::iris()?;
/// let belief = Belief::of_features(iris.inputs.view())?;
/// let first = next_label(&belief, &[]);
/// assert!(first.is_some());
/// assert_ne!(next_label(&belief, &[first.unwrap_or(0)]), first);
/// # Ok(())
/// # }
/// ```
pub fn next_label(belief: &Belief, labelled: &[usize]) -> Option<usize> {
    let start = belief.start();
    let mut clusters = start.samples_of_clusters();
    clusters.sort_by_key(|samples| std::cmp::Reverse(samples.len()));
    let mut centres = clusters.into_iter().filter_map(|samples| start.centre_of(&samples));
    centres.find(|centre| !labelled.contains(centre)).or_else(|| most_in_doubt(belief, labelled))
}

fn most_in_doubt(belief: &Belief, labelled: &[usize]) -> Option<usize> {
    let mut open = vec![true; belief.len()];
    for &sample in labelled {
        if let Some(open) = open.get_mut(sample) {
            *open = false;
        }
    }
    let doubts = belief.doubts_about_samples().into_iter().filter_map(|doubt| match doubt.subject {
        Subject::Sample { sample, .. } if open[sample] => {
            Some((doubt.probability * belief.followers(sample), sample))
        }
        _ => None,
    });
    // The first on a tie.
    doubts.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))).map(|(_, sample)| sample)
}
