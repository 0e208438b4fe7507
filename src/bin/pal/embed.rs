//! `pal embed`: from features to a state directory.

use std::path::{Path, PathBuf};

use pal::active::{BeliefOptions, WarmStartOptions};
use pal::data::io::write_npy;
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
/// the same, and else keep it from being overwritten.
#[derive(Debug, clap::Args)]
pub(crate) struct Embed {
    #[arg(long, value_name = "SOURCE", help = source::FEATURES_HELP)]
    features: String,
    #[command(flatten)]
    reading: ReadingArgs,
    /// The state directory, made if there is none
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// Also write the representation, a row a sample, to this .npy file
    #[arg(long, value_name = "Z.npy")]
    out: Option<PathBuf>,
    /// Neighbours that each sample is joined to
    #[arg(long, value_name = "K", default_value_t = WarmStartOptions::default().neighbours, allow_negative_numbers = true)]
    neighbours: usize,
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
        let Features { numbers, names, header, left_out, .. } = features;
        let created = session::create(&self.state, numbers, self.settings(reading, names));
        let session::Created { settings, start, answers: kept } = created.map_err(in_options)?;
        output.note(format_args!("{}: {}", self.features, settings.fingerprint));
        if let Some(path) = &self.out {
            write_npy(path, &start.features())?;
        }
        let (samples, clusters, modes) = (start.len(), start.number_of_clusters(), start.eigenvalues().len());
        let mut object = json!({
            "state": self.state.to_string_lossy(), "samples": samples, "clusters": clusters, "modes": modes, "answers": kept,
            "crc": settings.fingerprint.crc, "constant": constant,
        });
        if let Some(header) = header {
            object["header"] = json!(header);
            object["left_out"] = json!(left_out);
        }
        output.result(
            format_args!(
                "{}: {samples} samples in {clusters} clusters to start from, {modes} modes, {kept} answers kept",
                self.state.display()
            ),
            &object,
        )?;
        Ok(Outcome::Done)
    }

    /// The representation has a file of its own, whose name says its format.
    fn require_output(&self) -> Result<()> {
        let Some(path) = self.out.as_deref() else { return Ok(()) };
        require_apart([("--out", path)], [Path::new(&self.features)], Some(&self.state))?;
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("npy")) {
            return Ok(());
        }
        Err(Failure::Unfit {
            what: format!("--out {}", path.display()),
            found: "another ending".to_owned(),
            expected: "a name that ends in .npy".to_owned(),
        })
    }

    fn settings(&self, reading: Reading, names: Vec<String>) -> Settings {
        Settings {
            features: self.features.clone(),
            reading: Some(reading),
            neighbours: self.neighbours,
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

/// What is in the way, in the words of the command line.
fn in_options(error: Error) -> Failure {
    match error {
        Error::State(StateError::OtherFeatures { folder, found, given }) => {
            Failure::OtherFeatures { folder, found, given }
        }
        other => other.into(),
    }
}
