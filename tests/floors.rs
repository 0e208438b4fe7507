//! The rooms of `src` stand on floors: a room imports only from floors below its own, and neither rooms nor files import each
//! other in a circle. What counts as an import stands in `floors/source.rs`; the table of rooms is `docs/rooms.md`.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may panic

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "floors/source.rs"]
mod source;

use source::{Tree, circles, room_of};

/// The rooms from the lowest floor to the highest.
const FLOORS: &[&[&str]] = &[
    &["error", "progress", "random", "scalar", "theory", "union_find"],
    &["k_means", "linalg"],
    &["data", "graph", "kernel"],
    &["autodiff", "closed_form", "loss", "probe"],
    &["active", "model", "oracle"],
    &["session"],
    &["experiment", "plot"],
    &[PROGRAM],
];

/// Rooms and what they import from their own floor.
const ON_ONE_FLOOR: &[(&str, &str)] = &[
    ("error", "scalar"),
    ("graph", "data"),
    ("closed_form", "loss"),
    ("active", "oracle"),
    ("plot", "experiment"),
];

/// The most lines of a file.
const MOST_LINES: usize = 450;

/// Files that are longer.
const LONGER: &[&str] = &[];

/// Files that import each other in a circle.
const IN_A_CIRCLE: &[&str] = &[];

/// The room of the program, and its folder in `src`.
const PROGRAM: &str = "program";
const PROGRAM_FOLDER: &str = "bin/pal/";

