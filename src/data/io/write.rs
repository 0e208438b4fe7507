//! Files written whole or not at all.

use std::fs::{self, File, Metadata};
use std::io::{self, BufWriter, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::at;
use super::place::{MOST_LINKS, folder_of, followed, node};
use crate::error::Result;

/// Writes a file whole or not at all: `write` fills a temporary file in the same folder, which then takes the
/// place of `path`. A missing folder is created. If anything fails, what stood at `path` still stands.
///
/// A symbolic link stays, and the file that it leads to is written so; its permissions stay as well, and a file that may not
/// be written is refused. Of several hard links that are one file, `path` alone becomes the new one. What is no file (a pipe, a
/// device such as `/dev/null` or `/dev/stdout`) gets the bytes, once they are all there, and stays what it is.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) with `path`, or with its folder if that cannot be created or written to.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
) -> Result<()> {
    match Target::of(path).map_err(at(path))? {
        Target::File { path: target, old } => {
            let mut file = temporary_in(folder_of(&target))?;
            let write_all = || {
                filled(file.as_file_mut(), write)?;
                old.map_or(Ok(()), |old| keep_owner_and_permissions(file.as_file(), &old))?;
                file.as_file().sync_data()
            };
            write_all().map_err(at(path))?;
            file.persist(&target).map_err(|refused| at(path)(refused.error))?;
            Ok(())
        }
        Target::Stream(mut stream) => {
            let write_all = || {
                let mut file = tempfile::tempfile()?;
                filled(&mut file, write)?;
                file.rewind()?;
                io::copy(&mut file, &mut stream)?;
                stream.flush()
            };
            write_all().map_err(at(path))
        }
    }
}

/// Checks that `folder` exists, or can be created, and that files can be written into it.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) with the folder.
#[cfg(feature = "program")]
#[cfg(feature = "program")]
pub(crate) fn require_writable_folder(folder: &Path) -> Result<()> {
    temporary_in(folder).map(drop)
}

fn filled(
    file: &mut File,
    write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
) -> io::Result<()> {
    let mut writer = BufWriter::new(file);
    write(&mut writer)?;
    writer.flush()
}

/// Where bytes for a path go.
enum Target {
    /// To a file that takes the place of `path`, at the end of all links, and of the `old` one there, if there is one.
    File { path: PathBuf, old: Option<Metadata> },
    /// Into what is no file, or into an output that is open already.
    Stream(File),
}

impl Target {
    fn of(path: &Path) -> io::Result<Self> {
        let old = match fs::metadata(path) {
            // What is wrong with its folder is said of the folder.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => None,
            found => Some(found?),
        };
        if let Some(old) = &old {
            if old.is_dir() {
                return Err(io::Error::new(ErrorKind::IsADirectory, "it is a folder, expected a file"));
            }
            if let Some(open) = open_output(old) {
                return Ok(Self::Stream(open));
            }
            if !old.is_file() {
                return Ok(Self::Stream(File::options().write(true).open(path)?));
            }
            if old.permissions().readonly() {
                return Err(io::Error::new(ErrorKind::PermissionDenied, "the file is read-only"));
            }
            File::options().write(true).open(path)?; // the system's word on it; nothing is changed
        }
        let mut links: Vec<PathBuf> = followed(path).collect();
        let end = links.pop().filter(|_| links.len() < MOST_LINKS);
        // The links of processes lead to open files, whose names may be of others by now.
        if old.is_some() && links.iter().any(|link| link.starts_with("/proc")) {
            return Ok(Self::Stream(File::options().write(true).truncate(true).open(path)?));
        }
        let path = end.ok_or_else(|| io::Error::other("too many symbolic links"))?;
        Ok(Self::File { path, old })
    }
}

/// Standard output or error, if that is the file: it is written through what is open already, where that stands.
#[cfg(unix)]
fn open_output(file: &Metadata) -> Option<File> {
    use std::os::fd::AsFd;
    let outputs = [io::stdout().as_fd().try_clone_to_owned(), io::stderr().as_fd().try_clone_to_owned()];
    outputs
        .into_iter()
        .flatten()
        .map(File::from)
        .find(|output| output.metadata().is_ok_and(|open| node(&open) == node(file)))
}

#[cfg(not(unix))]
fn open_output(_: &Metadata) -> Option<File> {
    None
}

/// Gives the new file the owner of the old one, if the system allows it, and its permissions.
fn keep_owner_and_permissions(file: &File, old: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let _ = fchown(file, Some(old.uid()), Some(old.gid()));
    }
    file.set_permissions(old.permissions())
}

/// How the names of temporary files begin.
const TEMPORARY: &str = ".pal-";

/// Whether a file of this name is what a writer that was killed left behind, if none is at work in its folder.
#[must_use]
pub fn is_temporary(name: &str) -> bool {
    name.strip_prefix(TEMPORARY)
        .is_some_and(|rest| rest.len() == 6 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// A new temporary file in `folder`, which is created if missing.
fn temporary_in(folder: &Path) -> Result<NamedTempFile> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    #[cfg(unix)] // the crate's own default hides the file from every other user
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder).map_err(at(folder))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test that cannot go on has failed
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("file.txt");
        write_atomically(&path, |file| file.write_all(b"old")).unwrap();
        let failed = write_atomically(&path, |file| {
            file.write_all(&vec![b'x'; 100_000])?;
            Err(io::Error::other("power cut"))
        });
        assert!(failed.unwrap_err().to_string().contains("power cut"));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
