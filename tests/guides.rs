//! The documents for those who change the code: every link leads somewhere, and every name that is one to where it is defined.

use std::fs;
use std::path::Path;

#[path = "support/names.rs"]
mod names;

use names::defines;

const GUIDES: [&str; 3] = ["ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];

/// The links `[text](target)` of a document outside of its blocks of code.
fn links(text: &str) -> Vec<(String, String)> {
    let prose = text.split("```").step_by(2).collect::<String>();
    let ends: Vec<usize> = prose.match_indices("](").map(|(at, _)| at).collect();
    ends.into_iter()
        .map(|at| {
            let (before, after) = (&prose[..at], &prose[at + 2..]);
            let text = &before[before.rfind('[').expect("a link has a text") + 1..];
            (text.to_owned(), after[..after.find(')').expect("a link has an end")].to_owned())
        })
        .collect()
}

#[test]
fn links_lead_to_what_they_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for guide in GUIDES {
        let text = fs::read_to_string(root.join(guide)).expect("a guide can be read");
        for (text, target) in links(&text) {
            // The second is an example of a link in documentation.
            if target.starts_with("https://") || target.starts_with("crate::") {
                continue;
            }
            let path = root.join(&target);
            assert!(path.exists(), "{guide}: {target} is not there");
            let name = text.trim_matches('`').rsplit("::").next().unwrap_or_default();
            if target.ends_with(".rs") && text.starts_with('`') && !target.ends_with(name) {
                assert!(defines(&path, name), "{guide}: {target} does not define {name}");
            }
        }
    }
}
