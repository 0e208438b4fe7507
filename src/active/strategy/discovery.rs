//! Sequential discovery by questions, resumable after every answer ([claim T41](crate::theory#t41)).

use rand::Rng;
use rand::seq::SliceRandom;

use super::PairStrategy;
use crate::active::Belief;
use crate::error::Result;
use crate::oracle::Pair;
use crate::random::stream;

/// Compares sample after sample with one representative per class, in order of discovery. Samples come in one fixed random order,
/// since data are often sorted by class.
///
/// The representation is not used, and nothing is kept between questions: how far the discovery has come follows from the
/// answers of the belief.
#[derive(Clone, Copy, Debug, Default)]
pub struct Discover;

impl PairStrategy for Discover {
    fn propose(&self, belief: &Belief, _: &mut dyn Rng) -> Result<Option<Pair>> {
        let mut order: Vec<usize> = (0..belief.len()).collect();
        order.shuffle(&mut stream(0, 0));
        let mut representatives: Vec<usize> = Vec::new();
        for sample in order {
            let mut founds_a_class = true;
            for &representative in &representatives {
                let pair = Pair::new(representative, sample)?;
                match belief.answer(pair) {
                    Some(true) => {
                        founds_a_class = false;
                        break;
                    }
                    Some(false) => {}
                    None if belief.asked().contains(&pair) => {} // skipped
                    None => return Ok(Some(pair)),
                }
            }
            if founds_a_class {
                representatives.push(sample);
            }
        }
        Ok(None)
    }
}
