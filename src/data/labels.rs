//! Class labels of samples, all or some of them known.

use ndarray::Array2;

use crate::error::{Error, Result, check};

/// The classes of `n` samples out of `0..classes`; a sample's class may be unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    class_of: Vec<Option<usize>>,
    classes: usize,
}

impl Labels {
    /// Labels that are all known.
    ///
    /// # Errors
    /// [`Error::Empty`] without samples or classes, [`Error::Domain`] if a label is not below `classes`.
    pub fn new(class_of: Vec<usize>, classes: usize) -> Result<Self> {
        Self::partial(class_of.into_iter().map(Some).collect(), classes)
    }

    /// Labels of which some (`None`) are unknown.
    ///
    /// # Errors
    /// As [`Labels::new`].
    pub fn partial(class_of: Vec<Option<usize>>, classes: usize) -> Result<Self> {
        if class_of.is_empty() {
            return Err(Error::Empty { argument: "labels", expected: "sample" });
        }
        if classes == 0 {
            return Err(Error::Empty { argument: "classes", expected: "class" });
        }
        match class_of.iter().flatten().find(|&&class| class >= classes) {
            Some(&class) => Err(Error::Domain {
                argument: "label",
                value: class as f64,
                must: "below the number of classes",
            }),
            None => Ok(Self { class_of, classes }),
        }
    }

    /// Sets the class of `sample`.
    ///
    /// # Errors
    /// [`Error::Domain`] if there is no such sample or class.
    pub fn assign(&mut self, sample: usize, class: usize) -> Result<()> {
        check::index("sample", sample, self.len(), "below the number of samples")?;
        check::index("label", class, self.classes, "below the number of classes")?;
        self.class_of[sample] = Some(class);
        Ok(())
    }

    /// Number of samples `n`.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // never empty by construction
    pub fn len(&self) -> usize {
        self.class_of.len()
    }

    /// Number of classes `c`, empty ones included.
    #[must_use]
    pub fn number_of_classes(&self) -> usize {
        self.classes
    }

    /// The class of sample `i`, if known; also `None` past the end.
    #[must_use]
    pub fn class_of(&self, i: usize) -> Option<usize> {
        self.class_of.get(i).copied().flatten()
    }

    /// The class of every sample in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<usize>> + '_ {
        self.class_of.iter().copied()
    }

    /// Known members of each class, `n_c`.
    #[must_use]
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes];
        for class in self.class_of.iter().flatten() {
            counts[*class] += 1;
        }
        counts
    }

    /// One-hot matrix `Y` of shape `(n, classes)`; rows of unknown samples are zero.
    #[must_use]
    pub fn one_hot(&self) -> Array2<f64> {
        let mut y = Array2::zeros((self.len(), self.classes));
        for (i, class) in self.class_of.iter().enumerate() {
            if let Some(class) = *class {
                y[[i, class]] = 1.0;
            }
        }
        y
    }

    /// The same labels with only the samples `keep` says known.
    #[must_use]
    pub fn reveal(&self, keep: impl Fn(usize) -> bool) -> Self {
        let class_of = self.iter().enumerate().map(|(i, class)| class.filter(|_| keep(i))).collect();
        Self { class_of, classes: self.classes }
    }

    /// The labels of the views of each sample: rows `views·i .. views·(i+1)` have the class of sample `i`.
    ///
    /// To label the first view of each sample only, follow with `.reveal(|row| row % views == 0)`.
    ///
    /// # Errors
    /// [`Error::Empty`] if `views = 0`.
    pub fn for_views(&self, views: usize) -> Result<Self> {
        if views == 0 {
            return Err(Error::Empty { argument: "views", expected: "view" });
        }
        let class_of = self.iter().flat_map(|class| std::iter::repeat_n(class, views)).collect();
        Ok(Self { class_of, classes: self.classes })
    }

    /// Checks that every class has a known member.
    ///
    /// # Errors
    /// [`Error::EmptyClass`] with the first class that has none.
    pub fn require_every_class(&self, argument: &'static str) -> Result<()> {
        match self.counts().iter().position(|&count| count == 0) {
            Some(class) => Err(Error::EmptyClass { argument, class, classes: self.classes }),
            None => Ok(()),
        }
    }
}
