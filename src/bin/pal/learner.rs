//! Learning in the background while questions are asked.

use std::thread::{self, JoinHandle};

use ndarray::Array2;
use pal::data::augment::ImageShape;
use pal::model::{Training, default_training};
use pal::session::{Fingerprint, LearnOptions, Reading, Representation, Session};

use crate::failure::{Failure, Result};
use crate::learn::minutes;
use crate::output::Output;
use crate::source::{self, Features};

/// When to learn in the background.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Background {
    /// Train anew in the background whenever so many answers came since the last training, as `pal learn` does; the next question
    /// does not wait, and the state moves to the new representation between two questions
    #[arg(long = "learn-every", value_name = "N", value_parser = clap::value_parser!(u32).range(1..), allow_negative_numbers = true)]
    every: Option<u32>,
    /// Most passes over the samples in such a training
    #[arg(long = "learn-epochs", value_name = "N", default_value_t = default_training().epochs, allow_negative_numbers = true, requires = "every")]
    epochs: usize,
    /// How long it may train, in minutes
    #[arg(long = "learn-minutes", value_name = "M", allow_hyphen_values = true, requires = "every")]
    minutes: Option<f64>,
}

/// Trains one encoder after the other on another thread.
pub(crate) struct Learner {
    every: usize,
    numbers: Array2<f64>,
    shape: ImageShape,
    options: LearnOptions,
    /// Answers that the last training knew.
    known: usize,
    running: Option<JoinHandle<pal::Result<Representation>>>,
}

impl Background {
    /// Reads what the state was made of or last trained on; nothing if there is no need.
    pub(crate) fn learner(&self, session: &Session, output: Output) -> Result<Option<Learner>> {
        let Some(every) = self.every else { return Ok(None) };
        let time = self.minutes.map(|given| minutes("--learn-minutes", given)).transpose()?;
        let settings = session.state().settings();
        let learned = settings.learned.as_ref();
        let (source, reading, found) = match learned {
            Some(learned) => (&learned.features, &learned.reading, &learned.inputs),
            None => (&settings.features, &settings.reading, &settings.fingerprint),
        };
        let reading = reading.clone().unwrap_or_else(Reading::of_old);
        let Features { numbers, shape, .. } = source::features(source, &reading, output)?;
        let (given, found) = (Fingerprint::of(numbers.view()), found.clone());
        if given != found {
            return Err(Failure::ChangedFeatures { path: source.clone(), found, given });
        }
        let default = LearnOptions::default();
        let options = LearnOptions {
            loss: learned.map_or(default.loss, |learned| learned.loss.clone()),
            training: Training { epochs: self.epochs, seed: settings.seed, time, ..default_training() },
            features: source.clone(),
            reading: Some(reading),
            ..LearnOptions::default()
        };
        // So that what cannot be trained is refused before the first question.
        session.state().learn_job(numbers.view(), shape, options.clone())?;
        let (every, known) = (every as usize, learned.map_or(0, |learned| learned.answers));
        Ok(Some(Learner { every, numbers, shape, options, known, running: None }))
    }
}

impl Learner {
    /// Between two questions: moves the state if a training is done, and begins one if it is time. What goes wrong in a training
    /// is told, and questions go on as before.
    pub(crate) fn between(&mut self, session: &mut Session, output: Output) -> Result<()> {
        if let Some(running) = self.running.take_if(|running| running.is_finished()) {
            match running.join() {
                Ok(Ok(representation)) => {
                    session.adopt(&representation)?;
                    let (answers, epochs) = (self.known, representation.history.len());
                    output.note(format_args!(
                        "a representation was learned from {answers} answers in {epochs} epochs; questions go on from there"
                    ));
                }
                Ok(Err(error)) => output.warning(format_args!("the representation stays as it is: {error}")),
                Err(_) => output.warning("the representation stays as it is: the training broke down"),
            }
        }
        let answers = session.state().log().records().count();
        if self.running.is_none() && answers >= self.known.saturating_add(self.every) {
            self.known = answers;
            let inputs = self.numbers.clone();
            let job = session.state().learn_job(inputs, self.shape, self.options.clone())?;
            self.running = Some(thread::spawn(move || job.run()));
        }
        Ok(())
    }
}
