//! `pal export`: what came out, for other programs.

use std::path::{Path, PathBuf};

use clap::ArgGroup;
use pal::session::{Exported, State};
use serde_json::json;

use crate::apart::require_apart;
use crate::failure::{Outcome, Result};
use crate::output::Output;

/// Write labels, answered pairs and the similarity graph to files
///
/// The names' endings say the formats. Numbers of samples and classes count from 0.
#[derive(Debug, clap::Args)]
#[command(group(ArgGroup::new("outputs").required(true).multiple(true)))]
pub(crate) struct Export {
    /// The state directory; another program may be asking meanwhile
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// The class of each sample and how sure the program is of it: .csv or .jsonl with sample, class, confidence, asked (whether
    /// an answer was about it), name if the features had a column of names, and `class_name` if answers named classes (the name
    /// most of them gave to samples of that class); .npz with class and asked as integers and confidence; or .npy with a row
    /// (class, confidence) a sample. The confidence is the program's own probability, given what it started from and the
    /// answers: nobody has checked it, and without answers it is near 1 however many are wrong. What audits prove is the
    /// remaining error that `pal label` and `pal report` state
    #[arg(long, value_name = "FILE", group = "outputs")]
    labels: Option<PathBuf>,
    /// What answers that stand say of pairs: .csv or .jsonl with id, i, j, same, annotator, seconds
    #[arg(long, value_name = "FILE", group = "outputs")]
    pairs: Option<PathBuf>,
    /// The similarity graph, once a pair of samples i < j that are neighbours or were asked about, as coordinates: .csv or .npz
    /// with row, column, weight (of the neighbours' graph, or 0) and together (how probably they belong together)
    #[arg(long, value_name = "FILE", group = "outputs")]
    graph: Option<PathBuf>,
}

type Writer = fn(&State, &Path) -> pal::Result<usize>;

impl Export {
    pub(crate) fn run(&self, output: Output) -> Result<Outcome> {
        let state = State::open(&self.state)?;
        let outputs: [(&str, &Option<PathBuf>, Exported, Writer); 3] = [
            ("--labels", &self.labels, Exported::Labels, |state, path| state.write_labels(path)),
            ("--pairs", &self.pairs, Exported::Pairs, |state, path| state.write_pairs(path)),
            ("--graph", &self.graph, Exported::Graph, |state, path| state.write_graph(path)),
        ];
        let given = outputs.into_iter().filter_map(|(option, path, what, write)| {
            let path = path.as_deref()?;
            Some((option, path, what, write))
        });
        let given: Vec<(&str, &Path, Exported, Writer)> = given.collect();
        let named = given.iter().map(|&(option, path, ..)| (option, path));
        require_apart(named, [Path::new(&state.settings().features)], Some(&self.state))?;
        // All, before the first is written.
        given.iter().try_for_each(|(_, path, what, _)| what.ending_of(path).map(drop))?;
        for (option, path, _, write) in given {
            let what = option.trim_start_matches("--");
            let (rows, path) = (write(&state, path)?, path.display().to_string());
            let sentence = format!("{what}: {rows} rows in {path}");
            output.result(sentence, &json!({ "written": what, "rows": rows, "path": path }))?;
        }
        Ok(Outcome::Done)
    }
}
