//! Leading eigenpairs of an operator that is known by its products, with one front door: [`LeadingPairs`].

mod lanczos;
mod leading;
mod lobpcg;
mod panels;
mod ritz_space;

pub use lanczos::ThickRestartLanczos;
pub use leading::{CertifiedPairs, LeadingPairs, Method};
pub use lobpcg::Lobpcg;
