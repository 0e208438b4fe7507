//! Doubts: what is believed and may be wrong, and the question that would settle each.

use super::Belief;
use super::anchors::Anchor;
use super::constants::{DENSITY, GROUPS_SETTLED, LIKENESS, MOST_EXAMPLES, SETTLED, WRONG_OF_PARTS};
use super::doubt::{Doubt, Subject};
use crate::oracle::{Pair, logistic};

impl Belief {
    /// Every doubt: about classes and parts of them that are wrong with a probability above 0.005, and about samples. Costs
    /// at most `O(n + c² + A²)`, with `c` classes of `A` atoms.
    pub fn doubts(&self) -> Vec<Doubt> {
        let mut doubts = self.doubts_about_groups();
        doubts.extend(self.doubts_about_samples());
        doubts
    }

    /// The doubts about samples alone: one for each sample never asked about, and one for each that was asked about and belongs to
    /// its class with a probability below 0.95. `O(n)`.
    pub fn doubts_about_samples(&self) -> Vec<Doubt> {
        let population = self.evidence().population();
        (0..self.len()).filter_map(|sample| self.doubt_of_sample(sample, &population)).collect()
    }

    /// A question that would settle a doubt; `None` if every question considered was asked or skipped before, or the belief has no
    /// such classes, parts or sample.
    ///
    /// Two groups of atoms are represented by up to twelve samples each: those asked about in the largest atom first, in the
    /// order in which they were first asked about, then those of the next atom, and the centre of an atom where none was asked
    /// about. The question is the first pair of them not asked yet. A sample is compared with the member of its class that was
    /// asked about and is most certain of its class; among equally certain ones, with the one most similar to it.
    pub fn question(&self, subject: Subject) -> Option<Pair> {
        match subject {
            Subject::Classes(a, b) => {
                self.question_between(self.grouping.atoms_of(a)?, self.grouping.atoms_of(b)?)
            }
            Subject::Parts(step) => {
                let join = self.grouping.joins().get(step)?;
                self.question_between(&join.first, &join.second)
            }
            Subject::Sample { sample, .. } if sample >= self.len() => None,
            Subject::Sample { sample, class } => {
                self.partner(sample, class).or_else(|| self.partner_elsewhere(sample, class))
            }
        }
    }

    /// About how many samples change their class with this one: for a sample never asked about, the doubtful ones that its answer
    /// would tell about; for one that was asked about and is not settled, those that its own observation influences.
    pub(in crate::active) fn followers(&self, sample: usize) -> f64 {
        self.regression.followers(sample)
    }

    fn doubts_about_groups(&self) -> Vec<Doubt> {
        let sizes = self.assignment.atom_sizes(self.grouping.atoms());
        let class_sizes = self.assignment.class_sizes();
        let size = |atoms: &[usize]| atoms.iter().map(|&atom| sizes[atom] as f64).sum::<f64>();
        let mut doubts = Vec::new();
        for a in 0..self.number_of_classes() {
            for b in 0..a {
                doubts.push(Doubt {
                    subject: Subject::Classes(b, a),
                    probability: logistic(self.grouping.log_odds()[[a, b]]),
                    stake: class_sizes[a] as f64 * class_sizes[b] as f64,
                });
            }
        }
        let joins = self.grouping.joins().iter().enumerate();
        doubts.extend(joins.map(|(step, join)| Doubt {
            subject: Subject::Parts(step),
            probability: logistic(-join.score),
            stake: WRONG_OF_PARTS * size(&join.first) * size(&join.second),
        }));
        doubts.retain(|doubt| doubt.probability > GROUPS_SETTLED);
        doubts
    }

    fn doubt_of_sample(&self, sample: usize, population: &[usize]) -> Option<Doubt> {
        let class = self.classes()[sample];
        let (probability, followers) = match self.anchors.of(sample) {
            Some(anchor)
                if !anchor.is_answered()
                    || anchor.certainty() >= SETTLED
                    || self.evidence().stands_for_atom(anchor, population) =>
            {
                return None;
            }
            Some(anchor) => (1.0 - anchor.certainty(), self.followers(sample)),
            None => (self.doubt_about(sample), self.followers(sample).powf(DENSITY)),
        };
        let stake = followers * self.assignment.class_sizes()[class] as f64;
        Some(Doubt { subject: Subject::Sample { sample, class }, probability, stake })
    }

    /// The first pair of the samples that stand for two groups of atoms that was not asked.
    fn question_between(&self, these: &[usize], those: &[usize]) -> Option<Pair> {
        let (these, those) = (self.examples(these), self.examples(those));
        let pairs = these.iter().flat_map(|&i| those.iter().map(move |&j| (i, j)));
        pairs.filter_map(|(i, j)| Pair::new(i, j).ok()).find(|pair| !self.asked().contains(pair))
    }

    /// Up to [`MOST_EXAMPLES`] samples that stand for a group of atoms: the anchors, those of the largest atom first and of one
    /// atom in the order in which they were made, and the centre of an atom without anchors.
    fn examples(&self, atoms: &[usize]) -> Vec<usize> {
        let sizes = self.assignment.atom_sizes(self.grouping.atoms());
        let mut atoms = atoms.to_vec();
        atoms.sort_by_key(|&atom| std::cmp::Reverse(sizes[atom]));
        let mut examples = Vec::new();
        for atom in atoms {
            let anchors = self.anchors.iter().filter(|anchor| anchor.atom() == atom).map(Anchor::sample);
            let before = examples.len();
            examples.extend(anchors);
            if examples.len() == before {
                examples.extend(self.grouping.centre_of(atom));
            }
            if examples.len() >= MOST_EXAMPLES {
                break;
            }
        }
        examples.truncate(MOST_EXAMPLES);
        examples
    }

    /// The comparison of a sample with the anchor of a class, of those that it was not compared with, that is most certain of its
    /// class; the similarity of features decides between nearly equal certainties.
    fn partner(&self, sample: usize, class: usize) -> Option<Pair> {
        let features = self.start.features();
        let own = features.row(sample);
        let likeness = |anchor: &Anchor| LIKENESS * own.dot(&features.row(anchor.sample()));
        self.evidence()
            .anchors_in(class)
            .filter_map(|anchor| Some((anchor, Pair::new(sample, anchor.sample()).ok()?)))
            .filter(|(_, pair)| !self.asked().contains(pair))
            .map(|(anchor, pair)| (anchor.certainty() + likeness(anchor), pair))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, pair)| pair)
    }

    /// The same in the most probable of the other classes, for a sample that is the only anchor of its class.
    fn partner_elsewhere(&self, sample: usize, class: usize) -> Option<Pair> {
        let evidence = self.evidence();
        let is_alone = evidence.anchors_in(class).nth(1).is_none();
        let odds = evidence.odds(self.anchors.of(sample).filter(|_| is_alone)?);
        let mut others: Vec<usize> = (0..self.number_of_classes()).filter(|&other| other != class).collect();
        others.sort_by(|&a, &b| odds.probability(b).total_cmp(&odds.probability(a)));
        others.into_iter().find_map(|other| self.partner(sample, other))
    }
}