/// The table of rooms. `WRITE_ROOMS=1 cargo test --release --test floors` writes it.
const TABLE: &str = "docs/rooms.md";
/// What the lines in the table may be off: a part of their number, or so many if that is more.
const LINES_OFF: (f64, usize) = (0.1, 50);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The Rust files of a folder in `src`, by path from it, without those of the folder `left_out`.
fn files(folder: &str, left_out: &str) -> Vec<(String, String)> {
    let folder = root().join("src").join(folder);
    let mut found = Vec::new();
    let mut open = vec![folder.clone()];
    while let Some(path) = open.pop() {
        let name = path.strip_prefix(&folder).unwrap().to_str().unwrap().replace('\\', "/");
        if path.is_dir() {
            if name.is_empty() || name != left_out {
                open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            }
        } else if name.ends_with(".rs") {
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

/// The library and the program.
fn trees() -> (Tree, Tree) {
    (Tree::new("lib.rs", files("", "bin")), Tree::new("main.rs", files(PROGRAM_FOLDER, "")))
}

/// Every room with the rooms it imports from and, for each, the files and names.
type Imports = BTreeMap<String, BTreeMap<String, Vec<String>>>;

fn imports(library: &Tree, program: &Tree) -> Imports {
    let mut imports: Imports = [(PROGRAM.to_owned(), BTreeMap::new())].into();
    for (from, arrows) in library.arrows() {
        if from == library.root {
            continue;
        }
        let room = imports.entry(room_of(from).to_owned()).or_default();
        for (to, names) in arrows.iter().filter(|(to, _)| room_of(to) != room_of(from)) {
            let told = names.iter().map(|name| format!("{from} for {name}"));
            room.entry(room_of(to).to_owned()).or_default().extend(told);
        }
    }
    for (from, path) in program.outside("pal") {
        for to in library.files_at(&path) {
            let told = format!("{PROGRAM_FOLDER}{from} for {}", path.join("::"));
            imports.get_mut(PROGRAM).unwrap().entry(room_of(&to).to_owned()).or_default().push(told);
        }
    }
    imports
}

/// What is wrong with the imports, line by line.
fn wrong_imports(imports: &Imports, floors: &[&[&str]], on_one_floor: &[(&str, &str)]) -> Vec<String> {
    let floor_of = |room: &str| floors.iter().position(|rooms| rooms.contains(&room));
    let mut wrong = Vec::new();
    for (room, imported) in imports {
        let Some(floor) = floor_of(room) else {
            wrong.push(format!("{room} is on no floor"));
            continue;
        };
        for (other, told) in imported {
            let is_below = floor_of(other).is_some_and(|below| below < floor);
            let is_declared = on_one_floor.contains(&(room, other)) && floor_of(other) == Some(floor);
            if !is_below && !is_declared {
                wrong.push(format!("{room} must not import {other}: {}", told.join(", ")));
            }
        }
    }
    for (room, other) in on_one_floor {
        if !imports.get(*room).is_some_and(|imported| imported.contains_key(*other)) {
            wrong.push(format!("{room} does not import {other}: take the pair off the list"));
        }
    }
    let plain = imports
        .iter()
        .map(|(room, imported)| (room.as_str(), imported.keys().map(String::as_str).collect()))
        .collect();
    wrong.extend(circles(&plain).into_iter().map(|circle| format!("rooms in a circle: {circle:?}")));
    wrong
}

/// The circles of the files of a tree, as paths in `src`, and what they are made of.
fn circles_of_files(tree: &Tree, folder: &str) -> Vec<(Vec<String>, String)> {
    let arrows = tree.arrows();
    let plain = arrows.iter().map(|(&from, to)| (from, to.keys().map(String::as_str).collect())).collect();
    circles(&plain)
        .into_iter()
        .map(|circle| {
            let mut told = String::new();
            for &from in &circle {
                for (to, names) in arrows[from].iter().filter(|(to, _)| circle.contains(to.as_str())) {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    writeln!(told, "  {folder}{from} imports {folder}{to} for {}", names.join(", ")).unwrap();
                }
            }
            (circle.iter().map(|file| format!("{folder}{file}")).collect(), told)
        })
        .collect()
}

/// The table: a room a row, the highest floor on top. `shown` says what stands for the lines of a room.
fn table(library: &Tree, program: &Tree, shown: impl Fn(&str, usize) -> usize) -> String {
    let imports = imports(library, program);
    let mut lines = BTreeMap::<&str, usize>::new();
    for (file, source) in library.files.iter().filter(|(file, _)| **file != library.root) {
        *lines.entry(room_of(file)).or_default() += source.lines;
    }
    lines.insert(PROGRAM, program.files.values().map(|source| source.lines).sum());
    let mut text = String::from(
        "# The rooms

A room imports only from floors below its own. Where two rooms of one floor are neighbours, only one imports the other,
and files do not import each other in a circle either. `tests/floors.rs` declares the floors, holds the code against
them, and writes this table: `WRITE_ROOMS=1 cargo test --release --test floors`. Lines may be a tenth off.

| floor | room | lines | imports | imported by |
|---|---|---|---|---|
",
    );
    for (floor, rooms) in FLOORS.iter().enumerate().rev() {
        for &room in rooms.iter().filter(|room| lines.contains_key(*room)) {
            let on_floors = |is_listed: &dyn Fn(&str) -> bool| {
                let listed: Vec<String> = FLOORS
                    .iter()
                    .flat_map(|rooms| rooms.iter())
                    .filter(|other| is_listed(other))
                    .map(|other| format!("`{other}`"))
                    .collect();
                if listed.is_empty() { "–".to_owned() } else { listed.join(", ") }
            };
            let imported = on_floors(&|other| imports[room].contains_key(other));
            let importing =
                on_floors(&|other| imports.get(other).is_some_and(|rooms| rooms.contains_key(room)));
            let lines = shown(room, lines[room]);
            writeln!(text, "| {floor} | `{room}` | {lines} | {imported} | {importing} |").unwrap();
        }
    }
    text
}

#[test]
fn rooms_import_from_floors_below() {
    let (library, program) = trees();
    let wrong = wrong_imports(&imports(&library, &program), FLOORS, ON_ONE_FLOOR);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_do_not_import_each_other_in_a_circle() {
    let (library, program) = trees();
    let mut found = circles_of_files(&library, "");
    found.extend(circles_of_files(&program, PROGRAM_FOLDER));
    for (files, told) in &found {
        let is_known = files.iter().all(|file| IN_A_CIRCLE.contains(&file.as_str()));
        assert!(is_known, "files in a circle:\n{told}");
    }
    for file in IN_A_CIRCLE {
        let is_in_one = found.iter().any(|(files, _)| files.iter().any(|other| other == file));
        assert!(is_in_one, "{file} is in no circle: take it off the list");
    }
}

#[test]
fn files_are_short() {
    let (library, program) = trees();
    let program = program.files.iter().map(|(file, source)| (format!("{PROGRAM_FOLDER}{file}"), source));
    for (file, source) in library.files.iter().map(|(file, source)| (file.clone(), source)).chain(program) {
        let (is_long, is_known) = (source.lines > MOST_LINES, LONGER.contains(&file.as_str()));
        assert!(!is_long || is_known, "{file} has {} lines, expected at most {MOST_LINES}", source.lines);
        assert!(is_long || !is_known, "{file} is short: take it off the list");
    }
}

#[test]
fn the_table_of_rooms_is_up_to_date() {
    let (library, program) = trees();
    let path = root().join(TABLE);
    if env::var_os("WRITE_ROOMS").is_some() {
        let table = table(&library, &program, |_, lines| lines);
        print!("{table}");
        fs::write(&path, table).unwrap();
        return;
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let lines_written = |room: &str| {
        let row = written.lines().find(|line| line.contains(&format!("| `{room}` | ")))?;
        row.split(" | ").nth(2)?.parse::<usize>().ok()
    };
    let shown = |room: &str, lines: usize| {
        let off = LINES_OFF.1.max((LINES_OFF.0 * lines as f64) as usize);
        lines_written(room).filter(|&written| written.abs_diff(lines) <= off).unwrap_or(lines)
    };
    let expected = table(&library, &program, shown);
    assert!(
        written == expected,
        "{TABLE} is out of date: WRITE_ROOMS=1 cargo test --release --test floors writes it\n{expected}"
    );
}

/// A library of files that exist nowhere else.
fn small(files: &[(&str, &str)]) -> Tree {
    Tree::new("lib.rs", files.iter().map(|&(path, text)| (path.to_owned(), text.to_owned())))
}

fn arrows_of(files: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    let tree = small(files);
    let arrows = tree.arrows();
    let pairs =
        arrows.iter().flat_map(|(from, to)| to.keys().map(move |to| ((*from).to_owned(), to.clone())));
    pairs.filter(|(from, _)| from != "lib.rs").collect()
}

fn pairs(expected: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    expected.iter().map(|&(from, to)| (from.to_owned(), to.to_owned())).collect()
}

const ROOT: (&str, &str) = ("lib.rs", "mod a; mod b; pub use a::Shared;");

#[test]
fn a_name_is_followed_to_the_file_that_defines_it() {
    let a = [
        ("a/mod.rs", "mod child; pub use child::Shared;"),
        ("a/child.rs", "pub struct Shared; pub fn make() {}"),
    ];
    for user in [
        "use crate::a::Shared;",
        "use crate::{a::{Shared as S}};",
        "use crate::Shared;",
        "fn f() { crate::a::Shared; }",
        "use crate::a; fn f() { a::Shared; }",
        "use super::a::Shared;",
        "macro_rules! m { () => { $crate::a::Shared }; }",
        "fn f() { matches!(x, Some(crate::Shared)) }",
        "fn f(x: crate::a::Shared) {}",
        "pub use crate::a::Shared;",
        "pub(crate) use crate::a::Shared;",
        "#[cfg(feature = \"x\")] use crate::a::Shared;",
    ] {
        let found = arrows_of(&[ROOT, a[0], a[1], ("b.rs", user)]);
        assert_eq!(found, pairs(&[("b.rs", "a/child.rs")]), "{user}");
    }
}

#[test]
fn what_is_no_code_is_no_arrow() {
    let a = ("a.rs", "pub struct Shared;");
    for user in [
        "//! [`crate::a::Shared`]\n// crate::a::Shared",
        "/// [`a`](crate::a::Shared)\npub struct B;",
        "#[cfg(test)] mod tests { use crate::a::Shared; }",
        "#[cfg(test)] use crate::a::Shared;",
        "const TEXT: &str = \"crate::a::Shared\";",
        "use std::a::Shared; fn f() { Shared; }",
        "fn f(x: X) { x.a; y.Shared; }",
    ] {
        assert_eq!(arrows_of(&[ROOT, a, ("b.rs", user)]), pairs(&[]), "{user}");
    }
    let after_a_test = "#[cfg(test)] mod tests { } use crate::a::Shared;";
    assert_eq!(arrows_of(&[ROOT, a, ("b.rs", after_a_test)]), pairs(&[("b.rs", "a.rs")]));
}

#[test]
fn a_parent_that_only_lists_its_children_is_in_no_circle() {
    let child = ("a/child.rs", "use super::Own; pub struct Shared;");
    let b = ("b.rs", "");
    let lists = ("a/mod.rs", "mod child; pub use child::Shared; pub struct Own;");
    assert_eq!(arrows_of(&[ROOT, lists, child, b]), pairs(&[("a/child.rs", "a/mod.rs")]));
    assert!(circles_of_files(&small(&[ROOT, lists, child, b]), "").is_empty());
    for uses in ["pub struct Own(Shared);", "pub struct Own; fn f() { child::Shared; }"] {
        let uses = format!("mod child; pub use child::Shared; {uses}");
        let found = circles_of_files(&small(&[ROOT, ("a/mod.rs", &uses), child, b]), "");
        assert_eq!(found.len(), 1, "{uses}");
        assert_eq!(found[0].0, ["a/child.rs", "a/mod.rs"]);
    }
}

#[test]
fn arrows_up_and_circles_of_rooms_are_found() {
    let program = Tree::new("main.rs", [("main.rs".to_owned(), "use pal::Shared;".to_owned())]);
    let (up, down) = ("use crate::b::B; pub struct Shared;", "use crate::a::Shared; pub struct B;");
    let wrong = |a: &str, b: &str, floors: &[&[&str]], on_one_floor: &[(&str, &str)]| {
        wrong_imports(&imports(&small(&[ROOT, ("a.rs", a), ("b.rs", b)]), &program), floors, on_one_floor)
    };
    let (floors, one_floor): ([&[&str]; 3], [&[&str]; 2]) =
        ([&["a"], &["b"], &[PROGRAM]], [&["a", "b"], &[PROGRAM]]);
    let alone = "pub struct Shared;";
    assert_eq!(wrong(alone, down, &floors, &[]), [""; 0]);
    assert_eq!(wrong(up, "pub struct B;", &floors, &[]), ["a must not import b: a.rs for crate::b::B"]);
    assert_eq!(wrong(alone, down, &one_floor, &[]), ["b must not import a: b.rs for crate::a::Shared"]);
    assert_eq!(wrong(alone, down, &one_floor, &[("b", "a")]), [""; 0]);
    assert_eq!(
        wrong(alone, "", &one_floor, &[("b", "a")]),
        ["b does not import a: take the pair off the list"]
    );
    let circle = wrong(up, down, &one_floor, &[("b", "a"), ("a", "b")]);
    assert_eq!(circle, ["rooms in a circle: {\"a\", \"b\"}"]);
    let program_below: [&[&str]; 3] = [&[PROGRAM], &["a"], &["b"]];
    assert_eq!(
        wrong(alone, down, &program_below, &[]),
        ["program must not import a: bin/pal/main.rs for Shared"]
    );
    assert_eq!(wrong(alone, down, &[&["a"], &["b"]], &[]), ["program is on no floor"]);
}
