//! What answers, graph and regression say together of the anchors and their atoms.

use ndarray::{Array2, ArrayView2};

use super::anchors::{Anchor, Anchors};
use super::grouping::Grouping;
use super::odds::Odds;
use super::regression::Regression;

/// The parts that classes follow from, to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence<'a> {
    pub(super) anchors: &'a Anchors,
    pub(super) grouping: &'a Grouping,
    pub(super) regression: &'a Regression,
    /// The features `(n, r)` of the samples.
    pub(super) features: ArrayView2<'a, f64>,
    /// `ln((1 − ε)/ε)`: what an answer adds to the log-odds of what it says.
    pub(super) weight: f64,
}

impl<'a> Evidence<'a> {
    /// What an answer adds to the log-odds of "together".
    pub(super) fn log_odds_of(&self, same: bool) -> f64 {
        if same { self.weight } else { -self.weight }
    }

    /// The present class of an anchor.
    pub(super) fn class_of(&self, anchor: &Anchor) -> usize {
        self.grouping.class_of(anchor.atom())
    }

    /// The anchors of a class.
    pub(super) fn anchors_in(self, class: usize) -> impl Iterator<Item = &'a Anchor> {
        self.anchors.iter().filter(move |anchor| self.class_of(anchor) == class)
    }

    /// What an anchor's surroundings and its answers say of its class.
    pub(super) fn odds(&self, anchor: &Anchor) -> Odds {
        let (class_of_atom, classes) = (self.grouping.class_of_atom(), self.grouping.classes());
        let surroundings =
            self.regression.left_out(anchor.sample(), self.class_of(anchor), class_of_atom, classes);
        let mut odds = Odds::of_probabilities(surroundings.view(), classes);
        for &(other, same) in anchor.answers() {
            odds.add(self.class_of(self.anchors.get(other)), self.log_odds_of(same));
        }
        odds
    }

    /// How many anchors belong to each atom.
    pub(super) fn population(&self) -> Vec<usize> {
        self.anchors.population(self.grouping.atoms())
    }

    /// Whether the anchor is the centre of a micro-cluster and its only anchor. Such an anchor stays there, and answers about it
    /// join atoms.
    pub(super) fn stands_for_atom(&self, anchor: &Anchor, population: &[usize]) -> bool {
        self.grouping.centre_of(anchor.atom()) == Some(anchor.sample()) && population[anchor.atom()] == 1
    }

    /// `(A, A)`: log-odds by the answers that two atoms belong together. Each answer is weighted by the probability that both
    /// samples belong to the classes of their atoms, computed without it: an answer about a sample whose class is uncertain
    /// tells where the sample belongs, and little about its atom. `O(A² + m c)` for `m` answers.
    pub(super) fn between_atoms(&self) -> Array2<f64> {
        let odds: Vec<Odds> = self.anchors.iter().map(|anchor| self.odds(anchor)).collect();
        let population = self.population();
        let sure = |index: usize, other: &Anchor, log_odds: f64| {
            let anchor = self.anchors.get(index);
            if self.stands_for_atom(anchor, &population) {
                return 1.0;
            }
            odds[index].without(self.class_of(other), log_odds).probability(self.class_of(anchor))
        };
        let atoms = self.grouping.atoms();
        let mut between = Array2::zeros((atoms, atoms));
        for (index, anchor) in self.anchors.iter().enumerate() {
            for &(other_index, same) in anchor.answers().iter().filter(|&&(other, _)| other < index) {
                let other = self.anchors.get(other_index);
                if other.atom() != anchor.atom() {
                    let log_odds = self.log_odds_of(same);
                    let evidence =
                        sure(index, other, log_odds) * sure(other_index, anchor, log_odds) * log_odds;
                    between[[anchor.atom(), other.atom()]] += evidence;
                    between[[other.atom(), anchor.atom()]] += evidence;
                }
            }
        }
        between
    }
}
