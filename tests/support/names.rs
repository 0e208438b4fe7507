//! What the files of the repository define, for the tests of documents that name it.

use std::fs;
use std::path::Path;

/// Whether a Rust file defines a function, type, trait or constant of this name.
pub(crate) fn defines(path: &Path, name: &str) -> bool {
    let text = fs::read_to_string(path).unwrap_or_else(|_| panic!("{} cannot be read", path.display()));
    ["fn", "struct", "enum", "trait", "const"].iter().any(|kind| {
        text.match_indices(&format!("{kind} {name}")).any(|(at, found)| {
            !text[at + found.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
        })
    })
}
