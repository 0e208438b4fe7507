//! `pal bench`: how many answers a strategy needs, on labelled data.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::builder::PossibleValuesParser;
use ndarray::Array2;
use pal::active::{
    Belief, BeliefOptions, STRATEGIES, StoppingRule, WarmStart, WarmStartOptions, ask_pairs, remaining_error,
    strategy,
};
use pal::data::Labels;
use pal::data::io::readable;
use pal::experiment::{Curve, Run, Scale, Settings, progress_bar};
use pal::oracle::{LabelOracle, Noise, Noisy, Oracle};
use pal::probe::{adjusted_rand_index, matched_accuracy};
use pal::session::Reading;
use pal::{Observer, plot};
use rand::Rng;
use serde::Serialize;
use serde_json::json;

use crate::apart::require_apart;
use crate::failure::{Outcome, Result};
use crate::limits;
use crate::output::Output;
use crate::source::{self, Features, LabelReading, ReadingArgs};

/// Measure on labelled data how fast a strategy finds the classes, with simulated answers
///
/// Writes DIR/bench.csv with the header series,x,mean,std,n: series NAME/ari (the adjusted Rand index of the classes believed
/// and the true ones) and NAME/accuracy (the share of samples right under the best naming of the classes), against the number
/// of answers x: 0 to 20, then every 5 to 100, every 10 to 500, every 50 beyond, and the budget; NAME/upper, the upper end of
/// what is said of the share of samples that are wrong. With it comes where an annotator would have stopped by --until-error,
/// and what was true then. Beside it DIR/bench.svg and
/// DIR/bench.png show the accuracy, and DIR/bench.json says how they were made. The same seed gives the same bytes in the CSV
/// on any number of threads.
#[derive(Debug, clap::Args)]
pub(crate) struct Bench {
    #[arg(long, value_name = "SOURCE", help = source::FEATURES_HELP)]
    features: String,
    /// The true class of each sample: an .npy or .npz file of numbers, a column of a table of text, or bundled:NAME
    #[arg(long, value_name = "SOURCE")]
    labels: String,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    label_reading: LabelReading,
    /// The strategy, or all of them
    #[arg(long, value_name = "NAME", default_value = STRATEGIES[0], value_parser = PossibleValuesParser::new(STRATEGIES.into_iter().chain(["all"])))]
    strategy: String,
    /// Answers a trial, at most 1000000
    #[arg(long, value_name = "Q", allow_hyphen_values = true)]
    budget: u32,
    /// Trials, each with random choices of its own, to average over; at most 10000
    #[arg(long, value_name = "T", default_value_t = 5, allow_negative_numbers = true)]
    trials: usize,
    /// Seed of all randomness
    #[arg(long, value_name = "S", default_value_t = 0, allow_negative_numbers = true)]
    seed: u64,
    /// Folder of the outputs, made if there is none
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Threads to run the trials on [default: all cores]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    threads: Option<usize>,
    /// How often the simulated annotator is wrong; about the same pair always or never
    #[arg(long, value_name = "P", default_value_t = 0.0, allow_hyphen_values = true)]
    error_rate: f64,
    /// How often an answer is taken to be wrong, at least 1e-12 and below 0.5
    #[arg(long, value_name = "E", default_value_t = BeliefOptions::default().error, allow_hyphen_values = true)]
    error: f64,
    /// Share of wrong samples at which an annotator stops: at most this is stated to be wrong, after at least 20 answers
    #[arg(long, value_name = "E", default_value_t = StoppingRule::default().target, allow_hyphen_values = true)]
    until_error: f64,
    /// Neighbours that each sample is joined to
    #[arg(long, value_name = "K", default_value_t = WarmStartOptions::default().neighbours, allow_negative_numbers = true)]
    neighbours: usize,
    /// Most eigenvectors kept
    #[arg(long, value_name = "R", default_value_t = WarmStartOptions::default().modes, allow_negative_numbers = true)]
    modes: usize,
}

/// What is measured at every point of the grid.
const MEASURES: [&str; 3] = ["ari", "accuracy", "upper"];

/// What a trial saw.
#[derive(Default)]
struct Trial {
    /// One list a measure.
    measured: [Vec<f64>; MEASURES.len()],
    /// Answers until the error was stated to be small enough, and the true share of wrong samples then.
    stopped: Option<(usize, f64)>,
}

#[derive(Serialize)]
struct Parameters<'a> {
    features: &'a str,
    labels: &'a str,
    strategies: Vec<&'static str>,
    budget: u32,
    error_rate: f64,
    error: f64,
    until_error: f64,
    neighbours: usize,
    modes: usize,
}

