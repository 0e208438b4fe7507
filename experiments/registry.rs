//! The experiments in the order of the page, the five of the paper first.
//!
//! A new one is a file beside this one and a line below; for a command of its own it has an entry in `Cargo.toml`.

// Each experiment brings its helpers along, so that it is also a program of its own, whose `main` is idle here.
#![allow(clippy::duplicate_mod, dead_code)]

use pal::experiment::Experiment;

macro_rules! experiments {
    ($($name:ident in $file:literal,)*) => {
        $(#[path = $file] pub mod $name;)*

        pub const EXPERIMENTS: &[Experiment] = &[$($name::EXPERIMENT),*];
    };
}

experiments! {
    active in "active.rs",
    contrastive in "contrastive.rs",
    interpolation in "interpolation.rs",
    missing_entries in "missing_entries.rs",
    noise in "noise.rs",
    spectrum in "spectrum.rs",
    nystrom in "nystrom.rs",
    circles_million in "circles_million.rs",
    equivalence in "equivalence.rs",
    collapse in "collapse.rs",
    training_meets_theory in "training_meets_theory.rs",
    labels_in_the_loss in "labels_in_the_loss.rs",
    active_ssl in "active_ssl.rs",
    wrong_views in "wrong_views.rs",
    query_cost in "query_cost.rs",
    pairs_on_real_data in "pairs_on_real_data.rs",
    labels_on_real_data in "labels_on_real_data.rs",
    noisy_oracle in "noisy_oracle.rs",
    unseen_data in "unseen_data.rs",
}
