//! What was acknowledged is on disk, whatever happens.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use pal::random::stream;
use rand::{Rng, RngExt};
use serde_json::{Value, json};

use crate::drive::{Dialogue, State, pal, run, species};

/// Kills in all, on states that each see several.
const KILLS: usize = 200;
const STATES: usize = 10;
/// A kill comes after up to so many acknowledged answers, whatever time they take, and up to so many microseconds.
const MOST_ANSWERS: usize = 10;
const LONGEST: u64 = 10_000;

#[test]
fn every_acknowledged_answer_survives_being_killed_at_any_moment() {
    let mut rng = stream(1, 0);
    let (truth, mut acknowledged, mut torn) = (species(), 0, 0);
    for _ in 0..STATES {
        let state = State::of("bundled:iris");
        // The answers by their ids, each told from all others by its seconds.
        let mut answers: BTreeMap<usize, usize> = BTreeMap::new();
        let mut next = 0;
        for _ in 0..KILLS / STATES {
            kill_once(&state, &truth, &mut answers, &mut next, &mut rng);
            let Ok(log) = std::fs::read_to_string(state.file("answers.jsonl")) else {
                assert!(answers.is_empty()); // killed before the first answer
                continue;
            };
            torn += usize::from(!log.ends_with('\n'));
            let lines: Vec<&str> = log.lines().collect();
            for (&id, seconds) in &answers {
                assert!(lines[id].contains(&format!("\"seconds\":{seconds}.0,")), "{id}: {}", lines[id]);
            }
        }
        let after = state.run("query", &[], "{\"pair\":[0,1],\"same\":true}");
        assert_eq!(after.code, Some(0), "{}", after.err);
        assert!(after.lines()[1]["answers"].as_u64().unwrap() > answers.len() as u64);
        acknowledged += answers.len();
    }
    println!("{KILLS} kills, {acknowledged} answers acknowledged, {torn} torn lines");
    assert!(acknowledged > 2 * KILLS, "{acknowledged} answers are no load");
}

