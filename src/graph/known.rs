//! What a graph says of samples one by one or class by class.

/// What the terms of a graph say, each for itself, in the forms that name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// Members of one class, ascending.
    pub(crate) classes: Vec<Vec<usize>>,
    /// Pairs `i < j` with a positive entry.
    pub(crate) together: Vec<(usize, usize)>,
    /// Pairs `i < j` with a negative entry.
    pub(crate) apart: Vec<(usize, usize)>,
}

impl Known {
    /// Notes an entry of the upper triangle.
    pub(super) fn add_entry(&mut self, i: usize, j: usize, entry: f64) {
        if i < j && entry != 0.0 {
            let pairs = if entry > 0.0 { &mut self.together } else { &mut self.apart };
            pairs.push((i, j));
        }
    }

    /// Notes classes whose members have positive entries.
    pub(super) fn add_classes<'a>(&mut self, classes: impl Iterator<Item = &'a [usize]>) {
        self.classes.extend(classes.map(<[usize]>::to_vec));
    }

    /// The same of samples that have so many consecutive rows each, at least one.
    pub(super) fn of_samples(mut self, views: usize) -> Self {
        for class in &mut self.classes {
            for row in class.iter_mut() {
                *row /= views;
            }
            class.dedup();
        }
        self.classes.retain(|class| class.len() > 1);
        for pairs in [&mut self.together, &mut self.apart] {
            for (i, j) in pairs.iter_mut() {
                (*i, *j) = (*i / views, *j / views);
            }
            pairs.retain(|(i, j)| i != j);
            pairs.sort_unstable();
            pairs.dedup();
        }
        self
    }
}
