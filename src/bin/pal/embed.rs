//! `pal embed`: from features to a state directory.

use std::path::{Path, PathBuf};

use ndarray::Array2;
use pal::active::{BeliefOptions, WarmStartOptions};
use pal::data::augment::ImageShape;
use pal::data::io::write_npy;
use pal::graph::NeighbourSearch;
use pal::model::Encoder;
use pal::oracle::Prices;
use pal::session::{self, Reading, Settings};
use pal::{Error, StateError};
use serde_json::json;

use crate::apart::require_apart;
use crate::failure::{Failure, Outcome, Result};
use crate::output::Output;
use crate::source::{self, Features, ReadingArgs};

/// Make a state directory from features: the representation and the classes that questions start from
///
/// Samples are joined to their nearest neighbours (columns in different units are standardised first), and the leading
/// eigenvectors of that graph are the representation. Answers that the directory holds already are kept if the features are
/// the same, and else keep it from being overwritten; a representation that `pal learn` made gives way to the features.
///
/// With --encoder, the features go through an encoder that `pal learn` trained, and its representation is written to --out; no
/// state directory is made.
#[derive(Debug, clap::Args)]
pub(crate) struct Embed {
    #[arg(long, value_name = "SOURCE", help = source::FEATURES_HELP)]
    features: String,
    #[command(flatten)]
    reading: ReadingArgs,
    /// The state directory, made if there is none
    #[arg(long, value_name = "DIR", required_unless_present = "encoder")]
    state: Option<PathBuf>,
    /// An encoder that `pal learn --encoder` wrote: applies it to the features instead of making a state of them
    #[arg(long, value_name = "FILE", conflicts_with = "state", requires = "out")]
    encoder: Option<PathBuf>,
    /// Also write the representation, a row a sample, to this .npy file
    #[arg(long, value_name = "Z.npy")]
    out: Option<PathBuf>,
    /// Neighbours that each sample is joined to
    #[arg(long, value_name = "K", default_value_t = WarmStartOptions::default().neighbours, allow_negative_numbers = true)]
    neighbours: usize,
    /// How neighbours are looked for: `auto` compares all pairs if they are not too many, and samples near each other alone
    /// beyond some 68 000 samples of 64 numbers
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    search: Search,
    /// The share of the nearest neighbours that `--search approximate` is to find, above 0 and below 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.95, allow_hyphen_values = true)]
    recall: f64,
    /// Most eigenvectors kept
    #[arg(long, value_name = "R", default_value_t = WarmStartOptions::default().modes, allow_negative_numbers = true)]
    modes: usize,
    /// How far beyond the clusters answers spread: a share of the graph's spectrum
    #[arg(long, value_name = "TAU", default_value_t = WarmStartOptions::default().smoothing, allow_hyphen_values = true)]
    smoothing: f64,
    /// How often an answer is taken to be wrong, at least 1e-12 and below 0.5
    #[arg(long, value_name = "E", default_value_t = BeliefOptions::default().error, allow_hyphen_values = true)]
    error: f64,
    /// Seed of all randomness, of later questions too
    #[arg(long, value_name = "S", default_value_t = 0, allow_negative_numbers = true)]
    seed: u64,
    /// The classes that answers may name, separated by commas, each once; without it, any name is a class. Spaces around a name
    /// do not count
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    classes: Vec<String>,
    /// Price of a question about a pair, at most 1e12 as all prices
    #[arg(long, value_name = "P", default_value_t = Prices::default().pair, allow_hyphen_values = true)]
    price_pair: f64,
    /// Price of a label
    #[arg(long, value_name = "P", default_value_t = Prices::default().label, allow_hyphen_values = true)]
    price_label: f64,
    /// Price of each candidate of a captcha
    #[arg(long, value_name = "P", default_value_t = Prices::default().candidate, allow_hyphen_values = true)]
    price_candidate: f64,
}

/// [`NeighbourSearch`] as an option.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Search {
    #[default]
    Auto,
    Exact,
    Approximate,
}

