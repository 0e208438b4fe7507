//! Leading eigenpairs of an operator that is known by its products, by the solver that [`LeadingPairs`] chooses.

mod filtered;
mod found;
mod lanczos;
mod leading;
mod lobpcg;
mod panels;
mod ritz_space;

pub use lanczos::ThickRestartLanczos;
pub use leading::{CertifiedPairs, LeadingPairs, Method};
pub use lobpcg::Lobpcg;
