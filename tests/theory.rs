//! `docs/theory.md`: every claim has a statement, code that exists and a test that exists.
#![allow(clippy::unwrap_used)] // a test may panic

use std::fs;
use std::path::{Path, PathBuf};

/// Claims there are.
const CLAIMS: usize = 53;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn theory() -> String {
    fs::read_to_string(root().join("docs/theory.md")).unwrap()
}

/// The cells of the rows of the table of claims.
fn rows() -> Vec<Vec<String>> {
    let text = theory();
    let rows = text.lines().filter(|line| line.starts_with("| [T"));
    rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// `` [`name`](../path) ``, several separated by commas.
fn links(cell: &str) -> Vec<(String, PathBuf)> {
    cell.split(", ")
        .map(|link| {
            let (name, path) = link.split_once("`](../").unwrap_or_else(|| panic!("no link: {link}"));
            (name.trim_start_matches("[`").to_owned(), root().join(path.trim_end_matches(')')))
        })
        .collect()
}

/// Whether a Rust file defines a function, type or trait of this name.
fn defines(path: &Path, name: &str) -> bool {
    let text = fs::read_to_string(path).unwrap_or_else(|_| panic!("{} cannot be read", path.display()));
    ["fn", "struct", "enum", "trait"].iter().any(|kind| {
        text.match_indices(&format!("{kind} {name}")).any(|(at, found)| {
            !text[at + found.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
        })
    })
}

#[test]
fn every_claim_has_a_statement_code_and_a_test() {
    let rows = rows();
    assert_eq!(rows.len(), CLAIMS);
    for (row, number) in rows.iter().zip(1..) {
        let [claim, statement, code, tests] = &row[..] else { panic!("{row:?}") };
        assert_eq!(claim, &format!("[T{number}](#t{number})"));
        assert!(statement.len() > 10, "{claim}");
        for (name, path) in links(code) {
            assert!(path.starts_with(root().join("src")) && defines(&path, &name), "{claim}: {name}");
        }
        for (name, path) in links(tests) {
            assert!(path.starts_with(root().join("tests")) && defines(&path, &name), "{claim}: {name}");
            assert!(name.contains(&format!("t{number:02}_")), "{claim}: {name}");
        }
    }
}

#[test]
fn every_claim_is_stated_in_full_where_the_table_points() {
    let text = theory();
    for number in 1..=CLAIMS {
        let anchor = format!("<a id=\"t{number}\"></a>\n**T{number}");
        assert_eq!(text.matches(&anchor).count(), 1, "T{number}");
    }
}

/// No test carries the number of a claim that is not there.
#[test]
fn every_numbered_test_belongs_to_a_claim() {
    let mut folders = vec![root().join("tests")];
    let mut numbers = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let names = text.lines().filter_map(|line| line.trim_start().strip_prefix("fn t"));
                numbers.extend(names.filter_map(|name| name.get(..2)?.parse::<usize>().ok()));
            }
        }
    }
    assert!(numbers.iter().all(|number| (1..=CLAIMS).contains(number)));
    assert!((1..=CLAIMS).all(|number| numbers.contains(&number)));
}
