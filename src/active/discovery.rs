//! Sequential discovery of the classes by questions about pairs ([claim T41](crate::theory#t41)).
//!
//! Each sample is compared with one representative per class, in the order in which the classes were found; a sample that
//! belongs to none founds the next class. If the number of classes is known, the last comparison is never made: whoever
//! does not belong to the others belongs there.
//!
//! A wrong answer misplaces one sample and leaves the others where they are ([claim T45](crate::theory#t45)).

use crate::data::Labels;
use crate::error::{Error, Result, check};
use crate::oracle::Pair;
use crate::oracle::cost::{pairs_among, require_partition};
use crate::oracle::information::total;

/// What sequential discovery found.
#[derive(Clone, Debug)]
pub struct Discovery {
    /// The class of each sample, numbered in order of discovery.
    pub labels: Labels,
    /// The first member of each class found.
    pub representatives: Vec<usize>,
    /// Number of questions asked.
    pub questions: usize,
}

/// Finds the classes of the samples `0..samples`, taken in order, by asking `same_class` of pairs of a representative and a
/// sample after it.
///
/// `classes` is their number, if it is known. At most `samples · classes` questions; [`discovery_cost`] has the number.
///
/// # Errors
/// [`Error::Empty`] without samples, [`Error::Domain`] unless known `classes` are between 1 and `samples`, and what
/// `same_class` reports.
pub fn discover(
    samples: usize,
    classes: Option<usize>,
    mut same_class: impl FnMut(Pair) -> Result<bool>,
) -> Result<Discovery> {
    if samples == 0 {
        return Err(Error::Empty { argument: "samples", expected: "sample" });
    }
    if let Some(classes) = classes {
        check::count("classes", classes, samples, "at least 1 and at most the number of samples")?;
    }
    let mut representatives = Vec::new();
    let mut class_of = Vec::with_capacity(samples);
    let mut questions = 0;
    for sample in 0..samples {
        let compared = representatives.len().min(classes.map_or(samples, |classes| classes - 1));
        let mut class = compared;
        for (candidate, &representative) in representatives[..compared].iter().enumerate() {
            questions += 1;
            if same_class(Pair::new(representative, sample)?)? {
                class = candidate;
                break;
            }
        }
        if class == representatives.len() {
            representatives.push(sample);
        }
        class_of.push(class);
    }
    let labels = Labels::new(class_of, representatives.len())?;
    Ok(Discovery { labels, representatives, questions })
}

/// Numbers of questions that [`discover`] asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiscoveryCost {
    /// The number of classes is not known before.
    pub classes_unknown: usize,
    /// It is.
    pub classes_known: usize,
}

/// The questions that classes of these `sizes`, in order of discovery, take: `Σ c n_c − C` with `c` from 1, and `n_C − 1` less
/// if their number `C` is known.
///
/// Where else the samples stand in the order does not matter. Large classes first is best, and last is worst.
///
/// # Errors
/// [`Error::Empty`] without classes, [`Error::EmptyClass`], [`Error::Domain`] for more than 2³¹ samples.
pub fn discovery_cost(sizes: &[usize]) -> Result<DiscoveryCost> {
    total(sizes)?;
    let comparisons: usize = sizes.iter().zip(1..).map(|(size, class)| class * size).sum();
    let classes_unknown = comparisons - sizes.len();
    let inferred = sizes.last().map_or(0, |last| last - 1);
    Ok(DiscoveryCost { classes_unknown, classes_known: classes_unknown - inferred })
}

/// The most questions `samples` in `classes` can take: all classes but the last have one member.
///
/// `C N − C (C + 1) / 2`, and `(C − 1) N − C (C − 1) / 2` if `C` is known.
///
/// # Errors
/// [`Error::Domain`] unless `1 ≤ classes ≤ samples ≤ 2³¹`.
pub fn most_discovery_cost(samples: usize, classes: usize) -> Result<DiscoveryCost> {
    require_partition(samples, classes)?;
    Ok(DiscoveryCost {
        classes_unknown: classes * samples - pairs_among(classes + 1),
        classes_known: (classes - 1) * samples - pairs_among(classes),
    })
}

/// How often a member of class `class` (from 0, in order of discovery) of `classes`, their number being known, is placed right
/// if the representatives are and each answer errs with probability `error`: `(1 − ε)^min(c, C − 1)`, `c = class + 1`
/// ([claim T45](crate::theory#t45)).
///
/// # Errors
/// [`Error::Domain`] if there is no such class or `error` is no probability.
pub fn placement_probability(class: usize, classes: usize, error: f64) -> Result<f64> {
    check::index("class", class, classes, "below the number of classes")?;
    check::probability("error", error)?;
    let answers = (class + 1).min(classes - 1);
    Ok((1.0 - error).powf(answers as f64))
}
