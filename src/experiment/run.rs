//! Experiments, and one run of them: its trials in parallel, each on its own random stream.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::Serialize;

use super::{Args, Curve, Provenance, Scale, write_curves};
use crate::data::io::require_writable_folder;
use crate::error::{Error, Result, check};
use crate::linalg::BACKEND;
use crate::random::{SHARED_STREAM, stream};

/// More would take the system longer to start than any trial takes to run.
const MOST_THREADS: usize = 1024;
/// Results of more would not fit into memory.
const MOST_TRIALS: usize = 1_000_000;

/// An experiment: what it is called, what it asks, how often, and the function that does it.
#[derive(Clone, Copy, Debug)]
pub struct Experiment {
    /// Name of the experiment and of its output files.
    pub name: &'static str,
    /// One sentence: the question it answers.
    pub about: &'static str,
    /// Trials of the full protocol.
    pub trials: usize,
    /// Trials of a quick look.
    pub quick_trials: usize,
    /// Computes and writes the outputs.
    pub body: fn(&Run) -> Result<()>,
}

impl Experiment {
    /// Runs the experiment; nothing is computed if the output folder cannot be written.
    ///
    /// # Errors
    /// Those of [`Run::new`] and of the body.
    pub fn run(&self, args: &Args) -> Result<()> {
        (self.body)(&Run::new(self, args)?)
    }
}

/// A run of an experiment, ready to start: its arguments are checked and its output folder can be written.
#[derive(Debug)]
pub struct Run {
    /// The experiment.
    pub name: &'static str,
    /// Number of trials, at least 1.
    pub trial_count: usize,
    /// The seed all random streams derive from.
    pub seed: u64,
    /// Full protocol or quick look.
    pub scale: Scale,
    /// Folder of the outputs.
    pub out: PathBuf,
    /// Number of threads, at least 1.
    pub threads: usize,
    pool: ThreadPool,
    started: Instant,
}

impl Run {
    /// A run of `experiment`; what `args` leaves open is the experiment's own default. The clock starts.
    ///
    /// # Errors
    /// [`Error::Domain`] if the number of trials is not in `1..=1000000` or that of threads not in `1..=1024`, or the system
    /// cannot start so many;
    /// [`Error::Io`] if the output folder can neither be found nor created, or not be written.
    pub fn new(experiment: &Experiment, args: &Args) -> Result<Self> {
        let trial_count = args.trials.unwrap_or(match args.scale {
            Scale::Full => experiment.trials,
            Scale::Quick => experiment.quick_trials,
        });
        check::count("trials", trial_count, MOST_TRIALS, "from 1 to 1000000")?;
        let threads = args.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
        check::count("threads", threads, MOST_THREADS, "from 1 to 1024")?;
        require_writable_folder(&args.out)?;
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().map_err(|_| Error::Domain {
            argument: "threads",
            value: threads as f64,
            must: "a number the system can start",
        })?;
        Ok(Self {
            name: experiment.name,
            trial_count,
            seed: args.seed,
            scale: args.scale,
            out: args.out.clone(),
            threads,
            pool,
            started: Instant::now(),
        })
    }

    /// The random stream for what all trials share; the same from its beginning at every call.
    #[must_use]
    pub fn shared_rng(&self) -> ChaCha8Rng {
        stream(self.seed, SHARED_STREAM)
    }

    /// The random stream of trial `t`, from 0; the same from its beginning at every call.
    #[must_use]
    pub fn trial_rng(&self, t: usize) -> ChaCha8Rng {
        stream(self.seed, SHARED_STREAM + 1 + t as u64)
    }

    /// The results of all trials in trial order, whatever the number of threads.
    ///
    /// `trial` is called with the trial's number `t` from 0 and its random stream, in parallel; inside a trial it
    /// is on its own. Progress is shown if standard error is a terminal.
    ///
    /// # Errors
    /// That of the first trial, in trial order, that failed; trials after it are skipped if not yet begun.
    pub fn trials<T: Send>(
        &self,
        trial: impl Fn(usize, &mut ChaCha8Rng) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let progress = progress_bar(self.name, self.trial_count, "trials");
        let results = self.parallel(self.trial_count, |t| {
            let result = trial(t, &mut self.trial_rng(t));
            progress.inc(1);
            result
        });
        progress.finish_and_clear();
        results
    }

    /// `task(0)`, `task(1)`, … in order, computed in parallel on the threads of the run.
    ///
    /// # Errors
    /// That of the first task, in order, that failed; tasks after it are skipped if not yet begun.
    pub fn parallel<T: Send>(
        &self,
        count: usize,
        task: impl Fn(usize) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let first_failed = AtomicUsize::new(usize::MAX);
        let one = |t: usize| {
            // A task before every known failure always runs: it might be the first to fail.
            if t > first_failed.load(Ordering::Relaxed) {
                return None;
            }
            let result = task(t);
            if result.is_err() {
                first_failed.fetch_min(t, Ordering::Relaxed);
            }
            Some(result)
        };
        let results: Vec<Option<Result<T>>> =
            self.pool.install(|| (0..count).into_par_iter().with_max_len(1).map(one).collect());
        results.into_iter().flatten().collect()
    }

    /// Two tasks on the threads of the run, at the same time if there is more than one.
    ///
    /// # Errors
    /// That of the first task that failed; the other has run, too.
    pub fn both(
        &self,
        first: impl FnOnce() -> Result<()> + Send,
        second: impl FnOnce() -> Result<()> + Send,
    ) -> Result<()> {
        let (first, second) = self.pool.install(|| rayon::join(first, second));
        first.and(second)
    }

    /// `OUT/NAME`, the outputs' path without an extension.
    #[must_use]
    pub fn stem(&self) -> PathBuf {
        self.out.join(self.name)
    }

    /// The path of an output: `OUT/NAME.extension`.
    #[must_use]
    pub fn path(&self, extension: &str) -> PathBuf {
        self.out.join(format!("{}.{extension}", self.name))
    }

    /// Seconds since the run was made.
    #[must_use]
    pub fn wall_seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Writes the curves to `OUT/NAME.csv` and how they were made to `OUT/NAME.json`.
    ///
    /// # Errors
    /// Those of [`write_curves`] and [`Provenance::write`].
    pub fn save(&self, curves: &[Curve], parameters: &impl Serialize) -> Result<()> {
        write_curves(self.path("csv"), curves)?;
        let provenance = Provenance {
            name: self.name.to_owned(),
            parameters,
            scale: self.scale,
            trials: self.trial_count,
            seed: self.seed,
            threads: self.threads,
            wall_seconds: self.wall_seconds(),
            backend: BACKEND.to_owned(),
            crate_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        provenance.write(self.path("json"))
    }
}

/// A bar on standard error with name, the number done and the time left; hidden unless that is a terminal.
fn progress_bar(name: &str, count: usize, unit: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(count as u64).with_prefix(name.to_owned());
    match ProgressStyle::with_template(&format!(
        "{{prefix}} {{wide_bar}} {{pos}}/{{len}} {unit}, {{eta}} left"
    )) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
