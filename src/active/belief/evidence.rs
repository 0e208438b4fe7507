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
        let (class_of_atom, classes) = (self.grouping.class_of_atom(), self.grouping.number_of_classes());
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ndarray::{Array1, Array2};

    use crate::Result;
    use crate::active::{Belief, BeliefOptions, WarmStart};
    use crate::graph::SimilarityGraph;
    use crate::oracle::Pair;

    /// A path of six samples, cut in the middle; a walk of two steps from the third ends in its own half with probability 3/4.
    /// Refused by that half it moves to the other, but as it may belong there anyway, the answer hardly tells the halves apart.
    #[test]
    fn an_answer_counts_as_far_as_its_samples_sit_there_without_it() -> Result<()> {
        let graph = SimilarityGraph::pairs(6, (0..5).map(|i| (i, i + 1, 1.0)))?;
        let parts = (Array1::ones(1), Array2::zeros((6, 1))); // no features: nothing is known but the walk
        let start = WarmStart::from_parts(graph, parts.0, parts.1, vec![0, 0, 0, 1, 1, 1])?;
        let mut belief = Belief::new(Arc::new(start), BeliefOptions::default())?;
        belief.learn(Pair::new(0, 2)?, false)?;
        assert_eq!((belief.classes()[2], belief.number_of_classes()), (1, 2));
        // Half of the walk is the prior, memberships count to the power of 1.5, and a class not seen before by 0.05.
        let [own, other] = [0.5 * 0.75, 0.5 * 0.25].map(|membership: f64| membership.powf(1.5) + 1e-6);
        let elsewhere = other / (own + other) / 1.05;
        let expected = -(99.0_f64).ln() * elsewhere;
        let evidence = belief.grouping.between_classes()[[0, 1]];
        assert!((evidence - expected).abs() < 1e-9, "{evidence} for {expected}");
        Ok(())
    }
}
