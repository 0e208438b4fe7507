//! The sample of each class that the others are compared with.

/// For each sample the one that represents its class, of `classes`: a class keeps its representative for as long as that belongs
/// to it, of several the one that represents most samples. A class without one gets its most certain anchor, or else its first
/// sample. `anchors` are samples with their certainty, `confidence` is that of all samples. `O(n)`.
pub(super) fn represent(
    before: &[usize],
    class_of: &[usize],
    classes: usize,
    anchors: impl Iterator<Item = (usize, f64)>,
    confidence: &[f64],
) -> Vec<usize> {
    let mut represented = vec![0_usize; class_of.len()];
    for (sample, &representative) in before.iter().enumerate() {
        represented[representative] += usize::from(class_of[representative] == class_of[sample]);
    }
    let mut of_class: Vec<Option<usize>> = vec![None; classes];
    for (sample, &count) in represented.iter().enumerate() {
        let best = &mut of_class[class_of[sample]];
        if count > best.map_or(0, |best| represented[best]) {
            *best = Some(sample);
        }
    }
    for (sample, certainty) in anchors {
        let is_surer = |&other: &usize| confidence[other] >= certainty;
        let best = &mut of_class[class_of[sample]];
        if best.is_none_or(|other| represented[other] == 0 && !is_surer(&other)) {
            *best = Some(sample);
        }
    }
    for (sample, &class) in class_of.iter().enumerate() {
        of_class[class].get_or_insert(sample);
    }
    class_of.iter().enumerate().map(|(sample, &class)| of_class[class].unwrap_or(sample)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIDENCE: [f64; 6] = [0.6, 0.9, 0.7, 0.8, 0.5, 0.5];

    #[test]
    fn a_class_keeps_its_representative() {
        // Classes {0, 1, 2} by 1 and {3, 4, 5} by 3 exchange nobody, then 2 changes the class.
        let before = [1, 1, 1, 3, 3, 3];
        let none = std::iter::empty;
        assert_eq!(represent(&before, &[0, 0, 0, 1, 1, 1], 2, none(), &CONFIDENCE), before);
        assert_eq!(represent(&before, &[0, 0, 1, 1, 1, 1], 2, none(), &CONFIDENCE), [1, 1, 3, 3, 3, 3]);
        // Both become one class: 3 represents three of it and 1 two.
        let joined = represent(&[1, 1, 3, 3, 3, 5], &[0; 6], 1, none(), &CONFIDENCE);
        assert_eq!(joined, [3; 6]);
    }

    #[test]
    fn a_new_class_is_represented_by_its_most_certain_anchor() {
        let (before, class_of) = ([1; 6], [0, 0, 1, 1, 2, 2]);
        let anchors = [(2, 0.7), (3, 0.8), (1, 1.0)];
        let now = represent(&before, &class_of, 3, anchors.into_iter(), &CONFIDENCE);
        assert_eq!(now, [1, 1, 3, 3, 4, 4]); // nobody in class 2 is an anchor
        let reversed = represent(&before, &class_of, 3, anchors.into_iter().rev(), &CONFIDENCE);
        assert_eq!(reversed, now);
    }
}
