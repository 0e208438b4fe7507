//! `pal learn`: from answers to a representation.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use pal::data::io::write_npy;
use pal::loss::NamedLoss;
use pal::model::{Training, default_training};
use pal::session::{self, LearnOptions, Reading, Representation, Settings, State};
use pal::{Error, Observer, StateError};
use serde_json::json;

use crate::apart::require_apart;
use crate::embed::{in_options, require_npy};
use crate::failure::{Failure, Outcome, Result};
use crate::interrupt;
use crate::output::Output;
use crate::source::{self, Features, ReadingArgs};

/// Train an encoder on the samples and the answers about them, and move the state directory to its representation
///
/// Images (a folder of png and jpeg, or an array of three or four axes) go through a residual network, vectors through a
/// perceptron. It learns to give views of one sample, changed at random, and samples that the answers put together, the same
/// representation. All answers are kept, and are taken in anew from there; the same questions may be asked differently. The encoder
/// applies to new samples: `pal embed --encoder`.
///
/// A program that is killed leaves the old representation or the new one, and the same command goes on from the last epoch.
#[derive(Debug, clap::Args)]
pub(crate) struct Learn {
    /// The state directory; without one, --features make it as `pal embed` does
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// What to train on, in the order of the state's samples [default: what the state was made of, or last trained on]
    #[arg(long, value_name = "SOURCE", long_help = LEARN_HELP)]
    features: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
    /// The features are other numbers of the state's samples, in the same order: the images, say, where it was made of vectors
    #[arg(long)]
    same_samples: bool,
    /// Also write the encoder to this file, for `pal embed --encoder`
    #[arg(long, value_name = "FILE.safetensors")]
    encoder: Option<PathBuf>,
    /// Also write the representation, a row a sample, to this .npy file
    #[arg(long, value_name = "Z.npy")]
    out: Option<PathBuf>,
    /// The loss
    #[arg(long, value_name = "NAME", default_value_t = LearnOptions::default().loss, value_parser = PossibleValuesParser::new(NamedLoss::NAMES))]
    loss: String,
    /// Most passes over the samples
    #[arg(long, value_name = "N", default_value_t = default_training().epochs, allow_negative_numbers = true)]
    epochs: usize,
    /// Stop after the pass in which so many minutes are over
    #[arg(long, value_name = "M", allow_hyphen_values = true)]
    minutes: Option<f64>,
    /// Stop after so many passes without a smaller loss
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    patience: Option<usize>,
    /// Samples in a step
    #[arg(long, value_name = "N", default_value_t = default_training().batch, allow_negative_numbers = true)]
    batch: usize,
    /// Largest rate of Adam: it rises over a tenth of the steps and falls by a cosine
    #[arg(long, value_name = "R", default_value_t = default_training().schedule.peak(), allow_hyphen_values = true)]
    rate: f64,
    /// Views of each sample in a step
    #[arg(long, value_name = "K", default_value_t = LearnOptions::default().views, allow_negative_numbers = true)]
    views: usize,
    /// Weight of two samples that belong together, where two views of one sample have 1
    #[arg(long, value_name = "A", default_value_t = LearnOptions::default().together, allow_hyphen_values = true)]
    together: f64,
    /// Weight by which two samples that do not belong together are pushed apart, for losses that can; 0 does not
    #[arg(long, value_name = "A", default_value_t = LearnOptions::default().apart, allow_hyphen_values = true)]
    apart: f64,
    /// Weight of the probability that two samples belong together, of what is believed of each from the answers; counts for all pairs
    #[arg(long, value_name = "A", default_value_t = LearnOptions::default().believed, allow_hyphen_values = true)]
    believed: f64,
    /// Seed of all randomness of the training [default: that of the state]
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    seed: Option<u64>,
}

const LEARN_HELP: &str = "\
What to train on, in the order of the state's samples [default: what the state was made of, or last trained on]: as the \
features of `pal embed`";
const SECONDS: f64 = 60.0;
/// A century: beyond, no time is added to another.
const MOST_MINUTES: f64 = 5e7;

