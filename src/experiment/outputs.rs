//! Where the outputs of an experiment are.

use std::path::{Path, PathBuf};

/// The files of an experiment: `FOLDER/NAME.csv`, its record, its pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outputs {
    /// The folder.
    pub folder: PathBuf,
    /// Name of the experiment, with which all names of files begin.
    pub name: &'static str,
}

impl Outputs {
    /// The files of the experiment of this name in a folder.
    #[must_use]
    pub fn new(folder: impl AsRef<Path>, name: &'static str) -> Self {
        Self { folder: folder.as_ref().to_owned(), name }
    }

    /// `FOLDER/NAME.extension`.
    #[must_use]
    pub fn path(&self, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{extension}", self.name))
    }

    /// `FOLDER/NAMEending`, the path of a picture without its extension.
    #[must_use]
    pub fn picture(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}{ending}", self.name))
    }
}
