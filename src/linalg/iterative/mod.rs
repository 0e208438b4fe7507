//! Leading eigenpairs of an operator that is known by its products, by the solver that [`LeadingPairs`] chooses.

mod compact_lanczos;
mod filtered;
mod found;
mod lanczos;
mod leading;
mod lobpcg;
mod panels;
mod ritz_space;

pub(crate) use compact_lanczos::CompactLanczos;
pub use lanczos::ThickRestartLanczos;
pub use leading::{CertifiedPairs, LeadingPairs, Method};
pub use lobpcg::Lobpcg;
