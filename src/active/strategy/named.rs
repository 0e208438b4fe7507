//! Strategies by name.

use super::{
    Audited, Cover, Discover, ErrorReduction, ExpectedWrongPairs, ExploreConsolidate, LeastAsked, Margin,
    PairStrategy, RandomPair, Ranked, RepresentationChange, Uncertainty,
};
use crate::error::{Error, Result};

/// The names that [`strategy`] knows, the recommended one first.
pub const STRATEGIES: [&str; 10] = [
    "pal",
    "random",
    "discovery",
    "captcha",
    "uncertainty",
    "margin",
    "representation",
    "error-reduction",
    "cover",
    "explore-consolidate",
];

/// The strategy of this name, with its defaults.
///
/// # Errors
/// [`Error::UnknownName`].
pub fn strategy(name: &str) -> Result<Box<dyn PairStrategy>> {
    Ok(match name {
        "pal" => Box::new(Audited(Ranked::by(ExpectedWrongPairs))),
        "random" => Box::new(RandomPair),
        "discovery" => Box::new(Discover),
        "captcha" => Box::new(LeastAsked),
        "uncertainty" => Box::new(Ranked::by(Uncertainty)),
        "margin" => Box::new(Ranked::by(Margin)),
        "representation" => Box::new(Ranked::by(RepresentationChange)),
        "error-reduction" => Box::new(Ranked::by(ErrorReduction::default())),
        "cover" => Box::new(Ranked::by(Cover)),
        "explore-consolidate" => Box::new(ExploreConsolidate),
        _ => {
            return Err(Error::UnknownName {
                argument: "strategy",
                name: name.to_owned(),
                known: &STRATEGIES,
            });
        }
    })
}
