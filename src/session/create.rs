//! From features to a state directory.

use std::path::Path;
use std::sync::Arc;

use ndarray::{CowArray, Ix2};

use super::folder::Folder;
use super::settings::FORMAT;
use super::{Fingerprint, Settings};
use crate::active::{Belief, WarmStart};
use crate::error::{Error, Result, StateError, check};

/// A state directory that was just made.
#[derive(Clone, Debug)]
pub struct Created {
    /// The settings as they were written.
    pub settings: Settings,
    /// What questions start from.
    pub start: Arc<WarmStart>,
    /// Answers about the same features that the directory held already, and that stand: they are kept.
    pub answers: usize,
}

/// Makes a state directory of features `(n, p)`, or makes its start anew: writes the warm start, then the settings.
///
/// A missing directory is created. A program that reads it meanwhile sees the old state or the new one. An owned array is changed
/// in place, a view is copied if need be. Cost that of [`WarmStart::of_features`].
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use pal::session::{Settings, State, create};
///
/// let folder = tempfile::tempdir()?;
/// let iris = pal::data::iris()?;
/// let settings = Settings { features: "irises".into(), seed: 7, ..Settings::default() };
/// let created = create(folder.path(), iris.inputs.view(), settings)?;
/// assert_eq!((created.settings.fingerprint.samples, created.answers), (150, 0));
/// assert_eq!(State::open(folder.path())?.settings(), &created.settings);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`StateError::OtherFeatures`] if there are answers about other features, [`StateError::Locked`] while another program may
/// write; [`Error::Domain`] for options out of their range, [`Error::Empty`] for a class without a name and
/// [`StateError::RepeatedClass`] for one that comes twice, [`Error::Shape`]
/// unless there is a name for every sample or for none; as [`WarmStart::of_features`], and
/// [`Error::Io`]. The state that was there still stands then, and where nothing was, options and features that are refused leave
/// nothing.
pub fn create<'a>(
    folder: impl AsRef<Path>,
    features: impl Into<CowArray<'a, f64, Ix2>>,
    settings: Settings,
) -> Result<Created> {
    let features = features.into();
    let classes = settings.classes.iter().map(|name| name.trim().to_owned()).collect();
    let settings = Settings { classes, ..settings };
    settings.require_valid()?;
    if !settings.names.is_empty() {
        check::shape("names", &[features.nrows()], &[settings.names.len()])?;
    }
    let fingerprint = Fingerprint::of(features.view());
    let mut settings = Settings { format: FORMAT, fingerprint, learned: None, ..settings };
    let (path, folder) = (folder.as_ref(), Folder::new(folder.as_ref()));
    // Where no session was yet, nothing is made before all is checked, so that nothing is left of what is refused.
    let early = folder.has_lock().then(|| folder.lock()).transpose()?;
    answers_kept(path, &folder, &settings.fingerprint)?;
    let start = Arc::new(WarmStart::of_features(features, &settings.warm_start())?);
    Belief::new(Arc::clone(&start), settings.belief())?; // the options are options
    let _lock = early.map_or_else(|| folder.lock(), Ok)?;
    let answers = answers_kept(path, &folder, &settings.fingerprint)?; // those given meanwhile as well
    folder.write(&start, &mut settings)?;
    Ok(Created { settings, start, answers })
}

/// How many answers about these features there are already; those about others are in the way.
fn answers_kept(path: &Path, folder: &Folder, given: &Fingerprint) -> Result<usize> {
    let found = match folder.settings()? {
        Some(settings) if settings.fingerprint != *given => settings.fingerprint,
        _ => return Ok(folder.log(given)?.records().count()),
    };
    if folder.log(&found)?.entries().next().is_none() {
        return Ok(0);
    }
    let [found, given] = [&found, given].map(Fingerprint::to_string);
    Err(Error::State(StateError::OtherFeatures { folder: path.to_owned(), found, given }))
}
