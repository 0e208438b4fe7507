//! Where paths lead: through links, and whether two of them are one file.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

/// The folder that a file is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Links that may follow each other, as many as Linux allows.
pub(super) const MOST_LINKS: usize = 40;

/// The path, and what it leads to as long as that is a symbolic link: at most [`MOST_LINKS`] steps.
pub(super) fn followed(path: &Path) -> impl Iterator<Item = PathBuf> {
    let next = |at: &PathBuf| fs::read_link(at).ok().map(|next| folder_of(at).join(next));
    std::iter::successors(Some(path.to_owned()), next).take(MOST_LINKS + 1)
}

/// What the system knows a file by: device and number. `None` where it has no such thing.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "other systems have none")]
pub(super) fn node(file: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((file.dev(), file.ino()))
}

#[cfg(not(unix))]
pub(super) fn node(_: &Metadata) -> Option<(u64, u64)> {
    None
}

/// Where a path leads, whether or not something is there.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use pal::data::io::Place;
///
/// let folder = tempfile::tempdir()?;
/// let [plain, dotted] = ["a.csv", "./a.csv"].map(|name| Place::of(&folder.path().join(name)));
/// assert!(plain.is(&dotted) && plain.is_in(&Place::of(folder.path())));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Place {
    /// Without links and dots, as far as it exists.
    path: PathBuf,
    /// What the system knows the file by, if it is one.
    node: Option<(u64, u64)>,
    /// Whether it is there and neither a file nor a folder.
    is_stream: bool,
}

impl Place {
    /// Follows the path.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let found = fs::metadata(path).ok();
        let target = if found.is_some() { None } else { followed(path).last() };
        Self {
            path: resolved(target.as_deref().unwrap_or(path)),
            node: found.as_ref().filter(|found| found.is_file()).and_then(node),
            is_stream: found.is_some_and(|found| !found.is_file() && !found.is_dir()),
        }
    }

    /// Whether both are one file, or will be once it is written; pipes and devices are never, for nothing is lost there.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        !self.is_stream && (self.path == other.path || self.node.is_some() && self.node == other.node)
    }

    /// Whether it lies in this folder, not below.
    #[must_use]
    pub fn is_in(&self, folder: &Self) -> bool {
        self.path.parent() == Some(&folder.path)
    }

    /// The name at the end of all links, if there is one.
    #[must_use]
    pub fn name(&self) -> Option<&std::ffi::OsStr> {
        self.path.file_name()
    }
}

/// The path without links and dots: of its longest part that exists as the system says, then the names that follow.
fn resolved(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for start in absolute.ancestors() {
        if let (Ok(found), Ok(rest)) = (start.canonicalize(), absolute.strip_prefix(start)) {
            return if rest.as_os_str().is_empty() { found } else { found.join(rest) };
        }
    }
    absolute
}
