//! What the answers say together: the shared state of the active experiments ([claim T49](crate::theory#t49)).

use std::collections::HashSet;

use ndarray::Array2;

use super::{Captcha, CaptchaAnswer};
use crate::data::Labels;
use crate::error::{Error, Result, check};
use crate::graph::SimilarityGraph;

/// Classes of the samples as far as the answers tell, and the graph that follows.
///
/// An accepted candidate joins the class; all samples of known class are then related to each other, positively within a
/// class and negatively across. A refused candidate is negatively related to those who were members then. A sample that
/// all classes but one refused is *not* concluded to be in the last.
#[derive(Clone, Debug)]
pub struct Knowledge {
    labels: Labels,
    /// Known members of each class in the order of discovery.
    members: Vec<Vec<usize>>,
    /// `(n, c)`: whether the sample's class is known, or it was asked whether it belongs to this class.
    asked: Array2<bool>,
    /// Refusals in order: the sample, the class, and how many members the class had then.
    refusals: Vec<Refusal>,
    /// Number of answers taken in.
    answers: usize,
}

#[derive(Clone, Copy, Debug)]
struct Refusal {
    sample: usize,
    class: usize,
    members: usize,
}

impl Knowledge {
    /// Knows one example of each class: the first in the order of the samples.
    ///
    /// Their mutual relations enter the graph with the first answer; until then it is the identity.
    ///
    /// # Errors
    /// [`Error::EmptyClass`] if a class has no example.
    pub fn first_of_each_class(labels: &Labels) -> Result<Self> {
        labels.require_every_class("labels")?;
        let mut knowledge = Self {
            labels: labels.reveal(|_| false),
            members: vec![Vec::new(); labels.number_of_classes()],
            asked: Array2::from_elem((labels.len(), labels.number_of_classes()), false),
            refusals: Vec::new(),
            answers: 0,
        };
        for (sample, class) in labels.iter().enumerate() {
            if let Some(class) = class.filter(|&class| knowledge.members[class].is_empty()) {
                knowledge.join(sample, class)?;
            }
        }
        Ok(knowledge)
    }

    /// Number of classes.
    pub fn number_of_classes(&self) -> usize {
        self.members.len()
    }

    /// The labels known so far.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// The class with the fewest samples that are known to belong to it or not, or that were asked about it; the first on a tie.
    pub fn least_asked_class(&self) -> usize {
        let count = |class: usize| self.asked.column(class).iter().filter(|&&asked| asked).count();
        (0..self.number_of_classes()).min_by_key(|&class| count(class)).unwrap_or(0)
    }

    /// Samples of unknown class that were never shown as candidates for `class`, in order.
    ///
    /// # Errors
    /// [`Error::Domain`] if there is no such class.
    pub fn candidates(&self, class: usize) -> Result<Vec<usize>> {
        check::index("class", class, self.number_of_classes(), "below the number of classes")?;
        let open = |&sample: &usize| !self.is_known(sample) && !self.asked[[sample, class]];
        Ok((0..self.labels.len()).filter(open).collect())
    }

    /// Takes in an answer.
    ///
    /// # Errors
    /// [`Error::Shape`] if it does not fit the captcha, [`Error::Domain`] for a class or a sample that does not exist, a
    /// sample whose known class says otherwise, or one that is both accepted and refused. Nothing is taken in then.
    pub fn learn(&mut self, captcha: &Captcha, answer: &CaptchaAnswer) -> Result<()> {
        let Captcha { class, ref candidates } = *captcha;
        check::index("class", class, self.number_of_classes(), "below the number of classes")?;
        check::shape("answer", &[candidates.len()], &[answer.belongs.len()])?;
        let answered = || candidates.iter().copied().zip(answer.belongs.iter().copied());
        for (sample, belongs) in answered() {
            check::index("candidate", sample, self.labels.len(), "below the number of samples")?;
            if self.labels.class_of(sample).is_some_and(|known| belongs != (known == class)) {
                let must = "answered as its known class implies";
                return Err(Error::Domain { argument: "candidate", value: sample as f64, must });
            }
        }
        let accepted: HashSet<usize> =
            answered().filter(|&(_, belongs)| belongs).map(|(sample, _)| sample).collect();
        if let Some((sample, _)) =
            answered().find(|&(sample, belongs)| !belongs && accepted.contains(&sample))
        {
            let must = "answered alike each time it is shown";
            return Err(Error::Domain { argument: "candidate", value: sample as f64, must });
        }

        for (sample, _) in answered().filter(|&(_, belongs)| belongs) {
            if !self.is_known(sample) {
                self.join(sample, class)?;
            }
        }
        let members = self.members[class].len();
        for (sample, _) in answered().filter(|&(_, belongs)| !belongs) {
            self.asked[[sample, class]] = true;
            if !self.is_known(sample) {
                self.refusals.push(Refusal { sample, class, members });
            }
        }
        for sample in self.members.iter().flatten() {
            self.asked.row_mut(*sample).fill(true);
        }
        self.answers += 1;
        Ok(())
    }

    /// The signed graph: known relations ±1, unknown ones 0, diagonal 1.
    ///
    /// # Errors
    /// None in practice: the relations were checked when they came in.
    pub fn contrastive_graph(&self) -> Result<SimilarityGraph> {
        let refused = self.refusals.iter().filter(|refusal| !self.is_known(refusal.sample));
        let negatives = refused.flat_map(|refusal| {
            self.members[refusal.class][..refusal.members]
                .iter()
                .map(|&member| (refusal.sample, member, -1.0))
        });
        self.graph_of(SimilarityGraph::contrastive_labels, negatives)
    }

    /// The graph of the positive relations only: 1 where known, else 0, diagonal 1.
    ///
    /// # Errors
    /// None in practice: the relations were checked when they came in.
    pub fn positive_graph(&self) -> Result<SimilarityGraph> {
        self.graph_of(SimilarityGraph::labels, std::iter::empty())
    }

    fn graph_of(
        &self,
        known: fn(&Labels) -> SimilarityGraph,
        further: impl Iterator<Item = (usize, usize, f64)>,
    ) -> Result<SimilarityGraph> {
        let n = self.labels.len();
        if self.answers == 0 {
            return SimilarityGraph::identity(n);
        }
        let alone = (0..n).filter(|&sample| !self.is_known(sample)).map(|sample| (sample, sample, 1.0));
        let others = SimilarityGraph::pairs(n, alone.chain(further))?;
        SimilarityGraph::mixture([(1.0, known(&self.labels)), (1.0, others)])
    }

    fn join(&mut self, sample: usize, class: usize) -> Result<()> {
        self.labels.assign(sample, class)?;
        self.members[class].push(sample);
        Ok(())
    }

    fn is_known(&self, sample: usize) -> bool {
        self.labels.class_of(sample).is_some()
    }
}
