//! The arguments all experiments share.

use std::path::PathBuf;

use clap::Parser;
use serde::{Deserialize, Serialize};

/// How much of an experiment's protocol to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// All of it.
    #[default]
    Full,
    /// A few trials, to see that it works.
    Quick,
}

impl Scale {
    /// What belongs to this scale.
    #[must_use]
    pub fn of<T>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}

/// The arguments of a run.
#[derive(Clone, Debug, PartialEq, Parser)]
#[command(version, no_binary_name = true, after_help = AFTER_HELP)]
pub struct Args {
    /// Independent trials to average over
    #[arg(long, value_name = "N")]
    pub trials: Option<usize>,
    /// Seed of all randomness; the same seed gives the same bytes in every CSV, on any number of threads
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// Folder of the outputs, created if missing
    #[arg(long, value_name = "DIR", default_value = "figures")]
    pub out: PathBuf,
    /// Threads to run the trials on [default: all cores]
    #[arg(long, value_name = "T")]
    pub threads: Option<usize>,
    /// A quick look with few trials instead of the full protocol
    #[arg(
        long = "quick",
        value_enum,
        num_args = 0,
        default_value = "full",
        default_missing_value = "quick",
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub scale: Scale,
    /// Compute nothing: draw the curves that are in DIR once more, and leave other pictures as they are
    #[arg(long, conflicts_with_all = ["trials", "seed", "threads", "scale"])]
    pub redraw: bool,
}

const AFTER_HELP: &str = "\
Writes to DIR, named after the experiment: the figure (.svg, .png), its numbers (.csv) and how they were made (.json).
Exit code: 0 if all is written, 2 if an argument or the computation is at fault.";

impl Default for Args {
    /// What an empty command line says.
    fn default() -> Self {
        Self {
            trials: None,
            seed: 0,
            out: "figures".into(),
            threads: None,
            scale: Scale::Full,
            redraw: false,
        }
    }
}