/// Answers as fast as the program takes it until it is killed.
fn kill_once(
    state: &State,
    truth: &[usize],
    answers: &mut BTreeMap<usize, usize>,
    next: &mut usize,
    rng: &mut impl Rng,
) {
    let mut child = state.command("query", &["--strategy", "random"]).spawn().unwrap();
    let (mut stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let first = *next;
    let lines: Vec<String> = (first..first + 2000)
        .map(|seconds| {
            let i = rng.random_range(0..truth.len());
            let j = (i + rng.random_range(1..truth.len())) % truth.len();
            format!("{{\"pair\":[{i},{j}],\"same\":{},\"seconds\":{seconds}}}\n", truth[i] == truth[j])
        })
        .collect();
    let writer = thread::spawn(move || lines.iter().all(|line| stdin.write_all(line.as_bytes()).is_ok()));
    let (hear, heard) = mpsc::channel::<u64>();
    let reader = thread::spawn(move || {
        let lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let said = lines.filter_map(|line| serde_json::from_str::<Value>(&line).ok()); // the last may be torn
        said.filter_map(|line| line["acknowledged"].as_u64()).for_each(|id| hear.send(id).unwrap());
    });
    let awaited = rng.random_range(0..=MOST_ANSWERS);
    let mut acknowledged: Vec<u64> = heard.iter().take(awaited).collect();
    thread::sleep(Duration::from_micros(rng.random_range(0..=LONGEST)));
    child.kill().unwrap();
    child.wait().unwrap();
    writer.join().unwrap();
    reader.join().unwrap();
    acknowledged.extend(heard);
    for id in acknowledged {
        answers.insert(usize::try_from(id).unwrap(), *next);
        *next += 1;
    }
    *next = first + 2000; // what was written and not acknowledged is told from what comes
}

/// Kills of `pal embed`.
const EMBEDDINGS: usize = 40;

#[test]
fn a_killed_embedding_leaves_the_old_state_or_the_new_one() {
    let mut rng = stream(2, 0);
    let began = Instant::now();
    let state = State::of("bundled:iris");
    // Kills come within a time that follows the machine's speed: shorter after each that came too late.
    let mut longest = began.elapsed();
    let mut killed = |state: &mut Command, rng: &mut dyn Rng| {
        let mut child = state.spawn().unwrap();
        thread::sleep(longest.mul_f64(rng.random()));
        child.kill().unwrap();
        let in_time = !child.wait().unwrap().success();
        longest = longest.mul_f64(if in_time { 1.1 } else { 0.7 });
        in_time
    };
    state.run("query", &[], "{\"pair\":[0,1],\"same\":true}\n{\"pair\":[0,140],\"same\":false}\n");
    let mut in_time = 0;
    for seed in 0..EMBEDDINGS {
        let options = ["--features", "bundled:iris", "--seed", &seed.to_string()];
        in_time += usize::from(killed(&mut state.command("embed", &options), &mut rng));
        let after = state.run("query", &[], "");
        assert_eq!(after.code, Some(0), "{}", after.err);
        assert_eq!(state.log().lines().count(), 3, "the header and two answers");

        // Where there was no state, there is one or none, and another try makes it.
        let new = state.beside(&format!("new {seed}"));
        let mut embed = pal();
        embed.args(["embed", "--features", "bundled:iris", "--state"]).arg(&new);
        killed(&mut embed, &mut rng);
        let again = run(&mut embed, "");
        assert_eq!(again.code, Some(0), "{}", again.err);
    }
    let whole = run(&mut state.command("embed", &["--features", "bundled:iris"]), "");
    assert_eq!((whole.code, state.starts().len()), (Some(0), 1), "nothing is left over: {}", whole.err);
    println!("{in_time} of {EMBEDDINGS} were killed in time");
    assert!(in_time > EMBEDDINGS / 8, "{in_time}");
}

#[test]
fn an_interrupt_in_mid_question_loses_nothing() {
    for signal in ["INT", "TERM", "HUP"] {
        let state = State::of("bundled:iris");
        let mut dialogue = Dialogue::start(&state, &[]);
        let first = dialogue.question();
        let open = dialogue.answer(first, 2, &species());
        let process = dialogue.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &process]).status().unwrap().success());
        let finished = dialogue.child.wait_with_output().unwrap();
        assert_eq!(finished.status.code(), Some(130));
        assert!(String::from_utf8_lossy(&finished.stderr).contains("every acknowledged answer is on disk"));
        let mut again = Dialogue::start(&state, &[]);
        assert_eq!(again.question(), open);
        again.end();
        assert_eq!(state.log().lines().count(), 3);
    }
}

#[test]
fn a_full_disk_is_reported_and_acknowledges_nothing() {
    let state = State::of("bundled:iris");
    let answers: String =
        (1..20).map(|j| format!("{{\"pair\":[0,{j}],\"same\":true,\"seconds\":{j}}}\n")).collect();
    // Files may not grow beyond a few blocks of 512 or 1024 bytes, and trying to is an error.
    let limited = "trap '' XFSZ; ulimit -f 2; exec \"$0\" \"$@\"";
    let full = run(
        Command::new("sh")
            .args(["-c", limited, env!("CARGO_BIN_EXE_pal"), "query", "--state"])
            .arg(state.dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped()),
        &answers,
    );
    let said = full.lines();
    let acknowledged = said.iter().filter(|line| line["acknowledged"].is_u64()).count();
    let refused: Vec<&str> = said.iter().filter_map(|line| line["error"].as_str()).collect();
    assert!(acknowledged > 0 && refused.len() == 19 - acknowledged, "{}", full.out);
    assert!(refused[0].contains("answers.jsonl"), "{}", refused[0]);
    assert_eq!(state.log().lines().count(), acknowledged + 1);
    let after = state.run("query", &[], "{\"pair\":[0,140],\"same\":false}\n").lines();
    assert_eq!(after[1]["acknowledged"], json!(acknowledged + 1));
}

#[test]
fn an_output_that_cannot_be_written_ends_the_program() {
    let state = State::of("bundled:iris");
    let mut command = state.command("query", &[]);
    command.stdout(std::fs::File::options().write(true).open("/dev/full").unwrap());
    run(&mut command, "").refuses(1, &["standard output"]);
}
