//! What a command writes, kept apart from what it reads, from the state directory, and from its other outputs.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::state::is_of_state;

/// An output with the option that names it.
pub(crate) type Named<'a> = (&'static str, &'a Path);

/// Refuses an output that is one of `inputs` or of the outputs before it, or a file that makes up the state, whatever links lead
/// there. Pipes and devices are no files that could be lost.
pub(crate) fn require_apart<'a>(
    outputs: impl IntoIterator<Item = Named<'a>>,
    inputs: impl IntoIterator<Item = &'a Path>,
    state: Option<&Path>,
) -> Result<()> {
    let inputs: Vec<Place> = inputs.into_iter().map(Place::of).collect();
    let folder = state.map(|state| Place::of(state).path);
    let files = state.and_then(|state| fs::read_dir(state).ok()).into_iter().flatten().flatten();
    let of_state = files.filter(|file| is_of_state(&file.file_name()));
    let of_state: Vec<Place> = of_state.map(|file| Place::of(&file.path())).collect();
    let mut before: Vec<(&str, Place)> = Vec::new();
    for (option, path) in outputs {
        let place = Place::of(path);
        let refused = |found: String, expected: &str| {
            Err(Failure::Unfit {
                what: format!("{option} {}", path.display()),
                found,
                expected: expected.to_owned(),
            })
        };
        let is_in_state = folder.as_deref().is_some_and(|folder| {
            place.path.parent() == Some(folder) && place.path.file_name().is_some_and(is_of_state)
        });
        if is_in_state || of_state.iter().any(|file| file.is(&place)) {
            return refused("a file of the state".to_owned(), "another");
        }
        if inputs.iter().any(|input| input.is(&place)) {
            return refused("a file that is read".to_owned(), "another");
        }
        if let Some((other, _)) = before.iter().find(|(_, other)| other.is(&place)) {
            return refused(format!("the file that {other} writes"), "another");
        }
        before.push((option, place));
    }
    Ok(())
}

/// Where a path leads.
struct Place {
    /// Without links, as far as it exists.
    path: PathBuf,
    /// What the system knows the file by, if it is one.
    node: Option<Node>,
    /// Whether it is there and neither a file nor a folder.
    is_stream: bool,
}

/// Links to files that are not there yet which may follow each other, as many as Linux allows.
const MOST_LINKS: usize = 40;

impl Place {
    fn of(path: &Path) -> Self {
        let found = fs::metadata(path).ok();
        let mut target = path.to_owned();
        if found.is_none() {
            for _ in 0..MOST_LINKS {
                let Ok(next) = fs::read_link(&target) else { break };
                target = target.parent().unwrap_or(Path::new("")).join(next);
            }
        }
        Self {
            path: resolved(&target),
            node: found.as_ref().filter(|found| found.is_file()).and_then(node),
            is_stream: found.is_some_and(|found| !found.is_file() && !found.is_dir()),
        }
    }

    fn is(&self, other: &Self) -> bool {
        !self.is_stream && (self.path == other.path || self.node.is_some() && self.node == other.node)
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

/// Device and number.
type Node = (u64, u64);

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "other systems have none")]
fn node(file: &Metadata) -> Option<Node> {
    use std::os::unix::fs::MetadataExt;
    Some((file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn node(_: &Metadata) -> Option<Node> {
    None
}