impl Embed {
    pub(crate) fn run(&self, output: Output) -> Result<Outcome> {
        self.require_output()?;
        if self.classes.iter().any(|name| name.trim().is_empty()) {
            let (what, found) = ("--classes".to_owned(), format!("{:?}", self.classes));
            return Err(Failure::Unfit { what, found, expected: "a name between commas".to_owned() });
        }
        BeliefOptions { error: self.error, ..BeliefOptions::default() }.require_valid()?;
        let reading = Reading::from(&self.reading);
        let features = source::features(&self.features, &reading, output)?;
        let constant = features.constant(&self.features, output);
        let Features { numbers, shape, names, header, left_out, .. } = features;
        let Some(state) = &self.state else { return self.encode(&numbers, shape, output) };
        let created = session::create(state, numbers, self.settings(reading, names));
        let session::Created { settings, start, answers: kept } = created.map_err(in_options)?;
        output.note(format_args!("{}: {}", self.features, settings.fingerprint));
        if let Some(path) = &self.out {
            write_npy(path, &start.features())?;
        }
        let (samples, clusters, modes) = (start.len(), start.number_of_clusters(), start.eigenvalues().len());
        let mut object = json!({
            "state": state.to_string_lossy(), "samples": samples, "clusters": clusters, "modes": modes, "answers": kept,
            "crc": settings.fingerprint.crc, "constant": constant,
        });
        if let Some(recall) = start.recall() {
            object["recall"] = json!(recall);
            output.note(format_args!(
                "{}: {:.1} % of the nearest neighbours found, by a sample of samples",
                self.features,
                100.0 * recall
            ));
        }
        if let Some(header) = header {
            object["header"] = json!(header);
            object["left_out"] = json!(left_out);
        }
        output.result(
            format_args!(
                "{}: {samples} samples in {clusters} clusters to start from, {modes} modes, {kept} answers kept",
                state.display()
            ),
            &object,
        )?;
        Ok(Outcome::Done)
    }

    /// Applies the encoder.
    fn encode(&self, numbers: &Array2<f64>, shape: ImageShape, output: Output) -> Result<Outcome> {
        let (Some(path), Some(out)) = (&self.encoder, &self.out) else { return Ok(Outcome::Done) };
        let encoder = Encoder::load(path)?;
        encoder.require_shape(shape).map_err(|error| Failure::Unfit {
            what: format!("features {}", self.features),
            found: error.to_string(),
            expected: format!("samples as the encoder {} was trained on", path.display()),
        })?;
        let z = encoder.embed(numbers.view())?;
        write_npy(out, &z)?;
        let (samples, columns) = z.dim();
        output.result(
            format_args!("{}: {samples} samples, {columns} numbers each", out.display()),
            &json!({ "out": out.to_string_lossy(), "samples": samples, "columns": columns, "loss": encoder.loss() }),
        )?;
        Ok(Outcome::Done)
    }

    /// The representation has a file of its own, whose name says its format.
    fn require_output(&self) -> Result<()> {
        let Some(path) = self.out.as_deref() else { return Ok(()) };
        let inputs = [Path::new(&self.features)].into_iter().chain(self.encoder.as_deref());
        require_apart([("--out", path)], inputs, self.state.as_deref())?;
        require_npy(path)
    }

    fn settings(&self, reading: Reading, names: Vec<String>) -> Settings {
        Settings {
            features: self.features.clone(),
            reading: Some(reading),
            neighbours: self.neighbours,
            search: match self.search {
                Search::Auto => NeighbourSearch::Auto,
                Search::Exact => NeighbourSearch::Exact,
                Search::Approximate => NeighbourSearch::Approximate { recall: self.recall },
            },
            modes: self.modes,
            smoothing: self.smoothing,
            error: self.error,
            seed: self.seed,
            prices: Prices {
                pair: self.price_pair,
                label: self.price_label,
                candidate: self.price_candidate,
                ..Prices::default()
            },
            classes: self.classes.clone(),
            names,
            ..Settings::default()
        }
    }
}

/// The name of a file for a representation says its format.
pub(crate) fn require_npy(path: &Path) -> Result<()> {
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("npy")) {
        return Ok(());
    }
    Err(Failure::Unfit {
        what: format!("--out {}", path.display()),
        found: "another ending".to_owned(),
        expected: "a name that ends in .npy".to_owned(),
    })
}

/// What is in the way, in the words of the command line.
pub(crate) fn in_options(error: Error) -> Failure {
    match error {
        Error::State(StateError::OtherFeatures { folder, found, given }) => {
            Failure::OtherFeatures { folder, found, given }
        }
        other => other.into(),
    }
}
