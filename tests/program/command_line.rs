//! Help, manual page and completions know every subcommand.

use std::process::{Command, Stdio};

use crate::drive::{pal, run};
use crate::learn::write_mnist;

const COMMANDS: [&str; 9] =
    ["embed", "learn", "query", "label", "report", "export", "bench", "completions", "man"];

#[test]
fn every_subcommand_is_in_the_help_the_manual_and_the_completions() {
    let texts = [
        &["--help"][..],
        &["man"],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["completions", "fish"],
    ];
    for arguments in texts {
        let finished = run(pal().args(arguments), "");
        assert_eq!((finished.code, finished.err.as_str()), (Some(0), ""));
        for command in COMMANDS {
            assert!(finished.out.contains(command), "{arguments:?} does not know {command}");
        }
    }
    for command in COMMANDS {
        let help = run(pal().args([command, "--help"]), "").out;
        assert!(help.contains("Usage: pal"), "{help}");
    }
    assert!(run(pal().arg("--help"), "").out.contains("130  interrupted"));
}

#[test]
fn the_walk_through_runs_word_for_word() {
    let files = ["digits.html", "labels.csv", "pairs.csv", "graph.npz", "bench/bench.csv", "bench/bench.svg"];
    follow(include_str!("../../docs/annotate.md"), &files);
}

/// But for the number of epochs, and for fewer images, in the place of those that an example writes.
#[test]
fn the_guide_to_learning_runs_word_for_word() {
    let text = include_str!("../../docs/learn.md");
    assert!(text.contains("--example write_images photos 400\n") && text.contains("--epochs 20"));
    let files = ["photos.html", "labels.csv", "photos.safetensors", "z.npy"];
    follow(&text.replace("--epochs 20", "--epochs 2"), &files);
}

/// Runs the commands of a guide one after another in a new folder; these files are there then.
fn follow(text: &str, files: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let blocks = text.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    let commands: Vec<&str> =
        blocks.flat_map(str::lines).filter(|line| *line != "cargo build --release").collect();
    assert!(commands.len() >= 7, "{commands:?}");
    for command in commands {
        if command.contains("--example write_images photos") {
            write_mnist(&folder.path().join("photos"), 60);
            continue;
        }
        assert!(command.contains("target/release/pal "), "{command}");
        let command = command.replace("target/release/pal", env!("CARGO_BIN_EXE_pal"));
        let mut shell = Command::new("sh");
        shell.args(["-c", &command]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let answers = if command.contains(" label ") { "y\n".repeat(50) } else { String::new() };
        let finished = run(shell.current_dir(folder.path()), &answers);
        let expected = if answers.is_empty() { 0 } else { 3 };
        assert_eq!(finished.code, Some(expected), "{command}: {}", finished.err);
        assert!(!finished.out.contains("\"error\":\""), "{command}: {}", finished.out);
    }
    for file in files {
        assert!(folder.path().join(file).exists(), "{file}");
    }
}

#[test]
fn a_wrong_command_line_has_exit_code_2() {
    for arguments in [&[][..], &["fly"], &["embed"], &["completions", "cmd"]] {
        assert_eq!(run(pal().args(arguments), "").code, Some(2), "{arguments:?}");
    }
}

/// What a help text has under each of its headings.
fn under<'a>(help: &'a str, heading: &str) -> Vec<&'a str> {
    let lines = help.lines().skip_while(|line| line.trim_end_matches(':') != heading).skip(1);
    let own = lines.take_while(|line| line.is_empty() || line.starts_with(' '));
    own.filter_map(|line| line.trim_start().strip_prefix("--")?.split_whitespace().next()).collect()
}

#[test]
fn options_are_under_their_headings() {
    let of_features = [
        "header",
        "delimiter",
        "decimal",
        "encoding",
        "keep-index",
        "names",
        "drop",
        "array",
        "side",
        "colour",
        "subfolders",
    ];
    for command in ["embed", "learn", "bench"] {
        let help = run(pal().args([command, "--help"]), "").out;
        assert_eq!(under(&help, "Reading features"), of_features, "{help}");
        let own = if command == "learn" { "epochs" } else { "neighbours" };
        assert!(under(&help, "Options").contains(&own), "{help}");
    }
    let help = run(pal().args(["bench", "--help"]), "").out;
    assert_eq!(under(&help, "Reading labels"), ["labels-header", "labels-column"]);
}

#[test]
fn a_wrong_command_line_is_told_as_json_where_that_is_asked_for() {
    for arguments in [&["--json"][..], &["fly", "--json"], &["embed", "--json", "--features"]] {
        let told = run(pal().args(arguments), "");
        told.refuses(2, &["--help"]);
        let error: serde_json::Value = serde_json::from_str(&told.err).unwrap();
        assert!(error["error"].is_string() && told.err.lines().count() == 1, "{error}");
    }
    let help = run(pal().args(["--json", "--help"]), "");
    assert!(help.code == Some(0) && help.out.contains("Usage: pal"), "{}", help.out);
}

#[cfg(unix)] // a device that is full
#[test]
fn help_that_cannot_be_printed_is_a_failure() {
    for arguments in [&["--help"][..], &["--version"], &["help", "embed"], &["man"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        run(pal().args(arguments).stdout(full), "").refuses(1, &["standard output"]);
    }
}
