//! Every public function of the rooms is in a list.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const ROOMS: [&str; 9] =
    ["linalg", "kernel", "graph", "loss", "autodiff", "closed_form", "probe", "model", "active"];

/// Functions that stand in no list, and why.
const EXEMPT: &[(&str, &[&str])] = &[];

/// The public functions of a source file: `Owner::name` of methods and of what traits declare, `name` of others.
fn functions(text: &str) -> Vec<String> {
    let (mut owner, mut is_trait, mut found) = (None, false, Vec::new());
    for line in text.lines().take_while(|line| *line != "#[cfg(test)]") {
        if line.starts_with("impl") || line.starts_with("pub trait") {
            is_trait = line.starts_with("pub trait");
            owner = Some(owner_of(line));
        } else if line.starts_with('}') {
            owner = None;
        }
        let declared = match &owner {
            None => line.strip_prefix("pub fn "),
            Some(_) if is_trait => line.strip_prefix("    fn "),
            Some(_) => line.strip_prefix("    pub fn "),
        };
        let Some(declared) = declared else { continue };
        let name: String = declared.chars().take_while(|&c| c.is_alphanumeric() || c == '_').collect();
        found.push(owner.as_ref().map_or(name.clone(), |owner| format!("{owner}::{name}")));
    }
    found
}

/// The name of the type or trait whose block begins in this line.
fn owner_of(line: &str) -> String {
    let mut rest = line.trim_start_matches("pub trait ").trim_start_matches("impl");
    if rest.starts_with('<') {
        let mut depth = 0;
        let end = rest.char_indices().find(|&(_, c)| {
            depth += i32::from(c == '<') - i32::from(c == '>');
            depth == 0
        });
        rest = &rest[end.expect("generics end").0 + 1..];
    }
    let rest = rest.split(" for ").last().expect("a block has an owner").trim();
    rest.chars().take_while(|&c| c.is_alphanumeric() || c == '_').collect()
}

fn collect(folder: &Path, room: &str, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a room is a folder") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            collect(&path, room, found);
        } else {
            let text = fs::read_to_string(&path).expect("a source file can be read");
            found.extend(functions(&text).into_iter().map(|name| format!("{room}::{name}")));
        }
    }
}

#[test]
fn every_public_function_is_listed() {
    let mut there = BTreeSet::new();
    for room in ROOMS {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room), room, &mut there);
    }
    let doors = super::doors(6, 0);
    let mut listed: BTreeMap<&str, &str> =
        doors.iter().flat_map(|door| door.names.split_whitespace()).map(|name| (name, "a door")).collect();
    for (reason, names) in EXEMPT {
        for name in *names {
            assert_eq!(listed.insert(name, reason), None, "{name} is exempt and has a door");
        }
    }
    let missing: Vec<_> = there.iter().filter(|name| !listed.contains_key(name.as_str())).collect();
    assert!(missing.is_empty(), "not in a list: {missing:#?}");
    let gone: Vec<_> = listed.keys().filter(|name| !there.contains(**name)).collect();
    assert!(gone.is_empty(), "listed, but not there: {gone:#?}");
}

#[test]
fn functions_are_found() {
    let text = "pub fn free<F>(x: F) {\n}\nimpl<K: A<B>> Kernel<K> {\n    pub fn new() {}\n    pub(crate) fn no() {}\n}\n\
                pub trait Loss<F>: Sync {\n    fn value();\n}\nimpl<F> Loss<F> for Ridge {\n    fn value() {}\n}\n\
                #[cfg(test)]\nmod tests {\n}\npub fn test() {}\n";
    assert_eq!(functions(text), ["free", "Kernel::new", "Loss::value"]);
}