impl Bench {
    pub(crate) fn run(&self, output: Output) -> Result<Outcome> {
        BeliefOptions { error: self.error, ..BeliefOptions::default() }.require_valid()?;
        limits::require_until_error(self.until_error)?;
        limits::require_trials(self.trials)?;
        limits::require_answers(self.budget as usize)?;
        let endings =
            ["csv", "svg", "png", "json"].map(|ending| self.out.join("bench").with_extension(ending));
        let inputs = [&self.features, &self.labels].map(Path::new);
        require_apart(endings.iter().map(|path| ("--out", &**path)), inputs, None)?;
        let new_folders: Vec<&Path> = self.out.ancestors().take_while(|folder| !folder.exists()).collect();
        let measured = self.measure(output);
        if measured.is_err() {
            // What was made for the outputs goes where there is none.
            let _ = new_folders.into_iter().try_for_each(fs::remove_dir);
        }
        measured
    }

    fn measure(&self, output: Output) -> Result<Outcome> {
        let reading = Reading::from(&self.reading);
        let features = source::features(&self.features, &reading, output)?;
        features.constant(&self.features, output);
        let Features { numbers: features, header, .. } = features;
        let (labels, labels_header) =
            source::labels(&self.labels, features.nrows(), &reading, &self.label_reading, output)?;
        let strategies: Vec<&'static str> =
            STRATEGIES.into_iter().filter(|&name| self.strategy == "all" || self.strategy == name).collect();
        let run = Run::new("bench", self.settings())?;

        let tasks = run.trial_count * strategies.len();
        let observer = if output.shows_progress() { progress_bar() } else { Observer::default() };
        let progress = observer.begin("bench", "runs", 0..tasks);
        let starts =
            run.parallel(run.trial_count, |trial| self.start(&features, &mut run.trial_rng(trial)))?;
        let trials = run.parallel(tasks, |task| {
            let (trial, name) = (task / strategies.len(), strategies[task % strategies.len()]);
            let trial = self.trial(&starts[trial], &labels, name, run.trial_rng(trial));
            progress.step();
            trial
        })?;
        drop(progress);

        let x: Vec<f64> = self.grid().map(|answers| answers as f64).collect();
        let mut curves = Vec::new();
        for (at, name) in strategies.iter().enumerate() {
            let trials: Vec<&Trial> = trials.iter().skip(at).step_by(strategies.len()).collect();
            for (which, measure) in MEASURES.iter().enumerate() {
                let rows: Vec<&[f64]> = trials.iter().map(|trial| &trial.measured[which][..]).collect();
                curves.push(Curve::from_trials(format!("{name}/{measure}"), &x, &rows)?);
            }
        }
        run.save(&curves, &self.parameters(strategies))?;
        let shown: Vec<Curve> = curves.iter().skip(1).step_by(MEASURES.len()).map(renamed).collect();
        plot::curves(&run.outputs.picture(""), &shown, &plot::Axes::new("Answers", "Accuracy"))?;
        self.report(output, &curves, &trials, &run, [header, labels_header])?;
        Ok(Outcome::Done)
    }

    /// Each trial's start draws from its own stream; the strategies of a trial share it.
    fn start(&self, features: &Array2<f64>, rng: &mut impl Rng) -> pal::Result<Arc<WarmStart>> {
        let seed = rng.next_u64();
        let options = WarmStartOptions {
            neighbours: self.neighbours,
            modes: self.modes,
            seed,
            ..WarmStartOptions::default()
        };
        WarmStart::of_features(features.view(), &options).map(Arc::new)
    }

    fn trial(
        &self,
        start: &Arc<WarmStart>,
        labels: &Labels,
        name: &str,
        mut rng: impl Rng,
    ) -> pal::Result<Trial> {
        let mut annotator =
            Noisy::new(LabelOracle::new(labels), self.error_rate, Noise::Persistent, rng.next_u64())?;
        let options = BeliefOptions { error: self.error, seed: rng.next_u64(), ..BeliefOptions::default() };
        let mut belief = Belief::new(Arc::clone(start), options)?;
        let truth: Vec<usize> = labels.iter().flatten().collect();
        let stopping = StoppingRule { target: self.until_error, ..StoppingRule::default() };
        let (mut trial, mut last) = (Trial::default(), [0.0; MEASURES.len()]);
        let mut grid = self.grid().peekable();
        let budget = self.budget as usize;
        let ask = |pair| annotator.answer(&pair);
        ask_pairs(&mut belief, &strategy(name)?, ask, budget, &mut rng, |answers, belief| {
            let found = belief.classes();
            let accuracy = matched_accuracy(found, &truth)?;
            last = [adjusted_rand_index(found, &truth)?, accuracy, remaining_error(belief).interval.1];
            if grid.next_if_eq(&answers).is_some() {
                trial.measured.iter_mut().zip(last).for_each(|(list, value)| list.push(value));
            }
            if trial.stopped.is_none() && stopping.is_met(belief)? {
                trial.stopped = Some((answers, 1.0 - accuracy));
            }
            Ok(())
        })?;
        // Where nothing is left to ask, all stays as it is.
        for _ in grid {
            trial.measured.iter_mut().zip(last).for_each(|(list, value)| list.push(value));
        }
        Ok(trial)
    }

