//! `pal export`: what came out, for other programs.

use std::path::{Path, PathBuf};

use clap::ArgGroup;
use pal::session::State;
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
    /// The class of each sample and how sure it is: .csv or .jsonl with sample, class, confidence, asked (whether an answer was
    /// about it), and name if the features had a column of names; .npz with class and asked as integers and confidence; or
    /// .npy with a row (class, confidence) a sample
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
        let wanted: [(&str, &Option<PathBuf>, Writer); 3] = [
            ("labels", &self.labels, |state, path| state.write_labels(path)),
            ("pairs", &self.pairs, |state, path| state.write_pairs(path)),
            ("graph", &self.graph, |state, path| state.write_graph(path)),
        ];
        let outputs = [("--labels", &self.labels), ("--pairs", &self.pairs), ("--graph", &self.graph)];
        let outputs = outputs.into_iter().filter_map(|(option, path)| Some((option, path.as_deref()?)));
        require_apart(outputs, [Path::new(&state.settings().features)], Some(&self.state))?;
        for (what, path, write) in wanted {
            if let Some(path) = path {
                let rows = write(&state, path)?;
                let sentence = format!("{what}: {rows} rows in {}", path.display());
                output.result(sentence, &json!({ "written": what, "rows": rows, "path": path }))?;
            }
        }
        Ok(Outcome::Done)
    }
}
