//! Help, manual page and completions know every subcommand.

use std::process::{Command, Stdio};

use crate::drive::{pal, run};

const COMMANDS: [&str; 8] = ["embed", "query", "label", "report", "export", "bench", "completions", "man"];

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
    let text = include_str!("../../docs/annotate.md");
    let folder = tempfile::tempdir().unwrap();
    let blocks = text.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    let commands: Vec<&str> =
        blocks.flat_map(str::lines).filter(|line| *line != "cargo build --release").collect();
    assert!(commands.len() >= 7, "{commands:?}");
    for command in commands {
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
    for file in ["digits.html", "labels.csv", "pairs.csv", "graph.npz", "bench/bench.csv", "bench/bench.svg"]
    {
        assert!(folder.path().join(file).exists(), "{file}");
    }
}

#[test]
fn a_wrong_command_line_has_exit_code_2() {
    for arguments in [&[][..], &["fly"], &["embed"], &["completions", "cmd"]] {
        assert_eq!(run(pal().args(arguments), "").code, Some(2), "{arguments:?}");
    }
}
