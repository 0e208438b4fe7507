//! What is believed and may be wrong.

use super::Belief;
use super::places::{SETTLED, counts};
use crate::oracle::{Pair, logistic};

/// What a question would decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Two classes are held apart: may they be one?
    Classes(usize, usize),
    /// Two parts of a class were joined, in this step of all that made the classes: are they one?
    Parts(usize),
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
/// Share of the pairs of two parts that are wrong if it is wrong to have joined them: they are mixed. Of 1, 0.5, 0.3, 0.2 and 0.1
/// this finds the classes of digits first (`unseen_data`); the other sets hardly care.
const WRONG_OF_PARTS: f64 = 0.2;
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
            Subject::Classes(a, b) => {
                let groups = &self.grouping.groups;
                self.question_between(groups.get(a)?, groups.get(b)?)
            }
            Subject::Parts(step) => {
                let join = self.grouping.joins.get(step)?;
                self.question_between(&join.first, &join.second)
            }
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
        let sizes = counts(&self.atom_of, self.atoms);
        let size = |atoms: &[usize]| atoms.iter().map(|&atom| sizes[atom] as f64).sum::<f64>();
        let mut doubts = Vec::new();
        for a in 0..self.number_of_classes() {
            for b in 0..a {
                doubts.push(Doubt {
                    subject: Subject::Classes(b, a),
                    probability: logistic(self.grouping.log_odds[[a, b]]),
                    stake: self.class_sizes[a] as f64 * self.class_sizes[b] as f64,
                });
            }
        }
        let joins = self.grouping.joins.iter().enumerate();
        doubts.extend(joins.map(|(step, join)| Doubt {
            subject: Subject::Parts(step),
            probability: logistic(-join.score),
            stake: WRONG_OF_PARTS * size(&join.first) * size(&join.second),
        }));
        doubts.retain(|doubt| doubt.probability > GROUPS_SETTLED);
        doubts
    }

    fn doubt_of_sample(&self, sample: usize, population: &[usize]) -> Option<Doubt> {
        let class = self.classes[sample];
        let (probability, followers) = match self.anchor_of[sample] {
            Some(anchor)
                if !self.is_answered(anchor)
                    || self.anchors[anchor].certainty >= SETTLED
                    || self.stands_for_atom(&self.anchors[anchor], population) =>
            {
                return None;
            }
            Some(anchor) => (1.0 - self.anchors[anchor].certainty, self.followers(sample)),
            None => (self.doubt_about(sample), self.followers(sample).powf(DENSITY)),
        };
        let stake = followers * self.class_sizes[class] as f64;
        Some(Doubt { subject: Subject::Sample { sample, class }, probability, stake })
    }

    /// The first pair of speakers of two groups of atoms that was not asked.
    fn question_between(&self, these: &[usize], those: &[usize]) -> Option<Pair> {
        let (these, those) = (self.speakers(these), self.speakers(those));
        let pairs = these.iter().flat_map(|&i| those.iter().map(move |&j| (i, j)));
        pairs.filter_map(|(i, j)| Pair::new(i, j).ok()).find(|pair| !self.asked.contains(pair))
    }

    /// Samples that stand for a group of atoms: anchors, those of the largest atom first, and centres of atoms without.
    fn speakers(&self, atoms: &[usize]) -> Vec<usize> {
        let sizes = counts(&self.atom_of, self.atoms);
        let mut atoms = atoms.to_vec();
        atoms.sort_by_key(|&atom| std::cmp::Reverse(sizes[atom]));
        let mut speakers = Vec::new();
        for atom in atoms {
            let anchors =
                self.anchors.iter().filter(|anchor| anchor.atom == atom).map(|anchor| anchor.sample);
            let before = speakers.len();
            speakers.extend(anchors);
            if speakers.len() == before {
                speakers.extend(self.centre_of_atom.get(atom));
            }
            if speakers.len() >= MOST_SPEAKERS {
                break;
            }
        }
        speakers.truncate(MOST_SPEAKERS);
        speakers
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
