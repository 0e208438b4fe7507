//! Progress of long computations, reported to an observer: the library itself writes to no terminal.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// How far a long computation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The computation: `training`, or the name of an experiment.
    pub task: &'a str,
    /// What is counted: `epochs`, `trials`, `steps`, `columns`.
    pub unit: &'static str,
    /// How many are done; never fewer than in the report before.
    pub done: usize,
    /// How many there will be at most. In the last report of every computation it is the number done, also where it
    /// converged or failed earlier.
    pub total: usize,
}

/// Who is told how far a computation has come; nobody by default. Being told changes no result.
///
/// Reports of one computation come one after the other, from whichever thread does the work; it waits until each has been
/// taken in.
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use ndarray::Array2;
/// use pal::linalg::PartialEigensolver;
/// use pal::{Observer, Progress};
///
/// let observer = Observer::new(|Progress { task, unit, done, total }| println!("{task}: {done} of {total} {unit}"));
/// let top = PartialEigensolver::default().observed_by(observer).leading(Array2::eye(200).view(), 2)?;
/// assert_eq!(top.values.to_vec(), [1.0, 1.0]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Observer(Option<Arc<Tell>>);

type Tell = dyn Fn(Progress) + Send + Sync;

impl Observer {
    /// An observer that calls `tell` with every report.
    pub fn new(tell: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    /// Reports the beginning of a computation that has done the first of `counts` units and will have done the second.
    ///
    /// ```
    /// let observer = pal::Observer::default();
    /// let files = observer.begin("reading", "files", 0..3);
    /// for _ in 0..3 {
    ///     files.step();
    /// }
    /// ```
    pub fn begin<'a>(&'a self, name: &'a str, unit: &'static str, counts: Range<usize>) -> Task<'a> {
        let task = Task { observer: self, name, unit, done: Mutex::new(counts.start), total: counts.end };
        task.report(counts.start, counts.end);
        task
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Observer(..)" } else { "Observer(none)" })
    }
}

/// A computation under way, which reports its steps to an [`Observer`], and its end when it is dropped.
#[derive(Debug)]
pub struct Task<'a> {
    observer: &'a Observer,
    name: &'a str,
    unit: &'static str,
    done: Mutex<usize>,
    total: usize,
}

impl Task<'_> {
    /// One unit more is done.
    pub fn step(&self) {
        self.steps(1);
    }

    /// So many units more are done.
    pub fn steps(&self, count: usize) {
        if self.observer.0.is_none() {
            return;
        }
        // Held until the report is taken in, so that reports come in order.
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        *done += count;
        self.report(*done, self.total);
    }

    fn report(&self, done: usize, total: usize) {
        if let Some(tell) = &self.observer.0 {
            tell(Progress { task: self.name, unit: self.unit, done, total });
        }
    }
}

impl Drop for Task<'_> {
    fn drop(&mut self) {
        let done = *self.done.get_mut().unwrap_or_else(PoisonError::into_inner);
        if done < self.total {
            self.report(done, done);
        }
    }
}