impl Learn {
    pub(crate) fn run(&self, output: Output) -> Result<Outcome> {
        let time = self.minutes.map(|given| minutes("--minutes", given)).transpose()?;
        self.require_options()?;
        let (source, reading, mut settings) = self.source()?;
        self.require_outputs(&source)?;
        let features = source::features(&source, &reading, output)?;
        interrupt::explain(&self.state, output)?;
        let Features { numbers, shape, names, .. } = features;
        if settings.is_none() {
            let seed = self.seed.unwrap_or_default();
            let new = Settings {
                features: source.clone(),
                reading: Some(reading.clone()),
                seed,
                names,
                ..Settings::default()
            };
            settings = Some(session::create(&self.state, numbers.view(), new).map_err(in_options)?.settings);
        }
        let seed = self.seed.or(settings.map(|settings| settings.seed)).unwrap_or_default();
        let observer =
            if output.shows_progress() { pal::experiment::progress_bar() } else { Observer::default() };
        let defaults = default_training();
        let options = LearnOptions {
            loss: self.loss.clone(),
            views: self.views,
            together: self.together,
            apart: self.apart,
            believed: self.believed,
            training: Training {
                epochs: self.epochs,
                batch: self.batch,
                schedule: defaults.schedule.with_peak(self.rate),
                seed,
                patience: self.patience,
                time,
                observer,
                ..defaults
            },
            features: source,
            reading: Some(reading),
            same_samples: self.same_samples,
        };
        let learned = session::learn(&self.state, numbers.view(), shape, options).map_err(other_samples)?;
        self.write(&learned)?;
        self.report(&learned, output)
    }

    /// What is trained on, how it is read, and the settings of the state if there is one.
    fn source(&self) -> Result<(String, Reading, Option<Settings>)> {
        let settings = match State::settings_of(&self.state) {
            Err(Error::State(StateError::Missing { .. })) if self.features.is_some() => None,
            settings => Some(settings?),
        };
        let reading = Reading::from(&self.reading);
        let kept = settings.as_ref().map(|settings| match &settings.learned {
            Some(learned) => (learned.features.clone(), learned.reading.clone()),
            None => (settings.features.clone(), settings.reading.clone()),
        });
        match (&self.features, kept) {
            (Some(features), _) => Ok((features.clone(), reading, settings)),
            (None, Some((features, kept))) => Ok((features, kept.unwrap_or_else(Reading::of_old), settings)),
            (None, None) => Err(Error::State(StateError::Missing { folder: self.state.clone() }).into()),
        }
    }

    /// Numbers that the library takes for granted, or would name otherwise.
    fn require_options(&self) -> Result<()> {
        if !self.rate.is_finite() || self.rate <= 0.0 {
            return Err(unfit("--rate", self.rate, "a positive number"));
        }
        if self.features.is_none() && !self.reading.is_default() {
            return Err(Failure::Unfit {
                what: "options for reading features".to_owned(),
                found: "no --features".to_owned(),
                expected: "--features; without it, features are read as before".to_owned(),
            });
        }
        Ok(())
    }

    fn require_outputs(&self, source: &str) -> Result<()> {
        let outputs = [("--out", self.out.as_deref()), ("--encoder", self.encoder.as_deref())];
        let outputs = outputs.into_iter().filter_map(|(option, path)| Some((option, path?)));
        require_apart(outputs, [Path::new(source)], Some(&self.state))?;
        self.out.as_deref().map_or(Ok(()), require_npy)
    }

    fn write(&self, learned: &Representation) -> Result<()> {
        if let Some(path) = &self.encoder {
            learned.encoder.save(path)?;
        }
        if let Some(path) = &self.out {
            write_npy(path, &learned.features)?;
        }
        Ok(())
    }

    fn report(&self, learned: &Representation, output: Output) -> Result<Outcome> {
        let settings = State::settings_of(&self.state)?;
        let answers = settings.learned.map_or(0, |learned| learned.answers);
        let (samples, columns) = learned.features.dim();
        let (epochs, clusters) = (learned.history.len(), learned.start.number_of_clusters());
        let loss = learned.history.last().map_or(f64::NAN, |epoch| epoch.loss);
        let sentence = format!(
            "{}: {samples} samples in {clusters} clusters to start from, {columns} numbers each, learned in {epochs} epochs from \
             {answers} answers, which are kept; {} = {loss:.4}",
            self.state.display(),
            self.loss
        );
        let object = json!({
            "state": self.state.to_string_lossy(), "samples": samples, "columns": columns, "clusters": clusters,
            "epochs": epochs, "loss": self.loss, "value": loss, "answers": answers,
        });
        output.result(sentence, &object)?;
        Ok(Outcome::Done)
    }
}

pub(crate) fn minutes(option: &str, given: f64) -> Result<Duration> {
    if (0.0..=MOST_MINUTES).contains(&given) {
        return Ok(Duration::from_secs_f64(SECONDS * given));
    }
    Err(unfit(option, given, "a number of minutes, at least 0 and at most 5e7"))
}

fn unfit(option: &str, given: f64, expected: &str) -> Failure {
    Failure::Unfit { what: option.to_owned(), found: given.to_string(), expected: expected.to_owned() }
}

/// What is in the way, in the words of the command line.
fn other_samples(error: Error) -> Failure {
    match error {
        Error::State(StateError::OtherFeatures { folder, found, given }) => {
            Failure::OtherSamples { folder, found, given }
        }
        other => other.into(),
    }
}
