//! What a command writes, kept apart from what it reads, from the state directory, and from its other outputs.

use std::fs;
use std::path::Path;

use pal::data::io::Place;
use pal::session::is_of_state;

use crate::failure::{Failure, Result};

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
    let folder = state.map(Place::of);
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
        let is_in_state = folder.as_ref().is_some_and(|folder| place.is_in(folder));
        let will_be_of_state = is_in_state && place.name().is_some_and(is_of_state);
        if will_be_of_state || of_state.iter().any(|file| file.is(&place)) {
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