    /// The numbers of answers at which is measured.
    fn grid(&self) -> impl Iterator<Item = usize> {
        let budget = self.budget as usize;
        (0..=budget).filter(move |&answers| {
            let step = match answers {
                0..=20 => 1,
                21..=100 => 5,
                101..=500 => 10,
                _ => 50,
            };
            answers % step == 0 || answers == budget
        })
    }

    fn report(
        &self,
        output: Output,
        curves: &[Curve],
        trials: &[Trial],
        run: &Run,
        headers: [Option<bool>; 2],
    ) -> Result<()> {
        let strategies = curves.len() / MEASURES.len();
        for (at, of_strategy) in curves.chunks(MEASURES.len()).enumerate() {
            let name = of_strategy[0].series.trim_end_matches("/ari");
            let last = |curve: &Curve| curve.mean.last().copied().unwrap_or_default();
            let [ari, accuracy, upper] = [0, 1, 2].map(|which| last(&of_strategy[which]));
            let own = || trials.iter().skip(at).step_by(strategies);
            let stops = own().map(|trial| {
                trial.stopped.map(|(answers, error)| json!({ "answers": answers, "error": error }))
            });
            let mut object = json!({
                "strategy": name,
                "answers": self.budget,
                "ari": ari,
                "accuracy": accuracy,
                "upper": upper,
                "until_error": self.until_error,
                "stops": stops.collect::<Vec<_>>(),
            });
            for (name, header) in ["header", "labels_header"].into_iter().zip(headers) {
                if let Some(header) = header {
                    object[name] = json!(header);
                }
            }
            let reached = format!(
                "{name}: after {} answers, ARI {ari:.4}, accuracy {accuracy:.4}, at most {:.1} % stated to be wrong",
                self.budget,
                100.0 * upper,
            );
            output.result_of_lines(&[reached, self.stops(own())], &object)?;
        }
        output.note(format_args!(
            "{} trials in {:.1} s on {} threads, in {}",
            run.trial_count,
            run.wall_seconds(),
            run.threads,
            run.outputs.path("csv").display()
        ));
        Ok(())
    }

    /// Where an annotator would have stopped, and what was true then.
    fn stops<'a>(&self, trials: impl ExactSizeIterator<Item = &'a Trial>) -> String {
        let count = trials.len();
        let mut stops: Vec<(usize, f64)> = trials.filter_map(|trial| trial.stopped).collect();
        stops.sort_unstable_by_key(|&(answers, _)| answers);
        let (share, target) = (readable(self.until_error), 100.0 * self.until_error);
        let (Some((first, _)), Some((last, _))) = (stops.first(), stops.last()) else {
            return format!("  --until-error {share}: no trial of {count} stops");
        };
        let right = stops.iter().filter(|&&(_, error)| error <= self.until_error).count();
        format!(
            "  --until-error {share}: {} of {count} trials stop, after {first} to {last} answers; {right} of them have at most {target:.1} % \
             wrong then",
            stops.len(),
        )
    }

    fn settings(&self) -> Settings {
        Settings {
            trials: self.trials,
            seed: self.seed,
            scale: Scale::Full,
            out: self.out.clone(),
            threads: self.threads,
        }
    }

    fn parameters(&self, strategies: Vec<&'static str>) -> Parameters<'_> {
        let Self { features, labels, budget, error_rate, error, until_error, neighbours, modes, .. } = self;
        Parameters {
            features,
            labels,
            strategies,
            budget: *budget,
            error_rate: *error_rate,
            error: *error,
            until_error: *until_error,
            neighbours: *neighbours,
            modes: *modes,
        }
    }
}

fn renamed(curve: &Curve) -> Curve {
    let name = curve.series.rsplit_once('/').map_or(curve.series.as_str(), |(name, _)| name);
    Curve { series: name.to_owned(), ..curve.clone() }
}
