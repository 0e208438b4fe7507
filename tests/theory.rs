//! `docs/theory.md`: every claim has a statement, code that exists and tests that run, and all that points at a claim finds it.
#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[cfg(feature = "program")] // some claims are tested on the experiments
#[path = "theory/binaries.rs"]
mod binaries;
#[path = "support/names.rs"]
mod names;

use names::defines;

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

/// The names between `open` and `close`, several separated by commas.
fn names<'a>(cell: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    cell.split(", ").map(move |name| {
        let inner = name.strip_prefix(open).and_then(|name| name.strip_suffix(close));
        inner.unwrap_or_else(|| panic!("{name} is not between {open} and {close}"))
    })
}

/// The Rust files of a folder.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let (mut open, mut found) = (vec![root().join(folder)], Vec::new());
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// The number after each `mark` in a text, where one follows.
fn numbers_after<'a>(text: &'a str, mark: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(mark).filter_map(move |(at, _)| {
        let digits = &text[at + mark.len()..];
        digits[..digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len())].parse().ok()
    })
}

#[test]
fn every_claim_has_a_statement_and_code() {
    let (text, documentation) = (theory(), fs::read_to_string(root().join("src/theory.rs")).unwrap());
    let rows = rows();
    assert_eq!(rows.len(), CLAIMS);
    let mut named = BTreeSet::new();
    for (row, number) in rows.iter().zip(1..) {
        let [claim, statement, code, _] = &row[..] else { panic!("{row:?}") };
        assert_eq!(claim, &format!("[T{number}](#t{number})"));
        assert!(statement.len() > 10, "{claim}");
        named.extend(names(code, "[`", "`]").map(str::to_owned));
    }
    for name in &named {
        let definition = format!("\n[`{name}`]: ../");
        let (_, path) = text.split_once(&definition).unwrap_or_else(|| panic!("{name} leads nowhere"));
        let path = path.lines().next().unwrap();
        assert!(path.starts_with("src/"), "{name}: {path}");
        assert!(defines(&root().join(path), name.rsplit("::").next().unwrap()), "{name}: {path}");
        // Where this leads is checked by rustdoc.
        assert!(documentation.contains(&format!("\n//! [`{name}`]: crate::")), "{name} in src/theory.rs");
    }
    let definitions = |text: &str, start: &str| text.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!(definitions(&text, "[`"), named.len(), "a link that no claim has");
    assert_eq!(definitions(&documentation, "//! [`"), named.len(), "a link that no claim has");
}

#[cfg(feature = "program")]
#[test]
fn every_claim_has_tests_that_run() {
    let rows = rows();
    let listed: Vec<(&str, &str)> =
        rows.iter().flat_map(|row| names(&row[3], "`", "`").map(|test| (row[0].as_str(), test))).collect();
    let running =
        binaries::tests_that_run(&listed.iter().map(|(_, test)| test.split_once("::").unwrap().0).collect());
    for (claim, test) in listed {
        assert!(running.contains(test), "{claim}: {test} is not run");
        let number: usize = claim[2..claim.find(']').unwrap()].parse().unwrap();
        let name = test.rsplit("::").next().unwrap();
        assert!(name.contains(&format!("t{number:02}_")), "{claim}: {name}");
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

/// Rustdoc checks that the page is there, but not the place on it.
#[test]
fn every_claim_in_the_documentation_is_a_link_to_it() {
    for (path, text) in sources("src") {
        let lines = text.lines().map(str::trim_start);
        for line in lines.filter(|line| line.starts_with("///") || line.starts_with("//!")) {
            let links: Vec<usize> = numbers_after(line, "](crate::theory#t").collect();
            assert!(links.iter().all(|number| (1..=CLAIMS).contains(number)), "{}: {line}", path.display());
            let named: Vec<usize> = [" T", "(T", "[T", "–T"]
                .iter()
                .flat_map(|mark| numbers_after(line, mark))
                .filter(|number| (1..=CLAIMS).contains(number))
                .collect();
            assert_eq!(BTreeSet::from_iter(named), BTreeSet::from_iter(links), "{}: {line}", path.display());
        }
    }
}

/// No test carries the number of a claim that is not there.
#[test]
fn every_numbered_test_belongs_to_a_claim() {
    let mut numbers = BTreeSet::new();
    for (_, text) in sources("tests") {
        let names = text.lines().filter_map(|line| line.trim_start().strip_prefix("fn t"));
        numbers.extend(names.filter_map(|name| name.get(..2)?.parse::<usize>().ok()));
    }
    assert_eq!(numbers, (1..=CLAIMS).collect());
}
