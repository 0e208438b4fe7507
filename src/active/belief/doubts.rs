//! What is believed and may be wrong.

use super::Belief;
use super::places::{SETTLED, counts};
use crate::oracle::{Pair, logistic};

/// What a question would decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Two classes are held apart: may they be one?
    Classes(usize, usize),
    /// An atom was joined to the rest of its class: should it stand alone?
    Part {
        /// The atom.
        atom: usize,
        /// The class it is part of.
        class: usize,
    },
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
    /// How probably it is wrong.
    pub probability: f64,
    /// Pairs of samples that it puts together or apart.
    pub stake: f64,
}

impl Doubt {
    /// Expected number of pairs that are wrong by it.
    pub fn expected_wrong_pairs(&self) -> f64 {
        self.probability * self.stake
    }
}

/// Groups are not asked about again once the belief about them is wrong with no more than this probability.
const GROUPS_SETTLED: f64 = 0.005;
/// Anchors of a group that are considered as one side of a question.
const MOST_SPEAKERS: usize = 12;
/// How much likeness counts beside certainty in the choice of a partner.
const LIKENESS: f64 = 1e-3;
/// The power to which followers of a sample never asked about count (information density, Settles and Craven 2008): at 1 the
/// questions go to where it is dense and most doubts are needless, at 0 to outliers.
const DENSITY: f64 = 0.5;

impl Belief {
    /// Every doubt: about classes, about parts of them, about samples. `O(n r + nnz C)`.
    pub fn doubts(&self) -> Vec<Doubt> {
        let mut doubts = self.doubts_about_groups();
        doubts.extend(self.doubts_about_samples());
        doubts
    }

    /// The doubts about samples alone: of those never asked about, and of those asked about that sit loosely.
    pub fn doubts_about_samples(&self) -> Vec<Doubt> {
        let population = self.population();
        (0..self.len()).filter_map(|sample| self.doubt_of_sample(sample, &population)).collect()
    }

    /// The question that would settle a doubt: the surest and most typical speakers of either side that were not asked yet.
    /// `None` if they all were.
    pub fn question(&self, subject: Subject) -> Option<Pair> {
        match subject {
            Subject::Classes(a, b) => self.question_between(
                &self.speakers(|atom| self.class_of(atom) == a),
                &self.speakers(|atom| self.class_of(atom) == b),
            ),
            Subject::Part { atom, class } => self.question_between(
                &self.speakers(|other| other == atom),
                &self.speakers(|other| other != atom && self.class_of(other) == class),
            ),
            Subject::Sample { sample, class } => {
                self.partner(sample, class).or_else(|| self.partner_elsewhere(sample, class))
            }
        }
    }

    /// How many samples the class of this one decides: those in doubt that it would tell about, those that follow an anchor.
    pub(in crate::active) fn followers(&self, sample: usize) -> f64 {
        self.weights[sample]
    }

    /// The class that an atom is part of.
    pub(super) fn class_of(&self, atom: usize) -> usize {
        self.grouping.class_of_atom[atom]
    }

    fn doubts_about_groups(&self) -> Vec<Doubt> {
        let groups = &self.grouping.groups;
        let (class_sizes, atom_sizes) = (&self.class_sizes, counts(&self.atom_of, self.atoms));
        let mut doubts = Vec::new();
        for (a, atoms) in groups.iter().enumerate() {
            for (b, others) in groups.iter().enumerate().take(a) {
                let log_odds = self.grouping.between_classes[[a, b]] + self.ties.log_odds(atoms, others);
                let stake = class_sizes[a] as f64 * class_sizes[b] as f64;
                doubts.push(Doubt {
                    subject: Subject::Classes(b, a),
                    probability: logistic(log_odds),
                    stake,
                });
            }
            for &atom in atoms.iter().filter(|_| atoms.len() > 1) {
                let rest: Vec<usize> = atoms.iter().copied().filter(|&other| other != atom).collect();
                let said: f64 = rest.iter().map(|&other| self.grouping.between_atoms[[atom, other]]).sum();
                let log_odds = said + self.ties.log_odds(&[atom], &rest);
                let stake =
                    atom_sizes[atom] as f64 * (class_sizes[a] - atom_sizes[atom].min(class_sizes[a])) as f64;
                doubts.push(Doubt {
                    subject: Subject::Part { atom, class: a },
                    probability: logistic(-log_odds),
                    stake,
                });
            }
        }
        doubts.retain(|doubt| doubt.probability > GROUPS_SETTLED);
        doubts
    }

    fn doubt_of_sample(&self, sample: usize, population: &[usize]) -> Option<Doubt> {
        let class = self.classes[sample];
        let (probability, followers) = match self.anchor_of[sample] {
            Some(anchor)
                if !self.is_answered(anchor)
                    || self.anchors[anchor].certainty >= SETTLED
                    || self.stands_for_cluster(&self.anchors[anchor], population) =>
            {
                return None;
            }
            Some(anchor) => (1.0 - self.anchors[anchor].certainty, self.followers(sample)),
            None => (self.doubt_about(sample), self.followers(sample).powf(DENSITY)),
        };
        let stake = followers * self.class_sizes[class] as f64;
        Some(Doubt { subject: Subject::Sample { sample, class }, probability, stake })
    }

    /// Anchors in the atoms asked for, the first ones found.
    fn speakers(&self, of: impl Fn(usize) -> bool) -> Vec<usize> {
        let anchors = self.anchors.iter().filter(|anchor| of(anchor.atom));
        anchors.map(|anchor| anchor.sample).take(MOST_SPEAKERS).collect()
    }

    fn question_between(&self, these: &[usize], those: &[usize]) -> Option<Pair> {
        let pairs = these.iter().flat_map(|&i| those.iter().map(move |&j| (i, j)));
        pairs.filter_map(|(i, j)| Pair::new(i, j).ok()).find(|pair| !self.asked.contains(pair))
    }

    /// The surest anchor of a class, the one more like the sample on a tie, that it was not compared with.
    fn partner(&self, sample: usize, class: usize) -> Option<Pair> {
        let features = self.start.features();
        let own = features.row(sample);
        let in_class = self.anchors.iter().filter(|anchor| self.class_of(anchor.atom) == class);
        in_class
            .filter_map(|anchor| Some((anchor, Pair::new(sample, anchor.sample).ok()?)))
            .filter(|(_, pair)| !self.asked.contains(pair))
            .map(|(anchor, pair)| (anchor.certainty + LIKENESS * own.dot(&features.row(anchor.sample)), pair))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, pair)| pair)
    }

    /// The same in the most probable of the other classes, for a sample that founded its class and has nobody there.
    fn partner_elsewhere(&self, sample: usize, class: usize) -> Option<Pair> {
        let alone = self.anchors.iter().filter(|anchor| self.class_of(anchor.atom) == class).nth(1).is_none();
        let anchor = self.anchor_of[sample].filter(|_| alone)?;
        let odds = self.odds(&self.anchors[anchor]);
        let mut others: Vec<usize> = (0..self.number_of_classes()).filter(|&other| other != class).collect();
        others.sort_by(|&a, &b| odds.probability(b).total_cmp(&odds.probability(a)));
        others.into_iter().find_map(|other| self.partner(sample, other))
    }
}
