//! What the code computes and why it may: every claim with its statement, its assumptions, its home and its tests.
//!
//! This module holds no code. It is the file `docs/theory.md` of the sources; links such as [claim T12](crate::theory#t12) in the
//! documentation of an item lead to the statements here.
//!
//! [`BarlowTwins`]: crate::loss::BarlowTwins
//! [`Certificate`]: crate::linalg::Certificate
//! [`Closure`]: crate::oracle::Closure
//! [`Closure::false_positives`]: crate::oracle::Closure::false_positives
//! [`Closure::of_two_classes`]: crate::oracle::Closure::of_two_classes
//! [`ContrastiveGraph`]: crate::graph::ContrastiveGraph
//! [`Eigenpairs::pair_bound`]: crate::linalg::Eigenpairs::pair_bound
//! [`Evidence`]: crate::oracle::Evidence
//! [`Evidence::star`]: crate::oracle::Evidence::star
//! [`FeatureRegime`]: crate::closed_form::FeatureRegime
//! [`Filter`]: crate::linalg::Filter
//! [`FittedKernel::leading`]: crate::closed_form::FittedKernel::leading
//! [`KernelRegime`]: crate::closed_form::KernelRegime
//! [`KernelSolver`]: crate::closed_form::KernelSolver
//! [`Knowledge`]: crate::oracle::Knowledge
//! [`LabelGraph`]: crate::graph::LabelGraph
//! [`Laplacian::energy`]: crate::graph::Laplacian::energy
//! [`LeadingPairs`]: crate::linalg::LeadingPairs
//! [`LinearProbe`]: crate::probe::LinearProbe
//! [`LinearRegime`]: crate::closed_form::LinearRegime
//! [`LinearRegime::minimise`]: crate::closed_form::LinearRegime::minimise
//! [`Minimiser::is_unique`]: crate::closed_form::Minimiser::is_unique
//! [`Minimiser::rank`]: crate::closed_form::Minimiser::rank
//! [`NtXent`]: crate::loss::NtXent
//! [`Nystrom`]: crate::kernel::Nystrom
//! [`Ridge`]: crate::loss::Ridge
//! [`SimilarityGraph::components`]: crate::graph::SimilarityGraph::components
//! [`SimilarityGraph::inner`]: crate::graph::SimilarityGraph::inner
//! [`SimilarityGraph::mixture`]: crate::graph::SimilarityGraph::mixture
//! [`SimilarityGraph::quadratic`]: crate::graph::SimilarityGraph::quadratic
//! [`SpectralLoss`]: crate::loss::SpectralLoss
//! [`SubspaceIteration`]: crate::linalg::SubspaceIteration
//! [`VicReg`]: crate::loss::VicReg
//! [`ViewGraph`]: crate::graph::ViewGraph
//! [`Woodbury`]: crate::linalg::Woodbury
//! [`captcha`]: crate::oracle::information::captcha
//! [`certificate`]: crate::oracle::cost::certificate
//! [`count_above`]: crate::linalg::count_above
//! [`cross_entropy`]: crate::loss::cross_entropy
//! [`discovery_cost`]: crate::active::discovery_cost
//! [`drop_entries`]: crate::graph::drop_entries
//! [`free`]: crate::closed_form::free
//! [`minimax`]: crate::oracle::cost::minimax
//! [`passive_median`]: crate::oracle::cost::passive_median
//! [`redraw_labels`]: crate::graph::redraw_labels
//! [`remaining_error`]: crate::active::remaining_error
//! [`supervised`]: crate::closed_form::supervised()
#![allow(clippy::doc_markdown)] // formulas are text
#![doc = include_str!("../docs/theory.md")]

// The links above come before those at the end of the file, and the first of a name counts: here names lead to the
// documentation of what they name, where the file is read by itself to the source.
