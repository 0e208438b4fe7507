//! One run: trials in parallel, each on its own random stream, and the record of what came out.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Instant, SystemTime};

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::Serialize;

use super::{Curve, Machine, Outputs, Provenance, Scale, date_in_utc, write_curves};
use crate::Observer;
use crate::data::io::require_writable_folder;
use crate::error::{Error, Result, check};
use crate::linalg::BACKEND;
use crate::random::{SHARED_STREAM, stream};

/// More would take the system longer to start than any trial takes to run.
const MOST_THREADS: usize = 1024;
/// Results of more would not fit into memory.
const MOST_TRIALS: usize = 1_000_000;

/// What a run is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Number of trials, from 1 to 1000000.
    pub trials: usize,
    /// The seed all randomness derives from.
    pub seed: u64,
    /// Full protocol or quick look.
    pub scale: Scale,
    /// Folder of the outputs, created if missing.
    pub out: PathBuf,
    /// Number of threads, from 1 to 1024; as many as there are cores if none.
    pub threads: Option<usize>,
}

/// A run, ready to start: its settings are checked and its output folder can be written.
#[derive(Debug)]
pub struct Run {
    /// Number of trials, at least 1.
    pub trial_count: usize,
    /// The seed all randomness derives from.
    pub seed: u64,
    /// Full protocol or quick look.
    pub scale: Scale,
    /// Where the outputs go.
    pub outputs: Outputs,
    /// Number of threads, at least 1.
    pub threads: usize,
    /// Who is told of the trials that are done; nobody at first.
    pub observer: Observer,
    pool: ThreadPool,
    started: Instant,
}

impl Run {
    /// A run whose outputs are called `name`. The clock starts.
    ///
    /// # Errors
    /// [`Error::Domain`] if the number of trials is not in `1..=1000000` or that of threads not in `1..=1024`, or the system
    /// cannot start so many;
    /// [`Error::Io`] if the output folder can neither be found nor created, or not be written.
    pub fn new(name: &'static str, settings: Settings) -> Result<Self> {
        let Settings { trials, seed, scale, out, threads } = settings;
        check::count("trials", trials, MOST_TRIALS, "from 1 to 1000000")?;
        let threads = threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
        check::count("threads", threads, MOST_THREADS, "from 1 to 1024")?;
        require_writable_folder(&out)?;
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().map_err(|_| Error::Domain {
            argument: "threads",
            value: threads as f64,
            must: "a number the system can start",
        })?;
        let outputs = Outputs::new(out, name);
        let observer = Observer::default();
        Ok(Self {
            trial_count: trials,
            seed,
            scale,
            outputs,
            threads,
            observer,
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

    /// A seed of trial `t`, from 0, for what takes a number instead of a stream: `t` plus an odd multiple of the run's
    /// seed modulo 2⁶⁴, hence `t` itself if the seed is 0, and other seeds for other trials and for other runs.
    #[must_use]
    pub fn trial_seed(&self, t: usize) -> u64 {
        /// 2⁶⁴ over the golden ratio: its multiples are far from each other.
        const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
        self.seed.wrapping_mul(SPREAD).wrapping_add(t as u64)
    }

    /// The results of all trials in trial order, whatever the number of threads.
    ///
    /// `trial` is called with the trial's number `t` from 0 and its random stream, in parallel; inside a trial it
    /// is on its own. The observer of the run is told of each that is done.
    ///
    /// # Errors
    /// That of the first trial, in trial order, that failed; trials after it are skipped if not yet begun.
    pub fn trials<T: Send>(
        &self,
        trial: impl Fn(usize, &mut ChaCha8Rng) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let progress = self.observer.begin(self.outputs.name, "trials", 0..self.trial_count);
        self.parallel(self.trial_count, |t| {
            let result = trial(t, &mut self.trial_rng(t));
            progress.step();
            result
        })
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
        write_curves(self.outputs.path("csv"), curves)?;
        let provenance = Provenance {
            name: self.outputs.name.to_owned(),
            parameters,
            scale: self.scale,
            trials: self.trial_count,
            seed: self.seed,
            threads: self.threads,
            wall_seconds: self.wall_seconds(),
            backend: BACKEND.to_owned(),
            crate_version: env!("CARGO_PKG_VERSION").to_owned(),
            date: Some(date_in_utc(SystemTime::now())),
            machine: Some(Machine::here()),
        };
        provenance.write(self.outputs.path("json"))
    }
}
