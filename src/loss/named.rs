//! Losses by name, for command lines and configurations.

use std::str::FromStr;

use ndarray::{ArrayView2, ArrayViewMut2};

use super::{BarlowTwins, Loss, NtXent, Penalised, Ridge, SpectralLoss, VicReg};
use crate::error::{Error, Result};
use crate::graph::SimilarityGraph;
use crate::scalar::Scalar;

/// A loss chosen at run time, by [`str::parse`]; its parameters are those of the literature and may be changed after.
///
/// | name | loss | parameters |
/// |---|---|---|
/// | `nt-xent`, `simclr` | [`NtXent`] | τ = 0.1 (Chen et al. 2020, on `ImageNet`) |
/// | `supcon` | [`NtXent`] | τ = 0.1 (Khosla et al. 2020) |
/// | `vicreg` | [`VicReg`] | 25, 1, 25 (Bardes et al. 2022), pooled |
/// | `barlow-twins` | [`BarlowTwins`] | λ = 0.005 (Zbontar et al. 2021), pooled |
/// | `simclr2` | [`SpectralLoss::SimClr2`] | β = 0 |
/// | `vic2` | [`SpectralLoss::Vic2`] | λ = 2, equivalent to `simclr2` on a normalised graph ([claim T20](crate::theory#t20)); β = 0 |
/// | `bt2` | [`SpectralLoss::BarlowTwins2`] | β = 0, no tie-break ([claim T47](crate::theory#t47)) |
/// | `ridge` | [`Ridge`] | λ = 0.001, of no source |
///
/// ```
/// use pal::loss::{NamedLoss, NtXent};
///
/// assert_eq!("simclr".parse::<NamedLoss>()?, NamedLoss::NtXent(NtXent { temperature: 0.1 }));
/// assert!("simsiam".parse::<NamedLoss>().is_err());
/// # Ok::<(), pal::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum NamedLoss {
    /// NT-Xent, SimCLR, supervised contrastive.
    NtXent(NtXent),
    /// VICReg.
    VicReg(VicReg),
    /// Barlow Twins.
    BarlowTwins(BarlowTwins),
    /// A squared loss, with a penalty.
    Spectral(Penalised<SpectralLoss>),
    /// Ridge regression of the labels.
    Ridge(Ridge),
}

impl NamedLoss {
    /// The names there are.
    pub const NAMES: &'static [&'static str] =
        &["nt-xent", "simclr", "supcon", "vicreg", "barlow-twins", "simclr2", "vic2", "bt2", "ridge"];

    /// Whether the graph may hold negative weights.
    #[must_use]
    pub fn takes_negative_weights(&self) -> bool {
        match self {
            Self::VicReg(_) | Self::Spectral(_) | Self::Ridge(_) => true,
            Self::NtXent(_) | Self::BarlowTwins(_) => false,
        }
    }
}

impl FromStr for NamedLoss {
    type Err = Error;

    /// The loss of one of [`Self::NAMES`].
    ///
    /// # Errors
    /// [`Error::UnknownName`], which lists them.
    fn from_str(name: &str) -> Result<Self> {
        let spectral = |loss| Self::Spectral(Penalised { loss, beta: 0.0 });
        Ok(match name {
            "nt-xent" | "simclr" | "supcon" => Self::NtXent(NtXent { temperature: 0.1 }),
            "vicreg" => Self::VicReg(VicReg::default()),
            "barlow-twins" => Self::BarlowTwins(BarlowTwins::default()),
            "simclr2" => spectral(SpectralLoss::SimClr2),
            "vic2" => spectral(SpectralLoss::Vic2 { lambda: 2.0 }),
            "bt2" => spectral(SpectralLoss::BarlowTwins2),
            "ridge" => Self::Ridge(Ridge { lambda: 1e-3 }),
            _ => {
                let name = name.to_owned();
                return Err(Error::UnknownName { argument: "loss", name, known: Self::NAMES });
            }
        })
    }
}

impl<F: Scalar> Loss<F> for NamedLoss {
    fn evaluate_unchecked(
        &self,
        z: ArrayView2<F>,
        graph: &SimilarityGraph,
        gradient: Option<ArrayViewMut2<F>>,
    ) -> Result<f64> {
        let loss: &dyn Loss<F> = match self {
            Self::NtXent(loss) => loss,
            Self::VicReg(loss) => loss,
            Self::BarlowTwins(loss) => loss,
            Self::Spectral(loss) => loss,
            Self::Ridge(loss) => loss,
        };
        loss.evaluate_unchecked(z, graph, gradient)
    }
}
