//! The class and the atom that each sample belongs to.

/// What the belief comes down to: for each sample its class and its atom. The sizes of the classes are those of `class_of`.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    class_of: Vec<usize>,
    class_sizes: Vec<usize>,
    atom_of: Vec<usize>,
}

impl Assignment {
    /// Samples in these of `classes` classes, some of which may be empty, and in these atoms.
    pub(super) fn new(class_of: Vec<usize>, classes: usize, atom_of: Vec<usize>) -> Self {
        Self { class_sizes: counts(&class_of, classes), class_of, atom_of }
    }

    /// The class of each sample.
    pub(super) fn class_of(&self) -> &[usize] {
        &self.class_of
    }

    /// Number of samples in each class.
    pub(super) fn class_sizes(&self) -> &[usize] {
        &self.class_sizes
    }

    /// The atom of each sample.
    pub(super) fn atom_of(&self) -> &[usize] {
        &self.atom_of
    }

    /// Number of samples in each of `atoms` atoms.
    pub(super) fn atom_sizes(&self, atoms: usize) -> Vec<usize> {
        counts(&self.atom_of, atoms)
    }
}

/// How many are in each of `groups` groups.
pub(super) fn counts<'a>(group_of: impl IntoIterator<Item = &'a usize>, groups: usize) -> Vec<usize> {
    let mut counts = vec![0; groups];
    for &group in group_of {
        counts[group] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_classes_and_atoms_have_no_sample() {
        let assignment = Assignment::new(vec![2, 0, 2], 4, vec![1, 1, 3]);
        assert_eq!(assignment.class_sizes(), [1, 0, 2, 0]);
        assert_eq!(assignment.atom_sizes(5), [0, 2, 0, 1, 0]);
    }
}
